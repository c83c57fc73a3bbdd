"""What a forward and backward pass of each layer costs beside PyTorch's, measured side by side in one run.

    python benchmarks/layers.py --threads 1
    python benchmarks/layers.py --threads 2 --only attention

Each has a process of its own, so that nobody's spinning threads take the other's processors, and they take turns. With
one thread the clock is the processor time of a process, which other programs do not lengthen; with more it is the clock
on the wall. The ratio is that of the least times, and beside it stands the median of the ratios of the turns.
Both get float32 and keep their own layout: examples last here, examples first there. Without PyTorch only our times
are shown.
"""

from __future__ import annotations

import argparse
import json
import sys
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


def ours(name: str) -> Pass:
    """One forward and backward pass."""
    build, shape, m, _ = CASES[name]
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


def theirs(name: str, threads: int) -> Pass:
    """The same in PyTorch, examples first."""
    build, shape, m, _ = CASES[name]
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


def main() -> int:
    """Print the table; 1 when a limit is broken."""
    from _turns import take_turns

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1, help="of both")
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--only", default="", help="the cases whose name has this in it")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    rows, broken = [], 0
    print(
        f"{'forward and backward, float32':42}{'numeric':>10}{'PyTorch':>10}{'ratio':>7}{'median':>8}{'limit':>7}"
    )
    for name in (name for name in CASES if options.only in name):
        limit = CASES[name][3]
        contestants = {
            "numeric": ("layers", "ours", (name,)),
            "PyTorch": ("layers", "theirs", (name, options.threads)),
        }
        times, absent = take_turns(contestants, options.turns, threads=options.threads)
        if "numeric" in absent:
            raise SystemExit(absent["numeric"])
        least = {who: min(values) for who, values in times.items()}
        row = {"layer": name, "seconds": least, "limit": limit, "absent": absent}
        line = f"{name:42}{least['numeric'] * 1e3:8.2f}ms"
        if not absent:
            row["ratio"] = least["numeric"] / least["PyTorch"]
            row["median"] = float(np.median(np.divide(times["numeric"], times["PyTorch"])))
            broken += limit is not None and row["ratio"] > limit
            line += f"{least['PyTorch'] * 1e3:8.2f}ms{row['ratio']:7.2f}{row['median']:8.2f}{limit or '':>7}"
        print(line, flush=True)
        rows.append(row)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
