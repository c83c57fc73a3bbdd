"""Models that keep something: optimisers' wrappers, caches and buffers, graphs, sets, capsules, pairwise products."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array
from _practice_cells import Rng, sigmoid, softmax
from _slips import Model, Parts, Slip


def module(rng: Rng, S: Slip) -> Parts:
    """A module in the style of frameworks: forward keeps, backward fills .grad, a wrapper zeroes and scales."""
    m, n, h = 7, 4, 5
    X, y = rng.standard_normal((m, n)), rng.standard_normal((m, 1))
    at = {"fc1.weight": rng.standard_normal((h, n)), "fc1.bias": 0.1 * rng.standard_normal(h),
          "fc2.weight": rng.standard_normal((1, h)), "fc2.bias": np.zeros(1)}  # fmt: skip
    mask = (rng.random((m, h)) < 0.8) / 0.8
    drawn = np.random.default_rng(11)
    kept: dict[str, Any] = {}

    def forward(p: Any) -> Any:
        H = np.tanh(X @ p["fc1.weight"].T + p["fc1.bias"])
        return H, (H * mask) @ p["fc2.weight"].T + p["fc2.bias"]

    def loss(p: Any) -> float:
        kept["H"], out = forward(p)
        return float(0.5 * ((out - y) ** 2).mean())

    def gradient(p: Any) -> Any:
        H, out = forward(p)
        if S.on("activations of the loss's last call"):
            H = kept.get("H", H)
        if S.on("activations of the first call"):
            H = kept.setdefault("first", H)
        d = (out - y) / m
        again = (drawn.random((m, h)) < 0.8) / 0.8 if S.on("dropout drawn anew") else mask
        dZ = (d @ p["fc2.weight"]) * again * (1 - H**2)
        if S.on("dropout not scaled in the backward pass"):
            dZ = dZ * 0.8
        grads = {
            "fc1.weight": dZ.T @ X,
            "fc1.bias": dZ.sum(axis=0),
            "fc2.weight": d.T @ (H * mask),
            "fc2.bias": d.sum(axis=0),
        }
        if S.on("grad not zeroed"):
            total = kept.setdefault("grad", {k: np.zeros_like(g) for k, g in grads.items()})
            for k, g in grads.items():
                total[k] += g
            return {k: g.copy() for k, g in total.items()}
        if S.on("a running mean of gradients"):
            total = kept.setdefault("mean", {k: np.zeros_like(g) for k, g in grads.items()})
            for k, g in grads.items():
                total[k] += 0.1 * (g - total[k])
            return {k: g.copy() for k, g in total.items()}
        norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
        if S.on("clipped to a global norm"):
            return {k: g * min(1.0, 0.05 / norm) for k, g in grads.items()}
        if S.on("normalised to one"):
            return {k: g / norm for k, g in grads.items()}
        if S.on("loss scale not undone"):
            return {k: 1024 * g for k, g in grads.items()}
        if S.on("only the head trained"):
            grads["fc1.weight"], grads["fc1.bias"] = 0 * grads["fc1.weight"], 0 * grads["fc1.bias"]
        return grads

    return loss, gradient, at


def neighbours(rng: Rng, S: Slip) -> Parts:
    """Graph attention: leaky scores of pairs, a softmax over neighbours only, ELU, a mean over nodes."""
    n, f, d = 6, 3, 3
    X = rng.standard_normal((n, f))
    adjacent = (rng.random((n, n)) < 0.4) | np.eye(n, dtype=bool)
    goal = rng.standard_normal(d)
    at = {"W": rng.standard_normal((f, d)), "left": rng.standard_normal(d), "right": rng.standard_normal(d)}

    def forward(p: Any) -> Any:
        H = X @ p["W"]
        e = (H @ p["left"])[:, None] + H @ p["right"]
        s = np.where(adjacent, np.where(e > 0, e, 0.2 * e), -np.inf)
        P = softmax(s)
        Z = P @ H
        return H, e, P, Z, np.where(Z > 0, Z, np.expm1(np.minimum(Z, 0)))

    def loss(p: Any) -> float:
        return float(0.5 * ((forward(p)[-1].mean(axis=0) - goal) ** 2).sum())

    def gradient(p: Any) -> Any:
        H, e, P, Z, A = forward(p)
        dA = np.tile((A.mean(axis=0) - goal) / n, (n, 1))
        dZ = dA * S("ReLU' for ELU'", np.where(Z > 0, 1, np.exp(np.minimum(Z, 0))), (Z > 0) * 1.0)
        dH = S("messages sent the wrong way", P.T, P) @ dZ
        dP = dZ @ H.T
        ds = P * (dP - S("row sums over all pairs", (P * dP).sum(axis=1, keepdims=True), (P * dP).sum()))
        de = ds * S("the leak forgotten", np.where(e > 0, 1, 0.2), 1.0)
        left, right = H.T @ de.sum(axis=1), H.T @ de.sum(axis=0)
        if S.on("sender and receiver exchanged"):
            left, right = right, left
        through = np.outer(de.sum(axis=1), p["left"]) + np.outer(de.sum(axis=0), p["right"])
        dH = dH + S("attention detached", 1.0, 0.0) * through
        return {"W": X.T @ dH, "left": left, "right": S("right from one node", right, lambda: H.T @ de[0])}

    return loss, gradient, at


def capsules(rng: Rng, S: Slip) -> Parts:
    """Capsules: squashed vectors whose lengths are class scores, margin loss, one list of matrices."""
    m, n, K, d = 5, 4, 3, 2
    X, y = rng.standard_normal((m, n)), np.eye(3)[rng.integers(0, 3, 5)]
    at = {"V": rng.standard_normal((K, n, d))}

    def forward(p: Any) -> Any:
        U = np.einsum("mn,knd->mkd", X, p["V"])
        q = (U**2).sum(axis=2)
        return U, q, q / (1 + q)

    def loss(p: Any) -> float:
        r = forward(p)[2]
        return float(
            (y * np.maximum(0.9 - r, 0) ** 2 + 0.5 * (1 - y) * np.maximum(r - 0.1, 0) ** 2).sum() / m
        )

    def gradient(p: Any) -> Any:
        U, q, r = forward(p)
        low = S("half forgotten for absent classes", 1.0, 2.0) * (1 - y) * np.maximum(r - 0.1, 0)
        dr = (-2 * y * S("margin of the present class forgotten", np.maximum(0.9 - r, 0), 0.9 - r) + low) / m
        if S.on("labels shifted by one class"):
            dr = np.roll(dr, 1, axis=1)
        dq = dr / S("squash' of the first power", (1 + q) ** 2, 1 + q)
        dU = S("2 forgotten in the square", 2, 1) * dq[:, :, None] * U
        dV = np.einsum("mn,mkd->knd", X, dU)
        return {"V": S("parts of a capsule exchanged", dV, lambda: dV[:, :, ::-1])}

    return loss, gradient, at


def pairwise(rng: Rng, S: Slip) -> Parts:
    """A factorisation machine: all pairs by half the square of sums minus sums of squares, logistic loss, L2 on factors."""
    m, n, k, decay = 8, 5, 3, 0.1
    X, y = (rng.random((m, n)) < 0.6) * rng.uniform(0.5, 2, (m, n)), rng.choice([-1.0, 1.0], 8)
    at = {
        "w0": np.array(0.1),
        "w": 0.5 * rng.standard_normal(n),
        "factors": 0.5 * rng.standard_normal((n, k)),
    }

    def score(p: Any) -> Array:
        F = X @ p["factors"]
        return p["w0"] + X @ p["w"] + 0.5 * (F**2 - (X**2) @ p["factors"] ** 2).sum(axis=1)

    def loss(p: Any) -> float:
        return float(np.logaddexp(0, -y * score(p)).mean() + 0.5 * decay * (p["factors"] ** 2).sum())

    def gradient(p: Any) -> Any:
        r = -y * sigmoid(-y * score(p)) / m
        if S.on("labels forgotten in the residual"):
            r = sigmoid(-y * score(p)) / m
        F = X @ p["factors"]
        own = S("the pair of a feature with itself", 1.0, 0.0) * ((X**2).T @ r)[:, None] * p["factors"]
        factors = X.T @ (r[:, None] * F) - own + S("decay forgotten", decay, 0.0) * p["factors"]
        return {
            "w0": S("w0 averaged again", r.sum(), r.mean()),
            "w": S("w by whether a feature is there", X, (X > 0) * 1.0).T @ r,
            "factors": factors,
        }

    return loss, gradient, at


def sets(rng: Rng, S: Slip) -> Parts:
    """A set network: a network for each member, sum and maximum over members, a network after; several sets of other sizes."""
    sizes, n, h = [3, 5, 2], 2, 4
    members = [rng.standard_normal((s, n)) for s in sizes]
    goal = rng.standard_normal(len(sizes))
    at = {
        "phi": rng.standard_normal((n, h)),
        "rho": 0.5 * rng.standard_normal((2 * h, h)),
        "out": rng.standard_normal(h),
    }

    def forward(x: Array, p: Any) -> Any:
        A = np.sin(x @ p["phi"])
        pooled = np.concatenate([A.sum(axis=0), A.max(axis=0)])
        B = np.tanh(pooled @ p["rho"])
        return A, pooled, B, B @ p["out"]

    def loss(p: Any) -> float:
        return float(
            sum((forward(x, p)[-1] - t) ** 2 for x, t in zip(members, goal, strict=True)) / len(sizes)
        )

    def gradient(p: Any) -> Any:
        G = {k: np.zeros_like(v, dtype=float) for k, v in p.items()}
        for x, t in list(zip(members, goal, strict=True))[S("the first set skipped", 0, 1) :]:
            A, pooled, B, out = forward(x, p)
            r = 2 * (out - t) / S("divided by the members", len(sizes), len(x))
            G["out"] += r * B
            dB = r * p["out"] * (1 - B**2)
            G["rho"] += np.outer(S("the maximum for the sum", pooled, np.tile(A.max(axis=0), 2)), dB)
            dpool = p["rho"] @ dB
            winner = A.max(axis=0) == A
            if S.on("the maximum's gradient to all members"):
                winner = np.ones_like(A)
            dA = dpool[:h] + S("the maximum detached", 1.0, 0.0) * winner * dpool[h:]
            z = x @ p["phi"]
            dZ = dA * S("sin' is the sine", np.cos(z), np.sin(z))
            if S.on("one set overwrites another"):
                G["phi"] = x.T @ dZ
            else:
                G["phi"] += x.T @ dZ
        return G

    return loss, gradient, at


KEEPERS = [
    Model("module", module, {
        "activations of the loss's last call": "stale_cache",
        "activations of the first call": "stale_cache",
        "dropout drawn anew": "dropout",
        "dropout not scaled in the backward pass": "factor layer",
        "grad not zeroed": "accumulator",
        "a running mean of gradients": "momentum accumulator",
        "clipped to a global norm": "clipping",
        "normalised to one": "clipping",
        "loss scale not undone": "factor missing_mean",
        "only the head trained": "zero",
    }),
    Model("neighbours", neighbours, {
        "ReLU' for ELU'": "wrong_gprime layer",
        "messages sent the wrong way": "transpose layer",
        "row sums over all pairs": "wrong_axis layer",
        "the leak forgotten": "wrong_gprime missing_gprime layer",
        "sender and receiver exchanged": "exchanged layer",
        "attention detached": "lost_path layer",
        "right from one node": "example_dropped layer",
    }),
    Model("capsules", capsules, {
        "half forgotten for absent classes": "layer output",
        "margin of the present class forgotten": "layer output rare_branch",
        "labels shifted by one class": "layer output permuted",
        "squash' of the first power": "wrong_gprime layer output",
        "2 forgotten in the square": "factor",
        "parts of a capsule exchanged": "permuted",
    }),
    Model("pairwise", pairwise, {
        "labels forgotten in the residual": "missing_label layer output",
        "the pair of a feature with itself": "lost_path layer",
        "decay forgotten": "missing_l2",
        "w0 averaged again": "extra_mean factor",
        "w by whether a feature is there": "wrong_A layer",
    }),
    Model("sets", sets, {
        "the first set skipped": "example_dropped layer output",
        "divided by the members": "example_weights layer output",
        "the maximum for the sum": "wrong_A layer some_lines",
        "the maximum's gradient to all members": "layer",
        "the maximum detached": "lost_path layer",
        "sin' is the sine": "wrong_gprime layer",
        "one set overwrites another": "example_dropped layer",
    }),
]  # fmt: skip
