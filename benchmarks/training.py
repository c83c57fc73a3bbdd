"""What a training step costs beside its bare matrix products, measured side by side in one run.

    OPENBLAS_NUM_THREADS=1 python benchmarks/training.py

The two functions take turns, and the least of many repeats counts: what else the machine does can only add.
OpenBLAS threads spin between calls, so the number of threads is fixed for the whole process.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import numeric

Array = np.ndarray[Any, Any]


def bare_products(sizes: list[int], m: int, dtype: Any) -> Callable[[], None]:
    """Return a function that does the matrix products of one training step, in buffers, and nothing else."""
    rng = np.random.default_rng(0)
    W = [rng.standard_normal((b, a)).astype(dtype) / a**0.5 for a, b in pairwise(sizes)]
    A = [rng.standard_normal((n, m)).astype(dtype) for n in sizes]
    Z = [np.empty((n, m), dtype) for n in sizes]
    dA = [np.empty((n, m), dtype) for n in sizes]
    dW = [np.empty_like(w) for w in W]

    def run() -> None:
        for layer, w in enumerate(W):
            np.dot(w, A[layer], out=Z[layer + 1])
        for layer in range(len(W) - 1, -1, -1):
            np.dot(A[layer + 1], A[layer].T, out=dW[layer])
            if layer:
                np.dot(W[layer].T, A[layer + 1], out=dA[layer])

    return run


def a_step(sizes: list[int], m: int, dtype: Any) -> Callable[[], object]:
    """Return a function that takes one full step: checks, forward, cost, backward, update."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((sizes[0], m)).astype(dtype)
    Y = numeric.one_hot(rng.integers(0, sizes[-1], m), sizes[-1]).astype(dtype)
    net = numeric.Network(sizes, activation="relu", dtype=dtype, rng=0)
    return lambda: net.step(X, Y, learning_rate=0.01)


def side_by_side(
    functions: dict[str, Callable[[], object]], *, seconds: float = 1.0, rounds: int = 25
) -> dict[str, float]:
    """Return the least time of one call of each, in seconds; the functions take turns in every round."""
    calls = {}
    for name, function in functions.items():
        function()
        start = time.perf_counter()
        function()
        calls[name] = max(1, int(seconds / rounds / len(functions) / (time.perf_counter() - start + 1e-7)))
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(calls[name]):
                function()
            best[name] = min(best[name], (time.perf_counter() - start) / calls[name])
    return best


def regressions(m: int = 200, n: int = 20) -> dict[str, float]:
    """Return the times of the gradient of logistic regression, with loops and without."""
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((n, m)), rng.integers(0, 2, (1, m))
    W, b = rng.standard_normal((1, n)), np.zeros((1, 1))
    return side_by_side(
        {
            "loops": lambda: numeric.logistic_regression_gradients_loops(W, b, X, Y),
            "vectorised": lambda: numeric.logistic_regression_gradients(W, b, X, Y),
        },
        rounds=5,
    )


CASES = {
    "784-512-256-10, 256, float32": ([784, 512, 256, 10], 256, np.float32),
    "784-1024-1024-10, 256, float32": ([784, 1024, 1024, 10], 256, np.float32),
    "784-128-10, 64, float64": ([784, 128, 10], 64, np.float64),
    "20-15-10-5, 32, float32": ([20, 15, 10, 5], 32, np.float32),
    "20-15-10-5, 32, float64": ([20, 15, 10, 5], 32, np.float64),
}


def ratio(name: str, *, seconds: float = 1.0) -> tuple[float, float]:
    """Return the time of a step and its ratio to the bare products."""
    case = CASES[name]
    best = side_by_side({"step": a_step(*case), "products": bare_products(*case)}, seconds=seconds)
    return best["step"], best["step"] / best["products"]


def with_rivals(name: str) -> dict[str, float]:
    """Return the time of a step by everyone who is here, side by side."""
    from _training_rivals import available

    sizes, m, dtype = CASES[name]
    ours: dict[str, Callable[[], object]] = {
        "bare products": bare_products(sizes, m, dtype),
        "numeric": a_step(sizes, m, dtype),
    }
    return side_by_side(ours | available(sizes, m, dtype), seconds=6.0)


def growth() -> dict[str, list[tuple[int, float]]]:
    """Return how the time of a step grows with the batch, and with the number of parameters."""
    batches = [(m, [784, 256, 10], m) for m in (32, 64, 128, 256, 512, 1024)]
    widths = [(n * 784 + n * 10, [784, n, 10], 128) for n in (64, 128, 256, 512, 1024)]
    result = {}
    for label, cases in (("batch size", batches), ("parameters", widths)):
        result[label] = [(x, side_by_side({"s": a_step(sizes, m, np.float32)})["s"]) for x, sizes, m in cases]
    return result


def draw(points: dict[str, list[tuple[int, float]]], path: str) -> None:
    """Draw the cost of a step, with the line through the origin and the last point: what linear growth would be."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "backproof"  # one picture for one set of figures
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    titles = {"batch size": "784-256-10, float32", "parameters": "784-n-10, batch 128, float32"}
    scales = {"batch size": 1, "parameters": 1000}
    for axes, (label, pairs) in zip(panels, points.items(), strict=True):
        x, ms = [a / scales[label] for a, _ in pairs], [seconds * 1e3 for _, seconds in pairs]
        axes.plot([0, x[-1]], [0, ms[-1]], "--", color="#9aa0a6", label="linear")
        axes.plot(x, ms, "o-", color="#1f5fbf", label="measured")
        axes.set(
            xlabel=label if scales[label] == 1 else f"{label}, thousands",
            ylabel="one step, ms",
            title=titles[label],
            xlim=(0, None),
            ylim=(0, None),
        )
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rivals", action="store_true", help="beside the other libraries that are installed")
    parser.add_argument(
        "--growth", action="store_true", help="the time of a step against batch and parameters"
    )
    parser.add_argument("--plot", metavar="FILE", help="with --growth: draw it as well")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    if arguments.rivals:
        for name in CASES:
            print(f"\n{name}")
            for who, seconds in sorted(with_rivals(name).items(), key=lambda item: item[1]):
                print(f"  {who:34}{seconds * 1e6:9.1f} us")
        return
    if arguments.growth:
        grown = growth()
        if arguments.plot:
            draw(grown, arguments.plot)
        for label, points in grown.items():
            print(f"\n{label:>12}{'step':>14}{'per unit':>14}")
            for x, seconds in points:
                print(f"{x:12,}{seconds * 1e6:11.1f} us{seconds / x * 1e9:11.2f} ns")
        return
    figures = {name: ratio(name) for name in CASES}
    loops = regressions()
    if arguments.json:
        print(json.dumps({"steps": figures, "logistic_regression": loops}))
        return
    print(f"{'one step of':36}{'time':>12}{'/ products':>12}")
    for name, (seconds, times) in figures.items():
        print(f"{name:36}{seconds * 1e6:9.1f} us{times:12.2f}")
    print("\ngradient of logistic regression, n = 20, m = 200")
    for name, seconds in loops.items():
        print(f"{name:36}{seconds * 1e6:9.1f} us")


if __name__ == "__main__":
    main()
