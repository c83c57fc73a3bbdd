"""Which way derivatives lie: numerator or denominator layout, the rows of Jacobians."""

from __future__ import annotations

import re

from .._context import Context
from .._terms import Derivative, Listing, Ref, Term
from ._clause import Clause, named, rule

_NUMERATOR = re.compile(
    r"numerator[- ]layout|derivatives? of (?:a |the )?(?:scalars?|numbers?|loss|real)(?: \w+)? (?:with respect to|by|in) (?:a |the )?columns?(?: ⟦\w+⟧)? (?:is|are) (?:a |the )?rows?|gradients?\W+(?:\w+\W+){0,4}(?:is|are|as) (?:an? )?rows?\b|분자 레이아웃|분자 배치",
)
_DENOMINATOR = re.compile(r"denominator[- ]layout|분모 레이아웃|분모 배치")
_DENIED = re.compile(
    r"\b(?:not|no|never|neither|nor|unlike|instead of|rather than|than|as opposed to|in contrast to|others?|some|many|most)"
    r" (?:[\w-]+ ){0,3}(?:in |the )?$",
)
_WOULD = re.compile(r"\b(?:would|were|had)\b")
_WE_USE = re.compile(
    r"\b(?:we|us(?:e|es|ed|ing)|adopt\w*|stick|follow\w*|our|here|throughout|these notes|always)\b",
)
_ENTRY_LAYOUT = rule(
    r"{D},?(?: also \w+ {Q},?)? (?:has|holds|with|contains) (?:the )?(?:entry|entries|element|component) (?P<entry>{D}) (?:in|at) row (?P<row>{IQ}) and column (?P<col>{IQ})"
    r"|(?:the )?entry ⟦Q(?P<pair>\d+)⟧ of {D} is the (?:partial )?derivative of (?:the )?entry (?P<a>{IQ}) of {Q} (?:in|by|with respect to) (?:the )?entry (?P<b>{IQ})(?: of {Q})?"
    r"|{D},? (?:has|holds|with) (?:the )?(?:entry|entries|element) (?P<entry2>{D}) (?:in|at) row (?P<row2>{IQ}),? (?:and )?column (?P<col2>{IQ})"
)
_JACOBIAN_ENTRIES = rule(
    r"(?:the |its |this |whose )*jacobian(?: matrix)?(?: ⟦\w\d+⟧)?,? (?:has|with|whose|holds|contains|is the matrix (?:with|of))? ?(?:the )?(?:"
    r"(?:(?:entry|entries|element|elements) )?(?P<entry>{D}) (?:in|at) row (?P<row>{IQ}) and column (?P<col>{IQ})"
    r"|(?:entry|entries|element|elements) (?P<row2>⟦Q\d+⟧) (?:(?:is|are|equal to|equals|being) )*(?P<entry2>{D}))"
)
_JACOBIAN = re.compile(r"(?:the )?(?:transposed? (?:of the )?)?jacobian(?: matrix)?")
# What the rows, or the columns, of a Jacobian belong to.
_ROWS_OF = rule(
    r"(?:the |a |one |each |every )*(?P<kind>row|column)s?(?: ⟦[IQ]\d+⟧)?(?: of (?:the |this |its )*jacobians?(?: matrix)?)?"
    r" (?:for|belongs? to|holds?|has|contains?|is|are|consists? of|stands? for) (?:the |each |every |all |one |an? )*"
    r"(?:(?:partial )?(?:derivatives?|slopes|gradient) of (?:the )?)?(?:entry|entries|components?|coordinates?)(?: ⟦[IQ]\d+⟧)? of"
    r" (?:(?P<who>{QF})|what is differentiated|the (?:function|outputs?|numerator))"
)
_OF_JACOBIAN = re.compile(r"jacobian")


def spoken_layout(text: str) -> tuple[str, bool]:
    """The one layout that a stretch of words is for, empty for none or both; and whether it says that it is used."""
    text = text.lower()
    if _WOULD.search(text):
        return "", False
    found = {
        name
        for name, pattern in (("numerator", _NUMERATOR), ("denominator", _DENOMINATOR))
        for match in pattern.finditer(text)
        if not _DENIED.search(text, 0, match.start())
    }
    return (found.pop() if len(found) == 1 else "", _WE_USE.search(text) is not None)


def read_layouts(clause: Clause, context: Context) -> None:
    """Take from a clause which way the derivatives of columns lie."""
    _layout(clause, context)
    for match in clause.find(_ENTRY_LAYOUT):
        if (layout := _layout_of(clause, match)) is None:
            continue
        context.layout = layout
        context.note(f"derivatives of columns by columns are in {context.layout} layout (prose)")
        clause.use(match)
        for name in clause.find(_JACOBIAN):
            clause.use(name)
    for match in clause.find(_JACOBIAN_ENTRIES):
        if (layout := _layout_of(clause, match)) is None:
            continue
        context.layout = layout
        context.note(f"Jacobians are in {context.layout} layout (prose)")
        clause.use(match)
    for match in clause.find(_ROWS_OF):
        if (layout := _layout_by_rows(clause, match)) is None:
            continue
        context.layout = layout
        context.note(f"Jacobians are in {layout} layout (prose)")
        clause.use(match)
        for name in clause.find(_JACOBIAN):
            clause.use(name)


def _layout_by_rows(clause: Clause, match: re.Match[str]) -> str | None:
    """The layout in which a row, or a column, belongs to an entry; None where the words do not tell whose it is."""
    slopes = [t for m in clause.mentions.values() for t in m.parts[:1] if isinstance(t, Derivative)]
    above = True
    if match["who"]:
        who = clause.refs(match["who"])[0]
        over = {told for t in slopes for told in (named(t.of) == who, not any(named(b) == who for b in t.by))}
        if not slopes and not _OF_JACOBIAN.search(clause.text):
            return None
        if len(over) > 1:
            return None
        above = over.pop() if over else True
    elif not slopes and not _OF_JACOBIAN.search(clause.text):
        return None
    return "numerator" if above == (match["kind"] == "row") else "denominator"


def _layout_of(clause: Clause, match: re.Match[str]) -> str | None:
    """Whether the entry ∂u_a/∂v_b stands in row a, the numerator layout, or in column a; None where that is not told."""
    entry, row = match["entry"] or match["entry2"], match["row"] or match["row2"]
    if not entry:
        pair = clause.mentions[int(match["pair"])].parts[0]
        items = pair.items if isinstance(pair, Listing) else ()
        first = clause.terms(match["a"])[:1]
        places = [k for k, item in enumerate(items) if [item] == first]
        return ("numerator", "denominator")[places[0]] if len(places) == 1 and places[0] < len(PAIR) else None
    slope, first = clause.terms(entry)[0], clause.terms(row)[:1]
    if not isinstance(slope, Derivative) or len(slope.by) != 1 or not first or not isinstance(first[0], Ref):
        return None
    above, below = (first[0].name in _letters(t) for t in (slope.of, slope.by[0]))
    return None if above == below else "numerator" if above else "denominator"


PAIR = ("row", "column")


def _letters(term: Term) -> set[str]:
    """The letters below a name, whether the document counts with them or not."""
    ref = named(term)
    if ref is None:
        return set()
    return {s.name for s in ref.subs} | set(ref.name.split("_")[1:])


def _layout(clause: Clause, context: Context) -> None:
    """Keep which layout derivatives have; a mention counts less than *we use*."""
    found = [m for p in (_NUMERATOR, _DENOMINATOR) for m in clause.everywhere(p)]
    for match in found:
        clause.use(match)
    layout, used = spoken_layout(clause.text) if found else ("", False)
    if layout and (used or context.layout in ("", layout)):
        context.layout = layout
        rows = layout == "numerator"
        context.note(
            "gradients are rows: numerator layout (prose)"
            if rows
            else "Jacobians are transposed: denominator layout (prose)"
        )
