"""Interval arithmetic for the programs that check certificates: every value is certainly inside its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, TypeAlias

import mpmath

from symbolic._replay._ring import Wrong

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


def check_apart(enclosures: Any, digits: Iterable[int], values: Callable[[], Sequence[Interval]]) -> None:
    """Two values lie in the intervals that are claimed, and are certainly different, with so many digits or so many."""
    ends = [[Fraction(x) for x in pair] for pair in enclosures]
    (low, high), (low2, high2) = ends
    if low > high or low2 > high2 or not (high < low2 or high2 < low):
        raise Wrong("the two intervals overlap")
    problem: Exception = NoValue()
    for count in digits:
        with precision(count):
            try:
                left, right = values()
            except NoValue as found:
                problem = found
                continue
            for value, (a, b) in zip((left, right), ends, strict=True):
                if value < number(a) or value > number(b):
                    raise Wrong("a value lies outside its interval")
            if left < right or left > right:
                return
            problem = Wrong("the sides cannot be told apart at the point")
    raise problem


def check_value(digits: Sequence[int], values: Callable[[], Any]) -> None:
    """There are values with some of these numbers of digits."""
    for count in digits:
        with precision(count):
            try:
                values()
                return
            except NoValue:
                if count == digits[-1]:
                    raise


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
