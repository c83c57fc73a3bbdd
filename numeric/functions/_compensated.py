"""Arithmetic that keeps what rounding throws away: error-free sums and products, and long sums.

The sum of two floats is a float plus a float: ``a + b = s + e`` exactly, and so for products.
Keeping e where it matters is what brings a formula within an ulp or two of the truth.

References
----------
T. J. Dekker, A floating-point technique for extending the available precision, Numer. Math. 18 (1971).
T. Ogita, S. M. Rump, S. Oishi, Accurate sum and dot product, SIAM J. Sci. Comput. 26 (2005).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numeric._arguments import shown
from numeric._errors import ShapeError
from numeric.functions._elementwise import as_floats

__all__ = [
    "Floats",
    "Pair",
    "accurate_mean",
    "accurate_sum",
    "add",
    "decay",
    "multiply",
    "over_one_plus",
    "over_one_plus_squared",
    "quotient",
    "sum_rows",
    "two_product",
    "two_sum",
]

Floats: TypeAlias = NDArray[np.float64]
# A number as the sum of two doubles, the second below the last bit of the first.
Pair: TypeAlias = tuple[Any, Any]

# 2^27 + 1 cuts a double into two halves of 26 bits, whose products are exact.
_SPLITTER = 134217729.0

# exp(-SHIFT) is a double to within 3e-9 of its last bit: multiplying by it costs one rounding, not two.
_SHIFT = 62.0615234375
_SCALE = 1.114353118017448e-27
# exp(-w) has all its bits while w < 708. Beyond _TAIL the scale is kept apart and multiplied last.
_TAIL = 600.0


def two_sum(a: Any, b: Any) -> tuple[Floats, Floats]:
    """Return s = fl(a + b) and e with a + b = s + e exactly; e is NaN where s is not finite."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def two_product(a: Any, b: Any) -> tuple[Floats, Floats]:
    """Return p = fl(a b) and e with a b = p + e exactly, as long as nothing over- or underflows."""
    p = a * b
    a_high = _SPLITTER * a
    a_high = a_high - (a_high - a)
    b_high = _SPLITTER * b
    b_high = b_high - (b_high - b)
    a_low, b_low = a - a_high, b - b_high
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def add(a: Pair, b: Pair) -> Pair:
    """Return a + b for numbers given as two doubles each, to about 1e-31."""
    s, e = two_sum(a[0], b[0])
    e = e + (a[1] + b[1])
    # Beside a zero the high parts cancel, and what remains is the low part: it must move up.
    high = s + e
    return high, e - (high - s)


def multiply(a: Pair, b: Pair) -> Pair:
    """Return a b for numbers given as two doubles each, to about 1e-31."""
    p, e = two_product(a[0], b[0])
    return p, e + (a[0] * b[1] + a[1] * b[0])


def decay(w: Floats) -> tuple[Floats, Any]:
    """Return (e, scale) with exp(-w) = e * scale for w >= 0, and e never subnormal before w = 770.

    A tail like z exp(z) is still a normal number where exp(z) alone has lost its digits. Multiply by the factors
    first and by ``scale`` last, then only the last rounding sees the subnormals. ``scale`` is 1 up to w = 600.
    """
    far = w > _TAIL
    if not far.any():
        return np.exp(-w), 1.0
    # The difference is exact: w < 2 * 745 is a multiple of 2^-43 there, and so is the shift.
    return np.exp(np.where(far, _SHIFT - w, -w)), np.where(far, _SCALE, 1.0)


def quotient(numerator: Pair, denominator: Pair) -> Floats:
    """Return a quotient of numbers given as two doubles each, rounded once; the plain quotient where that is infinite."""
    q = numerator[0] / denominator[0]
    p, low = two_product(q, denominator[0])
    # What the division left over, and what both low parts add to it.
    rest = ((numerator[0] - p) - low) + (numerator[1] - q * denominator[1])
    corrected = q + rest / denominator[0]
    result: Floats = np.where(np.isfinite(corrected), corrected, q)
    return result


def over_one_plus(numerator: Any, e: Floats, numerator_low: Any = 0.0, e_low: Any = 0.0) -> Floats:
    """Return numerator / (1 + e) for 0 <= e <= 1, rounded once; both may bring low parts of their own."""
    s = 1.0 + e
    return quotient((numerator, numerator_low), (s, e - (s - 1.0) + e_low))


def over_one_plus_squared(numerator: Any, e: Floats, numerator_low: Any = 0.0) -> Floats:
    """Return numerator / (1 + e)^2 for 0 <= e <= 1, rounded once; the numerator may bring a low part of its own."""
    # (1 + e)^2 = 1 + e (2 + e); in an error-free sum the larger term, which may be either, comes first.
    q = e * (2.0 + e)
    s = 1.0 + q
    return quotient((numerator, numerator_low), (s, np.where(q <= 1.0, q - (s - 1.0), 1.0 - (s - q))))


def sum_rows(x: Floats) -> tuple[Floats, Floats]:
    """Return the sum over axis 0 as a high and a low part, with an error far below the last bit of the high part.

    Rows are added in pairs, so n rows take log2(n) rounds; each round's rounding errors are kept and added.
    """
    low = np.zeros(x.shape[1:])
    if x.shape[0] == 0:
        return low.copy(), low
    while x.shape[0] > 1:
        half = x.shape[0] // 2
        s, e = two_sum(x[:half], x[half : 2 * half])
        low = low + e.sum(axis=0)
        x = np.concatenate([s, x[2 * half :]]) if x.shape[0] % 2 else s
    high = x[0]
    # An infinite or NaN sum has no rounding error to speak of.
    low = np.where(np.isfinite(low), low, 0.0)
    total = high + low
    return total, np.where(np.isfinite(total), low - (total - high), 0.0)


def accurate_sum(x: ArrayLike, axis: int | None = None) -> Any:
    """Sum an array so that the number of terms does not show in the error.

    Guarantees an error of at most 1 ulp, for any number of terms up to 2**40, unless the sum is tiny
    beside its terms: the bound is ``1 ulp of the sum + 1e-28 * sum |x|``.

    Parameters
    ----------
    x : array_like of float32 or float64
        The terms, of any shape. float32 terms are added in float64 and rounded once.
    axis : int, optional
        The axis to sum over; by default all of them.

    Returns
    -------
    scalar or ndarray
        The sum, in the dtype of ``x``.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([1.0, 1e100, 1.0, -1e100])
    >>> float(np.sum(x)), float(accurate_sum(x))
    (0.0, 2.0)
    """
    array = as_floats(x, "x")
    rows = _along(array, axis)
    with np.errstate(all="ignore"):
        high, _ = sum_rows(rows.astype(np.float64, copy=False))
        return high.astype(array.dtype.type)[()]


def accurate_mean(x: ArrayLike, axis: int | None = None) -> Any:
    """Average an array so that the number of terms does not show in the error.

    The sum of `accurate_sum` divided by the number of terms: at most 2 ulp from the truth for terms of one sign.

    Examples
    --------
    >>> import numpy as np
    >>> losses = np.full(1_000_000, 0.1)
    >>> float(accurate_mean(losses)) == 0.1
    True
    """
    array = as_floats(x, "x")
    rows = _along(array, axis)
    with np.errstate(all="ignore"):
        high, _ = sum_rows(rows.astype(np.float64, copy=False))
        return (high / rows.shape[0]).astype(array.dtype.type)[()]


def _along(array: NDArray[Any], axis: int | None) -> NDArray[Any]:
    """The array with the axis to sum over in front."""
    if axis is None:
        return array.reshape(-1)
    if not isinstance(axis, (int, np.integer)) or not -array.ndim <= axis < array.ndim:
        raise ShapeError(
            f"axis is {shown(axis)}; expected None or an axis of an array of shape {array.shape}."
        )
    return np.moveaxis(array, axis, 0)
