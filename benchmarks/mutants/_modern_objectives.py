"""Objectives of the last ten years: contrast of views, mixture densities, alignments, overlap, thresholds in order."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip


def views_contrasted(rng: Rng, S: Slip) -> Parts:
    """InfoNCE both ways between two views through one encoder, cosine similarity, a learnt log temperature."""
    m, n, d = 5, 4, 3
    one = rng.standard_normal((m, n))
    two = one + 0.5 * rng.standard_normal((m, n))
    at = {"encoder": rng.standard_normal((n, d)), "log_t": np.array(-0.5)}

    def embed(x: Array, p: Any) -> Any:
        e = np.tanh(x @ p["encoder"])
        r = np.sqrt((e**2).sum(axis=1, keepdims=True))
        return e, r, e / r

    def loss(p: Any) -> float:
        s = embed(one, p)[2] @ embed(two, p)[2].T * np.exp(-p["log_t"])
        log = np.logaddexp.reduce
        return float((log(s, axis=1) + log(s, axis=0) - 2 * np.diag(s)).sum() / (2 * m))

    def gradient(p: Any) -> Any:
        (e1, r1, u1), (e2, r2, u2) = embed(one, p), embed(two, p)
        s = u1 @ u2.T * np.exp(-p["log_t"])
        other = S("one direction only", softmax(s, axis=0), lambda: softmax(s, axis=1))
        ds = (softmax(s, axis=1) + other - S("positives counted once", 2, 1) * np.eye(m)) / (2 * m)
        warm = np.exp(-p["log_t"]) * ds
        du1 = warm @ u2
        du2 = S("the second view with its partner untransposed", warm.T, warm) @ u1
        if S.on("the second view detached"):
            du2 = 0 * du2
        keep = S("the projection of the norm forgotten", 1.0, 0.0)
        de1 = (du1 - keep * (du1 * u1).sum(axis=1, keepdims=True) * u1) / r1
        de2 = (du2 - keep * (du2 * u2).sum(axis=1, keepdims=True) * u2) / r2
        d1, d2 = de1 * (1 - e1**2), de2 * (1 - S("tanh' of the other view", e2, e1) ** 2)
        sign = S("the log temperature's minus forgotten", -1, 1)
        return {"encoder": one.T @ d1 + two.T @ d2, "log_t": sign * (ds * s).sum()}

    return loss, gradient, at


def mixture_density(rng: Rng, S: Slip) -> Parts:
    """A network whose outputs are the weights, means and log deviations of a mixture, one row an example."""
    m, n, h, K = 8, 2, 5, 3
    X, y = rng.standard_normal((m, n)), rng.standard_normal((m, 1))
    at: Any = {"W": rng.standard_normal((n, h)), "b": 0.2 * rng.standard_normal(h)}
    at |= {k: 0.7 * rng.standard_normal((h, K)) for k in ("pi", "mu", "sigma")} | {
        "c": np.array([-1.0, 0, 1])
    }

    def forward(p: Any) -> Any:
        A = np.tanh(X @ p["W"] + p["b"])
        mu, s = A @ p["mu"] + p["c"], A @ p["sigma"]
        P = softmax(A @ p["pi"])
        z = (y - mu) * np.exp(-s)
        return A, P, s, z, np.log(P) - s - 0.5 * z**2

    def loss(p: Any) -> float:
        return -float(np.logaddexp.reduce(forward(p)[-1], axis=1).mean())

    def gradient(p: Any) -> Any:
        A, P, s, z, J = forward(p)
        R = softmax(J)
        if S.on("the winner takes all"):
            R = (J.max(axis=1, keepdims=True) == J) * 1.0
        dpi = (P - S("prior for responsibilities", R, lambda: np.full_like(R, 1 / K))) / m
        dmu = -R * z * S("deviation forgotten in the mean", np.exp(-s), 1.0) / m
        ds = R * (1 - S("residual not squared", z**2, np.abs(z))) / m
        if S.on("the normalisation's share forgotten"):
            ds = -R * z**2 / m
        dA = dpi @ p["pi"].T + dmu @ p["mu"].T + S("deviations detached", 1.0, 0.0) * (ds @ p["sigma"].T)
        dZ = dA * (1 - A**2)
        return {
            "W": X.T @ dZ,
            "b": S("b from the mean", dZ.sum(axis=0), lambda: dZ.mean(axis=0)),
            "pi": A.T @ dpi,
            "mu": A.T @ dmu,
            "sigma": A.T @ ds,
            "c": dmu.sum(axis=0),
        }

    return loss, gradient, at


def alignment(rng: Rng, S: Slip) -> Parts:
    """Connectionist temporal classification: blanks between labels, forward and backward in logarithms."""
    T, n, V = 6, 3, 4
    X, word = rng.standard_normal((T, n)), [1, 2, 2]
    path = [0]
    for c in word:
        path += [c, 0]
    L = len(path)
    at = {"U": rng.standard_normal((n, V)), "bias": 0.3 * rng.standard_normal(V)}

    def sweep(logp: Array, labels: list[int]) -> Array:
        a = np.full((T, L), -np.inf)
        a[0, :2] = logp[0, labels[:2]]
        for t in range(1, T):
            for i in range(L):
                came = [a[t - 1, i]] + ([a[t - 1, i - 1]] if i else [])
                if i > 1 and labels[i] and labels[i] != labels[i - 2]:
                    came.append(a[t - 1, i - 2])
                a[t, i] = np.logaddexp.reduce(came) + logp[t, labels[i]]
        return a

    def log_probabilities(p: Any) -> Array:
        o = X @ p["U"] + p["bias"]
        return o - np.logaddexp.reduce(o, axis=1, keepdims=True)

    def loss(p: Any) -> float:
        return -float(np.logaddexp(*sweep(log_probabilities(p), path)[-1, -2:]))

    def gradient(p: Any) -> Any:
        logp = log_probabilities(p)
        a = sweep(logp, path)
        b = sweep(logp[::-1], path[::-1])[::-1, ::-1]
        occupied = a + S("the emission counted twice", b - logp[:, path], b)
        total = np.logaddexp(a[-1, -1], a[-1, -2])
        if S.on("ends on a blank only"):
            total = a[-1, -1]
        share = np.zeros((T, V))
        for i, c in enumerate(path):
            if S.on("repeated labels overwritten"):
                share[:, c] = np.exp(occupied[:, i] - total)
            else:
                share[:, c] += np.exp(occupied[:, i] - total)
        if S.on("blanks left out"):
            share[:, 0] = 0
        d = np.exp(logp) - share
        if S.on("the first frame left out"):
            d[0] = 0
        return {"U": X.T @ d, "bias": S("the sign of the bias", 1, -1) * d.sum(axis=0)}

    return loss, gradient, at


def distilled(rng: Rng, S: Slip) -> Parts:
    """A student learns from a teacher's softened answers and from labels: T² KL + cross-entropy, weight decay."""
    m, n, c, T, mix, decay = 6, 4, 3, 3.0, 0.7, 0.05
    X, y = rng.standard_normal((n, m)), np.eye(3)[:, rng.integers(0, 3, 6)]
    soft = softmax(rng.standard_normal((c, m)) * 2 / T, axis=0)
    at = {"W": rng.standard_normal((c, n)), "b": 0.1 * rng.standard_normal((c, 1))}

    def loss(p: Any) -> float:
        o = p["W"] @ X + p["b"]
        log, warm = o - np.logaddexp.reduce(o, axis=0), o / T - np.logaddexp.reduce(o / T, axis=0)
        kl = (soft * (np.log(soft) - warm)).sum()
        return float((mix * T**2 * kl - (1 - mix) * (y * log).sum()) / m + 0.5 * decay * (p["W"] ** 2).sum())

    def gradient(p: Any) -> Any:
        o = p["W"] @ X + p["b"]
        warm = softmax(o / S("the student's temperature forgotten", T, 1.0), axis=0)
        power = S("temperature squared kept", T, T**2)
        d = mix * power * (warm - soft) + S("the labels' share too many", 1 - mix, 1.0) * (
            softmax(o, axis=0) - y
        )
        d = d / S("divided by the classes", m, c)
        return {
            "W": d @ X.T + S("decay twice", decay, 2 * decay) * p["W"],
            "b": d.sum(axis=1, keepdims=True) + S("bias decayed", 0.0, decay) * p["b"],
        }

    return loss, gradient, at


def overlap(rng: Rng, S: Slip) -> Parts:
    """Soft Dice of every class over an image's pixels, plus weighted binary cross-entropy, a 1 x 1 convolution."""
    n, C, K, eps = 12, 3, 2, 1.0
    X, Y = rng.standard_normal((n, C)), (rng.random((n, K)) < 0.4) * 1.0
    at = {"w": rng.standard_normal((C, K)), "b": np.zeros(K)}

    def parts(p: Any) -> Any:
        o = X @ p["w"] + p["b"]
        P = sigmoid(o)
        return o, P, (P * Y).sum(axis=0), P.sum(axis=0) + Y.sum(axis=0) + eps

    def loss(p: Any) -> float:
        o, _, common, total = parts(p)
        bce = np.logaddexp(0, o) - Y * o
        return float((1 - (2 * common + eps) / total).mean() + 0.5 * ((1 + 3 * Y) * bce).mean())

    def gradient(p: Any) -> Any:
        _, P, common, total = parts(p)
        second = S("the denominator's share forgotten", 1.0, 0.0) * (2 * common + eps) / total**2
        dP = -(2 * Y / total - second) / S("classes summed", K, 1)
        do = dP * S("sigmoid' forgotten before Dice", P * (1 - P), 1.0)
        weight = S("positives not weighted", 1 + 3 * Y, 1.0)
        do = do + 0.5 * weight * (P - Y) / (n * K)
        if S.on("BCE's share lost"):
            do = dP * P * (1 - P)
        return {
            "w": X.T @ do,
            "b": S("b shared by the classes", do.sum(axis=0), lambda: np.full(K, do.sum())),
        }

    return loss, gradient, at


def ordered(rng: Rng, S: Slip) -> Parts:
    """Ordinal regression: thresholds as running sums of softplus gaps, cumulative logits."""
    m, n, K = 12, 3, 5
    X, y = rng.standard_normal((m, n)), rng.integers(0, 5, 12)
    at = {"w": rng.standard_normal(n), "start": np.array([-1.5]), "gaps": 0.5 * rng.standard_normal(K - 2)}

    def parts(p: Any) -> Any:
        cuts = np.cumsum(np.concatenate([p["start"], np.logaddexp(0, p["gaps"])]))
        F = sigmoid(cuts - (X @ p["w"])[:, None])
        F = np.concatenate([np.zeros((m, 1)), F, np.ones((m, 1))], axis=1)
        return F, F[np.arange(m), y + 1] - F[np.arange(m), y]

    def loss(p: Any) -> float:
        return -float(np.log(parts(p)[1]).sum())

    def gradient(p: Any) -> Any:
        F, chance = parts(p)
        f = F * (1 - F)
        d = np.zeros_like(F)
        d[np.arange(m), y + 1] -= f[np.arange(m), y + 1] / chance
        if not S.on("the lower threshold forgotten"):
            d[np.arange(m), y] += f[np.arange(m), y] / chance
        cuts = d[:, 1:-1].sum(axis=0)
        later = np.cumsum(cuts[::-1])[::-1]
        if S.on("running sum in the wrong direction"):
            later = np.cumsum(cuts)
        if S.on("no running sum"):
            later = cuts
        return {
            "w": -S("the sign of w", 1, -1) * X.T @ d.sum(axis=1),
            "start": later[:1],
            "gaps": later[1:] * S("softplus' forgotten", sigmoid(p["gaps"]), 1.0),
        }

    return loss, gradient, at


def decorrelated(rng: Rng, S: Slip) -> Parts:
    """Two standardised views' cross-correlation is to be the identity (redundancy reduction), one linear encoder."""
    m, n, d, lam = 9, 4, 3, 0.3
    one = rng.standard_normal((m, n))
    two = one + 0.4 * rng.standard_normal((m, n))
    at = {"W": rng.standard_normal((n, d))}

    def standard(x: Array, p: Any) -> Any:
        e = x @ p["W"]
        s = e.std(axis=0)
        return s, (e - e.mean(axis=0)) / s

    weight = lam + (1 - lam) * np.eye(d)

    def loss(p: Any) -> float:
        C = standard(one, p)[1].T @ standard(two, p)[1] / m
        return float((weight * (C - np.eye(d)) ** 2).sum())

    def gradient(p: Any) -> Any:
        (s1, u1), (s2, u2) = standard(one, p), standard(two, p)
        C = u1.T @ u2 / m
        dC = 2 * S("lambda forgotten", weight, 1.0) * (C - S("identity forgotten", np.eye(d), 0.0)) / m
        du1, du2 = u2 @ dC.T, u1 @ S("dC transposed for the second view", dC, dC.T)

        def unstandard(du: Array, u: Array, s: Array) -> Array:
            return (du - S("the deviation's path forgotten", (du * u).mean(axis=0), 0.0) * u) / s

        first = one.T @ unstandard(du1, u1, s1)
        second = two.T @ unstandard(du2, u2, s2)
        return {"W": first + S("the second view detached", second, 0.0)}

    return loss, gradient, at


OBJECTIVES = [
    Model("views contrasted", views_contrasted, {
        "one direction only": "layer output",
        "positives counted once": "layer output missing_label",
        "the second view with its partner untransposed": "layer transpose",
        "the second view detached": "lost_path layer",
        "the projection of the norm forgotten": "lost_path layer",
        "tanh' of the other view": "wrong_gprime layer",
        "the log temperature's minus forgotten": "sign",
    }),
    Model("mixture density", mixture_density, {
        "the winner takes all": "layer output",
        "prior for responsibilities": "layer output",
        "deviation forgotten in the mean": "layer output",
        "residual not squared": "layer output",
        "the normalisation's share forgotten": "lost_path layer",
        "deviations detached": "lost_path layer",
        "b from the mean": "extra_mean factor",
    }),
    Model("alignment", alignment, {
        "the emission counted twice": "layer output",
        "ends on a blank only": "layer output",
        "repeated labels overwritten": "layer output some_lines one_column",
        "blanks left out": "layer output one_column one_unit",
        "the first frame left out": "example_dropped layer output",
        "the sign of the bias": "sign",
    }),
    Model("distilled", distilled, {
        "the student's temperature forgotten": "layer output",
        "temperature squared kept": "layer output",
        "the labels' share too many": "layer output",
        "divided by the classes": "factor missing_mean",
        "decay twice": "doubled_l2",
        "bias decayed": "l2_on_bias",
    }),
    Model("overlap", overlap, {
        "the denominator's share forgotten": "lost_path layer output",
        "classes summed": "layer output",
        "sigmoid' forgotten before Dice": "missing_gprime layer output",
        "positives not weighted": "example_weights layer output",
        "BCE's share lost": "lost_path layer output",
        "b shared by the classes": "wrong_axis",
    }),
    Model("ordered", ordered, {
        "the lower threshold forgotten": "layer output",
        "running sum in the wrong direction": "layer",
        "no running sum": "layer lost_path",
        "the sign of w": "sign",
        "softplus' forgotten": "inner_derivative missing_gprime layer",
    }),
    Model("decorrelated", decorrelated, {
        "lambda forgotten": "layer output",
        "identity forgotten": "layer output missing_label",
        "dC transposed for the second view": "transpose layer output",
        "the deviation's path forgotten": "lost_path layer output",
        "the second view detached": "lost_path layer output",
    }),
]  # fmt: skip
