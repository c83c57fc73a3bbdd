"""What a forward and backward pass of each layer costs beside PyTorch's, measured side by side in one run.

    OPENBLAS_NUM_THREADS=1 python benchmarks/layers.py --threads 1

The two take turns and the least of many repeats counts: what else the machine does can only add. With one thread the
clock is the processor time of this process, which other programs do not lengthen.
Both get float32 and keep their own layout: examples last here, examples first there. Without PyTorch only our times
are shown. OPENBLAS_NUM_THREADS must be set outside, before NumPy starts its threads; ``--threads`` is for PyTorch.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from numeric.layers import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    LayerNorm,
    MaxPool2d,
    MultiHeadAttention,
    SwiGLU,
)

Pass = Callable[[], object]

# name -> (our layer, its input without the examples, the number of examples, at most this many times PyTorch)
CASES: dict[str, tuple[Callable[[], Any], tuple[int, ...], int, float | None]] = {
    "convolution 8 -> 16, 28 x 28, 3 x 3": (lambda: Conv2d(16, 3, padding=1), (8, 28, 28), 64, 1.5),
    "convolution 16 -> 32, 14 x 14, stride 2": (lambda: Conv2d(32, 3, 2, 1), (16, 14, 14), 64, None),
    "attention, 4 heads, length 128, width 64": (lambda: MultiHeadAttention(4), (64, 128), 8, 1.5),
    "causal attention, the same": (lambda: MultiHeadAttention(4, causal=True), (64, 128), 8, None),
    "max pool 2 x 2": (lambda: MaxPool2d(2), (16, 28, 28), 64, None),
    "average pool 2 x 2": (lambda: AvgPool2d(2), (16, 28, 28), 64, None),
    "batch norm, images": (BatchNorm, (16, 28, 28), 64, None),
    "layer norm": (LayerNorm, (64, 128), 8, None),
    "SwiGLU 64 -> 172 -> 64": (lambda: SwiGLU(172), (64, 128), 8, None),
}


def ours(build: Callable[[], Any], shape: tuple[int, ...], m: int) -> Pass:
    """One forward and backward pass."""
    rng = np.random.default_rng(0)
    layer = build()
    out = layer.build(shape, rng, np.float32)
    X = rng.standard_normal((*shape, m)).astype(np.float32)
    R = rng.standard_normal((*out, m)).astype(np.float32)
    # A layer may overwrite dA, so each pass gets its own; PyTorch keeps its.
    dA = np.empty_like(R)

    def run() -> None:
        layer.forward(X, training=True)
        np.copyto(dA, R)
        layer.backward(dA)

    return run


def theirs(name: str, build: Callable[[], Any], shape: tuple[int, ...], m: int, threads: int) -> Pass:
    """The same in PyTorch, examples first."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    layer = build()
    images = len(shape) == 3
    X = torch.randn((m, *shape) if images else (m, shape[1], shape[0]), requires_grad=True)
    call: Callable[[Any], Any]
    if isinstance(layer, Conv2d):
        kernel: Any = layer.kernel
        call = nn.Conv2d(shape[0], layer.filters, kernel, layer.stride, layer.padding)  # type: ignore[arg-type]
    elif isinstance(layer, MultiHeadAttention):
        attention = nn.MultiheadAttention(shape[0], layer.heads, batch_first=True)
        mask = nn.Transformer.generate_square_subsequent_mask(shape[1]) if layer.causal else None

        def call(x: Any) -> Any:
            return attention(x, x, x, need_weights=False, attn_mask=mask, is_causal=layer.causal)[0]

    elif isinstance(layer, MaxPool2d):
        call = nn.MaxPool2d(2)
    elif isinstance(layer, AvgPool2d):
        call = nn.AvgPool2d(2)
    elif isinstance(layer, BatchNorm):
        call = nn.BatchNorm2d(shape[0])
    elif isinstance(layer, LayerNorm):
        call = nn.LayerNorm(shape[0])
    elif isinstance(layer, SwiGLU):
        gate, value, back = (nn.Linear(*n, bias=False) for n in ((64, 172), (64, 172), (172, 64)))

        def call(x: Any) -> Any:
            return back(nn.functional.silu(gate(x)) * value(x))

    else:
        raise SystemExit(f"{name} has no counterpart in PyTorch here.")
    R = torch.randn_like(call(X))

    def run() -> None:
        X.grad = None
        call(X).backward(R)

    return run


def side_by_side(passes: list[Pass], repeats: int, clock: Callable[[], float]) -> list[float]:
    """The least time of each, taking turns, in seconds."""
    for run in passes:
        for _ in range(3):
            run()
    least = [float("inf")] * len(passes)
    for _ in range(repeats):
        for k, run in enumerate(passes):
            start = clock()
            run()
            least[k] = min(least[k], clock() - start)
    return least


def main() -> int:
    """Print the table; 1 when a limit is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1, help="threads of PyTorch")
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    rival = importlib.util.find_spec("torch") is not None
    rows, broken = [], 0
    print(f"{'forward and backward, float32':42} {'numeric':>9} {'PyTorch':>9} {'ratio':>6}  limit")
    for name, (build, shape, m, limit) in CASES.items():
        passes = [ours(build, shape, m)] + ([theirs(name, build, shape, m, options.threads)] if rival else [])
        clock = time.process_time if options.threads == 1 else time.perf_counter
        times = side_by_side(passes, options.repeats, clock)
        ratio = times[0] / times[1] if rival else None
        broken += ratio is not None and limit is not None and ratio > limit
        rows.append({"layer": name, "seconds": times, "ratio": ratio, "limit": limit})
        rest = f"{times[1] * 1e3:7.2f}ms {ratio:6.2f}  {limit or ''}" if ratio is not None else ""
        print(f"{name:42} {times[0] * 1e3:7.2f}ms {rest}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
