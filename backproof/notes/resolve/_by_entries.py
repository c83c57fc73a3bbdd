"""``H = [∂²J/∂θ_i∂θ_j]``: a matrix that is given by its entry with two indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..parse import Expr, Group, Product, Scripted, Sum
from ._terms import Call, Derivative, Entry, Index, Ref, Term


def given_by_entries(
    parts: tuple[Term, ...], relations: tuple[str, ...], written: Sequence[Expr]
) -> tuple[Term, ...]:
    """The equation for the entries, where the left side has no index and a derivative in brackets on the right has them.

    Without brackets it has to have two: ``δ = ∂E/∂z_j`` is one number.
    """
    if len(parts) != 2 or relations not in (("=",), (":=",)) or len(written) != 2:
        return parts
    left, right = parts
    order = right.subs if isinstance(right, Entry) and right.example is None else ()
    right = right.of if isinstance(right, Entry) and order else right
    if not isinstance(left, Ref) or left.subs or not isinstance(right, Derivative):
        return parts
    free = tuple(i for t in (right.of, *right.by) for i in _letters(t))
    if len({i.name for i in free}) < len(free) or not (len(free) == 2 or (free and _in_brackets(written[1]))):
        return parts
    if len(free) > 2 or (order and set(order) != set(free)):
        return parts
    return replace(left, subs=order or free), right


def _in_brackets(expr: Expr) -> bool:
    match expr:
        case Sum(terms=((_, only),)) | Product(items=((_, only),)):
            return _in_brackets(only)
        case Scripted(base=base):
            return _in_brackets(base)
    return isinstance(expr, Group) and expr.bracket in ("(", "[")


def _letters(term: Term) -> tuple[Index, ...]:
    """The indices that are letters, of a quantity or of a function's value."""
    ref = term.function if isinstance(term, Call) else term
    return tuple(i for i in ref.subs if i.name and not i.label) if isinstance(ref, Ref) else ()
