"""Points at which a claim is tried: small sizes, all different, and exact entries that satisfy the hypotheses.

What is claimed of an unknown function g is claimed of every differentiable g. So one concrete polynomial with its
true derivatives is enough to refute a claim, and agreement at one polynomial proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import product as all_of
from random import Random

from symbolic.tensor._axes import ONE
from symbolic.tensor._evaluate import NotDefinedHere, Point
from symbolic.tensor._hypotheses import Hypothesis
from symbolic.tensor._nodes import ArgMax, Size, Symbol, Tensor, Window, in_order
from symbolic.tensor._terms import start_of

CELL_LIMIT = 5000  # entries of one tensor at a point

Entries = dict[tuple[int, ...], Fraction]

# Where entries without a hypothesis are drawn from, in turn: signs mixed; between 0 and 1, for logarithms of a and
# 1 - a; above 1; small; large. In eighths, so that a ball holds them exactly.
RANGES = ((-16, 16), (1, 7), (9, 24), (-3, 3), (-64, 64))


def draw(
    sides: Sequence[Tensor], hypotheses: Sequence[Hypothesis], attempt: int, deadline: float, variety: int = 0
) -> Point:
    """Choose sizes and entries for the symbols of a claim.

    Parameters
    ----------
    sides : sequence of Tensor
    hypotheses : sequence of Hypothesis
    attempt : int
        Other sizes and entries for each attempt, the same for the same attempt.
    deadline : float
    variety : int, optional
        How many different sizes; as many as there are axes by default, up to five.

    Returns
    -------
    Point
    """
    # The tensors of the hypotheses count even where no side holds them: they constrain the sizes.
    nodes = in_order((*sides, *(one.symbol for one in hypotheses)))
    names = {axis.name for node in nodes for axis in node.axes if axis != ONE}
    names |= {node.axis.name for node in nodes if isinstance(node, Size)}
    for node in nodes:
        names |= {axis.name for axis in getattr(node, "labels", ()) if axis != ONE}
    # All different up to five axes; beyond, sizes repeat, because the product of all would outgrow the limit.
    variety = variety or (5 if len(names) <= 5 else 2)
    sizes = {name: 2 + (place + attempt) % variety for place, name in enumerate(sorted(names))}
    if attempt % 2 == 0:
        _cover(nodes, sizes)
    _shrink(nodes, sizes)
    # Largest entries that tie decide nothing: where there is a maximum, entries come from a finer grid.
    grid = 8 * 512 if any(isinstance(node, ArgMax) for node in nodes) else 8
    entries: dict[str, Entries] = {}
    for node in nodes:
        if isinstance(node, Symbol) and node.name not in entries:
            own = [one for one in hypotheses if one.symbol.name == node.name]
            shape = tuple(1 if axis == ONE else sizes[axis.name] for axis in node.axes)
            entries[node.name] = _entries(node.name, shape, own, attempt, grid)
    return Point(sizes, entries, polynomial, deadline)


def _cover(nodes: Sequence[Tensor], sizes: dict[str, int]) -> None:
    """Make images as large as their windows reach, so that no window lies outside."""
    for node in nodes:
        if isinstance(node, Window):
            h, i, p = (axis.name for axis in node.axes)
            if len({h, i, p}) == 3:
                sizes[h] = max(1, node.stride * (sizes[i] - 1) + sizes[p] - node.padding)


def _shrink(nodes: Sequence[Tensor], sizes: dict[str, int]) -> None:
    """Make axes shorter, down to one entry, until no tensor has too many entries."""
    for node in nodes:
        names = [axis.name for axis in node.axes if axis != ONE]
        while math.prod(sizes[name] for name in names) > CELL_LIMIT:
            longest = max(names, key=lambda name: sizes[name])
            sizes[longest] -= 1


def polynomial(name: str) -> tuple[Fraction, ...]:
    """Choose the coefficients of the polynomial that stands for an unknown function."""
    source = Random(f"function {name}")  # noqa: S311 - reproducible, not secret
    return tuple(
        Fraction(source.choice((-1, 1)) * source.randrange(1, 12), 4 + 4 * power) for power in range(4)
    )


def show_polynomial(name: str) -> str:
    """Write that polynomial."""
    parts = [
        str(value) if not power else f"({value}) x^{power}" for power, value in enumerate(polynomial(name))
    ]
    return f"{name}(x) = " + " + ".join(parts)


def _entries(
    name: str, shape: tuple[int, ...], hypotheses: Sequence[Hypothesis], attempt: int, grid: int
) -> Entries:
    start = start_of(name)
    if start is not None:
        return {(n,): Fraction(start + n) for n in range(shape[0])}
    source = Random(f"{attempt} {name}")  # noqa: S311 - reproducible, not secret
    low, high = RANGES[attempt % len(RANGES)]
    kinds = {one.kind for one in hypotheses}
    places = list(all_of(*map(range, shape)))
    if "positive" in kinds:
        low, high = max(low, 1), max(high, 2)
    fine = grid // 8
    values = {place: Fraction(source.randint(low * fine, high * fine) or high, grid) for place in places}
    if "binary" in kinds:
        values = {place: Fraction(source.randint(int("positive" in kinds), 1)) for place in places}
    for one in hypotheses:
        if one.kind in ("one_hot", "probability", "adds_up"):
            hot = bool(kinds & {"one_hot", "binary"})
            mixed = not kinds & {"probability", "positive"}
            values = _adding_to_one(source, shape, one.place, hot, mixed)
    if not all(_satisfies(values, one) for one in hypotheses):
        raise NotDefinedHere  # hypotheses that contradict each other, or that this draw did not meet
    return values


def _satisfies(values: Entries, one: Hypothesis) -> bool:
    """Check a hypothesis on the entries drawn, whatever drew them."""
    entries = list(values.values())
    if one.kind == "positive":
        return all(value > 0 for value in entries)
    if one.kind in ("binary", "one_hot") and not all(value in (0, 1) for value in entries):
        return False
    if one.kind == "probability" and not all(value >= 0 for value in entries):
        return False
    if one.kind == "binary":
        return True
    totals: dict[tuple[int, ...], Fraction] = {}
    for place, value in values.items():
        rest = place[: one.place] + place[one.place + 1 :]
        totals[rest] = totals.get(rest, Fraction(0)) + value
    return all(total == 1 for total in totals.values())


def _adding_to_one(source: Random, shape: tuple[int, ...], along: int, hot: bool, mixed: bool) -> Entries:
    values: Entries = {}
    rest = [range(size) for place, size in enumerate(shape) if place != along]
    for others in all_of(*rest):
        size = shape[along]
        if hot:
            chosen = source.randrange(size)
            column = [Fraction(int(k == chosen)) for k in range(size)]
        else:
            weights = [source.randint(1, 9) for _ in range(size)]
            column = [Fraction(weight, sum(weights)) for weight in weights]
            if mixed and size > 1:
                column = [column[0] - 2, column[1] + 2, *column[2:]]
        for k, value in enumerate(column):
            values[(*others[:along], k, *others[along:])] = value
    return values
