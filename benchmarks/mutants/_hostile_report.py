"""Hostile losses for the report."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from _case import Array
from _hostile import Question, Rng


def relu(z: Array) -> Array:
    return np.maximum(z, 0)


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

    return (
        lambda C: float(((X[:, None] - C) ** 2).sum(axis=2).min(axis=1).mean()),
        gradient,
        rng.standard_normal((4, 2)),
    )


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

    return (
        lambda x: float(chain(x)[0].sum()),
        lambda x: chain(x)[1] + 0 * x + 0.03 * 0,
        rng.standard_normal(4),
    )


def stiff(rng: Rng) -> Question:
    k = np.array([1.0, 1e3, 1e6])
    return (
        lambda x: float((k * (x - 1) ** 2).sum() + np.exp(-k[1] * x[0] ** 2)),
        lambda x: 2 * k * (x - 1) - np.array([2e3 * x[0] * np.exp(-k[1] * x[0] ** 2), 0, 0]),
        np.array([0.03, 1.2, 0.999]),
    )


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

    return (
        lambda x: float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()),
        gradient,
        rng.uniform(-2, 2, 6),
    )


def near_singular(rng: Rng) -> Question:
    Q = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    A = Q @ np.diag([1, 1e-1, 1e-2, 1e-4]) @ Q.T
    return lambda W: float(np.linalg.slogdet(W)[1]), lambda W: np.linalg.inv(W).T, A


def products(rng: Rng) -> Question:
    return (
        lambda x: float(np.cumprod(x).sum()),
        lambda x: np.array(
            [sum(np.prod(np.delete(x[: k + 1], i)) for k in range(i, len(x))) for i in range(len(x))]
        ),
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
    return (
        lambda x: float((np.sort(x)[::-1] * w).sum()),
        lambda x: w[np.argsort(np.argsort(-x))],
        rng.standard_normal(8),
    )


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
    return (
        lambda x: 1e-30 * float(np.sin(1e20 * x).sum()),
        lambda x: 1e-10 * np.cos(1e20 * x),
        1e-20 * rng.standard_normal(4),
    )


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

    return (
        lambda w: np.float32(f(w).sum()),
        lambda w: X.T @ (1 - f(w) ** 2),
        rng.standard_normal(5).astype(np.float32),
    )


REPORT = [
    hinge_at_the_margin, pooled_ties, clipped_at_the_border, huber_at_its_border, flat_image, hard_sigmoid, zero_network,
    nuclear, nearest, wrapped_angle, huge_logits, overflows_when_enlarged, deep_and_vanishing, stiff, polynomial, rosenbrock,
    near_singular, products, special_function, norm_at_zero, adaptive, frozen_sampling, ranked, complex_inside, small_numbers,
    single_parameters, only_single,
]  # fmt: skip
