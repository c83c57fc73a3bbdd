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
from functools import lru_cache

import flint

from ._dag import Node, opened, printed, reachable, value_of

PRECISION = 192
# The key of a point that asks for printed decimals as intervals rather than as they stand.
FUZZY = -1

Coefficients = tuple[tuple[flint.arb, tuple[flint.arb, ...]], ...]


def ball(value: Fraction) -> flint.arb:
    """The ball of a rational."""
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


class Plan:
    """The nodes below some roots in the order in which they are computed, to be evaluated at several points."""

    def __init__(self, roots: Iterable[Node]) -> None:
        self.nodes = reachable(roots)
        self.variables = [n for n in self.nodes if n.op == "var"]
        self.steps = [(n.number, n.op, tuple([a.number for a in n.args]), n) for n in self.nodes]

    def at(self, point: Mapping[int, Fraction]) -> dict[int, flint.arb]:
        """Enclose the value of every node; ``point`` gives the variables by node number."""
        saved = flint.ctx.prec
        flint.ctx.prec = PRECISION
        try:
            values: dict[int, flint.arb] = {}
            opens: dict[object, list[flint.arb]] = {}
            for number, op, args, node in self.steps:
                if op == "mul" or op == "add":  # three of four; a call for each would cost as much again
                    total = values[args[0]]
                    if op == "mul":
                        for a in args[1:]:
                            total = total * values[a]
                    else:
                        for a in args[1:]:
                            total = total + values[a]
                    values[number] = total
                elif op == "named":
                    values[number] = values[args[0]]
                else:
                    values[number] = node_value(node, values, point, opens)
            return values
        finally:
            flint.ctx.prec = saved


def evaluate(roots: Iterable[Node], point: Mapping[int, Fraction]) -> dict[int, flint.arb]:
    """Enclose the value of every node below the roots at one point."""
    return Plan(roots).at(point)


def node_value(
    node: Node,
    values: Mapping[int, flint.arb],
    point: Mapping[int, Fraction],
    opens: dict[object, list[flint.arb]],
) -> flint.arb:
    op, args = node.op, node.args
    if op == "mul":
        total = values[args[0].number]
        for a in args[1:]:
            total = total * values[a.number]
        return total
    if op == "add":
        total = values[args[0].number]
        for a in args[1:]:
            total = total + values[a.number]
        return total
    if op == "named":
        return values[args[0].number]
    if op == "app":
        return _open(node, values, opens)
    if op == "var":
        return ball(point[node.number])
    if op == "num":
        return ball(value_of(node))
    if op == "pow":
        return _power(values[args[0].number], node.data)
    if op == "fn":
        return _function(str(node.data), values[args[0].number])
    if op == "dec":
        value, digits = printed(node)
        # A printed decimal that is no given value was rounded: it may be off by one unit of its last digit.
        return flint.arb(ball(value), ball(Fraction(1, 10**digits))) if point.get(FUZZY) else ball(value)
    if op == "powx":
        base, exponent = (values[a.number] for a in args)
        return base**exponent if base > 0 else flint.arb.nan()
    if op == "cases":
        return _cases(node, [values[a.number] for a in args])
    if op == "pi":
        return flint.arb.pi()
    if op == "e":
        return flint.arb(1).exp()
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


def _open(node: Node, values: Mapping[int, flint.arb], opens: dict[object, list[flint.arb]]) -> flint.arb:
    """Σ c exp(α·u), c > 0: two terms whose numbers come from the function's name."""
    name, orders = opened(node)
    terms = _coefficients(name, len(orders))
    key = (name, node.args)
    found = opens.get(key)
    if found is None:
        args = [values[a.number] for a in node.args]
        found = opens[key] = []
        for scale, slopes in terms:
            exponent = flint.arb(0)
            for slope, arg in zip(slopes, args, strict=True):
                exponent += slope * arg
            found.append(scale * exponent.exp())
    if not any(orders):
        return found[0] + found[1]
    one, other = _weights(name, orders)
    return found[0] * one + found[1] * other


@lru_cache(maxsize=1024)
def _coefficients(name: str, arity: int) -> Coefficients:
    """c and α of both terms, always the same for one function; exact to the working precision."""
    numbers = random.Random(zlib.crc32(repr(name).encode()))  # noqa: S311 - reproducible, not secret
    terms = []
    for _ in range(2):
        scale = ball(Fraction(numbers.randint(5, 20), 60))
        slopes = [numbers.choice((-1, 1)) * numbers.randint(3, 17) for _ in range(arity)]
        terms.append((scale, tuple(ball(Fraction(s, 19)) for s in slopes)))
    return tuple(terms)


@lru_cache(maxsize=4096)
def _weights(name: str, orders: tuple[int, ...]) -> tuple[flint.arb, flint.arb]:
    """The powers of α by which differentiating multiplies either term."""
    found = []
    for _, slopes in _coefficients(name, len(orders)):
        weight = flint.arb(1)
        for slope, order in zip(slopes, orders, strict=True):
            if order:
                weight *= slope**order
        found.append(weight)
    return found[0], found[1]


def differs(a: flint.arb, b: flint.arb) -> bool:
    """Whether two balls are certainly apart."""
    return bool(a.is_finite() and b.is_finite() and not a.overlaps(b))
