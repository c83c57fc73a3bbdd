"""Products of printed numbers: ``(a - y) a (1 - a) x = -0.3775 · 0.2350 · 1.5``, each number for a factor or several."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .._errors import LimitError, NotesError
from ..resolve import Add, Mul, Number, Term, refs
from ._outcome import Outcome
from ._question import Question

MOST = 6  # factors of a side: they are cut in at most ten ways


def by_factors(question: Question, decide: Callable[[Question], Outcome]) -> bool:
    """Whether each printed factor of one side is, to its digits, a factor of the other, or the product of neighbours.

    Then the sides are what the author computed: rounding alone keeps them from being equal.
    """
    item = question.item
    if len(item.parts) != 2 or item.relations[0] not in ("=", "≈"):
        return False
    left, right = map(_factors, item.parts)
    if (
        any(map(refs, right))
        or not any(map(refs, left))
        or not _printed(right)
        or not 1 < len(right) <= len(left)
    ):
        return False
    known: dict[tuple[int, int], bool] = {}

    def holds(start: int, stop: int, number: Term) -> bool:
        if (start, stop) not in known:
            of = left[start] if stop - start == 1 else Mul(tuple(("·", t) for t in left[start:stop]))
            link = replace(item, parts=(of, number), relations=("=",), claiming=(True,), sides=("", ""))
            try:
                known[start, stop] = decide(replace(question, item=link)).verdict == "proved"
            except LimitError:
                raise
            except NotesError:
                known[start, stop] = False
        return known[start, stop]

    for ends in _cuts(len(left), len(right)):
        known.clear()
        if all(holds(a, b, number) for (a, b), number in zip(itertools.pairwise(ends), right, strict=True)):
            return True
    return False


def _cuts(many: int, few: int) -> Iterator[tuple[int, ...]]:
    """The ways to cut a row of factors into so many runs."""
    if many <= MOST:
        for inner in itertools.combinations(range(1, many), few - 1):
            yield (0, *inner, many)


def _printed(factors: Sequence[Term]) -> bool:
    """Whether the factors are numbers, not all of them whole."""
    plain = [t.terms[0][1] if isinstance(t, Add) and len(t.terms) == 1 else t for t in factors]
    return all(isinstance(t, Number) for t in plain) and any(
        isinstance(t, Number) and t.digits > 0 for t in plain
    )


def _factors(term: Term) -> list[Term]:
    """The factors of a product; a sign goes to the first."""
    if isinstance(term, Add) and len(term.terms) == 1:
        sign, inner = term.terms[0]
        first, *rest = _factors(inner)
        return [first if sign > 0 else Add(((-1, first),)), *rest]
    if isinstance(term, Mul) and all(op in ("", "·", "*", "×") for op, _ in term.items):
        return [f for _, t in term.items for f in (_factors(t) if isinstance(t, Mul) else [t])]
    return [term]
