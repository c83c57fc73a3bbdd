"""Blocks beyond the fully connected: batch and layer norm, attention, convolution, pooling, embedding, recurrence.

Each is a loss `sum(R * block(...)) / m` with a fixed random R, and its backward pass; `_block_mutants` says what people get
wrong in it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from _case import Array, Case, Mutant, Parameters, Tape

Backward = Callable[[Parameters, Tape], Parameters]


def _case(
    name: str, loss: Callable[[Parameters], float], backward: Backward, at: Parameters, mutant: Mutant | None
) -> Case:
    return Case(name, loss, lambda p: backward(p, Tape(mutant)), at, lambda p: backward(p, Tape(None)))


def batch_norm(
    seed: int, mutant: Mutant | None = None, *, n: int = 4, m: int = 6, axis: int = 1, eps: float = 1e-5
) -> Case:
    """Normalise each feature over the batch (axis=1), or each example over its features (axis=0: layer norm)."""
    rng = np.random.default_rng([seed, 21])
    R = rng.standard_normal((n, m))
    at = {
        "X": rng.standard_normal((n, m)),
        "gamma": rng.uniform(0.5, 2, (n, 1)),
        "beta": rng.standard_normal((n, 1)),
    }

    def forward(p: Parameters) -> tuple[Array, Array, Array]:
        centred = p["X"] - p["X"].mean(axis=axis, keepdims=True)
        inv = 1 / np.sqrt((centred**2).mean(axis=axis, keepdims=True) + eps)
        return centred * inv, inv, np.tanh(p["gamma"] * centred * inv + p["beta"])

    def loss(p: Parameters) -> float:
        return float((R * forward(p)[2]).sum() / m)

    def backward(p: Parameters, tape: Tape) -> Parameters:
        x_hat, inv, out = forward(p)
        dY = R * (1 - out**2) / m
        tape.seen.update(x_hat=x_hat, inv=inv, X=p["X"], gamma=p["gamma"], dY=dY, axis=axis, m=m, n=n)
        dx_hat = tape("dx_hat", dY * p["gamma"])
        through_mean = tape("through mean", dx_hat.mean(axis=axis, keepdims=True))
        through_variance = tape("through variance", x_hat * (dx_hat * x_hat).mean(axis=axis, keepdims=True))
        return {
            "X": tape("dX", tape("inv", inv) * (dx_hat - through_mean - through_variance)),
            "gamma": tape("dgamma", (dY * tape("x_hat in dgamma", x_hat)).sum(axis=1, keepdims=True)),
            "beta": tape("dbeta", dY.sum(axis=1, keepdims=True)),
        }

    return _case("norm", loss, backward, at, mutant)


def attention(
    seed: int, mutant: Mutant | None = None, *, length: int = 4, width: int = 3, causal: bool = True
) -> Case:
    """Scaled dot-product attention, one head; rows are positions."""
    rng = np.random.default_rng([seed, 22])
    at = {k: rng.standard_normal((length, width)) for k in "QKV"}
    R = rng.standard_normal((length, width))
    mask = np.tril(np.ones((length, length), bool)) if causal else np.ones((length, length), bool)
    scale = 1 / np.sqrt(width)

    def scores(p: Parameters) -> Array:
        S = np.where(mask, p["Q"] @ p["K"].T * scale, -np.inf)
        E = np.exp(S - S.max(axis=1, keepdims=True))
        return E / E.sum(axis=1, keepdims=True)

    def loss(p: Parameters) -> float:
        return float((R * (scores(p) @ p["V"])).sum())

    def backward(p: Parameters, tape: Tape) -> Parameters:
        P = scores(p)
        tape.seen.update(
            P=P, S=np.where(mask, p["Q"] @ p["K"].T * scale, 0), R=R, scale=scale, width=width, **p
        )
        dP = R @ p["V"].T
        dS = tape("dS", P * (dP - tape("row sum", (dP * P).sum(axis=1, keepdims=True))))
        return {
            "Q": tape("dQ", dS @ p["K"] * scale),
            "K": tape("dK", dS.T @ p["Q"] * scale),
            "V": tape("dV", tape("P in dV", P).T @ R),
        }

    return _case("attention", loss, backward, at, mutant)


def convolution(
    seed: int,
    mutant: Mutant | None = None,
    *,
    stride: int = 1,
    padding: int = 1,
    pool: str = "max",
    batch: int = 3,
) -> Case:
    """A 3 x 3 convolution (batch, channel, row, column), tanh, and 2 x 2 pooling, by plain loops over the nine taps."""
    rng = np.random.default_rng([seed, 23])
    channels, filters, size = 2, 3, 6
    X = rng.standard_normal((batch, channels, size, size))
    out = (size + 2 * padding - 3) // stride + 1
    half = out // 2
    R = rng.standard_normal((batch, filters, half, half))
    at = {
        "W": rng.standard_normal((filters, channels, 3, 3)) / 4,
        "b": 0.3 * rng.standard_normal(filters),
        "X": X,
    }

    def pad(x: Array) -> Array:
        return np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])

    def taps(x: Array, i: int, j: int) -> Array:
        return x[:, :, i : i + stride * out : stride, j : j + stride * out : stride][:, :, :out, :out]

    def forward(p: Parameters) -> tuple[Array, Array]:
        x = pad(p["X"])
        Z = sum(
            np.einsum("fc,bcij->bfij", p["W"][:, :, i, j], taps(x, i, j)) for i in range(3) for j in range(3)
        )
        Z = Z + p["b"][:, None, None]
        return Z, np.tanh(Z)[:, :, : 2 * half, : 2 * half].reshape(batch, filters, half, 2, half, 2)

    def loss(p: Parameters) -> float:
        blocks = forward(p)[1]
        pooled = blocks.max(axis=(3, 5)) if pool == "max" else blocks.mean(axis=(3, 5))
        return float((R * pooled).sum() / batch)

    def backward(p: Parameters, tape: Tape) -> Parameters:
        Z, blocks = forward(p)
        dpool = R[:, :, :, None, :, None] / batch
        tape.seen.update(blocks=blocks, X=p["X"], W=p["W"], dpool=dpool)
        top = (
            blocks == blocks.max(axis=(3, 5), keepdims=True) if pool == "max" else np.full(blocks.shape, 0.25)
        )
        dA = np.zeros_like(Z)
        dA[:, :, : 2 * half, : 2 * half] = tape("unpooled", top * dpool).reshape(
            batch, filters, 2 * half, 2 * half
        )
        dZ = tape("dZ", dA * tape("g'", 1 - np.tanh(Z) ** 2))
        x, dx, dW = pad(p["X"]), np.zeros_like(pad(p["X"])), np.zeros_like(p["W"])
        kernel = tape("kernel in dX", p["W"])
        for i in range(3):
            for j in range(3):
                dW[:, :, i, j] = np.einsum("bfij,bcij->fc", dZ, taps(x, i, j))
                taps(dx, i, j)[...] += np.einsum("fc,bfij->bcij", kernel[:, :, i, j], dZ)
        crop = slice(padding, padding + size)
        return {
            "W": tape("dW", dW),
            "b": tape("db", dZ.sum(axis=(0, 2, 3))),
            "X": tape("dX", dx[:, :, crop, crop]),
        }

    return _case("convolution", loss, backward, at, mutant)


def recurrence(
    seed: int, mutant: Mutant | None = None, *, steps: int = 4, n: int = 3, m: int = 3, vocabulary: int = 5
) -> Case:
    """An embedding, a tanh recurrence with shared weights, and a squared error at the end: back-propagation through time."""
    rng = np.random.default_rng([seed, 24])
    words = rng.integers(0, vocabulary, (steps, m))
    words[:, 1] = words[:, 0]  # a row that one step reads twice: its gradient must be added up
    target = rng.standard_normal((n, m))
    at = {
        "E": rng.standard_normal((vocabulary, n)),
        "U": rng.standard_normal((n, n)) / 2,
        "W": rng.standard_normal((n, n)) / 2,
        "b": 0.2 * rng.standard_normal((n, 1)),
    }

    def forward(p: Parameters) -> list[Array]:
        H = [np.zeros((n, m))]
        for t in range(steps):
            H.append(np.tanh(p["U"] @ p["E"][words[t]].T + p["W"] @ H[-1] + p["b"]))
        return H

    def loss(p: Parameters) -> float:
        return float(0.5 * ((forward(p)[-1] - target) ** 2).sum() / m)

    def backward(p: Parameters, tape: Tape) -> Parameters:
        H = forward(p)
        grads = {k: np.zeros_like(v) for k, v in p.items()}
        dH = tape("dH_last", (H[-1] - target) / m)
        tape.seen.update(H=H, **p)
        for t in reversed(range(steps)):
            tape.seen.update(t=t, words=words[t])
            dZ = tape("dZ", dH * tape("g'", 1 - H[t + 1] ** 2))
            grads["W"] += tape("dW of a step", dZ @ H[t].T)
            grads["U"] += tape("dU of a step", dZ @ p["E"][words[t]])
            grads["b"] += tape("db of a step", dZ.sum(axis=1, keepdims=True))
            contribution = dZ.T @ p["U"]
            if tape.mutant is not None and tape.mutant.at == "scatter":
                grads["E"] = tape.mutant.edit(
                    grads["E"], {"rows": words[t], "of": contribution, "vocabulary": vocabulary}
                )
            else:
                np.add.at(grads["E"], words[t], contribution)
            dH = tape("dH", p["W"].T @ dZ)
        return {k: tape(f"d{k}", v) for k, v in grads.items()}

    return _case("recurrence", loss, backward, at, mutant)


FAMILIES = {
    "batch_norm": batch_norm,
    "attention": attention,
    "convolution": convolution,
    "recurrence": recurrence,
}
