"""Numbers that prose gives: which are exact, and the value of what was named just before.

A number is exact if the text says so, or if it is an input, a weight, a bias, a target or a rate, which nobody computes
before the first step; every other printed decimal may have been rounded.
"""

from __future__ import annotations

import re

from .._context import Context, Doubt
from .._terms import Number
from ._clause import Clause, heads, rule
from ._values import give

_NUMBERS = r"{N}(?:(?:, ?|,? and | ){N})*"
_DATA = r"(?:inputs?|features?|weights?|bias(?:es)?|targets?|labels?|learning rate|step size)"
_OF_DATA = rule(
    rf"{_DATA} (?:of |is |are |= ?)?(?P<numbers>{_NUMBERS})(?: (?:have|has|carry|carries) (?:the )?{_DATA} (?P<more>{_NUMBERS}))?"
)
_COMPUTED = re.compile(
    r"\b(?:new|updated?|after|trained|learned|learnt|final|round\w*|about|approx\w*|roughly|nearly|almost)\b"
)
_EXACT = re.compile(
    r"\b(?:exact (?:decimals?|numbers?|values?|factors?)|(?:decimals|numbers|values|factors|inputs)(?: \w+){0,2} are (?:all )?exact)\b(?! to\b)"
)
_NOT = re.compile(r"\b(?:not|no|nor|neither|except|but|rather|instead)\b")
# Numbers in words, which no rule reads.
_SPELLED = rule(
    r"(?P<who>{QL}),? (?:is|being|equals|equal to|equal|set to|fixed at|taken as|taken to be) (?:one|unity|zero|two|half)\b(?! (?:outside|beyond|wherever|elsewhere|out of))"
    r"(?! (?:of|if|when|for|layer|example|number|unit|hidden|half)|-)"
)
_NO_ENTRY = re.compile(r"\bno (?:entry|component|element|coordinate) (?:of|in) (?:the )?$")
# Vectors of length one, of which more holds than of others.
_UNIT = re.compile(
    r"\bunit (?:(?:column|row) )?vectors?\b|\b(?:of|have|has|having|with) (?:unit (?:norm|length)|(?:norm|length)s? (?:one|1\b|⟦N\d+⟧))|\bunit[- ](?:norm|length)\b"
)
_ITS_VALUE = rule(
    r"(?P<what>⟦E\d+⟧),? ?(?:and|with|이고|이며)? ?(?:its|그|whose) ?(?:current |numerical )?(?:value (?:is|of)|값은) (?P<value>{N})(?! ?(?:or|and|,) ?⟦N)"
)


def read_given(clause: Clause, context: Context) -> None:
    """Take from a clause which numbers are exact, and what has the value that it gives."""
    if any(clause.everywhere(_EXACT)) and not _NOT.search(clause.text):
        context.exact_numbers = True
        context.note("the printed numbers are exact (prose)")
    if not any(clause.everywhere(_COMPUTED)):
        for match in clause.find(_OF_DATA):
            found = [t for m in clause.listed(match.group()) for t in heads(m)]
            context.given.update(t.value for t in found if isinstance(t, Number))
    for match in clause.find(_SPELLED):
        if _NO_ENTRY.search(clause.text, 0, match.start()):  # no entry of a is zero
            clause.use(match)
            continue
        names = frozenset(r.name for r in clause.refs(match["who"]))
        context.doubt(Doubt(match.group().partition("⟧")[2].strip(" ,"), names, False))
    for match in clause.find(_UNIT):
        context.doubt(Doubt(match.group(), clause.names, False))
    for match in clause.find(_ITS_VALUE):
        what, value = clause.terms(match["what"])[0], clause.terms(match["value"])[0]
        give(what, value, clause, context)
        clause.use(match)
