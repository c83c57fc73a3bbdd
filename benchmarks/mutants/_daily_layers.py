"""Daily, one: layers. Linear attention, gated feed-forward nets, graph filters, adapters, experts, scans, excitations."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip


def linear_attention(rng: Rng, S: Slip) -> Parts:
    """Causal linear attention with the feature map elu + 1, by running sums."""
    T, d = 5, 3
    X, Y = rng.standard_normal((T, d)), rng.standard_normal((T, d))
    at = {k: 0.8 * rng.standard_normal((d, d)) for k in ("Wq", "Wk", "Wv")}

    def feature(z: Array) -> Array:
        return np.where(z > 0, z + 1, np.exp(np.minimum(z, 0)))

    def forward(p: Any) -> Any:
        zq, zk, v = X @ p["Wq"], X @ p["Wk"], X @ p["Wv"]
        q, k = feature(zq), feature(zk)
        M = np.cumsum(k[:, :, None] * v[:, None, :], axis=0)
        n = np.cumsum(k, axis=0)
        den = (q * n).sum(axis=1, keepdims=True)
        return zq, zk, v, q, k, M, n, den, np.einsum("td,tde->te", q, M) / den

    def loss(p: Any) -> Any:
        return 0.5 * ((forward(p)[-1] - Y) ** 2).sum() / T

    def gradient(p: Any) -> Any:
        zq, zk, v, q, k, M, n, den, out = forward(p)
        D = (out - Y) / T
        num = D / S("denominator forgotten", den, 1.0)
        dden = -(num * out).sum(axis=1, keepdims=True) * S("normaliser detached", 1.0, 0.0)
        dq = np.einsum("tde,te->td", M, num) + dden * n
        dM, dn = q[:, :, None] * num[:, None, :], dden * q
        if S.on("running sums not reversed"):
            dM, dn = np.cumsum(dM, axis=0), np.cumsum(dn, axis=0)
        else:
            dM, dn = np.cumsum(dM[::-1], axis=0)[::-1], np.cumsum(dn[::-1], axis=0)[::-1]
        dk = np.einsum("tde,te->td", dM, v) + dn
        dv = np.einsum("tde,td->te", dM, S("values weighted by queries", k, q))

        def slope(z: Array) -> Array:
            return np.where(
                z > 0, 1.0, S("elu' of the feature", np.exp(np.minimum(z, 0)), lambda: feature(z) - 1)
            )

        return {"Wq": X.T @ (dq * slope(zq)), "Wk": X.T @ (dk * slope(zk)), "Wv": X.T @ dv}

    return loss, gradient, at


def swiglu_block(rng: Rng, S: Slip) -> Parts:
    """RMS norm, a gated unit with SiLU, a residual, and logits through the tied embedding with a soft cap."""
    m, d, h, V, cap = 6, 4, 5, 7, 5.0
    words, y = rng.integers(0, V, m), rng.integers(0, V, m)
    words[1] = words[0]
    at = {"E": rng.standard_normal((V, d)), "g": 1 + 0.2 * rng.standard_normal(d)}
    at |= {k: 0.6 * rng.standard_normal((d, h)) for k in ("Wg", "Wu")} | {
        "Wd": 0.6 * rng.standard_normal((h, d))
    }

    def forward(p: Any) -> Any:
        x = p["E"][words]
        r = 1 / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-6)
        n = x * r
        a, b = n * p["g"] @ p["Wg"], n * p["g"] @ p["Wu"]
        s = sigmoid(a)
        o = x + (a * s * b) @ p["Wd"]
        t = np.tanh(o @ p["E"].T / cap)
        return x, r, n, a, b, s, o, t

    def loss(p: Any) -> Any:
        Z = cap * forward(p)[-1]
        return (np.logaddexp.reduce(Z, axis=1) - Z[np.arange(m), y]).mean()

    def gradient(p: Any) -> Any:
        x, r, n, a, b, s, o, t = forward(p)
        D = softmax(cap * t)
        D[np.arange(m), y] -= 1
        D = D / m * S("soft cap's slope forgotten", 1 - t**2, 1.0)
        do = D @ p["E"]
        dh = do @ p["Wd"].T
        da = dh * b * S("SiLU's second term forgotten", s + a * s * (1 - s), s)
        db = dh * S("gate without its argument", a * s, s)
        dn = (da @ p["Wg"].T + S("up path lost", 1.0, 0.0) * (db @ p["Wu"].T)) * p["g"]
        dx = S("residual lost", 1.0, 0.0) * do + r * (
            dn - S("norm a constant", 1.0, 0.0) * n * (dn * n).mean(axis=1, keepdims=True)
        )
        E = S("tied output lost", D.T @ o, 0.0) + np.zeros_like(p["E"])
        if S.on("a word that occurs twice counts once"):
            E[words] = E[words] + dx
        else:
            np.add.at(E, words, dx)
        return {
            "E": E,
            "g": ((da @ p["Wg"].T + db @ p["Wu"].T) * S("g from the input", n, x)).sum(axis=0),
            "Wg": (n * p["g"]).T @ da,
            "Wu": (n * p["g"]).T @ db,
            "Wd": (a * s * b).T @ do,
        }

    return loss, gradient, at


def graph_filter(rng: Rng, S: Slip) -> Parts:
    """Chebyshev filters on a ring with a chord, pooled by the maximum over nodes, logistic loss."""
    n, f, h, m = 6, 2, 3, 4
    A = np.roll(np.eye(n), 1, axis=0)
    A[0, 3] = 1.0
    Lap = 0.5 * A / A.sum(axis=1, keepdims=True)  # a directed graph: not symmetric
    X, y = rng.standard_normal((m, n, f)), rng.choice([0.0, 1.0], m)
    at = {"W": rng.standard_normal((3, f, h)), "b": 0.1 * rng.standard_normal(h), "a": rng.standard_normal(h)}
    basis = np.stack([X, Lap @ X, 2 * Lap @ (Lap @ X) - X])

    def forward(p: Any) -> Any:
        Z = np.einsum("kmnf,kfh->mnh", basis, p["W"]) + p["b"]
        H = Lap @ np.tanh(Z)
        return Z, H, H.max(axis=1) @ p["a"]

    def loss(p: Any) -> Any:
        s = forward(p)[-1]
        return (np.logaddexp(0, s) - y * s).mean()

    def gradient(p: Any) -> Any:
        Z, H, s = forward(p)
        d = (sigmoid(s) - y) / m
        dH = np.zeros_like(H)
        np.put_along_axis(dH, H.argmax(axis=1)[:, None], np.outer(d, p["a"])[:, None], axis=1)
        if S.on("all nodes share the maximum's slope"):
            dH = np.repeat(np.outer(d, p["a"])[:, None] / n, n, axis=1)
        dA = S("graph not transposed", Lap.T, Lap) @ dH
        dZ = dA * S("tanh' after the graph", 1 - np.tanh(Z) ** 2, 1 - H**2)
        K = basis.copy()
        if S.on("second polynomial without its minus"):
            K[2] = K[2] + X
        return {
            "W": np.einsum("kmnf,mnh->kfh", K, dZ),
            "b": S("bias over the graphs only", dZ.sum(axis=(0, 1)), dZ.sum(axis=(0, 1)) / n),
            "a": S("a from the mean", H.max(axis=1), H.mean(axis=1)).T @ d,
        }

    return loss, gradient, at


def adapters(rng: Rng, S: Slip) -> Parts:
    """Low-rank adapters beside frozen weights, a fixed dropout mask on their input, GELU, squares."""
    m, n, h, r, alpha = 6, 4, 3, 2, 1.5
    X, Y = rng.standard_normal((m, n)), rng.standard_normal((m, h))
    W0, keep = rng.standard_normal((n, h)), (rng.random((m, n)) < 0.7) / 0.7
    at = {"A": rng.standard_normal((n, r)), "B": 0.3 * rng.standard_normal((r, h)), "b": np.zeros(h)}
    c = np.sqrt(2 / np.pi)

    def forward(p: Any) -> Any:
        D = X * keep
        Z = X @ W0 + alpha / r * (D @ p["A"] @ p["B"]) + p["b"]
        t = np.tanh(c * (Z + 0.044715 * Z**3))
        return D, Z, t, 0.5 * Z * (1 + t) - Y

    def loss(p: Any) -> Any:
        return 0.5 * (forward(p)[-1] ** 2).mean() + 1e-3 * (np.abs(p["A"]).sum() + (p["B"] ** 2).sum())

    def gradient(p: Any) -> Any:
        D, Z, t, e = forward(p)
        inner = c * (1 + S("3 of the cube forgotten", 3, 1) * 0.044715 * Z**2)
        slope = 0.5 * (1 + t) + 0.5 * Z * (1 - t**2) * S("GELU's inner derivative forgotten", inner, 1.0)
        dZ = e * slope / S("averaged over rows only", m * h, m)
        scale = S("alpha forgotten", alpha, 1.0) / r
        D = S("mask forgotten", D, X)
        A = scale * D.T @ (dZ @ p["B"].T) + 1e-3 * S("L2 for L1 on A", np.sign(p["A"]), 2 * p["A"])
        B = scale * (D @ p["A"]).T @ dZ + S("penalty on B forgotten", 2e-3, 0.0) * p["B"]
        return {"A": A, "B": B, "b": dZ.sum(axis=0)}

    return loss, gradient, at


def experts(rng: Rng, S: Slip) -> Parts:
    """Each example goes to its best expert, weighted by the router's probability; a balance loss besides."""
    m, n, E = 8, 3, 3
    X, y = rng.standard_normal((m, n)), rng.standard_normal(m)
    at = {
        "R": rng.standard_normal((n, E)),
        "W": rng.standard_normal((E, n)),
        "c": 0.2 * rng.standard_normal(E),
    }

    def forward(p: Any) -> Any:
        P = softmax(X @ p["R"])
        top = P.argmax(axis=1)
        out = (X * p["W"][top]).sum(axis=1) + p["c"][top]
        gate = P[np.arange(m), top]
        return P, top, out, gate, gate * out - y

    def loss(p: Any) -> Any:
        P, top, *_, e = forward(p)
        return 0.5 * (e**2).mean() + 0.3 * (np.bincount(top, minlength=E) / m * P.mean(axis=0)).sum()

    def gradient(p: Any) -> Any:
        P, top, out, gate, e = forward(p)
        one = np.eye(E)[top]
        dP = (e * out / m)[:, None] * one
        if not S.on("balance forgotten"):
            dP = dP + 0.3 * S("balance summed", 1.0, m) * np.bincount(top, minlength=E) / m / m
        dS = P * (dP - (P * dP).sum(axis=1, keepdims=True))
        if S.on("the router takes the gate for a sigmoid"):
            dS = P * (1 - P) * dP
        dout = e * S("gate forgotten on the way back", gate, 1.0) / m
        W = one.T @ (dout[:, None] * X)
        if S.on("every expert sees every example"):
            W = np.tile(dout @ X, (E, 1))
        return {"R": X.T @ dS, "W": W, "c": one.T @ S("c without its gate", dout, e / m)}

    return loss, gradient, at


def scan(rng: Rng, S: Slip) -> Parts:
    """A diagonal state-space layer with step sizes: exp(-softplus(dt) exp(a)), read out and gated."""
    T, n, h = 7, 2, 3
    X, y = rng.standard_normal((T, n)), rng.standard_normal(T)
    at = {"a": 0.3 * rng.standard_normal(h), "dt": 0.3 * rng.standard_normal(h) - 0.5}
    at |= {"B": rng.standard_normal((n, h)), "C": rng.standard_normal(h), "D": 0.5 * rng.standard_normal(n)}

    def forward(p: Any) -> Any:
        step = np.logaddexp(0, p["dt"])
        decay = np.exp(-step * np.exp(p["a"]))
        s = [np.zeros(h)]
        for t in range(T):
            s.append(decay * s[-1] + step * (X[t] @ p["B"]))
        s = np.array(s)
        return step, decay, s, s[1:] @ p["C"] + X @ p["D"] - y

    def loss(p: Any) -> Any:
        return 0.5 * (forward(p)[-1] ** 2).mean()

    def gradient(p: Any) -> Any:
        step, decay, s, e = forward(p)
        e = e / T
        ds, ddecay, dstep, B = np.zeros(h), np.zeros(h), np.zeros(h), np.zeros_like(p["B"])
        for t in range(T - 1, -1, -1):
            ds = e[t] * p["C"] + S("state not carried back", decay, 0.0) * ds
            ddecay = ddecay + ds * S("the state after the step", s[t], s[t + 1])
            dstep = dstep + S("step of the input forgotten", 1.0, 0.0) * ds * (X[t] @ p["B"])
            B = B + np.outer(X[t], ds * S("B without the step", step, 1.0))
        rate = np.exp(p["a"])
        dstep = dstep - S("step of the decay forgotten", 1.0, 0.0) * ddecay * decay * rate
        a = -ddecay * decay * step * S("exp' forgotten", rate, 1.0)
        return {
            "a": a,
            "dt": dstep * S("sigmoid of the step", sigmoid(p["dt"]), lambda: sigmoid(step)),
            "B": B,
            "C": S("C from the states before", s[1:], s[:-1]).T @ e,
            "D": X.T @ e,
        }

    return loss, gradient, at


def excitation(rng: Rng, S: Slip) -> Parts:
    """Squeeze and excitation: channels gated by their means through a bottleneck; average pooling by two after it."""
    m, C, L, r = 3, 4, 6, 2
    X, Y = rng.standard_normal((m, C, L)), rng.standard_normal((m, C, L // 2))
    at = {"scale": 1 + 0.3 * rng.standard_normal((C, 1)), "W1": rng.standard_normal((C, r))}
    at |= {"W2": rng.standard_normal((r, C)), "b2": 0.1 * rng.standard_normal(C)}

    def forward(p: Any) -> Any:
        U = X * p["scale"] + 0.1 * X**2
        q = U.mean(axis=2)
        z = q @ p["W1"]
        a = np.where(z > 0, z, 0)
        g = sigmoid(a @ p["W2"] + p["b2"])
        out = (U * g[:, :, None]).reshape(m, C, L // 2, 2).mean(axis=3)
        return U, q, z, a, g, out - Y

    def loss(p: Any) -> Any:
        return 0.5 * (forward(p)[-1] ** 2).sum() / m

    def gradient(p: Any) -> Any:
        U, q, z, a, g, e = forward(p)
        dV = np.repeat(e / m, 2, axis=2) / S("pooling's half forgotten", 2, 1)
        dg = (dV * U).sum(axis=2)
        dz2 = dg * S("sigmoid' forgotten", g * (1 - g), 1.0)
        dz1 = dz2 @ p["W2"].T * S("ReLU' at the output", z > 0, lambda: dz2 @ p["W2"].T > 0)
        dq = dz1 @ p["W1"].T
        dU = dV * g[:, :, None] + S("squeeze's path lost", 1.0, 0.0) * dq[:, :, None] / S(
            "1/L forgotten", L, 1
        )
        scale = (dU * S("scale from the gated", X, U)).sum(axis=(0, 2))[:, None]
        return {"scale": scale, "W1": q.T @ dz1, "W2": a.T @ dz2, "b2": dz2.sum(axis=0)}

    return loss, gradient, at


LAYERS = [
    Model("linear attention", linear_attention, {
        "denominator forgotten": "layer example_weights lost_path",
        "normaliser detached": "lost_path layer",
        "running sums not reversed": "layer example_dropped lost_path",
        "values weighted by queries": "wrong_A layer",
        "elu' of the feature": "wrong_gprime layer gprime_at_A",
    }),
    Model("swiglu block", swiglu_block, {
        "soft cap's slope forgotten": "missing_gprime output layer lost_path",
        "SiLU's second term forgotten": "wrong_gprime layer",
        "gate without its argument": "wrong_A layer wrong_gprime",
        "up path lost": "lost_path layer some_lines",
        "residual lost": "lost_path layer some_lines",
        "norm a constant": "lost_path layer",
        "tied output lost": "lost_path layer",
        "a word that occurs twice counts once": "some_lines one_row one_column layer",
        "g from the input": "wrong_A layer bias inner_derivative example_weights",
    }),
    Model("graph filter", graph_filter, {
        "all nodes share the maximum's slope": "layer output lost_path",
        "graph not transposed": "transpose layer wrong_W",
        "tanh' after the graph": "gprime_at_A wrong_gprime layer",
        "second polynomial without its minus": "wrong_A layer some_lines one_row some_entries",
        "bias over the graphs only": "factor extra_mean bias wrong_axis",
        "a from the mean": "wrong_A layer unknown",
    }),
    Model("adapters", adapters, {
        "3 of the cube forgotten": "wrong_gprime layer",
        "GELU's inner derivative forgotten": "wrong_gprime inner_derivative layer",
        "averaged over rows only": "factor l2_scale layer missing_mean",
        "alpha forgotten": "factor layer inner_derivative",
        "mask forgotten": "wrong_A layer dropout",
        "L2 for L1 on A": "wrong_penalty",
        "penalty on B forgotten": "missing_l2 l2_scale",
    }),
    Model("routed experts", experts, {
        "balance forgotten": "lost_path layer output",
        "balance summed": "layer lost_path output",
        "the router takes the gate for a sigmoid": "softmax_diagonal lost_path layer",
        "gate forgotten on the way back": "example_weights inner_derivative layer line_factors lost_path",
        "every expert sees every example": "layer wrong_axis unknown example_dropped",
        "c without its gate": "example_weights bias layer line_factors inner_derivative",
    }),
    Model("state-space scan", scan, {
        "state not carried back": "lost_path layer",
        "the state after the step": "wrong_A layer example_rolled",
        "step of the input forgotten": "lost_path layer",
        "B without the step": "inner_derivative line_factors layer",
        "step of the decay forgotten": "lost_path layer",
        "exp' forgotten": "inner_derivative line_factors",
        "sigmoid of the step": "wrong_gprime inner_derivative line_factors layer gprime_at_A",
        "C from the states before": "wrong_A example_rolled layer",
    }),
    Model("excitation", excitation, {
        "pooling's half forgotten": "factor",
        "sigmoid' forgotten": "missing_gprime layer",
        "ReLU' at the output": "wrong_gprime layer",
        "squeeze's path lost": "lost_path layer",
        "1/L forgotten": "missing_mean factor layer lost_path",
        "scale from the gated": "wrong_A layer line_factors inner_derivative",
    }),
]  # fmt: skip
