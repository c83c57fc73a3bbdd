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
from typing import Protocol

import numpy as np

from numeric._errors import NumericError
from numeric._kernels import sigmoid_into
from numeric._layer import Array, Workspace
from numeric.functions import ACTIVATIONS, LOSSES, accurate_mean

__all__ = [
    "LOSS_NAMES",
    "Finish",
    "calm_below",
    "example_losses",
    "loss_slope",
    "make_finish",
    "mean",
    "output",
    "resolve_loss",
]

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
    name = _ALIASES.get(loss, loss) if isinstance(loss, str) else ""
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


def calm_below(Z: Array) -> float:
    """Return the sum of squares of Z up to which no entry is so large that its exponential needs a shift."""
    return _CALM[Z.itemsize] ** 2


class Finish(Protocol):
    """The end of a step: turns Z into scale * w * dZ in place, and returns the mean of the losses times w.

    ``calm`` says that the squares of Z sum to less than `calm_below`; ``w`` ``(m,)`` are the weights of the examples.
    """

    def __call__(self, Y: Array, scale: float, calm: bool, w: Array | None = None) -> float: ...


# The largest |Z| whose exponential needs no shift, by size of a float: the sum of a thousand has room.
_CALM = {4: 80.0, 8: 300.0}
# Classes up to which one product both sums over them and repeats the sum.
_FEW = 64


def make_finish(loss: str, Z: Array, at: Workspace) -> Finish:
    """Return the end of a step that leaves Z in this array.

    The backward pass is linear in dZ, so whatever factor all gradients need (1/m, the learning rate) is
    multiplied in here, where the array is small.
    """
    return _FINISHES[loss](Z, at)


def _softmax_finish(Z: Array, at: Workspace) -> Finish:
    # loss_j = log sum_k exp(Z_kj) - sum_k Y_kj Z_kj, with Z shifted by its maximum: exp cannot overflow.
    n, m = Z.shape
    row, sums, picked = at("row", (m,), Z.dtype), at("sums", Z.shape, Z.dtype), at("picked", (n,), Z.dtype)
    each, column = np.ones((n if n <= _FEW else 1, n), Z.dtype), np.ones((n, 1), Z.dtype)
    total, by_class, factor = np.ones(m, Z.dtype), np.ones(n, Z.dtype), np.zeros((), Z.dtype)
    flat_row, sums_once = row.reshape(1, m), sums[0]
    # Names of its own: for small networks it counts to look each up in NumPy at every step.
    exp, log, divide, multiply, subtract, vdot = np.exp, np.log, np.divide, np.multiply, np.subtract, np.vdot
    add_classes, add_examples = each.dot, row.dot

    def add_up() -> None:
        """Write the sum over many classes into every row; broadcasting it would take a buffer, and no less time."""
        add_classes(Z, flat_row)
        column.dot(flat_row, sums)

    def finish(Y: Array, scale: float, calm: bool, w: Array | None = None) -> float:
        if not calm:
            np.maximum.reduce(Z, axis=0, out=row)
            column.dot(flat_row, sums)
            subtract(Z, sums, Z)
        if w is not None:
            multiply(Y, Z, sums)
            chosen = by_class.dot(sums.dot(w, picked))
        else:
            chosen = vdot(Y, Z)
        exp(Z, Z)
        if n <= _FEW:
            add_classes(Z, sums)
        else:
            add_up()
        divide(Z, sums, Z)
        subtract(Z, Y, Z)
        factor.fill(scale)
        multiply(Z, factor, Z)
        log(sums_once, row)
        if w is None:
            J: float = (float(add_examples(total)) - float(chosen)) / m
            return J
        np.copyto(sums, w)
        multiply(Z, sums, Z)
        weighted: float = (float(add_examples(w)) - float(chosen)) / m
        return weighted

    return finish


def _bce_finish(Z: Array, at: Workspace) -> Finish:
    # loss = max(Z, 0) - Y Z + log(1 + exp(-|Z|))
    m = Z.shape[1]
    e, zero, factor = at("sums", Z.shape, Z.dtype), np.array(0, Z.dtype), np.zeros((), Z.dtype)
    losses, sigmoid = at("losses", Z.shape, Z.dtype), sigmoid_into(Z, Z, at)

    def finish(Y: Array, scale: float, calm: bool, w: Array | None = None) -> float:
        np.abs(Z, e)
        np.negative(e, e)
        np.exp(e, e)
        np.log1p(e, losses)
        np.maximum(Z, zero, out=e)
        np.add(losses, e, losses)
        np.multiply(Y, Z, e)
        np.subtract(losses, e, losses)
        for operation in sigmoid:
            operation()
        np.subtract(Z, Y, Z)
        factor.fill(scale)
        np.multiply(Z, factor, Z)
        if w is not None:
            np.multiply(Z, w, Z)
            np.multiply(losses, w, losses)
        return float(np.add.reduce(losses, None) / m)

    return finish


def _mse_finish(Z: Array, at: Workspace) -> Finish:
    m, factor = Z.shape[1], np.zeros((), Z.dtype)

    def finish(Y: Array, scale: float, calm: bool, w: Array | None = None) -> float:
        np.subtract(Z, Y, Z)
        squares = np.vdot(Z, Z)
        factor.fill(scale)
        np.multiply(Z, factor, Z)
        return float(squares / (2 * m))

    return finish


def _hinge_finish(Z: Array, at: Workspace) -> Finish:
    # margin = 1 - Y Z; loss = max(0, margin); dZ = -Y where the margin is positive.
    m, factor = Z.shape[1], np.zeros((), Z.dtype)
    losses, zero, one = at("losses", Z.shape, Z.dtype), np.array(0, Z.dtype), np.array(1, Z.dtype)

    def finish(Y: Array, scale: float, calm: bool, w: Array | None = None) -> float:
        np.multiply(Z, Y, Z)
        np.subtract(one, Z, Z)
        np.maximum(Z, zero, out=losses)
        np.sign(losses, Z)
        np.multiply(Z, Y, Z)
        factor.fill(-scale)
        np.multiply(Z, factor, Z)
        if w is not None:
            np.multiply(Z, w, Z)
            np.multiply(losses, w, losses)
        return float(np.add.reduce(losses, None) / m)

    return finish


def _huber_finish(Z: Array, at: Workspace) -> Finish:
    # With r = A - Y and c = clip(r, -1, 1): loss = c r - c^2 / 2 on both branches, and dZ = c.
    m, factor = Z.shape[1], np.zeros((), Z.dtype)
    c, one, minus_one = at("sums", Z.shape, Z.dtype), np.array(1, Z.dtype), np.array(-1, Z.dtype)

    def finish(Y: Array, scale: float, calm: bool, w: Array | None = None) -> float:
        np.subtract(Z, Y, Z)
        np.minimum(Z, one, out=c)
        np.maximum(c, minus_one, out=c)
        total = np.vdot(c, Z) - np.vdot(c, c) / 2
        factor.fill(scale)
        np.multiply(c, factor, Z)
        return float(total / m)

    return finish


_FINISHES: dict[str, Callable[[Array, Workspace], Finish]] = {
    "softmax_cross_entropy": _softmax_finish,
    "bce": _bce_finish,
    "mse": _mse_finish,
    "hinge": _hinge_finish,
    "huber": _huber_finish,
}
