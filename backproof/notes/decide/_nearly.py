"""Equalities that are not meant exactly: ``≈`` between formulas, *to first order*, *up to a constant*, *for small x*.

None of them refutes; a printed number is checked to its digits all the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import takewhile

from ..resolve import Derivative, Gradient, Number, Term, refs, walk
from ..resolve._cases import lead_of
from ..resolve._item import Item
from ..resolve.prose._vocabulary import is_harmless
from ._outcome import Outcome

_NEAR = re.compile(
    r"\b(?:approx\w*|roughly|almost|nearly|near|close to|ignor\w+|neglect\w*|negligible|drop(?:s|ped|ping)?|omit\w*"
    r"|up to (?:an?|the|some|its|constant|additive|multiplicative|scal\w+|sign|rounding|higher)"
    r"|to (?:the )?(?:first|second|leading|lowest|zeroth)(?: |-)order|(?:first|second|leading|higher)(?: |-)order|taylor"
    r"|linear(?:is|iz)\w+|regime|straight[- ]through|semi-?gradient|we replace|replacing"
    r"|asymptotic\w*|in the limit|(?<!equally )(?<!equal in )(?:small|tiny|large|huge))\b"
    r"|근사|대략|약 |무시|近似|约等|大约|忽略",
    re.I,
)


_SENTENCE = re.compile(r"(?<=[.!?。])\s")
_ONWARDS = re.compile(
    r"\b(?:from (?:now|here) on|henceforth|throughout|in (?:what|all that) follows|hereafter)\b|앞으로|이하",
    re.I,
)
_STATIONARY = re.compile(
    r"\b(?:set(?:s|ting)?|solv\w+|optim\w+|minim\w+|maxim\w+|stationar\w+|critical|extrem\w+|vanish\w*|requir\w+|conditions?|satisf\w+)\b",
    re.I,
)
# Words by which a derivative is not taken through all that a formula shows.
_HELD = re.compile(
    r"\b(?:treat|regard|consider)\w* (?:\W*\w+\W+){0,4}?(?:fixed|constants?|frozen)\b"
    r"|\b(?:is|are) (?:held |kept )?(?:fixed|frozen)\b"
    r"|\bdetach\w*|\bstop[- ]?grad\w*|ignor\w+|neglect\w*|고정|상수로",
    re.I,
)
# What begins another example between two lines.
_ANOTHER = re.compile(
    r"\b(?:next|another|second|then|now|after|new|again|iteration|step|epoch|update\w*|pass|if|for|at|case|check|becomes?)\b|→|다음|再|然后",
    re.I,
)


def _is_set_to_zero(parts: Sequence[Term], k: int) -> bool:
    """``∂L/∂b = -Σ α_i y_i = 0`` says where L is stationary."""
    zero = Number(Fraction(0))
    if zero not in parts[k : k + 2]:
        return False
    return any(isinstance(n, (Derivative, Gradient)) for p in parts for n in walk(p))


def another_pass(item: Item, items: Sequence[Item], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Numbers are not refuted for a quantity that had another one before: a second example or step may have begun."""
    found = list(outcomes)
    if item.kind != "numeric" or all(o.verdict != "refuted" for o in outcomes):
        return found
    if not refs(item.parts[0]):
        return found
    before = list(takewhile(lambda other: other.formula is not item.formula, items))
    moved = _ANOTHER.search(item.words) is not None
    for other in reversed(before):
        earlier = other.kind in ("numeric", "definition") and len(other.parts) > 1
        same = earlier and other.parts[0] == item.parts[0] and _number(other) not in (None, _number(item))
        moved = moved or other.kind == "update" or (earlier and not same and _number(other) is not None)
        if same and moved:
            reason = f"line {other.formula.line} gives the left side another number: another example may have begun"
            return [
                replace(o, verdict="unknown", reason=reason) if o.verdict == "refuted" else o for o in found
            ]
    return found


def _number(item: Item) -> Term | None:
    last = item.parts[-1]
    return last if not refs(last) else None


def _condition_in(inside: str) -> re.Match[str] | None:
    """What words inside a formula may say of when it holds, or of what a name means; a remark on a step says neither."""
    for word in _WORD.finditer(inside):
        if _HOLDS_IF.fullmatch(word[0]) or not is_harmless(word[0], described=True):
            return word
    return None


_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|[<>≤≥]|\\(?:[gl]eq?|ne|neq)\b")
_HOLDS_IF = re.compile(
    r"or|either|if|when\w*|where\w*|as|for|assum\w+|provid\w+|given|suppos\w+|positive|non-?negative|negative|only|case|[<>≤≥]|\\\w+",
    re.I,
)


def not_exactly(item: Item, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of the links, without refutations of what is said to hold only nearly."""
    sentence = f"{_SENTENCE.split(item.words.strip())[-1]} {item.after} {item.inside}"
    said = _NEAR.search(sentence) or _condition_in(item.inside)
    slopes = any(isinstance(n, (Derivative, Gradient)) for p in item.parts for n in walk(p))
    said = (_HELD.search(sentence) if slopes else None) or said
    said = said or next(
        (m for s in _SENTENCE.split(item.words) if _ONWARDS.search(s) and (m := _NEAR.search(s))), None
    )
    found = list(outcomes)
    for k, outcome in enumerate(outcomes):
        asked = len(item.parts) > 2 or _STATIONARY.search(f"{lead_of(item.words)} {item.after}") is not None
        if outcome.verdict == "refuted" and asked and _is_set_to_zero(item.parts, k):
            found[k] = replace(outcome, verdict="unknown", reason="a derivative may be set to zero here")
        if outcome.verdict != "refuted" or (item.kind == "numeric" and not slopes):
            continue
        if item.relations[k] == "≈" and item.kind != "numeric":
            found[k] = replace(
                outcome, verdict="unknown", reason="≈ says no more than that the sides are near"
            )
        elif said is not None:
            found[k] = replace(outcome, verdict="unknown", reason=f"the text says {said[0].strip()!r} of it")
    return found
