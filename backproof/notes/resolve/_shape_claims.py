"""Statements of shapes as claims: ``dW ∈ ℝ^{n×m}``, ``W = (n, m)``, ``(n, k) × (k, m) = (n, m)``."""

from __future__ import annotations

from ._context import Context
from ._cues import space_shape
from ._equations import is_used
from ._terms import Add, Derivative, Gradient, Listing, Mul, Number, Ref, Term, Transpose
from .prose import shape_of


def is_shape_claim(
    parts: tuple[Term, ...], relations: tuple[str, ...], display: bool, context: Context
) -> bool:
    """Whether a statement of one relation sets shapes equal that something else determines."""
    if len(parts) != 2 or relations[0] not in ("=", "∈", "→"):
        return False
    left, right = parts
    if relations[0] == "∈":
        stated = space_shape(right)
    else:
        stated = shape_of(right) if isinstance(right, Listing) and right.bracket in ("", "(") else None
    if stated is None or not all(map(_is_length, stated)):
        return False
    if _is_product(left):
        return relations[0] == "="
    targets = left.items if isinstance(left, Listing) else (left,)
    if (
        relations[0] != "∈"
        and all(isinstance(n, Number) for n in stated)
        and any(map(_may_be_point, targets))
    ):
        return False
    return bool(targets) and all(_has_shape(t, relations[0], display, context) for t in targets)


def is_setting(left: Term) -> bool:
    """Whether a statement may be where a document first tells the shape: of a name, and not of what is computed."""
    targets = left.items if isinstance(left, Listing) else (left,)
    return all(isinstance(t, (Ref, Gradient)) for t in targets)


def _has_shape(target: Term | None, relation: str, display: bool, context: Context) -> bool:
    if isinstance(target, Ref):
        plain = target.name not in context.lexicon.indices
        return (
            display
            and plain
            and (context.defined(target, function=False) is not None or is_used(target, context))
        )
    if isinstance(target, Gradient):
        return display or relation == "∈"
    return relation == "∈" and isinstance(target, (Mul, Transpose, Derivative))


def _may_be_point(target: Term | None) -> bool:
    """Whether ``w = (3, 4)`` may as well give the numbers of a vector: a small letter without a layer."""
    return (
        isinstance(target, Ref) and target.layer is None and not target.name.rpartition(":")[2][:1].isupper()
    )


def _is_product(term: Term) -> bool:
    """``(n, k) × (k, m)``."""
    return isinstance(term, Mul) and all(
        isinstance(t, Listing) and (found := shape_of(t)) is not None and all(map(_is_length, found))
        for _, t in term.items
    )


def _is_length(term: Term) -> bool:
    """Whether a term can be a length: a whole number, a name, a name and a number."""
    if isinstance(term, Number):
        return term.value.denominator == 1 and term.value > 0 and term.digits < 0
    if isinstance(term, Add):
        return all(isinstance(t, (Ref, Number)) for _, t in term.terms)
    return isinstance(term, Ref)
