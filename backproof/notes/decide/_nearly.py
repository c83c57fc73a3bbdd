"""Equalities that are not meant exactly: ``≈`` between formulas, *to first order*, *up to a constant*, *for small x*.

None of them refutes; a printed number is checked to its digits all the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..resolve._cases import lead_of
from ..resolve._item import Item
from ._outcome import Outcome

_NEAR = re.compile(
    r"\b(?:approx\w*|roughly|almost|nearly|near|close to|ignor\w+|neglect\w*|negligible|drop(?:s|ped|ping)?|omit\w*"
    r"|up to (?:an?|the|some|its|constant|additive|multiplicative|scal\w+|sign|rounding|higher)"
    r"|to (?:the )?(?:first|second|leading|lowest|zeroth)(?: |-)order|(?:first|second|leading|higher)(?: |-)order|taylor"
    r"|linear(?:is|iz)\w+|asymptotic\w*|in the limit|small|tiny|large|huge)\b"
    r"|근사|대략|약 |무시|近似|约等|大约|忽略",
    re.I,
)


def not_exactly(item: Item, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of the links, without refutations of what is said to hold only nearly."""
    said = _NEAR.search(f"{lead_of(item.words)} {item.after}")
    found = list(outcomes)
    for k, outcome in enumerate(outcomes):
        if outcome.verdict != "refuted" or item.kind == "numeric":
            continue
        if item.relations[k] == "≈":
            found[k] = replace(
                outcome, verdict="unknown", reason="≈ says no more than that the sides are near"
            )
        elif said is not None:
            found[k] = replace(outcome, verdict="unknown", reason=f"the text says {said[0].strip()!r} of it")
    return found
