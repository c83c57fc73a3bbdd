"""The end of a network: what the loss implies for the output, and the first dZ of the backward pass.

The loss decides the output's activation. Each loss is computed from the last Z, never from a saturated A:

    softmax_cross_entropy   A = softmax(Z)    dZ = A - Y          Y one-hot
    bce                     A = sigmoid(Z)    dZ = A - Y          Y in [0, 1]
    mse                     A = Z             dZ = A - Y          loss (A - Y)^2 / 2
    hinge                   A = Z             dZ = -Y [Y Z < 1]   Y in {-1, +1}
    huber                   A = Z             dZ = clip(A - Y, -1, 1)

The three lines A - Y are no accident: each output activation is the canonical one of its loss.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from numeric._errors import NumericError
from numeric._kernels import sigmoid_in_place
from numeric._layer import Array, Workspace
from numeric.functions import ACTIVATIONS, LOSSES, accurate_mean

__all__ = ["LOSS_NAMES", "example_losses", "loss_slope", "make_finish", "mean", "output", "resolve_loss"]

# Name in a network -> (name of its loss in the catalogue, in terms of Z; the output's activation).
_OUTPUTS = {
    "softmax_cross_entropy": ("softmax_cross_entropy", "softmax"),
    "bce": ("bce_logit", "sigmoid"),
    "mse": ("squared_error", "identity"),
    "hinge": ("hinge", "identity"),
    "huber": ("huber", "identity"),
}
_ALIASES = {
    "categorical_cross_entropy": "softmax_cross_entropy",
    "bce_logit": "bce",
    "squared_error": "mse",
}
LOSS_NAMES = tuple(_OUTPUTS)


def resolve_loss(loss: str) -> str:
    """Return the network's name of a loss, aliases resolved."""
    name = _ALIASES.get(loss, loss)
    if name not in _OUTPUTS:
        raise NumericError(f"loss is {loss!r}; expected one of {', '.join(_OUTPUTS)}.")
    return name


def output(loss: str, Z: Array) -> Array:
    """Return A_L from Z_L."""
    result: Array = ACTIVATIONS[_OUTPUTS[loss][1]].function(Z)
    return result


def example_losses(loss: str, Z: Array, Y: Array) -> Array:
    """Return the losses of the m examples, summed over the outputs: shape (m,)."""
    losses: Array = LOSSES[_OUTPUTS[loss][0]].function(Z, Y, check=False)
    return losses if losses.ndim == 1 else losses.sum(axis=0)


def loss_slope(loss: str, Z: Array, Y: Array) -> Array:
    """Return dZ of the last layer: the gradient of the per-example losses, shape (n_y, m)."""
    slope: Array = LOSSES[_OUTPUTS[loss][0]].derivative(Z, Y, check=False)
    return slope


def mean(losses: Array) -> float:
    """Return the mean over the examples in float64: 10^6 of them lose no digit."""
    return float(accurate_mean(losses.astype(np.float64, copy=False)))


Finish: TypeAlias = Callable[[Array, float], float]


def make_finish(loss: str, Z: Array, at: Workspace) -> Finish:
    """Return ``finish(Y, scale) -> mean loss``, which turns Z into scale * dZ in place.

    The backward pass is linear in dZ, so whatever factor all gradients need (1/m, the learning rate) is
    multiplied in here, where the array is small.
    """
    return _FINISHES[loss](Z, at)


def _softmax_finish(Z: Array, at: Workspace) -> Finish:
    # loss_j = log sum_k exp(Z_kj) - sum_k Y_kj Z_kj, with Z shifted by its maximum: exp cannot overflow.
    n, m = Z.shape
    row, spread = at("row", (1, m), Z.dtype), at("e", Z.shape, Z.dtype)
    ones, column, total = np.ones((1, n), Z.dtype), np.ones((n, 1), Z.dtype), np.ones(m, Z.dtype)
    factor = np.zeros((), Z.dtype)  # an array costs NumPy less than a number

    def finish(Y: Array, scale: float) -> float:
        np.maximum.reduce(Z, 0, None, row, keepdims=True)
        np.dot(column, row, spread)  # repeats the row; broadcasting it would take a buffer, and no less time
        np.subtract(Z, spread, out=Z)
        chosen = np.vdot(Y, Z)
        np.exp(Z, out=Z)
        np.dot(ones, Z, row)  # the sum over the classes
        np.dot(column, row, spread)
        np.divide(Z, spread, out=Z)
        np.subtract(Z, Y, out=Z)
        factor[()] = scale
        np.multiply(Z, factor, out=Z)
        np.log(row, out=row)
        J: float = (float(np.vdot(row, total)) - float(chosen)) / m
        return J

    return finish


def _bce_finish(Z: Array, at: Workspace) -> Finish:
    # loss = max(Z, 0) - Y Z + log(1 + exp(-|Z|))
    m = Z.shape[1]
    e = at("e", Z.shape, Z.dtype)
    sigmoid = sigmoid_in_place(Z, at)

    def finish(Y: Array, scale: float) -> float:
        chosen = np.vdot(Y, Z)
        np.maximum(Z, 0, out=e)
        total = np.add.reduce(e, None)
        np.abs(Z, out=e)
        np.negative(e, out=e)
        np.exp(e, out=e)
        np.log1p(e, out=e)
        total += np.add.reduce(e, None)
        for operation in sigmoid:
            operation()
        np.subtract(Z, Y, out=Z)
        np.multiply(Z, scale, out=Z)
        return float((total - chosen) / m)

    return finish


def _mse_finish(Z: Array, at: Workspace) -> Finish:
    m = Z.shape[1]

    def finish(Y: Array, scale: float) -> float:
        np.subtract(Z, Y, out=Z)
        squares = np.vdot(Z, Z)
        np.multiply(Z, scale, out=Z)
        return float(squares / (2 * m))

    return finish


def _hinge_finish(Z: Array, at: Workspace) -> Finish:
    # margin = 1 - Y Z; loss = max(0, margin); dZ = -Y where the margin is positive.
    m = Z.shape[1]

    def finish(Y: Array, scale: float) -> float:
        np.multiply(Z, Y, out=Z)
        np.subtract(1, Z, out=Z)
        np.maximum(Z, 0, out=Z)
        total = np.add.reduce(Z, None)
        np.sign(Z, out=Z)
        np.multiply(Z, Y, out=Z)
        np.multiply(Z, -scale, out=Z)
        return float(total / m)

    return finish


def _huber_finish(Z: Array, at: Workspace) -> Finish:
    # With r = A - Y and c = clip(r, -1, 1): loss = c r - c^2 / 2 on both branches, and dZ = c.
    m = Z.shape[1]
    c = at("e", Z.shape, Z.dtype)

    def finish(Y: Array, scale: float) -> float:
        np.subtract(Z, Y, out=Z)
        np.clip(Z, -1, 1, out=c)
        total = np.vdot(c, Z) - np.vdot(c, c) / 2
        np.multiply(c, scale, out=Z)
        return float(total / m)

    return finish


_FINISHES: dict[str, Callable[[Array, Workspace], Finish]] = {
    "softmax_cross_entropy": _softmax_finish,
    "bce": _bce_finish,
    "mse": _mse_finish,
    "hinge": _hinge_finish,
    "huber": _huber_finish,
}
