"""Signs: one the other way, a difference the other way round, all of a bracket, one in an exponent."""

from __future__ import annotations

from collections.abc import Iterator

from ._layout import Sequence, Term, sequences
from ._page import Edit, Page

A_SIGN = "a sign"


def signs(page: Page) -> Iterator[Edit]:
    """Edits of signs, everywhere in the side."""
    for sequence in sequences(page.tree):
        if not sequence.terms or _is_index(page, sequence):
            continue
        top = sequence is page.tree
        yield from _turned(page, sequence)
        for k, term in enumerate(sequence.terms):
            before_all = top and len(sequence.terms) == 1 and page.latex[slice(*term.sign)] == "-"
            yield _flipped(page, term, first=k == 0, cost=0.85 if before_all else 1.0 if top or k else 1.1)
        if len(sequence.terms) > 1:
            flips = [_flipped(page, t, first=k == 0, cost=0) for k, t in enumerate(sequence.terms)]
            every = tuple(s for edit in flips for s in edit.splices)
            yield Edit(every, 1.05 if top else 1.3, "all signs")


def _is_index(page: Page, sequence: Sequence) -> bool:
    """``l-1`` in a script: an index is changed elsewhere; an exponent of e is no index."""
    before = page.latex[: sequence.start].rstrip(" {")
    return before.endswith("_") or (before.endswith("^") and not before[:-1].rstrip().endswith(("e", "exp")))


def _flipped(page: Page, term: Term, first: bool, cost: float) -> Edit:
    start, end = term.sign
    written = page.latex[start:end]
    if first:
        new = "" if written == "-" else "-"
        if not written and _is_bare(page, term.start):
            return Edit(
                ((start, term.end, "{-" + page.latex[start : term.end] + "}"),),
                cost,
                "the sign of an exponent",
            )
    else:
        new = "+" if written == "-" else "-"
    mistake = "the sign of an exponent" if page.latex[:start].rstrip(" {").endswith("^") else A_SIGN
    return Edit(((start, end, new),), cost, mistake)


def _is_bare(page: Page, start: int) -> bool:
    """A script of one character, without braces."""
    return page.latex[:start].rstrip().endswith(("^", "_"))


def _turned(page: Page, sequence: Sequence) -> Iterator[Edit]:
    """``y - a`` for ``a - y``."""
    if len(sequence.terms) != 2:
        return
    one, two = sequence.terms
    if page.latex[slice(*two.sign)] != "-" or page.latex[slice(*one.sign)]:
        return
    a, b = (page.latex[t.start : t.end] for t in (one, two))
    if max(len(a), len(b)) <= 24 and len(one.factors) == len(two.factors) == 1 and a != "1":
        yield Edit(((one.start, one.end, b), (two.start, two.end, a)), 0.9, "a sign")
