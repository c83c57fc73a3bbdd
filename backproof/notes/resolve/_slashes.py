"""Quotients by a slash."""

from __future__ import annotations

from fractions import Fraction

from ._terms import (
    Div,
    Mul,
    Number,
    Pow,
    Ref,
    Term,
)


def divided(items: list[tuple[str, Term]]) -> Term:
    """Turn ``/`` into quotients, to the left; ``/2m`` and ``/2σ^2`` divide by both."""
    kept: list[tuple[str, Term]] = []
    k = 0
    while k < len(items):
        op, term = items[k]
        k += 1
        if op in ("/", "⊘") and kept:
            if op == "/" and isinstance(term, Number) and k < len(items) and _goes_with(items[k]):
                term = Mul((("", term), ("", items[k][1])))
                k += 1
            before_op, before = kept.pop()
            kept.append((before_op, Div(before, term, slash=op == "/")))
        else:
            kept.append((op, term))
    if len(kept) == 1:
        return kept[0][1]
    return Mul(tuple(kept))


def _goes_with(item: tuple[str, Term]) -> bool:
    """Whether what follows a number behind a slash is a number of things, or a variance."""
    op, term = item
    if op:
        return False
    if isinstance(term, Pow) and term.exponent == Number(Fraction(2)):
        return isinstance(term.base, Ref) and term.base.name in ("sigma", "s", "tau")
    return isinstance(term, Ref) and term == Ref(term.name) and term.name in ("m", "n", "N", "M", "B")
