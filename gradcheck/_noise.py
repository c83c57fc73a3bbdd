"""How much the last digits of a loss jitter: the noise that limits every difference quotient.

The estimate is ECnoise (Moré & Wild, Estimating computational noise, SIAM J. Sci. Comput. 33, 2011): in a table of
differences of f at equally spaced, very close points the smooth part dies out from column to column, while noise of
standard deviation s keeps the size s * sqrt((2k)!) / k! in column k.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, sqrt

import numpy as np

from gradcheck._point import Array

POINTS = 9
# Spacings relative to the parameters: the closest at which the values differ at all shows the noise alone.
SPACINGS = (2.0**-33, 2.0**-26, 2.0**-20, 2.0**-14, 2.0**-9)


def noise_of(values: Array) -> float | None:
    """Estimate the noise in values of f at equally spaced points; None where the table does not settle.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(9) * 1e-9
    >>> jitter = 1e-12 * np.random.default_rng(0).standard_normal(9)
    >>> 3e-13 < noise_of(np.exp(t) + jitter) < 3e-12
    True
    """
    levels = []
    signs = []
    column = values
    for order in range(1, len(values)):
        column = np.diff(column)
        levels.append(sqrt(factorial(order) ** 2 / factorial(2 * order) * float(np.mean(column**2))))
        signs.append(bool(column.min() < 0 < column.max()))
    for k in range(len(levels) - 2):
        window = levels[k : k + 3]
        # Moré & Wild's rule: three columns within a factor of four, and differences of both signs.
        if signs[k] and max(window) <= 4 * min(window):
            return window[0]
    return None


def measure_noise(along: Callable[[float], float], value: float, eps: float) -> float:
    """Measure the noise of `along(t)`, t relative to the size of the parameters, never below one rounding of the value.

    Only one side (t >= 0) is visited, so that a kink exactly at the point does not pass for noise.
    """
    floor = eps * abs(value)
    for spacing in SPACINGS:
        values = np.array([value, *(along(spacing * k) for k in range(1, POINTS))])
        if not np.isfinite(values).all():
            continue
        if np.count_nonzero(np.diff(values) == 0) >= POINTS // 2:
            continue  # too close to see the jitter: most neighbours round to the same value
        level = noise_of(values)
        if level is not None:
            return max(level, floor)
    return floor
