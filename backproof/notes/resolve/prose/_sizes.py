"""How many units a layer has, in words: *layer* ``l`` *has* ``n^{[l]}`` *units*, *3 features and 4 hidden units*."""

from __future__ import annotations

import re
from fractions import Fraction

from .._context import Context, Units
from .._terms import Index, Number, Ref, Term
from ._clause import Clause, rule

_UNIT = r"(?:hidden )?(?:units|neurons|nodes)"
_OF_LAYER = rule(
    rf"layer ⟦(?P<layer>[INQ]\d+)⟧,? (?:has|with|of|contains|consists of) (?P<size>⟦[QENI]\d+⟧) {_UNIT}"
    rf"|(?P<size2>⟦[QENI]\d+⟧) (?:is|denotes|be|stands for|are)? ?(?:the )?(?:number of )?{_UNIT} (?:in|of|on) (?:the )?layer ⟦(?P<layer2>[INQ]\d+)⟧"
    rf"|(?:number of )?{_UNIT} (?:in|of) layer ⟦(?P<layer3>[INQ]\d+)⟧ (?:is|be|by|as) (?P<size3>⟦[QENI]\d+⟧)"
    r"|⟦(?P<layer4>[INQ]\d+)⟧ ?(?:번째 )?층의? (?:유닛|뉴런|노드)(?: ?의)? ?(?:수|개수)[는은가이]? (?P<size4>⟦[QENI]\d+⟧)"
)
_COUNTS = {
    "a single": 1,
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
}
_NUMBER = r"(?P<n>⟦[NQ]\d+⟧|\d+|a single|one|two|three|four|five|six|seven|eight)"
_IN = rule(
    rf"(?<!\w)(?:{_NUMBER} (?:inputs?|(?:input )?features)|input(?: layer)? (?:has|with|of) (?P<n2>⟦[NQ]\d+⟧|\d+|[a-z]+) (?:features|units|entries|neurons|nodes|components))\b"
)
_HIDDEN = rule(
    rf"(?<!\w)(?:{_NUMBER} hidden (?:units|neurons|nodes)|(?:the|a|one|its) hidden layer (?:has|with|of|contains)? ?(?P<n2>⟦[NQ]\d+⟧|\d+|[a-z]+)(?: (?:hidden )?(?:units|neurons|nodes))?)(?=[ ,.;:)]|$)"
)
_OUT = rule(
    rf"(?<!\w)(?:{_NUMBER} outputs?(?: units?| neurons?)?|output layer (?:has|with|of|contains) (?P<n2>⟦[NQ]\d+⟧|\d+|[a-z]+)(?: (?:units?|neurons?|nodes?))?)(?=[ ,.;:)]|$)"
)
_NUMBERED = rule(
    r"layer (?P<layer>\d) (?:has|with|of|contains) (?P<n>⟦[NQ]\d+⟧|\d+|[a-z]+) (?:hidden )?(?:units|neurons|nodes)"
)
_SWAPPED = re.compile(r"\(?\b(?:columns?|cols?|width)(?:, ?| (?:×|x|by|before|then) )(?:rows?|height)\b")


def read_sizes(clause: Clause, context: Context) -> None:
    """Take from a clause the numbers of units of layers."""
    context.columns_first = context.columns_first or any(clause.everywhere(_SWAPPED))
    for match in clause.find(_OF_LAYER):
        groups = match.groupdict()
        token = next(groups[k] for k in ("layer", "layer2", "layer3", "layer4") if groups[k])
        sizes = clause.terms(next(groups[k] for k in ("size", "size2", "size3", "size4") if groups[k]))
        layers = clause.terms(f"⟦{token}⟧")
        if len(sizes) == len(layers) == 1 and (index := _index(layers[0])) is not None:
            _add(context, Units(index, sizes[0]))
            clause.use(match)
    for match in clause.find(_NUMBERED):
        if (size := _number(match["n"], clause)) is not None:
            _add(context, Units(Index("", int(match["layer"])), size))
    for pattern, where in ((_IN, Index("", 0)), (_HIDDEN, Index("", 1)), (_OUT, Index("L", 0))):
        for match in clause.find(pattern):
            size = _number(match["n"] or match["n2"], clause)
            if size is not None:
                _add(context, Units(where, size))


def _add(context: Context, units: Units) -> None:
    if units not in context.units:
        context.units.append(units)


def _index(term: Term) -> Index | None:
    if isinstance(term, Number) and term.value.denominator == 1:
        return Index("", int(term.value))
    return Index(term.name) if isinstance(term, Ref) and not term.subs else None


def _number(text: str, clause: Clause) -> Term | None:
    """A size in digits, in words or as a formula."""
    if text.startswith("⟦"):
        found = clause.terms(text)
        plain = len(found) == 1 and isinstance(found[0], (Number, Ref))
        return found[0] if plain else None
    if text.isdigit():
        return Number(Fraction(int(text)))
    return Number(Fraction(_COUNTS[text])) if text in _COUNTS else None
