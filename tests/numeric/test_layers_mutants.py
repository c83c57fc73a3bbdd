"""Wrong backward passes of the layers, as people write them: each is caught, and the right one is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from numeric.layers import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Flatten,
    LayerNorm,
    MaxPool2d,
    MultiHeadAttention,
    Residual,
    RMSNorm,
    SwiGLU,
)

# How a wrong backward pass differs from the right one: it changes gradients and dX in place, knowing dA, the layer and X.
Wrong = Callable[[dict[str, Any], Any, Any, Any, Any], None]


def scale(name: str, factor: float) -> Wrong:
    def wrong(g: dict[str, Any], dX: Any, dA: Any, layer: Any, X: Any) -> None:
        (dX if name == "X" else g[name])[...] *= factor

    return wrong


def replace(name: str, value: Callable[[dict[str, Any], Any, Any, Any, Any], Any]) -> Wrong:
    def wrong(g: dict[str, Any], dX: Any, dA: Any, layer: Any, X: Any) -> None:
        (dX if name == "X" else g[name])[...] = value(g, dX, dA, layer, X)

    return wrong


def batch_norm_slope(dA: Any, layer: Any, *, through_mean: bool, through_variance: bool) -> Any:
    """dX with one of its two corrections left out."""
    dx_hat = dA * layer.parameters["gamma"]
    x_hat = layer._centred / layer._sigma if isinstance(layer, BatchNorm) else layer._x_hat
    dX = dx_hat.copy()
    if through_mean:
        dX -= dx_hat.mean(axis=1, keepdims=True)
    if through_variance:
        dX -= x_hat * (dx_hat * x_hat).mean(axis=1, keepdims=True)
    return dX / layer._sigma


def conv() -> Any:
    return Conv2d(2, 3, padding=1)


MUTANTS: dict[str, tuple[Callable[[], Any], tuple[int, ...], Wrong]] = {
    "conv: dW without 1/m": (conv, (2, 4, 4), scale("W", 3.0)),
    "conv: db without 1/m": (conv, (2, 4, 4), scale("b", 3.0)),
    "conv: dW of the wrong sign": (conv, (2, 4, 4), scale("W", -1.0)),
    "conv: dW with its taps turned round": (
        conv,
        (2, 4, 4),
        replace("W", lambda g, *_: g["W"][..., ::-1, ::-1].copy()),
    ),
    "conv: dW with its taps transposed": (
        conv,
        (2, 4, 4),
        replace("W", lambda g, *_: g["W"].swapaxes(2, 3).copy()),
    ),
    "conv: dW with its channels swapped": (
        conv,
        (2, 4, 4),
        replace("W", lambda g, *_: g["W"].swapaxes(0, 1).copy()),
    ),
    "conv: db a mean over the pixels": (conv, (2, 4, 4), scale("b", 1 / 16)),
    "conv: dX with the filters not turned round": (
        conv,
        (2, 4, 4),
        replace("X", lambda g, dX, dA, layer, X: with_turned_filters(layer, dA)),
    ),
    "conv: dX moved by a pixel": (conv, (2, 4, 4), replace("X", lambda g, dX, *_: np.roll(dX, 1, axis=1))),
    "conv: dX without the border": (conv, (2, 4, 4), lambda g, dX, *_: dX[:, 0].fill(0)),
    "max pool: dA shared by all taps": (
        lambda: MaxPool2d(2),
        (2, 4, 4),
        replace("X", lambda g, dX, dA, *_: dA.repeat(2, 1).repeat(2, 2) / 4),
    ),
    "max pool: dA to the last tap": (
        lambda: MaxPool2d(2),
        (2, 4, 4),
        replace("X", lambda g, dX, dA, *_: dA.repeat(2, 1).repeat(2, 2) * CORNER),
    ),
    "max pool: overlapping windows overwrite": (
        lambda: MaxPool2d(2, 1),
        (2, 4, 4),
        replace("X", lambda g, dX, dA, *_: np.where(dX != 0, np.sign(dX), 0)),
    ),
    "average pool: not divided": (lambda: AvgPool2d(2), (2, 4, 4), scale("X", 4.0)),
    "average pool: divided by the side": (lambda: AvgPool2d(2), (2, 4, 4), scale("X", 2.0)),
    "batch norm: dX without the mean": (
        BatchNorm,
        (3,),
        replace(
            "X",
            lambda g, dX, dA, layer, X: batch_norm_slope(
                dA, layer, through_mean=False, through_variance=True
            ),
        ),
    ),
    "batch norm: dX without the variance": (
        BatchNorm,
        (3,),
        replace(
            "X",
            lambda g, dX, dA, layer, X: batch_norm_slope(
                dA, layer, through_mean=True, through_variance=False
            ),
        ),
    ),
    "batch norm: statistics as constants": (
        BatchNorm,
        (3,),
        replace(
            "X",
            lambda g, dX, dA, layer, X: batch_norm_slope(
                dA, layer, through_mean=False, through_variance=False
            ),
        ),
    ),
    "batch norm: dX not divided by sigma": (
        BatchNorm,
        (3,),
        replace("X", lambda g, dX, dA, layer, X: dX * layer._sigma),
    ),
    "batch norm: dgamma of X and not of x_hat": (
        BatchNorm,
        (3,),
        replace("gamma", lambda g, dX, dA, layer, X: (dA * X).mean(axis=1, keepdims=True)),
    ),
    "batch norm: gamma left out of dX": (
        BatchNorm,
        (3,),
        replace("X", lambda g, dX, dA, layer, X: dX / layer.parameters["gamma"]),
    ),
    "layer norm: statistics over the batch": (
        LayerNorm,
        (3,),
        replace(
            "X",
            lambda g, dX, dA, layer, X: batch_norm_slope(dA, layer, through_mean=True, through_variance=True),
        ),
    ),
    "layer norm: dbeta summed, not averaged": (LayerNorm, (3,), scale("beta", 3.0)),
    "rms norm: the scale as a constant": (
        RMSNorm,
        (3,),
        replace("X", lambda g, dX, dA, layer, X: dA * layer.parameters["gamma"] / layer._sigma),
    ),
    "rms norm: centred as layer norm": (RMSNorm, (3,), replace("X", lambda g, dX, *_: dX - dX.mean(axis=0))),
    "attention: dX without the residual of softmax": (
        lambda: MultiHeadAttention(1),
        (2, 3),
        replace("X", lambda g, dX, dA, layer, X: without_delta(layer, dA)),
    ),
    "attention: dW of queries and keys swapped": (
        lambda: MultiHeadAttention(1),
        (2, 3),
        replace("W", lambda g, *_: np.concatenate([g["W"][2:4], g["W"][:2], g["W"][4:]])),
    ),
    "attention: the scale forgotten on the way back": (
        lambda: MultiHeadAttention(1),
        (2, 3),
        lambda g, *_: np.multiply(g["W"][:4], np.sqrt(2), out=g["W"][:4]),
    ),
    "attention: W_out transposed": (
        lambda: MultiHeadAttention(1),
        (2, 3),
        replace("W_out", lambda g, *_: g["W_out"].T.copy()),
    ),
    "attention: b_out of the last position": (
        lambda: MultiHeadAttention(1),
        (2, 3),
        replace("b_out", lambda g, dX, dA, *_: dA[:, -1].mean(axis=1, keepdims=True)),
    ),
    "swiglu: the slope of the gate forgotten": (
        lambda: SwiGLU(4),
        (3,),
        replace("W", lambda g, dX, dA, layer, X: gate_as_constant(layer, dA, X)),
    ),
    "swiglu: dW and dV swapped": (lambda: SwiGLU(4), (3,), lambda g, *_: swap(g["W"], g["V"])),
    "swiglu: dX through one branch": (
        lambda: SwiGLU(4),
        (3,),
        replace("X", lambda g, dX, dA, layer, X: dX - layer.scratch("through gate", dX.shape, dX.dtype)),
    ),
    "residual: the skip forgotten": (
        lambda: Residual(RMSNorm()),
        (3,),
        replace("X", lambda g, dX, dA, *_: dX - dA),
    ),
    "residual: the skip counted twice": (
        lambda: Residual(RMSNorm()),
        (3,),
        replace("X", lambda g, dX, dA, *_: dX + dA),
    ),
    "flatten: dX in another order": (Flatten, (2, 3), replace("X", lambda g, dX, *_: dX[::-1].copy())),
    "conv of one pixel: dW overwritten, not summed": (
        lambda: Conv2d(1, 1),
        (2, 3, 3),
        replace(
            "W", lambda g, dX, dA, layer, X: (dA[0, -1, -1] * X[:, -1, -1]).mean(axis=1).reshape(1, 2, 1, 1)
        ),
    ),
}

CORNER = np.tile(np.array([[0.0, 0.0], [0.0, 1.0]]), (2, 2))[None, :, :, None]


def with_turned_filters(layer: Any, dA: Any) -> Any:
    kept = layer.parameters["W"].copy()
    layer.parameters["W"][...] = kept[..., ::-1, ::-1]
    dX = layer._spread(dA).copy()
    layer.parameters["W"][...] = kept
    return dX


def without_delta(layer: Any, dA: Any) -> Any:
    """dS = P * dP, as if softmax were an exponential."""
    s, p = layer._attended, layer.parameters
    P = s.E * s.inverse_sum
    d = dA.shape[0]
    dheads = (dA.transpose(2, 1, 0) @ p["W_out"])[:, None]
    dS = P * (dheads @ s.V.swapaxes(-1, -2)) / np.sqrt(d)
    joined = np.concatenate([dS @ s.K, dS.swapaxes(-1, -2) @ s.Q, P.swapaxes(-1, -2) @ dheads], axis=-1)[:, 0]
    return (joined @ p["W"]).transpose(2, 1, 0)


def gate_as_constant(layer: Any, dA: Any, X: Any) -> Any:
    p = layer.parameters
    U = p["W"] @ X
    return (p["W2"].T @ dA * (p["V"] @ X) / (1 + np.exp(-U))) @ X.T / X.shape[1]


def last_pixel(dA: Any, X: Any) -> Any:
    return (dA[0, -1, -1] * X[:, -1, -1]).mean(axis=1).reshape(1, 2, 1, 1)


def swap(a: Any, b: Any) -> None:
    kept = a.copy()
    a[...] = b
    b[...] = kept


def verdict(layer: Any, shape: tuple[int, ...], wrong: Wrong | None) -> str:
    rng = np.random.default_rng(0)
    m = 3
    out = layer.build(shape, rng, np.float64)
    R = rng.normal(size=(*out, m))
    at = {name: value + 0.5 * rng.normal(size=value.shape) for name, value in layer.parameters.items()}
    at["X"] = rng.normal(size=(*shape, m))

    def forward(p: Any) -> Any:
        for name, value in layer.parameters.items():
            value[...] = p[name]
        # The running statistics are no part of the loss; a copy of the state keeps every call alike.
        state = {name: value.copy() for name, value in layer.state.items()}
        A = layer.forward(np.array(p["X"]), training=isinstance(layer, BatchNorm))
        for name, value in state.items():
            layer.state[name][...] = value
        return A

    def loss(p: Any) -> float:
        return float((R * forward(p)).sum() / m)

    def gradient(p: Any) -> dict[str, Any]:
        forward(p)
        dX = np.array(layer.backward(R.copy()))
        if wrong is not None:
            wrong(layer.gradients, dX, R, layer, np.array(p["X"]))
        return {**{name: g.copy() for name, g in layer.gradients.items()}, "X": dX / m}

    return str(gradcheck.check(loss, gradient, at, rng=0).verdict)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_backward_pass_is_caught_and_the_right_one_is_not(name: str) -> None:
    build, shape, wrong = MUTANTS[name]

    assert verdict(build(), shape, wrong) == "fail"
    assert verdict(build(), shape, None) == "pass"
