"""Checks what a certificate says of one point: a refutation, and that a proof is not about nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

import mpmath

from symbolic._replay._interval import (
    Interval,
    NoValue,
    check_apart,
    check_value,
    function,
    integer_power,
    inverse,
    largest,
    log,
    number,
    polynomial,
    real_power,
    sign,
)
from symbolic._replay._program import children
from symbolic._replay._ring import Wrong
from symbolic._replay._slopes import Slopes

FEW = 1000  # the largest power of a number in an exponent
DIGITS = (40, 150, 600, 4_200)  # tried in turn; the prover stops at 12,000 bits


def check_refutation(certificate: Mapping[str, Any]) -> None:
    """The hypotheses hold at the point, and the values of the sides, which lie where it says, are certainly different."""
    longest = max((len(str(x)) for x in certificate["witness"]["point"].values()), default=0)
    digits = [count + min(longest, DIGITS[-1]) for count in DIGITS]
    check_apart(certificate["enclosures"], digits, _Point(certificate, certificate["witness"]).sides)


def check_witness(certificate: Mapping[str, Any]) -> None:
    """Some case has a point at which its hypotheses hold and both sides have values."""
    trials = [case["witness"] for case in certificate["cases"] if case["witness"] is not None]
    if not trials:
        raise Wrong("no point shows that both sides are defined")
    for trial in trials:
        check_value(DIGITS, _Point(certificate, trial).sides)


class _Point:
    """The values of the nodes at one point, each in an interval."""

    def __init__(self, certificate: Mapping[str, Any], trial: Mapping[str, Any]) -> None:
        self.given, self.trial, self.pair = certificate["given"], trial, certificate["sides"]
        self.slopes = Slopes(certificate["nodes"], {i: (j, x) for i, j, x in certificate["slopes"]})
        self.done: dict[int, Interval] = {}

    def sides(self) -> list[Interval]:
        """Both sides, after every hypothesis was found to hold."""
        self.done.clear()
        given, point = self.given, self.trial["point"]
        for x, choices in given["choices"].items():
            if point.get(x) not in choices:
                raise Wrong(f"{x} has a value at the point that the hypotheses do not allow")
        for x in {*given["integers"], *given["even"], *given["odd"]} & point.keys():
            q = Fraction(point[x])
            if q.denominator != 1 or (x in given["even"] and q % 2) or (x in given["odd"] and not q % 2):
                raise Wrong("a variable that is an integer, even or odd is none at the point")
        for i in given["positive"] + given["nonnegative"]:
            if self.value(i) < 0 or (i in given["positive"] and sign(self.value(i)) < 0):
                raise Wrong("a hypothesis fails at the point")
            if not self.value(i) >= 0:
                raise NoValue
        for i in given["nonzero"]:
            sign(self.value(i))
        return [self.value(i) for i in (*given["defined"], *self.pair)][-2:]

    def value(self, i: int) -> Interval:
        if i not in self.done:
            slopes = self.slopes.slopes
            if i in slopes:
                self.value(slopes[i][0])  # a derivative exists only where the function does
                self.done[i] = self.value(self.slopes.of(*slopes[i]))
            else:
                op, *a = self.slopes.nodes[i]
                self.done[i] = _RULES[op](self, *a)
        return self.done[i]

    def _symbol(self, x: str) -> Interval:
        return (
            self.value(self.given["equal"][x]) if x in self.given["equal"] else number(self.trial["point"][x])
        )

    def _pow(self, u: int, v: int) -> Interval:
        exponent = self.value(v)
        if self._is_integer(v):
            n = int(mpmath.nint(mpmath.mpf(exponent.mid)))
            sign(self.value(u))
            return integer_power(self.value(u), n)
        return real_power(self.value(u), exponent)

    def _is_integer(self, i: int) -> bool:
        """Whether a node is an integer by its form, or by what the hypotheses leave of it."""
        op, *a = self.slopes.nodes[i]
        fixed = self._fixed(i)
        if fixed is not None:
            return fixed.denominator == 1
        if op == "sym" and a[0] in self.given["equal"]:
            return self._is_integer(self.given["equal"][a[0]])
        if op == "sym":
            return a[0] in self.given["integers"]
        return op in ("add", "mul") and all(map(self._is_integer, a))

    def _fixed(self, i: int) -> Fraction | None:
        """The value of a node in numbers and in variables of which the hypotheses name the values."""
        op, *a = self.slopes.nodes[i]
        if op == "num" or (op == "sym" and a[0] in self.given["choices"]):
            return Fraction(a[0] if op == "num" else self.trial["point"][a[0]])
        if op == "sym" and a[0] in self.given["equal"]:
            return self._fixed(self.given["equal"][a[0]])
        if op not in ("add", "mul", "inv", "int"):
            return None
        parts = [self._fixed(j) for j in (a if op in ("add", "mul") else a[:1])]
        known = [q for q in parts if q is not None]
        if (
            len(known) < len(parts)
            or (op in ("inv", "int") and not known[0])
            or (op == "int" and abs(a[1]) > FEW)
        ):
            return None
        if op in ("inv", "int"):
            return known[0] ** (-1 if op == "inv" else a[1])
        return sum(known, Fraction(0)) if op == "add" else math.prod(known, start=Fraction(1))

    def _if(self, c: int, i: int, j: int) -> Interval:
        return self.value(i if self._holds(c) else j)

    def _holds(self, i: int) -> bool:
        op, *a = self.slopes.nodes[i]
        if op in ("true", "false"):
            return bool(op == "true")
        if op in ("gt", "ge", "eq"):
            return sign(self.value(a[0])) > 0 and op != "eq"
        parts = [self._holds(j) for j in children(self.slopes.nodes[i])]
        return not parts[0] if op == "not" else all(parts) if op == "and" else any(parts)

    def _both(self, i: int, j: int) -> Interval:
        self.value(j)
        return self.value(i)

    def _sum(self, *terms: int) -> Interval:
        return sum(map(self.value, terms), number(0))

    def _product(self, *factors: int) -> Interval:
        product = number(1)
        for j in factors:
            product = product * self.value(j)
        return product


def _of_value(rule: Callable[..., Interval], point: _Point, i: int, *rest: Any) -> Interval:
    return rule(point.value(i), *rest)


_CONSTANTS = {"pi": mpmath.iv.pi, "euler": mpmath.iv.euler, "catalan": mpmath.iv.catalan}
_RULES: Mapping[str, Callable[..., Interval]] = {
    "num": lambda point, q: number(q), "sym": _Point._symbol, "const": lambda point, name: +_CONSTANTS[name],
    "add": _Point._sum, "mul": _Point._product, "pow": _Point._pow, "if": _Point._if, "both": _Point._both,
    "inv": partial(_of_value, inverse), "int": partial(_of_value, integer_power), "log": partial(_of_value, log),
    "root": partial(_of_value, lambda u, p, q: real_power(u, number(Fraction(p, q)))),
    "exp": partial(_of_value, mpmath.iv.exp), "abs": partial(_of_value, abs),
    "sign": partial(_of_value, lambda u: number(sign(u))), "step": partial(_of_value, lambda u: number(max(sign(u), 0))),
    "max": lambda point, i, j: largest(point.value(i), point.value(j)),
    "min": lambda point, i, j: -largest(-point.value(i), -point.value(j)),
    "fun": lambda point, name, i: function(name, point.value(i)),
    "g": lambda point, name, order, i: polynomial(point.trial["functions"][name], order, point.value(i)),
}  # fmt: skip
