"""Layers of the last ten years: masked heads, gated units, transposed and dilated kernels, splines, generated weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip


def heads(rng: Rng, S: Slip) -> Parts:
    """Two heads of attention over a padded batch, RMS norm before, a residual path around, squared error on real tokens."""
    B, T, d, H = 2, 4, 4, 2
    X, goal = rng.standard_normal((B, T, d)), rng.standard_normal((B, T, d))
    real = np.array([[1, 1, 1, 0], [1, 1, 1, 1]], dtype=bool)
    root = np.sqrt(d / H)
    at = {f"attn.{k}": 0.6 * rng.standard_normal((d, d)) for k in "qkvo"}
    at["norm.gain"] = 1 + 0.2 * rng.standard_normal(d)

    def split(U: Array) -> Array:
        return U.reshape(B, T, H, d // H).transpose(0, 2, 1, 3)

    def merge(U: Array) -> Array:
        return U.transpose(0, 2, 1, 3).reshape(B, T, d)

    def forward(p: Any) -> Any:
        size = np.sqrt((X**2).mean(axis=-1, keepdims=True) + 1e-6)
        N = X / size * p["norm.gain"]
        q, k, v = (split(N @ p[f"attn.{c}"]) for c in "qkv")
        scores = np.where(real[:, None, None, :], q @ k.transpose(0, 1, 3, 2) / root, -1e9)
        P = softmax(scores)
        C = merge(P @ v)
        return size, N, q, k, v, P, C, X + C @ p["attn.o"]

    def loss(p: Any) -> float:
        return float((real[:, :, None] * (forward(p)[-1] - goal) ** 2).sum() / real.sum())

    def gradient(p: Any) -> Any:
        size, N, q, k, v, P, C, out = forward(p)
        weight = S("padding counted in the loss", real[:, :, None], 1.0)
        d_out = 2 * weight * (out - goal) / real.sum()
        dC = split(d_out @ p["attn.o"].T)
        if S.on("heads merged without a transpose"):
            dC = (d_out @ p["attn.o"].T).reshape(B, H, T, d // H)
        dP, dv = dC @ v.transpose(0, 1, 3, 2), P.transpose(0, 1, 3, 2) @ dC
        dS = P * (dP - S("the softmax's row sums forgotten", (P * dP).sum(axis=-1, keepdims=True), 0.0))
        dS = dS / S("scaled by d, not by its root", root, root**2)
        dq, dk = dS @ k, dS.transpose(0, 1, 3, 2) @ q
        if S.on("dk made with dS, not its transpose"):
            dk = dS @ q
        G = {"q": merge(dq), "k": merge(dk), "v": merge(dv)}
        dN = sum(G[c] @ p[f"attn.{c}"].T for c in "qk") + S("values detached below", 1.0, 0.0) * (
            G["v"] @ p["attn.v"].T
        )
        flat = N.reshape(-1, d)
        grads = {f"attn.{c}": flat.T @ G[c].reshape(-1, d) for c in "qkv"}
        grads["attn.o"] = C.reshape(-1, d).T @ d_out.reshape(-1, d)
        normal = S("the gain on the normalised input twice", X / size, lambda: N)
        grads["norm.gain"] = (dN * normal).sum(axis=(0, 1))
        return grads

    return loss, gradient, at


def swish_gate(rng: Rng, S: Slip) -> Parts:
    """SwiGLU in a pre-norm block, a learnt scale on the branch, cross-entropy by class numbers."""
    m, d, h, c = 5, 4, 6, 3
    X, y = rng.standard_normal((m, d)), rng.integers(0, 3, 5)
    at = {
        "gate": 0.7 * rng.standard_normal((d, h)),
        "up": 0.7 * rng.standard_normal((d, h)),
        "down": 0.7 * rng.standard_normal((h, d)),
        "branch": np.full(d, 0.5),
        "head": rng.standard_normal((d, c)),
    }

    def forward(p: Any) -> Any:
        z, u = X @ p["gate"], X @ p["up"]
        s = sigmoid(z)
        h = z * s * u
        f = h @ p["down"]
        r = X + p["branch"] * f
        return z, u, s, h, f, r, r @ p["head"]

    def loss(p: Any) -> float:
        o = forward(p)[-1]
        top = o.max(axis=1, keepdims=True)
        return float((np.log(np.exp(o - top).sum(axis=1)) + top[:, 0] - o[np.arange(m), y]).mean())

    def gradient(p: Any) -> Any:
        z, u, s, h, f, r, o = forward(p)
        do = softmax(o)
        do[np.arange(m), y] -= 1
        do /= S("summed over the batch", m, 1)
        dr = do @ p["head"].T
        df = dr * S("the branch's scale forgotten on the way", p["branch"], 1.0)
        dh = df @ p["down"].T
        du = dh * S("up gated by the sigmoid only", z * s, s)
        dz = dh * u * S("swish' taken for a sigmoid's", s + z * s * (1 - s), s * (1 - s))
        if S.on("swish' taken for the sigmoid"):
            dz = dh * u * s
        return {
            "gate": X.T @ dz,
            "up": X.T @ du,
            "down": S("down from before the gate", h, lambda: z * s).T @ df,
            "branch": (dr * f).sum(axis=0),
            "head": S("head without the residual", r, lambda: r - X).T @ do,
        }

    return loss, gradient, at


def upsampling(rng: Rng, S: Slip) -> Parts:
    """A transposed convolution of stride 2 in one dimension, softplus, then a second of stride 1 with tied kernel."""
    B, C, L, k, s = 3, 2, 4, 3, 2
    out_length = (L - 1) * s + k
    X, goal = rng.standard_normal((B, C, L)), rng.standard_normal((B, C, out_length + k - 1))
    at = {"kernel": 0.6 * rng.standard_normal((C, C, k)), "bias": 0.2 * rng.standard_normal(C)}

    def spread(x: Array, K: Array, step: int) -> Array:
        n = (x.shape[2] - 1) * step + k
        out = np.zeros((B, C, n))
        for j in range(k):
            out[:, :, j : j + (x.shape[2] - 1) * step + 1 : step] += np.einsum("bil,io->bol", x, K[:, :, j])
        return out

    def forward(p: Any) -> Any:
        z = spread(X, p["kernel"], s) + p["bias"][:, None]
        a = np.logaddexp(0, z)
        return z, a, spread(a, p["kernel"], 1)

    def loss(p: Any) -> float:
        return float(((forward(p)[-1] - goal) ** 2).mean())

    def back(d: Array, x: Array, K: Array, step: int) -> tuple[Array, Array]:
        n = (x.shape[2] - 1) * step + 1
        windows = [d[:, :, j : j + n : step] for j in range(k)]
        dx = sum(np.einsum("bol,io->bil", w, K[:, :, j]) for j, w in enumerate(windows))
        return dx, np.stack([np.einsum("bil,bol->io", x, w) for w in windows], axis=2)

    def gradient(p: Any) -> Any:
        z, a, out = forward(p)
        d = 2 * (out - goal) / S("divided by the batch only", out.size, B)
        da, second = back(d, a, p["kernel"], 1)
        if S.on("kernel's axes exchanged on the way back"):
            da, _ = back(d, a, p["kernel"].transpose(1, 0, 2), 1)
        dz = da * S("softplus' taken for one", sigmoid(z), 1.0)
        _, first = back(dz, X, p["kernel"], S("stride forgotten in the backward pass", s, 1))
        if S.on("one use of the tied kernel forgotten"):
            first = 0 * first
        if S.on("kernel turned"):
            first, second = first[:, :, ::-1], second[:, :, ::-1]
        bias = S("bias summed over places of one image", dz.sum(axis=(0, 2)), lambda: dz[0].sum(axis=1))
        return {"kernel": first + second, "bias": bias}

    return loss, gradient, at


def dilated(rng: Rng, S: Slip) -> Parts:
    """Dilated depthwise kernels, then pointwise mixing, ReLU6, a global mean; examples along the last axis."""
    C, L, m, k, gap = 3, 8, 4, 3, 2
    n = L - gap * (k - 1)
    X, y = 2 * rng.standard_normal((C, L, m)), rng.standard_normal((2, m))
    at = {
        "depth": rng.standard_normal((C, k)),
        "mix": rng.standard_normal((4, C)),
        "shift": 1 + rng.standard_normal(4),
        "read": 0.5 * rng.standard_normal((2, 4)),
    }

    def forward(p: Any) -> Any:
        D = sum(p["depth"][:, j, None, None] * X[:, j * gap : j * gap + n] for j in range(k))
        Z = np.einsum("oc,clm->olm", p["mix"], D) + p["shift"][:, None, None]
        A = np.clip(Z, 0, 6)
        return D, Z, A.mean(axis=1), p["read"] @ A.mean(axis=1)

    def loss(p: Any) -> float:
        return float(0.5 * ((forward(p)[-1] - y) ** 2).sum() / m)

    def gradient(p: Any) -> Any:
        D, Z, M, out = forward(p)
        do = (out - y) / m
        dM = p["read"].T @ do
        dA = np.repeat(dM[:, None], n, axis=1) / S("the mean over places taken for a sum", n, 1)
        dZ = dA * S("ReLU6 cut below only", (Z > 0) & (Z < 6), Z > 0)
        dD = np.einsum("oc,olm->clm", p["mix"], dZ)
        depth = np.zeros((C, k))
        for j in range(k):
            start = j * S("dilation forgotten", gap, 1)
            depth[:, j] = (dD * X[:, start : start + n]).sum(axis=(1, 2))
        if S.on("depth shared among channels"):
            depth = np.broadcast_to(depth.sum(axis=0), (C, k)).copy()
        return {
            "depth": depth,
            "mix": S("mix from the activations", np.einsum("olm,clm->oc", dZ, D), lambda: np.einsum("olm,clm->oc", np.clip(Z, 0, 6), D)),
            "shift": S("shift averaged over places", dZ.sum(axis=(1, 2)), lambda: dZ.mean(axis=1).sum(axis=1)),
            "read": do @ M.T,
        }  # fmt: skip

    return loss, gradient, at


def splines(rng: Rng, S: Slip) -> Parts:
    """Learnt activations by cubic B-splines on a uniform grid (two layers of edges), Huber's smooth cousin as loss."""
    m, n, h, K = 6, 2, 3, 7
    X, y = rng.uniform(-0.9, 0.9, (m, n)), rng.standard_normal(m)
    grid = np.linspace(-1.5, 1.5, K)
    step = grid[1] - grid[0]
    at = {"edges": 0.4 * rng.standard_normal((n, h, K)), "out": 0.6 * rng.standard_normal((h, K)), "base": rng.standard_normal(h)}  # fmt: skip

    def basis(x: Array) -> Array:
        t = np.abs((x[..., None] - grid) / step)
        return np.where(t < 1, 2 / 3 - t**2 + t**3 / 2, np.where(t < 2, (2 - t) ** 3 / 6, 0.0))

    def slope(x: Array) -> Array:
        u = (x[..., None] - grid) / step
        t = np.abs(u)
        return (
            np.sign(u)
            * np.where(t < 1, -2 * t + 1.5 * t**2, np.where(t < 2, -((2 - t) ** 2) / 2, 0.0))
            / step
        )

    def forward(p: Any) -> Any:
        H = np.einsum("mik,ihk->mh", basis(X), p["edges"])
        out = np.einsum("mhk,hk->m", basis(H), p["out"]) + np.tanh(H) @ p["base"]
        return H, out

    def loss(p: Any) -> float:
        return float(np.log(np.cosh(forward(p)[1] - y)).mean())

    def gradient(p: Any) -> Any:
        H, out = forward(p)
        r = np.tanh(out - y) / m
        d_basis = slope(H)
        if S.on("the grid's step forgotten"):
            d_basis = d_basis * step
        dH = np.einsum("mhk,hk->mh", d_basis, p["out"])
        dH = dH + S("the base's path forgotten", 1.0, 0.0) * (1 - np.tanh(H) ** 2) * p["base"]
        dH = r[:, None] * dH
        edges = np.einsum("mik,mh->ihk", basis(X), dH)
        return {
            "edges": S("knots one off", edges, np.roll(edges, 1, axis=2)),
            "out": np.einsum("mhk,m->hk", S("slopes of the basis for the basis", basis(H), lambda: slope(H)), r),
            "base": S("tanh of the input", np.tanh(H), H).T @ r,
        }  # fmt: skip

    return loss, gradient, at


def generated(rng: Rng, S: Slip) -> Parts:
    """A small network makes the weights of another (FiLM on its hidden units); squared error, columns are examples."""
    m, n, h, z = 5, 3, 4, 2
    X, code, y = rng.standard_normal((n, m)), rng.standard_normal((z, m)), rng.standard_normal((1, m))
    at = {
        "W": rng.standard_normal((h, n)),
        "scale": 0.5 * rng.standard_normal((h, z)),
        "shift": 0.5 * rng.standard_normal((h, z)),
        "v": rng.standard_normal((1, h)),
        "c": np.zeros((1, 1)),
    }

    def forward(p: Any) -> Any:
        U = p["W"] @ X
        g = 1 + p["scale"] @ code
        Z = g * U + p["shift"] @ code
        A = np.tanh(Z)
        return U, g, A, p["v"] @ A + p["c"]

    def loss(p: Any) -> float:
        return float(((forward(p)[-1] - y) ** 2).sum() / (2 * m))

    def gradient(p: Any) -> Any:
        U, g, A, out = forward(p)
        do = (out - y) / m
        dZ = p["v"].T @ do * S("tanh' at A", 1 - A**2, 1 - np.tanh(A) ** 2)
        dU = dZ * S("the generated scale forgotten", g, 1.0)
        scale = S("scale from the output of the layer", dZ * U, dZ * A) @ code.T
        return {
            "W": dU @ X.T,
            "scale": S("scale and shift exchanged", scale, lambda: dZ @ code.T),
            "shift": S("shift with the codes rolled", dZ, lambda: np.roll(dZ, 1, axis=1)) @ code.T,
            "v": do @ A.T,
            "c": S("c from the last example", do.sum(axis=1, keepdims=True), do[:, -1:]),
        }

    return loss, gradient, at


LAYERS = [
    Model("heads", heads, {
        "padding counted in the loss": "layer output example_weights example_dropped",
        "heads merged without a transpose": "layer reshape permuted",
        "the softmax's row sums forgotten": "softmax_diagonal lost_path layer",
        "scaled by d, not by its root": "layer factor",
        "dk made with dS, not its transpose": "transpose layer",
        "values detached below": "lost_path layer",
        "the gain on the normalised input twice": "line_factors inner_derivative layer",
    }),
    Model("swish gate", swish_gate, {
        "summed over the batch": "missing_mean",
        "the branch's scale forgotten on the way": "layer line_factors factor",
        "up gated by the sigmoid only": "layer wrong_A wrong_gprime",
        "swish' taken for a sigmoid's": "wrong_gprime layer",
        "swish' taken for the sigmoid": "wrong_gprime lost_path layer",
        "down from before the gate": "wrong_A layer",
        "head without the residual": "lost_path wrong_A layer",
    }),
    Model("upsampling", upsampling, {
        "divided by the batch only": "factor missing_mean",
        "kernel's axes exchanged on the way back": "transpose wrong_W layer",
        "softplus' taken for one": "missing_gprime layer",
        "stride forgotten in the backward pass": "layer",
        "one use of the tied kernel forgotten": "lost_path layer",
        "kernel turned": "permuted",
        "bias summed over places of one image": "example_dropped layer bias",
    }),
    Model("dilated", dilated, {
        "the mean over places taken for a sum": "factor layer missing_mean",
        "ReLU6 cut below only": "wrong_gprime layer",
        "dilation forgotten": "layer some_lines one_column some_entries",
        "depth shared among channels": "wrong_axis layer",
        "mix from the activations": "wrong_A layer",
        "shift averaged over places": "extra_mean factor",
    }),
    Model("splines", splines, {
        "the grid's step forgotten": "factor layer",
        "the base's path forgotten": "lost_path layer",
        "knots one off": "permuted",
        "slopes of the basis for the basis": "wrong_A layer",
        "tanh of the input": "wrong_A layer",
    }),
    Model("generated", generated, {
        "tanh' at A": "gprime_at_A wrong_gprime layer",
        "the generated scale forgotten": "layer",
        "scale from the output of the layer": "wrong_A layer",
        "scale and shift exchanged": "exchanged",
        "shift with the codes rolled": "example_rolled layer",
        "c from the last example": "example_dropped layer bias",
    }),
]  # fmt: skip
