"""Science, three: densities, images, and other layers than the usual ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid
from _slips import Model, Parts, Slip


def autoencoder(rng: Rng, S: Slip) -> Parts:
    """A variational autoencoder with fixed noise: reparametrisation, KL divergence, Bernoulli output."""
    m, n, h = 6, 5, 2
    X, noise = (rng.random((m, n)) < 0.5) * 1.0, rng.standard_normal((m, h))
    at = {
        "Wm": rng.standard_normal((n, h)),
        "Ws": 0.3 * rng.standard_normal((n, h)),
        "V": rng.standard_normal((h, n)),
        "c": np.zeros(n),
    }

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
        ds = (
            dz * noise * np.exp(0.5 * s) * S("1/2 forgotten in the deviation", 0.5, 1.0)
            + S("the sign of KL in s", 0.5, -0.5) * (np.exp(s) - 1) / m
        )
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
    at = {k: 0.5 * rng.standard_normal((n, n)) for k in ("A1", "B1", "A2", "B2")} | {
        "shift": 0.1 * rng.standard_normal(2 * n)
    }

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
        ds2 = da * a * S("exp(s2) forgotten", np.exp(s2), 1.0) - S(
            "log-determinant of layer 2 forgotten", 1 / m, 0.0
        )
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
        return float(
            0.5 * ((blur(u, K) - data) ** 2).sum()
            + lam * np.sqrt(dx**2 + dy**2 + eps).sum()
            + 0.2 * (np.maximum(-u, 0) ** 2).sum()
        )

    def gradient(p: Any) -> Any:
        u = p["u"]
        dx, dy = np.roll(u, -1, 0) - u, np.roll(u, -1, 1) - u
        size = np.sqrt(dx**2 + dy**2 + eps)
        px, py = dx / S("total variation without the root", size, 1.0), dy / size
        G = blur(blur(u, K) - data, S("the kernel not conjugated", np.conj(K), K))
        if S.on("the adjoint not normalised"):
            G = G * n * n
        G = (
            G
            + lam * (np.roll(px, 1, 0) - px)
            + lam * S("one direction's divergence negated", 1, -1) * (np.roll(py, 1, 1) - py)
        )
        if S.on("the roll in the wrong direction"):
            G = G + lam * (np.roll(px, -1, 0) - np.roll(px, 1, 0))
        border = S("the positive part where u is positive", u < 0, u > 0)
        return {"u": G + S("2 forgotten in the penalty", 0.4, 0.2) * np.where(border, u, 0.0)}

    return loss, gradient, at


def groups(rng: Rng, S: Slip) -> Parts:
    """Depthwise convolution, group normalisation, PReLU, squeeze and excite, max pooling."""
    B, C, H, k = 2, 4, 6, 3
    X, T = rng.standard_normal((B, C, H, H)), rng.standard_normal((B, C))
    at = {
        "K": 0.6 * rng.standard_normal((C, k, k)),
        "gamma": 1 + 0.2 * rng.standard_normal(C),
        "slope": np.full(C, 0.2),
        "E": 0.5 * rng.standard_normal((C, C)),
    }
    n = H - k + 1

    def forward(p: Any) -> Any:
        Z = sum(
            p["K"][:, u, v, None, None] * X[:, :, u : u + n, v : v + n] for u in range(k) for v in range(k)
        )
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
            dZ = (dG - dG.mean(axis=2, keepdims=True) - hG * (dG * hG).mean(axis=2, keepdims=True)) / np.sqrt(
                var + 1e-5
            )
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
]  # fmt: skip
