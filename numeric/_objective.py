"""The cost J that is minimised: a loss, how its labels and examples are weighed, and the penalties on the weights.

    J = (1/m) sum_j w_j L(z_j, y'_j)  +  (1/m) sum over all W of (l2/2 W^2 + l1 |W|)

    y' = (1 - s) y + s / K      label smoothing s, K classes (2 for a sigmoid)
    w_j = sum_k c_k y_kj        class weights c

The biases are not penalised.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_items, check_not_negative
from numeric._errors import NumericError
from numeric._kernels import pieces
from numeric._layer import Array, Workspace
from numeric._output import Finish, example_losses, loss_slope, make_finish, mean, resolve_loss

__all__ = ["Objective", "make_objective"]


@dataclass(frozen=True)
class Objective:
    """What a network minimises; see the module for the formula."""

    loss: str
    l1: float = 0.0
    l2: float = 0.0
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None

    def penalties(self) -> str:
        """Return the weights of the penalties in words, those that are not 0."""
        return " and ".join(f"{name} below {v:g}" for name, v in (("l1", self.l1), ("l2", self.l2)) if v)

    def labels(self, Y: Array) -> Array:
        """Return y'."""
        s = self.label_smoothing
        if not s:
            return Y
        smoothed: Array = (1 - s) * Y + Y.dtype.type(
            s / (len(Y) if self.loss == "softmax_cross_entropy" else 2)
        )
        return smoothed

    def weights(self, Y: Array) -> Array | None:
        """Return w ``(m,)``, or None when all are 1."""
        if self.class_weights is None:
            return None
        c = np.asarray(self.class_weights, dtype=Y.dtype)
        if self.loss == "softmax_cross_entropy":
            return np.asarray(c @ Y)
        share = Y[0] if self.loss == "bce" else (Y[0] + 1) / 2
        return np.asarray(c[0] + (c[1] - c[0]) * share)

    def mean_loss(self, Z: Array, Y: Array) -> float:
        """Return the first term of J."""
        losses, w = example_losses(self.loss, Z, self.labels(Y)), self.weights(Y)
        return mean(losses if w is None else w * losses)

    def slope(self, Z: Array, Y: Array) -> Array:
        """Return dZ of the last layer: the gradient of the per-example losses w_j L_j."""
        dZ, w = loss_slope(self.loss, Z, self.labels(Y)), self.weights(Y)
        return dZ if w is None else dZ * w

    def penalty(self, weights: Iterable[Array], m: int, at: Workspace | None = None) -> float:
        """Return the second term of J, each weight in float64; ``at`` lends memory for a piece of it."""
        total = 0.0
        if self.l1 or self.l2:
            new = at or Workspace()
            for W in weights:
                for _, part in pieces(_rows(W)):
                    wide = new("wide", part.shape, np.float64)
                    np.copyto(wide, part)
                    total += self.l2 / 2 * float(np.vdot(wide, wide))
                    if self.l1:
                        np.abs(wide, wide)
                        total += self.l1 * float(np.add.reduce(wide, None))
        return total / m

    def penalise(
        self, weights: Iterable[Array], slopes: Iterable[Array], scale: float, at: Workspace
    ) -> None:
        """Add scale * (l2 W + l1 sign(W)) to each dW."""
        for W, dW in zip(weights, slopes, strict=True):
            for factor, function in ((self.l2, np.positive), (self.l1, np.sign)):
                for rows, part in pieces(_rows(dW)) if factor else ():
                    slope = at("penalty", part.shape, part.dtype)
                    function(_rows(W)[rows], slope)
                    np.multiply(slope, factor * scale, slope)
                    np.add(part, slope, part)

    def penalty_slope(self, W: Array, m: int) -> Array | float:
        """Return the gradient of the second term; at W = 0 the one of l1 is taken as 0."""
        slope: Array | float = 0.0
        if self.l2:
            slope = (self.l2 / m) * W
        if self.l1:
            slope = slope + (self.l1 / m) * np.sign(W)
        return slope

    def finish(self, shape: tuple[int, int], dtype: DTypeLike, at: Workspace) -> tuple[Array, Finish]:
        """Return what `make_finish` does, for smoothed labels and weighted classes too."""
        Z, plain = make_finish(self.loss, shape, dtype, at)
        s, weights = self.label_smoothing, self.class_weights
        if not s and weights is None:
            return Z, plain
        softmax = self.loss == "softmax_cross_entropy"
        smoothed, factors = at("labels", Z.shape, Z.dtype), at("weights", Z.shape[1:], Z.dtype)
        keep, share = (np.array(x, Z.dtype) for x in (1 - s, s / (len(Z) if softmax else 2)))
        c = np.asarray(weights if weights is not None else (), Z.dtype)

        def finish(Y: Array, scale: float, w: Array | None = None) -> float:
            if weights is not None and softmax:
                c.dot(Y, factors)
            elif weights is not None:
                # c_0 + (c_1 - c_0) p with p = Y, or (Y + 1) / 2 for the hinge loss
                half, middle = (1, c[0]) if self.loss == "bce" else (2, (c[0] + c[1]) / 2)
                np.multiply(Y[0], (c[1] - c[0]) / half, factors)
                np.add(factors, middle, factors)
            if s:
                np.multiply(Y, keep, smoothed)
                np.add(smoothed, share, smoothed)
            return plain(smoothed if s else Y, scale, factors if weights is not None else None)

        return Z, finish


def make_objective(
    loss: str,
    n_y: int,
    *,
    l1: float = 0.0,
    l2: float = 0.0,
    label_smoothing: float = 0.0,
    class_weights: Sequence[float] | None = None,
) -> Objective:
    """Check the settings of an objective for n_y outputs."""
    name = resolve_loss(loss)
    if name == "softmax_cross_entropy" and n_y < 2:
        raise NumericError("softmax_cross_entropy needs at least 2 outputs; for one output use loss='bce'.")
    smoothing = check_not_negative(label_smoothing, "label_smoothing")
    if smoothing and name not in ("softmax_cross_entropy", "bce"):
        raise NumericError(f"label_smoothing works on probabilities; the loss {name!r} has none.")
    if smoothing >= 1:
        raise NumericError(f"label_smoothing is {label_smoothing}; expected a number from 0 to below 1.")
    weights = None
    if class_weights is not None:
        given = check_items(class_weights, "class_weights", "a list with a number for each class")
        weights = tuple(check_not_negative(c, f"class_weights[{k}]") for k, c in enumerate(given))
        if name not in ("softmax_cross_entropy", "bce", "hinge") or (
            name != "softmax_cross_entropy" and n_y > 1
        ):
            raise NumericError(f"class_weights need classes; {name!r} with {n_y} outputs has none.")
        if not any(weights):
            raise NumericError("class_weights are all 0; expected one above 0, or nothing is learned.")
        K = n_y if name == "softmax_cross_entropy" else 2
        if len(weights) != K:
            raise NumericError(f"class_weights has {len(weights)} numbers; expected {K}, one for each class.")
    return Objective(name, check_not_negative(l1, "l1"), check_not_negative(l2, "l2"), smoothing, weights)


def _rows(W: Array) -> Array:
    """W, or its transpose if that is what lies row by row in memory, as a matrix."""
    stored = W if W.flags.c_contiguous else W.T
    return stored.reshape(len(stored), -1)
