"""Numeric examples, checked to the digits that are printed.

A decimal is right when it is off by less than one unit of its last digit.
It is wrong only if it stays wrong however the printed decimals that it was computed from had been rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

import flint

from .._limits import Budget
from ..resolve import Add, Listing, Mul, Number, Pow, Table, Term, refs, walk
from ._balls import FUZZY, ball, evaluate
from ._dag import Graph, Node, printed, reachable, value_of
from ._outcome import Outcome
from ._prove import prove_equal


def tolerance(left: Term, right: Term, relation: str) -> list[Fraction]:
    """How far the entries of two sides may be apart: one unit of the last digit where a side is printed numbers.

    One entry for a number, as many as a table has entries; 0 where nothing is rounded.
    """
    a, b = _units(left, relation), _units(right, relation)
    shown = [any(_units(side, "=")) for side in (left, right)]
    if shown[0] != shown[1]:  # √(0.92 · 0.08 / 200) ≈ 0.019 is right to the digits of the result
        a, b = (a, [Fraction(0)]) if shown[0] else ([Fraction(0)], b)
    size = max(len(a), len(b))
    a, b = a * (size if len(a) == 1 else 1), b * (size if len(b) == 1 else 1)
    return [max(x, y) for x, y in zip(a, b, strict=False)]


def _units(side: Term, relation: str) -> list[Fraction]:
    """The unit of the last printed digit of each entry; 0 for what is no printed decimal."""
    match side:
        case Add(terms) if len(terms) == 1:
            return _units(terms[0][1], relation)
        case Number(_, digits):
            if digits >= 0:
                return [Fraction(1, 10**digits)]
            return [Fraction(1 if relation == "≈" else 0)]
        case Mul(((_, Number(_, digits)), (_, Pow(Number(ten), power)))) if ten == 10:
            exponent = _integer(power)
            if exponent is None or (digits < 0 and exponent > 0 and relation != "≈"):  # 7 · 10^{-3} is 0.007
                return [Fraction(0)]
            return [Fraction(1, 10 ** max(digits, 0)) * Fraction(10) ** exponent]
        case _ if relation == "≈" and not refs(side):  # g'(10) ≈ 1 (1 - 1)
            decimals = [n.digits for n in walk(side) if isinstance(n, Number)]
            return [Fraction(1, 10 ** max([0, *decimals]))] if decimals else [Fraction(0)]
        case Table(rows):
            return [u for row in rows for c in row for u in _units(c, relation)]
        case Listing(items):
            return [u for c in items if c is not None for u in _units(c, relation)]
    return [Fraction(0)]


def _integer(term: Term) -> int | None:
    match term:
        case Number(value) if value.denominator == 1 and abs(value) < 400:
            return int(value)
        case Add(((sign, Number(value)),)) if value.denominator == 1 and abs(value) < 400:
            return sign * int(value)
    return None


def compare_numbers(
    graph: Graph, pairs: Sequence[tuple[Node, Node]], allowed: Sequence[Fraction], budget: Budget
) -> Outcome:
    """Compare entries that contain no variables."""
    roots = [n for pair in pairs for n in pair]
    exact, fuzzy = evaluate(roots, {}), evaluate(roots, {FUZZY: Fraction(1)})
    wrong: tuple[flint.arb, flint.arb] | None = None
    for k, (a, b) in enumerate(pairs):
        unit = (
            allowed[k]
            if len(allowed) == len(pairs)
            else allowed[0]
            if len(set(allowed)) == 1
            else Fraction(0)
        )
        limit = ball(unit)
        x, y = exact[a.number], exact[b.number]
        if not (x.is_finite() and y.is_finite()):
            return Outcome("unknown", "a side has no value")
        gap = abs(x - y)
        if gap < limit or a is b or (gap.contains(0) and _same(graph, a, b, budget)):
            if unit and _is_rounded_up(a, b, x, y, limit):
                return Outcome("unknown", "a printed number is rounded the wrong way")
            continue
        if unit and not gap >= limit:
            return Outcome("unknown", "the sides differ by just one unit of the last digit")
        loose = [(exact if n.op in ("dec", "num") else fuzzy)[n.number] for n in (a, b)]
        if abs(loose[0] - loose[1]) > limit and (unit or gap > 0):
            wrong = wrong or (x, y)
            continue
        return Outcome("unknown", "the printed digits are too few to tell")
    if wrong is not None:
        left, right = (w.str(12, radius=False) for w in wrong)
        return Outcome("refuted", f"the sides are {left} and {right}", {"left": left, "right": right})
    return Outcome("proved", "computed to the printed digits" if any(allowed) else "computed exactly")


def _is_whole(node: Node) -> bool:
    """Whether a node is a whole number as it is written."""
    return node.op == "num" and value_of(node).denominator == 1


def _is_rounded_up(a: Node, b: Node, x: flint.arb, y: flint.arb, unit: flint.arb) -> bool:
    """Whether one printed number stands beside an exact one by which it is too far from zero: 0.74 for 0.7311."""
    decimals = [_is_whole(node) for node in (a, b)]
    if decimals[0] == decimals[1]:
        decimals = [any(n.op == "dec" for n in reachable([node])) for node in (a, b)]
    if decimals[0] == decimals[1]:
        return False  # both were rounded
    shown, exact = (abs(x), abs(y)) if decimals[0] else (abs(y), abs(x))
    return bool(shown - exact > 0.501 * unit)


def exactly(root: Node) -> Fraction | None:
    """The rational that a node without functions is; None for anything else."""
    values: dict[int, Fraction] = {}
    for node in reachable([root]):
        args = [values[a.number] for a in node.args if a.number in values]
        if len(args) != len(node.args):
            return None
        if node.op == "num":
            values[node.number] = value_of(node)
        elif node.op == "dec":
            values[node.number] = printed(node)[0]
        elif node.op == "named":
            values[node.number] = args[0]
        elif node.op == "add":
            values[node.number] = sum(args, Fraction(0))
        elif node.op == "mul":
            values[node.number] = prod(args, start=Fraction(1))
        elif node.op == "pow" and isinstance(node.data, Fraction) and node.data.denominator == 1:
            if abs(node.data) > 64 or (not args[0] and node.data < 0):
                return None
            values[node.number] = args[0] ** int(node.data)
        else:
            return None
    return values[root.number]


def _same(graph: Graph, a: Node, b: Node, budget: Budget) -> bool:
    """Whether two numbers are exactly equal."""
    left, right = exactly(a), exactly(b)
    if left is not None and right is not None:
        return left == right
    return prove_equal(graph, a, b, budget)[0]
