r"""Brackets: one forgotten around a sum, or closed too early or too late."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ._layout import Sequence, Term, Unit, sequences, values
from ._page import Edit, Page

MISPLACED = "a bracket in the wrong place"


def brackets(page: Page) -> Iterator[Edit]:
    """Brackets around what stands behind a sign or a factor; a bracket that closes elsewhere; a bracket less."""
    for sequence in sequences(page.tree):
        for k, (one, two) in enumerate(pairwise(sequence.terms)):
            yield _around(page, one, two)
            if k == 0 and page.latex[slice(*one.sign)]:
                yield Edit(
                    ((one.start, one.start, "("), (sequence.end, sequence.end, ")")),
                    1.7,
                    "brackets are missing",
                )
    for unit in values(page.tree):
        if unit.kind == "group":
            yield from _moved(page, unit)


def _around(page: Page, one: Term, two: Term) -> Edit:
    """``x (a - y)`` for ``x a - y``; ``(a - y) x`` for ``a - y x``."""
    last = one.factors[-1]
    start = last.start if len(one.factors) > 1 else one.start
    end = two.factors[0].end if len(one.factors) == 1 else two.end
    return Edit(((start, start, "("), (end, end, ")")), 1.7, "brackets are missing")


def _moved(page: Page, unit: Unit) -> Iterator[Edit]:
    """The same brackets, closed after another factor inside."""
    (inside,) = unit.inside
    opening, closing = page.latex[unit.start : inside.start], page.latex[inside.end : unit.stop]
    often = page.text(inside).startswith("1")  # 1 - y log(1 - a) for (1 - y) log(1 - a)
    for at in _ends(inside):
        if at != inside.end:
            splices = ((at, at, closing.strip()), (inside.end, unit.stop, ""))
            yield Edit(splices, 1.5 if often else 1.8, MISPLACED)
    for term in inside.terms[1:]:
        if page.latex[unit.end : unit.end + 1] not in ("^", "_"):
            yield Edit(
                ((unit.start, inside.start, ""), (term.start, term.start, opening.strip())), 1.85, MISPLACED
            )
    if not unit.scripts and not re.search(r"[A-Za-z}]\s*$", page.latex[: unit.start]):
        yield Edit(((unit.start, inside.start, ""), (inside.end, unit.stop, "")), 2.0, "brackets too many")


def _ends(sequence: Sequence) -> list[int]:
    return [factor.end for term in sequence.terms for factor in term.factors]
