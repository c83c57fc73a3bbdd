"""Convolutions in words: what stands beside the entries of an image, padding and strides."""

from __future__ import annotations

import re

from .._context import Context, Doubt
from .._terms import Number
from ._clause import Clause

_ZERO = r"(?:zeros?\b|0\b|⟦N(?P<n{k}>\d+)⟧)"
_OUTSIDE = re.compile(
    rf"(?:is|are|be|=|as|equals?|count) {_ZERO.format(k=1)} (?:outside|beyond|wherever|where|out of|beside|elsewhere|for (?:all )?other)"
    rf"|(?:outside|beyond|out of (?:the )?range|out-of-range)[^.;]{{0,40}}?(?:is|are|be|=|as|equals?|count as) {_ZERO.format(k=2)}"
    r"|zero[- ]padd(?:ed|ing)|padded with zeros|with zeros? (?:outside|beyond|around)"
    r"|(?:terms|entries|indices) (?:that (?:are|lie|fall) )?(?:outside|beyond|out of range)[^.;]{0,30}(?:dropped|ignored|omitted|left out)"
)
_ELSEWHERE = re.compile(r"⟦E(?P<n>\d+)⟧,? (?:outside|beyond|elsewhere|out of (?:its|the) range)")
# Words that say what formulas beside them spell out.
_SETTING = re.compile(
    r"(?:no|without|zero|same|valid|full)?[- ]?padding(?: of)?(?: ⟦[EQNI]\d+⟧| \d+)?|(?:is |are |been )?padded (?:by|with) ⟦[EQN]\d+⟧(?: zeros)?"
    r"|strides?(?: of)? (?:⟦[EQNI]\d+⟧|\d+|one|two)|unit stride|\b(?:without|no|non-?) ?overlap(?:ping)?"
)
_KERNEL = re.compile(
    r"\b(?:flipped )?(?:kernels?|filters?|windows?)(?: ⟦\w\d+⟧)?(?P<size>,? (?:of|with|has) (?:length|size|width) (?:⟦\w\d+⟧|\d+))?"
)
_WRAPS = re.compile(
    r"\b(?:circular\w*|cyclic\w*|periodic\w*|modulo|wrap(?:s|ped|ping)?|reflect\w*|mirror\w*|replicat\w*)\b|순환|循环"
)


def read_windows(clause: Clause, context: Context) -> None:
    """Take from a clause whether what a window reaches beside an array is zero."""
    for match in clause.find(_OUTSIDE):
        if not context.lexicon.windows:  # entries of its own are zero: that restricts it
            context.doubt(Doubt(match.group(), clause.names, about_loss=False))
            continue
        token = match["n1"] or match["n2"]
        value = clause.mentions[int(token)].parts[0] if token else None
        if value is None or (isinstance(value, Number) and value.value == 0):
            context.zero_outside = True
            context.note("entries beside those of an array are zero (prose)")
            clause.use(match)
    context.wraps = context.wraps or any(clause.everywhere(_WRAPS))
    for match in clause.find(_ELSEWHERE):
        parts = clause.mentions[int(match["n"])].parts
        if len(parts) == 2 and isinstance(parts[1], Number) and parts[1].value == 0:
            context.zero_outside = True
            context.note("entries beside those of an array are zero (prose)")
            clause.use(match)
    for match in clause.find(_SETTING):
        clause.use(match)
    for match in clause.find(_KERNEL):
        if context.lexicon.windows or match["size"]:  # and no kernel of a Gaussian process
            clause.use(match)
