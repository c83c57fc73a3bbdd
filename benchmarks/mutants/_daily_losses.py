"""Daily, two: losses. Rankings, zero-inflated counts, filters, soft alignments, discs, transforms, variational bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip

log_sum = np.logaddexp.reduce


def listwise(rng: Rng, S: Slip) -> Parts:
    """Plackett and Luce's likelihood of a ranking, scores by a linear model, a penalty on it."""
    m, n, lam = 7, 3, 0.2
    X, order = rng.standard_normal((m, n)), rng.permutation(m)
    at = {"w": rng.standard_normal(n), "t": np.array(0.2)}

    def loss(p: Any) -> Any:
        s = (X @ p["w"])[order] * np.exp(p["t"])
        tails = np.array([log_sum(s[i:]) for i in range(m)])
        return (tails - s).sum() / m + 0.5 * lam * (p["w"] ** 2).sum()

    def gradient(p: Any) -> Any:
        s = (X @ p["w"])[S("ranks for order", order, lambda: np.argsort(order))] * np.exp(p["t"])
        g = -np.ones(m)
        for i in range(m - S("the last places left out", 0, 3)):
            q = np.exp(s[i:] - s[i:].max())
            g[i:] = g[i:] + q / (
                q.sum() if not S.on("sums over the whole list") else np.exp(s - s[i:].max()).sum()
            )
        d = np.zeros(m)
        d[order] = g / m
        w = np.exp(p["t"]) * (X.T @ d)
        t = S("t from the unscaled scores", np.exp(p["t"]), 1.0) * (d * (X @ p["w"])).sum()
        return {"w": w + S("penalty halved", lam, lam / 2) * p["w"], "t": t}

    return loss, gradient, at


def inflated(rng: Rng, S: Slip) -> Parts:
    """Zero-inflated Poisson counts: a logistic part decides whether a zero is certain."""
    m, n = 18, 3
    X, y = rng.standard_normal((m, n)), rng.poisson(1.2, m).astype(float)
    y[:5] = 0
    zero = y == 0
    at = {
        "rate": 0.4 * rng.standard_normal(n),
        "logit": 0.4 * rng.standard_normal(n),
        "c": np.array([0.1, -0.4]),
    }

    def forward(p: Any) -> Any:
        mu, pi = np.exp(X @ p["rate"] + p["c"][0]), sigmoid(X @ p["logit"] + p["c"][1])
        return mu, pi, pi + (1 - pi) * np.exp(-mu)

    def loss(p: Any) -> Any:
        mu, pi, p0 = forward(p)
        return -np.where(zero, np.log(p0), np.log(1 - pi) + y * np.log(mu) - mu).sum() / m

    def gradient(p: Any) -> Any:
        mu, pi, p0 = forward(p)
        e = np.exp(-mu)
        deta = np.where(zero, (1 - pi) * e * mu / S("p0 forgotten", p0, 1.0), mu - y) / m
        dlogit = (
            np.where(zero, -(1 - e) * pi * (1 - pi) / p0, S("logit' of the others", pi, pi * (1 - pi))) / m
        )
        if S.on("zeros as ordinary counts"):
            deta = (mu - y) / m
        if S.on("zeros tell nothing of the logit"):
            dlogit = np.where(zero, 0, pi) / m
        c = np.array([deta.sum(), dlogit.sum()])
        return {
            "rate": X.T @ S("log link forgotten", deta, lambda: deta / mu),
            "logit": X.T @ dlogit,
            "c": S("intercepts exchanged", c, c[::-1]),
        }

    return loss, gradient, at


def kalman(rng: Rng, S: Slip) -> Parts:
    """The likelihood of a local level model by the Kalman filter, variances as logarithms, adjoint by hand."""
    T = 8
    y = np.cumsum(0.5 * rng.standard_normal(T)) + 0.3 * rng.standard_normal(T)
    at = {
        "q": np.array(-1.0) + 0.3 * rng.standard_normal(),
        "r": np.array(-0.7),
        "x0": np.array(0.2),
        "phi": np.array(0.9),
    }

    def run(p: Any) -> Any:
        x, P, kept = p["x0"], 1.0 + 0 * p["q"], []
        for t in range(T):
            xp, Pp = p["phi"] * x, p["phi"] ** 2 * P + np.exp(p["q"])
            F = Pp + np.exp(p["r"])
            v, K = y[t] - xp, Pp / F
            kept.append((x, P, xp, Pp, F, v, K))
            x, P = xp + K * v, (1 - K) * Pp
        return kept

    def loss(p: Any) -> Any:
        return 0.5 * sum(np.log(F) + v**2 / F for *_, F, v, _ in run(p))

    def gradient(p: Any) -> Any:
        q, r, phi = np.exp(p["q"]), np.exp(p["r"]), p["phi"]
        dx = dP = gq = gr = gphi = 0.0 * p["q"]
        for x, P, _, Pp, F, v, K in run(p)[::-1]:
            dK = dx * v - dP * Pp
            dv = dx * K + v / F
            dF = 0.5 / F - S("the innovation's share of F", 0.5, 0.0) * v**2 / F**2
            dF = dF - S("the gain a constant", 1.0, 0.0) * dK * Pp / F**2
            dPp = dP * (1 - K) + S("the gain a constant in P", 1.0, 0.0) * dK / F + dF
            dxp = dx - S("the innovation's sign", dv, -dv)
            gq, gr = gq + dPp * q, gr + dF * S("exp(r) forgotten", r, 1.0)
            gphi = gphi + dxp * x + S("2 phi P forgotten", 2.0, 1.0) * phi * P * dPp
            dx, dP = dxp * phi, dPp * phi ** S("phi once in the variance", 2, 1)
        return {"q": gq, "r": gr, "x0": dx, "phi": gphi}

    return loss, gradient, at


def soft_alignment(rng: Rng, S: Slip) -> Parts:
    """Soft dynamic time warping between a projected series and a target, by its expected alignment."""
    n, k, d, gamma = 4, 5, 2, 0.7
    X, Y = rng.standard_normal((n, d)), rng.standard_normal((k, d))
    at = {"W": rng.standard_normal((d, d)), "shift": 0.3 * rng.standard_normal(d)}

    def table(p: Any) -> Any:
        Z = X @ p["W"] + p["shift"]
        D = ((Z[:, None] - Y[None]) ** 2).sum(axis=2)
        R = np.full((n + 1, k + 1), np.inf, dtype=D.dtype)
        R[0, 0] = 0
        for i in range(1, n + 1):
            for j in range(1, k + 1):
                came = np.array([R[i - 1, j - 1], R[i - 1, j], R[i, j - 1]])
                R[i, j] = D[i - 1, j - 1] - gamma * log_sum(-came / gamma)
        return Z, D, R

    def loss(p: Any) -> Any:
        return table(p)[2][n, k] / n

    def gradient(p: Any) -> Any:
        Z, D, R = table(p)
        E = np.zeros((n + 2, k + 2))
        E[n, k] = 1 / n
        for i in range(n, 0, -1):
            for j in range(k, 0, -1):
                if (i, j) == (n, k):
                    continue
                total = 0.0
                moves = ((1, 1), (1, 0), (0, 1))[: S("no steps along the target", 3, 2)]
                for a, b in moves:
                    if i + a <= n and j + b <= k:
                        soft = R[i + a, j + b] - D[i + a - 1, j + b - 1] - R[i, j]
                        total += E[i + a, j + b] * np.exp(soft / S("gamma forgotten", gamma, 1.0))
                E[i, j] = total
        A = E[1:-1, 1:-1]
        if S.on("hard alignment"):
            A = (np.max(A, axis=1, keepdims=True) == A) / n
        dZ = S("2 of the square", 2, 1) * (A[:, :, None] * (Z[:, None] - Y[None])).sum(axis=1)
        W = X.T @ dZ
        return {"W": S("W transposed", W, W.T), "shift": S("shift averaged", dZ.sum(axis=0), dZ.mean(axis=0))}

    return loss, gradient, at


def disc(rng: Rng, S: Slip) -> Parts:
    """Distances in the Poincare disc between points that repeat, against targets; coordinates by tanh."""
    k, d = 5, 2
    i, j = np.triu_indices(k, 1)
    target = rng.uniform(0.5, 2.5, i.size)
    at = {"T": 0.4 * rng.standard_normal((k, d))}

    def forward(p: Any) -> Any:
        P = 0.7 * np.tanh(p["T"])
        a, diff = 1 - (P**2).sum(axis=1), P[i] - P[j]
        s = (diff**2).sum(axis=1)
        u = 1 + 2 * s / (a[i] * a[j])
        return P, a, diff, s, u, np.log(u + np.sqrt(u**2 - 1))

    def loss(p: Any) -> Any:
        return 0.5 * ((forward(p)[-1] - target) ** 2).mean()

    def gradient(p: Any) -> Any:
        P, a, diff, s, u, dist = forward(p)
        du = (dist - target) / i.size / np.sqrt(u**2 - S("arcosh' with a plus", 1, -1))
        ds = 2 * du / (a[i] * a[j])
        G = np.zeros((k, d))
        np.add.at(G, i, 2 * ds[:, None] * diff)
        np.add.at(G, j, S("pairs pull one way", -2, 0) * ds[:, None] * diff)
        if not S.on("the metric a constant"):
            da = np.zeros(k)
            np.add.at(da, i, -2 * s * du / (a[i] ** 2 * a[j]))
            np.add.at(da, j, -2 * s * du / (a[i] * a[j] ** S("power of the second conformal factor", 2, 1)))
            G = G - 2 * da[:, None] * P
        return {"T": G * 0.7 * (1 - S("tanh' at the argument", (P / 0.7) ** 2, p["T"] ** 2))}

    return loss, gradient, at


def transformed(rng: Rng, S: Slip) -> Parts:
    """A regression whose answers go through Box and Cox's transform with a learnt power, Jacobian included."""
    m, n = 15, 3
    X, y = rng.standard_normal((m, n)), np.exp(0.6 * rng.standard_normal(m))
    at = {"w": 0.5 * rng.standard_normal(n), "power": np.array([0.4]), "ls": np.array([-0.1])}
    logs = np.log(y)

    def forward(p: Any) -> Any:
        z = (np.exp(p["power"] * logs) - 1) / p["power"]
        return z, (z - X @ p["w"]) * np.exp(-p["ls"])

    def loss(p: Any) -> Any:
        return (0.5 * (forward(p)[1] ** 2) + p["ls"] - (p["power"] - 1) * logs).mean()

    def gradient(p: Any) -> Any:
        z, r = forward(p)
        b = p["power"]
        slope = (np.exp(b * logs) * logs - S("quotient rule's second term", z, 0 * z)) / b
        power = (r * np.exp(-p["ls"]) * slope).mean() - S("Jacobian forgotten", logs.mean(), 0.0)
        if S.on("Jacobian's power forgotten"):
            power = power + logs.mean() - b[0] * logs.mean()
        ls = 1 - S("deviation's square once", (r**2).mean(), np.abs(r).mean())
        w = -X.T @ r / m * S("scale forgotten", np.exp(-p["ls"]), 1.0)
        return {"w": w, "power": np.array([power]), "ls": np.array([ls])}

    return loss, gradient, at


def bound(rng: Rng, S: Slip) -> Parts:
    """A variational bound with fixed noise: logistic regression with a Gaussian posterior, KL, and free bits."""
    m, n, draws = 10, 4, 3
    X, y = rng.standard_normal((m, n)), rng.choice([0.0, 1.0], m)
    eps = rng.standard_normal((draws, n))
    at = {"mu": rng.standard_normal(n), "rho": 0.5 * rng.standard_normal(n)}

    def forward(p: Any) -> Any:
        sd = np.logaddexp(0, p["rho"])
        Z = (p["mu"] + sd * eps) @ X.T
        return sd, Z, 0.5 * (p["mu"] ** 2 + sd**2 - 1) - np.log(sd)

    def loss(p: Any) -> Any:
        _, Z, kl = forward(p)
        return (np.logaddexp(0, Z) - y * Z).sum() / draws + np.maximum(kl, 0.25).sum()

    def gradient(p: Any) -> Any:
        sd, Z, kl = forward(p)
        dW = (sigmoid(Z) - y) @ X / S("summed over the draws", draws, 1)
        free = kl > 0.25
        if S.on("free bits ignored"):
            free = np.ones(n)
        mu = dW.sum(axis=0) + free * S("KL of the mean forgotten", p["mu"], 0.0)
        dsd = (dW * S("noise forgotten", eps, 1.0)).sum(axis=0) + free * (
            sd - S("1/sd forgotten", 1 / sd, 0.0)
        )
        return {"mu": mu, "rho": dsd * S("softplus' forgotten", sigmoid(p["rho"]), 1.0)}

    return loss, gradient, at


def sampled_classes(rng: Rng, S: Slip) -> Parts:
    """Gumbel-softmax codes with fixed noise through a codebook, a commitment term, entropy as a bonus."""
    m, n, K, d, tau = 6, 3, 4, 2, 0.6
    X, Y = rng.standard_normal((m, n)), rng.standard_normal((m, d))
    noise = rng.gumbel(size=(m, K))
    at = {"enc": rng.standard_normal((n, K)), "code": rng.standard_normal((K, d))}

    def forward(p: Any) -> Any:
        L = X @ p["enc"]
        return L, softmax((L + noise) / tau), softmax(L)

    def loss(p: Any) -> Any:
        _, Q, P = forward(p)
        return 0.5 * ((Q @ p["code"] - Y) ** 2).sum() / m + 0.1 * (P * np.log(P)).sum() / m

    def gradient(p: Any) -> Any:
        _, Q, P = forward(p)
        D = (Q @ p["code"] - Y) / m
        dQ = D @ p["code"].T
        dL = Q * (dQ - (Q * dQ).sum(axis=1, keepdims=True)) / S("temperature forgotten", tau, 1.0)
        h = np.log(P) + 1
        ent = P * (h - S("entropy's mean forgotten", 1.0, 0.0) * (P * h).sum(axis=1, keepdims=True))
        dL = dL + S("entropy's sign", 0.1, -0.1) * ent / m
        return {"enc": X.T @ dL, "code": S("codes without the noise", Q, P).T @ D}

    return loss, gradient, at


OBJECTIVES = [
    Model("listwise ranking", listwise, {
        "ranks for order": "example_rolled output layer example_weights",
        "the last places left out": "output layer example_dropped",
        "sums over the whole list": "output layer example_weights",
        "t from the unscaled scores": "inner_derivative factor",
        "penalty halved": "l2_scale missing_l2 doubled_l2",
    }),
    Model("zero-inflated counts", inflated, {
        "p0 forgotten": "example_weights output layer",
        "logit' of the others": "example_weights output layer extra_gprime",
        "zeros as ordinary counts": "output example_weights layer",
        "zeros tell nothing of the logit": "example_dropped output layer example_weights",
        "log link forgotten": "example_weights layer inner_derivative",
        "intercepts exchanged": "permuted exchanged layer",
    }),
    Model("kalman filter", kalman, {
        "the innovation's share of F": "lost_path layer output unknown",
        "the gain a constant": "lost_path layer unknown",
        "the gain a constant in P": "lost_path layer unknown",
        "the innovation's sign": "layer unknown lost_path sign",
        "exp(r) forgotten": "inner_derivative factor",
        "2 phi P forgotten": "layer unknown lost_path one_entry bias",
        "phi once in the variance": "layer unknown lost_path inner_derivative",
    }),
    Model("soft alignment", soft_alignment, {
        "no steps along the target": "layer lost_path output example_weights example_dropped",
        "gamma forgotten": "layer lost_path output example_weights",
        "hard alignment": "layer output example_weights",
        "2 of the square": "factor",
        "W transposed": "transpose",
        "shift averaged": "extra_mean factor bias",
    }),
    Model("poincare disc", disc, {
        "arcosh' with a plus": "output layer outer_derivative example_weights",
        "pairs pull one way": "lost_path layer some_lines some_entries",
        "the metric a constant": "lost_path layer",
        "power of the second conformal factor": "lost_path layer unknown line_factors",
        "tanh' at the argument": "gprime_at_A wrong_gprime line_factors layer inner_derivative",
    }),
    Model("transformed answers", transformed, {
        "quotient rule's second term": "lost_path layer output unknown offset",
        "Jacobian forgotten": "offset layer lost_path",
        "Jacobian's power forgotten": "layer offset lost_path unknown missing_l2 l2_scale l2_on_bias inner_derivative",
        "deviation's square once": "layer unknown bias output offset factor",
        "scale forgotten": "inner_derivative factor",
    }),
    Model("variational bound", bound, {
        "summed over the draws": "missing_mean factor layer",
        "free bits ignored": "some_entries one_entry layer missing_l2",
        "KL of the mean forgotten": "missing_l2 l2_scale some_entries layer",
        "noise forgotten": "wrong_A layer",
        "1/sd forgotten": "lost_path layer some_entries",
        "softplus' forgotten": "inner_derivative line_factors missing_gprime",
    }),
    Model("sampled classes", sampled_classes, {
        "temperature forgotten": "layer factor lost_path inner_derivative",
        "entropy's mean forgotten": "lost_path softmax_diagonal layer",
        "entropy's sign": "layer lost_path sign output",
        "codes without the noise": "wrong_A layer",
    }),
]  # fmt: skip
