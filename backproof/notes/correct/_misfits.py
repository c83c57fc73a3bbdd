"""A side that fits in shape under no reading is false where one small mistake explains it: a transpose, an order, a layer.

A clash of shapes alone refutes nothing, since a sign or a shape may be meant in another way than it was read.
That one change makes the equality provable says that everything else in it was read as its author meant it.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import partial

from .._errors import NotesError
from .._finding import Finding, with_mistake
from .._limits import Budget
from ..decide._habits import Usage
from ..decide._item import decide_item
from ..decide._scope import scoped
from ..resolve import Derivative, Term, Transpose, rebuilt, walk
from ..resolve._item import Gathered, Item
from ._search import corrected

# Mistakes that an author whose derivatives lie the other way has not made.
# Each derivative of an equality may lie the other way: so many are looked at in all combinations.
MOST_SLOPES = 3
PAIR = ("left", "right")
_TURNS = re.compile(r"transpose|order")


def refuted_by_shape(
    item: Item, finding: Finding, gathered: Gathered, usage: object, seconds: float
) -> Finding | None:
    """The refutation of a chain in which one equality is a misfit, and every other that claims is proved.

    Parameters
    ----------
    item, gathered, usage, seconds
        As for `corrected`.
    finding : Finding
        What was decided of the item.

    Returns
    -------
    Finding or None
        With the correction; None where no single mistake makes the misfit provable, and the sides may be equal where
        all sizes are.
    """
    if gathered.unturned:
        return None
    claims = [k for k, link in enumerate(finding.links) if link.verdict != "none"]
    misfits = [k for k in claims if finding.links[k].misfit]
    held = all(finding.links[k].verdict == "proved" for k in claims if k not in misfits)
    if finding.verdict != "unknown" or len(misfits) != 1 or not held:
        return None
    (k,) = misfits
    links = list(finding.links)
    links[k] = replace(links[k], verdict="refuted", reason=f"{links[k].reason}, under any reading")
    suspected = replace(finding, verdict="refuted", links=tuple(links), correction="", reason=links[k].reason)
    open_layout = _layout_is_open(item, k, gathered, usage)

    def counts(mistake: str) -> bool:
        """Whether an author whose derivatives lie the other way has made the mistake as well."""
        turns = open_layout and _TURNS.search(mistake)
        return bool(mistake) and (not turns or _fails_in_all_layouts(item, k, gathered, usage, seconds))

    for blindly in (False, True):  # what no numbers tell apart is tried last
        found = corrected(item, suspected, gathered, usage, seconds, blindly)
        if found is not None:
            if counts(found.mistake):
                reason = with_mistake(suspected.reason, found.mistake)
                return replace(suspected, correction=found.latex, reason=reason)
            continue
        mistake = _left(item, suspected, gathered, usage, seconds, blindly)
        if counts(mistake):
            return replace(suspected, reason=with_mistake(suspected.reason, f"on the left side, {mistake}"))
    differs = not open_layout and _differs_where_it_fits(item, k, gathered, usage, seconds)
    reason = f"{suspected.reason}; where all sizes are one, the sides differ as well"
    return replace(suspected, reason=reason) if differs else None


def _left(
    item: Item, finding: Finding, gathered: Gathered, usage: object, seconds: float, blindly: bool
) -> str:
    """The one mistake on the left side that explains the misfit: ``dA^{[l]} = W^{[l]T} dZ^{[l]}``; empty without any."""
    if len(item.parts) != len(PAIR):
        return ""
    (link,) = finding.links
    turned = replace(item, parts=item.parts[::-1], sides=item.sides[::-1])
    found = replace(finding, links=(replace(link, lhs=link.rhs, rhs=link.lhs),))
    correction = corrected(turned, found, gathered, usage, seconds, blindly)
    return "" if correction is None else correction.mistake


def _differs_where_it_fits(
    item: Item, number: int, gathered: Gathered, usage: object, seconds: float
) -> bool:
    """Whether an equality fails too where all layers have as many units, and there whichever way its sides are turned."""
    left, right = item.parts[number : number + 2]
    link = replace(
        item, relations=(item.relations[number],), claiming=(True,), sides=("", ""), lints=[], square=True
    )
    blank = Finding(item.formula.line, item.formula.column, item.formula.latex, "claim", "none")
    budget = Budget(seconds)
    try:
        found = [
            decide_item(replace(link, parts=(left, side)), gathered, usage, budget, blank).verdict
            for side in (right, Transpose(right))
        ]
    except NotesError:
        return False
    return found == ["refuted", "refuted"]


def _layout_is_open(item: Item, number: int, gathered: Gathered, usage: object) -> bool:
    """Whether an equality has a derivative in it, and the document does not say what shape derivatives have."""
    assert isinstance(usage, Usage)
    sides = item.parts[number : number + 2]
    derived = any(isinstance(node, Derivative) for side in sides for node in walk(side))
    return derived and not scoped(gathered, item, usage)[0].own_shapes


def _fails_in_all_layouts(item: Item, number: int, gathered: Gathered, usage: object, seconds: float) -> bool:
    """Whether an equality holds for no choice of which of its derivatives lie the other way."""
    sides = item.parts[number : number + 2]
    slopes = list(dict.fromkeys(n for side in sides for n in walk(side) if isinstance(n, Derivative)))
    if len(slopes) > MOST_SLOPES:
        return False
    link = replace(item, relations=(item.relations[number],), claiming=(True,), sides=("", ""), lints=[])
    blank = Finding(item.formula.line, item.formula.column, item.formula.latex, "claim", "none")
    budget = Budget(seconds)
    for turned in itertools.product((False, True), repeat=len(slopes)):
        turns: dict[Term, Term] = {
            slope: Transpose(slope) for slope, turn in zip(slopes, turned, strict=True) if turn
        }
        parts = tuple(rebuilt(side, partial(_turned, turns)) for side in sides)
        try:
            found = decide_item(replace(link, parts=parts), gathered, usage, budget, blank)
        except NotesError:
            return False
        if found.verdict != "refuted" and not all(x.misfit for x in found.links):
            return False
    return True


def _turned(turns: dict[Term, Term], term: Term) -> Term:
    return turns.get(term, term)
