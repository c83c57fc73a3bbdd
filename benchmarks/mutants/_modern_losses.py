"""Losses of the last ten years where difference quotients go wrong: ties, borders, saturation, reused buffers, odd precision."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from _hostile import Question, Rng


def hard_swish_at_three(rng: Rng) -> Question:
    """Pre-activations exactly at -3, 3 and 0 beside ordinary ones."""
    x = np.concatenate([rng.standard_normal(5), [-3.0, 3.0, 0.0]])
    w = rng.standard_normal(8)
    return (
        lambda x: w @ (x * np.clip(x + 3, 0, 6) / 6),
        lambda x: w * np.where(x < -3, 0, np.where(x > 3, 1, (2 * x + 3) / 6)),
        x,
    )


def relu6_at_six(rng: Rng) -> Question:
    """A row of ones through weights whose sums are exactly 6 and 0."""
    W = rng.standard_normal((4, 3))
    W[0], W[1] = [1.0, 2.0, 3.0], [1.0, -2.0, 1.0]
    v = np.abs(rng.standard_normal(4)) + 0.1

    def gradient(W: Any) -> Any:
        z = W.sum(axis=1)
        return np.tile((v * ((z > 0) & (z < 6)))[:, None], (1, 3))

    return lambda W: v @ np.clip(W.sum(axis=1), 0, 6), gradient, W


def top_two_gate(rng: Rng) -> Question:
    """Only the two largest scores pass a gate; the second and third are near, not equal."""
    s = np.array([2.0, 1.0, 1.0 - 1e-5, -0.5]) + 0.0 * rng.standard_normal(4)
    e = rng.standard_normal(4)

    def chosen(s: Any) -> Any:
        keep = np.sort(np.argsort(s)[-2:])
        p = np.exp(s[keep] - s[keep].max())
        return keep, p / p.sum()

    def gradient(s: Any) -> Any:
        keep, p = chosen(s)
        g = np.zeros(4)
        g[keep] = p * (e[keep] - p @ e[keep])
        return g

    return lambda s: float(chosen(s)[1] @ e[chosen(s)[0]]), gradient, s


def equal_scores(rng: Rng) -> Question:
    """A multi-class hinge whose scores are all equal at a zero start, as at the first step of training."""
    X, y = rng.standard_normal((6, 3)), rng.integers(0, 4, 6)
    at = {"W": np.zeros((4, 3)), "b": np.zeros(4)}

    def margins(p: Any) -> Any:
        s = X @ p["W"].T + p["b"]
        v = s - s[np.arange(6), y][:, None] + 1
        v[np.arange(6), y] = 0
        return v

    def gradient(p: Any) -> Any:
        on = (margins(p) > 0) * 1.0
        on[np.arange(6), y] = -on.sum(axis=1)
        return {"W": on.T @ X / 6, "b": on.sum(axis=0) / 6}

    return lambda p: float(np.maximum(margins(p), 0).sum() / 6), gradient, at


def cold_softmax(rng: Rng) -> Question:
    """A temperature of a thousandth: nearly every probability is 0 or 1."""
    z, y = 0.01 * rng.standard_normal((3, 4)), np.eye(4)[[0, 2, 1]]

    def soft(z: Any) -> Any:
        e = np.exp((z - z.max(axis=1, keepdims=True)) / 1e-3)
        return e / e.sum(axis=1, keepdims=True)

    def loss(z: Any) -> float:
        u = z / 1e-3
        top = u.max(axis=1, keepdims=True)
        return float((np.log(np.exp(u - top).sum(axis=1)) + top[:, 0] - (y * u).sum(axis=1)).mean())

    return loss, lambda z: (soft(z) - y) / (3 * 1e-3), z


def masked_out(rng: Rng) -> Question:
    """Scores of minus infinity by a mask: some parameters do not count at all."""
    keep = np.array([True, True, False, True, False])
    w = rng.standard_normal(5)

    def p(s: Any) -> Any:
        e = np.where(keep, np.exp(np.where(keep, s, -np.inf) - s[keep].max()), 0)
        return e / e.sum()

    return lambda s: float(p(s) @ w), lambda s: p(s) * (w - p(s) @ w), rng.standard_normal(5)


def almost_antipodal(rng: Rng) -> Question:
    """The angle between two nearly opposite vectors, by arctan2 as one should."""
    a = rng.standard_normal(2)
    at = {"a": a, "b": -a + 1e-4 * rng.standard_normal(2)}

    def parts(p: Any) -> Any:
        (a, b) = p["a"], p["b"]
        return a[0] * b[1] - a[1] * b[0], a @ b

    def gradient(p: Any) -> Any:
        cross, dot = parts(p)
        n = cross**2 + dot**2
        a, b, c, d = p["a"], p["b"], dot * np.sign(cross) / n, abs(cross) / n
        return {
            "a": c * np.array([b[1], -b[0]]) - d * b,
            "b": c * np.array([-a[1], a[0]]) - d * a,
        }

    def loss(p: Any) -> float:
        cross, dot = parts(p)
        return float(np.arctan2(abs(cross), dot))

    return loss, gradient, at


def transported(rng: Rng) -> Question:
    """Entropic optimal transport, two thousand steps of Sinkhorn in logarithms; the gradient is the plan."""
    n, eps = 4, 0.2
    a, b = np.full(n, 1 / n), np.full(n, 1 / n)

    def plan(C: Any) -> Any:
        f, g = np.zeros(n), np.zeros(n)
        for _ in range(200):
            f = -eps * np.logaddexp.reduce((g - C) / eps + np.log(b), axis=1)
            g = -eps * np.logaddexp.reduce((f[:, None] - C) / eps + np.log(a)[:, None], axis=0)
        return f, g, a[:, None] * b * np.exp((f[:, None] + g - C) / eps)

    def loss(C: Any) -> float:
        f, g, _ = plan(C)
        return float(a @ f + b @ g)

    return loss, lambda C: plan(C)[2], rng.uniform(0, 1, (n, n))


def one_example(rng: Rng) -> Question:
    """A single example through batch statistics of itself along features, an ELU at exactly zero."""
    x = rng.standard_normal(6)
    at = {"w": rng.standard_normal(6), "b": np.zeros(1)}
    at["w"][0] -= (at["w"] @ x) / x[0]

    def gradient(p: Any) -> Any:
        z = float(p["w"] @ x + p["b"][0])
        g = 1.0 if z > 0 else float(np.exp(z))
        return {"w": g * x, "b": np.array([g])}

    def loss(p: Any) -> float:
        z = float(p["w"] @ x + p["b"][0])
        return z if z > 0 else float(np.expm1(z))

    return loss, gradient, at


def reused_buffers(rng: Rng) -> Question:
    """Forward and backward work in the same preallocated arrays, and the loss leaves its own there."""
    X, y = rng.standard_normal((5, 3)), rng.standard_normal(5)
    Z, A = np.empty((5, 4)), np.empty((5, 4))
    at = {"W": rng.standard_normal((3, 4)), "v": rng.standard_normal(4)}

    def forward(p: Any) -> Any:
        np.matmul(X, p["W"], out=Z)
        np.maximum(Z, 0, out=A)
        return A @ p["v"] - y

    def gradient(p: Any) -> Any:
        r = forward(p) / 5
        dv = A.T @ r
        np.multiply(np.outer(r, p["v"]), Z > 0, out=A)
        return {"W": X.T @ A, "v": dv}

    return lambda p: float(0.5 * (forward(p) ** 2).mean()), gradient, at


def float32_network(rng: Rng) -> Question:
    """Everything in float32, three layers of ReLU, inputs in thousands, as exported from a framework."""
    sizes = (4, 6, 5, 1)
    X = (1000 * rng.standard_normal((4, 8))).astype(np.float32)
    at = {f"W{k}": (rng.standard_normal((o, i)) / np.sqrt(i)).astype(np.float32) for k, (i, o) in enumerate(pairwise(sizes))}  # fmt: skip

    def forward(p: Any) -> Any:
        A = [X.astype(p["W0"].dtype)]
        for k in range(3):
            Z = p[f"W{k}"] @ A[-1]
            A.append(np.maximum(Z, 0) if k < 2 else Z)
        return A

    def gradient(p: Any) -> Any:
        A = forward(p)
        d = A[-1] / 8
        grads = {}
        for k in (2, 1, 0):
            grads[f"W{k}"] = d @ A[k].T
            d = (p[f"W{k}"].T @ d) * (A[k] > 0)
        return grads

    return lambda p: (forward(p)[-1] ** 2).sum() / 16, gradient, at


def clipped_ratio(rng: Rng) -> Question:
    """The clipped surrogate of policy optimisation at its start: every ratio is exactly one, inside the clip."""
    m = 6
    old, gain = rng.standard_normal(m), rng.standard_normal(m)

    def gradient(x: Any) -> Any:
        r = np.exp(x - old)
        inside = np.where(gain > 0, r < 1.2, r > 0.8)
        return -gain * r * inside / m

    def loss(x: Any) -> float:
        r = np.exp(x - old)
        return -float(np.minimum(r * gain, np.clip(r, 0.8, 1.2) * gain).mean())

    return loss, gradient, old.copy()


def shrunk_at_threshold(rng: Rng) -> Question:
    """Soft thresholding inside a network, codes exactly at the threshold and dead beyond it."""
    z = np.array([0.5, -0.5, 0.1, 1.2, -2.0, 0.0])
    t = rng.standard_normal(6)

    def shrink(z: Any) -> Any:
        return np.sign(z) * np.maximum(np.abs(z) - 0.5, 0)

    return (
        lambda z: float(0.5 * ((shrink(z) - t) ** 2).sum()),
        lambda z: (shrink(z) - t) * (np.abs(z) > 0.5),
        z,
    )


def logits_of_millions(rng: Rng) -> Question:
    """A linear softmax on raw pixels and untrained weights: losses of 1e5, probabilities of 0 and 1."""
    X, y = 255.0 * rng.random((8, 5)), np.eye(3)[rng.integers(0, 3, 5)].T
    at = {"W": 100 * rng.standard_normal((3, 8)), "b": np.zeros((3, 1))}

    def soft(p: Any) -> Any:
        o = p["W"] @ X + p["b"]
        e = np.exp(o - o.max(axis=0))
        return o, e / e.sum(axis=0)

    def loss(p: Any) -> float:
        o = soft(p)[0]
        top = o.max(axis=0)
        return float((np.log(np.exp(o - top).sum(axis=0)) + top - (y * o).sum(axis=0)).mean())

    def gradient(p: Any) -> Any:
        d = (soft(p)[1] - y) / 5
        return {"W": d @ X.T, "b": d.sum(axis=1, keepdims=True)}

    return loss, gradient, at


MODERN: list[Callable[[Rng], Question]] = [
    hard_swish_at_three,
    relu6_at_six,
    top_two_gate,
    equal_scores,
    cold_softmax,
    masked_out,
    almost_antipodal,
    transported,
    one_example,
    reused_buffers,
    float32_network,
    clipped_ratio,
    shrunk_at_threshold,
    logits_of_millions,
]
