"""Sums with an ellipsis: ``x_1 + x_2 + … + x_n`` is a sum over the index that runs, from 1 or from 0."""

from __future__ import annotations

from fractions import Fraction

from .._errors import NotUnderstoodError
from ._terms import EVERY, Big, Index, Number, Ref, Term, indices, rebuilt, refs


def ellipsis_sum(before: list[tuple[int, Term]], last: Term, sign: int) -> list[tuple[int, Term]]:
    """Replace ``t(1), t(2), …, t(n)`` by the sum over t(·) that they begin and end."""
    ends = {i.name for r in refs(last) for i in indices(r) if i.name and not i.offset and not i.label}
    ends |= {i.name for r in refs(last) for i in r.subs if i.label}
    labels = [r.name.rpartition("_") for r in refs(last) if "_" in r.name]
    ends |= {tail for _, bar, tail in labels if bar}
    for end in sorted(ends):
        general = _with_index(last, end, Index(EVERY))
        count = 0
        while count < len(before) and before[-1 - count] == (
            sign,
            _with_index(general, EVERY, Index("", _first(before, count, sign, general))),
        ):
            count += 1
        for start in (0, 1):
            if count and before[-count] == (sign, _with_index(general, EVERY, Index("", start))):
                total = Big("sum", EVERY, Number(Fraction(start)), Ref(end), general)
                return [*before[:-count], (sign, total)]
    raise NotUnderstoodError("an ellipsis")


def _first(before: list[tuple[int, Term]], count: int, sign: int, general: Term) -> int:
    """Which number the term ``count`` places from the end carries."""
    for number in (1, 2, 3):
        if before[-1 - count] == (sign, _with_index(general, EVERY, Index("", number))):
            return number
    return 0


def _with_index(term: Term, name: str, new: Index) -> Term:
    """Replace an index by another, wherever it stands."""

    def swap(index: Index | None) -> Index | None:
        return new if index is not None and index.name == name and not index.offset else index

    def change(inner: Term) -> Term:
        if not isinstance(inner, Ref):
            return inner
        head, bar, tail = inner.name.rpartition("_")
        if bar and tail == name:  # an end such as the d of w_d that is no index elsewhere
            return Ref(head, inner.layer, inner.example, (*inner.subs, new), inner.time)
        subs = tuple(new if s.name == name and not s.offset else s for s in inner.subs)
        return Ref(inner.name, swap(inner.layer), swap(inner.example), subs, swap(inner.time))

    return rebuilt(term, change)
