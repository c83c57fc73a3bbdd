"""Applied, three: losses that engineers differentiate at uncomfortable points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from _hostile import Question, Rng


def pinball_at_data(rng: Rng) -> Question:
    """A median fit that passes exactly through one of its data."""
    x = np.array([-2.0, -1.0, 0.5, 1.5, 3.0]) * rng.choice([1e-6, 1.0, 1e6])
    return (
        lambda q: (np.maximum(0.3 * (x - q), -0.7 * (x - q))).sum(),
        lambda q: np.where(x > q, -0.3, 0.7).sum(keepdims=True) - 0.2 * (x == q).sum(),
        x[2:3].copy(),
    )


def top_k_pool(rng: Rng) -> Question:
    """The mean of the two largest of each row, two of them nearly equal to the third."""
    X = rng.standard_normal((4, 6))
    X[0, :3] = [3.0, 2.0, 2.0 - 1e-7]
    w = rng.standard_normal(4)

    def gradient(X: Any) -> Any:
        g = np.zeros((4, 6))
        np.put_along_axis(g, np.argsort(X, axis=1)[:, -2:], 0.5, axis=1)
        return w[:, None] * g

    return lambda X: w @ np.sort(X, axis=1)[:, -2:].mean(axis=1), gradient, X


def empty_groups(rng: Rng) -> Question:
    """Means of groups, one without members, and its offset that nothing depends on."""
    group, y = np.array([0, 0, 1, 3, 3, 3]), rng.standard_normal(6)

    def gradient(p: Any) -> Any:
        g = np.zeros(4)
        np.add.at(g, group, p["mean"][group] - y)
        return {"mean": g + 0.1 * np.exp(p["mean"]), "unused": np.zeros((2, 0)), "idle": np.zeros(3)}

    at = {"mean": rng.standard_normal(4), "unused": np.zeros((2, 0)), "idle": np.array([0.0, 1e-9, 1e9])}
    return lambda p: 0.5 * ((p["mean"][group] - y) ** 2).sum() + 0.1 * np.exp(p["mean"]).sum(), gradient, at


def saturated_gates(rng: Rng) -> Question:
    """Sigmoids and tanhs whose slopes run from 1e-40 to ordinary in one vector."""
    x = np.array([-90.0, -30.0, -10.0, 0.3, 9.0, 18.0]) + 0.1 * rng.standard_normal(6)
    w = rng.standard_normal(6)

    def gradient(x: Any) -> Any:
        e = np.exp(-np.abs(x))
        return w * e / (1 + e) ** 2

    def sigmoid(x: Any) -> Any:
        e = np.exp(-np.abs(x))
        return np.where(x < 0, e / (1 + e), 1 / (1 + e))

    return lambda x: w @ sigmoid(x), gradient, x


def stable_norm(rng: Rng) -> Question:
    """The norm of a tiny vector, sqrt(x'x + eps), far inside its rounding."""
    x = 1e-5 * rng.standard_normal(5)
    c = rng.standard_normal(5)
    return (
        lambda x: np.sqrt(x @ x + 1e-12) + c @ x,
        lambda x: x / np.sqrt(x @ x + 1e-12) + c,
        x,
    )


def big_plus_small(rng: Rng) -> Question:
    """A learnt intercept of a million beside slopes of a thousandth, in one sum of squares."""
    X = np.c_[np.ones(30), 1e3 * rng.standard_normal((30, 3))]
    t = X @ np.array([1e6, 1e-3, -2e-3, 3e-3]) + rng.standard_normal(30)
    w = np.array([1e6 + 0.5, 1.5e-3, -2e-3, 2e-3])
    return lambda w: 0.5 * ((X @ w - t) ** 2).mean(), lambda w: X.T @ (X @ w - t) / 30, w


def optimum(rng: Rng) -> Question:
    """At the minimum, where every slope is 0 but for rounding."""
    X, t = rng.standard_normal((20, 4)), rng.standard_normal(20)
    w = np.linalg.lstsq(X, t, rcond=None)[0]
    scale = float(rng.choice([1e-6, 1.0, 1e6]))
    return (
        lambda w: scale * (0.5 * ((X @ w - t) ** 2).sum() + 0.1 * w[0]),
        lambda w: scale * (X.T @ (X @ w - t) + np.array([0.1, 0, 0, 0])),
        w,
    )


def integer_inputs(rng: Rng) -> Question:
    """Pixels as bytes, standardised in float32 on the way in, parameters in float64."""
    P = rng.integers(0, 256, (12, 5)).astype(np.uint8)
    X = (P.astype(np.float32) - 128) / 64
    y = rng.integers(0, 2, 12)
    w = rng.standard_normal(5)

    def gradient(w: Any) -> Any:
        return X.T.astype(float) @ (1 / (1 + np.exp(-(X @ w))) - y) / 12

    return lambda w: (np.logaddexp(0, X @ w) - y * (X @ w)).mean(), gradient, w


def log_cosh(rng: Rng) -> Question:
    """log cosh by logaddexp, residuals from 1e-9 to 1e4."""
    r = np.array([1e-9, 1e-4, 0.3, 5.0, 40.0, 1e4]) * rng.choice([-1.0, 1.0], 6)
    return lambda r: (np.logaddexp(r, -r) - np.log(2)).sum(), np.tanh, r


def median_filter(rng: Rng) -> Question:
    """A sliding median of three over a signal with two equal neighbours, then squares."""
    x = rng.standard_normal(8)
    x[4] = x[3]
    y = rng.standard_normal(6)

    def windows(x: Any) -> Any:
        return np.lib.stride_tricks.sliding_window_view(x, 3)

    def gradient(x: Any) -> Any:
        V = windows(x)
        which = np.argsort(V, axis=1, kind="stable")[:, 1]
        g = np.zeros(8)
        np.add.at(g, np.arange(6) + which, np.median(V, axis=1) - y)
        return g

    return lambda x: 0.5 * ((np.median(windows(x), axis=1) - y) ** 2).sum(), gradient, x


def soft_threshold_net(rng: Rng) -> Question:
    """ISTA unrolled three times: shrinkage with a learnt threshold, started at 0."""
    A = rng.standard_normal((6, 4)) / 2
    y = rng.standard_normal(6)
    L = float(np.linalg.norm(A, 2) ** 2)

    def run(theta: Any) -> Any:
        z, kept = np.zeros(4), []
        for k in range(3):
            v = z - A.T @ (A @ z - y) / L
            kept.append(v)
            z = np.sign(v) * np.maximum(np.abs(v) - theta[k], 0)
        return z, kept

    def gradient(theta: Any) -> Any:
        z, kept = run(theta)
        dz, g = A.T @ (A @ z - y), np.zeros(3)
        for k in (2, 1, 0):
            on = np.abs(kept[k]) > theta[k]
            g[k] = -(dz * on * np.sign(kept[k])).sum()
            dv = dz * on
            dz = dv - A.T @ (A @ dv) / L
        return g

    return lambda t: 0.5 * ((A @ run(t)[0] - y) ** 2).sum(), gradient, np.array([0.05, 0.1, 0.02])


def float32_layer_norm(rng: Rng) -> Question:
    """A single-precision layer norm that upcasts nothing."""
    X = rng.standard_normal((5, 4)).astype(np.float32)
    Y = rng.standard_normal((5, 4)).astype(np.float32)
    W = rng.standard_normal((4, 4)).astype(np.float32)

    def forward(W: Any) -> Any:
        U = X @ W
        c = U - U.mean(axis=1, keepdims=True)
        r = 1 / np.sqrt((c * c).mean(axis=1, keepdims=True) + np.float32(1e-5))
        return c * r, r

    def gradient(W: Any) -> Any:
        h, r = forward(W)
        d = (h - Y) / np.float32(20)
        dU = r * (d - d.mean(axis=1, keepdims=True) - h * (d * h).mean(axis=1, keepdims=True))
        return X.T @ dU

    return lambda W: np.float32(0.5) * ((forward(W)[0] - Y) ** 2).mean(), gradient, W


def logdet_near_singular(rng: Rng) -> Question:
    """The log determinant of a covariance with one small eigenvalue, by its inverse."""
    B = rng.standard_normal((4, 4))
    Q = np.linalg.qr(B)[0]
    A = Q @ np.diag([3.0, 1.0, 0.5, 1e-4]) @ Q.T
    C = rng.standard_normal((4, 4))
    return (
        lambda A: np.linalg.slogdet(A)[1] + (C * A).sum(),
        lambda A: np.linalg.inv(A).T + C,
        A,
    )


def interpolated_table(rng: Rng) -> Question:
    """Linear interpolation in a table, some inputs a hair from a knot and some at it, values learnt."""
    x = np.array([0.0, 0.5, 1.0, 1.0 + 1e-9, 1.7, 3.0])
    t = rng.standard_normal(6)

    def forward(v: Any) -> Any:
        i = np.minimum(x.astype(int), 2)
        return i, x - i, (1 - (x - i)) * v[i] + (x - i) * v[i + 1]

    def gradient(v: Any) -> Any:
        i, f, out = forward(v)
        g, e = np.zeros(4), np.tanh(out - t)
        np.add.at(g, i, (1 - f) * e)
        np.add.at(g, i + 1, f * e)
        return g

    return lambda v: np.log(np.cosh(forward(v)[2] - t)).sum(), gradient, rng.standard_normal(4)


HOSTILE: list[Callable[[Rng], Question]] = [
    pinball_at_data, top_k_pool, empty_groups, saturated_gates, stable_norm, big_plus_small, optimum,
    integer_inputs, log_cosh, median_filter, soft_threshold_net, float32_layer_norm, logdet_near_singular,
    interpolated_table,
]  # fmt: skip
