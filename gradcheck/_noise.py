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
SPACINGS = (2.0**-45, 2.0**-39, 2.0**-33, 2.0**-26, 2.0**-20, 2.0**-14, 2.0**-9, 2.0**-6)


def difference_table(values: Array) -> tuple[list[float], list[bool]]:
    """Give each column's estimate of the noise, and whether the column has entries of both signs."""
    levels = []
    signs = []
    largest = float(np.max(np.abs(values), initial=0.0)) or 1.0  # squares of huge values would overflow
    column = values / largest
    for order in range(1, len(values)):
        column = np.diff(column)
        share = factorial(order) ** 2 / factorial(2 * order)
        levels.append(sqrt(share * float(np.mean(column**2))) * largest)
        signs.append(bool(column.min() < 0 < column.max()))
    return levels, signs


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
    levels, signs = difference_table(values)
    for k in range(len(levels) - 2):
        window = levels[k : k + 3]
        # Moré & Wild's rule: three columns within a factor of four, and differences of both signs.
        if signs[k] and max(window) <= 4 * min(window):
            return window[0]
    return None


def quantum_of(jumps: Array, floor: float) -> float:
    """Give the unit of which all jumps are whole multiples, as of a loss printed to eight digits; else 0.

    A straight line jumps by equal amounts too, but by smaller ones at closer points: so hand in the jumps at all spacings.
    """
    if jumps.size < 2 or jumps.min() <= 64 * floor:
        return 0.0
    unit = float(jumps.min())
    multiples = jumps / unit
    return unit if np.all(np.abs(multiples - np.round(multiples)) <= 16 * floor / unit * multiples) else 0.0


def measure_noise(along: Callable[[float], float], value: float, eps: float) -> float:
    """Measure the noise of `along(t)`, t relative to the size of the parameters, never below one rounding of the value.

    Only one side (t >= 0) is visited, so that a kink exactly at the point does not pass for noise.
    """
    # Next to zero values round to whole multiples of the smallest number.
    tiny = np.finfo(np.float32 if eps > 1e-12 else np.float64).smallest_subnormal
    floor = max(eps * abs(value), 4 * float(tiny))
    found, ceiling = floor, np.inf
    moved: list[Array] = []
    for spacing in SPACINGS:
        values = np.array([value, *(along(spacing * k) for k in range(1, POINTS))])
        if not np.isfinite(values).all():
            continue
        jumps = np.abs(np.diff(values))
        moved.append(jumps[jumps > 0])
        if moved[-1].size <= POINTS // 2:
            continue  # too close to see the jitter: most neighbours round to the same value
        level = noise_of(values)
        # Noise is in every column of the table, so the last ones bound it. (Wild functions look noisy from afar.)
        ceiling = min(ceiling, 8 * max(difference_table(values)[0][-3:]))
        if level is not None:
            found = max(min(level, ceiling), floor)
            break
    return max(found, quantum_of(np.concatenate(moved), floor) if moved else 0.0)
