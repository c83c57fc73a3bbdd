"""``f(x) = x for x > 0 and f(x) = αx otherwise``: a function that a sentence defines piece by piece."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..find import Block, Formula
from ._terms import Branches, Call, Condition, Ref, Term

_IF = re.compile(r"\s*,?\s*(?:for|if|when|where|in case|as long as|일 때|이면)\s*", re.I)
_ELSE = re.compile(r"\s*,?\s*(?:otherwise|else|elsewhere|그 외|아니면)\b.*", re.I | re.S)
_OTHERWISE = re.compile(r"^\s*,?\s*(?:otherwise|else|elsewhere|그 외|아니면)\b", re.I)
_ORDER = {"<", ">", "≤", "≥", "=", "≠"}

# What a formula says: its sides and its relations; None for a formula of several statements, or of none.
Said = Callable[[Formula], tuple[tuple[Term, ...], tuple[str, ...]] | None]


def piecewise(block: Block, said: Said) -> list[tuple[Call, Branches, list[Formula]]]:
    """The functions that a block defines by pieces, each with the formulas that make it up."""
    pieces = [p for p in block.pieces if not isinstance(p, str) or p.strip()]
    found: dict[Call, list[tuple[Term, tuple[Condition, ...]]]] = {}
    used: dict[Call, list[Formula]] = {}
    for k, piece in enumerate(pieces):
        if isinstance(piece, str):
            continue
        parts, relations = said(piece) or ((), ())
        head = parts[0] if relations == ("=",) else None
        if not isinstance(head, Call) or head.primes or not all(isinstance(a, Ref) for a in head.args):
            continue
        words = pieces[k + 1] if k + 1 < len(pieces) else None
        if not isinstance(words, str):
            continue
        tests, formulas = _conditions(pieces[k + 1 :], said)
        if tests or _ELSE.match(words):
            found.setdefault(head, []).append((parts[1], tests))
            used.setdefault(head, []).extend([piece, *formulas])
    return [
        (head, Branches(tuple(branches)), used[head])
        for head, branches in found.items()
        if len(branches) > 1 and all(tests for _, tests in branches[:-1])
    ]


def without_otherwise(words: str) -> str:
    """The words after the last piece of a function, less the *otherwise* that belongs to it."""
    return _OTHERWISE.sub("", words, count=1)


def _conditions(rest: Sequence[str | Formula], said: Said) -> tuple[tuple[Condition, ...], list[Formula]]:
    """The condition that follows a piece: ``for`` and an inequality."""
    if (
        len(rest) < 2
        or not isinstance(rest[0], str)
        or not _IF.fullmatch(rest[0])
        or isinstance(rest[1], str)
    ):
        return (), []
    parts, relations = said(rest[1]) or ((), ())
    if not relations or not set(relations) <= _ORDER:
        return (), []
    tests = tuple(Condition(a, r, b) for a, r, b in zip(parts, relations, parts[1:], strict=False))
    return tests, [rest[1]]
