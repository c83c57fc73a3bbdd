"""Tables of points: *three points* ``(x_i, y_i)``: ``(1, 2)``, ``(2, 4)``, ``(4, 5)``."""

from __future__ import annotations

import re
from dataclasses import replace

from .._context import Context
from .._terms import Add, Index, Listing, Number, Ref, Term
from ._clause import Clause, Mention, rule
from ._values import give

_ROWS = r"{N}(?:(?:, ?|,? and | ){N})*"
_LEADS = r"(?:,? ?(?::|are|were|be|=|with(?: the)? values|as follows:?|namely|given by))"
_POINTS = rule(
    rf"(?P<who>{{Q}}){_LEADS} ?(?P<rows>{_ROWS})(?! ?(?:or|and so|,? ?⟦))"
    rf"|\b(?:points|pairs|examples|samples|observations|data) (?P<rows2>{_ROWS})"
    r" (?:for|as|of the form|in the order|in the form|called|denoted(?: by)?) (?P<who2>{Q})"
)


_OTHERWISE = re.compile(r"\b(?:shapes?|sizes?|dimensions?|not|no|or|if|suppose|instead)\b|크기|형상|形状|不")


def read_tables(clause: Clause, context: Context) -> None:
    """Take the numbers of numbered points from a clause that lists them all."""
    for match in clause.find(_POINTS):
        if _OTHERWISE.search(clause.text):
            return
        names = _names(clause.listed(match["who"] or match["who2"])[0])
        rows = [row for m in clause.listed(match["rows"] or match["rows2"]) for row in _rows(m)]
        if not names or len(rows) < 2 or any(len(row) != len(names) for row in rows):
            continue
        table = [
            (replace(name, subs=(Index("", k),)), value)
            for k, row in enumerate(rows, 1)
            for name, value in zip(names, row, strict=True)
        ]
        if any(context.defined(name) is not None for name, _ in table):
            continue
        for name, value in table:
            give(name, value, clause, context)
        clause.use(match)


def _names(mention: Mention) -> list[Ref]:
    """The quantities of a point, which one letter numbers."""
    whole = mention.parts[0]
    items = whole.items if isinstance(whole, Listing) and len(mention.parts) == 1 else ()
    names = [t for t in items if isinstance(t, Ref) and len(t.subs) == 1 and t.subs[0].name]
    same = len({t.subs for t in names}) == 1 and len({t.name for t in names}) == len(names) == len(items) > 1
    plain = same and not names[0].subs[0].offset and not names[0].subs[0].label
    return names if plain else []


def _rows(mention: Mention) -> list[list[Number]]:
    """The points that a formula lists, one or several."""
    whole = mention.parts[0]
    if len(mention.parts) != 1 or not isinstance(whole, Listing):
        return [[]]
    rows = whole.items if all(isinstance(t, Listing) for t in whole.items) else (whole,)
    return [
        [n for t in row.items if (n := _number(t)) is not None] if isinstance(row, Listing) else []
        for row in rows
    ]


def _number(term: Term | None) -> Number | None:
    match term:
        case Number():
            return term
        case Add(((-1, Number(value, digits)),)):
            return Number(-value, digits)
    return None
