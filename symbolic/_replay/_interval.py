"""Interval arithmetic for the programs that check certificates: every value is certainly inside its interval."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, TypeAlias

import mpmath

Interval: TypeAlias = Any  # mpmath's ivmpf carries no type


class NoValue(Exception):
    """No value at this point, or one too near to the border of a domain, to a jump or to a kink, to tell."""


@contextmanager
def precision(digits: int) -> Iterator[None]:
    """Work with so many digits."""
    before = mpmath.iv.dps
    mpmath.iv.dps = digits
    try:
        with mpmath.workdps(digits):
            yield
    finally:
        mpmath.iv.dps = before


def number(q: Any) -> Interval:
    exact = Fraction(q)
    return mpmath.iv.mpf(exact.numerator) / exact.denominator


def sign(x: Interval) -> int:
    """1 or -1; a number that may be 0 has no sign here."""
    if x > 0:
        return 1
    if x < 0:
        return -1
    raise NoValue


def inverse(x: Interval) -> Interval:
    sign(x)
    return 1 / x


def integer_power(x: Interval, n: int) -> Interval:
    return x**n if n >= 0 else inverse(x) ** -n


def real_power(x: Interval, e: Interval) -> Interval:
    return mpmath.iv.exp(e * log(x))


def log(x: Interval) -> Interval:
    if not x > 0:
        raise NoValue
    return mpmath.iv.log(x)


def largest(x: Interval, y: Interval) -> Interval:
    return mpmath.iv.mpf([max(x.a, y.a, key=_end), max(x.b, y.b, key=_end)])


def _end(point: Interval) -> Any:
    return mpmath.mpf(point)


def rising(name: str, x: Interval) -> Interval:
    """A function that grows, between its values at the ends, each moved outwards by more than its rounding."""
    with mpmath.workdps(mpmath.mp.dps + 10):
        function = getattr(mpmath, name)
        low, high = function(mpmath.mpf(x.a)), function(mpmath.mpf(x.b))
        if isinstance(low, mpmath.mpc) or isinstance(high, mpmath.mpc):
            raise NoValue
        slack = mpmath.mpf(10) ** (2 - mpmath.mp.dps) * (
            abs(low) + abs(high) + mpmath.mpf(10) ** -mpmath.mp.dps
        )
        return mpmath.iv.mpf([low - slack, high + slack])


def function(name: str, x: Interval) -> Interval:
    """Erf, sin, cos, asin, acos, atan, gamma or digamma."""
    if name in ("sin", "cos"):
        return getattr(mpmath.iv, name)(x)
    if name in ("asin", "acos"):
        if not (x > -1 and x < 1):
            raise NoValue
        return rising("asin", x) if name == "asin" else mpmath.iv.pi / 2 - rising("asin", x)
    if name in ("gamma", "digamma"):
        if not x > 0 and mpmath.floor(mpmath.mpf(x.a)) != mpmath.ceil(mpmath.mpf(x.b)) - 1:
            raise NoValue  # a pole may lie inside
        return rising("digamma", x) if name == "digamma" else mpmath.iv.gamma(x)
    return rising({"erf": "erf", "atan": "atan"}[name], x)


def polynomial(coefficients: list[Any], order: int, x: Interval) -> Interval:
    """The derivative of some order of a polynomial that stands for an unknown function."""
    powers = [number(c) for c in coefficients]
    for _ in range(order):
        powers = [k * c for k, c in enumerate(powers)][1:]
    total = number(0)
    for c in reversed(powers):
        total = total * x + c
    return total
