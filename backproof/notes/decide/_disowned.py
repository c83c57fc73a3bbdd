"""Formulas that the words call wrong: *a common mistake is to write* ``∂L/∂z = y - a``, *not* … *but* ….

Nobody claims them, and nothing rests on them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..resolve._cases import lead_at
from ..resolve._item import Gathered, Item
from ._outcome import Outcome

_CLASS = r"(?! (?:class|label|output|unit|word|answer|category|side|prediction)(?:e?s)?\b)"
# Right before the formula.
_BEFORE = re.compile(
    r"(?:\b(?:not|never|n't)(?: (?:equal(?: to)?|simply|just|merely|that|as|equivalent to|the same as))*"
    r"|\b(?:instead of|rather than|unlike|as opposed to)(?: (?:just|simply|writing|using))*"
    r"|\bconfus(?:e|ed|es|ing)(?: \w+){0,4} (?:with|and)|\bwrong(?:ly)?|\bfalse)[^\w.;!?。]*$"
    r"|(?:아니라|아닌|错|錯|不是|而非|而不是)[^\w.;!?。]*$",
    re.I,
)
# Anywhere in its sentence.
_ABOUT = re.compile(
    rf"\bmistak\w+|\berroneous\w*|\bincorrect\w*|\bwrong(?:ly)?\b{_CLASS}"
    r"|\bnaive(?:ly)? (?:guess|attempt|answer|idea|version|way)|\bpitfalls?\b|\bfallac\w+|\bmisconceptions?\b"
    r"|(?:흔한|자주 하는|많이 하는) 실수|실수(?:하기|를 범)|잘못|틀린|오답|错误|錯誤|误写|误认|误以为",
    re.I,
)
# Behind it, to the end of its sentence.
_BEHIND = re.compile(
    rf"\b(?:wrong|incorrect|false|untrue|erroneous|mistaken|fails|a (?:common |frequent )?mistake)\b{_CLASS}"
    r"|(?:\bnot|n't|\bno longer|\bnever)(?: \w+)? (?:holds?|true|correct|right|valid|appl(?:y|ies))\b"
    r"|틀리|틀렸|틀린|잘못|성립하지 않|옳지 않|맞지 않|错|錯|不成立|不正确|不对",
    re.I,
)


# Asked, and not said; a small *is* may stand behind a formula.
_ASKED = re.compile(r"(?:^|[:.;!?*])\W*(?:Is|Are|Does|Do|Can|Could|Would|Should|Why)\b[^.;?:]*$")


def is_disowned(item: Item) -> bool:
    """Whether what stands before a formula or behind it says that it is wrong, or asks whether it is."""
    lead = lead_at(item)
    return any((_BEFORE.search(lead), _ABOUT.search(lead), _ASKED.search(lead), _BEHIND.search(item.after)))


def disowned(item: Item, gathered: Gathered, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, without a verdict on what the text itself calls wrong, nor a refutation under such a heading."""
    about = _ABOUT.search(gathered.scopes.sections[item.section].title) is not None
    called = is_disowned(item)
    return [
        Outcome("unknown", "the words around it speak of a mistake, or ask")
        if (called and o.verdict in ("proved", "refuted")) or (about and o.verdict == "refuted")
        else o
        for o in outcomes
    ]
