"""What a training step costs beside its bare matrix products, and beside other libraries, measured in one run.

    OPENBLAS_NUM_THREADS=1 python benchmarks/training.py
    python benchmarks/training.py --rivals --threads 2

Products and step take turns in one process, by the processor time of that process, which other programs do not
lengthen. With ``--rivals`` everybody has a process of its own, and with more than one thread the clock on the wall.
Two figures of each: the least time, and the median of its ratio to the bare products of the same turn.
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
    functions: dict[str, Callable[[], object]], *, seconds: float = 1.0, wall: bool = False
) -> dict[str, list[float]]:
    """Return the times of one call of each, turn by turn, in seconds; short calls are bundled to half a millisecond."""
    clock = time.perf_counter if wall else time.process_time
    calls, total = {}, 0.0
    for name, function in functions.items():
        function()
        start = time.perf_counter()
        function()
        once = time.perf_counter() - start + 1e-7
        calls[name] = max(1, int(5e-4 / once))
        total += once * calls[name]
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(max(15, int(seconds / total))):
        for name, function in functions.items():
            start = clock()
            for _ in range(calls[name]):
                function()
            times[name].append((clock() - start) / calls[name])
    return times


def figures(times: dict[str, list[float]], base: str) -> dict[str, tuple[float, float, float]]:
    """Return of each its least time, that over the base's, and the median of the ratios of the turns."""
    least = {name: min(values) for name, values in times.items()}
    return {
        name: (
            least[name],
            least[name] / least[base],
            float(np.median(np.divide(values, times[base]))),
        )
        for name, values in times.items()
    }


def regressions(m: int = 200, n: int = 20) -> dict[str, float]:
    """Return the times of the gradient of logistic regression, with loops and without."""
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((n, m)), rng.integers(0, 2, (1, m))
    W, b = rng.standard_normal((1, n)), np.zeros((1, 1))
    times = side_by_side(
        {
            "loops": lambda: numeric.logistic_regression_gradients_loops(W, b, X, Y),
            "vectorised": lambda: numeric.logistic_regression_gradients(W, b, X, Y),
        }
    )
    return {name: min(values) for name, values in times.items()}


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
    times = side_by_side({"products": bare_products(*case), "step": a_step(*case)}, seconds=seconds)
    return figures(times, "products")["step"][:2]


def with_rivals(
    name: str, threads: int, turns: int
) -> tuple[dict[str, tuple[float, float, float]], dict[str, str]]:
    """Return the figures of a step by everyone who is here, and why others are not."""
    from _training_rivals import RIVALS
    from _turns import take_turns

    contestants = {
        "bare products": ("training", "bare_products", CASES[name]),
        "numeric": ("training", "a_step", CASES[name]),
    }
    contestants |= {
        who: ("_training_rivals", function, (*CASES[name], threads)) for who, function in RIVALS.items()
    }
    times, absent = take_turns(contestants, turns, threads=threads)
    return figures(times, "bare products"), absent


def growth() -> dict[str, list[tuple[int, float]]]:
    """Return how the time of a step grows with the batch, and with the number of parameters."""
    batches = [(m, [784, 256, 10], m) for m in (32, 64, 128, 256, 512, 1024)]
    widths = [(n * 784 + n * 10, [784, n, 10], 128) for n in (64, 128, 256, 512, 1024)]
    result = {}
    for label, cases in (("batch size", batches), ("parameters", widths)):
        result[label] = [
            (x, min(side_by_side({"step": a_step(sizes, m, np.float32)})["step"])) for x, sizes, m in cases
        ]
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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rivals", action="store_true", help="beside the other libraries that are installed")
    parser.add_argument("--threads", type=int, default=1, help="of everybody, with --rivals")
    parser.add_argument("--turns", type=int, default=40, help="of everybody, with --rivals")
    parser.add_argument(
        "--growth", action="store_true", help="the time of a step against batch and parameters"
    )
    parser.add_argument("--plot", metavar="FILE", help="with --growth: draw it as well")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    if arguments.rivals:
        said = {name: with_rivals(name, arguments.threads, arguments.turns) for name in CASES}
        if arguments.json:
            print(json.dumps({"threads": arguments.threads, "steps": said}))
            return
        for name, (found, absent) in said.items():
            print(f"\n{name:34}{'least':>12}{'/ products':>12}{'median':>10}")
            for who, (seconds, least, median) in sorted(found.items(), key=lambda item: item[1][2]):
                print(f"  {who:32}{seconds * 1e6:9.1f} us{least:12.2f}{median:10.2f}")
            for who, excuse in absent.items():
                print(f"  {who:32}did not run: {excuse.splitlines()[0][:80]}")
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
    steps = {name: ratio(name) for name in CASES}
    loops = regressions()
    if arguments.json:
        print(json.dumps({"steps": steps, "logistic_regression": loops}))
        return
    print(f"{'one step of':36}{'time':>12}{'/ products':>12}")
    for name, (seconds, times) in steps.items():
        print(f"{name:36}{seconds * 1e6:9.1f} us{times:12.2f}")
    print("\ngradient of logistic regression, n = 20, m = 200")
    for name, seconds in loops.items():
        print(f"{name:36}{seconds * 1e6:9.1f} us")


if __name__ == "__main__":
    main()
