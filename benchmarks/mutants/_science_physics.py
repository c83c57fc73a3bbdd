"""Science, two: molecules, counts of events, survival, poses of a camera."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng
from _slips import Model, Parts, Slip


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
            "power": (r * np.log(exposure)).sum()
            if not S.on("log exposure weighted with exposure")
            else (r * np.log(exposure) * exposure).sum(),
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
            at_risk = (
                time > time[e]
                if S.on("the case itself not at risk") and (time > time[e]).any()
                else time >= time[e]
            )
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
    at = {
        "q": np.array([1.3, 0.2, -0.1, 0.3]),
        "t": 0.2 * rng.standard_normal(3),
        "log_f": np.array(np.log(f)),
    }

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
        r = r / S(
            "the square root's derivative forgotten", np.sqrt(1 + (r**2).sum(axis=1, keepdims=True)), 1.0
        )
        f_now = np.exp(p["log_f"])
        dC = (
            np.concatenate(
                [
                    f_now * r,
                    -S("the depth's share forgotten", 1.0, 0.0) * (r * image).sum(axis=1, keepdims=True),
                ],
                axis=1,
            )
            / C[:, 2:]
        )
        dR = S("the rotation transposed", dC.T @ P, lambda: P.T @ dC)
        dq = by_entry(unit, dR)
        norm = np.sqrt(p["q"] @ p["q"])
        dq = (dq - S("the projection of the quaternion forgotten", dq @ unit, 0.0) * unit) / S(
            "the quaternion's norm forgotten", norm, 1.0
        )
        focal = (r * image).sum()
        return {
            "q": dq,
            "t": S("t for one point only", dC.sum(axis=0), dC[-1]),
            "log_f": S("with respect to f", focal, focal / f_now),
        }

    return loss, gradient, at


PHYSICS = [
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
