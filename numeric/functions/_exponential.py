"""The exponential to twice the digits, for the few places where a difference eats the first half of them.

sigmoid(z) - y for a label y between 0 and 1 vanishes where the prediction is right, and what is left there are the
digits after the last bit of sigmoid(z). This exponential brings them::

    exp(x) = 2^q T_j exp(r)       x = (64 q + j) ln(2)/64 + r       T_j = 2^(j/64)       |r| < 0.0055

x, T_j, r and the first terms of the Taylor series of exp(r) are sums of two doubles. All constants are made once, in
decimal arithmetic of the standard library.

References
----------
P.-T. P. Tang, Table-driven implementation of the exponential function, ACM TOMS 15 (1989).
"""

from __future__ import annotations

from functools import lru_cache
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numeric.functions._compensated import Floats, Pair, add, multiply, two_sum

__all__ = ["exp_pair"]

_STEPS = 64
# r^12/12! < 2^-114: the last term that counts.
_LAST = 12
# From r^6/6! < 2^-54 on, one double a term is enough for a total of 2^-107.
_FIRST_SINGLE = 6
# k ln(2)/64 must be exact in the first two parts of ln(2)/64: 17 bits of k and 36 bits of each part make 53.
_PART_BITS = 36


class _Constants(NamedTuple):
    step: tuple[float, float, float]  # ln(2)/64 in three parts
    powers: NDArray[np.float64]  # (2, 64): T as two doubles
    coefficients: list[tuple[float, float]]  # 1/n! as two doubles


@lru_cache(maxsize=1)
def _constants() -> _Constants:
    from decimal import Context, Decimal, localcontext
    from fractions import Fraction

    def pair(x: Fraction) -> tuple[float, float]:
        high = float(x)
        return high, float(x - Fraction(high))

    with localcontext(Context(prec=60)):
        rest = Fraction(Decimal(2).ln()) / _STEPS
        parts = []
        for n in (1, 2):
            # ln(2)/64 is about 2^-6.5: its leading bit stands at 2^-7.
            unit = Fraction(1, 2 ** (6 + n * _PART_BITS))
            parts.append(float(rest // unit * unit))
            rest -= Fraction(parts[-1])
        powers = [pair(Fraction(Decimal(2) ** (Decimal(j) / _STEPS))) for j in range(_STEPS)]
    coefficients = [pair(Fraction(1, factorial(n))) for n in range(_LAST + 1)]
    return _Constants((parts[0], parts[1], float(rest)), np.array(powers).T.copy(), coefficients)


def exp_pair(x: Pair) -> tuple[Floats, Floats]:
    """Return exp(x) as two doubles for -800 <= x <= 0, to about 2^-104 of it while that is not subnormal."""
    (first, second, third), powers, coefficients = _constants()
    k = np.rint(x[0] * (_STEPS / np.log(2.0)))
    # The first difference is exact: k first is within a factor of two of x, or k is 0.
    r = add(two_sum(x[0] - k * first, -(k * second)), (0.0, x[1] - k * third))
    p: Pair = (np.full_like(k, coefficients[_LAST][0]), 0.0)
    for n in range(_LAST - 1, _FIRST_SINGLE - 1, -1):
        p = (coefficients[n][0] + r[0] * p[0], 0.0)
    for n in range(_FIRST_SINGLE - 1, -1, -1):
        p = add(coefficients[n], multiply(r, p))
    whole = k.astype(np.int64)
    T = powers[:, whole % _STEPS]
    high, low = multiply((T[0], T[1]), p)
    exponent = (whole // _STEPS).astype(np.int32)
    return np.ldexp(high, exponent), np.ldexp(low, exponent)
