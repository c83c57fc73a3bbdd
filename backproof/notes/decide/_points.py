"""Exact points inside the hypotheses of a document, at which both sides of a claim are enclosed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint

from ._balls import evaluate
from ._dag import Graph, Node, reachable

# Where variables are tried: between 0 and 1 for what stands in logarithms, around 0, above 1.
_RANGES = ((Fraction(1, 10), Fraction(9, 10)), (Fraction(-2), Fraction(2)), (Fraction(1, 2), Fraction(3)))
ATTEMPTS = 24


@dataclass(frozen=True)
class Hypothesis:
    """``left relation right`` over nodes."""

    left: Node
    relation: str
    right: Node


@dataclass(frozen=True)
class Groups:
    """Variables that go together: 0 or 1, or exactly one of a column equal to 1."""

    binary: frozenset[int]
    one_hot: tuple[tuple[int, ...], ...]


def points(
    roots: Sequence[Node], hypotheses: Iterable[Hypothesis], groups: Groups, count: int, seed: int = 0
) -> Iterator[tuple[dict[int, Fraction], dict[int, flint.arb]]]:
    """Give points where every hypothesis certainly holds, with the balls of all nodes below the roots."""
    hypotheses = list(hypotheses)
    everything = [*roots, *(n for h in hypotheses for n in (h.left, h.right))]
    variables = [n for n in reachable(everything) if n.op == "var"]
    found = 0
    numbers = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for attempt in range(ATTEMPTS):
        point = _point(variables, groups, numbers, attempt)
        values = evaluate(everything, point)
        if all(_holds(h, values) for h in hypotheses) and all(values[r.number].is_finite() for r in roots):
            yield point, values
            found += 1
            if found >= count:
                return
        if not variables:
            return


def _point(
    variables: list[Node], groups: Groups, numbers: random.Random, attempt: int
) -> dict[int, Fraction]:
    chosen: dict[object, tuple[Fraction, Fraction]] = {}
    point: dict[int, Fraction] = {}
    used: set[Fraction] = set()
    for node in variables:
        family = node.data[0] if isinstance(node.data, tuple) else node.data
        if family not in chosen:
            # The first attempts put every variable in one range, the later ones mix.
            chosen[family] = _RANGES[attempt] if attempt < len(_RANGES) else numbers.choice(_RANGES)
        low, high = chosen[family]
        point[node.number] = _simple(low, high, numbers, used)
        if node.number in groups.binary:
            point[node.number] = Fraction(numbers.randint(0, 1))
    for column in groups.one_hot:
        hot = numbers.randrange(len(column))
        for k, number in enumerate(column):
            point[number] = Fraction(int(k == hot))
    return point


def _simple(low: Fraction, high: Fraction, numbers: random.Random, used: set[Fraction]) -> Fraction:
    """A short fraction between two bounds that no other variable has: halves before thirds before quarters."""
    for bottom in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 17, 19, 23, 29, 31):
        tops = range(math.ceil(low * bottom), math.floor(high * bottom) + 1)
        free = [q for top in tops if top and (q := Fraction(top, bottom)) not in used and q != 1]
        if free and len(free) > len(tops) // 3:
            used.add(choice := numbers.choice(free))
            return choice
    return low + (high - low) * Fraction(numbers.randint(1, 996), 997)


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
