"""Practice, two: losses, linear models, embeddings, shared and normalised weights. Examples are rows."""

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
        return float(np.where(a <= 1, 0.5 * r * r, a - 0.5).sum() + np.where(r > 0, 0.3 * r, -0.7 * r).sum() + m * p["s"])

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
        s = S("the inner derivative of exp(s) forgotten", -(d * r).sum(), lambda: -(d * r).sum() / scale) + S("the log-scale term forgotten", m, 0)
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
        D = D * S("class weights forgotten", weights[y], 1.0)[:, None] if not S.on("class weights forgotten") else D
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
    at = {"W1": rng.standard_normal((n, h)), "b1": rng.standard_normal(h), "W2": rng.standard_normal((h, k)), "b2": np.zeros(k)}

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
        D = D + 0.2 * S("the entropy bonus forgotten", P * (own - S("the entropy's mean forgotten", mean, 0.0)), 0.0)
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
            G[i] -= (u[j] - S("the norm taken for a constant", along, 0.0)) / S("the norm forgotten", norm[i], 1.0)
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
    at = {"U": rng.standard_normal((n, r)), "V": rng.standard_normal((k, r)), "bu": rng.standard_normal(n), "mu": np.array(3.0)}

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
    at = {"v": rng.standard_normal((h, n)), "g": 1 + 0.3 * rng.standard_normal(h), "b": 0.2 * rng.standard_normal(h), "c": np.zeros(n)}
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
        v = (p["g"] / norm)[:, None] * (dW - S("the projection forgotten", along / norm, 0.0 * norm)[:, None] * p["v"])
        return {
            "v": S("g/|v| forgotten", v, lambda: dW - (along / norm)[:, None] * p["v"]),
            "g": S("dg not divided by the norm", along, along * norm),
            "b": dZ.sum(axis=0),
            "c": S("c from the encoder", d, dZ).sum(axis=0),
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
