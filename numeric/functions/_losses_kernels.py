"""The loss formulas themselves, on float64 blocks, without any check of the labels.

Each is arranged so that what it adds has one sign: no term cancels another, for any label the loss allows::

    squared_error  r^2/2                                      slope  r                  r = a - y
    huber          r^2/2  or  delta (|r| - delta/2)           slope  clip(r)
    bce            -y log(a) - (1 - y) log(1 - a)             slope  (a - y)/(a (1 - a))
    bce_logit      |z| (1 - y or y) + log(1 + exp(-|z|))      slope  sigmoid(z) - y
    hinge          max(0, 1 - y z)                            slope  -y where y z < 1

The slope of bce_logit is the one difference that remains. It is -sigmoid(-z) for y = 1; for a label between 0 and 1
it is computed to twice the digits, because it vanishes where the prediction is right.
"""

from __future__ import annotations

import numpy as np

from numeric.functions._compensated import (
    Floats,
    Pair,
    add,
    multiply,
    over_one_plus,
    quotient,
    two_product,
    two_sum,
)
from numeric.functions._exponential import exp_pair
from numeric.functions._sigmoid import sigmoid_kernel

__all__ = [
    "bce",
    "bce_derivative",
    "bce_logit",
    "bce_logit_derivative",
    "difference",
    "hinge",
    "hinge_derivative",
    "huber",
    "huber_derivative",
    "squared_error",
]


def difference(a: Floats, y: Floats) -> Floats:
    """r = a - y."""
    return a - y


def _residual(a: Floats, y: Floats) -> tuple[Floats, Floats]:
    """r = a - y as two doubles; the low part counts as 0 where r is not finite."""
    r, low = two_sum(a, -y)
    return r, np.where(np.isfinite(low), low, 0.0)


def squared_error(a: Floats, y: Floats) -> Floats:
    """r^2/2 as r (r/2), which overflows no earlier than its value does."""
    r, low = _residual(a, y)
    value: Floats = r * (0.5 * r)
    # (r + low)^2/2 = r^2/2 + r low + ...; an infinite square needs no correction, and must not meet -inf.
    return np.where(np.isinf(value), value, value + r * low)


def huber(a: Floats, y: Floats, delta: float) -> Floats:
    """r^2/2 inside |r| <= delta, delta (|r| - delta/2) outside."""
    r, low = _residual(a, y)
    size = np.abs(r)
    inside = np.minimum(size, delta) * (0.5 * np.minimum(size, delta)) + r * low
    outside = delta * ((size - 0.5 * delta) + np.sign(r) * low)
    return np.where(size <= delta, inside, outside)


def huber_derivative(a: Floats, y: Floats, delta: float) -> Floats:
    """r cut off at delta on both sides."""
    return np.clip(a - y, -delta, delta)


def _weighted(weight: Pair, x: Floats) -> Pair:
    """weight * x as two doubles, and 0 for a weight of 0, also where x is infinite: a label of 0 silences its term."""
    p, low = two_product(weight[0], x)
    low = low + weight[1] * x
    silent = (weight[0] == 0.0) & ~np.isnan(x)
    return np.where(silent, 0.0, p), np.where(silent | ~np.isfinite(low), 0.0, low)


def _sum(a: Pair, b: Pair) -> Floats:
    """a + b, rounded once; the plain sum where it is infinite."""
    s, low = two_sum(a[0], b[0])
    total: Floats = s + np.where(np.isfinite(low), low + (a[1] + b[1]), 0.0)
    return total


def bce(a: Floats, y: Floats) -> Floats:
    """-y log(a) - (1 - y) log(1 - a)."""
    return _sum(_weighted((y, 0.0), -np.log(a)), _weighted(two_sum(1.0, -y), -np.log1p(-a)))


def bce_derivative(a: Floats, y: Floats) -> Floats:
    """(a - y)/(a (1 - a)); for y = 0 or 1 the factor that cancels is left out, so a = y is no division of 0 by 0."""
    between = quotient(two_sum(a, -y), multiply((a, 0.0), two_sum(1.0, -a)))
    certain = np.where(y == 0.0, 1.0 / (1.0 - a), -1.0 / a)
    return np.where((y == 0.0) | (y == 1.0), certain, between)


def bce_logit(z: Floats, y: Floats) -> Floats:
    """softplus(z) - y z, as |z| times the label's distance from the side of z, plus log(1 + exp(-|z|))."""
    x = np.abs(z)
    other, other_low = two_sum(1.0, -y)
    distance = (np.where(z < 0, y, other), np.where(z < 0, 0.0, other_low))
    return _sum(_weighted(distance, x), (np.log1p(np.exp(-x)), 0.0))


def bce_logit_derivative(z: Floats, y: Floats) -> Floats:
    """sigmoid(z) - y: one sigmoid for y = 0 and y = 1, and a difference to twice the digits between."""
    slope = np.where(y == 1.0, -sigmoid_kernel(-z), sigmoid_kernel(z))
    between = (y > 0.0) & (y < 1.0) & ~np.isnan(z)
    if between.any():
        slope[between] = _sigmoid_minus(z[between], y[between])
    return slope


def _sigmoid_minus(z: Floats, y: Floats) -> Floats:
    """(e (1 - y) - y)/(1 + e) for z < 0, and (1 - y - y e)/(1 + e) for z >= 0, with the numerators as two doubles."""
    e = exp_pair((-np.minimum(np.abs(z), 800.0), 0.0))
    one_minus_y = two_sum(1.0, -y)
    left = add(multiply(e, one_minus_y), (-y, 0.0))
    right = add(one_minus_y, multiply(e, (-y, 0.0)))
    high, low = (np.where(z < 0, a, b) for a, b in zip(left, right, strict=True))
    return over_one_plus(high, e[0], low, e[1])


def hinge(z: Floats, y: Floats) -> Floats:
    """max(0, 1 - y z)."""
    return np.maximum(0.0, 1.0 - y * z)


def hinge_derivative(z: Floats, y: Floats) -> Floats:
    """-y where y z < 1, else 0; NaN where z is."""
    return np.where(np.isnan(z), z, np.where(y * z < 1.0, -y, 0.0))
