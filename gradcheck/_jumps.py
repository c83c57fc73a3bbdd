"""Losses that jump: a staircase too fine for the eye and too coarse for the steps.

Where digits cancel (1 - sigmoid(40), say) a loss that should be smooth moves in stairs.  Steps shorter than a stair see
its flat top, and a gradient of the formula seems wrong there.  At the point handed in that is what is asked: the loss is
what it computes.  At points of our own choosing it proves nothing, once a jump is found that makes the difference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gradcheck._point import Array
from gradcheck._richardson import Moves

# Halvings of the interval in which a jump is sought: 2^-30 of it is left.
HALVINGS = 30
# The last so many of them must leave the change as it is: where a loss is merely steep it shrinks a thousandfold.
LAST = 10
# What is left of a jump, against what the slopes and the noise explain.
CLEAR = 16.0


def jumped(
    moves: Moves,
    which: NDArray[np.intp],
    h: Array,
    plus: Array,
    minus: Array,
    slope: Array,
    analytic: Array,
    noise: float,
) -> NDArray[np.bool_]:
    """Say for which entries the loss jumps on the way to a coarse step at which it moves as the gradient says.

    Parameters
    ----------
    moves : callable
        `moves(which, steps) -> (P, M)`.
    which : array (n,)
        The entries.
    h, plus, minus : array (rungs, n)
        Steps from coarse to fine, and the changes of the loss there.
    slope, analytic : array (n,)
        The slope that fine steps show, and what the gradient says.
    noise : float
        Jitter of the loss.

    Returns
    -------
    array (n,) of bool
        True where, at some step, the centred slope is nearer to the gradient than to `slope` and half of that comes by
        one jump, proved by bisection: 30 further evaluations a side.
    """
    with np.errstate(all="ignore"):
        centred = (plus - minus) / (2 * h)
        sides = np.abs(centred - analytic) < np.abs(centred - slope)
    found = np.zeros(which.size, dtype=bool)
    rung = np.argmax(sides, axis=0)
    asked = np.flatnonzero(sides.any(axis=0))
    if not asked.size:
        return found
    columns = (rung[asked], asked)
    for side, ends in ((0, plus[columns]), (1, minus[columns])):
        left, right = np.zeros(asked.size), h[columns].copy()
        low, high = np.zeros(asked.size), ends.copy()
        steep = slope[asked] * (1.0 if side == 0 else -1.0)
        for halving in range(HALVINGS):
            middle = 0.5 * (left + right)
            value = moves(which[asked], middle)[side]
            with np.errstate(invalid="ignore"):
                first = np.abs(value - low - steep * (middle - left))
                second = np.abs(high - value - steep * (right - middle))
                up = first >= second  # the larger surprise is in the first half
            right, high = np.where(up, middle, right), np.where(up, value, high)
            left, low = np.where(up, left, middle), np.where(up, low, value)
            if halving == HALVINGS - LAST - 1:
                before = np.abs(high - low)
        with np.errstate(invalid="ignore"):
            rest = np.abs(high - low)
            explained = noise + (np.abs(steep) + np.abs(analytic[asked] - slope[asked])) * (right - left)
            found[asked] |= (rest > CLEAR * explained) & (rest > before / 2)
    return found
