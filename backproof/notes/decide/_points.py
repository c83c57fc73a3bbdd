"""Exact points inside the hypotheses of a document, at which both sides of a claim are enclosed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import flint

from ._balls import Plan
from ._dag import Graph, Node, value_of

# Where variables are tried: between 0 and 1 for what stands in logarithms, below 0 for other branches, around 0, above 1.
_RANGES = (
    (Fraction(1, 10), Fraction(9, 10)),
    (Fraction(-3), Fraction(-1, 10)),
    (Fraction(-2), Fraction(2)),
    (Fraction(1, 2), Fraction(3)),
)
_BOTTOMS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 17, 19, 23, 29, 31)
ATTEMPTS = 24
_PRIME = 99_991


@dataclass(frozen=True)
class Hypothesis:
    """``left relation right`` over nodes."""

    left: Node
    relation: str
    right: Node


@dataclass(frozen=True)
class Groups:
    """Variables that go together: 0 or 1, 1 or -1, one of a column equal to 1, or shares of a column that sum to 1."""

    binary: frozenset[int]
    one_hot: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[int, ...], ...] = ()
    signs: frozenset[int] = frozenset()


def points(
    roots: Sequence[Node], hypotheses: Iterable[Hypothesis], groups: Groups, count: int, seed: int = 0
) -> Iterator[tuple[dict[int, Fraction], dict[int, flint.arb]]]:
    """Give points where every hypothesis certainly holds, with the balls of all nodes below the roots."""
    hypotheses = list(hypotheses)
    plan = Plan([*roots, *(n for h in hypotheses for n in (h.left, h.right))])
    found = 0
    bounds = _bounds(hypotheses)
    numbers = random.Random(seed)  # noqa: S311 - reproducible, not secret
    past: dict[int, set[_Short]] = {}  # at p = 1/2 alone, log p and log(1 - p) are the same
    for attempt in range(ATTEMPTS):
        point = _point(plan.variables, groups, numbers, attempt, bounds, past)
        values = plan.at(point)
        if all(_holds(h, values) for h in hypotheses) and all(values[r.number].is_finite() for r in roots):
            yield point, values
            found += 1
            if found >= count:
                return
        if not plan.variables:
            return


# Numerator and denominator: of the same numbers as a fraction, which takes ten times as long to hash.
_Short: TypeAlias = tuple[int, int]
_Bounds: TypeAlias = dict[int, tuple[Fraction | None, Fraction | None]]


def _bounds(hypotheses: Iterable[Hypothesis]) -> _Bounds:
    """Between which numbers the hypotheses put a variable: ``0 < β``, ``t ≥ 2``."""
    found: _Bounds = {}
    for h in hypotheses:
        small, large = (h.left, h.right) if h.relation in ("<", "≤") else (h.right, h.left)
        if h.relation not in ("<", "≤", ">", "≥"):
            continue
        if small.op == "num" and large.op == "var":
            low, high = found.get(large.number, (None, None))
            bound = value_of(small)
            found[large.number] = (bound if low is None else max(low, bound), high)
        elif small.op == "var" and large.op == "num":
            low, high = found.get(small.number, (None, None))
            bound = value_of(large)
            found[small.number] = (low, bound if high is None else min(high, bound))
    return found


def _inside(value: Fraction, low: Fraction | None, high: Fraction | None) -> Fraction:
    """A number between bounds: the value itself, or one as far inside as the value is from zero."""
    if (low is None or value > low) and (high is None or value < high):
        return value
    part = abs(value) / (1 + abs(value))
    if low is not None and high is not None:
        return low + (high - low) * part
    return low + 3 * part if low is not None else (high or 0) - 3 * part


def _point(
    variables: list[Node],
    groups: Groups,
    numbers: random.Random,
    attempt: int,
    bounds: _Bounds,
    past: dict[int, set[_Short]],
) -> dict[int, Fraction]:
    """A point at which no variable has a value that it had at an earlier one."""
    chosen: dict[object, int] = {}
    decks = [_deck(k, numbers) for k in range(len(_RANGES))]
    point: dict[int, Fraction] = {}
    used: set[_Short] = set()
    for node in variables:
        family = node.data[0] if isinstance(node.data, tuple) else node.data
        if family not in chosen:
            # The first attempts put every variable in one range, the later ones mix.
            chosen[family] = attempt if attempt < len(_RANGES) else numbers.randrange(len(_RANGES))
        earlier = past.setdefault(node.number, set())
        short, value = next(q for q in decks[chosen[family]] if q[0] not in used and q[0] not in earlier)
        used.add(short)
        earlier.add(short)
        bound = bounds.get(node.number)
        point[node.number] = value if bound is None else _inside(value, *bound)
        if node.number in groups.binary:
            point[node.number] = Fraction(numbers.randint(0, 1))
        if node.number in groups.signs:
            point[node.number] = Fraction(numbers.choice((-1, 1)))
    for column in groups.one_hot:
        hot = numbers.randrange(len(column))
        for k, number in enumerate(column):
            point[number] = Fraction(int(k == hot))
    for column in groups.shares:
        parts = [numbers.randint(1, 12) for _ in column]
        for number, part in zip(column, parts, strict=True):
            point[number] = Fraction(part, sum(parts))
    return point


def _deck(which: int, numbers: random.Random) -> Iterator[tuple[_Short, Fraction]]:
    """Short fractions of a range, halves before thirds before quarters, two thirds of each; none twice."""
    for choices in _simple_fractions(which):
        yield from numbers.sample(choices, -(-2 * len(choices) // 3))
    low, high = _RANGES[which]
    top, step = numbers.randrange(1, _PRIME), numbers.randrange(1, _PRIME)
    while True:  # all tops but 0 in some order, since their number is a prime
        if top:
            value = low + (high - low) * Fraction(top, _PRIME)
            yield value.as_integer_ratio(), value
        top = (top + step) % _PRIME


@cache
def _simple_fractions(which: int) -> tuple[tuple[tuple[_Short, Fraction], ...], ...]:
    """The fractions of a range by denominator, neither 0 nor 1, each under its smallest denominator."""
    low, high = _RANGES[which]
    seen = {Fraction(0), Fraction(1)}
    rows: list[tuple[tuple[_Short, Fraction], ...]] = []
    for bottom in _BOTTOMS:
        tops = range(math.ceil(low * bottom), math.floor(high * bottom) + 1)
        row = tuple(q for top in tops if (q := Fraction(top, bottom)) not in seen)
        seen.update(row)
        rows.append(tuple((q.as_integer_ratio(), q) for q in row))
    return tuple(rows)


def _holds(hypothesis: Hypothesis, values: dict[int, flint.arb]) -> bool:
    a, b = values[hypothesis.left.number], values[hypothesis.right.number]
    relation = hypothesis.relation
    if relation in ("<", "≤", "≪"):
        return bool(a < b)
    if relation in (">", "≥", "≫"):
        return bool(a > b)
    if relation == "≠":
        return bool(a > b or a < b)
    return bool(a == b)


def sum_to_one(graph: Graph, columns: Iterable[Sequence[Node]]) -> dict[int, Node]:
    """Write the last entry of each column as one minus the others."""
    return {
        column[-1].number: graph.sub(graph.one, graph.add(column[:-1]))
        for column in columns
        if len(column) > 1
    }
