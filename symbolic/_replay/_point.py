"""Checks what a certificate says of one point, with mpmath: a refutation, and that a proof is not about nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cache, partial
from typing import Any

import mpmath

from symbolic._replay._ring import Wrong

DIGITS = 160
NEAR = mpmath.mpf(10) ** -30  # closer to a kink than this, a point says nothing
MAX_BITS, MAX_DIGITS = 12_000, 4_000  # of a refutation


class NoValue(Exception):
    """No value at this point, or too near to a kink."""


def check_refutation(certificate: Mapping[str, Any]) -> None:
    """The hypotheses hold at the point, each value lies in its interval, and the intervals have no number in common."""
    (low, high), (low2, high2) = ([Fraction(x) for x in pair] for pair in certificate["enclosures"])
    if low > high or low2 > high2 or not (high < low2 or high2 < low):
        raise Wrong("the two intervals overlap")
    trial, bits = certificate["witness"], certificate["witness"]["bits"]
    if not 0 <= bits <= MAX_BITS:
        raise Wrong(f"a precision of {bits} bits was not used by the prover")
    # A point within 10^-40 of a kink is told from the kink by digits beyond those of every number written down.
    written = [*trial["point"].values(), *(n[1] for n in certificate["nodes"] if n[0] == "num")]
    longest = sum(sorted(len(str(x)) for x in written)[-8:])
    with mpmath.workdps(DIGITS + int(bits * 0.31) + min(longest, MAX_DIGITS)):
        digits = mpmath.mp.dps
        sides = sides_at(certificate, trial)
        for side, a, b in zip(sides, (low, low2), (high, high2), strict=True):
            slack = mpmath.mpf(10) ** (20 - digits) * (1 + abs(side))
            if not number(a) - slack <= side <= number(b) + slack:
                raise Wrong("a value lies outside its interval")
        value = values(certificate, trial)
        for i, j, x in certificate["slopes"]:
            with suppress(NoValue):  # in a branch that is not taken at this point
                _check_slope(certificate, trial, value(i), j, x)


def check_witness(certificate: Mapping[str, Any]) -> None:
    """Some case has a point at which its hypotheses hold and both sides have values."""
    trials = [case["witness"] for case in certificate["cases"] if case["witness"] is not None]
    if not trials:
        raise Wrong("no point shows that both sides are defined")
    with mpmath.workdps(DIGITS):
        for trial in trials:
            sides_at(certificate, trial)


def sides_at(certificate: Mapping[str, Any], trial: Mapping[str, Any]) -> list[Any]:
    """Both sides at a point at which every hypothesis holds."""
    given, value = certificate["given"], values(certificate, trial)
    fixed = trial["point"]
    for x, choices in given["choices"].items():
        if fixed.get(x) not in choices:
            raise Wrong(f"{x} has a value at the point that the hypotheses do not allow")
    for x in {*given["integers"], *given["even"], *given["odd"]} & fixed.keys():
        q = Fraction(fixed[x])
        if q.denominator != 1 or (x in given["even"] and q % 2) or (x in given["odd"] and not q % 2):
            raise Wrong("a variable that is an integer, even or odd is none at the point")
    strict, weak, apart = ([value(i) for i in given[name]] for name in ("positive", "nonnegative", "nonzero"))
    if any(x <= 0 for x in strict) or any(x < 0 for x in weak) or any(x == 0 for x in apart):
        raise Wrong("a hypothesis fails at the point")
    for i in given["defined"]:
        value(i)
    return [value(i) for i in certificate["sides"]]


def _check_slope(
    certificate: Mapping[str, Any], trial: Mapping[str, Any], slope: Any, j: int, x: str
) -> None:
    """A derivative is the limit of quotients of differences; it is compared at a step far below every other size."""
    step = mpmath.mpf(10) ** (-mpmath.mp.dps // 4)
    ends = []
    for side in (1, -1):
        moved = {**trial, "moved": {x: side * step}}
        ends.append(values(certificate, moved)(j))
    quotient = (ends[0] - ends[1]) / (2 * step)
    if abs(quotient - slope) > mpmath.sqrt(step) * (1 + abs(slope) + abs(ends[0])):
        raise Wrong(f"a node is not the derivative of node {j} by {x}")


# -- values ----------------------------------------------------------------------------------------------
def number(text: Any) -> Any:
    exact = Fraction(text)
    return mpmath.mpf(exact.numerator) / exact.denominator


def _need(test: Callable[[Any], Any], x: Any) -> Any:
    if not test(x):
        raise NoValue
    return x


_clear = partial(_need, lambda x: abs(x) > NEAR * mpmath.mpf(10) ** (DIGITS - mpmath.mp.dps))
_positive = partial(_need, lambda x: x > 0)
_nonzero = partial(_need, lambda x: abs(x) > mpmath.mpf(10) ** (5 - mpmath.mp.dps))
_real = partial(_need, lambda x: not isinstance(x, mpmath.mpc) and mpmath.isfinite(x))
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {"digamma": mpmath.digamma} | {
    name: getattr(mpmath, name) for name in ("erf", "sin", "cos", "atan", "asin", "acos", "gamma")
}
_CONSTANTS = {"pi": mpmath.pi, "euler": mpmath.euler, "catalan": mpmath.catalan}


def values(certificate: Mapping[str, Any], trial: Mapping[str, Any]) -> Callable[[int], Any]:
    """The value of each node at a point, computed when it is asked for."""

    @cache
    def value(i: int) -> Any:
        return _node(certificate["nodes"][i], value, certificate["given"], trial)

    return value


def _symbol(name: str, v: Callable[[int], Any], given: Mapping[str, Any], trial: Mapping[str, Any]) -> Any:
    if name in trial.get("moved", ()):
        return number(trial["point"][name]) + trial["moved"][name]
    return v(given["equal"][name]) if name in given["equal"] else number(trial["point"][name])


def _function(trial: Mapping[str, Any], name: str, order: int, x: Any) -> Any:
    coefficients = [number(c) for c in trial["functions"][name]]
    for _ in range(order):
        coefficients = [k * c for k, c in enumerate(coefficients)][1:]
    return mpmath.fsum(c * x**k for k, c in enumerate(coefficients))


def _power(base: Any, exponent: Any) -> Any:
    return _real(mpmath.power(_nonzero(base), exponent))


def _node(
    node: Sequence[Any], v: Callable[[int], Any], given: Mapping[str, Any], trial: Mapping[str, Any]
) -> Any:
    op, *a = node
    rules: dict[str, Callable[[], Any]] = {
        "num": lambda: number(a[0]), "sym": lambda: _symbol(a[0], v, given, trial), "const": lambda: +_CONSTANTS[a[0]],
        "add": lambda: mpmath.fsum(map(v, a)), "mul": lambda: mpmath.fprod(map(v, a)), "inv": lambda: 1 / _nonzero(v(a[0])),
        "int": lambda: (v(a[0]) if a[1] >= 0 else _nonzero(v(a[0]))) ** a[1],
        "root": lambda: _positive(v(a[0])) ** (mpmath.mpf(a[1]) / a[2]), "pow": lambda: _power(v(a[0]), v(a[1])),
        "exp": lambda: mpmath.exp(v(a[0])), "log": lambda: mpmath.log(_positive(v(a[0]))), "abs": lambda: abs(v(a[0])),
        "sign": lambda: mpmath.sign(_clear(v(a[0]))), "step": lambda: mpmath.mpf(_clear(v(a[0])) > 0),
        "max": lambda: max(v(a[0]), v(a[1])), "min": lambda: min(v(a[0]), v(a[1])),
        "if": lambda: v(a[1]) if v(a[0]) else v(a[2]), "both": lambda: (v(a[1]), v(a[0]))[1],
        "gt": lambda: _clear(v(a[0])) > 0, "ge": lambda: _clear(v(a[0])) > 0, "eq": lambda: _clear(v(a[0])) == 0,
        "and": lambda: all([v(a[0]), v(a[1])]), "or": lambda: any([v(a[0]), v(a[1])]), "not": lambda: not v(a[0]),
        "true": lambda: True, "false": lambda: False,
        "fun": lambda: _real(_FUNCTIONS[a[0]](v(a[1]))), "g": lambda: _function(trial, a[0], a[1], v(a[2])),
    }  # fmt: skip
    return rules[op]()
