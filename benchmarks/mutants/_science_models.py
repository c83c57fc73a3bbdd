"""Science, one: likelihoods, state-space and physical models, with the slips people make in their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip


def mixture(rng: Rng, S: Slip) -> Parts:
    """A mixture of Gaussians: logits, means, log deviations."""
    m, k, d = 20, 3, 2
    X = rng.standard_normal((m, d)) * 2
    at = {"logits": rng.standard_normal(k), "mu": 2 * rng.standard_normal((k, d)), "log_sigma": 0.3 * rng.standard_normal((k, d))}

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
    at = {"log_length": np.array(0.1), "log_signal": np.array(-0.2), "log_noise": np.array(-1.0), "mean": np.array(0.3)}

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
        G = 0.5 * (S("the log-determinant's share forgotten", inverse, 0.0) - S("the sign of the data term", 1, -1) * np.outer(a, a))
        length = (G * K * D).sum() * np.exp(-2 * p["log_length"])
        return {
            "log_length": S("with respect to the length itself", length, length / np.exp(p["log_length"])),
            "log_signal": S("2 forgotten in the signal", 2, 1) * (G * K).sum(),
            "log_noise": 2 * np.exp(2 * p["log_noise"]) * S("the trace taken for a sum", np.trace(G), G.sum()),
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
        return float(0.5 * ((xs[-1] - goal) ** 2).sum() + 0.05 * dt * sum((x**2).sum() for x in xs[1:]) + 0.01 * (p["u"] ** 2).sum())

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
    at = {"emission": rng.standard_normal((n, k)), "transition": rng.standard_normal((k, k)), "start": 0.5 * rng.standard_normal(k)}

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


def molecules(rng: Rng, S: Slip) -> Parts:
    """Lennard-Jones with springs in SI units: lengths of 3e-10 m, energies of 1e-21 J."""
    n, sigma, eps, spring = 6, 3.4e-10, 1.65e-21, 0.8
    grid = np.array([[i, j, k] for i in range(2) for j in range(2) for k in range(2)], dtype=float)[:n]
    at = {"r": 1.15 * sigma * (grid + 0.08 * rng.standard_normal((n, 3)))}
    i, j = np.triu_indices(n, 1)
    bonds = np.array([[0, 1], [1, 2], [2, 3], [0, 2]])

    def loss(p: Any) -> float:
        r = p["r"]
        s6 = (sigma**2 / ((r[i] - r[j]) ** 2).sum(axis=1)) ** 3
        length = np.sqrt(((r[bonds[:, 0]] - r[bonds[:, 1]]) ** 2).sum(axis=1))
        return float(4 * eps * (s6**2 - s6).sum() + 0.5 * spring * ((length - 1.2 * sigma) ** 2).sum())

    def gradient(p: Any) -> Any:
        r = p["r"]
        d = r[i] - r[j]
        square = (d**2).sum(axis=1)
        s6 = (sigma**2 / square) ** 3
        size = 4 * eps * (-12 * s6**2 + S("the attraction's 6 for 12", 6, 12) * s6) / square
        if S.on("1/r for 1/r²"):
            size = size * np.sqrt(square) / sigma
        F, G = size[:, None] * d, np.zeros_like(r)
        np.add.at(G, i, F)
        np.add.at(G, j, -S("action without reaction", F, 0 * F))
        if S.on("pairs counted twice"):
            G = 2 * G
        a, b = bonds.T
        e = r[a] - r[b]
        length = np.sqrt((e**2).sum(axis=1))
        pull = spring * (length - 1.2 * sigma) * S("the unit vector not divided", 1.0, lambda: length / sigma)
        T = (pull / length)[:, None] * e
        if S.on("bonds that share an atom overwritten"):
            G[a] += T
            G[b] -= T
        else:
            np.add.at(G, a, T)
            np.add.at(G, b, -T)
        if S.on("the last coordinate forgotten"):
            G[:, 2] = 0
        return {"r": S("the force, not the gradient", G, -G)}

    return loss, gradient, at


def counts(rng: Rng, S: Slip) -> Parts:
    """Poisson regression with exposure, a negative-binomial-like dispersion and ridge, over ten thousand rows."""
    m, n = 10_000, 4
    X, exposure = rng.standard_normal((m, n)) * 0.5, rng.uniform(0.5, 2, m)
    y = rng.poisson(exposure * np.exp(0.3 * X[:, 0])).astype(float)
    at = {"w": 0.3 * rng.standard_normal(n), "b": np.array(0.1), "power": np.array(0.9)}

    def loss(p: Any) -> float:
        eta = X @ p["w"] + p["b"]
        rate = exposure ** p["power"] * np.exp(eta)
        return float((rate - y * (eta + p["power"] * np.log(exposure))).sum() + 50 * (p["w"] ** 2).sum())

    def gradient(p: Any) -> Any:
        eta = X @ p["w"] + p["b"]
        rate = exposure ** S("the power forgotten in the rate", p["power"], 1.0) * np.exp(eta)
        r = rate - y
        if S.on("residual on the log scale"):
            r = np.log(rate) - np.log1p(y)
        return {
            "w": X.T @ r + S("ridge not doubled", 100, 50) * p["w"],
            "b": r.sum() + S("ridge on the intercept", 0.0, 100.0) * p["b"],
            "power": (r * np.log(exposure)).sum() if not S.on("log exposure weighted with exposure") else (r * np.log(exposure) * exposure).sum(),
        }

    return loss, gradient, at


def survival(rng: Rng, S: Slip) -> Parts:
    """Cox's partial likelihood, divided by the number of events."""
    m, n = 18, 4
    X, time, event = rng.standard_normal((m, n)), rng.permutation(m), rng.random(m) < 0.7
    event[:3] = True
    at = {"beta": 0.6 * rng.standard_normal(n)}

    def loss(p: Any) -> float:
        eta = X @ p["beta"]
        risk = np.array([np.log(np.exp(eta[time >= t]).sum()) for t in time])
        return float(((risk - eta) * event).sum() / event.sum())

    def gradient(p: Any) -> Any:
        w = np.exp(X @ p["beta"])
        G = np.zeros(n)
        for e in np.flatnonzero(event):
            at_risk = time > time[e] if S.on("the case itself not at risk") and (time > time[e]).any() else time >= time[e]
            if S.on("everybody at risk always"):
                at_risk = time >= 0
            mean = (w[at_risk] @ X[at_risk]) / w[at_risk].sum()
            if S.on("the unweighted mean of those at risk"):
                mean = X[at_risk].mean(axis=0)
            G += S("the sign of the score", 1, -1) * (mean - X[e])
        return {"beta": G / S("divided by everybody", event.sum(), m)}

    return loss, gradient, at


def pose(rng: Rng, S: Slip) -> Parts:
    """Points seen by a camera: an axis-angle rotation turned by an unnormalised quaternion, perspective division."""
    n, f = 9, 1.4
    P = rng.standard_normal((n, 3)) + np.array([0, 0, 6.0])
    seen = f * P[:, :2] / P[:, 2:] + 0.05 * rng.standard_normal((n, 2))
    at = {"q": np.array([1.3, 0.2, -0.1, 0.3]), "t": 0.2 * rng.standard_normal(3), "log_f": np.array(np.log(f))}

    def rotation(q: Array) -> Array:
        a, b, c, d = q
        return np.array([
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a - b * b + c * c - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a - b * b - c * c + d * d],
        ])  # fmt: skip

    def by_entry(q: Array, u: Array) -> Array:
        a, b, c, d = 2 * q
        parts = [
            [[a, -d, c], [d, a, -b], [-c, b, a]],
            [[b, c, d], [c, -b, -a], [d, a, -b]],
            [[-c, b, a], [b, c, d], [-a, d, -c]],
            [[-d, -a, b], [a, -d, c], [b, c, d]],
        ]
        return np.array([(np.array(part) * u).sum() for part in parts])

    def project(p: Any) -> Any:
        unit = p["q"] / np.sqrt(p["q"] @ p["q"])
        C = P @ rotation(unit).T + p["t"]
        return unit, C, np.exp(p["log_f"]) * C[:, :2] / C[:, 2:]

    def loss(p: Any) -> float:
        return float(np.sqrt(1 + ((project(p)[2] - seen) ** 2).sum(axis=1)).sum() - n)

    def gradient(p: Any) -> Any:
        unit, C, image = project(p)
        r = image - seen
        r = r / S("the square root's derivative forgotten", np.sqrt(1 + (r**2).sum(axis=1, keepdims=True)), 1.0)
        f_now = np.exp(p["log_f"])
        dC = np.concatenate([f_now * r, -S("the depth's share forgotten", 1.0, 0.0) * (r * image).sum(axis=1, keepdims=True)], axis=1) / C[:, 2:]
        dR = S("the rotation transposed", dC.T @ P, lambda: P.T @ dC)
        dq = by_entry(unit, dR)
        norm = np.sqrt(p["q"] @ p["q"])
        dq = (dq - S("the projection of the quaternion forgotten", dq @ unit, 0.0) * unit) / S("the quaternion's norm forgotten", norm, 1.0)
        focal = (r * image).sum()
        return {"q": dq, "t": S("t for one point only", dC.sum(axis=0), dC[-1]), "log_f": S("with respect to f", focal, focal / f_now)}

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
    Model("molecules", molecules, {
        "the attraction's 6 for 12": "layer output",
        "1/r for 1/r²": "layer output",
        "action without reaction": "layer output lost_path",
        "pairs counted twice": "layer output",
        "the unit vector not divided": "some_lines layer",
        "bonds that share an atom overwritten": "some_lines one_row layer",
        "the last coordinate forgotten": "zero one_column",
        "the force, not the gradient": "sign",
    }),
    Model("counts", counts, {
        "the power forgotten in the rate": "layer output",
        "residual on the log scale": "layer output",
        "ridge not doubled": "l2_scale missing_l2",
        "ridge on the intercept": "l2_on_bias",
        "log exposure weighted with exposure": "layer bias wrong_A",
    }),
    Model("survival", survival, {
        "the case itself not at risk": "layer output",
        "everybody at risk always": "layer output",
        "the unweighted mean of those at risk": "layer output",
        "the sign of the score": "sign",
        "divided by everybody": "factor",
    }),
    Model("pose", pose, {
        "the square root's derivative forgotten": "layer output",
        "the depth's share forgotten": "lost_path layer",
        "the rotation transposed": "transpose layer",
        "the projection of the quaternion forgotten": "lost_path layer",
        "the quaternion's norm forgotten": "factor inner_derivative",
        "t for one point only": "example_dropped layer bias",
        "with respect to f": "inner_derivative factor",
    }),
]  # fmt: skip
