"""Science, one: likelihoods and state-space models, with the slips people make in their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, softmax
from _slips import Model, Parts, Slip


def mixture(rng: Rng, S: Slip) -> Parts:
    """A mixture of Gaussians: logits, means, log deviations."""
    m, k, d = 20, 3, 2
    X = rng.standard_normal((m, d)) * 2
    at = {
        "logits": rng.standard_normal(k),
        "mu": 2 * rng.standard_normal((k, d)),
        "log_sigma": 0.3 * rng.standard_normal((k, d)),
    }

    def joint(p: Any) -> Array:
        z = (X[:, None] - p["mu"]) / np.exp(p["log_sigma"])
        return np.log(softmax(p["logits"])) - p["log_sigma"].sum(axis=1) - 0.5 * (z**2).sum(axis=2)

    def loss(p: Any) -> float:
        J = joint(p)
        top = J.max(axis=1, keepdims=True)
        return -float((np.log(np.exp(J - top).sum(axis=1)) + top[:, 0]).mean())

    def gradient(p: Any) -> Any:
        sigma = np.exp(p["log_sigma"])
        z = (X[:, None] - p["mu"]) / sigma
        R = softmax(joint(p), axis=S("responsibilities over the points", 1, 0)) / m
        if S.on("hard responsibilities"):
            R = (joint(p) == joint(p).max(axis=1, keepdims=True)) / m
        mu = -(R[:, :, None] * z / S("sigma squared for sigma", sigma, sigma**2)).sum(axis=0)
        extra = S("the log-determinant forgotten", 1.0, 0.0)
        log_sigma = -(R[:, :, None] * (S("z for z squared", z**2, z) - extra)).sum(axis=0)
        logits = softmax(p["logits"]) * S("counts for fractions", 1.0, m) - R.sum(axis=0)
        if S.on("the gradient with respect to sigma"):
            log_sigma = log_sigma / sigma
        return {"logits": logits, "mu": mu, "log_sigma": log_sigma}

    return loss, gradient, at


def gaussian_process(rng: Rng, S: Slip) -> Parts:
    """The marginal likelihood of a Gaussian process, by the logarithms of its hyperparameters."""
    m = 12
    x = np.sort(rng.uniform(0, 4, m))
    y = np.sin(x) + 0.2 * rng.standard_normal(m)
    D = (x[:, None] - x) ** 2
    at = {
        "log_length": np.array(0.1),
        "log_signal": np.array(-0.2),
        "log_noise": np.array(-1.0),
        "mean": np.array(0.3),
    }

    def covariance(p: Any) -> tuple[Array, Array]:
        K = np.exp(2 * p["log_signal"] - 0.5 * D * np.exp(-2 * p["log_length"]))
        return K, K + np.exp(2 * p["log_noise"]) * np.eye(m)

    def loss(p: Any) -> float:
        _, C = covariance(p)
        r = y - p["mean"]
        return float(0.5 * r @ np.linalg.solve(C, r) + 0.5 * np.linalg.slogdet(C)[1])

    def gradient(p: Any) -> Any:
        K, C = covariance(p)
        r = y - p["mean"]
        inverse = np.linalg.inv(C)
        a = inverse @ r
        G = 0.5 * (
            S("the log-determinant's share forgotten", inverse, 0.0)
            - S("the sign of the data term", 1, -1) * np.outer(a, a)
        )
        length = (G * K * D).sum() * np.exp(-2 * p["log_length"])
        return {
            "log_length": S("with respect to the length itself", length, length / np.exp(p["log_length"])),
            "log_signal": S("2 forgotten in the signal", 2, 1) * (G * K).sum(),
            "log_noise": 2
            * np.exp(2 * p["log_noise"])
            * S("the trace taken for a sum", np.trace(G), G.sum()),
            "mean": S("the mean's sign", -a.sum(), a.sum()),
        }

    return loss, gradient, at


def rollout(rng: Rng, S: Slip) -> Parts:
    """A Runge-Kutta rollout of a controlled oscillator, the adjoint by hand."""
    T, dt = 8, 0.15
    x0, goal = np.array([1.0, -0.4]), np.array([0.2, 0.1])
    at = {"theta": np.array([1.4, 0.3, 0.6]), "u": 0.5 * rng.standard_normal(T)}

    def field(x: Array, u: Any, q: Array) -> Array:
        return np.array([x[1], -q[0] * np.sin(x[0]) - q[1] * x[1] + q[2] * u])

    def jacobians(x: Array, u: Any, q: Array) -> tuple[Array, Array, Array]:
        A = np.array([[0, 1], [-q[0] * np.cos(x[0]), -q[1]]])
        return A, np.array([0, q[2]]), np.array([[0, 0, 0], [-np.sin(x[0]), -x[1], u]])

    def states(p: Any) -> list[Array]:
        xs = [x0]
        for t in range(T):
            half = xs[-1] + 0.5 * dt * field(xs[-1], p["u"][t], p["theta"])
            xs.append(xs[-1] + dt * field(half, p["u"][t], p["theta"]))
        return xs

    def loss(p: Any) -> float:
        xs = states(p)
        return float(
            0.5 * ((xs[-1] - goal) ** 2).sum()
            + 0.05 * dt * sum((x**2).sum() for x in xs[1:])
            + 0.01 * (p["u"] ** 2).sum()
        )

    def gradient(p: Any) -> Any:
        xs, q = states(p), p["theta"]
        lam = xs[-1] - goal
        du, dq = 0.02 * p["u"] if not S.on("the control's own cost forgotten") else 0 * p["u"], np.zeros(3)
        for t in reversed(range(S("the first step left out", 0, 1), T)):
            lam = lam + S("the running cost forgotten", 0.1, 0.0) * dt * xs[t + 1]
            x, u = xs[t], p["u"][t]
            half = x + 0.5 * dt * field(x, u, q)
            A2, B2, Q2 = jacobians(S("the Jacobian at the full step", half, xs[t]), u, q)
            A1, B1, Q1 = jacobians(x, u, q)
            back = dt * A2.T @ lam
            du[t] += dt * B2 @ lam + S("the half step's control forgotten", 0.5, 0.0) * dt * B1 @ back
            dq += dt * Q2.T @ lam + 0.5 * dt * Q1.T @ back
            lam = lam + back + 0.5 * dt * S("the Jacobian not transposed", A1.T, A1) @ back
            if S.on("the adjoint stepped by Euler"):
                lam = lam - 0.5 * dt * A1.T @ back
        if S.on("the controls shifted by one"):
            du = np.roll(du, 1)
        return {"theta": dq, "u": S("dt missing in du", du, lambda: du / dt)}

    return loss, gradient, at


def hidden_markov(rng: Rng, S: Slip) -> Parts:
    """A linear-chain CRF: the log-partition by the forward recursion, its gradient by forward-backward."""
    T, k, n = 6, 3, 4
    X, y = rng.standard_normal((T, n)), rng.integers(0, k, T)
    at = {
        "emission": rng.standard_normal((n, k)),
        "transition": rng.standard_normal((k, k)),
        "start": 0.5 * rng.standard_normal(k),
    }

    def lse(Z: Array, axis: int) -> Array:
        top = Z.max(axis=axis, keepdims=True)
        return np.squeeze(np.log(np.exp(Z - top).sum(axis=axis, keepdims=True)) + top, axis=axis)

    def forward(p: Any) -> Array:
        F = X @ p["emission"]
        rows = [p["start"] + F[0]]
        for t in range(1, T):
            rows.append(F[t] + lse(rows[-1][:, None] + p["transition"], 0))
        return np.stack(rows)

    def loss(p: Any) -> float:
        F = X @ p["emission"]
        own = p["start"][y[0]] + F[np.arange(T), y].sum() + p["transition"][y[:-1], y[1:]].sum()
        return float(lse(forward(p)[-1], 0) - own)

    def gradient(p: Any) -> Any:
        F, alpha = X @ p["emission"], forward(p)
        beta = np.zeros((T, k))
        for t in reversed(range(T - 1)):
            inner = p["transition"] + F[t + 1] + beta[t + 1]
            beta[t] = lse(inner, S("the backward sum over the wrong state", 1, 0))
        logZ = lse(alpha[-1], 0)
        P = np.exp(alpha + S("the backward message forgotten", beta, 0.0) - logZ)
        if S.on("the marginals normalised over time"):
            P = P / P.sum(axis=0)
        E, G = P.copy(), np.zeros((k, k))
        E[np.arange(T), y] -= 1
        for t in range(T - S("the last transition left out", 1, 2)):
            pair = alpha[t][:, None] + p["transition"] + (F + beta)[t + 1] - logZ
            G += np.exp(pair)
            if S.on("a repeated transition counted once"):
                continue
            G[y[t], y[t + 1]] -= 1
        if S.on("a repeated transition counted once"):
            G[y[:-1], y[1:]] -= 1
        start = P[0].copy()
        start[y[0]] -= S("the label forgotten in start", 1, 0)
        return {"emission": X.T @ E, "transition": S("from and to exchanged", G, G.T), "start": start}

    return loss, gradient, at


LIKELIHOODS = [
    Model("mixture", mixture, {
        "responsibilities over the points": "wrong_axis output layer",
        "hard responsibilities": "output layer",
        "sigma squared for sigma": "inner_derivative",
        "the log-determinant forgotten": "line_factors lost_path offset layer",
        "z for z squared": "layer output",
        "counts for fractions": "lost_path factor layer bias",
        "the gradient with respect to sigma": "inner_derivative",
    }),
    Model("gaussian process", gaussian_process, {
        "the log-determinant's share forgotten": "lost_path layer output",
        "the sign of the data term": "sign layer output",
        "with respect to the length itself": "inner_derivative factor",
        "2 forgotten in the signal": "factor",
        "the trace taken for a sum": "wrong_axis layer",
        "the mean's sign": "sign",
    }),
    Model("rollout", rollout, {
        "the control's own cost forgotten": "missing_l2",
        "the first step left out": "one_entry lost_path layer",
        "the running cost forgotten": "lost_path output layer",
        "the Jacobian at the full step": "layer output",
        "the half step's control forgotten": "lost_path layer",
        "the Jacobian not transposed": "transpose layer",
        "the adjoint stepped by Euler": "lost_path layer",
        "the controls shifted by one": "permuted",
        "dt missing in du": "factor",
    }),
    Model("hidden Markov", hidden_markov, {
        "the backward sum over the wrong state": "wrong_axis layer",
        "the backward message forgotten": "lost_path layer",
        "the marginals normalised over time": "wrong_axis layer",
        "the last transition left out": "lost_path layer one_entry",
        "a repeated transition counted once": "some_entries one_entry layer",
        "the label forgotten in start": "one_entry missing_label offset",
        "from and to exchanged": "transpose",
    }),
]  # fmt: skip
