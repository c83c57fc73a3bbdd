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
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import shown
from numeric._errors import NumericError
from numeric._kernels import sigmoid_into
from numeric._layer import Array, Workspace, zeros
from numeric.functions import ACTIVATIONS, LOSSES, accurate_mean

__all__ = [
    "LOSS_NAMES",
    "MANY",
    "Finish",
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
        raise NumericError(f"loss is {shown(loss)}; expected one of {', '.join(_OUTPUTS)}.")
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


class Finish(Protocol):
    """The end of a step: turns Z into scale * w * dZ in place, and returns the mean of the losses times w.

    ``w`` ``(m,)`` are the weights of the examples, 1 when there are none.
    """

    def __call__(self, Y: Array, scale: float, w: Array | None = None) -> float: ...


def make_finish(loss: str, shape: tuple[int, int], dtype: DTypeLike, at: Workspace) -> tuple[Array, Finish]:
    """Return an array for the last Z ``(n, m)``, and the end of a step that finds it there.

    The backward pass is linear in dZ, so whatever factor all gradients need (1/m, the learning rate) is
    multiplied in here, where the array is small.
    """
    if loss == "softmax_cross_entropy":
        few = shape[0] <= _FEW and shape[1] < MANY
        return _softmax_of_few(shape, dtype, at) if few else _softmax(shape, dtype, at)
    Z = at("last Z", shape, dtype)
    return Z, _FINISHES[loss](Z, at)


# Examples from which on the sums over them are taken by halves, which lose a few units in the last place of any number
# of terms. Products add one term after the other, and lose hundreds where all are alike.
MANY = 2048
# Classes up to which a product with a square matrix of ones costs less than what it saves.
_FEW = 64
# By size of a float: |log sum_k exp(Z_k)| up to which the sum, too, and 64 of it, have all their digits; and the
# factors on the gradient with which they still have them. Beyond, Z is shifted by its maximum first.
_CALM = {4: 60.0, 8: 300.0}
_USUAL = {4: (1e-9, 1e9), 8: (1e-100, 1e100)}


def _softmax_of_few(shape: tuple[int, int], dtype: DTypeLike, at: Workspace) -> tuple[Array, Finish]:
    """The end for few classes, where the number of calls counts.

    With s the scale and S_j = sum_k exp(Z_kj), two rows of one matrix by a vector::

        | s Y   -s    |   | Z     |     | -s sum_j (log S_j - sum_k Y_kj Z_kj) |     | -s m J                      |
        | 0     log S | . | log S |  =  | sum_j (log S_j)^2                    |  =  | small: no S_j is out of hand |

    One product gives S_j once, for the logarithm, and S_j / s in n rows, by which exp(Z) is divided: s A.
    """
    n, m = shape
    block = zeros(3 * (n + 1) * m, dtype).reshape(-1, m)
    sY, minus_s, Z, log_S = block[:n], block[n], block[-n - 1 : -1], block[-1]
    rows, right, pair = block[: 2 * n + 2].reshape(2, -1), block[-n - 1 :].reshape(-1), np.zeros(2, dtype)
    E, sums = at("exponentials", shape, dtype), at("sums", (n + 1, m), dtype)
    each, factor = np.ones((n + 1, n), dtype), np.zeros((), dtype)
    S, S_over_s, squares = sums[0], sums[1:], at("row", (m,), dtype)
    again = partial(block[2 * n + 1].__setitem__, ..., log_S)
    careful = _careful_softmax(Z, at)
    far, (least, most) = _CALM[Z.itemsize] ** 2, _USUAL[Z.itemsize]
    # Names of its own: for small networks it counts to look each up in NumPy at every step.
    exp, log, divide, multiply, subtract = np.exp, np.log, np.divide, np.multiply, np.subtract
    add_up, both, values = each.dot, rows.dot, pair.tolist
    known, over = 0.0, 1.0  # the scale of the last step, and -s m as rounded

    def take(scale: float) -> None:
        nonlocal known, over
        factor.fill(scale)
        minus_s.fill(-scale)
        each[1:] = 1 / scale
        known, over = scale, float(minus_s[0]) * m

    def is_calm() -> bool:
        """Answer from a closer look: some networks are content with logits of any size."""
        multiply(log_S, log_S, squares)
        return bool(squares.dot(squares) < far**2)

    def finish(Y: Array, scale: float, w: Array | None = None) -> float:
        if w is not None or not least <= scale <= most:
            return careful(Y, scale, w)
        if scale != known:
            take(scale)
        multiply(Y, factor, sY)
        exp(Z, E)
        add_up(E, sums)
        log(S, log_S)
        again()
        both(right, pair)
        cost, size = values()
        if not (size < far or is_calm()):
            return careful(Y, scale)
        divide(E, S_over_s, E)
        subtract(E, sY, Z)
        J: float = cost / over
        return J

    return Z, finish


def _softmax(shape: tuple[int, int], dtype: DTypeLike, at: Workspace) -> tuple[Array, Finish]:
    Z = at("last Z", shape, dtype)
    return Z, _careful_softmax(Z, at)


def _careful_softmax(Z: Array, at: Workspace) -> Finish:
    # loss_j = log sum_k exp(Z_kj) - sum_k Y_kj Z_kj, with Z shifted by its maximum: exp cannot overflow.
    n, m = Z.shape
    row, wide, chosen = (
        at("row", (m,), Z.dtype),
        at("exponentials", Z.shape, Z.dtype),
        at("chosen", (m,), Z.dtype),
    )
    ones, column = np.ones((1, n), Z.dtype), np.ones((n, 1), Z.dtype)
    factor, flat_row, flat_chosen = np.zeros((), Z.dtype), row.reshape(1, m), chosen.reshape(1, m)

    def finish(Y: Array, scale: float, w: Array | None = None) -> float:
        # A product with a column of ones repeats a row: NumPy would repeat it through a buffer, and no faster.
        np.maximum.reduce(Z, axis=0, out=row)
        column.dot(flat_row, wide)
        np.subtract(Z, wide, Z)
        np.multiply(Y, Z, wide)
        ones.dot(wide, flat_chosen)
        np.exp(Z, Z)
        ones.dot(Z, flat_row)
        column.dot(flat_row, wide)
        np.divide(Z, wide, Z)
        np.subtract(Z, Y, Z)
        factor.fill(scale)
        np.multiply(Z, factor, Z)
        np.log(row, row)
        np.subtract(row, chosen, row)
        if w is not None:
            np.copyto(wide, w)
            np.multiply(Z, wide, Z)
            np.multiply(row, w, row)
        J: float = float(np.add.reduce(row)) / m
        return J

    return finish


def _bce_finish(Z: Array, at: Workspace) -> Finish:
    # loss = max(Z, 0) - Y Z + log(1 + exp(-|Z|))
    m = Z.shape[1]
    e, zero, factor = at("sums", Z.shape, Z.dtype), np.array(0, Z.dtype), np.zeros((), Z.dtype)
    losses, sigmoid = at("losses", Z.shape, Z.dtype), sigmoid_into(Z, Z, at)

    def finish(Y: Array, scale: float, w: Array | None = None) -> float:
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
    squares = at("losses", Z.shape, Z.dtype)

    def finish(Y: Array, scale: float, w: Array | None = None) -> float:
        np.subtract(Z, Y, Z)
        np.multiply(Z, Z, squares)
        factor.fill(scale)
        np.multiply(Z, factor, Z)
        return float(np.add.reduce(squares, None) / (2 * m))

    return finish


def _hinge_finish(Z: Array, at: Workspace) -> Finish:
    # margin = 1 - Y Z; loss = max(0, margin); dZ = -Y where the margin is positive.
    m, factor = Z.shape[1], np.zeros((), Z.dtype)
    losses, zero, one = at("losses", Z.shape, Z.dtype), np.array(0, Z.dtype), np.array(1, Z.dtype)

    def finish(Y: Array, scale: float, w: Array | None = None) -> float:
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
    # With r = A - Y and c = clip(r, -1, 1): loss = c (r - c / 2) on both branches, and dZ = c.
    m, factor = Z.shape[1], np.zeros((), Z.dtype)
    c, losses = at("sums", Z.shape, Z.dtype), at("losses", Z.shape, Z.dtype)
    one, half, minus_one = (np.array(x, Z.dtype) for x in (1, 0.5, -1))

    def finish(Y: Array, scale: float, w: Array | None = None) -> float:
        np.subtract(Z, Y, Z)
        np.minimum(Z, one, out=c)
        np.maximum(c, minus_one, out=c)
        np.multiply(c, half, losses)
        np.subtract(Z, losses, losses)
        np.multiply(c, losses, losses)
        factor.fill(scale)
        np.multiply(c, factor, Z)
        return float(np.add.reduce(losses, None) / m)

    return finish


_FINISHES: dict[str, Callable[[Array, Workspace], Finish]] = {
    "bce": _bce_finish,
    "mse": _mse_finish,
    "hinge": _hinge_finish,
    "huber": _huber_finish,
}
