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
from numeric._kernels import KERNELS
from numeric._layer import Array, Workspace
from numeric.functions import ACTIVATIONS, LOSSES, accurate_mean

__all__ = ["LOSS_NAMES", "example_losses", "loss_slope", "mean", "output", "output_step", "resolve_loss"]

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


Step: TypeAlias = Callable[[Array, Array, Workspace], float]


def output_step(loss: str) -> Step:
    """Return the function that turns Z into dZ in place, for a training step, and returns the mean loss."""
    return _STEPS[loss]


def _softmax_step(Z: Array, Y: Array, scratch: Workspace) -> float:
    # loss_j = log sum_k exp(Z_kj) - sum_k Y_kj Z_kj, with Z shifted by its maximum: exp cannot overflow.
    m = Z.shape[1]
    row = scratch("row", (1, m), Z.dtype)
    np.maximum.reduce(Z, axis=0, keepdims=True, out=row)
    np.subtract(Z, row, out=Z)
    chosen = float(np.vdot(Y, Z))
    np.exp(Z, out=Z)
    np.add.reduce(Z, axis=0, keepdims=True, out=row)
    np.divide(Z, row, out=Z)
    np.subtract(Z, Y, out=Z)
    np.log(row, out=row)
    return float((np.add.reduce(row, axis=None) - chosen) / m)


def _bce_step(Z: Array, Y: Array, scratch: Workspace) -> float:
    # loss = max(Z, 0) - Y Z + log(1 + exp(-|Z|)), and with the same e = exp(-|Z|): A = (1 or e) / (1 + e).
    m = Z.shape[1]
    chosen = float(np.vdot(Y, Z))
    e = scratch("e", Z.shape, Z.dtype)
    np.maximum(Z, 0, out=e)
    total = float(np.add.reduce(e, axis=None))
    np.abs(Z, out=e)
    np.negative(e, out=e)
    np.exp(e, out=e)
    np.log1p(e, out=e)
    total += float(np.add.reduce(e, axis=None))
    KERNELS["sigmoid"].forward(Z, scratch)
    np.subtract(Z, Y, out=Z)
    return float((total - chosen) / m)


def _mse_step(Z: Array, Y: Array, scratch: Workspace) -> float:
    np.subtract(Z, Y, out=Z)
    return float(np.vdot(Z, Z) / (2 * Z.shape[1]))


def _hinge_step(Z: Array, Y: Array, scratch: Workspace) -> float:
    # margin = 1 - Y Z; loss = max(0, margin); dZ = -Y where the margin is positive.
    m = Z.shape[1]
    np.multiply(Z, Y, out=Z)
    np.subtract(1, Z, out=Z)
    np.maximum(Z, 0, out=Z)
    total = float(np.add.reduce(Z, axis=None))
    np.sign(Z, out=Z)
    np.multiply(Z, Y, out=Z)
    np.negative(Z, out=Z)
    return float(total / m)


def _huber_step(Z: Array, Y: Array, scratch: Workspace) -> float:
    # With r = A - Y and c = clip(r, -1, 1): loss = c r - c^2 / 2 on both branches, and dZ = c.
    m = Z.shape[1]
    np.subtract(Z, Y, out=Z)
    c = scratch("e", Z.shape, Z.dtype)
    np.clip(Z, -1, 1, out=c)
    total = float(np.vdot(c, Z)) - float(np.vdot(c, c)) / 2
    np.copyto(Z, c)
    return float(total / m)


_STEPS: dict[str, Step] = {
    "softmax_cross_entropy": _softmax_step,
    "bce": _bce_step,
    "mse": _mse_step,
    "hinge": _hinge_step,
    "huber": _huber_step,
}
