"""Refutes claims about sums that cannot be read as tensors at lengths that are numbers: what fails for m = 3 fails."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sympy as sp

from symbolic.prover._errors import Exhausted, OutOfReach, Symbolic
from symbolic.prover._shifts import at_numbers
from symbolic.prover._verdict import Verdict

LENGTHS = (3, 5, 8, 12)  # no length is another one's successor, sum or double


def refuted_at_lengths(
    sides: Sequence[Any], decide: Callable[[tuple[Any, Any]], Verdict]
) -> tuple[Verdict, dict[str, int]] | None:
    """A refutation of one instance of a claim, and the lengths there; None where none was found."""
    for numbers in _choices(sides):
        try:
            left, right = (at_numbers(side, numbers, may_be_empty=False) for side in sides)
            verdict = decide((left, right))
        except (OutOfReach, Symbolic, Exhausted):
            continue
        if verdict.status == "refuted":
            return verdict, {str(symbol): int(number) for symbol, number in numbers.items()}
    return None


def _choices(sides: Sequence[Any]) -> Iterator[dict[Any, Any]]:
    sums = [node for side in sides for node in side.atoms(sp.Sum, sp.Product)]
    bound = {limit[0] for node in sums for limit in node.limits}
    ends = {x for node in sums for limit in node.limits for end in limit[1:] for x in end.free_symbols}
    lengths = sorted(ends - bound, key=str)
    names = [str(x) for side in sides for x in side.atoms(sp.Symbol)]
    entries = {
        x for side in sides for entry in side.atoms(sp.Indexed) for i in entry.indices for x in i.free_symbols
    }
    if (
        any(
            side.has(sp.Derivative, sp.Subs, sp.Idx) for side in sides
        )  # SymPy would take derivatives by x[2] as 0
        or any(
            x in side.free_symbols for x in bound | (entries - ends) for side in sides
        )  # which entry is meant is open
        or any(not x.is_Symbol for x in lengths)
        or not 0 < len(lengths) <= len(LENGTHS)
        or len({x for side in sides for x in side.atoms(sp.Symbol)}) != len(set(names))
    ):
        return
    for order in itertools.islice(
        itertools.permutations(LENGTHS[: len(lengths)]), 2 if len(lengths) < 3 else 6
    ):
        numbers = dict(zip(lengths, map(sp.Integer, order), strict=True))
        if all(
            getattr(number, f"is_{what}") == held
            for symbol, number in numbers.items()
            for what, held in symbol.assumptions0.items()
        ):
            yield numbers


__all__ = ["refuted_at_lengths"]
