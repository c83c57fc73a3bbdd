"""Daily, three: losses that engineers differentiate at uncomfortable points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from _hostile import Question, Rng


def prelu_at_zero(rng: Rng) -> Question:
    """A learnt leak, where some pre-activations are exactly 0 through zero inputs."""
    X = rng.standard_normal((5, 3))
    X[0] = 0
    v = rng.standard_normal(5)

    def gradient(p: Any) -> Any:
        z = X @ p["w"]
        return {"w": X.T @ (v * np.where(z > 0, 1, p["a"])), "a": np.array((v * np.minimum(z, 0)).sum())}

    at = {"w": rng.standard_normal(3), "a": np.array(0.25)}
    return lambda p: v @ (np.maximum(X @ p["w"], 0) + p["a"] * np.minimum(X @ p["w"], 0)), gradient, at


def max_pool_plateau(rng: Rng) -> Question:
    """Max pooling of an image part of which is constant, weights shared by a kernel."""
    X = np.zeros((6, 6))
    X[:3] = rng.standard_normal((3, 6))
    v = rng.standard_normal((2, 2))

    def forward(k: Any) -> Any:
        W = np.lib.stride_tricks.sliding_window_view(X, (3, 3))
        Z = np.einsum("ijab,ab->ij", W, k)
        return W, Z.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(2, 2, 4)

    def gradient(k: Any) -> Any:
        W, P = forward(k)
        hit = P.argmax(axis=2)
        g = np.zeros((3, 3))
        for i in range(2):
            for j in range(2):
                g += v[i, j] * W[2 * i + hit[i, j] // 2, 2 * j + hit[i, j] % 2]
        return g

    return lambda k: (v * forward(k)[1].max(axis=2)).sum(), gradient, rng.standard_normal((3, 3))


def clipped_log(rng: Rng) -> Question:
    """Cross-entropy of probabilities clipped at 1e-7, one of them below."""
    z = np.array([25.0, 1.0, -2.0, -30.0]) + 0.1 * rng.standard_normal(4)

    def p(z: Any) -> Any:
        return 1 / (1 + np.exp(-z))

    def gradient(z: Any) -> Any:
        q = p(z)
        inside = (q > 1e-7) & (q < 1 - 1e-7)
        return np.where(inside, -(1 - q), 0.0)

    return lambda z: -np.log(np.clip(p(z), 1e-7, 1 - 1e-7)).sum(), gradient, z


def nested_tuple(rng: Rng) -> Question:
    """Layers as a tuple of (W, b) pairs, a scalar that is a Python float, softsign between."""
    X, y = rng.standard_normal((4, 3)), rng.standard_normal(4)
    at = ((rng.standard_normal((3, 2)), np.zeros(2)), (rng.standard_normal(2), 0.3))

    def gradient(p: Any) -> Any:
        (W, b), (v, c) = p
        Z = X @ W + b
        A = Z / (1 + np.abs(Z))
        e = (A @ v + c - y) / 4
        dZ = np.outer(e, v) / (1 + np.abs(Z)) ** 2
        return ((X.T @ dZ, dZ.sum(axis=0)), (A.T @ e, float(e.sum())))

    def loss(p: Any) -> Any:
        (W, b), (v, c) = p
        Z = X @ W + b
        return 0.5 * ((Z / (1 + np.abs(Z)) @ v + c - y) ** 2).mean()

    return loss, gradient, at


def rate_of_decay(rng: Rng) -> Question:
    """Physical constants of very different sizes: a rate of 1e-9 a second over times of 1e9, an amplitude of 1e12."""
    t = np.linspace(0.1, 3, 9) * 1e9
    y = 2e12 * np.exp(-1.1e-9 * t)
    at = {"rate": np.array(1e-9), "amount": np.array(1.8e12), "floor": np.array(1e10)}

    def residual(p: Any) -> Any:
        return (p["amount"] * np.exp(-p["rate"] * t) + p["floor"] * (1 + 0.1 * rng_free) - y) / 1e12

    rng_free = rng.standard_normal(9)

    def gradient(p: Any) -> Any:
        r, e = residual(p) / 1e12, np.exp(-p["rate"] * t)
        return {
            "rate": -(r * p["amount"] * e * t).sum(),
            "amount": (r * e).sum(),
            "floor": (r * (1 + 0.1 * rng_free)).sum(),
        }

    return lambda p: 0.5 * (residual(p) ** 2).sum(), gradient, at


def cancelled(rng: Rng) -> Question:
    """A difference of two large energies whose slopes nearly cancel."""
    k = 1e7 * np.abs(rng.standard_normal(5))
    a = rng.standard_normal(5)
    x = rng.standard_normal(5)
    return (
        lambda x: 0.5 * (k * x**2).sum() - 0.5 * (k * x**2 * (1 - 1e-7)).sum() + a @ np.sin(x),
        lambda x: 1e-7 * k * x + a * np.cos(x),
        x,
    )


def root_find(rng: Rng) -> Question:
    """The solution of x^3 + a x = b by Newton's method, differentiated implicitly."""
    a, b = np.abs(rng.standard_normal(4)) + 0.2, rng.standard_normal(4)

    def solve(a: Any, b: Any) -> Any:
        x = b / (a + 1)
        for _ in range(60):
            x = x - (x**3 + a * x - b) / (3 * x**2 + a)
        return x

    def gradient(p: Any) -> Any:
        x = solve(p["a"], p["b"])
        d = np.cos(x) / (3 * x**2 + p["a"])
        return {"a": -d * x, "b": d}

    return lambda p: np.sin(solve(p["a"], p["b"])).sum(), gradient, {"a": a, "b": b}


def eigenvalue(rng: Rng) -> Question:
    """The largest singular value and the smallest eigenvalue of a covariance."""
    A = rng.standard_normal((4, 3))

    def gradient(A: Any) -> Any:
        u, s, vt = np.linalg.svd(A, full_matrices=False)
        return np.outer(u[:, 0], vt[0]) + 2 * s[-1] * np.outer(u[:, -1], vt[-1])

    return lambda A: np.linalg.svd(A)[1][0] + np.linalg.eigvalsh(A.T @ A)[0], gradient, A


def huge_batch_sum(rng: Rng) -> Question:
    """A sum over fifty thousand float32 examples, of which the mean is not taken."""
    X = rng.standard_normal((50_000, 3)).astype(np.float32)
    y = (X @ np.array([1, -2, 0.5], dtype=np.float32) > 0).astype(np.float32)
    w = rng.standard_normal(3)

    def gradient(w: Any) -> Any:
        return X.astype(float).T @ (1 / (1 + np.exp(-(X.astype(float) @ w))) - y)

    return lambda w: float((np.logaddexp(0, X @ w) - y * (X @ w)).sum()), gradient, w


def half_angle(rng: Rng) -> Question:
    """Angles by arctan2 and arccos near their borders."""
    x = np.array([1e-6, 0.999999, -0.9999, 0.2])
    c = rng.standard_normal(4)
    return (
        lambda x: c @ np.arccos(x) + np.arctan2(x, 1e-3).sum(),
        lambda x: -c / np.sqrt(1 - x**2) + 1e-3 / (1e-6 + x**2),
        x,
    )


def sparse_rows(rng: Rng) -> Question:
    """A table of 40 rows of which a batch touches five, and an L2 penalty on what is touched."""
    rows, y = np.array([3, 3, 17, 0, 39, 17]), rng.standard_normal((6, 2))
    E = rng.standard_normal((40, 2))

    def gradient(E: Any) -> Any:
        g = np.zeros_like(E)
        np.add.at(g, rows, np.tanh(E[rows]) * (1 - np.tanh(E[rows]) ** 2) - y * (1 - np.tanh(E[rows]) ** 2))
        np.add.at(g, np.unique(rows), 0.1 * E[np.unique(rows)])
        return g

    return (
        lambda E: 0.5 * ((np.tanh(E[rows]) - y) ** 2).sum() + 0.05 * (E[np.unique(rows)] ** 2).sum(),
        gradient,
        E,
    )


def elastic_at_solution(rng: Rng) -> Question:
    """A lasso at its solution: some coefficients exactly 0 with a subgradient inside, smooth slopes 0 elsewhere."""
    X = rng.standard_normal((20, 5))
    y, lam = X @ np.array([2.0, 0, 0, -1, 0]) + 0.1 * rng.standard_normal(20), 6.0
    w = np.zeros(5)
    for _ in range(3000):
        w = w - X.T @ (X @ w - y) / 60
        w = np.sign(w) * np.maximum(np.abs(w) - lam / 60, 0)

    def gradient(w: Any) -> Any:
        return X.T @ (X @ w - y) + lam * np.sign(w)

    return lambda w: 0.5 * ((X @ w - y) ** 2).sum() + lam * np.abs(w).sum(), gradient, w


def log_of_underflow(rng: Rng) -> Question:
    """Log-sum-exp of scores a thousand apart, one softmax entry 0 in double precision."""
    z = np.array([1000.0, 999.0, 0.0, -1000.0]) + rng.standard_normal(4)
    return (
        lambda z: z.max() + np.log(np.exp(z - z.max()).sum()) - 0.5 * z[1],
        lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum() - np.array([0, 0.5, 0, 0]),
        z,
    )


def rounded_output(rng: Rng) -> Question:
    """A loss that its author returns in float32 from float64 parameters, of a small quadratic."""
    A = rng.standard_normal((4, 4))
    A = A @ A.T + np.eye(4)
    b = rng.standard_normal(4)
    return lambda x: np.float32(0.5 * x @ A @ x - b @ x), lambda x: A @ x - b, rng.standard_normal(4)


HOSTILE: list[Callable[[Rng], Question]] = [
    prelu_at_zero, max_pool_plateau, clipped_log, nested_tuple, rate_of_decay, cancelled, root_find, eigenvalue,
    huge_batch_sum, half_angle, sparse_rows, elastic_at_solution, log_of_underflow, rounded_output,
]  # fmt: skip
