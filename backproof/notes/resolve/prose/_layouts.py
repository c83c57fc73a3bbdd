"""Which layout of derivatives words speak for: what they deny, or say of others, is none."""

from __future__ import annotations

import re

NUMERATOR = re.compile(
    r"numerator[- ]layout|derivatives? of (?:a |the )?(?:scalars?|numbers?|loss|real)(?: \w+)? (?:with respect to|by|in) (?:a |the )?columns?(?: ⟦\w+⟧)? (?:is|are) (?:a |the )?rows?|gradients?\W+(?:\w+\W+){0,4}(?:is|are|as) (?:an? )?rows?\b|분자 레이아웃|분자 배치",
)
DENOMINATOR = re.compile(r"denominator[- ]layout|분모 레이아웃|분모 배치")
_DENIED = re.compile(
    r"\b(?:not|no|never|neither|nor|unlike|instead of|rather than|than|as opposed to|in contrast to|others?|some|many|most)"
    r" (?:[\w-]+ ){0,3}(?:in |the )?$",
)
_WOULD = re.compile(r"\b(?:would|were|had)\b")
_WE_USE = re.compile(
    r"\b(?:we|us(?:e|es|ed|ing)|adopt\w*|stick|follow\w*|our|here|throughout|these notes|always)\b",
)


def spoken_layout(text: str) -> tuple[str, bool]:
    """The one layout that a stretch of words is for, empty for none or both; and whether it says that it is used."""
    text = text.lower()
    if _WOULD.search(text):
        return "", False
    found = {
        name
        for name, pattern in (("numerator", NUMERATOR), ("denominator", DENOMINATOR))
        for match in pattern.finditer(text)
        if not _DENIED.search(text, 0, match.start())
    }
    return (found.pop() if len(found) == 1 else "", _WE_USE.search(text) is not None)
