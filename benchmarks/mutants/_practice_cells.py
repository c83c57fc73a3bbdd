"""Practice, one: recurrent cells, normalisation, attention, convolution. Examples are rows, as frameworks have them."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _slips import Model, Parts, Slip

Rng = np.random.Generator


def sigmoid(z: Array) -> Array:
    return 0.5 * (1 + np.tanh(0.5 * z))


def softmax(z: Array, axis: int = -1) -> Array:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def lstm(rng: Rng, S: Slip) -> Parts:
    T, m, n, h = 4, 3, 3, 4
    X, target = rng.standard_normal((T, m, n)), rng.standard_normal((m, h))
    at = {
        "W_x": 0.6 * rng.standard_normal((n, 4 * h)),
        "W_h": 0.6 * rng.standard_normal((h, 4 * h)),
        "b": 0.3 * rng.standard_normal(4 * h),
    }

    def forward(p: Any) -> tuple[Array, list[Any]]:
        H, C, steps = np.zeros((m, h)), np.zeros((m, h)), []
        for t in range(T):
            Z = X[t] @ p["W_x"] + H @ p["W_h"] + p["b"]
            i, f, o = (sigmoid(Z[:, k * h : (k + 1) * h]) for k in range(3))
            g = np.tanh(Z[:, 3 * h :])
            C_new = f * C + i * g
            steps.append((H, C, i, f, o, g, C_new))
            H, C = o * np.tanh(C_new), C_new
        return H, steps

    def gradient(p: Any) -> Any:
        H, steps = forward(p)
        dH, dC = (H - target) / m, np.zeros((m, h))
        grads = {k: np.zeros_like(v) for k, v in p.items()}
        for t in reversed(range(S("the first step is left out of the loop", 0, 1), T)):
            H_prev, C_prev, i, f, o, g, C = steps[t]
            tc = np.tanh(C)
            dC = S("the cell's own path is cut", dC, 0.0) + dH * o * S(
                "tanh' of the cell forgotten", 1 - tc**2, 1.0
            )
            df = dC * S("C where C_prev belongs", C_prev, C)
            gates = [
                dC * g * i * (1 - i),
                df * S("the forget gate's slope is tanh's", f * (1 - f), 1 - f**2),
                dH * tc * S("the output gate's slope forgotten", o * (1 - o), 1.0),
                dC * i * (1 - g**2),
            ]
            if S.on("two gates exchanged"):
                gates[0], gates[1] = gates[1], gates[0]
            dZ = np.concatenate(gates, axis=1)
            grads["W_x"] += X[t].T @ dZ
            grads["W_h"] += S("H where H_prev belongs", H_prev, o * tc).T @ dZ
            grads["b"] += dZ.sum(axis=0)
            if S.on("b gets the last step only"):
                grads["b"] = dZ.sum(axis=0)
            dH = S("the path through W_h is cut", 1.0, 0.0) * (dZ @ p["W_h"].T)
            dC = dC * S("the cell goes back through i, not f", f, i)
        return grads

    return lambda p: float(0.5 * ((forward(p)[0] - target) ** 2).sum() / m), gradient, at


def gru(rng: Rng, S: Slip) -> Parts:
    T, m, n, h = 3, 4, 2, 3
    X, labels = rng.standard_normal((T, m, n)), rng.integers(0, h, m)
    at = {k: 0.7 * rng.standard_normal((n, h)) for k in ("Wz", "Wr", "Wn")}
    at |= {k: 0.7 * rng.standard_normal((h, h)) for k in ("Uz", "Ur", "Un")}
    at |= {k: 0.2 * rng.standard_normal(h) for k in ("bz", "br", "bn")}

    def forward(p: Any) -> tuple[Array, list[Any]]:
        H, steps = np.zeros((m, h)), []
        for t in range(T):
            z = sigmoid(X[t] @ p["Wz"] + H @ p["Uz"] + p["bz"])
            r = sigmoid(X[t] @ p["Wr"] + H @ p["Ur"] + p["br"])
            q = H @ p["Un"]
            c = np.tanh(X[t] @ p["Wn"] + r * q + p["bn"])
            steps.append((H, z, r, q, c))
            H = (1 - z) * c + z * H
        return H, steps

    def loss(p: Any) -> float:
        H = forward(p)[0]
        return float((np.log(np.exp(H).sum(axis=1)) - H[np.arange(m), labels]).mean())

    def gradient(p: Any) -> Any:
        H, steps = forward(p)
        dH = softmax(H)
        dH[np.arange(m), labels] -= 1
        dH /= S("the mean over the examples forgotten", m, 1)
        grads = {k: np.zeros_like(v) for k, v in p.items()}
        for t in reversed(range(T)):
            H_prev, z, r, q, c = steps[t]
            dc = dH * S("z where 1 - z belongs", 1 - z, z) * (1 - c * c)
            dz = dH * S("the update gate's sign", H_prev - c, c - H_prev) * z * (1 - z)
            dr = dc * q * S("the reset gate's slope squared", r * (1 - r), (r * (1 - r)) ** 2)
            for k, d in (("z", dz), ("r", dr), ("n", dc)):
                grads["W" + k] += X[t].T @ d
                grads["b" + k] += d.sum(axis=0)
                grads["U" + k] += H_prev.T @ (
                    d * r if k == "n" and not S.on("the reset gate missing in dUn") else d
                )
            carried = (
                dz @ p["Uz"].T
                + dr @ p["Ur"].T
                + (dc * S("the reset gate missing on the way back", r, 1)) @ p["Un"].T
            )
            dH = carried + S("the direct path z·H forgotten", dH * z, 0.0)
        if S.on("dUz and dUr exchanged"):
            grads["Uz"], grads["Ur"] = grads["Ur"], grads["Uz"]
        return grads

    return loss, gradient, at


def batch_norm(rng: Rng, S: Slip) -> Parts:
    m, n = 9, 4
    R, T = rng.standard_normal((n, 2)), rng.standard_normal((m, 2))
    at = {
        "x": rng.standard_normal((m, n)) + 1.0,
        "gamma": 1 + 0.4 * rng.standard_normal(n),
        "beta": rng.standard_normal(n),
    }

    def parts(p: Any) -> tuple[Array, Array]:
        c = p["x"] - p["x"].mean(axis=0)
        inv = 1 / np.sqrt((c * c).mean(axis=0) + 1e-3)
        return c, inv

    def out(p: Any) -> Array:
        c, inv = parts(p)
        return np.tanh((p["gamma"] * c * inv + p["beta"]) @ R)

    def gradient(p: Any) -> Any:
        c, inv = parts(p)
        y = out(p)
        dy = ((y - T) * (1 - y * y)) @ R.T
        hat = c * inv
        d = dy * S("gamma forgotten in dx", p["gamma"], 1.0)
        mean = S("the mean's path cut", d.mean(axis=0), 0.0)
        spread = S("the variance's path cut", hat * (d * hat).mean(axis=0), 0.0)
        spread = spread * S("the variance of n - 1 in one pass", 1.0, m / (m - 1))
        if S.on("the mean taken over the features"):
            mean = d.mean(axis=1, keepdims=True)
        dx = inv * (d - mean - spread)
        return {
            "x": S("the statistics taken for constants", dx, inv * d),
            "gamma": (dy * S("c for x_hat in dgamma", hat, c)).sum(axis=0),
            "beta": S("dbeta averaged", dy.sum(axis=0), dy.mean(axis=0)),
        }

    return lambda p: float(0.5 * ((out(p) - T) ** 2).sum()), gradient, at


def attention(rng: Rng, S: Slip) -> Parts:
    b, t, n, heads = 2, 4, 6, 2
    d = n // heads
    X, T = rng.standard_normal((b, t, n)), rng.standard_normal((b, t, n))
    at = {k: rng.standard_normal((n, n)) / 2 for k in ("Wq", "Wk", "Wv", "Wo")} | {
        "bo": 0.1 * rng.standard_normal(n)
    }
    mask = np.triu(np.full((t, t), -1e9), 1)

    def split(Z: Array) -> Array:
        return Z.reshape(b, t, heads, d).transpose(0, 2, 1, 3)

    def join(Z: Array) -> Array:
        return Z.transpose(0, 2, 1, 3).reshape(b, t, n)

    def forward(p: Any) -> Any:
        Q, K, V = (split(X @ p[k]) for k in ("Wq", "Wk", "Wv"))
        P = softmax(Q @ K.swapaxes(2, 3) / np.sqrt(d) + mask)
        J = join(P @ V)
        return Q, K, V, P, J, J @ p["Wo"] + p["bo"] + X

    def gradient(p: Any) -> Any:
        Q, K, V, P, J, O = forward(p)
        dO = (O - T) / b
        dA = split(dO @ p["Wo"].T)
        dV = P.swapaxes(2, 3) @ dA
        dP = dA @ V.swapaxes(2, 3)
        row = (dP * P).sum(axis=-1, keepdims=True)
        if S.on("softmax's sum over the queries"):
            row = (dP * P).sum(axis=-2, keepdims=True)
        dS = P * (dP - S("softmax's sum forgotten", row, 0.0))
        dS = dS / S("the scale forgotten", np.sqrt(d), 1.0)
        dQ, dK = dS @ K, dS.swapaxes(2, 3) @ Q
        if S.on("dK from dS untransposed"):
            dK = dS @ Q
        flat = X.reshape(-1, n)
        if S.on("heads joined without the transpose"):
            dV = dV.reshape(b, t, n).reshape(b, heads, t, d)

        def weights(D: Array) -> Array:
            return flat.T @ join(D).reshape(-1, n)

        grads = {
            "Wq": weights(dQ),
            "Wk": weights(dK),
            "Wv": weights(dV),
            "Wo": np.einsum("bti,btj->ij", J, dO),
            "bo": dO.sum(axis=(0, 1)),
        }
        if S.on("dWq and dWk exchanged"):
            grads["Wq"], grads["Wk"] = grads["Wk"], grads["Wq"]
        if S.on("bo summed over one sequence"):
            grads["bo"] = dO[0].sum(axis=0)
        if S.on("dWo transposed"):
            grads["Wo"] = grads["Wo"].T
        return grads

    return lambda p: float(0.5 * ((forward(p)[-1] - T) ** 2).sum() / b), gradient, at


def convolution(rng: Rng, S: Slip) -> Parts:
    """Two strided, padded convolutions in NHWC by loops, ReLU between, a global mean and a linear classifier."""
    B, H, c_in, c_mid, k = 2, 7, 2, 3, 3
    X, labels = rng.standard_normal((B, H, H, c_in)), rng.integers(0, 3, B)
    at = {
        "K1": 0.5 * rng.standard_normal((k, k, c_in, c_mid)),
        "b1": 0.2 * rng.standard_normal(c_mid),
        "K2": 0.5 * rng.standard_normal((k, k, c_mid, c_mid)),
        "b2": 0.2 * rng.standard_normal(c_mid),
        "V": rng.standard_normal((c_mid, 3)),
    }

    def conv(A: Array, K: Array, stride: int) -> Array:
        P = np.pad(A, ((0, 0), (1, 1), (1, 1), (0, 0)))
        n = (P.shape[1] - k) // stride + 1
        out = np.zeros((A.shape[0], n, n, K.shape[3]), dtype=np.result_type(A, K))
        for u in range(k):
            for v in range(k):
                out += P[:, u : u + stride * n : stride, v : v + stride * n : stride] @ K[u, v]
        return out

    def conv_back(A: Array, K: Array, dZ: Array, stride: int, first: bool) -> tuple[Array, Array]:
        P = np.pad(A, ((0, 0), (1, 1), (1, 1), (0, 0)))
        dP, dK, n = np.zeros_like(P, dtype=dZ.dtype), np.zeros_like(K), dZ.shape[1]
        back = K[::-1, ::-1] if S.on("the kernel turned on the way back") and not first else K
        for u in range(k):
            for v in range(k):
                rows, cols = slice(u, u + stride * n, stride), slice(v, v + stride * n, stride)
                dP[:, rows, cols] += dZ @ back[u, v].T
                dK[u, v] = np.einsum("bijc,bijd->cd", P[:, rows, cols], dZ)
        inner = dP[:, 1:-1, 1:-1] if not S.on("the padding cropped at one side only") else dP[:, 2:, 2:]
        return inner, dK

    def forward(p: Any) -> Any:
        Z1 = conv(X, p["K1"], 2) + p["b1"]
        A1 = np.maximum(Z1, 0)
        Z2 = conv(A1, p["K2"], 1) + p["b2"]
        A2 = np.tanh(Z2)
        G = A2.mean(axis=(1, 2))
        return Z1, A1, A2, G, G @ p["V"]

    def loss(p: Any) -> float:
        L = forward(p)[-1]
        return float((np.log(np.exp(L).sum(axis=1)) - L[np.arange(B), labels]).mean())

    def gradient(p: Any) -> Any:
        Z1, A1, A2, G, L = forward(p)
        dL = softmax(L)
        dL[np.arange(B), labels] -= 1
        dL /= B
        area = S("the pooled mean's 1/area forgotten", A2.shape[1] * A2.shape[2], 1)
        dA2 = np.broadcast_to((dL @ p["V"].T)[:, None, None] / area, A2.shape)
        dZ2 = dA2 * (1 - A2**2)
        dA1, dK2 = conv_back(A1, p["K2"], dZ2, 1, False)
        dZ1 = dA1 * S("relu's slope from A >= 0", Z1 > 0, A1 >= 0)
        _, dK1 = conv_back(X, p["K1"], dZ1, 2, True)
        return {
            "K1": S("dK1 turned by 180 degrees", dK1, dK1[::-1, ::-1]),
            "b1": S(
                "db1 averaged over the image", dZ1.sum(axis=(0, 1, 2)), dZ1.mean(axis=(1, 2)).sum(axis=0)
            ),
            "K2": S("rows and columns of dK2 exchanged", dK2, dK2.swapaxes(0, 1)),
            "b2": dZ2.sum(axis=(0, 1, 2)),
            "V": S("the channels of dV rolled", G.T @ dL, np.roll(G, 1, axis=1).T @ dL),
        }

    return loss, gradient, at


CELLS = [
    Model("lstm", lstm, {
        "the first step is left out of the loop": "lost_path layer",
        "the cell's own path is cut": "lost_path layer",
        "tanh' of the cell forgotten": "missing_gprime layer",
        "C where C_prev belongs": "wrong_A layer",
        "the forget gate's slope is tanh's": "wrong_gprime layer",
        "the output gate's slope forgotten": "missing_gprime layer",
        "two gates exchanged": "permuted layer",
        "H where H_prev belongs": "wrong_A layer",
        "b gets the last step only": "lost_path bias layer",
        "the path through W_h is cut": "lost_path layer",
        "the cell goes back through i, not f": "wrong_W layer",
    }),
    Model("gru", gru, {
        "the mean over the examples forgotten": "missing_mean",
        "z where 1 - z belongs": "wrong_gprime layer",
        "the update gate's sign": "sign layer",
        "the reset gate's slope squared": "squared_gprime layer",
        "the reset gate missing in dUn": "wrong_A layer",
        "the reset gate missing on the way back": "wrong_W layer",
        "the direct path z·H forgotten": "lost_path layer",
        "dUz and dUr exchanged": "exchanged",
    }),
    Model("batch norm", batch_norm, {
        "gamma forgotten in dx": "line_factors inner_derivative layer",
        "the mean's path cut": "lost_path",
        "the variance's path cut": "lost_path",
        "the variance of n - 1 in one pass": "lost_path",
        "the mean taken over the features": "wrong_axis lost_path layer",
        "the statistics taken for constants": "lost_path",
        "c for x_hat in dgamma": "line_factors wrong_A layer",
        "dbeta averaged": "extra_mean",
    }),
    Model("attention", attention, {
        "softmax's sum over the queries": "wrong_axis layer",
        "softmax's sum forgotten": "softmax_diagonal lost_path layer",
        "the scale forgotten": "factor",
        "dK from dS untransposed": "transpose layer",
        "heads joined without the transpose": "reshape layer",
        "dWq and dWk exchanged": "exchanged",
        "bo summed over one sequence": "example_dropped bias layer",
        "dWo transposed": "transpose",
    }),
    Model("convolution", convolution, {
        "the kernel turned on the way back": "permuted wrong_W layer",
        "the padding cropped at one side only": "permuted layer",
        "the pooled mean's 1/area forgotten": "missing_mean factor",
        "relu's slope from A >= 0": "wrong_gprime layer missing_gprime",
        "dK1 turned by 180 degrees": "permuted",
        "db1 averaged over the image": "extra_mean factor",
        "rows and columns of dK2 exchanged": "transpose",
        "the channels of dV rolled": "permuted example_rolled",
    }),
]  # fmt: skip
