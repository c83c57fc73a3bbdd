"""Fully connected networks: the backward pass of the notes, with every intermediate open to an edit.

`X` is (n, m); `W{l}` is (n_l, n_{l-1}); `Z{l} = W{l} A{l-1} + b{l}`; the cost is the mean loss plus l2/(2m) times the squared weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array, Case, Mutant, OpenLoss, Parameters, Tape


def sigmoid(z: Array) -> Array:
    return 0.5 * (1 + np.tanh(0.5 * z))


def _gelu(z: Array) -> Array:
    return 0.5 * z * (1 + np.tanh(0.7978845608028654 * (z + 0.044715 * z**3)))


def _gelu_slope(z: Array) -> Array:
    t = np.tanh(0.7978845608028654 * (z + 0.044715 * z**3))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * 0.7978845608028654 * (1 + 3 * 0.044715 * z * z)


ACTIVATIONS = {
    "identity": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "leaky_relu": (
        lambda z: np.where(z > 0, z, z.dtype.type(0.01) * z),
        lambda z: np.where(z > 0, 1, 0.01).astype(z.dtype),
    ),
    "softplus": (lambda z: np.logaddexp(0, z), sigmoid),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
    "gelu": (_gelu, _gelu_slope),
    "elu": (
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0))),
    ),
}


def softmax(Z: Array) -> Array:
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=0)


def _softmax_loss(Z: Array, Y: Array) -> tuple[Array, Array]:
    top = Z.max(axis=0)
    return np.log(np.exp(Z - top).sum(axis=0)) + top - (Y * Z).sum(axis=0), softmax(Z) - Y


def _bce(Z: Array, Y: Array) -> tuple[Array, Array]:
    return (np.logaddexp(0, Z) - Y * Z).sum(axis=0), sigmoid(Z) - Y


def _mse(Z: Array, Y: Array) -> tuple[Array, Array]:
    return 0.5 * ((Z - Y) ** 2).sum(axis=0), Z - Y


def _hinge(Z: Array, Y: Array) -> tuple[Array, Array]:
    return np.maximum(0, 1 - Y * Z).sum(axis=0), np.where(Y * Z < 1, -Y, 0)


def _huber(Z: Array, Y: Array) -> tuple[Array, Array]:
    r = Z - Y
    return np.where(np.abs(r) <= 1, 0.5 * r * r, np.abs(r) - 0.5).sum(axis=0), np.clip(r, -1, 1)


LOSSES = {"softmax_cross_entropy": _softmax_loss, "bce": _bce, "mse": _mse, "hinge": _hinge, "huber": _huber}


def labels(loss: str, n: int, m: int, rng: np.random.Generator) -> Array:
    if loss == "softmax_cross_entropy":
        return np.eye(n)[:, rng.integers(0, n, m)]
    if loss == "bce":
        return rng.integers(0, 2, (n, m)).astype(float)
    if loss == "hinge":
        return rng.choice([-1.0, 1.0], (n, m))
    return rng.standard_normal((n, m))


def make(  # every option is one habit of real networks
    seed: int,
    mutant: Mutant | None = None,
    *,
    name: str = "dense",
    sizes: tuple[int, ...] = (5, 4, 3),
    m: int = 7,
    activation: str = "tanh",
    loss: str = "softmax_cross_entropy",
    l2: float = 0.0,
    dtype: Any = np.float64,
    weight_scale: float = 1.0,
    input_scale: float = 1.0,
    loss_scale: float = 1.0,
    dropout: bool = False,
    class_weights: bool = False,
    smoothing: float = 0.0,
    skip: bool = False,
    tied: bool = False,
    biases: float = 0.3,
    kink_gap: float | None = None,
) -> Case:
    """Build a network, its loss and its gradient; `mutant` edits the gradient, and nothing else."""
    rng = np.random.default_rng([seed, 20])
    L = len(sizes) - 1
    g, g_slope = ACTIVATIONS[activation]
    X = (input_scale * rng.standard_normal((sizes[0], m))).astype(dtype)
    Y = labels(loss, sizes[-1], m, rng).astype(dtype)
    if smoothing:
        Y = ((1 - smoothing) * Y + smoothing / sizes[-1]).astype(dtype)
    weights = (rng.uniform(0.3, 3.0, (1, m)) if class_weights else np.ones((1, m))).astype(dtype)
    masks = [
        (rng.random((n, m)) < 0.7).astype(dtype) / 0.7 if dropout else np.ones((n, m), dtype) for n in sizes
    ]
    at: Parameters = {}
    for l in range(1, L + 1):
        scale = weight_scale / np.sqrt(sizes[l - 1]) / (input_scale if l == 1 else 1.0)
        at[f"W{l}"] = (scale * rng.standard_normal((sizes[l], sizes[l - 1]))).astype(dtype)
        at[f"b{l}"] = (biases * rng.standard_normal((sizes[l], 1))).astype(dtype)
    if tied:
        del at["W2"]  # layer 2 uses the transpose of W1
    if kink_gap is not None:  # put one pre-activation of the first layer this close to the kink
        at["b1"][0] -= (at["W1"] @ X + at["b1"])[0, 0] - kink_gap

    def W(p: Parameters, l: int) -> Array:
        return p["W1"].T if tied and l == 2 else p[f"W{l}"]

    def forward(p: Parameters) -> dict[str, Any]:
        c: dict[str, Any] = {
            "A0": X,
            "X": X,
            "Y": Y,
            "m": m,
            "W": [None] + [W(p, l) for l in range(1, L + 1)],
            "p": p,
            "l2": l2,
        }
        for l in range(1, L + 1):
            c[f"Z{l}"] = W(p, l) @ c[f"A{l - 1}"] + p[f"b{l}"]
            A = g(c[f"Z{l}"]) if l < L else c[f"Z{l}"]
            if l < L:
                A = A * masks[l]
                if skip and l > 1 and sizes[l] == sizes[l - 1]:
                    A = A + c[f"A{l - 1}"]
            c[f"A{l}"] = A
        return c

    def value(p: Parameters) -> float:
        losses, _ = LOSSES[loss](forward(p)[f"Z{L}"], Y)
        penalty = l2 / (2 * m) * sum((p[k] ** 2).sum() for k in p if k[0] == "W")
        return float(loss_scale * ((weights * losses).sum() / m + penalty))

    def backward(p: Parameters, mutant: Mutant | None) -> Parameters:
        tape = Tape(mutant, **forward(p))
        c = tape.seen
        c.update(masks=masks, weights=weights, slope=g_slope, g=g, smoothing=smoothing)
        dZ = tape("dZout", LOSSES[loss](c[f"Z{L}"], tape("labels", Y))[1])
        dZ = tape("weighted", dZ * weights)
        grads: Parameters = {}
        past_skip: Array | None = None
        for l in range(L, 0, -1):
            c.update(l=l, dZ=dZ)
            A_prev = tape(f"A{l - 1} in dW{l}", c[f"A{l - 1}"])
            dW = tape(f"dW{l} before 1/m", dZ @ A_prev.T) / m
            if tied and l == 2:
                grads["W1"] = tape("tied", dW.T + 0.0)
            else:
                if f"W{l}" in p:
                    dW = dW + tape(f"penalty{l}", l2 / m * p[f"W{l}"])
                dW = tape(f"dW{l}", dW)
                grads[f"W{l}"] = dW + grads["W1"] if tied and l == 1 else dW
            grads[f"b{l}"] = tape(f"db{l}", dZ.sum(axis=1, keepdims=True) / m)
            if l > 1:
                dA = tape(f"dA{l - 1}", c["W"][l].T @ dZ)
                if past_skip is not None:
                    dA = dA + tape("skip", past_skip)
                skips = skip and l - 1 > 1 and sizes[l - 1] == sizes[l - 2]
                past_skip = dA if skips else None
                dA = dA * tape(f"mask{l - 1}", masks[l - 1])
                dZ = tape(f"dZ{l - 1}", dA * tape(f"g'{l - 1}", g_slope(c[f"Z{l - 1}"])))
        grads = {k: np.asarray(loss_scale * grads[k], dtype) for k in p}
        return mutant.edit(grads, c) if mutant is not None and mutant.at == "all" else grads  # type: ignore[arg-type, return-value]

    def cache(p: Parameters) -> dict[str, Array]:
        return {k: v for k, v in forward(p).items() if k[0] in "AZ" or k == "Y"}

    return Case(name, OpenLoss(value, cache), lambda p: backward(p, mutant), at, lambda p: backward(p, None))
