"""Is the gradient a function of its input at all? Called again and again, with other calls in between.

Three habits are found here: an accumulator that nobody zeroes (the second call is the first plus more), a dropout mask
or noise drawn anew, and a gradient that answers from the activations of the *last* call of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck._examine import root_mean_square
from gradcheck._gradient import Gradient, in_double
from gradcheck._objective import Objective
from gradcheck._point import Array

EPS64 = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Repeatability:
    """The gradient at the point, and how it behaved when asked again."""

    analytic: list[Array]
    again: list[Array] | None  # the second answer at the same point
    after_move: list[Array] | None  # the answer after the loss was called elsewhere
    eps: float  # precision in which the gradient was computed
    own: (
        list[Array] | None
    )  # the answer in the user's own float32 precision, when it differs from the double one
    own_eps: float = EPS64  # the rounding unit of that answer

    @property
    def changed(self) -> tuple[int, ...]:
        """Places of the parameters whose gradient changed between calls at the same point."""
        others = [o for o in (self.again, self.after_move) if o is not None]
        slack = 1e3 * self.eps  # threads may sum in another order
        return tuple(
            p
            for p, g in enumerate(self.analytic)
            if any(
                np.max(np.abs(o[p] - g), initial=0.0) > slack * np.max(np.abs(g), initial=0.0) for o in others
            )
        )


def is_repeatable(
    objective: Objective,
    gradient: Gradient,
    own: Sequence[NDArray[Any]],
    arrays: list[Array],
    rng: np.random.Generator,
) -> Repeatability:
    """Ask for the gradient at the point several times and report what came."""
    lower = any(a.dtype != np.float64 for a in own)
    if not gradient.callable:
        given = gradient(arrays)
        gradient.eps = precision(given) if lower or says_single(given) else EPS64
        return Repeatability(in_double(given), None, None, gradient.eps, None)
    gradient.twin = objective.twin
    try:
        first = gradient(arrays) if gradient.twin else gradient(own)
    except Exception:
        if not (lower and gradient.twin):
            raise
        gradient.twin = False  # a float32 backward pass that refuses float64: judged in its own precision
        first = gradient(own)
    if lower or says_single(first):
        gradient.eps = precision(first)
    again = gradient.at(arrays)
    moved = [a + 0.125 * root_mean_square(a) * rng.standard_normal(a.shape) for a in arrays]
    with np.errstate(all="ignore"):
        try:
            objective(moved)
        except Exception:
            moved = arrays  # the loss has no value there; the other tests stand
    after = gradient.at(arrays)
    objective(arrays)
    if not (lower and gradient.twin):
        return Repeatability(in_double(first), again, after, gradient.eps, None)
    answer = gradient(own)
    return Repeatability(in_double(first), again, after, gradient.eps, in_double(answer), precision(answer))


def says_single(arrays: Sequence[NDArray[Any]]) -> bool:
    """Whether answers to a question in double precision say by their type that they are rounded to single precision.

    Half precision leaves too little to judge: there the rounding counts as the mistake that it is.
    """
    return any(a.dtype == np.float32 for a in arrays) and all(a.dtype != np.float16 for a in arrays)


def precision(arrays: Sequence[NDArray[Any]]) -> float:
    """Give the coarsest rounding unit among some arrays."""
    return max(float(np.finfo(a.dtype).eps) for a in arrays)
