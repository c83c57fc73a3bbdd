"""Every parameter's slope in a blink: structured differences beside the best plain loop, on one core.

Run from the project's root: `OPENBLAS_NUM_THREADS=1 python benchmarks/structured.py`.
Times are processor seconds, the best of several runs, so that other work on the machine counts as little as possible;
the plain loops are timed on a sample of entries in the same run and scaled up.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import gradcheck
import numeric

NETS: dict[str, tuple[list[int], str, float]] = {
    "784-128-10": ([784, 128, 10], "tanh", 0.3),
    "784-128-10 relu": ([784, 128, 10], "relu", 0.3),
    "784-128-64-10": ([784, 128, 64, 10], "tanh", 3.0),
    "784-128-64-10 relu": ([784, 128, 64, 10], "relu", 3.0),
}
M = 32
SAMPLE = 300


def seconds(function: Callable[[], Any], repeats: int) -> float:
    """Processor seconds of the fastest of several calls."""
    best = np.inf
    for _ in range(repeats):
        began = time.process_time()
        function()
        best = min(best, time.process_time() - began)
    return best


def loops(net: numeric.Network, X: Any, Y: Any, entries: int) -> tuple[float, float]:
    """Processor seconds an entry of two plain loops that keep their buffers and move parameters in place.

    The first runs the whole forward pass for each move; the second knows that only one row of Z1 changes.
    """
    activation = {"tanh": np.tanh, "relu": lambda z, out: np.maximum(z, 0, out=out)}[net.activations[0]]
    p = {k: v.copy() for k, v in net.parameters.items()}
    L = len(p) // 2
    Z1 = p["W1"] @ X + p["b1"]
    rows = [np.empty((len(p[f"W{l}"]), M)) for l in range(1, L + 1)]

    def cost() -> float:
        A = activation(Z1, out=rows[0])
        for l in range(2, L + 1):
            Z = np.matmul(p[f"W{l}"], A, out=rows[l - 1])
            Z += p[f"b{l}"]
            if l < L:
                A = activation(Z, out=Z)
        Z -= Z.max(axis=0)
        return float((np.log(np.exp(Z).sum(axis=0)) - (Y * Z).sum(axis=0)).mean())

    def moved_by(i: int, j: int, h: float) -> float:
        p["W1"][i, j] += h
        np.matmul(p["W1"], X, out=Z1)
        np.add(Z1, p["b1"], out=Z1)
        value = cost()
        p["W1"][i, j] -= h
        return value

    rng, h = np.random.default_rng(0), 1e-5
    places = [(int(rng.integers(128)), int(rng.integers(784))) for _ in range(entries)]

    def plain() -> None:
        for i, j in places:
            _ = (moved_by(i, j, h) - moved_by(i, j, -h)) / (2 * h)

    def one_row() -> None:
        for i, j in places:
            move = h * X[j]
            Z1[i] += move
            up = cost()
            Z1[i] -= 2 * move
            down = cost()
            Z1[i] += move
            _ = (up - down) / (2 * h)

    return seconds(plain, 3) / entries, seconds(one_row, 3) / entries


def measure(name: str, repeats: int) -> bool:
    sizes, activation, bar = NETS[name]
    rng = np.random.default_rng(0)
    X = rng.random((784, M)) * (rng.random((784, M)) < 0.2)
    Y = np.eye(10)[:, rng.integers(0, 10, M)]
    net = numeric.Network(sizes, activation=activation, loss="softmax_cross_entropy", rng=0)
    J, gradients = net.loss_at(X, Y), net.gradients(X, Y)
    n = sum(v.size for v in net.parameters.values())

    def sweep() -> dict[str, Any]:
        return {k: J.differences(k, 1e-6) for k in net.parameters}

    ours = seconds(sweep, repeats)
    loop, one_row = (n * each for each in loops(net, X, Y, SAMPLE))
    found = sweep()
    off = max(
        float(np.max(np.abs(((plus - minus) / 2e-6 - gradients[k])[~crossed]), initial=0.0))
        for k, (plus, minus, crossed) in found.items()
    )
    report = gradcheck.check(J, gradients, net.parameters)
    whole = seconds(lambda: gradcheck.check(J, gradients, net.parameters), max(1, repeats // 2))
    good = ours <= bar and loop >= 100 * ours and off <= 1e-11 and report.verdict == "pass"
    print(
        f"{name:20s} {n:7,d} parameters  sweep {ours:.3f} s (bar {bar:g})  plain loop {loop:5.1f} s, {loop / ours:5.0f} x  "
        f"row by row {one_row:4.1f} s, {one_row / ours:4.0f} x  "
        f"largest deviation {off:.0e}  check() {whole:.3f} s, {report.method}, {report.verdict}"
        f"{'' if good else '   MISSED'}",
        flush=True,
    )
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NETS)}")
    options = parser.parse_args()
    good = [measure(name, options.repeats) for name in options.names or NETS]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
