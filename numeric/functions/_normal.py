"""The tail of the normal distribution to the last bits, in plain NumPy.

For x >= 0 write the tail as a fast factor times a slow one::

    Phi(-x) = exp(-x^2/2) m(x)           m = Phi(-x)/exp(-x^2/2) falls slowly from 1/2 like c/x
    m'(x)   = x m(x) - c                 c = 1/sqrt(2 pi)

and for the derivative of GELU, ``Phi(-x) - x phi(x) = exp(-x^2/2) k(x)`` with ``k(x) = m(x) - c x``.

The exponential takes x^2 as two doubles. The slow factor is a Taylor polynomial around the nearest of 129 centres.
Its coefficients follow from the differential equation alone, with no number typed in::

    m = a_0 + a_1 d + a_2 d^2 + ...      a_1 = x a_0 - c      (n + 1) a_{n+1} = x a_n + a_{n-1}

They are made once, in decimal arithmetic of the standard library, from the far end backwards, where errors shrink:
a continued fraction starts M = m/c at x = 40, and M(0) = 1/(2c) ends it, which also gives c.
One centre is moved onto the zero of k, so that k is exact beside it.

References
----------
NIST Digital Library of Mathematical Functions, 7.8 and 7.9 (Mills' ratio and its continued fraction).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numeric.functions._compensated import Floats, decay, two_product

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["InPlace", "mills_table", "tail", "tail_minus_density"]

# Centres 0, 1/8, ..., 8, then 8.5, 9, ..., 40: d stays below 1/16 of the distance over which m changes.
_FINE, _KNEE, _COARSE, _END = 8, 8, 2, 40
# |a_n d^n| < 2^-60 a_0 from here on, at every centre.
_DEGREE = 13
# And < 2^-34 a_0 from here on, which is enough for float32.
_DEGREE_SINGLE = 6
# The recurrence drowns in its growing solution: near x = 40 it loses some 60 digits of these.
_DIGITS = 150
# From one centre to the next, a_n d^n with |d| <= 1/2: enough terms for more than 40 digits.
_TERMS = 60


class _Table(NamedTuple):
    """Centres and Taylor coefficients; a_0 and the centres as sums of two doubles."""

    centre: NDArray[np.float64]
    centre_low: NDArray[np.float64]
    constant: NDArray[np.float64]
    constant_low: NDArray[np.float64]
    slopes: NDArray[np.float64]  # (_DEGREE, 129): a_1, a_2, ...

    def __call__(self, x: Floats, *, single: bool = False) -> Floats:
        """The polynomial around the centre nearest to each x in [0, 40], to 53 bits or to 30."""
        j = np.where(x < _KNEE, np.rint(_FINE * x), _FINE * _KNEE + np.rint(_COARSE * (x - _KNEE)))
        j = j.astype(np.intp)
        d = (x - self.centre.take(j, mode="clip")) - self.centre_low.take(j, mode="clip")
        last = (_DEGREE_SINGLE if single else _DEGREE) - 1
        p = self.slopes[last].take(j, mode="clip")
        for a in self.slopes[:last][::-1]:
            p = a.take(j, mode="clip") + d * p
        total: Floats = self.constant.take(j, mode="clip") + (self.constant_low.take(j, mode="clip") + d * p)
        return total


def _taylor(x: Decimal, value: Decimal, terms: int) -> list[Decimal]:
    """The Taylor coefficients of M around x, from M(x): M' = x M - 1."""
    a = [value, x * value - 1]
    for n in range(1, terms - 1):
        a.append((x * a[n] + a[n - 1]) / (n + 1))
    return a


def _evaluate(a: list[Decimal], d: Decimal) -> Decimal:
    total = a[-1]
    for coefficient in a[-2::-1]:
        total = coefficient + d * total
    return total


def _two_doubles(x: Decimal) -> tuple[float, float]:
    high = float(x)
    return high, float(x - type(x)(high))


@lru_cache(maxsize=1)
def _tables() -> tuple[_Table, _Table]:
    """The tables of m and of k, in a few milliseconds."""
    from decimal import Context, Decimal, localcontext

    with localcontext(Context(prec=_DIGITS)):
        centres = [Decimal(j) / _FINE for j in range(_FINE * _KNEE)]
        centres += [_KNEE + Decimal(j) / _COARSE for j in range(_COARSE * (_END - _KNEE) + 1)]
        M = Decimal(_END)
        for n in range(200, 0, -1):  # M = 1/(x + 1/(x + 2/(x + 3/(x + ...))))
            M = _END + n / M
        M = 1 / M
        rows: list[list[Decimal]] = []
        for x, below in zip(reversed(centres), [*reversed(centres[:-1]), Decimal(0)], strict=True):
            rows.append(_taylor(x, M, _TERMS))
            M = _evaluate(rows[-1], below - x)
        rows.reverse()
        c = 1 / (2 * rows[0][0])
        m = _table(centres, [[c * a for a in row] for row in rows])
        k_rows = [[row[0] - x, row[1] - 1, *row[2:]] for x, row in zip(centres, rows, strict=True)]
        near = min(range(len(centres)), key=lambda j: abs(k_rows[j][0]))
        root = _root(k_rows[near])
        value = _evaluate(rows[near], root)
        centres[near] += root
        moved = _taylor(centres[near], value, _TERMS)
        k_rows[near] = [Decimal(0), moved[1] - 1, *moved[2:]]
        return m, _table(centres, [[c * a for a in row] for row in k_rows])


def _root(a: list[Decimal]) -> Decimal:
    """The zero of a polynomial beside 0, by Newton's method: the digits double from 2 to past 100 in 8 steps."""
    derivative = [n * coefficient for n, coefficient in enumerate(a)][1:]
    d = a[0] * 0
    for _ in range(8):
        d -= _evaluate(a, d) / _evaluate(derivative, d)
    return d


def _table(centres: list[Decimal], rows: list[list[Decimal]]) -> _Table:
    centre, centre_low = np.array([_two_doubles(x) for x in centres]).T
    constant, constant_low = np.array([_two_doubles(row[0]) for row in rows]).T
    slopes = np.array([[float(a) for a in row[1 : _DEGREE + 1]] for row in rows]).T.copy()
    return _Table(centre.copy(), centre_low.copy(), constant.copy(), constant_low.copy(), slopes)


def _times_gaussian(x: Floats, factor: Floats) -> Floats:
    """exp(-x^2/2) * factor, for 0 <= x <= 40, subnormal results included."""
    square, low = two_product(x, x)
    e, scale = decay(0.5 * square)
    value = e * factor
    scaled: Floats = (value - value * (0.5 * low)) * scale
    return scaled


def tail(x: Floats, *, single: bool = False) -> Floats:
    """x Phi(-x) for 0 <= x <= 40, to 53 bits or to 30."""
    factor = x * _tables()[0](x, single=single)
    return np.exp(-0.5 * x * x) * factor if single else _times_gaussian(x, factor)


def tail_minus_density(x: Floats, *, single: bool = False) -> Floats:
    """Phi(-x) - x phi(x) for 0 <= x <= 40, exact also beside its zero at x = 0.7518."""
    factor = _tables()[1](x, single=single)
    return np.exp(-0.5 * x * x) * factor if single else _times_gaussian(x, factor)


class InPlace(NamedTuple):
    """Mills' ratio m in arrays that are there already: the same table in the dtype of a training step."""

    centre: NDArray[Any]
    coefficients: NDArray[Any]  # (degree + 1, 129): a_0, a_1, ...
    c: float
    end: float

    def operations(
        self, x: NDArray[Any], j: NDArray[np.intp], d: NDArray[Any], m: NDArray[Any], scratch: NDArray[Any]
    ) -> list[Callable[[], object]]:
        """Return the operations that write m(x), 0 <= x <= end, into the array m; j, d and scratch are overwritten."""
        *lower, last = self.coefficients
        steps: list[Callable[[], object]] = [
            # min(8 x, 64) + max(2 (x - 8), 0), each rounded: the number of the nearest centre
            partial(np.multiply, x, _FINE, d),
            partial(np.minimum, d, _FINE * _KNEE, out=d),
            partial(np.rint, d, d),
            partial(np.subtract, x, _KNEE, scratch),
            partial(np.multiply, scratch, _COARSE, scratch),
            partial(np.maximum, scratch, 0, out=scratch),
            partial(np.rint, scratch, scratch),
            partial(np.add, d, scratch, d),
            partial(np.copyto, j, d, casting="unsafe"),
            partial(np.take, self.centre, j, out=scratch, mode="clip"),
            partial(np.subtract, x, scratch, d),
            partial(np.take, last, j, out=m, mode="clip"),
        ]
        for a in lower[::-1]:
            steps += [
                partial(np.multiply, m, d, m),
                partial(np.take, a, j, out=scratch, mode="clip"),
                partial(np.add, m, scratch, m),
            ]
        return steps


@lru_cache(maxsize=2)
def mills_table(dtype: np.dtype[Any]) -> InPlace:
    """Return the table for float32 or float64."""
    m, _ = _tables()
    degree = _DEGREE_SINGLE if dtype == np.float32 else _DEGREE
    coefficients = np.vstack([m.constant, m.slopes[:degree]]).astype(dtype)
    return InPlace(m.centre.astype(dtype), coefficients, 1 / np.sqrt(2 * np.pi), _END)
