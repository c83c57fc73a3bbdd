"""Quantities that a text tells by cases outside its formulas: ``L = r^2/2`` *if* ``|r| ≤ δ``, ``L = …`` *otherwise*."""

from __future__ import annotations

import re

from ..resolve import Call, Context, Ref, Term, refs
from ..resolve._cases import IN_WORDS, lead_at
from ..resolve._item import Gathered, Item
from ._doubts import reached

_BEHIND = re.compile(
    r"\W*(?:if|when|whenever|otherwise|else|unless|in case|for (?:positive|negative|correct|the))\b"
    r"|\W*(?:일 때|이면|인 경우|时|時)",
    re.I,
)
_BEFORE = re.compile(r"\b(?:if|when|whenever|otherwise|else|in case)\b", re.I)
_ONE_OF = re.compile(
    r"\b(?:first|second|third|former|latter|other|last|same) (?:case|situation|scenario|line)\b|전자|후자"
    r"|(?:첫|두) ?번째 경우|前者|后者|第.种",
    re.I,
)
_REST = re.compile(r"\b(?:otherwise|else)\b|그렇지|아니면|否则", re.I)


def told_by_cases(item: Item, gathered: Gathered, context: Context) -> str:
    """What a claim rests on and the words around its formulas tell by cases; empty without such.

    The formula that rules has a condition of its own, and the same section gives another one.
    Of two indices the words may take up an earlier case: *in the first case*.
    """
    if item.cases and _ONE_OF.search(lead_at(item)):
        return "its indices"
    names = reached(item.parts, context)
    for ruling in (d for d in context.definitions if d.head.name in names):
        source = gathered.source(ruling.line, ruling.latex)
        if source is None or source is item or not _is_conditioned(source):
            continue
        bodies = {
            body
            for other in gathered.items
            if other is not item
            and other.section == source.section
            and (body := _said_of(ruling.head, other)) is not None
        }
        if len(bodies) > 1:
            return str(ruling.head)
    return ""


def _is_conditioned(item: Item) -> bool:
    lead = lead_at(item)
    return any((_BEHIND.match(item.after), _BEFORE.search(lead), IN_WORDS.search(lead)))


def _said_of(head: Ref, item: Item) -> Term | None:
    """What an equation with a condition gives for a quantity or a function."""
    if len(item.parts) < 2 or item.kind == "update" or not _is_conditioned(item):
        return None
    left, right = item.parts[:2]
    if isinstance(left, Call) and not left.primes:
        left = left.function
    said = refs(right) or _REST.search(item.after) or _REST.search(lead_at(item))
    return right if left == head and said else None
