"""Science, two: images, graphs, densities, rankings and other layers than the usual ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip


def autoencoder(rng: Rng, S: Slip) -> Parts:
    """A variational autoencoder with fixed noise: reparametrisation, KL divergence, Bernoulli output."""
    m, n, h = 6, 5, 2
    X, noise = (rng.random((m, n)) < 0.5) * 1.0, rng.standard_normal((m, h))
    at = {"Wm": rng.standard_normal((n, h)), "Ws": 0.3 * rng.standard_normal((n, h)), "V": rng.standard_normal((h, n)), "c": np.zeros(n)}

    def forward(p: Any) -> Any:
        mu, s = X @ p["Wm"], X @ p["Ws"]
        z = mu + np.exp(0.5 * s) * noise
        return mu, s, z, z @ p["V"] + p["c"]

    def loss(p: Any) -> float:
        mu, s, _, o = forward(p)
        return float((np.logaddexp(0, o) - X * o).sum() / m + 0.5 * (np.exp(s) + mu**2 - 1 - s).sum() / m)

    def gradient(p: Any) -> Any:
        mu, s, z, o = forward(p)
        do = (sigmoid(o) - X) / m
        dz = do @ p["V"].T
        dmu = dz + S("KL of mu forgotten", mu, 0.0) / m
        ds = dz * noise * np.exp(0.5 * s) * S("1/2 forgotten in the deviation", 0.5, 1.0) + S("the sign of KL in s", 0.5, -0.5) * (np.exp(s) - 1) / m
        if S.on("no gradient through the sampling"):
            ds = 0.5 * (np.exp(s) - 1) / m
        return {
            "Wm": X.T @ dmu,
            "Ws": X.T @ ds,
            "V": S("mu for z in dV", z, mu).T @ do,
            "c": S("c averaged twice", do.sum(axis=0), do.mean(axis=0)),
        }

    return loss, gradient, at


def flow(rng: Rng, S: Slip) -> Parts:
    """Two affine couplings and their log-determinants."""
    m, n = 7, 2
    X = rng.standard_normal((m, 2 * n))
    at = {k: 0.5 * rng.standard_normal((n, n)) for k in ("A1", "B1", "A2", "B2")} | {"shift": 0.1 * rng.standard_normal(2 * n)}

    def couple(p: Any) -> Any:
        a, b = X[:, :n], X[:, n:]
        s1 = np.tanh(a @ p["A1"])
        b1 = b * np.exp(s1) + a @ p["B1"]
        s2 = np.tanh(b1 @ p["A2"])
        a1 = a * np.exp(s2) + b1 @ p["B2"]
        return a, b, s1, b1, s2, a1

    def loss(p: Any) -> float:
        _, _, s1, b1, s2, a1 = couple(p)
        out = np.concatenate([a1, b1], axis=1) + p["shift"]
        return float((0.5 * (out**2).sum() - s1.sum() - s2.sum()) / m)

    def gradient(p: Any) -> Any:
        a, b, s1, b1, s2, a1 = couple(p)
        out = (np.concatenate([a1, b1], axis=1) + p["shift"]) / m
        da, db = out[:, :n], out[:, n:].copy()
        ds2 = da * a * S("exp(s2) forgotten", np.exp(s2), 1.0) - S("log-determinant of layer 2 forgotten", 1 / m, 0.0)
        d2 = ds2 * (1 - s2**2)
        db = db + S("the path through the scale forgotten", d2 @ p["A2"].T, 0.0) + da @ p["B2"].T
        ds1 = db * b * np.exp(s1) - S("the log-determinant's sign", 1, -1) / m
        d1 = ds1 * S("tanh' at s2", 1 - s1**2, 1 - s2**2)
        return {
            "A1": a.T @ d1,
            "B1": S("b for a in dB1", a, b).T @ db,
            "A2": b1.T @ d2,
            "B2": S("b before the coupling", b1, b).T @ da,
            "shift": S("halves of the shift exchanged", out, np.roll(out, n, axis=1)).sum(axis=0),
        }

    return loss, gradient, at


def image(rng: Rng, S: Slip) -> Parts:
    """Restoring an image: a blur by Fourier transform, total variation with an epsilon, a positive part."""
    n, lam, eps = 7, 0.3, 1e-2
    kernel = np.zeros((n, n))
    kernel[:3, :3] = rng.random((3, 3))
    K = np.fft.fft2(kernel / kernel.sum())
    data = rng.standard_normal((n, n))
    at = {"u": rng.standard_normal((n, n))}

    def blur(u: Array, F: Array) -> Array:
        return np.real(np.fft.ifft2(F * np.fft.fft2(u)))

    def loss(p: Any) -> float:
        u = p["u"]
        dx, dy = np.roll(u, -1, 0) - u, np.roll(u, -1, 1) - u
        return float(0.5 * ((blur(u, K) - data) ** 2).sum() + lam * np.sqrt(dx**2 + dy**2 + eps).sum() + 0.2 * (np.maximum(-u, 0) ** 2).sum())

    def gradient(p: Any) -> Any:
        u = p["u"]
        dx, dy = np.roll(u, -1, 0) - u, np.roll(u, -1, 1) - u
        size = np.sqrt(dx**2 + dy**2 + eps)
        px, py = dx / S("total variation without the root", size, 1.0), dy / size
        G = blur(blur(u, K) - data, S("the kernel not conjugated", np.conj(K), K))
        if S.on("the adjoint not normalised"):
            G = G * n * n
        G = G + lam * (np.roll(px, 1, 0) - px) + lam * S("one direction's divergence negated", 1, -1) * (np.roll(py, 1, 1) - py)
        if S.on("the roll in the wrong direction"):
            G = G + lam * (np.roll(px, -1, 0) - np.roll(px, 1, 0))
        border = S("the positive part where u is positive", u < 0, u > 0)
        return {"u": G + S("2 forgotten in the penalty", 0.4, 0.2) * np.where(border, u, 0.0)}

    return loss, gradient, at


def groups(rng: Rng, S: Slip) -> Parts:
    """Depthwise convolution, group normalisation, PReLU, squeeze and excite, max pooling."""
    B, C, H, k = 2, 4, 6, 3
    X, T = rng.standard_normal((B, C, H, H)), rng.standard_normal((B, C))
    at = {"K": 0.6 * rng.standard_normal((C, k, k)), "gamma": 1 + 0.2 * rng.standard_normal(C), "slope": np.full(C, 0.2), "E": 0.5 * rng.standard_normal((C, C))}
    n = H - k + 1

    def forward(p: Any) -> Any:
        Z = sum(p["K"][:, u, v, None, None] * X[:, :, u : u + n, v : v + n] for u in range(k) for v in range(k))
        G = Z.reshape(B, 2, -1)
        mean, var = G.mean(axis=2, keepdims=True), G.var(axis=2, keepdims=True)
        hat = ((G - mean) / np.sqrt(var + 1e-5)).reshape(Z.shape)
        Y = p["gamma"][:, None, None] * hat
        A = np.where(Y > 0, Y, p["slope"][:, None, None] * Y)
        squeeze = A.mean(axis=(2, 3))
        gate = sigmoid(squeeze @ p["E"])
        M = A.reshape(B, C, 2, n // 2, 2, n // 2).max(axis=(3, 5))
        return var, hat, Y, A, squeeze, gate, M, gate * M.sum(axis=(2, 3))

    def loss(p: Any) -> float:
        return float(0.5 * ((forward(p)[-1] - T) ** 2).sum())

    def gradient(p: Any) -> Any:
        var, hat, Y, A, squeeze, gate, M, out = forward(p)
        d = out - T
        dgate = d * M.sum(axis=(2, 3)) * S("the gate's slope forgotten", gate * (1 - gate), 1.0)
        windows = A.reshape(B, C, 2, n // 2, 2, n // 2)
        best = windows == M[:, :, :, None, :, None]
        if S.on("every place of the window"):
            best = np.ones_like(best)
        dA = (best * (d * gate)[:, :, None, None, None, None]).reshape(A.shape)
        through_gate = (dgate @ p["E"].T)[:, :, None, None] / (n * n)
        dA = dA + S("the path through the gate forgotten", through_gate, 0.0)
        slope = (dA * np.where(Y > 0, 0, Y)).sum(axis=(0, 2, 3))
        dY = dA * np.where(Y > 0, 1, S("PReLU's slope taken for zero", p["slope"][:, None, None], 0.0))
        dh = dY * p["gamma"][:, None, None]
        dG, hG = dh.reshape(B, 2, -1), hat.reshape(B, 2, -1)
        if S.on("group statistics taken for constants"):
            dZ = dG / np.sqrt(var + 1e-5)
        else:
            dZ = (dG - dG.mean(axis=2, keepdims=True) - hG * (dG * hG).mean(axis=2, keepdims=True)) / np.sqrt(var + 1e-5)
        dZ = dZ.reshape(A.shape)
        K = np.zeros((C, k, k))
        for u in range(k):
            for v in range(k):
                K[:, u, v] = (dZ * X[:, :, u : u + n, v : v + n]).sum(axis=(0, 2, 3))
        gamma = (dY * hat).sum(axis=(0, 2, 3))
        return {
            "K": S("the kernel turned", K, K[:, ::-1, ::-1]),
            "gamma": S("gamma summed over one image", gamma, lambda: (dY * hat)[0].sum(axis=(1, 2))),
            "slope": S("one slope for all channels", slope, np.full(C, slope.sum())),
            "E": S("dE transposed", squeeze.T @ dgate, dgate.T @ squeeze),
        }

    return loss, gradient, at


def words(rng: Rng, S: Slip) -> Parts:
    """Word vectors by negative sampling, with repeated words in the batch."""
    v, d, m, k = 8, 3, 10, 3
    centre, context, negative = rng.integers(0, v, m), rng.integers(0, v, m), rng.integers(0, v, (m, k))
    at = {"inner": rng.standard_normal((v, d)), "outer": rng.standard_normal((v, d))}

    def loss(p: Any) -> float:
        a, b, c = p["inner"][centre], p["outer"][context], p["outer"][negative]
        return float((np.logaddexp(0, -(a * b).sum(axis=1)).sum() + np.logaddexp(0, np.einsum("md,mkd->mk", a, c)).sum()) / m)

    def gradient(p: Any) -> Any:
        a, b, c = p["inner"][centre], p["outer"][context], p["outer"][negative]
        s = (sigmoid((a * b).sum(axis=1)) - 1) / m
        t = sigmoid(np.einsum("md,mkd->mk", a, c)) / m
        t = t * S("negatives averaged", 1.0, 1 / k)
        da = s[:, None] * b + S("the negatives' share of the centre forgotten", 1.0, 0.0) * np.einsum("mk,mkd->md", t, c)
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
    at = {"W1": rng.standard_normal((f, h)), "W2": rng.standard_normal((h, 2)), "Q": rng.standard_normal((2, 2)), "a": np.array(0.3)}

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
        dZ = dH * S("dropout forgotten on the way back", mask, 1.0) * np.where(Z > 0, 1, S("ELU's slope without its a", p["a"], 1.0) * np.exp(np.minimum(Z, 0)))
        negative = np.where(Z > 0, 0, np.exp(np.minimum(Z, 0)) - S("ELU's -1 forgotten in da", 1, 0))
        return {
            "W1": (S("the neighbours forgotten in dW1", A @ X, X)).T @ dZ,
            "W2": (A @ H).T @ dU,
            "Q": U.T @ (d * U) if not S.on("Q's off-diagonal halved") else (U.T @ (d * U)) * (0.5 + 0.5 * np.eye(2)),
            "a": (dH * mask * negative).sum(),
        }

    return loss, gradient, at


def ranking(rng: Rng, S: Slip) -> Parts:
    """Pairwise logistic ranking by a network of radial functions with learnt centres and widths."""
    m, n, k = 9, 2, 4
    X, grade = rng.standard_normal((m, n)), rng.integers(0, 3, m)
    i, j = np.nonzero(grade[:, None] > grade)
    at = {"centre": rng.standard_normal((k, n)), "log_width": 0.2 * rng.standard_normal(k), "w": rng.standard_normal(k)}

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
            "log_width": 2 * (dPhi * R).sum(axis=0) * (inverse if not S.on("with respect to the width") else inverse * np.exp(-p["log_width"])),
            "w": Phi.T @ S("dw from the scores", ds, s),
        }

    return loss, gradient, at


def sparse(rng: Rng, S: Slip) -> Parts:
    """Sparse coding: L1, a group lasso, a log barrier, and a quadratic form of a covariance by its Cholesky factor."""
    n, k = 5, 4
    D, x = rng.standard_normal((n, k)), rng.standard_normal(n)
    at = {"z": rng.standard_normal(k), "G": rng.standard_normal((3, 2)), "L": np.tril(rng.standard_normal((n, n))) + 2 * np.eye(n), "w": rng.uniform(0.1, 0.6, 4)}

    def loss(p: Any) -> float:
        L = np.tril(p["L"])
        r = np.linalg.solve(L, x - D @ p["z"])
        group = np.sqrt((p["G"] ** 2).sum(axis=1)).sum() + 0.5 * ((p["G"] - 1) ** 2).sum()
        return float(0.5 * r @ r + np.log(np.abs(np.diag(L))).sum() + 0.3 * np.abs(p["z"]).sum() + group - 0.1 * np.log(p["w"]).sum() + (p["w"].sum() - 1) ** 2)

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
        w = -S("the barrier's sign", 0.1, -0.1) / p["w"] + S("2 of the square forgotten", 2, 1) * (p["w"].sum() - 1)
        return {
            "z": z,
            "G": G,
            "L": S("the upper triangle too", np.tril(dL), dL),
            "w": S("the constraint for one weight each", w, lambda: -0.1 / p["w"] + 2 * (p["w"] - 0.25)),
        }

    return loss, gradient, at


LAYERS = [
    Model("autoencoder", autoencoder, {
        "KL of mu forgotten": "lost_path layer",
        "1/2 forgotten in the deviation": "layer",
        "the sign of KL in s": "layer sign",
        "no gradient through the sampling": "lost_path layer",
        "mu for z in dV": "wrong_A layer",
        "c averaged twice": "extra_mean factor",
    }),
    Model("flow", flow, {
        "exp(s2) forgotten": "layer missing_gprime",
        "log-determinant of layer 2 forgotten": "lost_path layer",
        "the path through the scale forgotten": "lost_path layer",
        "the log-determinant's sign": "layer sign",
        "tanh' at s2": "wrong_gprime layer",
        "b for a in dB1": "wrong_A layer",
        "b before the coupling": "wrong_A layer",
        "halves of the shift exchanged": "permuted",
    }),
    Model("image", image, {
        "total variation without the root": "layer output",
        "the kernel not conjugated": "layer output",
        "the adjoint not normalised": "layer output",
        "one direction's divergence negated": "layer output",
        "the roll in the wrong direction": "layer output",
        "the positive part where u is positive": "layer output l2_scale",
        "2 forgotten in the penalty": "rare_branch missing_l2 l2_scale",
    }),
    Model("groups", groups, {
        "the gate's slope forgotten": "missing_gprime layer",
        "every place of the window": "layer",
        "the path through the gate forgotten": "lost_path layer",
        "PReLU's slope taken for zero": "wrong_gprime layer",
        "group statistics taken for constants": "lost_path layer",
        "the kernel turned": "permuted",
        "gamma summed over one image": "example_dropped layer",
        "one slope for all channels": "wrong_axis",
        "dE transposed": "transpose",
    }),
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
