"""Applied, two: losses. Gamma likelihoods, random fields, preferences, triangular scales, flows, angular margins, boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip

log_sum = np.logaddexp.reduce


def gamma_claims(rng: Rng, S: Slip) -> Parts:
    """Gamma and Tweedie deviances of insurance claims under one log link, with exposures."""
    m, n = 20, 3
    X, y, exposure = rng.standard_normal((m, n)), rng.gamma(2.0, 1.0, m), rng.uniform(0.2, 1, m)
    y[:4] = 0.0
    paid = y > 0
    at = {"w": 0.4 * rng.standard_normal(n), "b": np.array([0.2])}

    def loss(p: Any) -> Any:
        eta = X @ p["w"] + p["b"] + np.log(exposure)
        tweedie = 2 * np.exp(eta / 2) + 2 * y * np.exp(-eta / 2)
        return (paid * (eta + y * np.exp(-eta))).sum() / paid.sum() + (exposure * tweedie).mean()

    def gradient(p: Any) -> Any:
        eta = X @ p["w"] + p["b"] + S("offset forgotten", np.log(exposure), 0.0)
        d = S("zeros counted as paid", paid, 1.0) * (1 - y * np.exp(-eta)) / S("mean over all", paid.sum(), m)
        power = np.exp(eta / 2) - S("sign of the second power", 1, -1) * y * np.exp(-eta / 2)
        d = d + S("exposures forgotten", exposure, 1.0) * power / m
        return {"w": X.T @ d, "b": np.array([S("bias of the paid only", d.sum(), d[paid].sum())])}

    return loss, gradient, at


def random_field(rng: Rng, S: Slip) -> Parts:
    """A linear-chain conditional random field: emissions, transitions, a start, by forward and backward sums."""
    T, n, K = 6, 3, 3
    X, y = rng.standard_normal((T, n)), rng.integers(0, K, T)
    at = {"U": rng.standard_normal((n, K)), "A": rng.standard_normal((K, K)), "start": rng.standard_normal(K)}

    def sums(p: Any) -> Any:
        E = X @ p["U"]
        alpha, beta = [p["start"] + E[0]], [0 * p["start"]]
        for t in range(1, T):
            alpha.append(log_sum(alpha[-1][:, None] + p["A"], axis=0) + E[t])
            beta.insert(0, log_sum(p["A"] + E[T - t] + beta[0], axis=1))
        return E, np.array(alpha), np.array(beta), log_sum(alpha[-1])

    def loss(p: Any) -> Any:
        E, _, _, logZ = sums(p)
        return logZ - p["start"][y[0]] - E[np.arange(T), y].sum() - p["A"][y[:-1], y[1:]].sum()

    def gradient(p: Any) -> Any:
        E, alpha, beta, logZ = sums(p)
        one = np.eye(K)[y]
        unary = np.exp(alpha + S("forward sums only", beta, 0 * beta) - logZ)
        dA = np.zeros((K, K))
        for t in range(1, T):
            pair = alpha[t - 1][:, None] + p["A"] + E[t] + beta[t] - logZ
            dA = dA + np.exp(pair.T if S.on("pairs transposed") else pair)
        if S.on("repeated transitions counted once"):
            dA[y[:-1], y[1:]] -= 1
        elif not S.on("observed transitions forgotten"):
            np.subtract.at(dA, (y[:-1], y[1:]), 1)
        D = unary - S("labels rolled by one", one, np.roll(one, 1, axis=0))
        return {"U": X.T @ D, "A": dA, "start": S("start from the last step", D[0], D[-1])}

    return loss, gradient, at


def preference(rng: Rng, S: Slip) -> Parts:
    """Direct preference optimisation: log ratios of chosen and rejected answers against a frozen reference."""
    m, n, V, beta = 6, 3, 5, 0.7
    X, ref = rng.standard_normal((m, n)), rng.standard_normal((n, V))
    win, lose = rng.integers(0, V, (2, m))
    lose = np.where(win == lose, (lose + 1) % V, lose)
    at = {"W": ref + 0.5 * rng.standard_normal((n, V)), "b": np.zeros(V)}
    rows = np.arange(m)

    def ratios(p: Any) -> Any:
        Z, R = X @ p["W"] + p["b"], X @ ref
        return Z, beta * ((Z - R)[rows, win] - (Z - R)[rows, lose])

    def loss(p: Any) -> Any:
        Z, r = ratios(p)
        likely = log_sum(Z, axis=1) - Z[rows, win]
        return (np.logaddexp(0, -0.9 * r - 0.0) * 0.9 + 0.1 * np.logaddexp(0, r) + 0.2 * likely).mean()

    def gradient(p: Any) -> Any:
        Z, r = ratios(p)
        d = -0.81 * sigmoid(-0.9 * r) + S("smoothing's second term forgotten", 0.1, 0.0) * sigmoid(r)
        if S.on("reference forgotten"):
            q = beta * (Z[rows, win] - Z[rows, lose])
            d = -0.81 * sigmoid(-0.9 * q) + 0.1 * sigmoid(q)
        d = S("beta forgotten", beta, 1.0) * d
        D = 0.2 * softmax(Z)
        D[rows, win] += d - S("the likelihood's label forgotten", 0.2, 0.0)
        D[rows, lose] -= S("rejected answers not pushed", d, 0.0)
        D = D / S("summed over the pairs", m, 1)
        return {"W": X.T @ D, "b": D.sum(axis=0)}

    return loss, gradient, at


def triangular(rng: Rng, S: Slip) -> Parts:
    """A Gaussian with precision L L', L lower triangular with the logarithm of its diagonal stored in it."""
    m, d = 9, 3
    X = rng.standard_normal((m, d))
    at = {"mu": rng.standard_normal(d), "T": 0.5 * rng.standard_normal((d, d))}

    def lower(p: Any) -> Any:
        return np.tril(p["T"], -1) + np.diag(np.exp(np.diag(p["T"])))

    def loss(p: Any) -> Any:
        return 0.5 * (((X - p["mu"]) @ lower(p)) ** 2).sum() / m - np.trace(p["T"])

    def gradient(p: Any) -> Any:
        L, r = lower(p), X - p["mu"]
        G = r.T @ r @ L / m
        T = np.tril(G, -1) + np.diag(
            np.diag(G) * S("exp' of the diagonal forgotten", np.exp(np.diag(p["T"])), 1.0)
        )
        if S.on("the upper triangle learns"):
            T = T + np.triu(G, 1)
        if S.on("log determinant halved"):
            T = T + 0.5 * np.eye(d)
        mu = -r.mean(axis=0) @ S("L once instead of L L'", L @ L.T, L)
        return {
            "mu": S("sign of the mean", mu, -mu),
            "T": T - S("log determinant forgotten", 1.0, 0.0) * np.eye(d),
        }

    return loss, gradient, at


def planar_flow(rng: Rng, S: Slip) -> Parts:
    """Two planar flows with their log determinants, to a standard normal."""
    m, d = 7, 2
    X = rng.standard_normal((m, d))
    at = {f"{k}{i}": 0.5 * rng.standard_normal(d) for i in (1, 2) for k in "uw"}
    at |= {"b1": np.array([0.1]), "b2": np.array([-0.2])}

    def forward(p: Any) -> Any:
        z, kept, det = X, [], 0.0
        for i in "12":
            t = np.tanh(z @ p["w" + i] + p["b" + i])
            J = 1 + (1 - t**2) * (p["u" + i] @ p["w" + i])
            kept.append((z, t, J))
            det = det + np.log(J)
            z = z + t[:, None] * p["u" + i]
        return z, kept, det

    def loss(p: Any) -> Any:
        z, _, det = forward(p)
        return (0.5 * (z**2).sum(axis=1) - det).mean()

    def gradient(p: Any) -> Any:
        z, kept, _ = forward(p)
        dz, g = z / m, {}
        for i, (z0, t, J) in zip("21", kept[::-1], strict=True):
            u, w = p["u" + i], p["w" + i]
            dJ = -1 / (S("J forgotten in the log", J, 1.0) * m)
            dt = dz @ u + S("determinant's dependence on t", 1.0, 0.0) * dJ * (-2 * t) * (u @ w)
            da = dt * S("1 - t for 1 - t squared", 1 - t**2, 1 - t)
            inner = (dJ * (1 - t**2)).sum()
            g["u" + i] = t @ dz + S("determinant's u forgotten", inner, 0.0) * w
            g["w" + i] = z0.T @ da + inner * S("w from w", u, w)
            g["b" + i] = np.array([da.sum()])
            dz = dz + S("only the residual goes back", 1.0, 0.0) * np.outer(da, w)
        return {k: g[k] for k in p}

    return loss, gradient, at


def angular_margin(rng: Rng, S: Slip) -> Parts:
    """Faces on a sphere: the true class's angle is enlarged by a margin, then a scaled cross-entropy."""
    m, d, K, s, margin = 6, 3, 4, 4.0, 0.3
    X, y = rng.standard_normal((m, d)), rng.integers(0, K, m)
    X = X / np.sqrt((X**2).sum(axis=1, keepdims=True))
    at = {"C": rng.standard_normal((d, K))}
    one = np.eye(K)[y]

    def forward(p: Any) -> Any:
        r = np.sqrt((p["C"] ** 2).sum(axis=0))
        cos = 0.98 * (X @ p["C"] / r)
        sin = np.sqrt(1 - cos**2)
        return r, cos, sin, s * np.where(one > 0, cos * np.cos(margin) - sin * np.sin(margin), cos)

    def loss(p: Any) -> Any:
        Z = forward(p)[-1]
        return (log_sum(Z, axis=1) - (one * Z).sum(axis=1)).mean()

    def gradient(p: Any) -> Any:
        r, cos, sin, Z = forward(p)
        D = (softmax(Z) - S("labels smoothed in the gradient", one, 0.9 * one + 0.1 / K)) / m
        D = S("scale forgotten", s, 1.0) * D
        slope = np.cos(margin) + np.sin(margin) * cos / sin
        D = np.where(one > 0, S("margin's slope forgotten", slope, 1.0) * D, D)
        U = p["C"] / r
        G = 0.98 * X.T @ D
        along = S("projection forgotten", 1.0, 0.0) * U * (U * G).sum(axis=0)
        return {
            "C": (G - along) / S("norm of the rows", r, lambda: np.sqrt((p["C"] ** 2).sum(axis=1))[:, None])
        }

    return loss, gradient, at


def boxes(rng: Rng, S: Slip) -> Parts:
    """Boxes by centre and log size against targets: one minus intersection over union, and smooth L1."""
    m = 8
    centre = rng.standard_normal((m, 2))
    low, high = centre - rng.uniform(0.5, 1.5, (m, 2)), centre + rng.uniform(0.5, 1.5, (m, 2))
    at = {"c": centre + 0.3 * rng.standard_normal((m, 2)), "s": 0.3 * rng.standard_normal((m, 2))}

    def forward(p: Any) -> Any:
        half = np.exp(p["s"])
        lo, hi = p["c"] - half, p["c"] + half
        side = np.maximum(0, np.minimum(hi, high) - np.maximum(lo, low))
        inter = side.prod(axis=1)
        union = (2 * half).prod(axis=1) + (high - low).prod(axis=1) - inter
        return half, lo, hi, side, inter, union

    def smooth(e: Array) -> Array:
        return np.where(np.abs(e) < 0.5, e**2, np.abs(e) - 0.25)

    def loss(p: Any) -> Any:
        *_, inter, union = forward(p)
        return (1 - inter / union).mean() + smooth(p["c"] - centre).sum() / m

    def gradient(p: Any) -> Any:
        half, lo, hi, side, inter, union = forward(p)
        dinter = -(1 / union + S("the union's share of the overlap forgotten", inter / union**2, 0.0)) / m
        darea = inter / union**2 / m
        dside = dinter[:, None] * (side[:, ::-1] if not S.on("sides not exchanged") else side) * (side > 0)
        dhi, dlo = dside * (hi < high), -dside * (lo > low)
        if S.on("the clipping of sides ignored"):
            dhi, dlo = dside, -dside
        area = darea[:, None] * (2 * half).prod(axis=1, keepdims=True)
        e = p["c"] - centre
        de = np.where(np.abs(e) < 0.5, S("2 forgotten", 2.0, 1.0) * e, np.sign(e)) / m
        s = half * S("difference instead of sum for sizes", dhi - dlo, dhi + dlo)
        return {"c": dhi + dlo + de, "s": s + S("own area a constant", area, 0.0)}

    return loss, gradient, at


OBJECTIVES = [
    Model("gamma claims", gamma_claims, {
        "offset forgotten": "example_weights output layer example_rolled",
        "zeros counted as paid": "output example_weights example_dropped layer offset",
        "mean over all": "output example_weights layer factor",
        "sign of the second power": "output example_weights layer",
        "exposures forgotten": "example_weights output layer",
        "bias of the paid only": "bias example_dropped",
    }),
    Model("random field", random_field, {
        "forward sums only": "output layer lost_path",
        "pairs transposed": "layer transpose unknown",
        "repeated transitions counted once": "some_entries one_entry layer offset",
        "observed transitions forgotten": "some_entries layer offset",
        "labels rolled by one": "example_rolled layer output some_lines offset",
        "start from the last step": "layer unknown bias",
    }),
    Model("preference", preference, {
        "smoothing's second term forgotten": "output example_weights layer",
        "reference forgotten": "output example_weights layer",
        "beta forgotten": "output example_weights layer",
        "the likelihood's label forgotten": "missing_label output layer",
        "rejected answers not pushed": "output layer",
        "summed over the pairs": "missing_mean factor",
    }),
    Model("triangular scale", triangular, {
        "exp' of the diagonal forgotten": "inner_derivative some_entries",
        "the upper triangle learns": "off_diagonal some_entries",
        "log determinant halved": "some_entries off_diagonal offset layer",
        "L once instead of L L'": "wrong_W layer unknown inner_derivative",
        "sign of the mean": "sign",
        "log determinant forgotten": "some_entries offset layer off_diagonal",
    }),
    Model("planar flow", planar_flow, {
        "J forgotten in the log": "layer lost_path outer_derivative unknown inner_derivative",
        "determinant's dependence on t": "lost_path layer",
        "1 - t for 1 - t squared": "wrong_gprime layer",
        "determinant's u forgotten": "lost_path layer l2_scale missing_l2",
        "w from w": "layer wrong_A unknown lost_path missing_l2 l2_scale l2_on_bias",
        "only the residual goes back": "lost_path layer",
    }),
    Model("angular margin", angular_margin, {
        "labels smoothed in the gradient": "output layer",
        "scale forgotten": "factor",
        "margin's slope forgotten": "output layer",
        "projection forgotten": "lost_path",
        "norm of the rows": "wrong_axis line_factors layer inner_derivative",
    }),
    Model("boxes", boxes, {
        "the union's share of the overlap forgotten": "layer output lost_path line_factors",
        "sides not exchanged": "layer output exchanged",
        "the clipping of sides ignored": "layer some_entries some_lines output",
        "2 forgotten": "some_entries output layer some_lines",
        "difference instead of sum for sizes": "layer unknown some_lines some_entries",
        "own area a constant": "lost_path layer",
    }),
]  # fmt: skip
