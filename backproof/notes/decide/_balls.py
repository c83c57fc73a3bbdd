"""Exact points, and balls around the values of nodes at them: what refutes, and nothing less.

A ball that is not finite says that the point lies outside the domain.
Functions that the document leaves open are given one concrete instance, a positive sum of exponentials, whose
derivatives of every order are exact: a counterexample for that instance is a counterexample.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Mapping
from fractions import Fraction

import flint

from ._dag import Node, opened, printed, reachable, value_of

PRECISION = 192
# The key of a point that asks for printed decimals as intervals rather than as they stand.
FUZZY = -1


def ball(value: Fraction) -> flint.arb:
    """The ball of a rational."""
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def evaluate(roots: Iterable[Node], point: Mapping[int, Fraction]) -> dict[int, flint.arb]:
    """Enclose the value of every node below the roots; ``point`` gives the variables by node number."""
    roots = list(roots)
    saved = flint.ctx.prec
    flint.ctx.prec = PRECISION
    try:
        values: dict[int, flint.arb] = {}
        for node in reachable(roots):
            values[node.number] = _value(node, values, point)
        return values
    finally:
        flint.ctx.prec = saved


def _value(node: Node, values: Mapping[int, flint.arb], point: Mapping[int, Fraction]) -> flint.arb:
    args = [values[a.number] for a in node.args]
    if node.op == "num":
        return ball(value_of(node))
    if node.op == "dec":
        value, digits = printed(node)
        # A printed decimal that is no given value was rounded: it may be off by one unit of its last digit.
        return flint.arb(ball(value), ball(Fraction(1, 10**digits))) if point.get(FUZZY) else ball(value)
    if node.op == "var":
        return ball(point[node.number])
    if node.op == "named":
        return args[0]
    if node.op == "add":
        total = flint.arb(0)
        for a in args:
            total += a
        return total
    if node.op == "mul":
        total = flint.arb(1)
        for a in args:
            total *= a
        return total
    if node.op == "pow":
        return _power(args[0], node.data)
    if node.op == "powx":
        return args[0] ** args[1] if args[0] > 0 else flint.arb.nan()
    if node.op == "fn":
        return _function(str(node.data), args[0])
    if node.op == "cases":
        return _cases(node, args)
    if node.op == "pi":
        return flint.arb.pi()
    if node.op == "e":
        return flint.arb(1).exp()
    if node.op == "app":
        return _open(node, args)
    return flint.arb.nan()


def _power(base: flint.arb, exponent: object) -> flint.arb:
    assert isinstance(exponent, Fraction)
    if exponent.denominator == 1:
        k = int(exponent)
        if abs(k) > 10_000:
            return flint.arb.nan()
        if k < 0 and base.contains(0):
            return flint.arb.nan()
        return base**k
    if not base > 0:
        return flint.arb.nan()
    return base ** ball(exponent)


def _function(name: str, x: flint.arb) -> flint.arb:
    if name == "log":
        return x.log() if x > 0 else flint.arb.nan()
    if name == "arctan":
        return x.atan()
    if name == "abs":
        return abs(x)
    if name in ("sign", "step"):
        if x > 0:
            return flint.arb(1)
        if x < 0:
            return flint.arb(-1 if name == "sign" else 0)
        return flint.arb.nan()
    value: flint.arb = getattr(x, name)()
    return value


def _cases(node: Node, args: list[flint.arb]) -> flint.arb:
    relations = node.data
    assert isinstance(relations, tuple)
    count = len(relations)
    for k, relation in enumerate(relations):
        a, b = args[2 * k], args[2 * k + 1]
        if a > b:
            holds = relation in (">", ">=", "!=")
        elif a < b:
            holds = relation in ("<", "<=", "!=")
        elif a == b:
            holds = relation in ("==", "<=", ">=")
        else:
            return flint.arb.nan()
        if holds:
            return args[2 * count + k]
    return args[3 * count] if len(args) > 3 * count else flint.arb.nan()


def _open(node: Node, args: list[flint.arb]) -> flint.arb:
    """Σ c exp(α·u), c > 0: two terms whose numbers come from the function's name."""
    name, orders = opened(node)
    numbers = random.Random(zlib.crc32(repr(name).encode()))  # noqa: S311 - reproducible, not secret
    total = flint.arb(0)
    for _ in range(2):
        scale = ball(Fraction(numbers.randint(5, 20), 60))
        exponent = flint.arb(0)
        for arg, order in zip(args, orders, strict=True):
            slope = ball(Fraction(numbers.choice((-1, 1)) * numbers.randint(3, 17), 19))
            exponent += slope * arg
            scale *= slope**order
        total += scale * exponent.exp()
    return total


def differs(a: flint.arb, b: flint.arb) -> bool:
    """Whether two balls are certainly apart."""
    return bool(a.is_finite() and b.is_finite() and not a.overlaps(b))
