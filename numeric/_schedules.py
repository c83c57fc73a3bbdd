"""Learning-rate schedules: the factor on the learning rate at each step.

A schedule is any function ``schedule(step, steps) -> factor`` with the steps counted from 0; these make some.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from numeric._arguments import check_not_negative, check_positive, check_positive_int, shown
from numeric._errors import NumericError

__all__ = ["Schedule", "constant", "cosine", "staircase", "warm_up"]

Schedule: TypeAlias = Callable[[int, int], float]


def constant() -> Schedule:
    """Make the schedule that always says 1.

    Examples
    --------
    >>> constant()(7, 10)
    1.0
    """
    return lambda step, steps: 1.0


def staircase(*, every: int, factor: float = 0.5) -> Schedule:
    """Make a schedule that multiplies the learning rate by a factor every so many steps.

    Examples
    --------
    >>> schedule = staircase(every=10, factor=0.1)
    >>> [round(schedule(step, 30), 3) for step in (0, 9, 10, 25)]
    [1.0, 1.0, 0.1, 0.01]
    """
    every, factor = check_positive_int(every, "every"), check_positive(factor, "factor")

    def schedule(step: int, steps: int) -> float:
        try:
            return float(factor ** (step // every))
        except OverflowError:  # which training refuses, with the step
            return math.inf

    return schedule


def cosine(*, final: float = 0.0) -> Schedule:
    """Make a schedule that falls from 1 to ``final`` along half a wave of the cosine.

    Examples
    --------
    >>> schedule = cosine()
    >>> [round(schedule(step, 101), 3) for step in (0, 50, 100)]
    [1.0, 0.5, 0.0]
    """
    final = check_not_negative(final, "final")

    def schedule(step: int, steps: int) -> float:
        way = min(step / max(steps - 1, 1), 1.0)
        return final + (1 - final) * (1 + math.cos(math.pi * way)) / 2

    return schedule


def warm_up(steps: int, then: Schedule | None = None) -> Schedule:
    """Make a schedule that rises in equal stairs for some steps, and then follows another.

    Examples
    --------
    >>> schedule = warm_up(4, then=cosine())
    >>> [round(schedule(step, 104), 3) for step in (0, 1, 3, 4, 103)]
    [0.25, 0.5, 1.0, 1.0, 0.0]
    """
    rise = check_positive_int(steps, "steps")
    after = constant() if then is None else then
    if not callable(after):
        raise NumericError(f"then is {shown(then)}; expected a schedule, like numeric.cosine().")
    return lambda step, steps: (step + 1) / rise if step < rise else after(step - rise, max(steps - rise, 1))
