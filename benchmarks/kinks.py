"""Thousands of networks of kinked units at random and at adversarial points: a right gradient never fails.

Run from the project's root: `python benchmarks/kinks.py [--nets 2000] [--jobs 2]`.
Points are made hostile in every way that puts units at their kinks, or a hair beside them: weights, biases and inputs of
small whole numbers, zeros, repeated examples, biases that cancel Z exactly or up to 1e-3 ... 1e-15, dead layers, scales.
Every network is checked as a structured loss and as a black box; one gradient in eight is spoiled, and must be caught.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter
from typing import Any

import numpy as np
from joblib import Parallel, delayed

import gradcheck
import numeric

Rng = np.random.Generator


def network(rng: Rng) -> tuple[Any, Any, Any, str]:
    """A random fully connected network at a hostile point, with words for what makes it hostile."""
    depth = int(rng.integers(1, 4))
    sizes = [int(n) for n in rng.integers(1, 9, depth + 1)] + [int(rng.integers(2, 5))]
    loss = str(rng.choice(["softmax_cross_entropy", "bce", "mse", "hinge", "huber"]))
    activation = str(rng.choice(["relu", "relu", "leaky_relu", "elu"]))
    dtype = np.float32 if rng.random() < 0.15 else np.float64
    m = int(rng.integers(1, 9))
    l1 = 0.1 if rng.random() < 0.2 else 0.0
    net = numeric.Network(
        sizes, activation=activation, loss=loss, l1=l1, dtype=dtype, rng=int(rng.integers(2**31))
    )
    X = rng.standard_normal((sizes[0], m))
    ways = [str(w) for w in rng.choice(WAYS, size=int(rng.integers(0, 4)), replace=False)]
    p = {k: np.array(v, dtype=np.float64) for k, v in net.parameters.items()}
    for way in ways:
        X = spoil(way, p, X, rng)
    net.parameters = p
    X = X.astype(dtype)
    if loss in ("softmax_cross_entropy",):
        Y = np.eye(sizes[-1])[:, rng.integers(0, sizes[-1], m)]
    elif loss == "hinge":
        Y = rng.choice([-1.0, 1.0], (sizes[-1], m))
    elif loss == "bce":
        Y = rng.integers(0, 2, (sizes[-1], m)).astype(float)
    else:
        Y = np.round(rng.standard_normal((sizes[-1], m)))
    return (
        net,
        X,
        Y.astype(dtype),
        f"{sizes} {activation} {loss} m={m} {dtype.__name__} l1={l1}: {', '.join(ways) or 'as drawn'}",
    )


WAYS = (
    "whole weights", "whole inputs", "zero biases", "zero weights in one layer", "repeated examples", "zero example", "at the kink",
    "beside the kink", "dead layer", "large", "small", "equal rows",
)  # fmt: skip


def spoil(way: str, p: dict[str, Any], X: Any, rng: Rng) -> Any:
    L = len(p) // 2
    l = int(rng.integers(1, L + 1))
    if way == "whole weights":
        for k in p:
            p[k] = np.round(2 * p[k])
    elif way == "whole inputs":
        X = np.round(2 * X)
    elif way == "zero biases":
        for k in range(1, L + 1):
            p[f"b{k}"] *= 0
    elif way == "zero weights in one layer":
        p[f"W{l}"] *= 0
    elif way == "repeated examples":
        X = np.repeat(X[:, :1], X.shape[1], axis=1)
    elif way == "zero example":
        X[:, 0] = 0
    elif way in ("at the kink", "beside the kink"):
        A = X
        for k in range(1, l):
            A = np.maximum(p[f"W{k}"] @ A + p[f"b{k}"], 0)
        gap = (
            0.0 if way == "at the kink" else float(rng.choice([-1, 1])) * 10.0 ** -float(rng.integers(3, 16))
        )
        p[f"b{l}"] = -(p[f"W{l}"] @ A)[:, :1] + gap
    elif way == "dead layer":
        p[f"b{l}"] -= 20
    elif way == "large":
        for k in p:
            p[k] *= 1e3
    elif way == "small":
        for k in p:
            p[k] *= 1e-3
    else:
        p[f"W{l}"][:] = p[f"W{l}"][:1]
        p[f"b{l}"][:] = p[f"b{l}"][:1]
    return X


def images(rng: Rng) -> tuple[Any, Any, Any, str]:
    """A small convolutional model with max pooling, on images of few grey levels: ties everywhere."""
    layers = [
        numeric.Conv2d(int(rng.integers(1, 4)), int(rng.integers(1, 4)), padding=int(rng.integers(0, 2))),
        [numeric.ReLU(), numeric.LeakyReLU()][int(rng.integers(2))],
        numeric.MaxPool2d(2, stride=int(rng.integers(1, 3))),
        numeric.Flatten(),
        numeric.Dense(3),
    ]
    model = numeric.Model(layers, input_shape=(1, 6, 6), rng=int(rng.integers(2**31)))
    way = str(rng.choice(["as drawn", "whole", "zero biases, whole inputs", "constant images"]))
    X = rng.standard_normal((1, 6, 6, 4))
    p = {k: np.array(v) for k, v in model.parameters.items()}
    if "whole" in way:
        X = np.round(X)
    if way == "whole":
        p = {k: np.round(2 * v) for k, v in p.items()}
    if "zero" in way:
        p = {k: v * (k[0] != "b") for k, v in p.items()}
    if way == "constant images":
        X[:] = X[:, :1, :1]
    model.parameters = p
    return model, X, np.eye(3)[:, rng.integers(0, 3, 4)], f"images: {way}"


def trial(seed: int) -> tuple[str, str, str]:
    """Check one network; give the verdict, what was expected, and words for the case."""
    np.seterr(all="ignore")
    warnings.simplefilter("ignore")
    rng = np.random.default_rng([seed, 77])
    net, X, Y, said = images(rng) if rng.random() < 0.2 else network(rng)
    at = {k: np.array(v) for k, v in net.parameters.items()}

    def gradient(p: Any) -> Any:
        kept = {k: np.array(v) for k, v in net.parameters.items()}
        net.parameters = p
        try:
            return {k: np.array(v) for k, v in net.gradients(X, Y).items()}
        finally:
            net.parameters = kept

    spoilt = seed % 8 == 0
    kind = ("arrays", "callable", "black box")[seed % 3]
    loss = net.loss_at(X, Y)
    here = gradient(at)

    def wrong(p: Any) -> Any:
        found = gradient(p)
        name = max(here, key=lambda k: float(np.max(np.abs(here[k]))))
        found[name] = found[name] * found[name].dtype.type(1.05)
        return found

    asked = wrong if spoilt else gradient
    given = asked(at) if kind == "arrays" else asked
    if spoilt and not any(np.any(g) for g in here.values()):
        return "fail", "fail", said  # all is flat: nothing to spoil
    black = (lambda p: loss(p)) if kind == "black box" else loss
    try:
        report = gradcheck.check(black, given, at, rng=seed)
    except gradcheck.GradcheckError as error:
        return (
            f"{type(error).__name__}",
            "fail" if spoilt else "pass",
            f"seed {seed}, {kind}: {said}: {error}",
        )
    return report.verdict, "fail" if spoilt else "pass", f"seed {seed}, {kind}: {said}: {report.reason}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    began = time.perf_counter()
    seeds = range(options.first, options.first + options.nets)
    answers = Parallel(options.jobs)(delayed(trial)(seed) for seed in seeds)
    right = Counter(v for v, expected, _ in answers if expected == "pass")
    wrong = Counter(v for v, expected, _ in answers if expected == "fail")
    print(f"right gradients: {dict(right)}; spoiled ones: {dict(wrong)}; {time.perf_counter() - began:.0f} s")
    for verdict, expected, said in answers:
        if verdict != expected and (options.verbose or (expected == "pass" and verdict != "inconclusive")):
            print(f"  {verdict}, expected {expected}: {said}")
    return 0 if right.keys() <= {"pass", "inconclusive"} else 1


if __name__ == "__main__":
    sys.exit(main())
