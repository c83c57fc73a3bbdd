"""Science, four: words, graphs, rankings, sparse codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from _practice_cells import Rng, sigmoid
from _slips import Model, Parts, Slip


def words(rng: Rng, S: Slip) -> Parts:
    """Word vectors by negative sampling, with repeated words in the batch."""
    v, d, m, k = 8, 3, 10, 3
    centre, context, negative = rng.integers(0, v, m), rng.integers(0, v, m), rng.integers(0, v, (m, k))
    at = {"inner": rng.standard_normal((v, d)), "outer": rng.standard_normal((v, d))}

    def loss(p: Any) -> float:
        a, b, c = p["inner"][centre], p["outer"][context], p["outer"][negative]
        return float(
            (
                np.logaddexp(0, -(a * b).sum(axis=1)).sum()
                + np.logaddexp(0, np.einsum("md,mkd->mk", a, c)).sum()
            )
            / m
        )

    def gradient(p: Any) -> Any:
        a, b, c = p["inner"][centre], p["outer"][context], p["outer"][negative]
        s = (sigmoid((a * b).sum(axis=1)) - 1) / m
        t = sigmoid(np.einsum("md,mkd->mk", a, c)) / m
        t = t * S("negatives averaged", 1.0, 1 / k)
        da = s[:, None] * b + S("the negatives' share of the centre forgotten", 1.0, 0.0) * np.einsum(
            "mk,mkd->md", t, c
        )
        I, O = np.zeros_like(p["inner"]), np.zeros_like(p["outer"])
        if S.on("repeated centres overwritten"):
            I[centre] = da
        else:
            np.add.at(I, centre, da)
        np.add.at(O, context, s[:, None] * a)
        if S.on("repeated negatives overwritten"):
            O[negative] += t[:, :, None] * a[:, None]
        else:
            np.add.at(O, negative, t[:, :, None] * a[:, None])
        if S.on("inner and outer exchanged"):
            I, O = O, I
        return {"inner": I, "outer": S("the sign of outer", O, -O)}

    return loss, gradient, at


def graph(rng: Rng, S: Slip) -> Parts:
    """Two graph convolutions with a normalised adjacency, dropout with a fixed mask, and a link predictor."""
    n, f, h = 7, 3, 4
    X = rng.standard_normal((n, f))
    links = (rng.random((n, n)) < 0.35).astype(float)
    links[np.arange(n), np.arange(n)] = 1
    A = links / links.sum(axis=1, keepdims=True)
    mask, y = (rng.random((n, h)) < 0.7) / 0.7, rng.integers(0, 2, n).astype(float)
    at = {
        "W1": rng.standard_normal((f, h)),
        "W2": rng.standard_normal((h, 2)),
        "Q": rng.standard_normal((2, 2)),
        "a": np.array(0.3),
    }

    def forward(p: Any) -> Any:
        Z = A @ X @ p["W1"]
        H = np.where(Z > 0, Z, p["a"] * (np.exp(np.minimum(Z, 0)) - 1)) * mask
        U = A @ H @ p["W2"]
        return Z, H, U, (U @ p["Q"] * U).sum(axis=1)

    def loss(p: Any) -> float:
        o = forward(p)[-1]
        return float((np.logaddexp(0, o) - y * o).mean())

    def gradient(p: Any) -> Any:
        Z, H, U, o = forward(p)
        d = ((sigmoid(o) - y) / n)[:, None]
        dU = d * (U @ p["Q"].T + S("the bilinear form's other half forgotten", U @ p["Q"], 0.0))
        if S.on("2 Q u, as if Q were symmetric"):
            dU = 2 * d * (U @ p["Q"].T)
        dH = S("A for its transpose", A.T, A) @ dU @ p["W2"].T
        dZ = (
            dH
            * S("dropout forgotten on the way back", mask, 1.0)
            * np.where(Z > 0, 1, S("ELU's slope without its a", p["a"], 1.0) * np.exp(np.minimum(Z, 0)))
        )
        negative = np.where(Z > 0, 0, np.exp(np.minimum(Z, 0)) - S("ELU's -1 forgotten in da", 1, 0))
        return {
            "W1": (S("the neighbours forgotten in dW1", A @ X, X)).T @ dZ,
            "W2": (A @ H).T @ dU,
            "Q": U.T @ (d * U)
            if not S.on("Q's off-diagonal halved")
            else (U.T @ (d * U)) * (0.5 + 0.5 * np.eye(2)),
            "a": (dH * mask * negative).sum(),
        }

    return loss, gradient, at


def ranking(rng: Rng, S: Slip) -> Parts:
    """Pairwise logistic ranking by a network of radial functions with learnt centres and widths."""
    m, n, k = 9, 2, 4
    X, grade = rng.standard_normal((m, n)), rng.integers(0, 3, m)
    i, j = np.nonzero(grade[:, None] > grade)
    at = {
        "centre": rng.standard_normal((k, n)),
        "log_width": 0.2 * rng.standard_normal(k),
        "w": rng.standard_normal(k),
    }

    def parts(p: Any) -> Any:
        D = X[:, None] - p["centre"]
        R = (D**2).sum(axis=2)
        Phi = np.exp(-R * np.exp(-2 * p["log_width"]))
        return D, R, Phi, Phi @ p["w"]

    def loss(p: Any) -> float:
        s = parts(p)[-1]
        return float(np.logaddexp(0, s[j] - s[i]).sum() / len(i))

    def gradient(p: Any) -> Any:
        D, R, Phi, s = parts(p)
        g = sigmoid(s[j] - s[i]) / S("not divided by the pairs", len(i), 1)
        ds = np.zeros(m)
        np.add.at(ds, j, g)
        np.add.at(ds, i, -S("the winner's share forgotten", g, 0 * g))
        if S.on("an item in several pairs counted once"):
            ds = np.zeros(m)
            ds[j] += g
            ds[i] -= g
        dPhi = ds[:, None] * p["w"] * Phi
        inverse = np.exp(-S("width for width squared", 2, 1) * p["log_width"])
        centre = 2 * (dPhi[:, :, None] * D).sum(axis=0) * inverse[:, None]
        return {
            "centre": S("the centres pushed, not pulled", centre, -centre),
            "log_width": 2
            * (dPhi * R).sum(axis=0)
            * (inverse if not S.on("with respect to the width") else inverse * np.exp(-p["log_width"])),
            "w": Phi.T @ S("dw from the scores", ds, s),
        }

    return loss, gradient, at


def sparse(rng: Rng, S: Slip) -> Parts:
    """Sparse coding: L1, a group lasso, a log barrier, and a quadratic form of a covariance by its Cholesky factor."""
    n, k = 5, 4
    D, x = rng.standard_normal((n, k)), rng.standard_normal(n)
    at = {
        "z": rng.standard_normal(k),
        "G": rng.standard_normal((3, 2)),
        "L": np.tril(rng.standard_normal((n, n))) + 2 * np.eye(n),
        "w": rng.uniform(0.1, 0.6, 4),
    }

    def loss(p: Any) -> float:
        L = np.tril(p["L"])
        r = np.linalg.solve(L, x - D @ p["z"])
        group = np.sqrt((p["G"] ** 2).sum(axis=1)).sum() + 0.5 * ((p["G"] - 1) ** 2).sum()
        return float(
            0.5 * r @ r
            + np.log(np.abs(np.diag(L))).sum()
            + 0.3 * np.abs(p["z"]).sum()
            + group
            - 0.1 * np.log(p["w"]).sum()
            + (p["w"].sum() - 1) ** 2
        )

    def gradient(p: Any) -> Any:
        L = np.tril(p["L"])
        r = np.linalg.solve(L, x - D @ p["z"])
        a = np.linalg.solve(L.T, r)
        if S.on("L for its transpose in the solve"):
            a = np.linalg.solve(L, r)
        z = -D.T @ a + 0.3 * S("L1 taken for L2", np.sign(p["z"]), p["z"])
        if S.on("soft threshold's sign"):
            z = -D.T @ a - 0.3 * np.sign(p["z"])
        dL = -np.outer(a, r) + np.diag(S("the log-determinant forgotten", 1.0, 0.0) / np.diag(L))
        norm = np.sqrt((p["G"] ** 2).sum(axis=1, keepdims=True))
        G = p["G"] / S("the group's norm forgotten", norm, 1.0) + p["G"] - 1
        if S.on("each entry for itself"):
            G = np.sign(p["G"]) + p["G"] - 1
        w = -S("the barrier's sign", 0.1, -0.1) / p["w"] + S("2 of the square forgotten", 2, 1) * (
            p["w"].sum() - 1
        )
        return {
            "z": z,
            "G": G,
            "L": S("the upper triangle too", np.tril(dL), dL),
            "w": S("the constraint for one weight each", w, lambda: -0.1 / p["w"] + 2 * (p["w"] - 0.25)),
        }

    return loss, gradient, at


GRAPHS = [
    Model("words", words, {
        "negatives averaged": "layer output",
        "the negatives' share of the centre forgotten": "lost_path layer",
        "repeated centres overwritten": "some_lines layer",
        "repeated negatives overwritten": "some_lines layer",
        "inner and outer exchanged": "exchanged",
        "the sign of outer": "sign",
    }),
    Model("graph", graph, {
        "the bilinear form's other half forgotten": "lost_path layer",
        "2 Q u, as if Q were symmetric": "transpose layer",
        "A for its transpose": "transpose layer",
        "dropout forgotten on the way back": "dropout layer",
        "ELU's slope without its a": "wrong_gprime layer",
        "ELU's -1 forgotten in da": "wrong_gprime layer bias",
        "the neighbours forgotten in dW1": "wrong_A layer",
        "Q's off-diagonal halved": "off_diagonal",
    }),
    Model("ranking", ranking, {
        "not divided by the pairs": "missing_mean",
        "the winner's share forgotten": "layer output lost_path",
        "an item in several pairs counted once": "layer output",
        "width for width squared": "layer line_factors inner_derivative",
        "the centres pushed, not pulled": "sign",
        "with respect to the width": "inner_derivative line_factors",
        "dw from the scores": "wrong_A layer",
    }),
    Model("sparse", sparse, {
        "L for its transpose in the solve": "transpose layer",
        "L1 taken for L2": "layer l2_scale",
        "soft threshold's sign": "layer sign",
        "the log-determinant forgotten": "some_entries off_diagonal layer",
        "the group's norm forgotten": "layer",
        "each entry for itself": "layer",
        "the barrier's sign": "layer sign",
        "2 of the square forgotten": "offset",
        "the upper triangle too": "off_diagonal some_entries layer",
        "the constraint for one weight each": "layer offset",
    }),
]  # fmt: skip
