"""Which way derivatives lie, in words: *entry* ``∂u_i/∂v_j`` *stands in row i*, *one row for each entry of the numerator*.

What is said of Jacobians, of columns by columns, says nothing of gradients of numbers; a single gradient may be called a
row.
"""

from __future__ import annotations

import re

from .._context import OPEN, Context
from .._terms import Derivative, Entry, Index, Listing, Ref, Term
from ._clause import Clause, rule

_JACOBIAN = re.compile(r"(?:the |a |its |usual )*(?:transposed? (?:of the )?)?jacobian(?: matrix| matrices)?")
# Where an entry stands, and which entry it is: ∂u_i/∂v_j, or the derivative of u_i, of entry i of u, in v_j.
_PLACE = r"(?:(?:standing|stands?|sits?|sitting|placed|put|is|are) )?(?:in|at) row (?P<row>{IQ}),? ?(?:and )?(?:in |at )?column (?P<col>{IQ})"
_PART = r"(?:(?:the |its )*(?:⟦(?P<{p}th>I\d+)⟧ ?-?th )?(?:entry|component|element|coordinate) (?:⟦(?P<{p}at>I\d+)⟧ )?of (?:the )?(?:(?:column|vector|output|numerator) )?{Q}|(?P<{p}one>{Q}))"
_SLOPE = (
    r"(?:(?P<entry>{D})|(?:the |a )?(?:partial )?derivative of " + _PART.replace("{p}", "u") + r",? ?"
    r"(?:in|by|with respect to|w\.r\.t\.) " + _PART.replace("{p}", "v") + ")"
)
_WHOSE = r"(?:{D},? ?(?:is |denotes |being )?)?"
_ITS = r"(?:(?:the|a|its|this|whose|with|has|holds|contains) )*(?:(?:jacobian|matrix)(?: matrix)?,? ?(?:(?:with|whose|of|has|holds|contains) )?)?"
_OF_IT = r"(?: of (?:the |a )*(?:(?:jacobian(?: matrix)?|matrix) ?)?(?:{D}|{Q})?)?"
_FORMS = (
    _WHOSE + r"[^⟦.;]{0,60}?" + _SLOPE + r",? " + _PLACE,
    _WHOSE
    + _ITS
    + r"(?:the )?(?:entry|entries|element|component)"
    + _OF_IT
    + r" "
    + _PLACE
    + r"(?:" + _OF_IT + r")(?: (?:is|being|equals|holds))? (?:the )?"
    + _SLOPE,
    _WHOSE + r"(?:has|holds|with|contains) " + _PLACE + r",? (?:(?:has|holds) )?(?:the )?" + _SLOPE,
    _WHOSE + r"[^⟦.;]{0,40}?row (?P<row>{IQ}) (?:holds|contains|has|collects|is made of|lists) (?:all |the )*(?:partial )?(?:derivatives|gradient|slopes) of "
    + _PART.replace("{p}", "u"),
)  # fmt: skip
_ENTRIES = tuple(map(rule, _FORMS))
# A derivative that is only called by what it is, which says nothing of how it lies.
_CALLED = rule(
    r"(?:by )?{D} (?:is|denotes|we mean) (?:the |a )?(?:usual )?jacobian(?: matrix)?|jacobian(?: matrix)? {D}"
)
_ONE_ROW = re.compile(
    r"(?:(?:one|a) row (?:for|per) (?:each|every) (?:entry|component|element) of (?:the |its )?numerator|rows? (?:belong to|stand for|for|follow) (?:the )?(?:entries of the )?numerator)"
    r"(?:,? (?:and |with )?(?:(?:one|a) column (?:for|per) (?:each|every) (?:entry|component|element) of|(?:the )?columns? (?:belong to|stand for|for|follow)(?: the entries of)?) (?:the |its )?denominator)?"
)
_EACH = rule(
    r"(?:one|a) row (?:for|per) (?:each|every) (?:entry|component|element|output) of (?:the )?(?P<top>{Q}),? (?:and |with )?"
    r"(?:one|a) column (?:for|per) (?:each|every) (?:entry|component|element|input) of (?:the )?(?P<bottom>{Q})"
)
_JACOBIAN_OF = rule(r"jacobian(?: matrix)? of (?:the )?(?P<of>{QF})")
# Words beside which a layout is not read, and nothing is known of it.
_TURNED = re.compile(
    r"\b(?:not|unlike|never|no|nor|instead|rather|transpos\w+|whereas|other|others|sometimes|often)\b"
)
_DENIED = rule(
    r"\b(?:not|never|unlike|instead)\b[^.;]{0,60}\b(?:in|at) (?:row|column) {IQ}|transpos\w+ (?:of (?:the |a |its )*)?(?:usual |ordinary |standard )?jacobian"
)
_PAIR = rule(
    r"(?:the )?entry ⟦Q(?P<pair>\d+)⟧ of {D} is the (?:partial )?derivative of (?:the )?entry (?P<a>{IQ}) of {Q} (?:in|by|with respect to) (?:the )?entry (?P<b>{IQ})(?: of {Q})?"
)
_NAMED = rule(
    r"(?:the |its |this |whose )*jacobian(?: matrix)?(?: ⟦\w\d+⟧)?,? (?:has|with|whose|holds|contains|is the matrix (?:with|of))? ?(?:the )?"
    r"(?:entry|entries|element|elements) (?P<place>⟦Q\d+⟧) (?:(?:is|are|equal to|equals|being) )*(?P<entry>{D})"
)
_ROWS = rule(
    r"(?P<who>{D+}) (?:is|are|be|being|as) (?:both |all |again )?(?:the |an? )?rows?(?: vectors?)?\b(?! ⟦)(?! (?:of|number) ⟦)(?! of (?:the )?(?:matrix|jacobian))"
    r"(?: of (?:the |all |its )*(?:partial )?derivatives(?: of (?:the loss )?{L})?(?: (?:in|by|with respect to) (?:the )?(?:entries|components|elements) of (?:the )?{Q})?)?"
    r"|(?P<who2>{D+}) \((?:as )?an? row(?: vector)?\)"
)


def read_jacobians(clause: Clause, context: Context) -> None:
    """Take from a clause which way its Jacobians lie, and which of its gradients are rows."""
    for match in clause.find(_ROWS):
        for term in clause.terms(match["who"] or match["who2"]):
            if isinstance(term, Derivative) and isinstance(term.of, Ref) and isinstance(term.by[0], Ref):
                context.row_slopes.add((term.of.name, term.by[0].name))
                context.note(f"the derivative of {term.of} by {term.by[0]} is a row (prose)")
        clause.use(match)
    if next(clause.everywhere(_DENIED), None) is not None:
        context.jacobians = OPEN
    for match in clause.find(_ONE_ROW):
        _told(clause, match, "numerator", context)
    for match in clause.find(_EACH):
        _told(clause, match, _layout_of_each(clause, match), context)
    for match in clause.find(_CALLED):
        if _TURNED.search(clause.text) is None:
            clause.use(match)
    for form in (*_ENTRIES, _PAIR, _NAMED):
        for match in clause.find(form):
            _told(clause, match, _layout_of(clause, match), context)


def _told(clause: Clause, match: re.Match[str], layout: str, context: Context) -> None:
    """Keep what is said of Jacobians; of two that differ neither counts, nor what is denied or said of a transpose."""
    if layout and (_TURNED.search(clause.text) or context.jacobians not in ("", layout)):
        context.jacobians = OPEN
    if not layout or context.jacobians == OPEN:
        return
    context.jacobians = layout
    context.note(f"Jacobians are in {layout} layout (prose)")
    clause.use(match)
    for name in clause.find(_JACOBIAN):
        if "transpose" not in name.group():
            clause.use(name)


def _layout_of_each(clause: Clause, match: re.Match[str]) -> str:
    """The layout with one row for each entry of a quantity, by what stands above in the derivative of which the words speak."""
    top, bottom = (clause.terms(match[name])[0] for name in ("top", "bottom"))
    slopes = [t for m in clause.mentions.values() for t in m.parts if isinstance(t, Derivative)]
    if any((s.of, s.by) == (top, (bottom,)) for s in slopes):
        return "numerator"
    if any((s.of, s.by) == (bottom, (top,)) for s in slopes):
        return "denominator"
    named = next(clause.find(_JACOBIAN_OF), None)
    return "numerator" if not slopes and named and clause.refs(named["of"])[:1] == [top] else ""


def _layout_of(clause: Clause, match: re.Match[str]) -> str:
    """Whether the entry ∂u_a/∂v_b stands in row a, the numerator layout, or in column a; empty if neither."""
    groups = match.groupdict()
    if groups.get("pair") or groups.get("place"):
        mention = clause.mentions[int(groups.get("pair") or groups["place"][2:-1])]
        row, col = _pair(mention.parts[0])
    else:
        row, col = _letter(clause, groups.get("row")), _letter(clause, groups.get("col"))
    if groups.get("a"):
        above, below = _letter(clause, groups["a"]), _letter(clause, groups["b"])
    elif groups.get("entry"):
        slope = clause.terms(groups["entry"])[0]
        if not isinstance(slope, Derivative) or len(slope.by) != 1:
            return ""
        above, below = _entry(slope.of), _entry(slope.by[0])
    else:
        above, below = (_part(clause, groups, part) for part in "uv")
    if "col" not in groups and not groups.get("entry"):
        return "numerator" if row and row == above else ""  # row i holds the derivatives of entry i
    if not row or not col or row == col:
        return ""
    return (
        "numerator" if (above, below) == (row, col) else "denominator" if (below, above) == (row, col) else ""
    )


def _letter(clause: Clause, text: str | None) -> str:
    found = clause.terms(text)
    return str(found[0]) if len(found) == 1 and isinstance(found[0], Ref) else ""


def _part(clause: Clause, groups: dict[str, str | None], part: str) -> str:
    """The letter that says which entry of a quantity is meant: the i of ``u_i`` and of *entry i of u*."""
    number = groups.get(f"{part}th") or groups.get(f"{part}at")
    if number:
        return _letter(clause, f"⟦{number}⟧")
    return _entry(clause.terms(groups[f"{part}one"])[0]) if groups.get(f"{part}one") else ""


def _entry(term: Term) -> str:
    """The one index of an entry."""
    subs = term.subs if isinstance(term, (Ref, Entry)) else ()
    return subs[0].name if len(subs) == 1 and subs[0] == Index(subs[0].name) else ""


def _pair(term: Term) -> tuple[str, str]:
    """The two letters of a place, ``(i, j)`` or ``J_{ij}``."""
    if isinstance(term, Listing) and len(term.items) == 2:
        one, two = term.items
        return (str(one), str(two)) if isinstance(one, Ref) and isinstance(two, Ref) else ("", "")
    if isinstance(term, Ref) and len(term.subs) == 2:
        return term.subs[0].name, term.subs[1].name
    return "", ""
