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
from ..resolve import Add, Listing, Number, Table, Term
from ._balls import FUZZY, ball, evaluate
from ._dag import Graph, Node, reachable, value_of
from ._outcome import Outcome
from ._prove import prove_equal


def tolerance(left: Term, right: Term, relation: str) -> Fraction | None:
    """How far two sides may be apart: one unit of the last digit of a side that is printed numbers only, else 0."""
    units = [u for u in (_unit(left, relation), _unit(right, relation)) if u is not None]
    return max(units, default=Fraction(0))


def _unit(side: Term, relation: str) -> Fraction | None:
    """The unit of the last printed digit of a number, or of the roughest number of a table."""
    if isinstance(side, Add) and len(side.terms) == 1:
        return _unit(side.terms[0][1], relation)
    if isinstance(side, Number):
        if side.digits >= 0:
            return Fraction(1, 10**side.digits)
        return Fraction(1) if relation == "≈" else None
    if isinstance(side, Table):
        units = [_unit(c, relation) for row in side.rows for c in row]
        known = [u for u in units if u is not None]
        return max(known) if known else None
    if isinstance(side, Listing):
        return None
    return None


def compare_numbers(
    graph: Graph, pairs: Sequence[tuple[Node, Node]], allowed: Fraction, budget: Budget
) -> Outcome:
    """Compare entries that contain no variables."""
    roots = [n for pair in pairs for n in pair]
    exact, fuzzy = evaluate(roots, {}), evaluate(roots, {FUZZY: Fraction(1)})
    limit = ball(allowed)
    wrong: tuple[flint.arb, flint.arb] | None = None
    for a, b in pairs:
        x, y = exact[a.number], exact[b.number]
        if not (x.is_finite() and y.is_finite()):
            return Outcome("unknown", "a side has no value")
        gap = abs(x - y)
        if gap < limit or a is b or (gap.contains(0) and _same(graph, a, b, budget)):
            continue
        loose = abs(fuzzy[a.number] - fuzzy[b.number])
        if not gap >= limit and allowed:
            return Outcome("unknown", "the sides differ by just one unit of the last digit")
        if loose > limit:
            wrong = wrong or (x, y)
            continue
        return Outcome("unknown", "the printed digits are too few to tell")
    if wrong is not None:
        left, right = (w.str(12, radius=False) for w in wrong)
        return Outcome("refuted", f"the sides are {left} and {right}", {"left": left, "right": right})
    return Outcome("proved", "computed to the printed digits" if allowed else "computed exactly")


def _exact(root: Node) -> Fraction | None:
    """The rational that a node without functions is; None for anything else."""
    values: dict[int, Fraction] = {}
    for node in reachable([root]):
        args = [values[a.number] for a in node.args if a.number in values]
        if len(args) != len(node.args):
            return None
        if node.op == "num":
            values[node.number] = value_of(node)
        elif node.op == "dec":
            values[node.number] = node.data[0]  # type: ignore[index]
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
    left, right = _exact(a), _exact(b)
    if left is not None and right is not None:
        return left == right
    return prove_equal(graph, a, b, budget)[0]
