"""Brackets behind a name that may hold its argument: ``P(0)``, ``y(3)``, ``p(-z)``, ``\\Gamma(n + 1)`` are no products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..parse import Group, Script
from ._terms import Add, Mul, Number, Ref, Term, refs

if TYPE_CHECKING:
    from ._structure import Structure


def is_taken_at(structure: Structure, name: str, scripts: tuple[Script, ...], group: Group) -> bool:
    """Whether a name that the document does not know as a function may be one before this bracket.

    Nobody multiplies a letter by a number in brackets, or by a sign and a letter; and a capital that stands before brackets
    alone is more often a function than a factor.
    """
    if len(group.args) != 1 or any(s.kind == "sup" for s in scripts):
        return False
    inside = structure.term(group.args[0])
    if any(r.name == name for r in refs(inside)):
        return False  # σ(1 - σ)
    multiplied = isinstance(inside, Mul) and any(op for op, _ in inside.items)  # U (r ⊙ h)
    if isinstance(inside, Add) and len(inside.terms) > 1:
        multiplied = any(sign < 0 and isinstance(t, Ref) for sign, t in inside.terms)  # U (p - y)
        multiplied = multiplied or isinstance(inside.terms[0][1], Number)  # u (1 - a^2)
    known = structure.lexicon.perhaps_called - structure.lexicon.factors
    return _is_point(inside) or (name in known and not multiplied)


def _is_point(term: Term) -> bool:
    """A number, infinity, or either or a letter with a minus."""
    if isinstance(term, Add) and len(term.terms) == 1:
        term = term.terms[0][1]
        if isinstance(term, Ref):
            return True
    return isinstance(term, Number) or term == Ref("infty")
