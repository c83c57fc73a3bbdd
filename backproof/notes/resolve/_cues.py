"""Small questions about a clause or an equation that decide what it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..find import Formula
from ._context import Context
from ._terms import Call, Derivative, Gradient, Norm, Number, Pow, Ref, Term, refs, walk
from .prose._sizes import is_size, shape_of

_CUE = re.compile(
    r"\b(let|define[ds]?|set|where|with|for|denote|suppose|assume|given|becomes?|consider|instead|now|if|when|here)\b"
    r"|정의|라고 하|라 하|이라|여기서|가정|일 때",
    re.I,
)


def mentions_itself(left: Call, right: Term) -> bool:
    return any(isinstance(t, Call) and t.function.name == left.function.name for t in walk(right))


def space_shape(term: Term) -> tuple[Term, Term] | None:
    """ℝ^{n×m} and ℝ^n."""
    if isinstance(term, Pow) and isinstance(term.base, Ref) and term.base.name in ("bb:R", "R", "cal:R"):
        shape = shape_of(term.exponent)
        if shape is not None:
            return shape
        if is_size(term.exponent):
            from fractions import Fraction

            return term.exponent, Number(Fraction(1))
    return None


def sizes(shape: tuple[Term, Term]) -> bool:
    return all(is_size(s) for s in shape)


def show(term: Term) -> str:
    return str(term.value) if isinstance(term, Number) else str(term)


def about_sizes(left: Term, right: Term, context: Context) -> bool:
    """``m > 1`` and ``d ≥ 2`` speak of sizes, which are small numbers above one here."""
    if isinstance(left, Norm) and left.order == 0 and isinstance(left.of, Ref) and isinstance(right, Number):
        return left.of.name in context.lexicon.sets  # |V| ≥ 2
    names = {r.name for t in (left, right) for r in refs(t)}
    sizes = {
        r.name
        for found in context.shapes.values()
        for _, rows, cols in found
        for t in (rows, cols)
        for r in refs(t)
    }
    sizes |= {r.name for low, high in context.ranges.values() for t in (low, high) for r in refs(t)}
    return bool(names) and names <= (sizes | {"n", "m", "N", "M", "K", "d", "k", "l", "L", "i", "j"})


def introduces(before: str) -> bool:
    """Whether the words just before a display announce it as something new."""
    tail = before.rstrip()[-160:]
    if tail.endswith((":", ",")):
        return bool(_CUE.search(re.split(r"[.!?]\s", tail)[-1]))
    return not tail.endswith((".", "!", "?", "다")) and bool(_CUE.search(re.split(r"[.!?]\s", tail)[-1]))


def cue_here(before: str, formula: Formula) -> bool:
    return not formula.display and bool(_CUE.search(re.split(r"[.!?]\s", before.rstrip()[-120:])[-1]))


def is_numeric(parts: Sequence[Term]) -> bool:
    """Whether one side is made of numbers alone."""
    return any(not refs(p) and not isinstance(p, (Derivative, Gradient)) for p in parts) and any(
        isinstance(t, Number) for p in parts for t in walk(p)
    )
