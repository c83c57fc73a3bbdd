"""Practice, three: embeddings, factorisations, shared and normalised weights. Examples are rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip


def triplet(rng: Rng, S: Slip) -> Parts:
    """Triplets and contrastive pairs among embeddings, with a cosine term."""
    n, d = 8, 3
    anchors, positives, negatives = rng.integers(0, n, (3, 12))
    at = {"E": rng.standard_normal((n, d))}
    keep = (anchors != positives) & (anchors != negatives) & (positives != negatives)
    a, p_, q_ = anchors[keep], positives[keep], negatives[keep]

    def parts(E: Array) -> Any:
        near, far = E[a] - E[p_], E[a] - E[q_]
        return near, far, (near**2).sum(axis=1) - (far**2).sum(axis=1) + 0.7

    def loss(p: Any) -> float:
        E = p["E"]
        u = E / np.sqrt((E**2).sum(axis=1, keepdims=True))
        return float(np.maximum(0, parts(E)[2]).sum() - (u[0] * u[1]).sum() - (u[2] * u[3]).sum())

    def gradient(p: Any) -> Any:
        E = p["E"]
        near, far, slack = parts(E)
        on = (slack > S("the margin forgotten in the mask", 0.0, 0.7))[:, None] * 2.0
        G = np.zeros_like(E)

        def scatter(rows: Array, values: Array) -> None:
            if S.on("repeated rows overwritten"):
                G[rows] = G[rows] + values
            else:
                np.add.at(G, rows, values)

        scatter(a, on * (near - far))
        scatter(p_, -on * near)
        scatter(q_, S("the negative pulled, not pushed", 1.0, -1.0) * on * far)
        norm = np.sqrt((E**2).sum(axis=1, keepdims=True))
        u = E / norm
        for i, j in ((0, 1), (1, 0), (2, 3), (3, 2)):
            along = (u[i] * u[j]).sum() * u[i]
            G[i] -= (u[j] - S("the norm taken for a constant", along, 0.0)) / S(
                "the norm forgotten", norm[i], 1.0
            )
            if S.on("only one side of the cosine") and i in (1, 3):
                G[i] += (u[j] - along) / norm[i]
        return {"E": G}

    return loss, gradient, at


def embedding(rng: Rng, S: Slip) -> Parts:
    """Words with repetitions and padding, averaged, through a linear layer whose weights are the embedding again."""
    m, t, v, d = 6, 5, 7, 3
    words, y = rng.integers(1, v, (m, t)), rng.integers(0, v, m)
    words[:, -1] = 0  # padding, not counted
    words[0, :3] = words[0, 0]
    at = {"E": rng.standard_normal((v, d)), "b": 0.1 * rng.standard_normal(v)}
    count = (words > 0).sum(axis=1, keepdims=True)

    def forward(p: Any) -> Any:
        mask = (words > 0)[:, :, None]
        A = (p["E"][words] * mask).sum(axis=1) / count
        return A, softmax(A @ p["E"].T + p["b"])

    def loss(p: Any) -> float:
        return float(-np.log(forward(p)[1][np.arange(m), y]).mean())

    def gradient(p: Any) -> Any:
        A, P = forward(p)
        D = P.copy()
        D[np.arange(m), y] -= 1
        D = D / m
        out = D.T @ A
        dA = (D @ p["E"]) / S("the sum's 1/count forgotten", count, 1)
        if S.on("padding counted in the mean"):
            dA = (D @ p["E"]) / t
        back = np.zeros_like(p["E"])
        spread = np.repeat(dA[:, None, :], t, axis=1) * (words > 0)[:, :, None]
        if S.on("the padding row learns"):
            spread = np.repeat(dA[:, None, :], t, axis=1)
        if S.on("repeated words overwritten"):
            back[words] = back[words] + spread
        elif S.on("row ids off by one"):
            np.add.at(back, (words + 1) % v, spread)
        else:
            np.add.at(back, words, spread)
        E = S("the tied output forgotten", out, 0.0) + S("the tied input forgotten", back, 0.0)
        return {"E": E, "b": D.sum(axis=0)}

    return loss, gradient, at


def factorisation(rng: Rng, S: Slip) -> Parts:
    """Ratings by users and items, with biases, a mask of what was rated, and a penalty."""
    n, k, r, lam = 6, 5, 3, 0.05
    R, mask = 3 + rng.standard_normal((n, k)), rng.random((n, k)) < 0.6
    at = {
        "U": rng.standard_normal((n, r)),
        "V": rng.standard_normal((k, r)),
        "bu": rng.standard_normal(n),
        "mu": np.array(3.0),
    }

    def residual(p: Any) -> Array:
        return mask * (p["U"] @ p["V"].T + p["bu"][:, None] + p["mu"] - R)

    def loss(p: Any) -> float:
        return float(0.5 * (residual(p) ** 2).sum() + 0.5 * lam * sum((p[q] ** 2).sum() for q in "UV"))

    def gradient(p: Any) -> Any:
        E = residual(p)
        if S.on("what was not rated counts"):
            E = p["U"] @ p["V"].T + p["bu"][:, None] + p["mu"] - R
        U = E @ p["V"] + S("penalty on U forgotten", lam, 0.0) * p["U"]
        old = p["U"] - 0.1 * U if S.on("U updated before V") else p["U"]
        V = S("the residual negated for V", E, -E).T @ old + lam * p["V"]
        bu = E.sum(axis=1)
        if S.on("user biases penalised"):
            bu = bu + lam * p["bu"]
        if S.on("user biases averaged over their ratings"):
            bu = bu / np.maximum(mask.sum(axis=1), 1)
        if S.on("the penalty counted once a rating"):
            U = E @ p["V"] + lam * mask.sum(axis=1, keepdims=True) * p["U"]
        return {"U": U, "V": V, "bu": bu, "mu": S("mu is one rating's", E.sum(), E[mask][0])}

    return loss, gradient, at


def weight_norm(rng: Rng, S: Slip) -> Parts:
    """W = g v/|v| row by row, a GELU, a skip connection, and a tied decoder."""
    m, n, h = 8, 4, 4
    X = rng.standard_normal((m, n))
    at = {
        "v": rng.standard_normal((h, n)),
        "g": 1 + 0.3 * rng.standard_normal(h),
        "b": 0.2 * rng.standard_normal(h),
        "c": np.zeros(n),
    }
    c0 = 0.7978845608028654

    def forward(p: Any) -> Any:
        norm = np.sqrt((p["v"] ** 2).sum(axis=1))
        W = (p["g"] / norm)[:, None] * p["v"]
        Z = X @ W.T + p["b"]
        t = np.tanh(c0 * (Z + 0.044715 * Z**3))
        A = 0.5 * Z * (1 + t) + X
        return norm, W, Z, t, A, A @ W + p["c"] - X

    def loss(p: Any) -> float:
        return float(0.5 * (forward(p)[-1] ** 2).mean())

    def gradient(p: Any) -> Any:
        norm, W, Z, t, A, r = forward(p)
        d = r / S("the mean over rows only", r.size, m)
        dA = d @ W.T
        inner = c0 * (1 + S("3 forgotten in the cube", 3, 1) * 0.044715 * Z * Z)
        dZ = dA * (0.5 * (1 + t) + S("GELU's second term forgotten", 0.5 * Z * (1 - t * t) * inner, 0.0))
        if S.on("the sigmoid GELU's slope"):
            s = sigmoid(1.702 * Z)
            dZ = dA * (s + 1.702 * Z * s * (1 - s))
        dW = dZ.T @ X + S("the decoder's share of W forgotten", A.T @ d, 0.0)
        along = (dW * p["v"]).sum(axis=1) / norm
        v = (p["g"] / norm)[:, None] * (
            dW - S("the projection forgotten", along / norm, 0.0 * norm)[:, None] * p["v"]
        )
        return {
            "v": S("g/|v| forgotten", v, lambda: dW - (along / norm)[:, None] * p["v"]),
            "g": S("dg not divided by the norm", along, along * norm),
            "b": dZ.sum(axis=0),
            "c": S("c from the encoder", d, dZ).sum(axis=0),
        }

    return loss, gradient, at


SHARED = [
    Model("triplet", triplet, {
        "the margin forgotten in the mask": "some_lines output",
        "repeated rows overwritten": "some_lines",
        "the negative pulled, not pushed": "some_lines sign",
        "the norm taken for a constant": "some_lines lost_path",
        "the norm forgotten": "some_lines",
        "only one side of the cosine": "some_lines zero",
    }),
    Model("embedding", embedding, {
        "the sum's 1/count forgotten": "missing_mean layer",
        "padding counted in the mean": "factor layer",
        "the padding row learns": "one_row",
        "repeated words overwritten": "some_lines layer one_row",
        "row ids off by one": "permuted some_lines layer",
        "the tied output forgotten": "lost_path layer",
        "the tied input forgotten": "lost_path layer",
    }),
    Model("factorisation", factorisation, {
        "what was not rated counts": "output layer",
        "penalty on U forgotten": "missing_l2",
        "U updated before V": "wrong_A layer",
        "the residual negated for V": "sign",
        "user biases penalised": "l2_on_bias",
        "user biases averaged over their ratings": "line_factors extra_mean",
        "the penalty counted once a rating": "l2_scale",
        "mu is one rating's": "example_dropped wrong_axis bias layer factor",
    }),
    Model("weight norm", weight_norm, {
        "the mean over rows only": "missing_mean factor",
        "3 forgotten in the cube": "wrong_gprime layer",
        "GELU's second term forgotten": "wrong_gprime layer",
        "the sigmoid GELU's slope": "wrong_gprime layer",
        "the decoder's share of W forgotten": "lost_path layer",
        "the projection forgotten": "lost_path",
        "g/|v| forgotten": "line_factors inner_derivative",
        "dg not divided by the norm": "inner_derivative line_factors",
        "c from the encoder": "exchanged wrong_A bias",
    }),
]  # fmt: skip
