"""Fresh models, written after the tool and judged once before anything was mended: layers and sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid
from _slips import Model, Parts, Slip


def layer_norm(rng: Rng, S: Slip) -> Parts:
    """Rows are examples: a linear map, layer norm with gamma and beta, a linear readout, squared error."""
    m, n, k = 7, 4, 6
    X, Y = rng.standard_normal((m, n)), rng.standard_normal((m, 2))
    at = {
        "W": rng.standard_normal((n, k)),
        "gamma": 1 + 0.3 * rng.standard_normal(k),
        "beta": 0.2 * rng.standard_normal(k),
        "R": rng.standard_normal((k, 2)),
    }

    def forward(p: Any) -> Any:
        H = X @ p["W"]
        size = np.sqrt(H.var(axis=1, keepdims=True) + 1e-5)
        N = (H - H.mean(axis=1, keepdims=True)) / size
        return H, size, N, N * p["gamma"] + p["beta"]

    def loss(p: Any) -> float:
        return float(0.5 * ((forward(p)[3] @ p["R"] - Y) ** 2).sum() / m)

    def gradient(p: Any) -> Any:
        H, size, N, O = forward(p)
        d = (O @ p["R"] - Y) / m
        dO = d @ p["R"].T
        dN = dO * S("gamma forgotten on the way back", p["gamma"], 1.0)
        mean = dN.mean(axis=1, keepdims=True)
        turned = N * (dN * N).mean(axis=1, keepdims=True)
        dH = (
            dN - S("mean taken for a constant", mean, 0.0) - S("variance taken for a constant", turned, 0.0)
        ) / size
        return {
            "W": X.T @ dH,
            "gamma": (dO * S("H for N in dgamma", N, H)).sum(axis=0),
            "beta": dO.sum(axis=0),
            "R": O.T @ d,
        }

    return loss, gradient, at


def gated(rng: Rng, S: Slip) -> Parts:
    """A gated unit, columns are examples: (V x) * sigmoid(G x), a readout, softplus margin."""
    m, n, k = 9, 4, 5
    X, y = rng.standard_normal((n, m)), rng.choice([-1.0, 1.0], (1, m))
    at = {
        "V": rng.standard_normal((k, n)),
        "G": rng.standard_normal((k, n)),
        "g": 0.3 * rng.standard_normal((k, 1)),
        "r": rng.standard_normal((1, k)),
    }

    def forward(p: Any) -> Any:
        v, a = p["V"] @ X, sigmoid(p["G"] @ X + p["g"])
        return v, a, p["r"] @ (v * a)

    def loss(p: Any) -> float:
        return float(np.logaddexp(0, -y * forward(p)[2]).sum() / m)

    def gradient(p: Any) -> Any:
        v, a, s = forward(p)
        ds = S("sign of the margin", -1, 1) * y * sigmoid(-y * s) / m
        dh = p["r"].T @ ds
        dv, da = dh * a, dh * v
        if S.on("the gates exchanged"):
            dv, da = da, dv
        dz = da * S("slope of the gate forgotten", a * (1 - a), 1.0)
        if S.on("slope of the gate twice"):
            dz = dz * a * (1 - a)
        return {
            "V": dv @ X.T,
            "G": dz @ X.T,
            "g": S(
                "g over the units",
                dz.sum(axis=1, keepdims=True),
                lambda: np.full((k, 1), dz.sum(axis=0).mean()),
            ),
            "r": ds @ (v * a).T,
        }

    return loss, gradient, at


def recurrent(rng: Rng, S: Slip) -> Parts:
    """A plain recurrent network, four steps, a square W, the last state read out."""
    T, m, n, k = 4, 5, 3, 4
    X, y = rng.standard_normal((T, n, m)), rng.standard_normal((1, m))
    at = {
        "W": 0.5 * rng.standard_normal((k, k)),
        "U": 0.7 * rng.standard_normal((k, n)),
        "b": 0.2 * rng.standard_normal((k, 1)),
        "r": rng.standard_normal((1, k)),
    }

    def states(p: Any) -> list[Array]:
        H = [np.zeros((k, m))]
        for x in X:
            H.append(np.tanh(p["W"] @ H[-1] + p["U"] @ x + p["b"]))
        return H

    def loss(p: Any) -> float:
        return float(0.5 * ((p["r"] @ states(p)[-1] - y) ** 2).sum() / m)

    def gradient(p: Any) -> Any:
        H = states(p)
        d = (p["r"] @ H[-1] - y) / S("not averaged", m, 1)
        dW, dU, db, dh = np.zeros((k, k)), np.zeros((k, n)), np.zeros((k, m)), p["r"].T @ d
        for t in range(T, 0, -1):
            dz = dh * (1 - H[t] ** 2)
            dW += dz @ H[S("the state after for the state before", t - 1, t)].T
            dU += dz @ X[t - 1].T
            db += dz
            dh = S("carried back by W, not its transpose", p["W"].T, p["W"]) @ dz
            if S.on("not carried back in time"):
                break
        return {"W": dW, "U": dU, "b": db.sum(axis=1, keepdims=True), "r": d @ H[-1].T}

    return loss, gradient, at


def strided(rng: Rng, S: Slip) -> Parts:
    """A one-dimensional convolution with stride 2 and two filters, tanh, summed in a readout."""
    m, n, w, f = 4, 11, 3, 2
    X, y = rng.standard_normal((m, n)), rng.standard_normal(m)
    starts = range(0, n - w + 1, 2)
    patches = np.stack([X[:, s : s + w] for s in starts], axis=1)
    at = {
        "K": rng.standard_normal((f, w)),
        "b": 0.1 * rng.standard_normal(f),
        "r": rng.standard_normal((len(starts), f)),
    }

    def hidden(p: Any) -> Array:
        return np.asarray(np.tanh(patches @ p["K"].T + p["b"]))

    def loss(p: Any) -> float:
        return float((((hidden(p) * p["r"]).sum(axis=(1, 2)) - y) ** 2).mean())

    def gradient(p: Any) -> Any:
        A = hidden(p)
        d = 2 * ((A * p["r"]).sum(axis=(1, 2)) - y) / m
        dZ = d[:, None, None] * p["r"] * (1 - A**2)
        if S.on("the last window left out"):
            dZ[:, -1] = 0
        dK = np.einsum("msf,msw->fw", dZ, patches)
        db = dZ.sum(axis=(0, 1))
        dr = (d[:, None, None] * A).sum(axis=0)
        return {
            "K": S("kernels flipped", dK, dK[:, ::-1]),
            "b": S("b averaged over the windows", db, db / len(starts)),
            "r": S("only the first filter read out", dr, dr * [1, 0]),
        }

    return loss, gradient, at


def residual(rng: Rng, S: Slip) -> Parts:
    """Two residual blocks of equal width, leaky ReLU, then a mean and a logistic loss."""
    m, n = 8, 4
    X, y = rng.standard_normal((n, m)), (rng.random(m) < 0.5) * 1.0
    at = {f"{c}{l}": 0.6 * rng.standard_normal((n, n if c == "W" else 1)) for l in (1, 2) for c in "Wb"}
    at["r"] = rng.standard_normal((1, n))

    def forward(p: Any) -> Any:
        A, Z = [X], []
        for l in (1, 2):
            Z.append(p[f"W{l}"] @ A[-1] + p[f"b{l}"])
            A.append(A[-1] + np.where(Z[-1] > 0, Z[-1], 0.1 * Z[-1]))
        return A, Z, p["r"] @ A[-1]

    def loss(p: Any) -> float:
        s = forward(p)[2]
        return float((np.logaddexp(0, s) - y * s).mean())

    def gradient(p: Any) -> Any:
        A, Z, s = forward(p)
        ds = (sigmoid(s) - y) / m
        g, dA = {"r": ds @ A[-1].T}, p["r"].T @ ds
        for l in (2, 1):
            slope = np.where(Z[l - 1] > 0, 1.0, S("no leak in the slope", 0.1, 0.0))
            dZ = dA * slope
            g[f"W{l}"], g[f"b{l}"] = dZ @ A[l - 1].T, dZ.sum(axis=1, keepdims=True)
            dA = S("the shortcut forgotten", dA, 0.0) + p[f"W{l}"].T @ dZ
        if S.on("b1 for b2"):
            g["b1"], g["b2"] = g["b2"], g["b1"]
        if S.on("W2 transposed"):
            g["W2"] = g["W2"].T
        return {k: g[k] for k in at}

    return loss, gradient, at


def policy(rng: Rng, S: Slip) -> Parts:
    """A softmax policy: advantage-weighted log likelihood, minus an entropy bonus."""
    m, n, k = 10, 4, 3
    X, a, v = rng.standard_normal((m, n)), rng.integers(0, k, m), rng.standard_normal(m)
    at = {"W": rng.standard_normal((n, k)), "b": 0.1 * rng.standard_normal(k)}

    def probabilities(p: Any) -> Array:
        z = X @ p["W"] + p["b"]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    def loss(p: Any) -> float:
        P = probabilities(p)
        return float(-(v * np.log(P[np.arange(m), a])).mean() + 0.3 * (P * np.log(P)).sum() / m)

    def gradient(p: Any) -> Any:
        P = probabilities(p)
        advantage = S("advantages of the next example", v, lambda: np.roll(v, 1))[:, None]
        entropy = (
            0.3
            * P
            * (
                np.log(P)
                - S(
                    "entropy: the softmax's second path lost",
                    (P * np.log(P)).sum(axis=1, keepdims=True),
                    -1.0,
                )
            )
        )
        dz = (advantage * (P - np.eye(k)[a]) + S("sign of the entropy", 1, -1) * entropy) / m
        return {
            "W": X.T @ dz,
            "b": S("b summed over the actions", dz.sum(axis=0), lambda: np.full(k, dz.sum(axis=1)[:k].sum())),
        }

    return loss, gradient, at


def filtered(rng: Rng, S: Slip) -> Parts:
    """An exponential filter whose rate is a sigmoid, fitted to a series."""
    T = 12
    x, y = rng.standard_normal(T), rng.standard_normal(T)
    at = {"rate": np.array([0.3]), "gain": np.array([1.2]), "start": np.array([0.5])}

    def states(p: Any) -> Array:
        a, h = float(sigmoid(p["rate"])[0]), [float(p["start"][0])]
        for value in x:
            h.append((1 - a) * h[-1] + a * value)
        return np.array(h)

    def loss(p: Any) -> float:
        return float(0.5 * ((p["gain"] * states(p)[1:] - y) ** 2).sum())

    def gradient(p: Any) -> Any:
        h, a = states(p), float(sigmoid(p["rate"])[0])
        d = p["gain"] * h[1:] - y
        da, dh = 0.0, 0.0
        for t in range(T, 0, -1):
            dh += d[t - 1] * p["gain"][0]
            da += dh * (x[t - 1] - h[t - 1])
            dh *= S("a for 1 - a", 1 - a, a)
        return {
            "rate": np.array([da * S("slope of the sigmoid forgotten", a * (1 - a), 1.0)]),
            "gain": np.array([(d * h[1:]).sum() * S("2 too many", 1, 2)]),
            "start": np.array([dh]),
        }

    return loss, gradient, at


def experts(rng: Rng, S: Slip) -> Parts:
    """A soft mixture of three linear experts, squared error, weight decay on the gate."""
    m, n, k = 12, 3, 3
    X, y = rng.standard_normal((m, n)), rng.standard_normal(m)
    at = {"E": rng.standard_normal((n, k)), "G": rng.standard_normal((n, k))}

    def forward(p: Any) -> Any:
        z = X @ p["G"]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        P = e / e.sum(axis=1, keepdims=True)
        F = X @ p["E"]
        return P, F, (P * F).sum(axis=1)

    def loss(p: Any) -> float:
        return float(((forward(p)[2] - y) ** 2).sum() / (2 * m) + 0.05 * (p["G"] ** 2).sum())

    def gradient(p: Any) -> Any:
        P, F, o = forward(p)
        d = ((o - y) / m)[:, None]
        if S.on("an example dropped"):
            d[0] = 0
        dP = d * F
        dz = P * (
            dP - S("only the diagonal of the softmax", (P * dP).sum(axis=1, keepdims=True), lambda: P * dP)
        )
        dE, dG = X.T @ (d * P), X.T @ dz + S("decay twice", 0.1, 0.2) * p["G"]
        if S.on("E and G exchanged"):
            dE, dG = dG, dE
        return {"E": S("E reshaped, not transposed", dE, lambda: ((d * P).T @ X).reshape(n, k)), "G": dG}

    return loss, gradient, at


MODELS = [
    Model("layer norm", layer_norm, {
        "gamma forgotten on the way back": "inner_derivative layer line_factors lost_path unknown",
        "mean taken for a constant": "lost_path", "variance taken for a constant": "lost_path", "H for N in dgamma": "wrong_A layer unknown",
    }),
    Model("gated", gated, {
        "sign of the margin": "sign", "the gates exchanged": "exchanged layer unknown", "slope of the gate forgotten": "missing_gprime layer",
        "slope of the gate twice": "squared_gprime layer", "g over the units": "wrong_axis bias",
    }),
    Model("recurrent", recurrent, {
        "not averaged": "missing_mean factor", "the state after for the state before": "wrong_A layer",
        "carried back by W, not its transpose": "transpose wrong_W layer", "not carried back in time": "lost_path layer",
    }),
    Model("strided", strided, {
        "the last window left out": "example_dropped layer lost_path some_lines", "kernels flipped": "permuted",
        "b averaged over the windows": "factor extra_mean", "only the first filter read out": "zero one_column some_lines",
    }),
    Model("residual", residual, {
        "no leak in the slope": "wrong_gprime layer", "the shortcut forgotten": "lost_path layer", "b1 for b2": "exchanged",
        "W2 transposed": "transpose",
    }),
    Model("policy", policy, {
        "advantages of the next example": "example_rolled example_weights output unknown layer",
        "entropy: the softmax's second path lost": "lost_path softmax_diagonal output unknown layer",
        "sign of the entropy": "output unknown layer", "b summed over the actions": "wrong_axis bias",
    }),
    Model("filtered", filtered, {
        "a for 1 - a": "lost_path layer unknown", "slope of the sigmoid forgotten": "inner_derivative missing_gprime", "2 too many": "factor",
    }),
    Model("experts", experts, {
        "an example dropped": "example_dropped unknown layer", "only the diagonal of the softmax": "softmax_diagonal",
        "decay twice": "doubled_l2", "E and G exchanged": "exchanged", "E reshaped, not transposed": "reshape transpose",
    }),
]  # fmt: skip
