"""Practice, two: losses over linear models and small nets. Examples are rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip


def signed_logistic(rng: Rng, S: Slip) -> Parts:
    """Logistic regression with labels -1 and 1, an L2 penalty, and an intercept without one."""
    m, n, lam = 25, 6, 0.3
    X, y = rng.standard_normal((m, n)), rng.choice([-1.0, 1.0], m)
    at = {"w": rng.standard_normal(n), "c": np.array(0.4)}

    def loss(p: Any) -> float:
        return np.logaddexp(0, -y * (X @ p["w"] + p["c"])).mean() + 0.5 * lam * p["w"] @ p["w"]

    def gradient(p: Any) -> Any:
        s = sigmoid(-y * (X @ p["w"] + p["c"]))
        if S.on("the sigmoid of the margin, not of minus the margin"):
            s = 1 - s
        d = -S("labels forgotten in the residual", y, 1.0) * s / m
        if S.on("residual of 0/1 labels with -1/1 labels"):
            d = (sigmoid(X @ p["w"] + p["c"]) - y) / m
        w = X.T @ d + S("penalty forgotten", lam, 0.0) * p["w"]
        if S.on("penalty with the factor 2"):
            w = X.T @ d + 2 * lam * p["w"]
        if S.on("penalty averaged over the examples"):
            w = X.T @ d + lam / m * p["w"]
        if S.on("L1 penalty for L2"):
            w = X.T @ d + lam * np.sign(p["w"])
        c = d.sum() + S("intercept penalised", 0.0, lam) * p["c"]
        return {"w": w, "c": S("intercept averaged again", c, c / m)}

    return loss, gradient, at


def support_vectors(rng: Rng, S: Slip) -> Parts:
    """Several hinges a class (Crammer and Singer), with a squared hinge besides."""
    m, n, k = 12, 4, 3
    X, y = rng.standard_normal((m, n)), rng.integers(0, k, m)
    at = {"W": 0.5 * rng.standard_normal((n, k)), "b": 0.1 * rng.standard_normal(k)}

    def margins(p: Any) -> Array:
        Z = X @ p["W"] + p["b"]
        M = np.maximum(0, Z - Z[np.arange(m), y][:, None] + 1)
        M[np.arange(m), y] = 0
        return M

    def loss(p: Any) -> float:
        M = margins(p)
        return float((M + 0.25 * M * M).sum() / m)

    def gradient(p: Any) -> Any:
        M = margins(p)
        D = (M > 0) * (1 + S("2 for 1/2 in the squared hinge", 0.5, 2.0) * M)
        if S.on("margins counted, not weighted"):
            D = (M > 0) * 1.0
        own = D.sum(axis=1)
        D[np.arange(m), y] -= S("the true class not subtracted", own, 0.0)
        if S.on("the true class once, not once a violation"):
            D[np.arange(m), y] = -1.0 * (own > 0)
        if S.on("the last example left out"):
            D[-1] = 0
        D = D / S("divided by the number of classes", m, k)
        return {"W": X.T @ D, "b": S("b summed over the classes", D.sum(axis=0), np.resize(D.sum(axis=1), k))}

    return loss, gradient, at


def robust(rng: Rng, S: Slip) -> Parts:
    """Huber and quantile losses of a regression with a learnt scale, exp(s)."""
    m, n = 30, 5
    X, y = rng.standard_normal((m, n)), 2 * rng.standard_normal(m)
    at = {"w": rng.standard_normal(n), "s": np.array(0.3)}

    def loss(p: Any) -> float:
        r = (X @ p["w"] - y) / np.exp(p["s"])
        a = np.abs(r)
        return float(
            np.where(a <= 1, 0.5 * r * r, a - 0.5).sum()
            + np.where(r > 0, 0.3 * r, -0.7 * r).sum()
            + m * p["s"]
        )

    def gradient(p: Any) -> Any:
        scale = np.exp(p["s"])
        r = (X @ p["w"] - y) / scale
        h = np.where(np.abs(r) <= 1, r, S("the linear branch grows on", np.sign(r), r))
        if S.on("the border of the branches at 1/2"):
            h = np.where(np.abs(r) <= 0.5, r, np.sign(r))
        q = np.where(r > 0, 0.3, S("one quantile's sign", -0.7, 0.7))
        if S.on("the quantiles exchanged"):
            q = np.where(r > 0, 0.7, -0.3)
        d = h + q
        w = X.T @ d / S("the scale forgotten in dw", scale, 1.0)
        s = S("the inner derivative of exp(s) forgotten", -(d * r).sum(), lambda: -(d * r).sum() / scale) + S(
            "the log-scale term forgotten", m, 0
        )
        return {"w": w, "s": s}

    return loss, gradient, at


def focal(rng: Rng, S: Slip) -> Parts:
    """Focal loss, gamma = 2, class weights, of a linear classifier over softmax, logits by a temperature."""
    m, n, k, g = 10, 4, 3, 2.0
    X, y = rng.standard_normal((m, n)), rng.integers(0, k, m)
    weights = np.array([0.5, 1.0, 2.5])
    at = {"W": rng.standard_normal((n, k)), "b": 0.2 * rng.standard_normal(k), "tau": np.array([0.8])}

    def probabilities(p: Any) -> Array:
        return softmax((X @ p["W"] + p["b"]) / p["tau"])

    def loss(p: Any) -> float:
        q = probabilities(p)[np.arange(m), y]
        return float((weights[y] * -((1 - q) ** g) * np.log(q)).mean())

    def gradient(p: Any) -> Any:
        P = probabilities(p)
        q = P[np.arange(m), y]
        inner = g * q * (1 - q) ** (g - 1) * np.log(q) - (1 - q) ** g
        if S.on("the focal factor taken for a constant"):
            inner = -((1 - q) ** g)
        if S.on("the focal factor's log term with the wrong sign"):
            inner = -g * q * (1 - q) ** (g - 1) * np.log(q) - (1 - q) ** g
        D = inner[:, None] * (np.eye(k)[y] - P)
        if S.on("the softmax's diagonal only"):
            D = inner[:, None] * np.eye(k)[y] * (1 - P)
        D = (
            D * S("class weights forgotten", weights[y], 1.0)[:, None]
            if not S.on("class weights forgotten")
            else D
        )
        D = D / m
        if S.on("normalised by the sum of the weights"):
            D = D * m / weights[y].sum()
        Z = X @ p["W"] + p["b"]
        return {
            "W": X.T @ D / S("temperature forgotten in dW", p["tau"], 1.0),
            "b": D.sum(axis=0) / p["tau"],
            "tau": np.array([-(D * Z).sum()]) / p["tau"] ** S("tau for tau squared", 2, 1),
        }

    return loss, gradient, at


def smoothing(rng: Rng, S: Slip) -> Parts:
    """Label smoothing and an entropy bonus over a two-layer net with an input scale, summed over many examples."""
    m, n, h, k, eps = 14, 5, 4, 3, 0.1
    X, y = rng.standard_normal((m, n)), rng.integers(0, k, m)
    Y = (1 - eps) * np.eye(k)[y] + eps / k
    at = {
        "W1": rng.standard_normal((n, h)),
        "b1": rng.standard_normal(h),
        "W2": rng.standard_normal((h, k)),
        "b2": np.zeros(k),
    }

    def forward(p: Any) -> Any:
        A = np.tanh(X @ p["W1"] + p["b1"])
        return A, softmax(A @ p["W2"] + p["b2"])

    def loss(p: Any) -> float:
        P = forward(p)[1]
        return float(-(Y * np.log(P)).sum() + 0.2 * (P * np.log(P)).sum())

    def gradient(p: Any) -> Any:
        A, P = forward(p)
        D = P - S("hard labels in the backward pass", Y, np.eye(k)[y])
        if S.on("smoothing over the wrong classes only"):
            D = P - np.where(np.eye(k)[y] > 0, 1 - eps, eps / (k - 1))
        own = np.log(P) + 1
        mean = (P * own).sum(axis=1, keepdims=True)
        D = D + 0.2 * S(
            "the entropy bonus forgotten", P * (own - S("the entropy's mean forgotten", mean, 0.0)), 0.0
        )
        D = D * S("the sum taken for a mean", 1.0, 1 / m)
        dA = D @ p["W2"].T
        dZ = dA * S("tanh' of Z's tanh twice", 1 - A * A, lambda: 1 - np.tanh(A) ** 2)
        return {
            "W1": X.T @ dZ,
            "b1": S("b1 from dA", dZ, dA).sum(axis=0),
            "W2": A.T @ S("dW2 with the labels' D rolled", D, np.roll(D, 1, axis=0)),
            "b2": D.sum(axis=0),
        }

    return loss, gradient, at


LOSSES = [
    Model("signed logistic", signed_logistic, {
        "the sigmoid of the margin, not of minus the margin": "output layer",
        "labels forgotten in the residual": "missing_label output layer",
        "residual of 0/1 labels with -1/1 labels": "output layer",
        "penalty forgotten": "missing_l2",
        "penalty with the factor 2": "doubled_l2",
        "penalty averaged over the examples": "l2_scale",
        "L1 penalty for L2": "wrong_penalty",
        "intercept penalised": "l2_on_bias",
        "intercept averaged again": "extra_mean factor",
    }),
    Model("support vectors", support_vectors, {
        "2 for 1/2 in the squared hinge": "output layer",
        "margins counted, not weighted": "output layer",
        "the true class not subtracted": "output layer lost_path",
        "the true class once, not once a violation": "output layer",
        "the last example left out": "example_dropped layer output",
        "divided by the number of classes": "factor missing_mean",
        "b summed over the classes": "wrong_axis bias zero",
    }),
    Model("robust", robust, {
        "the linear branch grows on": "output layer",
        "the border of the branches at 1/2": "output layer",
        "one quantile's sign": "output layer",
        "the quantiles exchanged": "output layer",
        "the scale forgotten in dw": "inner_derivative",
        "the inner derivative of exp(s) forgotten": "inner_derivative layer",
        "the log-scale term forgotten": "offset layer",
    }),
    Model("focal", focal, {
        "the focal factor taken for a constant": "output layer",
        "the focal factor's log term with the wrong sign": "output layer",
        "the softmax's diagonal only": "softmax_diagonal output layer",
        "class weights forgotten": "example_weights layer output",
        "normalised by the sum of the weights": "factor",
        "temperature forgotten in dW": "factor inner_derivative",
        "tau for tau squared": "factor inner_derivative",
    }),
    Model("smoothing", smoothing, {
        "hard labels in the backward pass": "output layer",
        "smoothing over the wrong classes only": "output layer",
        "the entropy bonus forgotten": "output layer lost_path",
        "the entropy's mean forgotten": "output softmax_diagonal layer lost_path",
        "the sum taken for a mean": "extra_mean factor",
        "tanh' of Z's tanh twice": "gprime_at_A layer",
        "b1 from dA": "bias missing_gprime",
        "dW2 with the labels' D rolled": "example_rolled wrong_A layer",
    }),
]  # fmt: skip
