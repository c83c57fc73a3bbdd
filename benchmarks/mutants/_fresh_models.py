"""Fresh models, written after the tool and judged once before anything was mended: statistics and regressions."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid
from _slips import Model, Parts, Slip


def events(rng: Rng, S: Slip) -> Parts:
    """Poisson regression with exposures: mean of mu - y log mu, and a ridge on w."""
    m, n = 12, 4
    X, t = rng.standard_normal((m, n)), rng.uniform(0.5, 2.0, m)
    y = rng.poisson(t).astype(float)
    at = {"w": 0.4 * rng.standard_normal(n), "c": np.array([0.1])}

    def mu(p: Any) -> Array:
        return t * np.exp(X @ p["w"] + p["c"])

    def loss(p: Any) -> float:
        return float((mu(p) - y * np.log(mu(p))).mean() + 0.15 * (p["w"] ** 2).sum())

    def gradient(p: Any) -> Any:
        d = (S("exposure forgotten", mu(p), lambda: mu(p) / t) - y) / S("not averaged", m, 1)
        return {
            "w": X.T @ d + S("ridge without its 2", 0.3, 0.15) * p["w"],
            "c": np.array([S("c averaged twice", d.sum(), lambda: d.mean())]),
        }

    return loss, gradient, at


def elastic(rng: Rng, S: Slip) -> Parts:
    """Elastic net, away from zero: half the mean square, L1 and L2."""
    m, n = 10, 6
    X, y = rng.standard_normal((m, n)), rng.standard_normal(m)
    w = rng.standard_normal(n)
    at = {"w": w + 0.2 * np.sign(w), "b": rng.standard_normal(1)}

    def loss(p: Any) -> float:
        r = X @ p["w"] + p["b"] - y
        return float(0.5 * (r**2).mean() + 0.2 * np.abs(p["w"]).sum() + 0.1 * (p["w"] ** 2).sum())

    def gradient(p: Any) -> Any:
        r = X @ p["w"] + p["b"] - y
        return {
            "w": X.T @ r / m
            + S("L1 forgotten", 0.2, 0.0) * np.sign(p["w"])
            + S("L2 forgotten", 0.2, 0.0) * p["w"],
            "b": np.array([r.mean()]) + S("b penalised", 0.0, 0.2) * p["b"],
        }

    return loss, gradient, at


def radial(rng: Rng, S: Slip) -> Parts:
    """A radial basis network with centres, log widths and weights; mean square error."""
    m, n, k = 14, 3, 5
    X, y = rng.standard_normal((m, n)), rng.standard_normal(m)
    at = {
        "C": rng.standard_normal((k, n)),
        "s": 0.2 * rng.standard_normal(k),
        "v": rng.standard_normal(k),
    }

    def forward(p: Any) -> Any:
        D = X[:, None, :] - p["C"][None, :, :]
        q = (D**2).sum(axis=2)
        return D, q, np.exp(-q * np.exp(-2 * p["s"]) / 2)

    def loss(p: Any) -> float:
        return float(((forward(p)[2] @ p["v"] - y) ** 2).mean())

    def gradient(p: Any) -> Any:
        D, q, P = forward(p)
        d = S("2 forgotten", 2, 1) * (P @ p["v"] - y) / m
        dP = np.outer(d, p["v"]) * P
        inner = np.exp(-2 * p["s"])
        return {
            "C": S("sign of the centres", 1, -1) * np.einsum("ik,ikj->kj", dP * inner, D),
            "s": (dP * q).sum(axis=0)
            * S("the log of the width forgotten", inner, lambda: np.exp(-3 * p["s"])),
            "v": P.T @ d,
        }

    return loss, gradient, at


def bilinear(rng: Rng, S: Slip) -> Parts:
    """Link prediction by u'Wv and logistic loss, a square W, and a bias."""
    m, n = 15, 4
    U, V = rng.standard_normal((m, n)), rng.standard_normal((m, n))
    y = (rng.random(m) < 0.4) * 1.0
    at = {"W": 0.5 * rng.standard_normal((n, n)), "b": np.array([0.2])}

    def logits(p: Any) -> Array:
        return np.asarray(np.einsum("ia,ab,ib->i", U, p["W"], V) + p["b"])

    def loss(p: Any) -> float:
        z = logits(p)
        return float((np.logaddexp(0, z) - y * z).mean())

    def gradient(p: Any) -> Any:
        a = sigmoid(logits(p))
        d = (a - S("labels forgotten", y, 0.0)) / m
        if S.on("m - 1 for m"):
            d = d * m / (m - 1)
        if S.on("the last example left out"):
            d = np.append(d[:-1], 0.0)
        dW = U.T @ (d[:, None] * V)
        return {"W": S("transposed", dW, dW.T), "b": np.array([d.sum()])}

    return loss, gradient, at


def tempered(rng: Rng, S: Slip) -> Parts:
    """Softmax regression with a learned log temperature and smoothed labels."""
    m, n, k = 11, 5, 4
    X, Y = rng.standard_normal((n, m)), np.eye(k)[:, rng.integers(0, k, m)] * 0.9 + 0.1 / k
    at = {"W": rng.standard_normal((k, n)), "b": rng.standard_normal((k, 1)), "t": np.array(0.3)}

    def forward(p: Any) -> Any:
        s = p["W"] @ X + p["b"]
        z = s * np.exp(-p["t"])
        e = np.exp(z - z.max(axis=0))
        return s, z, e / e.sum(axis=0)

    def loss(p: Any) -> float:
        return float(-(Y * np.log(forward(p)[2])).sum() / m)

    def gradient(p: Any) -> Any:
        _, z, A = forward(p)
        dz = (A - Y) / m
        if S.on("only the diagonal of the softmax"):
            dz = -Y / m * (1 - A)
        ds = dz * S("temperature forgotten in ds", np.exp(-p["t"]), 1.0)
        db = ds.sum(axis=1, keepdims=True)
        return {
            "W": ds @ X.T,
            "b": S("b reversed", db, db[::-1]),
            "t": S("sign of the temperature", -1, 1) * (dz * z).sum(),
        }

    return loss, gradient, at


def heavy_tails(rng: Rng, S: Slip) -> Parts:
    """A linear model with Student's t errors of 4 degrees and a log scale."""
    m, n = 13, 3
    X, y = rng.standard_normal((m, n)), 2 * rng.standard_t(3, m)
    at = {"w": rng.standard_normal(n), "s": np.array([0.4])}

    def loss(p: Any) -> float:
        r = (y - X @ p["w"]) * np.exp(-p["s"])
        return float(2.5 * np.log1p(r**2 / 4).mean() + p["s"][0])

    def gradient(p: Any) -> Any:
        r = (y - X @ p["w"]) * np.exp(-p["s"])
        d = 2.5 * (r / 2) / S("as if normal", 1 + r**2 / 4, 1.0) / m
        return {
            "w": S("sign", -1, 1) * X.T @ d * S("scale forgotten", np.exp(-p["s"]), 1.0),
            "s": np.array([S("log-determinant forgotten", 1.0, 0.0) - (d * r).sum()]),
        }

    return loss, gradient, at


def covariance(rng: Rng, S: Slip) -> Parts:
    """A Gaussian's precision by its Cholesky factor, whose diagonal is exponential; the upper triangle does not count."""
    m, n = 9, 4
    X = rng.standard_normal((m, n))
    at = {"L": 0.4 * rng.standard_normal((n, n)), "mu": rng.standard_normal(n)}

    def factor(p: Any) -> Array:
        return np.asarray(np.tril(p["L"], -1) + np.diag(np.exp(np.diag(p["L"]))))

    def loss(p: Any) -> float:
        return float(0.5 * (((X - p["mu"]) @ factor(p)) ** 2).sum() / m - np.trace(p["L"]))

    def gradient(p: Any) -> Any:
        F, D = factor(p), X - p["mu"]
        G = D.T @ D @ F / m
        dL = np.tril(G, -1) + np.diag(np.diag(G) * S("exp forgotten", np.diag(F), 1.0) - 1)
        if S.on("the upper triangle filled"):
            dL = dL + np.triu(G, 1)
        return {
            "L": dL,
            "mu": S("sign of mu", -1, 1) * (F @ F.T @ D.mean(axis=0)) * S("mu twice", 1, 2),
        }

    return loss, gradient, at


def polynomial(rng: Rng, S: Slip) -> Parts:
    """A polynomial in a shifted variable, its coefficients and its shift; a sum of squares."""
    m, n = 12, 5
    x, y = rng.uniform(-1, 1, m), rng.standard_normal(m)
    at = {"c": rng.standard_normal(n), "h": np.array(0.2)}
    k = np.arange(n)

    def loss(p: Any) -> float:
        return float(0.5 * (((x - p["h"])[:, None] ** k @ p["c"] - y) ** 2).sum())

    def gradient(p: Any) -> Any:
        V = (x - p["h"])[:, None] ** k
        r = V @ p["c"] - y
        slope = V[:, :-1] @ (k[1:] * p["c"][1:])
        dc = V.T @ r
        return {
            "c": S("powers one off", dc, lambda: np.roll(dc, 1)),
            "h": S("inner minus forgotten", -1, 1) * (r * slope).sum(),
        }

    return loss, gradient, at


def directions(rng: Rng, S: Slip) -> Parts:
    """Contrast of normalised embeddings: one minus the mean cosine, plus an orthogonality penalty on W."""
    m, n, k = 8, 5, 3
    X, T = rng.standard_normal((n, m)), rng.standard_normal((k, m))
    T = T / np.linalg.norm(T, axis=0)
    at = {"W": rng.standard_normal((k, n))}

    def loss(p: Any) -> float:
        Z = p["W"] @ X
        rest = p["W"] @ p["W"].T - np.eye(k)
        return float(1 - (Z / np.linalg.norm(Z, axis=0) * T).sum() / m + 0.05 * (rest**2).sum())

    def gradient(p: Any) -> Any:
        Z = p["W"] @ X
        size = np.linalg.norm(Z, axis=0)
        N = Z / size
        along = S("norm taken for a constant", (N * T).sum(axis=0), 0.0)
        dZ = -(T - N * along) / S("divided by no norm", size, 1.0) / m
        rest = p["W"] @ p["W"].T - np.eye(k)
        return {"W": dZ @ X.T + 0.05 * S("4 is 2 in the penalty", 4, 2) * rest @ p["W"]}

    return loss, gradient, at


def quantiles(rng: Rng, S: Slip) -> Parts:
    """Three pinball losses at once, a weight matrix with a column for each quantile."""
    m, n = 16, 4
    X, y = rng.standard_normal((m, n)), rng.standard_normal((m, 1))
    q = np.array([0.1, 0.5, 0.9])
    at = {"W": rng.standard_normal((n, 3)), "b": rng.standard_normal(3)}

    def loss(p: Any) -> float:
        r = y - X @ p["W"] - p["b"]
        return float(np.maximum(q * r, (q - 1) * r).mean(axis=0).sum())

    def gradient(p: Any) -> Any:
        r = y - X @ p["W"] - p["b"]
        d = -(np.where(r > 0, q, S("one branch for both", q - 1, q))) / m
        if S.on("averaged over the quantiles too"):
            d = d / 3
        db = d.sum(axis=0)
        return {"W": X.T @ d, "b": S("quantiles of b in another order", db, db[[1, 2, 0]])}

    return loss, gradient, at


MODELS = [
    Model("events", events, {
        "exposure forgotten": "example_weights output unknown layer", "not averaged": "missing_mean layer factor",
        "ridge without its 2": "l2_scale", "c averaged twice": "extra_mean factor",
    }),
    Model("elastic", elastic, {"L1 forgotten": "wrong_penalty missing_l2", "L2 forgotten": "missing_l2", "b penalised": "l2_on_bias"}),
    Model("radial", radial, {
        "2 forgotten": "factor", "sign of the centres": "sign", "the log of the width forgotten": "inner_derivative line_factors",
    }),
    Model("bilinear", bilinear, {
        "labels forgotten": "missing_label output offset", "m - 1 for m": "bessel factor",
        "the last example left out": "example_dropped output unknown offset", "transposed": "transpose",
    }),
    Model("tempered", tempered, {
        "only the diagonal of the softmax": "softmax_diagonal output unknown layer", "temperature forgotten in ds": "inner_derivative factor",
        "b reversed": "permuted", "sign of the temperature": "sign",
    }),
    Model("heavy tails", heavy_tails, {
        "as if normal": "output unknown layer outer_derivative", "sign": "sign", "scale forgotten": "inner_derivative factor",
        "log-determinant forgotten": "offset lost_path",
    }),
    Model("covariance", covariance, {
        "exp forgotten": "inner_derivative line_factors off_diagonal some_entries", "the upper triangle filled": "off_diagonal",
        "sign of mu": "sign", "mu twice": "factor",
    }),
    Model("polynomial", polynomial, {"powers one off": "permuted", "inner minus forgotten": "sign"}),
    Model("directions", directions, {
        "norm taken for a constant": "lost_path", "divided by no norm": "example_weights unknown layer lost_path",
        "4 is 2 in the penalty": "wrong_penalty l2_scale lost_path unknown layer",
    }),
    Model("quantiles", quantiles, {
        "one branch for both": "output unknown layer", "averaged over the quantiles too": "factor extra_mean",
        "quantiles of b in another order": "permuted",
    }),
]  # fmt: skip
