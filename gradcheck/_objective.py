"""The loss as gradcheck sees it: called, counted, and watched for what it must not do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck._errors import (
    DtypeError,
    GradcheckError,
    InputChangedError,
    NonDeterministicError,
    NonFiniteError,
    ShapeError,
)
from gradcheck._point import Array, Layout, Point, entry_name

Loss = Callable[[Point], Any]


class Objective:
    """A loss bound to a layout.

    `twin` says that a float32 point is handed over as float64, so that the same numbers are differenced in double
    precision; where the loss refuses float64, points are rounded to the user's own dtype instead.
    """

    def __init__(self, loss: Loss, layout: Layout, n_jobs: int = 1) -> None:
        if not callable(loss):
            raise DtypeError(
                f"loss is {loss!r}; expected a function of the parameters: loss(parameters) -> float."
            )
        self.loss = loss
        self.layout = layout
        self.n_jobs = n_jobs  # processes among which entries are shared out
        self.twin = True
        self.n_evaluations = 0
        self.refusals: list[str] = []  # what the loss said where it has no value
        self.eps = float(np.finfo(np.float64).eps)

    def account(self, n_evaluations: int, refusals: Sequence[str]) -> None:
        """Add what was called elsewhere on this loss's behalf."""
        self.n_evaluations += n_evaluations
        self.refusals += refusals

    def counting_anew(self) -> Objective:
        """Give the same loss with its counts at zero, for another process."""
        other = copy(self)
        other.n_evaluations, other.refusals, other.n_jobs = 0, [], 1
        return other

    def cast(self, arrays: Sequence[Array]) -> list[NDArray[Any]]:
        """Give the arrays in the precision in which the loss takes them."""
        if self.twin:
            return list(arrays)
        return [a.astype(t) for a, t in zip(arrays, self.layout.dtypes, strict=True)]

    def __call__(self, arrays: Sequence[Array]) -> float:
        """Evaluate the loss; NaN and infinity pass through, for the caller to judge."""
        self.n_evaluations += 1
        return _number(self.loss(self.layout.fold(self.cast(arrays))))

    def attempt(self, arrays: Sequence[Array]) -> float:
        """Evaluate the loss at a point of our choosing: where it raises an arithmetic error it has no value, NaN."""
        try:
            return self(arrays)
        except GradcheckError:
            raise
        except (ArithmeticError, ValueError) as error:  # math.log of a negative number, say
            self.refusals.append(f"{type(error).__name__}: {error}")
            return float("nan")

    def many(self, points: list[list[Array]]) -> Array:
        """Evaluate a batch of points, through `loss.many` (a list of points in, an array of losses out)."""
        self.n_evaluations += len(points)
        batched: Any = self.loss
        values = np.asarray(batched.many([self.layout.fold(self.cast(p)) for p in points]), dtype=np.float64)
        if values.shape != (len(points),):
            raise ShapeError(
                f"loss.many returned shape {values.shape} for {len(points)} points; expected ({len(points)},)."
            )
        return values

    def first_value(self, arrays: list[Array]) -> float:
        """Evaluate the loss twice at the point and make sure that it has a value, always the same, and no side effect."""
        pristine = [a.copy() for a in arrays]
        double = [a.copy() for a in arrays]
        lower = any(t != np.float64 for t in self.layout.dtypes)
        try:
            value = self._watched(double, pristine)
        except Exception:
            if not lower:
                raise
            self.twin = (
                False  # a float32 loss that refuses float64: difference in its own precision, bounds widen
            )
            value = self._watched(double, pristine)
        if not np.isfinite(value):
            raise NonFiniteError(
                f"the loss is {value} at the point given; expected a finite number. "
                "Look for log(0), an overflow in exp, or a division by zero."
            )
        again = self._watched(double, pristine)
        if again != value:
            raise NonDeterministicError(
                f"the loss is {value!r} and then {again!r} at the same point; expected the same value. "
                "Fix the seed of dropout or noise inside the loss, and reset any state it keeps."
            )
        raw = self.loss(self.layout.fold(self.cast(double)))
        self.n_evaluations += 1
        dtype = getattr(raw, "dtype", None)
        if isinstance(dtype, np.dtype) and dtype.kind == "f":
            self.eps = max(self.eps, float(np.finfo(dtype).eps))
        return value

    def _watched(self, arrays: list[Array], pristine: list[Array]) -> float:
        given = self.cast(arrays)
        before = [a.copy() for a in given]
        structure = self.layout.fold(given)
        self.n_evaluations += 1
        value = _number(self.loss(structure))
        require_unchanged(given, before, self.layout.names, "the loss")
        return value


def require_unchanged(
    arrays: Sequence[NDArray[Any]], pristine: Sequence[NDArray[Any]], names: Sequence[str], who: str
) -> None:
    """Raise when a function wrote into the parameters it was given, naming the first entry that moved."""
    for name, array, before in zip(names, arrays, pristine, strict=True):
        moved = array != before
        if np.any(moved):
            index = tuple(int(i) for i in np.argwhere(moved)[0]) if array.ndim else ()
            raise InputChangedError(
                f"{who} changed its input: {entry_name(name, index)} was {before[index]:.17g} and is {array[index]:.17g} "
                "afterwards; expected it untouched. Work on a copy (W = W - rate * dW, not W -= rate * dW)."
            )


def _number(value: Any) -> float:
    """Read the value of a loss: a real number, or an array that holds one (the (1, 1) of a product of matrices)."""
    if isinstance(value, float):  # np.float64 included
        return float(value)
    array = np.asarray(value)
    if array.dtype.kind == "c":
        raise DtypeError(f"the loss returned the complex number {value!r}; expected a real number.")
    if array.size != 1:
        raise ShapeError(
            f"the loss returned an array of shape {array.shape}; expected one number. "
            "Is a sum or a mean over the examples missing?"
        )
    if array.dtype.kind not in "fiub":
        raise DtypeError(f"the loss returned {value!r} of type {type(value).__name__}; expected one number.")
    return float(array.reshape(()))
