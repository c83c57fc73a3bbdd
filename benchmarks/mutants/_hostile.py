"""Losses at which difference quotients go wrong: kinks, noise, flat and steep places, odd values, odd containers.

Each is asked with its right gradient, and with three wrong ones: everything 1 % off, the steepest entry 2 % off, and an
entry of ordinary size missing.
"""

from __future__ import annotations

import functools
import io
import contextlib
import math
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from _case import Array, Case

Rng = np.random.Generator
Question = tuple[Callable[[Any], Any], Callable[[Any], Any], Any]


def relu(z: Array) -> Array:
    return np.maximum(z, 0)


# ---- practice -------------------------------------------------------------------------------------------------------


def lasso_at_zero(rng: Rng) -> Question:
    A, y = rng.standard_normal((20, 8)), rng.standard_normal(20)
    at = rng.standard_normal(8) * (rng.random(8) < 0.5)
    return lambda x: 0.5 * ((A @ x - y) ** 2).sum() + np.abs(x).sum(), lambda x: A.T @ (A @ x - y) + np.sign(x), at


def lasso_near_zero(rng: Rng) -> Question:
    loss, gradient, at = lasso_at_zero(rng)
    return loss, gradient, np.where(at == 0, 10.0 ** -rng.integers(3, 13, 8), at)


def dead_units(rng: Rng) -> Question:
    X, y = rng.standard_normal((12, 4)), rng.standard_normal(12)
    at = {"W": rng.standard_normal((4, 6)), "b": np.where(np.arange(6) < 3, -20.0, 0.5), "v": rng.standard_normal(6)}

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
    return lambda x: float(np.logaddexp(0, X @ x).sum()), lambda x: X.T @ (1 / (1 + np.exp(-X @ x))), rng.standard_normal(3)


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
    return lambda x: float(np.sqrt(1 - x * x).sum()), lambda x: -x / np.sqrt(1 - x * x), rng.uniform(-0.999, 0.999, 6)


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

    return lambda x: float(np.interp(x, knots, values).sum()), gradient, np.array([0.1, -0.77, 0.5, -1.5, 1.31])


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

    return lambda M: float((solve(M) ** 2).sum()), lambda M: 2 * solve(M) / (1 - 0.4 * np.cos(solve(M))), rng.uniform(0.2, 2, 4)


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


# ---- report ---------------------------------------------------------------------------------------------------------


def hinge_at_the_margin(rng: Rng) -> Question:
    X, y = rng.standard_normal((9, 4)), rng.choice([-1.0, 1.0], 9)
    at = rng.standard_normal(4)
    X[:3] = X[:3] / (y[:3] * (X[:3] @ at))[:, None]  # three examples exactly at the margin

    def gradient(w: Array) -> Array:
        on = y * (X @ w) < 1
        return -(X * y[:, None] * on[:, None]).sum(axis=0) + 0.1 * w

    return lambda w: float(relu(1 - y * (X @ w)).sum() + 0.05 * w @ w), gradient, at


def pooled_ties(rng: Rng) -> Question:
    x = np.round(2 * rng.standard_normal((4, 4))) / 2

    def gradient(x: Array) -> Array:
        blocks = x.reshape(2, 2, 2, 2)
        best = blocks == blocks.max(axis=(1, 3), keepdims=True)
        return (best / best.sum(axis=(1, 3), keepdims=True)).reshape(4, 4) + 0.2 * x

    return lambda x: float(x.reshape(2, 2, 2, 2).max(axis=(1, 3)).sum() + 0.1 * (x * x).sum()), gradient, x


def clipped_at_the_border(rng: Rng) -> Question:
    at = np.array([1.0, -1.0, 0.3, 1.0 + 1e-9, -1.0 + 1e-7, 2.0])
    return (
        lambda x: float((np.clip(x, -1, 1) ** 2).sum() + np.sin(x).sum()),
        lambda x: 2 * x * (np.abs(x) <= 1) + np.cos(x),
        at,
    )


def huber_at_its_border(rng: Rng) -> Question:
    at = np.array([1.0, -1.0, 0.2, 3.0, 1 + 1e-8])
    return (
        lambda x: float(np.where(np.abs(x) <= 1, 0.5 * x * x, np.abs(x) - 0.5).sum()),
        lambda x: np.clip(x, -1, 1),
        at,
    )


def flat_image(rng: Rng) -> Question:
    x = np.repeat(rng.standard_normal(4), 3)

    def gradient(x: Array) -> Array:
        s = np.sign(np.diff(x))
        return np.concatenate([[0], s]) - np.concatenate([s, [0]]) + x

    return lambda x: float(np.abs(np.diff(x)).sum() + 0.5 * (x * x).sum()), gradient, x


def hard_sigmoid(rng: Rng) -> Question:
    X = rng.standard_normal((10, 3))
    at = rng.standard_normal(3) * 2
    return (
        lambda w: float(np.clip(0.2 * (X @ w) + 0.5, 0, 1).sum() + np.clip(X @ w, 0, 6).sum()),
        lambda w: X.T @ (0.2 * (np.abs(X @ w) < 2.5) + ((X @ w > 0) & (X @ w < 6))),
        at,
    )


def zero_network(rng: Rng) -> Question:
    X, y = rng.standard_normal((8, 3)), rng.standard_normal(8)
    at = {"W": np.zeros((3, 4)), "b": np.zeros(4), "v": rng.standard_normal(4)}

    def leaky(Z: Array) -> Array:
        return np.where(Z > 0, Z, 0.1 * Z)

    def gradient(p: Any) -> Any:
        Z = X @ p["W"] + p["b"]
        d = leaky(Z) @ p["v"] - y
        dZ = np.outer(d, p["v"]) * np.where(Z > 0, 1, 0.1)
        return {"W": X.T @ dZ, "b": dZ.sum(axis=0), "v": leaky(Z).T @ d}

    return lambda p: float(0.5 * ((leaky(X @ p["W"] + p["b"]) @ p["v"] - y) ** 2).sum()), gradient, at


def nuclear(rng: Rng) -> Question:
    def gradient(W: Array) -> Array:
        U, _, V = np.linalg.svd(W, full_matrices=False)
        return U @ V

    return lambda W: float(np.linalg.svd(W, compute_uv=False).sum()), gradient, rng.standard_normal((4, 3))


def nearest(rng: Rng) -> Question:
    X = rng.standard_normal((25, 2))

    def gradient(C: Array) -> Array:
        D = ((X[:, None] - C) ** 2).sum(axis=2)
        G = np.zeros_like(C)
        np.add.at(G, D.argmin(axis=1), 2 * (C[D.argmin(axis=1)] - X))
        return G / 25

    return lambda C: float(((X[:, None] - C) ** 2).sum(axis=2).min(axis=1).mean()), gradient, rng.standard_normal((4, 2))


def wrapped_angle(rng: Rng) -> Question:
    target = rng.uniform(-np.pi, np.pi, 6)

    def wrapped(x: Array) -> Array:
        return (x - target + np.pi) % (2 * np.pi) - np.pi

    return lambda x: float(0.5 * (wrapped(x) ** 2).sum()), wrapped, rng.uniform(-3, 3, 6)


def huge_logits(rng: Rng) -> Question:
    def softmax(z: Array) -> Array:
        e = np.exp(z - z.max())
        return e / e.sum()

    def loss(z: Array) -> float:
        return float(np.log(np.exp(z - z.max()).sum()) + z.max() - z[0])

    def gradient(z: Array) -> Array:
        return softmax(z) - np.eye(5)[0]

    return loss, gradient, np.array([700.0, 701.5, 699.0, 0.0, -300.0])


def overflows_when_enlarged(rng: Rng) -> Question:
    return (
        lambda x: float(np.log(np.exp(x).sum())),
        lambda x: np.exp(x) / np.exp(x).sum(),
        300 + 3 * rng.standard_normal(4),
    )


def deep_and_vanishing(rng: Rng) -> Question:
    def chain(x: Any) -> tuple[Any, Any]:
        slope = np.ones_like(x)
        for k in range(6):
            slope = slope * 0.3 * (1 - np.tanh(0.3 * x) ** 2)
            x = np.tanh(0.3 * x) + 0.01 * k
        return x, slope

    return lambda x: float(chain(x)[0].sum()), lambda x: chain(x)[1] + 0 * x + 0.03 * 0, rng.standard_normal(4)


def stiff(rng: Rng) -> Question:
    k = np.array([1.0, 1e3, 1e6])
    return lambda x: float((k * (x - 1) ** 2).sum() + np.exp(-k[1] * x[0] ** 2)), lambda x: 2 * k * (x - 1) - np.array([2e3 * x[0] * np.exp(-k[1] * x[0] ** 2), 0, 0]), np.array([0.03, 1.2, 0.999])


def polynomial(rng: Rng) -> Question:
    c = rng.standard_normal(21)
    d = c[1:] * np.arange(1, 21)
    return (
        lambda x: float(sum(c[k] * x**k for k in range(21)).sum()),
        lambda x: sum(d[k] * x**k for k in range(20)),
        rng.uniform(-1.2, 1.2, 5),
    )


def rosenbrock(rng: Rng) -> Question:
    def gradient(x: Array) -> Array:
        g = np.zeros_like(x)
        g[:-1] += -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
        g[1:] += 200 * (x[1:] - x[:-1] ** 2)
        return g

    return lambda x: float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()), gradient, rng.uniform(-2, 2, 6)


def near_singular(rng: Rng) -> Question:
    Q = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    A = Q @ np.diag([1, 1e-1, 1e-2, 1e-4]) @ Q.T
    return lambda W: float(np.linalg.slogdet(W)[1]), lambda W: np.linalg.inv(W).T, A


def products(rng: Rng) -> Question:
    return (
        lambda x: float(np.cumprod(x).sum()),
        lambda x: np.array([sum(np.prod(np.delete(x[: k + 1], i)) for k in range(i, len(x))) for i in range(len(x))]),
        rng.uniform(0.5, 1.5, 8),
    )


def special_function(rng: Rng) -> Question:
    def digamma(v: float) -> float:
        value = 0.0
        while v < 12:
            value, v = value - 1 / v, v + 1
        w = 1 / (v * v)
        return value + math.log(v) - 0.5 / v - w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w / 240)))

    return (
        lambda x: math.lgamma(x.sum()) - sum(math.lgamma(v) for v in x),
        lambda x: np.array([digamma(x.sum()) - digamma(v) for v in x]),
        rng.uniform(0.3, 4, 5),
    )


def norm_at_zero(rng: Rng) -> Question:
    def gradient(x: Array) -> Array:
        n = np.linalg.norm(x, axis=1, keepdims=True)
        return np.where(n > 0, x / np.where(n > 0, n, 1), 0.0) + np.cos(x)

    at = rng.standard_normal((4, 3))
    at[1] = 0
    return lambda x: float(np.linalg.norm(x, axis=1).sum() + np.sin(x).sum()), gradient, at


def adaptive(rng: Rng) -> Question:
    """An integral by Simpson's rule on as many intervals as the size of x asks for: small jumps in the loss."""

    def integral(x: float, f: Any) -> float:
        n = 2 * (60 + int(30 * abs(x)))
        t = np.linspace(0, x, n + 1)
        w = np.ones(n + 1)
        w[1:-1:2], w[2:-1:2] = 4, 2
        return float(x / n / 3 * (w * f(t)).sum())

    return (
        lambda x: sum(integral(v, lambda t: np.exp(-t * t)) for v in x),
        lambda x: np.exp(-x * x),
        rng.uniform(0.3, 1.5, 3),
    )


def frozen_sampling(rng: Rng) -> Question:
    noise = rng.standard_normal((200, 4))
    return (
        lambda x: float(np.log1p(((x + 0.1 * noise) ** 2).sum(axis=1)).mean()),
        lambda x: (2 * (x + 0.1 * noise) / (1 + ((x + 0.1 * noise) ** 2).sum(axis=1))[:, None]).mean(axis=0),
        rng.standard_normal(4),
    )


def ranked(rng: Rng) -> Question:
    w = np.linspace(1, 0, 8)
    return lambda x: float((np.sort(x)[::-1] * w).sum()), lambda x: w[np.argsort(np.argsort(-x))], rng.standard_normal(8)


def complex_inside(rng: Rng) -> Question:
    k = np.arange(6)

    def gradient(x: Array) -> Array:
        F = np.fft.fft(x)
        return np.real(np.fft.ifft(2 * F * (1 + k) * 6))

    def loss(x: Array) -> float:
        return float(((1 + k) * np.abs(np.fft.fft(x)) ** 2).sum())

    def symmetric(x: Array) -> Array:
        w = 0.5 * ((1 + k) + (1 + k)[(-k) % 6])
        return np.real(np.fft.ifft(2 * w * np.fft.fft(x) * 6))

    return loss, symmetric, rng.standard_normal(6)


def small_numbers(rng: Rng) -> Question:
    return lambda x: 1e-30 * float(np.sin(1e20 * x).sum()), lambda x: 1e-10 * np.cos(1e20 * x), 1e-20 * rng.standard_normal(4)


def single_parameters(rng: Rng) -> Question:
    X, y = rng.standard_normal((30, 5)), rng.standard_normal(30)
    return (
        lambda w: np.mean((X.astype(w.dtype) @ w - y.astype(w.dtype)) ** 2),
        lambda w: 2 * X.T.astype(w.dtype) @ (X.astype(w.dtype) @ w - y.astype(w.dtype)) / w.dtype.type(30),
        rng.standard_normal(5).astype(np.float32),
    )


def only_single(rng: Rng) -> Question:
    """Casts whatever it gets to float32, and answers in float32."""
    X = rng.standard_normal((30, 5)).astype(np.float32)

    def f(w: Any) -> Any:
        return np.tanh(X @ np.asarray(w, dtype=np.float32))

    return lambda w: np.float32(f(w).sum()), lambda w: X.T @ (1 - f(w) ** 2), rng.standard_normal(5).astype(np.float32)


REPORT = [
    hinge_at_the_margin, pooled_ties, clipped_at_the_border, huber_at_its_border, flat_image, hard_sigmoid, zero_network,
    nuclear, nearest, wrapped_angle, huge_logits, overflows_when_enlarged, deep_and_vanishing, stiff, polynomial, rosenbrock,
    near_singular, products, special_function, norm_at_zero, adaptive, frozen_sampling, ranked, complex_inside, small_numbers,
    single_parameters, only_single,
]  # fmt: skip


def leaves(point: Any) -> list[Any]:
    if isinstance(point, dict):
        return [a for v in point.values() for a in leaves(v)]
    if isinstance(point, list | tuple):
        return [a for v in point for a in leaves(v)]
    return [point]


def rebuilt(point: Any, arrays: Iterator[Any]) -> Any:
    if isinstance(point, dict):
        return {k: rebuilt(v, arrays) for k, v in point.items()}
    if isinstance(point, tuple) and hasattr(point, "_fields"):
        return type(point)(*(rebuilt(v, arrays) for v in point))
    if isinstance(point, list | tuple):
        return type(point)(rebuilt(v, arrays) for v in point)
    return next(arrays)


def spoiled(gradient: Callable[[Any], Any], how: str, at: Any) -> Callable[[Any], Any]:
    """The gradient, wrong in one of three ways; which entry, is settled at the point given."""
    sizes = [np.abs(np.asarray(a, dtype=float)).reshape(-1) for a in leaves(gradient(at))]
    largest = max(float(s.max(initial=0)) for s in sizes)
    which = max(range(len(sizes)), key=lambda k: sizes[k].max(initial=0))
    steepest = int(sizes[which].argmax())
    ordinary = [i for i in range(sizes[which].size) if sizes[which][i] >= 0.02 * largest]

    def changed(p: Any) -> Any:
        arrays = [np.array(a, order="C") for a in leaves(gradient(p))]
        if how == "one per cent":
            arrays = [a * a.dtype.type(1.01) for a in arrays]
        elif how == "the steepest":
            arrays[which].reshape(-1)[steepest] *= 1.02
        else:
            arrays[which].reshape(-1)[ordinary[-1]] = 0
        return rebuilt(gradient(p), iter(arrays))

    return changed


WAYS = ("one per cent", "the steepest", "one missing")


def question(build: Callable[[Rng], Question], seed: int, way: str | None) -> Case:
    loss, gradient, at = build(np.random.default_rng([seed, len(build.__name__)]))
    name = f"{build.__name__}, {way or 'right'}, seed {seed}"
    if way is None:
        return Case(name, loss, gradient, at)
    return Case(name, loss, spoiled(gradient, way, at), at, gradient)
