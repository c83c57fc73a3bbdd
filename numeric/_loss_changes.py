"""How much the losses change when the last Z moves, again without subtracting nearly equal numbers.

With d the move of Z, A the output, r = A - Y and E = e^d - 1::

    softmax_cross_entropy   s log(1 + sum_k A_k E_k) - sum_k Y_k d_k      s = sum_k Y_k, d less that of the largest A
    bce                     log(1 + A E) - Y d
    mse                     d (r + d/2)
    hinge                   the change of relu at 1 - Y Z when it moves by -Y d
    huber                   (c' - c) (r - (c' + c)/2) + c' d              c = clip(r, -1, 1), c' after the move

Layout: (outputs, examples m, moves B); losses are summed over the outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numeric._arguments import real_array
from numeric._changes import is_small, relu_change
from numeric._errors import NumericError, ShapeError
from numeric._layer import Array
from numeric._objective import Objective
from numeric._output import output
from numeric.functions import log_sigmoid, log_softmax

__all__ = ["Moved", "check_steps", "loss_change", "penalty_change"]


# e^30: what is added to it leaves no more than its own rounding.
_FAR = 30.0


@dataclass(frozen=True)
class Moved:
    """The output of a network before the move, for some of its examples.

    Attributes
    ----------
    Z, A, Y : (n_y, m) ndarray
        Last Z, output, labels.
    w : (m,) ndarray
        Weights of the examples.
    """

    Z: Array
    A: Array
    Y: Array
    w: Array

    @staticmethod
    def at(objective: Objective, Z: Array, Y: Array) -> Moved:
        """Compute the output once for all moves."""
        w = objective.weights(Y)
        w = np.ones(Y.shape[1]) if w is None else w
        return Moved(Z, output(objective.loss, Z), objective.labels(Y), w)

    def only(self, examples: Array) -> Moved:
        """Return the same for the chosen examples."""
        return Moved(self.Z[:, examples], self.A[:, examples], self.Y[:, examples], self.w[examples])


def loss_change(loss: str, base: Moved, d: Array) -> tuple[Array, Array]:
    """Return each example's change of loss ``(m, B)`` for moves d ``(n_y, m, B)``, weighted, and where corners are near."""
    Z, A, Y, w = base.Z[..., None], base.A[..., None], base.Y[..., None], base.w[:, None]
    crossed = np.zeros(d.shape[1:], np.bool_)
    if loss == "softmax_cross_entropy" and not is_small(d):
        top = base.A.argmax(axis=0)[None, :]
        d = d - np.take_along_axis(d, top[..., None], axis=0)
        change = _log_of_moved(A, log_softmax(base.Z)[..., None], d) * Y.sum(axis=0) - (Y * d).sum(axis=0)
        return w * change, crossed
    if loss == "bce" and not is_small(d):
        # The two classes of each output, seen from the likelier: its own d is 0, the other's is d or -d.
        other, u = np.where(A > 0.5, output("bce", -Z), A), np.where(A > 0.5, -d, d)
        pair = (
            np.stack([1 - other, other]),
            log_sigmoid(np.stack([np.abs(Z), -np.abs(Z)])),
            np.stack([0 * u, u]),
        )
        change = _log_of_moved(*pair) + np.where(A > 0.5, (1 - Y) * d, -Y * d)
        return w * change.sum(axis=0), crossed
    if loss == "softmax_cross_entropy":
        # Seen from the likeliest class: where it is all but certain, and right, only what is left moves the loss.
        top = np.take_along_axis(d, base.A.argmax(axis=0)[None, :, None], axis=0)
        d = d - top
        change = np.log1p((A * np.expm1(d)).sum(axis=0)) * Y.sum(axis=0) - (Y * d).sum(axis=0)
        return w * change, crossed
    if loss == "bce":
        # log(1 + A E) - Y d = log(1 + (1 - A) (e^-d - 1)) + (1 - Y) d: each where its terms do not cancel.
        rest = output("bce", -Z)
        change = np.where(
            A > 0.5, np.log1p(rest * np.expm1(-d)) + (1 - Y) * d, np.log1p(A * np.expm1(d)) - Y * d
        )
    elif loss == "mse":
        change = d * (A - Y + d / 2)
    elif loss == "hinge":
        margin = 1 - Y * Z
        crossed = _any_within(d, margin)
        change = relu_change(-Y * d, margin)
    else:
        r = A - Y
        crossed = _any_within(d, np.abs(r) - 1)
        c, c_moved = np.clip(r, -1, 1), np.clip(r + d, -1, 1)
        change = (c_moved - c) * (r - (c_moved + c) / 2) + c_moved * d
    return w * change.sum(axis=0), crossed


def _log_of_moved(A: Array, logs: Array, d: Array) -> Array:
    """Return log(sum_k A_k e^d_k) for moves of any size; ``logs`` is log A, and d is 0 for the largest A.

    log(1 + sum_k A_k (e^d_k - 1)), whose argument is at least the largest A; beyond e^30 the largest term and its followers.
    A_k may be 0 in floating point and A_k e^d_k not, so far moves are taken from the logarithms.
    """
    moved = logs + d
    far = moved.max(axis=0)
    terms = np.where(d > 1, np.exp(np.minimum(moved, _FAR)) - A, A * np.expm1(np.minimum(d, 1)))
    beyond = far + np.log(np.exp(moved - far).sum(axis=0))
    return np.asarray(np.where(far > _FAR, beyond, np.log1p(terms.sum(axis=0))))


def _any_within(d: Array, distance: Array) -> Array:
    reach = np.abs(d)
    return np.asarray(((reach >= np.abs(distance)) & (reach > 0)).any(axis=0))


def penalty_change(objective: Objective, W: Array, d: Array) -> Array:
    """Return m times the change of the penalty when every entry of W, for itself, moves by d."""
    change = objective.l2 * d * (W + d / 2)  # half of (W + d)^2 - W^2
    if objective.l1:
        # |W| = max(W, 0) + max(-W, 0)
        change = change + objective.l1 * (relu_change(d.copy(), W) + relu_change(-d, -W))
    return np.asarray(change)


def check_steps(h: float | Array, name: str, shape: tuple[int, ...]) -> Array:
    """Return the steps as float64: positive, one for all entries or one for each."""
    steps = real_array(h, "h").astype(np.float64)
    if steps.shape not in ((), shape):
        raise ShapeError(f"h has shape {steps.shape}; expected () or {shape}, the shape of {name}.")
    if not (np.isfinite(steps) & (steps > 0)).all():
        raise NumericError(f"h is {h}; expected finite positive numbers.")
    return steps
