"""Sums that start anywhere, and shifted entries x[i + 1]: both are rewritten so that every index counts from 1.

A sum over i = s, ..., s + n - 1 becomes one over i = 1, ..., n with i + s - 1 in place of i. A family of which all entries
are then read at index + c keeps its c, and its entries are counted from there: that names them anew and changes nothing
else. A family that is read with two shifts, as in x[i + 1] - x[i], is out of reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sympy as sp

from symbolic.prover._errors import OutOfReach

Shifts = Mapping[Any, int]  # by how much an index that counts from 1 is less than the one that was written
Place = tuple[str, int]  # a family, and which of its indices
Read = tuple[
    Place, Any, int, bool
]  # at this place an index plus a number is read; whether a sum binds the index

MAX_ROUNDS = 20
_MAY_STAY = (sp.Add, sp.Mul, sp.Pow, sp.Function, sp.Max, sp.Min, sp.Piecewise, sp.core.relational.Relational)


def counted_from_one(parts: Sequence[Any]) -> list[Any]:
    """Rewrite the sides and hypotheses of one claim.

    Parameters
    ----------
    parts : sequence of sympy.Basic

    Returns
    -------
    list of sympy.Basic
        All sums start at 1. Entries that could be aligned have plain indices.

    Raises
    ------
    OutOfReach
        An end of a sum is no number where it starts, or the entries of a family cannot be aligned.
    """
    reads = [read for part in parts for read in _reads(part, {})]
    offsets, free = _aligned(reads)
    return [_rewritten(part, free, offsets) for part in parts]


def replaced(e: Any, arguments: Sequence[Any]) -> Any:
    """An expression with other arguments, that SymPy does not simplify on the way: 0 log(x) stays what it is."""
    if all(new is old for new, old in zip(arguments, e.args, strict=True)):
        return e
    return e.func(*arguments, evaluate=False) if isinstance(e, _MAY_STAY) else e.func(*arguments)


def exchanged(e: Any, images: Mapping[Any, Any]) -> Any:
    """An expression with other parts for some of its parts, and otherwise as it is."""
    return images[e] if e in images else replaced(e, [exchanged(x, images) for x in e.args])


def at_numbers(e: Any, numbers: Mapping[Any, Any]) -> Any:
    """An expression with numbers for symbols, that is not simplified but for the ends of sums and the indices of entries."""
    if e in numbers:
        return numbers[e]
    if isinstance(e, sp.Sum | sp.Product):
        limits = [(index, *(end.xreplace(numbers) for end in ends)) for index, *ends in e.limits]
        return e.func(at_numbers(e.args[0], numbers), *limits)
    if isinstance(e, sp.Indexed):
        return e.base[tuple(index.xreplace(numbers) for index in e.indices)]
    return replaced(e, [at_numbers(x, numbers) for x in e.args])


def _within(e: Any, outer: Shifts) -> dict[Any, int]:
    """The shifts inside a sum."""
    inner = dict(outer)
    for index, low, _ in e.limits:
        if not low.is_Integer:
            raise OutOfReach(f"a sum of {index} from {low}")
        inner[index] = int(low) - 1
    return inner


def _reads(e: Any, bound: Shifts) -> Iterator[Read]:
    if isinstance(e, sp.Sum | sp.Product):
        yield from _reads(e.args[0], _within(e, bound))
    elif isinstance(e, sp.Indexed):
        for n, written in enumerate(e.indices):
            more, index = written.as_coeff_Add()
            if index.is_Symbol and more.is_Integer:
                yield (str(e.base), n), index, int(more) + bound.get(index, 0), index in bound
    else:
        for x in e.args:
            yield from _reads(x, bound)


def _aligned(reads: Sequence[Read]) -> tuple[dict[Place, int], dict[Any, int]]:
    """Where each family starts to count, and each index that no sum binds."""
    offsets: dict[Place, int] = {}
    free: dict[Any, int] = {}
    for place, _, more, is_bound in reads:
        if is_bound and offsets.setdefault(place, more) != more:
            raise OutOfReach(f"entries of {place[0]} that are read with two shifts")
    # From the places that sums fix to the free indices there, and from those to other places.
    for _ in range(MAX_ROUNDS):
        before = len(offsets), len(free)
        for place, index, more, is_bound in reads:
            if not is_bound and place in offsets:
                free.setdefault(index, offsets[place] - more)
            elif not is_bound and index in free:
                offsets.setdefault(place, free[index] + more)
        if before == (len(offsets), len(free)):
            loose = [index for _, index, _, is_bound in reads if not is_bound and index not in free]
            if not loose:
                break
            free[loose[0]] = 0
    if any(
        not b and (index not in free or offsets[place] != free[index] + more)
        for place, index, more, b in reads
    ):
        raise OutOfReach("entries that are read with two shifts")
    return offsets, free


def _rewritten(e: Any, shifts: Shifts, offsets: Mapping[Place, int]) -> Any:
    if e.is_Symbol:
        return e + shifts[e] if shifts.get(e) else e
    if isinstance(e, sp.Sum | sp.Product):
        within = _within(e, shifts)
        body = _rewritten(e.args[0], within, offsets)
        return e.func(body, *((index, 1, high - low + 1) for index, low, high in e.limits))
    if isinstance(e, sp.Indexed):
        indices = [
            index + shifts.get(index.as_coeff_Add()[1], 0) - offsets.get((str(e.base), n), 0)
            for n, index in enumerate(e.indices)
        ]
        return e.base[tuple(indices)]
    if isinstance(e, sp.Derivative) and any(shifts.get(variable) for variable, _ in e.args[1:]):
        raise OutOfReach("a derivative by an index")
    return replaced(e, [_rewritten(x, shifts, offsets) for x in e.args])
