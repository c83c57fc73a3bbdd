"""Applied, one: layers. Rotary attention, instance norm, depthwise kernels, masked recurrences, spectra, integrators."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip


def rotary(rng: Rng, S: Slip) -> Parts:
    """Causal attention of one head with rotary positions, a residual, and a mean square at the end."""
    T, d = 5, 4
    X, Y = rng.standard_normal((T, d)), rng.standard_normal((T, d))
    angle = np.arange(T)[:, None] * np.array([1.0, 0.1])
    c, s = np.cos(angle), np.sin(angle)
    future = np.triu(np.ones((T, T), dtype=bool), 1)
    at = {k: 0.6 * rng.standard_normal((d, d)) for k in ("Wq", "Wk", "Wv", "Wo")}

    def turn(A: Array, sign: float = 1.0) -> Array:
        a, b = A[:, :2], A[:, 2:]
        return np.concatenate([a * c - sign * b * s, sign * a * s + b * c], axis=1)

    def forward(p: Any) -> Any:
        q, k, v = turn(X @ p["Wq"]), turn(X @ p["Wk"]), X @ p["Wv"]
        P = softmax(np.where(future, -1e9, q @ k.T / 2.0))
        return q, k, v, P, P @ v

    def loss(p: Any) -> Any:
        return 0.5 * ((X + forward(p)[-1] @ p["Wo"] - Y) ** 2).mean()

    def gradient(p: Any) -> Any:
        q, k, v, P, H = forward(p)
        D = (X + H @ p["Wo"] - Y) / S("divided by the rows, not by all entries", T * d, T)
        dH = D @ S("Wo not transposed", p["Wo"].T, p["Wo"])
        dP = dH @ v.T
        dS = P * (dP - S("softmax's sum forgotten", 1.0, 0.0) * (P * dP).sum(axis=1, keepdims=True))
        dS = dS / S("the 1/sqrt(d) forgotten", 2.0, 1.0)
        back = S("rotated the same way back", -1.0, 1.0)
        dq, dk = turn(dS @ k, back), turn(S("scores not transposed", dS.T, dS) @ q, back)
        if S.on("keys not rotated back"):
            dk = dS.T @ q
        return {"Wq": X.T @ dq, "Wk": X.T @ dk, "Wv": X.T @ (P.T @ dH), "Wo": H.T @ D}

    return loss, gradient, at


def instance_norm(rng: Rng, S: Slip) -> Parts:
    """Instance normalisation of (N, C, L), with scale and shift, then softplus and a channel readout."""
    N, C, L, eps = 3, 2, 6, 1e-5
    X, y = rng.standard_normal((N, C, L)), rng.standard_normal(N)
    at = {"mix": rng.standard_normal((C, C)), "gamma": 1 + 0.3 * rng.standard_normal((C, 1))}
    at |= {"beta": 0.3 * rng.standard_normal((C, 1)), "out": rng.standard_normal((C, L)) / 2}

    def forward(p: Any) -> Any:
        U = np.einsum("dc,ncl->ndl", p["mix"], X)
        centred = U - U.mean(axis=2, keepdims=True)
        r = 1 / np.sqrt((centred**2).mean(axis=2, keepdims=True) + eps)
        V = p["gamma"] * centred * r + p["beta"]
        A = np.logaddexp(0, V)
        return r, centred * r, V, A, (A * p["out"]).sum(axis=(1, 2)) - y

    def loss(p: Any) -> Any:
        return 0.5 * (forward(p)[-1] ** 2).mean()

    def gradient(p: Any) -> Any:
        r, hat, V, A, e = forward(p)
        e = e / S("not averaged", N, 1)
        dV = e[:, None, None] * p["out"] * S("softplus' forgotten", sigmoid(V), 1.0)
        dhat = dV * S("gamma forgotten on the way back", p["gamma"], 1.0)
        if S.on("statistics over the batch axis"):
            dU = r * (dhat - dhat.mean(axis=0) - hat * (dhat * hat).mean(axis=0))
        else:
            dU = dhat - S("the mean's path forgotten", 1.0, 0.0) * dhat.mean(axis=2, keepdims=True)
            dU = dU - S("the variance's path forgotten", 1.0, 0.0) * hat * (dhat * hat).mean(
                axis=2, keepdims=True
            )
            dU = r * dU
        gamma = (dV * S("gamma from the shifted output", hat, V)).sum(axis=(0, 2))
        return {
            "mix": np.einsum("ndl,ncl->dc", dU, X),
            "gamma": gamma[:, None],
            "beta": S("beta averaged over positions", dV.sum(axis=(0, 2)), dV.mean(axis=2).sum(axis=0))[
                :, None
            ],
            "out": np.einsum("n,ncl->cl", e, A),
        }

    return loss, gradient, at


def depthwise(rng: Rng, S: Slip) -> Parts:
    """Depthwise then pointwise convolution of a sequence, stride 2, zero padding, leaky ReLU between."""
    N, C, L, K, D = 2, 3, 9, 3, 2
    X, Y = rng.standard_normal((N, C, L)), rng.standard_normal((N, D, 5))
    at = {
        "k": rng.standard_normal((C, K)),
        "b": 0.2 * rng.standard_normal(C),
        "P": rng.standard_normal((D, C)),
    }
    padded = np.pad(X, ((0, 0), (0, 0), (1, 1)))
    windows = np.stack([padded[:, :, i : i + 9 : 2] for i in range(K)], axis=-1)

    def forward(p: Any) -> Any:
        Z = np.einsum("nclk,ck->ncl", windows, p["k"]) + p["b"][:, None]
        A = np.where(Z > 0, Z, 0.1 * Z)
        return Z, A, np.einsum("dc,ncl->ndl", p["P"], A) - Y

    def loss(p: Any) -> Any:
        return 0.5 * (forward(p)[-1] ** 2).sum() / N

    def gradient(p: Any) -> Any:
        Z, A, E = forward(p)
        E = E / N
        dA = np.einsum("dc,ndl->ncl", p["P"], E)
        dZ = dA * np.where(Z > 0, 1.0, S("the leak of another layer", 0.1, 0.01))
        if S.on("the sign of the output decides"):
            dZ = dA * np.where(dA > 0, 1.0, 0.1)
        taps = windows[..., ::-1] if S.on("kernel flipped") else windows
        dk = np.einsum("nclk,ncl->ck", taps, dZ)
        if S.on("the padded border left out"):
            dk = np.einsum("nclk,ncl->ck", windows[:, :, 1:-1], dZ[:, :, 1:-1])
        if S.on("one kernel's gradient for all channels"):
            dk = np.tile(dk.mean(axis=0), (C, 1))
        return {"k": dk, "b": dZ.sum(axis=(0, 2)), "P": np.einsum("ndl,ncl->dc", E, A)}

    return loss, gradient, at


def masked_recurrence(rng: Rng, S: Slip) -> Parts:
    """A minimal gated unit over sequences of different lengths: past its end a state stands still."""
    m, T, n, h = 4, 5, 2, 3
    X, y = rng.standard_normal((T, m, n)), rng.standard_normal(m)
    alive = (np.arange(T)[:, None] < np.array([5, 3, 1, 4]))[:, :, None]
    at = {k: 0.6 * rng.standard_normal((n + h, h)) for k in ("Wf", "Wc")}
    at |= {"bf": np.ones(h), "v": rng.standard_normal(h)}

    def forward(p: Any) -> Any:
        H, kept = np.zeros((m, h)), []
        for t in range(T):
            xh = np.concatenate([X[t], H], axis=1)
            f = sigmoid(xh @ p["Wf"] + p["bf"])
            xr = np.concatenate([X[t], f * H], axis=1)
            c = np.tanh(xr @ p["Wc"])
            kept.append((H, xh, f, xr, c))
            H = np.where(alive[t], (1 - f) * H + f * c, H)
        return H, kept

    def loss(p: Any) -> Any:
        return 0.5 * ((forward(p)[0] @ p["v"] - y) ** 2).mean()

    def gradient(p: Any) -> Any:
        H, kept = forward(p)
        e = (H @ p["v"] - y) / m
        g = {k: np.zeros_like(v) for k, v in p.items()}
        g["v"] = H.T @ e
        dH = np.outer(e, p["v"])
        steps = range(T - 1, S("the first step left out", -1, 0), -1)
        for t in steps:
            H0, xh, f, xr, c = kept[t]
            d = dH * (1.0 if S.on("padding takes part") else alive[t])
            rest = dH * 0 if S.on("the standing state forgotten") else dH * ~alive[t]
            dc = d * f * (1 - c**2)
            dxr = dc @ p["Wc"].T
            df = d * S("the old state forgotten in the gate", c - H0, c)
            df = df + S("the reset's path into the gate lost", 1.0, 0.0) * dxr[:, n:] * H0
            df = df * f * (1 - f)
            g["Wc"] += xr.T @ dc
            g["Wf"] += xh.T @ df
            g["bf"] += df.sum(axis=0)
            dH = (
                rest
                + d * (1 - f)
                + dxr[:, n:] * f
                + S("recurrent gate weights lost", 1.0, 0.0) * (df @ p["Wf"].T)[:, n:]
            )
        return g

    return loss, gradient, at


def spectral_filter(rng: Rng, S: Slip) -> Parts:
    """A filter learnt in the frequency domain, real and imaginary parts, after it a bounded nonlinearity."""
    m, n = 4, 8
    X, Y = rng.standard_normal((m, n)), rng.standard_normal((m, n)) / 2
    at = {"re": rng.standard_normal(n // 2 + 1), "im": rng.standard_normal(n // 2 + 1), "bias": np.zeros(n)}
    F = np.fft.rfft(X, axis=1)

    def forward(p: Any) -> Any:
        return np.arctan(np.fft.irfft(F * (p["re"] + 1j * p["im"]), n, axis=1) + p["bias"])

    def loss(p: Any) -> Any:
        return ((forward(p) - Y) ** 2).sum() / (2 * m)

    def gradient(p: Any) -> Any:
        A = forward(p)
        dZ = (A - Y) / m * S("arctan' of the output", 1 / (1 + np.tan(A) ** 2), lambda: 1 / (1 + A**2))
        weight = np.full(n // 2 + 1, S("half the spectrum counted once", 2.0, 1.0))
        weight[0] = weight[-1] = 1.0
        G = weight * np.fft.rfft(dZ, axis=1) / S("1/n of the inverse transform forgotten", n, 1)
        G = (S("conjugate forgotten", np.conj(F), F) * G).sum(axis=0)
        return {"re": G.real, "im": S("sign of the imaginary part", G.imag, -G.imag), "bias": dZ.sum(axis=0)}

    def real_edges(p: Any) -> Any:  # irfft drops the imaginary part of the first and the last coefficient
        g = gradient(p)
        g["im"] = g["im"] * np.r_[0.0, np.ones(n // 2 - 1), 0.0]
        return g

    return loss, real_edges, at


def integrator(rng: Rng, S: Slip) -> Parts:
    """Four steps of Heun's method through a small vector field, differentiated step by step."""
    m, n, dt, steps = 5, 3, 0.3, 4
    X, Y = rng.standard_normal((m, n)), rng.standard_normal((m, n))
    at = {"W": 0.7 * rng.standard_normal((n, n)), "b": 0.3 * rng.standard_normal(n), "rate": np.array(0.8)}

    def field(x: Array, p: Any) -> Array:
        return np.tanh(x @ p["W"] + p["b"]) - p["rate"] * x

    def states(p: Any) -> list[Array]:
        x = [X + 0 * p["rate"]]
        for _ in range(steps):
            k1 = field(x[-1], p)
            x.append(x[-1] + dt / 2 * (k1 + field(x[-1] + dt * k1, p)))
        return x

    def loss(p: Any) -> Any:
        return 0.5 * ((states(p)[-1] - Y) ** 2).sum() / m + 0.05 * (p["W"] ** 2).sum()

    def gradient(p: Any) -> Any:
        xs = states(p)
        g = {"W": S("penalty's half forgotten", 0.1, 0.05) * p["W"], "b": 0 * p["b"], "rate": 0 * p["rate"]}

        def pull(x: Array, dk: Array) -> Array:
            dz = dk * (1 - np.tanh(x @ p["W"] + p["b"]) ** 2)
            g["W"] = g["W"] + x.T @ dz
            g["b"] = g["b"] + dz.sum(axis=0)
            g["rate"] = g["rate"] - S("the rate's x forgotten", (dk * x).sum(), dk.sum())
            return dz @ p["W"].T - S("decay lost on the way back", p["rate"], 0.0) * dk

        dx = (xs[-1] - Y) / m
        for x in xs[-2::-1]:
            k1 = field(x, p)
            through = pull(x + dt * k1, dt / 2 * dx)
            inner = S("the second stage's dt forgotten", dt, 1.0) * through
            if S.on("stages taken for independent"):
                inner = 0 * inner
            dx = dx + through + pull(x, dt / 2 * dx + inner)
        return g

    return loss, gradient, at


def spectral_norm(rng: Rng, S: Slip) -> Parts:
    """W over its norm by a fixed u and v, as frameworks treat the power iteration, in a critic with a hinge."""
    m, n, h = 10, 4, 3
    X, y = rng.standard_normal((m, n)), rng.choice([-1.0, 1.0], m)
    u, v = rng.standard_normal(n), rng.standard_normal(h)
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    W = rng.standard_normal((n, h)) + 2 * np.outer(u, v)
    at = {"W": W, "a": rng.standard_normal(h)}

    def forward(p: Any) -> Any:
        sigma = u @ p["W"] @ v
        Z = X @ p["W"] / sigma
        A = np.maximum(Z, 0)
        return sigma, Z, A, 1 - y * (A @ p["a"])

    def loss(p: Any) -> Any:
        return np.maximum(0, forward(p)[-1]).mean()

    def gradient(p: Any) -> Any:
        sigma, Z, A, slack = forward(p)
        d = -y * (slack > S("margin of the hinge forgotten", 0, 1)) / m
        dZ = np.outer(d, p["a"]) * S("ReLU' forgotten", Z > 0, 1.0)
        direct = X.T @ dZ / S("1/sigma forgotten", sigma, 1.0)
        lost = (dZ * Z).sum() / sigma * np.outer(u, v)
        return {"W": direct - S("sigma taken for a constant", lost, 0 * lost), "a": A.T @ d}

    return loss, gradient, at


LAYERS = [
    Model("rotary attention", rotary, {
        "divided by the rows, not by all entries": "factor missing_mean",
        "Wo not transposed": "wrong_W transpose layer",
        "softmax's sum forgotten": "softmax_diagonal lost_path layer",
        "the 1/sqrt(d) forgotten": "factor",
        "rotated the same way back": "layer exchanged some_lines unknown wrong_A",
        "scores not transposed": "transpose layer wrong_A",
        "keys not rotated back": "layer unknown wrong_A",
    }),
    Model("instance norm", instance_norm, {
        "not averaged": "missing_mean factor",
        "softplus' forgotten": "missing_gprime layer",
        "gamma forgotten on the way back": "inner_derivative line_factors layer",
        "statistics over the batch axis": "wrong_axis lost_path layer",
        "the mean's path forgotten": "lost_path layer",
        "the variance's path forgotten": "lost_path layer",
        "gamma from the shifted output": "wrong_A layer line_factors",
        "beta averaged over positions": "factor wrong_axis extra_mean bias",
    }),
    Model("depthwise", depthwise, {
        "the leak of another layer": "wrong_gprime layer",
        "the sign of the output decides": "wrong_gprime layer",
        "kernel flipped": "permuted layer",
        "the padded border left out": "example_dropped layer",
        "one kernel's gradient for all channels": "layer wrong_axis unknown line_factors",
    }),
    Model("masked recurrence", masked_recurrence, {
        "the first step left out": "example_dropped some_lines layer lost_path",
        "padding takes part": "layer lost_path example_weights",
        "the standing state forgotten": "layer lost_path example_dropped",
        "the old state forgotten in the gate": "wrong_A layer lost_path",
        "the reset's path into the gate lost": "lost_path layer",
        "recurrent gate weights lost": "lost_path layer",
    }),
    Model("spectral filter", spectral_filter, {
        "arctan' of the output": "gprime_at_A wrong_gprime layer",
        "half the spectrum counted once": "line_factors factor some_entries",
        "1/n of the inverse transform forgotten": "factor line_factors missing_mean",
        "conjugate forgotten": "layer sign unknown line_factors some_entries",
        "sign of the imaginary part": "sign",
    }),
    Model("integrator", integrator, {
        "penalty's half forgotten": "l2_scale missing_l2",
        "the rate's x forgotten": "bias layer unknown factor wrong_A one_entry line_factors",
        "decay lost on the way back": "lost_path layer",
        "the second stage's dt forgotten": "layer lost_path",
        "stages taken for independent": "lost_path layer",
    }),
    Model("spectral norm", spectral_norm, {
        "margin of the hinge forgotten": "output example_dropped example_weights layer",
        "ReLU' forgotten": "missing_gprime layer",
        "1/sigma forgotten": "inner_derivative layer lost_path factor",
        "sigma taken for a constant": "lost_path layer",
    }),
]  # fmt: skip
