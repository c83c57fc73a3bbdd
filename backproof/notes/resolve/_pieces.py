"""``f(x) = x for x > 0 and f(x) = αx otherwise``: a function, or an entry, that a sentence defines piece by piece."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..find import Block, Formula
from ._terms import Branches, Call, Condition, Ref, Term, refs

_IF = re.compile(r"\s*,?\s*(?:for|if|when|where|in case|as long as|일 때|이면)\s*", re.I)
_ELSE = re.compile(r"\s*,?\s*(?:otherwise|else|elsewhere|그 외|아니면)\b.*", re.I | re.S)
_OTHERWISE = re.compile(r"^\s*,?\s*(?:and\s+)?(?:otherwise|else|elsewhere|그 외|아니면)\b", re.I)
_LAST = re.compile(
    r"\s*,?\s*(?:and\s+|or\s+|but\s+)?(?:otherwise|else|elsewhere)\s*,?\s*(?:it is\s*|is\s*)?", re.I
)
_AND = re.compile(r"\s*,?\s*(?:and|or|but)?\s*(?:is\s*|it is\s*)?", re.I)
_IS = re.compile(r"\s*(?:is|equals|be)\s*", re.I)
_ORDER = {"<", ">", "≤", "≥", "=", "≠"}

# What a formula says: its sides and its relations; None for a formula of several statements, or of none.
Said = Callable[[Formula], tuple[tuple[Term, ...], tuple[str, ...]] | None]


def piecewise(block: Block, said: Said) -> list[tuple[Call | Ref, Branches, list[Formula]]]:
    """The functions and entries that a block defines by pieces, each with the formulas that make it up.

    The last piece may stand without its name: *t_j is 1 if j = c and 0 otherwise*.
    """
    pieces = [p for p in block.pieces if not isinstance(p, str) or p.strip()]
    found: dict[Call | Ref, list[tuple[Term, tuple[Condition, ...]]]] = {}
    used: dict[Call | Ref, list[Formula]] = {}
    for k, piece in enumerate(pieces):
        if isinstance(piece, str):
            continue
        head, value, made_of, behind = _piece(pieces, k, said)
        if head is None or value is None:
            continue
        words = pieces[behind] if behind < len(pieces) else None
        last = k > 0 and isinstance(pieces[k - 1], str) and _LAST.search(str(pieces[k - 1])) is not None
        if not isinstance(words, str) and not last:
            continue
        tests, formulas = _conditions(pieces[behind:], said)
        if isinstance(head, Ref) and tests and not _tells(head, tests):
            continue
        if tests or last or (isinstance(words, str) and _ELSE.match(words)):
            found.setdefault(head, []).append((value, tests))
            used.setdefault(head, []).extend([*made_of, *formulas])
        if tests and (rest := _rest(pieces, behind + 2, said)) is not None:
            found[head].append((rest[0], ()))
            used[head].append(rest[1])
    return [
        (head, Branches(tuple(branches)), used[head])
        for head, branches in found.items()
        if len(branches) > 1 and all(tests for _, tests in branches[:-1])
    ]


def _piece(
    pieces: Sequence[str | Formula], k: int, said: Said
) -> tuple[Call | Ref | None, Term | None, list[Formula], int]:
    """What a formula gives a value, with the value, the formulas, and the place behind them."""
    piece = pieces[k]
    assert not isinstance(piece, str)
    parts, relations = said(piece) or ((), ())
    head = parts[0] if parts else None
    if not _is_head(head):
        return None, None, [], k
    assert isinstance(head, (Call, Ref))
    if relations == ("=",):
        return head, parts[1], [piece], k + 1
    if relations or k + 2 >= len(pieces) or not isinstance(head, Ref):
        return None, None, [], k
    verb, number = pieces[k + 1], pieces[k + 2]
    if not isinstance(verb, str) or not _IS.fullmatch(verb) or isinstance(number, str):
        return None, None, [], k
    lone, none = said(number) or ((), ("",))
    return (head, lone[0], [piece, number], k + 3) if lone and not none else (None, None, [], k)


def _is_head(head: Term | None) -> bool:
    """A function of letters, or an entry with one index."""
    if isinstance(head, Call):
        return not head.primes and all(isinstance(a, Ref) for a in head.args)
    plain = isinstance(head, Ref) and len(head.subs) == 1 and head.example is None and head.time is None
    return plain and isinstance(head, Ref) and bool(head.subs[0].name) and not head.subs[0].offset


def _tells(head: Ref, tests: Sequence[Condition]) -> bool:
    """Whether conditions speak of the index of an entry."""
    found = [r for t in tests for side in (t.left, t.right) for r in refs(side)]
    return head.subs[0].name in {r.name for r in found} | {i.name for r in found for i in r.subs}


def _rest(pieces: Sequence[str | Formula], k: int, said: Said) -> tuple[Term, Formula] | None:
    """What is so otherwise, where it stands without a name: *and 0 otherwise*, *otherwise 0*."""
    if k + 1 >= len(pieces) or isinstance(pieces[k + 1], str) or not isinstance(pieces[k], str):
        return None
    before, piece = str(pieces[k]), pieces[k + 1]
    behind = pieces[k + 2] if k + 2 < len(pieces) else ""
    assert not isinstance(piece, str)
    parts, relations = said(piece) or ((), ("",))
    if not parts or relations:
        return None
    after = isinstance(behind, str) and _ELSE.match(behind) is not None and _AND.fullmatch(before)
    return (parts[0], piece) if after or _LAST.fullmatch(before) else None


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
