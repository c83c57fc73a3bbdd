"""Whether a sentence goes on to change what it has said: *p is the softmax of z* … *divided by two*.

What is qualified says less than the rule has read, and so it says nothing here.
"""

from __future__ import annotations

import re

from ._clause import Clause
from ._vocabulary import is_harmless

# Where another thought begins, or a formula.
_BREAK = re.compile(
    r"[;:.()⟦。，；：、（）]|,? (?:and|where|so|then)\b|, (?!but\b|though\b|except\b|[a-z]+(?:ed|ing)\b)|$"
)
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
# What changes a quantity, or says for which part or how long something is so.
_CHANGES = re.compile(
    r"but|though|except|unless|only|if|when|whenever|until|otherwise|elsewhere|instead|times|plus|minus|divided|multiplied|scaled"
    r"|flipped|reversed|inverted|shifted|turned|clipped|averaged|summed|squared|cubed|halved|doubled|tripled|steeper|flatter|stretched"
    r"|up to|smooth(?:ed|ing)|perturbed|plus|less|more"
)
# What says only how a function is taken.
_HOW = re.compile(r"(?:element|entry|component|coordinate|point|row|column)-?wise")
_ELSEWHERE = re.compile(r"\b(?:elsewhere|otherwise)\b")
_PLACE = re.compile(r"\bin (?:part|section|chapter|version|exercise|model|run)s? (?!this|these)")
# Of each something else: *by* ``z`` *for output units and by* ``a`` *for hidden units*.
_IN_TURN = re.compile(r" (?:for|in|at|on) [^⟦;.]{1,40} and (?:by|in|of|with|for|at)\b")
_NEARLY = re.compile(
    r"\b(?:almost|nearly|roughly|approximately|hardly|barely|sometimes|twice|half|minus|double|not|never|no longer|partly|mostly) (?:an? |the )?$"
)


def qualified(clause: Clause, start: int, end: int) -> bool:
    """Whether the words beside a stretch of a clause make it say less, or something else."""
    text = clause.text
    if _NEARLY.search(text, 0, start) or _IN_TURN.match(text, end) or _ELSEWHERE.search(text, end):
        return True
    broken = _BREAK.search(text, end)
    tail = text[end : broken.start() if broken is not None else len(text)]
    return (
        any(
            _CHANGES.fullmatch(w) or not (_HOW.fullmatch(w) or is_harmless(w, described=True))
            for w in _WORD.findall(tail)
        )
        or "up to" in tail
        or _PLACE.search(tail) is not None
    )
