"""Where nodes surely have values, and surely positive ones, by their form and the least values of whole variables."""

from __future__ import annotations

from collections.abc import Mapping

from symbolic.prover._program import Program
from symbolic.prover._ranges import is_whole, least, plus

EVERYWHERE = ("add", "mul", "exp", "abs", "max", "min", "g", "both")


def has_value(p: Program, i: int, bounds: Mapping[str, int], nonzero: frozenset[int] = frozenset()) -> bool:
    """Whether a node has a value for all real variables, and all whole ones from their bounds on.

    Where some nodes are known not to be 0, their whole powers have values.
    """
    node = p.nodes[i]
    if node[0] in ("num", "sym", "const", "entry"):
        return True
    if node[0] == "sum":
        _, f, index, low, high = node
        start, end, gap = (least(a, bounds) for a in (low, high, plus(high, low, -1)))
        if start is not None and (gap is None or gap < -1):  # it may run backwards
            start = None if end is None else min(start, end + 1)
        return start is not None and has_value(p, f, {**bounds, index: start}, nonzero)
    if node[0] == "fun" and node[1] not in ("erf", "sin", "cos", "atan"):
        return False
    if node[0] not in (*EVERYWHERE, "fun", "int", "inv", "log", "root", "pow"):
        return False
    if not all(has_value(p, child, bounds, nonzero) for child in p.children(i)):
        return False
    if node[0] == "pow" and node[1] in nonzero and is_whole(p, node[2]):
        return True
    if node[0] in ("inv", "log", "root", "pow") or (node[0] == "int" and node[2] < 0):
        return is_positive(p, node[1], bounds)
    return True


def whole_bases(p: Program, *sides: int) -> frozenset[int]:
    """What is not 0 where the sides have values: they hold whole powers of it, outside of sums and branches."""
    found: set[int] = set()
    stack = list(sides)
    while stack:
        i = stack.pop()
        if p.nodes[i][0] == "pow" and is_whole(p, p.nodes[i][2]):
            found.add(p.nodes[i][1])
        if p.nodes[i][0] in (*EVERYWHERE, "inv", "int", "root", "log", "fun", "pow"):
            stack += p.children(i)
    return frozenset(found)


def is_positive(p: Program, i: int, bounds: Mapping[str, int], or_zero: bool = False) -> bool:
    """Whether a node that has a value is surely above 0, or at least 0."""
    op, *rest = p.nodes[i]
    if op == "num":
        return bool(rest[0] > 0 or (or_zero and rest[0] == 0))
    if op == "sym":
        return bounds.get(rest[0], -1) >= (0 if or_zero else 1)
    if op == "const" or op == "exp":
        return True
    if op == "add":
        weak = all(is_positive(p, j, bounds, True) for j in rest)
        return weak and (or_zero or any(is_positive(p, j, bounds) for j in rest))
    if op == "mul":
        return all(is_positive(p, j, bounds, or_zero) for j in rest)
    if op == "int":
        return is_positive(p, rest[0], bounds, or_zero) or (or_zero and rest[1] % 2 == 0)
    if op in ("inv", "root", "pow"):
        return is_positive(p, rest[0], bounds)
    return or_zero and op == "abs"
