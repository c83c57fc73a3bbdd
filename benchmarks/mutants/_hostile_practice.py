"""Hostile losses for tuning."""

from __future__ import annotations

import contextlib
import functools
import io
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from _case import Array
from _hostile import Question, Rng


def relu(z: Array) -> Array:
    return np.maximum(z, 0)


def lasso_at_zero(rng: Rng) -> Question:
    A, y = rng.standard_normal((20, 8)), rng.standard_normal(20)
    at = rng.standard_normal(8) * (rng.random(8) < 0.5)
    return (
        lambda x: 0.5 * ((A @ x - y) ** 2).sum() + np.abs(x).sum(),
        lambda x: A.T @ (A @ x - y) + np.sign(x),
        at,
    )


def lasso_near_zero(rng: Rng) -> Question:
    loss, gradient, at = lasso_at_zero(rng)
    return loss, gradient, np.where(at == 0, 10.0 ** -rng.integers(3, 13, 8), at)


def dead_units(rng: Rng) -> Question:
    X, y = rng.standard_normal((12, 4)), rng.standard_normal(12)
    at = {
        "W": rng.standard_normal((4, 6)),
        "b": np.where(np.arange(6) < 3, -20.0, 0.5),
        "v": rng.standard_normal(6),
    }

    def gradient(p: Any) -> Any:
        Z = X @ p["W"] + p["b"]
        d = (relu(Z) @ p["v"] - y) / 12
        dZ = np.outer(d, p["v"]) * (Z > 0)
        return {"W": X.T @ dZ, "b": dZ.sum(axis=0), "v": relu(Z).T @ d}

    return lambda p: float(0.5 * ((relu(X @ p["W"] + p["b"]) @ p["v"] - y) ** 2).mean()), gradient, at


def tied_maximum(rng: Rng) -> Question:
    A = rng.standard_normal((6, 5))
    A[3] = A[1]
    at = rng.standard_normal(5)
    at += 3 * A[1]

    def gradient(x: Array) -> Array:
        return A[int(np.argmax(A @ x))] + x

    return lambda x: float((A @ x).max() + 0.5 * x @ x), gradient, at


def single_inside(rng: Rng) -> Question:
    X = rng.standard_normal((50, 4)).astype(np.float32)
    return (
        lambda x: np.sum(np.tanh(X @ x.astype(np.float32))),
        lambda x: X.T.astype(float) @ (1 - np.tanh(X.astype(float) @ x) ** 2),
        rng.standard_normal(4),
    )


def many_terms(rng: Rng) -> Question:
    X = rng.standard_normal((10_000, 3))
    return (
        lambda x: float(np.logaddexp(0, X @ x).sum()),
        lambda x: X.T @ (1 / (1 + np.exp(-X @ x))),
        rng.standard_normal(3),
    )


def almost_flat(rng: Rng) -> Question:
    return lambda x: 1 + 1e-9 * float(np.sin(x).sum()), lambda x: 1e-9 * np.cos(x), rng.standard_normal(4)


def far_from_zero(rng: Rng) -> Question:
    return lambda x: 1e7 + float(np.sin(x).sum()), np.cos, rng.standard_normal(5)


def trembling(rng: Rng) -> Question:
    def loss(x: Array) -> float:
        return float(np.sin(x).sum()) + 1e-10 * (zlib.crc32(np.ascontiguousarray(x).tobytes()) / 2**31 - 1)

    return loss, np.cos, rng.standard_normal(5)


def raises_beyond(rng: Rng) -> Question:
    def loss(x: Array) -> float:
        if np.any(x <= 0):
            raise ValueError("not positive")
        return float((x * np.log(x)).sum())

    return loss, lambda x: np.log(x) + 1, rng.uniform(0.01, 2, 6)


def nan_beyond(rng: Rng) -> Question:
    return (
        lambda x: float(np.sqrt(1 - x * x).sum()),
        lambda x: -x / np.sqrt(1 - x * x),
        rng.uniform(-0.999, 0.999, 6),
    )


def chatty(rng: Rng) -> Question:
    def loss(x: Array) -> float:
        with contextlib.redirect_stdout(io.StringIO()):
            print("evaluating", x)
        return float((x**3).sum())

    return loss, lambda x: 3 * x * x, rng.standard_normal(4)


def returns(kind: str) -> Callable[[Rng], Question]:
    forms: dict[str, Callable[[float], Any]] = {
        "an array of one": lambda v: np.array([v]),
        "an array of no dimension": np.array,
        "a matrix of one": lambda v: np.array([[v]]),
        "np.float64": np.float64,
        "a long double": np.longdouble,
    }

    def build(rng: Rng) -> Question:
        return lambda x: forms[kind](float(np.exp(x).sum())), np.exp, rng.standard_normal(4)

    build.__name__ = f"returns {kind}"
    return build


class Pair(NamedTuple):
    scale: Any
    shift: Any


def named_tuple(rng: Rng) -> Question:
    X = rng.standard_normal((7, 3))

    def gradient(p: Pair) -> Pair:
        r = np.tanh(X * p.scale + p.shift)
        return Pair((X * (1 - r * r)).sum(axis=0), float((1 - r * r).sum()))

    return lambda p: float(np.tanh(X * p.scale + p.shift).sum()), gradient, Pair(rng.standard_normal(3), 0.3)


def some_empty(rng: Rng) -> Question:
    at = {"W": rng.standard_normal((2, 3)), "none": np.zeros((0, 3)), "c": np.array(0.7)}
    return (
        lambda p: float(np.sin(p["W"]).sum() * p["c"] + p["none"].sum()),
        lambda p: {"W": np.cos(p["W"]) * p["c"], "none": np.zeros((0, 3)), "c": np.sin(p["W"]).sum()},
        at,
    )


def mixed_units(rng: Rng) -> Question:
    u = 10.0 ** np.array([-9, -6, -3, 0, 3, 6, 9])
    return lambda x: float(np.sin(x / u).sum()), lambda x: np.cos(x / u) / u, rng.standard_normal(7) * u


def steep(rng: Rng) -> Question:
    return lambda x: float(np.exp(40 * x).sum()), lambda x: 40 * np.exp(40 * x), rng.uniform(-1, 1, 4)


def three_halves(rng: Rng) -> Question:
    return (
        lambda x: float((np.abs(x) ** 1.5).sum()),
        lambda x: 1.5 * np.sqrt(np.abs(x)) * np.sign(x),
        np.array([0.0, 0.3, -1.2, 1e-6]),
    )


def table(rng: Rng) -> Question:
    knots, values = np.linspace(-2, 2, 9), rng.standard_normal(9)

    def gradient(x: Array) -> Array:
        k = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, 7)
        return (np.diff(values) / np.diff(knots))[k] * (np.abs(x) <= 2)

    return (
        lambda x: float(np.interp(x, knots, values).sum()),
        gradient,
        np.array([0.1, -0.77, 0.5, -1.5, 1.31]),
    )


def median(rng: Rng) -> Question:
    def gradient(x: Array) -> Array:
        g = np.zeros_like(x)
        g[np.argsort(x)[3]] = 1.0
        return g + x

    return lambda x: float(np.median(x) + 0.5 * x @ x), gradient, rng.standard_normal(7)


def iterative(rng: Rng) -> Question:
    """Kepler's equation by Newton, stopped at 1e-9."""

    def solve(M: Array) -> Array:
        E = M.copy()
        for _ in range(50):
            step = (E - 0.4 * np.sin(E) - M) / (1 - 0.4 * np.cos(E))
            E = E - step
            if np.max(np.abs(step)) < 1e-5:
                break
        return E

    return (
        lambda M: float((solve(M) ** 2).sum()),
        lambda M: 2 * solve(M) / (1 - 0.4 * np.cos(solve(M))),
        rng.uniform(0.2, 2, 4),
    )


def memoised(rng: Rng) -> Question:
    @functools.lru_cache
    def kept(raw: bytes) -> float:
        return float(np.cosh(np.frombuffer(raw)).sum())

    return lambda x: kept(np.ascontiguousarray(x).tobytes()), np.sinh, rng.standard_normal(5)


def restores(rng: Rng) -> Question:
    """Works in place on its argument, and puts it back."""

    def loss(x: Array) -> float:
        kept = x.copy()
        x *= 2
        value = float(np.sin(x).sum())
        x[...] = kept
        return value

    return loss, lambda x: 2 * np.cos(2 * x), rng.standard_normal(4)


def eight_digits(rng: Rng) -> Question:
    return lambda x: round(float(np.sinh(x).sum()), 8), np.cosh, rng.standard_normal(4)


PRACTICE = [
    lasso_at_zero, lasso_near_zero, dead_units, tied_maximum, single_inside, many_terms, almost_flat, far_from_zero,
    trembling, raises_beyond, nan_beyond, chatty, named_tuple, some_empty, mixed_units, steep, three_halves, table, median,
    iterative, memoised, restores, eight_digits,
    *map(returns, ("an array of one", "an array of no dimension", "a matrix of one", "np.float64", "a long double")),
]  # fmt: skip
