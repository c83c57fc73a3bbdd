"""Fresh hostile losses, written after the tool and judged once before anything was mended."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _hostile import Question, Rng


def total_variation(rng: Rng) -> Question:
    """Neighbours that are equal, where the absolute difference has its kink."""
    x = np.round(rng.standard_normal(12))

    def gradient(x: Array) -> Array:
        s = np.sign(np.diff(x))
        return np.concatenate([[0.0], s]) - np.concatenate([s, [0.0]]) + x

    return lambda x: float(np.abs(np.diff(x)).sum() + 0.5 * (x * x).sum()), gradient, x


def dead_zone(rng: Rng) -> Question:
    """Errors below one do not count; some stand at the border."""
    x = np.array([1.0, -1.0, 0.5, 2.0, -3.0, 1 + 1e-10])
    return (
        lambda x: float((np.maximum(np.abs(x) - 1, 0) ** 2).sum() + x.sum()),
        lambda x: 2 * np.maximum(np.abs(x) - 1, 0) * np.sign(x) + 1,
        x,
    )


def sorted_weights(rng: Rng) -> Question:
    """A weighted sum of sorted numbers, no two of them near."""
    x, c = rng.permutation(9) + 0.1 * rng.standard_normal(9), rng.standard_normal(9)

    def gradient(x: Array) -> Array:
        g = np.empty_like(x)
        g[np.argsort(x)] = c
        return g + np.cos(x)

    return lambda x: float(c @ np.sort(x) + np.sin(x).sum()), gradient, x


def eigen_gap(rng: Rng) -> Question:
    """The largest eigenvalue of a symmetric matrix."""
    A = rng.standard_normal((5, 5))

    def gradient(A: Array) -> Array:
        v = np.linalg.eigh(A + A.T)[1][:, -1]
        return 2 * np.outer(v, v)

    return lambda A: float(np.linalg.eigvalsh(A + A.T)[-1]), gradient, A


def log_determinant(rng: Rng) -> Question:
    A = rng.standard_normal((4, 4)) + 3 * np.eye(4)
    return lambda A: float(np.linalg.slogdet(A)[1]), lambda A: np.linalg.inv(A).T, A


def solved(rng: Rng) -> Question:
    """A loss of the solution of a linear system, by the adjoint."""
    A, b = rng.standard_normal((5, 5)) + 4 * np.eye(5), rng.standard_normal(5)

    def gradient(A: Array) -> Array:
        x = np.linalg.solve(A, b)
        return -np.outer(np.linalg.solve(A.T, 2 * x), x)

    return lambda A: float((np.linalg.solve(A, b) ** 2).sum()), gradient, A


def integrated(rng: Rng) -> Question:
    """A thousand steps of Euler's method."""
    at = rng.uniform(0.5, 1.5, 2)

    def run(p: Array) -> tuple[float, float, float]:
        y, da, db = 1.0, 0.0, 0.0
        for _ in range(1000):
            da, db = (
                da + 1e-3 * (y + (p[0] - 2 * p[1] * y) * da),
                db + 1e-3 * (-y * y + (p[0] - 2 * p[1] * y) * db),
            )
            y += 1e-3 * (p[0] * y - p[1] * y * y)
        return y, da, db

    return lambda p: run(p)[0], lambda p: np.array(run(p)[1:]), at


def bisected(rng: Rng) -> Question:
    """A root found by bisection to 1e-10: the loss is a staircase of tiny steps."""
    at = rng.uniform(1.0, 3.0, 3)

    def root(p: Array) -> float:
        low, high = 0.0, 4.0
        if min(p) <= 0:
            raise ValueError("no root is sought for coefficients below zero")
        while high - low > 1e-10:
            middle = (low + high) / 2
            low, high = (middle, high) if p[0] * middle**3 + p[1] * middle < p[2] + 3 else (low, middle)
        return (low + high) / 2

    def gradient(p: Array) -> Array:
        r = root(p)
        return np.array([-(r**3), -r, 1.0]) / (3 * p[0] * r * r + p[1])

    return root, gradient, at


def half_precision_inside(rng: Rng) -> Question:
    """Inputs rounded to float32 on the way in."""
    x = rng.standard_normal(6)
    return (
        lambda x: float(np.sum(np.sin(x.astype(np.float32)).astype(np.float64))),
        lambda x: np.cos(x),
        x,
    )


def sampled_objective(rng: Rng) -> Question:
    """A Monte Carlo mean with common random numbers."""
    at, draws = rng.standard_normal(3), rng.standard_normal((400, 3))
    return (
        lambda x: float(np.logaddexp(0, draws @ x).mean()),
        lambda x: (draws / (1 + np.exp(-draws @ x))[:, None]).mean(axis=0),
        at,
    )


def barrier(rng: Rng) -> Question:
    """A log barrier, a hair from the wall."""
    x = np.array([1e-6, 0.5, 1e-3, 2.0])
    return lambda x: float(-1e-3 * np.log(x).sum() + (x * x).sum()), lambda x: -1e-3 / x + 2 * x, x


def angle(rng: Rng) -> Question:
    """An arctangent whose cut lies near."""
    x = np.array([-1.0, 1e-7, 0.3])
    return (
        lambda x: float(np.arctan2(x[1], x[0]) + x[2] ** 2),
        lambda x: np.array([-x[1], x[0], 2 * x[2] * (x[0] ** 2 + x[1] ** 2)]) / (x[0] ** 2 + x[1] ** 2),
        x,
    )


def deep_min(rng: Rng) -> Question:
    """A minimum of maxima, as in a game tree, with ties."""
    x = np.round(2 * rng.standard_normal((3, 4))) / 2

    def gradient(x: Array) -> Array:
        g = np.zeros_like(x)
        i = int(x.max(axis=1).argmin())
        g[i, int(x[i].argmax())] = 1.0
        return g + 0.3 * x

    return lambda x: float(x.max(axis=1).min() + 0.15 * (x * x).sum()), gradient, x


def relu_chain(rng: Rng) -> Question:
    """A chain of ReLUs with zero biases on inputs that contain zeros."""
    W = [np.round(2 * rng.standard_normal((4, 4))) / 2 for _ in range(3)]
    x = np.round(rng.standard_normal(4))

    def gradient(p: dict[str, Any]) -> dict[str, Any]:
        Z, A = [], [x]
        for l in range(3):
            Z.append(p[f"W{l}"] @ A[-1])
            A.append(np.maximum(Z[-1], 0))
        g, d = {}, A[-1] - 1
        for l in (2, 1, 0):
            d = d * (Z[l] > 0)
            g[f"W{l}"] = np.outer(d, A[l])
            d = p[f"W{l}"].T @ d
        return {f"W{l}": g[f"W{l}"] for l in range(3)}

    def loss(p: dict[str, Any]) -> float:
        a = x
        for l in range(3):
            a = np.maximum(p[f"W{l}"] @ a, 0)
        return float(0.5 * ((a - 1) ** 2).sum())

    return loss, gradient, {f"W{l}": w for l, w in enumerate(W)}


def tiny_and_huge(rng: Rng) -> Question:
    """Parameters of very different units in one dict."""
    at = {"tiny": 1e-9 * rng.standard_normal(3), "huge": 1e9 * rng.standard_normal(3)}

    def loss(p: dict[str, Any]) -> float:
        return float(np.sin(1e9 * p["tiny"]).sum() * 2 + np.tanh(1e-9 * p["huge"]) @ np.cos(1e9 * p["tiny"]))

    def gradient(p: dict[str, Any]) -> dict[str, Any]:
        t, h = 1e9 * p["tiny"], 1e-9 * p["huge"]
        return {
            "tiny": 1e9 * (2 * np.cos(t) - np.tanh(h) * np.sin(t)),
            "huge": 1e-9 * (1 - np.tanh(h) ** 2) * np.cos(t),
        }

    return loss, gradient, at


def leaves_float32(rng: Rng) -> Question:
    """The gradient of a float64 loss, returned in float32."""
    x = rng.standard_normal(8)
    return (
        lambda x: float(np.exp(np.sin(x)).sum()),
        lambda x: (np.exp(np.sin(x)) * np.cos(x)).astype(np.float32),
        x,
    )


FRESH = [
    total_variation, dead_zone, sorted_weights, eigen_gap, log_determinant, solved, integrated, bisected, half_precision_inside,
    sampled_objective, barrier, angle, deep_min, relu_chain, tiny_and_huge, leaves_float32,
]  # fmt: skip
