"""Wrong backward passes of the layers, as people write them, and what gradcheck says of each.

A mutant changes what a correct layer returns: the gradients and dX, in place, knowing dA, the layer and X.
The loss is ``sum(R * A)/m`` with a fixed random R, so dA = R; the input X is checked like a parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import gradcheck
from numeric.layers import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    MaxPool2d,
    MultiHeadAttention,
    Residual,
    RMSNorm,
    SwiGLU,
)

M = 3


@dataclass(frozen=True)
class Pass:
    """One backward pass: what the layer was given and what it returned, free to be changed."""

    layer: Any
    X: Any
    dA: Any
    dX: Any
    gradients: dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """A layer, its input, the mistake, and the causes that name it rightly, the most precise words there are."""

    build: Callable[[], Any]
    shape: tuple[int, ...]
    wrong: Callable[[Pass], None]
    causes: tuple[str, ...] = ("layer",)
    training: bool = False


def gradient_check(mutant: Mutant, *, right: bool = False, seed: int = 0) -> gradcheck.Report:
    """Check the mutant, or the layer without its mistake."""
    rng = np.random.default_rng(seed)
    layer = mutant.build()
    out = layer.build(mutant.shape, rng, np.float64)
    R = rng.normal(size=(*out, M))
    at = {name: value + 0.5 * rng.normal(size=value.shape) for name, value in layer.parameters.items()}
    ids = rng.integers(0, layer.tokens, (*mutant.shape, M)) if isinstance(layer, Embedding) else None
    if ids is None:
        at["X"] = rng.normal(size=(*mutant.shape, M))
    state = {name: value.copy() for name, value in layer.state.items()}
    stream = layer.rng.bit_generator.state if layer.rng is not None else None

    def forward(p: Any) -> Any:
        for name, value in layer.parameters.items():
            value[...] = p[name]
        # Running statistics and random masks are the same at every call, or the loss would not be a function.
        for name, value in state.items():
            layer.state[name][...] = value
        if stream is not None:
            layer.rng.bit_generator.state = stream
        return layer.forward(np.array(p["X"]) if ids is None else ids, training=mutant.training)

    def loss(p: Any) -> float:
        return float((R * forward(p)).sum() / M)

    def gradient(p: Any) -> dict[str, Any]:
        forward(p)
        dX = np.array(layer.backward(R.copy()))
        if not right:
            mutant.wrong(Pass(layer, np.array(p["X"]) if ids is None else ids, R, dX, layer.gradients))
        found = {name: g.copy() for name, g in layer.gradients.items()}
        return found if ids is not None else {**found, "X": dX / M}

    return gradcheck.check(loss, gradient, at, rng=seed)


def scale(name: str, factor: float) -> Callable[[Pass], None]:
    """A gradient times a number."""

    def wrong(p: Pass) -> None:
        (p.dX if name == "X" else p.gradients[name])[...] *= factor

    return wrong


def put(name: str, value: Callable[[Pass], Any]) -> Callable[[Pass], None]:
    """Something else in the place of a gradient."""

    def wrong(p: Pass) -> None:
        (p.dX if name == "X" else p.gradients[name])[...] = value(p).copy()

    return wrong


def turned_filters(p: Pass, axes: tuple[int, ...]) -> Any:
    """dX with the taps of these axes in reverse once more: not turned round at all."""
    W = p.layer.parameters["W"]
    kept = W.copy()
    W[...] = np.flip(kept, axes)
    dX = p.layer._spread(p.dA).copy()
    W[...] = kept
    return dX


def batch_norm_slope(p: Pass, *, mean: bool, variance: bool, axis: int = 1) -> Any:
    """dX of batch norm (axis 1) or layer norm (axis 0) with one of its corrections left out."""
    sigma = p.layer._sigma
    x_hat = p.layer._centred / sigma if isinstance(p.layer, BatchNorm) else p.layer._x_hat
    dx_hat = p.dA * p.layer.parameters["gamma"]
    dX = dx_hat.copy()
    if mean:
        dX -= dx_hat.mean(axis=axis, keepdims=True)
    if variance:
        dX -= x_hat * (dx_hat * x_hat).mean(axis=axis, keepdims=True)
    return dX / sigma


def attention_slope(p: Pass, dS_of: Callable[[Any, Any], Any]) -> Any:
    """dX of one head of attention with another formula for dS, from P and dP."""
    s, q = p.layer._attended, p.layer.parameters
    P = s.E * s.inverse_sum
    dheads = (p.dA.transpose(2, 1, 0) @ q["W_out"])[:, None]
    dS = dS_of(P, dheads @ s.V.swapaxes(-1, -2)) / np.sqrt(p.dA.shape[0])
    joined = np.concatenate([dS @ s.K, dS.swapaxes(-1, -2) @ s.Q, P.swapaxes(-1, -2) @ dheads], axis=-1)[:, 0]
    return (joined @ q["W"]).transpose(2, 1, 0)


def swish_gradients(p: Pass, slope: Callable[[Any, Any], Any]) -> Any:
    """dW of SwiGLU with another derivative of swish, from U and sigmoid(U)."""
    q = p.layer.parameters
    U = q["W"] @ p.X
    return (q["W2"].T @ p.dA * (q["V"] @ p.X) * slope(U, 1 / (1 + np.exp(-U)))) @ p.X.T / M


def swap(p: Pass, first: str, second: str) -> None:
    """Two gradients in each other's place."""
    a, b = p.gradients[first], p.gradients[second]
    a[...], b[...] = b.copy(), a.copy()


def block(p: Pass, name: str, part: int, factor: Any) -> None:
    """One third of the joint gradient of queries, keys and values, times something."""
    third = np.split(p.gradients[name], 3)[part]
    third *= factor


def conv(**settings: Any) -> Callable[[], Any]:
    """A small convolution."""
    return lambda: Conv2d(2, 3, **{"padding": 1, **settings})


def attention(**settings: Any) -> Callable[[], Any]:
    """One head."""
    return lambda: MultiHeadAttention(1, **settings)


IMAGE, ROWS, TOKENS = (2, 4, 4), (3,), (2, 3)
LAST_CORNER = np.tile(np.array([[0.0, 0.0], [0.0, 1.0]]), (2, 2))[None, :, :, None]
MEAN, TWICE = ("missing_mean", "factor"), ("extra_mean", "factor")
FACTOR, LOCAL = ("factor",), ("layer", "zero", "permuted", "one_row", "one_column", "example_dropped")


def of_one_example(p: Pass, j: int) -> Any:
    """dW of a convolution from one example alone."""
    layer = Conv2d(2, 3, padding=1)
    layer.build(IMAGE, np.random.default_rng(0), np.float64)
    layer.forward(p.X[..., j : j + 1])
    layer.backward(p.dA[..., j : j + 1].copy())
    return layer.gradients["W"]


def overwritten(p: Pass) -> Any:
    """dX of max pooling in overlapping windows of 2 x 2, where each window writes over the one before."""
    winner, dX = p.layer.pieces(), np.zeros_like(p.dX)
    for c, i, j, k in np.ndindex(winner.shape):
        u, v = divmod(int(winner[c, i, j, k]), 2)
        dX[c, i + u, j + v, k] = p.dA[c, i, j, k]
    return dX


def last_place(p: Pass) -> Any:
    """dW of an embedding by assignment: ``dW[:, ids] = dA`` keeps one place of each token."""
    dW = np.zeros_like(p.gradients["W"])
    dW[:, p.X.ravel()] = p.dA.reshape(dW.shape[0], -1) / M
    return dW


MUTANTS: dict[str, Mutant] = {
    "conv: dW without 1/m": Mutant(conv(), IMAGE, scale("W", M), MEAN),
    "conv: dW with 1/m twice": Mutant(conv(), IMAGE, scale("W", 1 / M), TWICE),
    "conv: db without 1/m": Mutant(conv(), IMAGE, scale("b", M), MEAN),
    "conv: db a mean over the pixels": Mutant(conv(), IMAGE, scale("b", 1 / 16), ("factor", "extra_mean")),
    "conv: dW of the wrong sign": Mutant(conv(), IMAGE, scale("W", -1), ("sign",)),
    "conv: dX of the wrong sign": Mutant(conv(), IMAGE, scale("X", -1), ("sign",)),
    "conv: dX with 1/m": Mutant(conv(), IMAGE, scale("X", 1 / M), TWICE),
    "conv: db forgotten": Mutant(conv(), IMAGE, scale("b", 0), ("zero",)),
    "conv: dX forgotten": Mutant(conv(), IMAGE, scale("X", 0), ("zero",)),
    "conv: dW with its taps turned round": Mutant(conv(), IMAGE, put("W", lambda p: p.gradients["W"][..., ::-1, ::-1]), ("layer", "permuted")),
    "conv: dW with its rows turned round": Mutant(conv(), IMAGE, put("W", lambda p: p.gradients["W"][..., ::-1, :]), ("layer", "permuted")),
    "conv: dW with its taps transposed": Mutant(conv(), IMAGE, put("W", lambda p: p.gradients["W"].swapaxes(2, 3)), ("layer", "transpose")),
    "conv: dW with its channels swapped": Mutant(conv(), IMAGE, put("W", lambda p: p.gradients["W"].swapaxes(0, 1)), ("layer", "transpose")),
    "conv: dX with the filters not turned round": Mutant(conv(), IMAGE, put("X", lambda p: turned_filters(p, (2, 3)))),
    "conv: dX with only the rows turned round": Mutant(conv(), IMAGE, put("X", lambda p: turned_filters(p, (3,)))),
    "conv: dX moved by a row": Mutant(conv(), IMAGE, put("X", lambda p: np.roll(p.dX, 1, axis=1)), ("layer", "permuted")),
    "conv: dX moved by a column": Mutant(conv(), IMAGE, put("X", lambda p: np.roll(p.dX, -1, axis=2)), ("layer", "permuted")),
    "conv: dX without the first row": Mutant(conv(), IMAGE, lambda p: p.dX[:, 0].fill(0), LOCAL),
    "conv: dX without the border": Mutant(conv(), IMAGE, put("X", lambda p: np.pad(p.dX[:, 1:-1, 1:-1], [(0, 0), (1, 1), (1, 1), (0, 0)])), LOCAL),
    "conv: db of the last pixel": Mutant(conv(), IMAGE, put("b", lambda p: p.dA[:, -1, -1].mean(axis=-1, keepdims=True))),
    "conv: dW of the last example": Mutant(conv(), IMAGE, put("W", lambda p: of_one_example(p, M - 1)), ("layer", "example_dropped")),
    "conv strided: dX moved by a pixel": Mutant(conv(stride=2), IMAGE, put("X", lambda p: np.roll(p.dX, 1, axis=1)), ("layer", "permuted")),
    "conv dilated: dW with its taps turned round": Mutant(conv(dilation=2, padding=2), IMAGE, put("W", lambda p: p.gradients["W"][..., ::-1, ::-1]), ("layer", "permuted")),
    "conv in groups: dX of the other group": Mutant(conv(groups=2), IMAGE, put("X", lambda p: p.dX[::-1]), ("layer", "permuted")),
    "conv in groups: dW of the other group": Mutant(conv(groups=2), IMAGE, put("W", lambda p: p.gradients["W"][::-1]), ("layer", "permuted")),
    "max pool: dA shared by all taps": Mutant(lambda: MaxPool2d(2), IMAGE, put("X", lambda p: p.dA.repeat(2, 1).repeat(2, 2) / 4)),
    "max pool: dA to every tap": Mutant(lambda: MaxPool2d(2), IMAGE, put("X", lambda p: p.dA.repeat(2, 1).repeat(2, 2))),
    "max pool: dA to the last tap": Mutant(lambda: MaxPool2d(2), IMAGE, put("X", lambda p: p.dA.repeat(2, 1).repeat(2, 2) * LAST_CORNER)),
    "max pool: 1 in the place of dA": Mutant(lambda: MaxPool2d(2), IMAGE, put("X", lambda p: (p.dX != 0) * 1.0)),
    "max pool: overlapping windows overwrite": Mutant(lambda: MaxPool2d(2, 1), IMAGE, put("X", lambda p: overwritten(p))),
    "average pool: not divided": Mutant(lambda: AvgPool2d(2), IMAGE, scale("X", 4), ("factor", "missing_mean")),
    "average pool: divided by the side": Mutant(lambda: AvgPool2d(2), IMAGE, scale("X", 2), FACTOR),
    "average pool: all to the first tap": Mutant(lambda: AvgPool2d(2), IMAGE, put("X", lambda p: p.dX * 4 * LAST_CORNER[:, ::-1, ::-1])),
    "batch norm: dX without the mean": Mutant(BatchNorm, ROWS, put("X", lambda p: batch_norm_slope(p, mean=False, variance=True)), ("layer", "lost_path"), training=True),
    "batch norm: dX without the variance": Mutant(BatchNorm, ROWS, put("X", lambda p: batch_norm_slope(p, mean=True, variance=False)), training=True),
    "batch norm: statistics as constants": Mutant(BatchNorm, ROWS, put("X", lambda p: batch_norm_slope(p, mean=False, variance=False)), training=True),
    "batch norm: statistics of the batch in use": Mutant(BatchNorm, ROWS, put("X", lambda p: batch_norm_slope(p, mean=True, variance=True))),
    "batch norm: means over the features": Mutant(BatchNorm, ROWS, put("X", lambda p: batch_norm_slope(p, mean=True, variance=True, axis=0)), ("layer", "wrong_axis"), training=True),
    "batch norm: dX not divided by sigma": Mutant(BatchNorm, ROWS, put("X", lambda p: p.dX * p.layer._sigma), ("layer", "line_factors"), training=True),
    "batch norm: dgamma of X and not of x_hat": Mutant(BatchNorm, ROWS, put("gamma", lambda p: (p.dA * p.X).mean(axis=1, keepdims=True)), training=True),
    "batch norm: gamma left out of dX": Mutant(BatchNorm, ROWS, put("X", lambda p: p.dX / p.layer.parameters["gamma"]), ("layer", "inner_derivative"), training=True),
    "batch norm: dgamma without 1/m": Mutant(BatchNorm, ROWS, scale("gamma", M), MEAN, training=True),
    "batch norm: dbeta and dgamma swapped": Mutant(BatchNorm, ROWS, lambda p: swap(p, "gamma", "beta"), ("layer", "exchanged"), training=True),
    "layer norm: means over the batch": Mutant(LayerNorm, ROWS, put("X", lambda p: batch_norm_slope(p, mean=True, variance=True, axis=1)), ("layer", "wrong_axis")),
    "layer norm: dX without the mean": Mutant(LayerNorm, ROWS, put("X", lambda p: batch_norm_slope(p, mean=False, variance=True, axis=0)), ("layer", "lost_path")),
    "layer norm: dbeta summed, not averaged": Mutant(LayerNorm, ROWS, scale("beta", M), MEAN),
    "rms norm: the scale as a constant": Mutant(RMSNorm, ROWS, put("X", lambda p: p.dA * p.layer.parameters["gamma"] / p.layer._sigma), ("layer", "lost_path")),
    "rms norm: centred as layer norm": Mutant(RMSNorm, ROWS, put("X", lambda p: p.dX - p.dX.mean(axis=0)), ("layer", "lost_path")),
    "attention: softmax as an exponential": Mutant(attention(), TOKENS, put("X", lambda p: attention_slope(p, lambda P, dP: P * dP))),
    "attention: only the diagonal of the softmax": Mutant(attention(), TOKENS, put("X", lambda p: attention_slope(p, lambda P, dP: P * (1 - P) * dP)), ("layer", "softmax_diagonal")),
    "attention: the sum over the wrong axis": Mutant(attention(), TOKENS, put("X", lambda p: attention_slope(p, lambda P, dP: P * (dP - (P * dP).sum(axis=-2, keepdims=True)))), ("layer", "wrong_axis")),
    "attention: queries and keys swapped": Mutant(attention(), TOKENS, put("W", lambda p: np.concatenate([p.gradients["W"][2:4], p.gradients["W"][:2], p.gradients["W"][4:]])), ("layer", "permuted")),
    "attention: the scale forgotten on the way back": Mutant(attention(), TOKENS, lambda p: (block(p, "W", 0, np.sqrt(2)), block(p, "W", 1, np.sqrt(2)))[0], ("layer", "line_factors")),
    "attention: no gradient through the values": Mutant(attention(), TOKENS, lambda p: block(p, "W", 2, 0.0), ("layer", "zero")),
    "attention: dW_out transposed": Mutant(attention(), TOKENS, put("W_out", lambda p: p.gradients["W_out"].T), ("transpose",)),
    "attention: db_out of the last position": Mutant(attention(), TOKENS, put("b_out", lambda p: p.dA[:, -1].mean(axis=1, keepdims=True))),
    "attention: dW without 1/m": Mutant(attention(), TOKENS, scale("W", M), MEAN),
    "attention causal: the sum over the wrong axis": Mutant(attention(causal=True), TOKENS, put("X", lambda p: attention_slope(p, lambda P, dP: P * (dP - (P * dP).sum(axis=-2, keepdims=True)))), ("layer", "wrong_axis")),
    "attention causal: the mask forgotten on the way back": Mutant(attention(causal=True), TOKENS, put("X", lambda p: attention_slope(p, lambda P, dP: np.where(P > 0, P, 1 / 3) * (dP - (P * dP).sum(axis=-1, keepdims=True))))),
    "swiglu: swish' = sigmoid": Mutant(lambda: SwiGLU(4), ROWS, put("W", lambda p: swish_gradients(p, lambda U, s: s)), ("layer", "wrong_gprime")),
    "swiglu: swish' = sigmoid'": Mutant(lambda: SwiGLU(4), ROWS, put("W", lambda p: swish_gradients(p, lambda U, s: s * (1 - s))), ("layer", "wrong_gprime")),
    "swiglu: dW and dV swapped": Mutant(lambda: SwiGLU(4), ROWS, lambda p: swap(p, "W", "V"), ("layer", "exchanged")),
    "swiglu: dX through the gate only": Mutant(lambda: SwiGLU(4), ROWS, put("X", lambda p: p.layer.parameters["W"].T @ p.layer.scratch("dU", (4, M), np.float64))),
    "swiglu: dW2 without 1/m": Mutant(lambda: SwiGLU(4), ROWS, scale("W2", M), MEAN),
    "residual: the skip forgotten": Mutant(lambda: Residual(RMSNorm()), ROWS, put("X", lambda p: p.dX - p.dA), ("layer", "offset")),
    "residual: the skip counted twice": Mutant(lambda: Residual(RMSNorm()), ROWS, put("X", lambda p: p.dX + p.dA), ("layer", "offset")),
    "residual: only the skip": Mutant(lambda: Residual(RMSNorm()), ROWS, put("X", lambda p: p.dA)),
    "flatten: dX in another order": Mutant(Flatten, TOKENS, put("X", lambda p: p.dX[::-1]), ("layer", "permuted")),
    "flatten: dX reshaped the other way": Mutant(Flatten, TOKENS, put("X", lambda p: p.dX.reshape(3, 2, M).swapaxes(0, 1)), ("layer", "reshape", "permuted")),
    "dropout: the mask forgotten": Mutant(lambda: Dropout(0.4), (6,), put("X", lambda p: p.dA), ("layer", "dropout"), training=True),
    "dropout: dA not scaled": Mutant(lambda: Dropout(0.4), (6,), scale("X", 0.6), ("factor",), training=True),
    "dropout: another mask": Mutant(lambda: Dropout(0.4), (6,), put("X", lambda p: np.roll(p.dX != 0, 1, axis=1) * p.dA / 0.6), ("layer", "dropout"), training=True),
    "embedding: the last place of a token overwrites": Mutant(lambda: Embedding(3, 2), (4,), put("W", lambda p: last_place(p))),
    "embedding: dW without 1/m": Mutant(lambda: Embedding(3, 2), (4,), scale("W", M), MEAN),
    "embedding: dW a mean over the places": Mutant(lambda: Embedding(3, 2), (4,), put("W", lambda p: p.gradients["W"] / np.maximum(1, np.bincount(p.X.ravel(), minlength=3))), ("layer", "line_factors")),
    "embedding: tokens in another order": Mutant(lambda: Embedding(3, 2), (4,), put("W", lambda p: p.gradients["W"][:, ::-1]), ("layer", "permuted")),
}  # fmt: skip
