r"""``X = [x^{(1)} x^{(2)} \cdots x^{(m)}]``: a matrix that is told by the examples in its columns, or in its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..parse import Dots, Expr, Group, Matrix, Product
from ._terms import EVERY, Index, Listing, Ref, Term, Transpose, indices

if TYPE_CHECKING:
    from ._structure import Structure


def stacked(body: Expr, structure: Structure) -> Term | None:
    """The examples of a matrix as one array; None for what is no row or column of them with an ellipsis.

    Columns stand side by side, rows above each other and transposed; numbers above each other are a list.
    """
    cells, across = _cells(body)
    if len(cells) < 3 or not any(isinstance(c, Dots) for c in cells):
        return None
    terms = [structure.term(c) for c in cells if not isinstance(c, Dots)]
    turned = all(isinstance(t, Transpose) for t in terms)
    if turned and not across:
        terms = [t.of for t in terms if isinstance(t, Transpose)]
    first = terms[0]
    if not isinstance(first, Ref) or len({_without_number(t) for t in terms}) > 1:
        return None
    if first.example == Index("", 1) and not first.subs:
        every = replace(first, example=Index(EVERY))
        if across:
            return every
        return Transpose(every) if turned else Transpose(Listing((first, None, *terms[1:]), "["))
    if first.subs == (Index("", 1),) and first.example is None and not across:
        every = replace(first, subs=())
        return Transpose(every) if turned else Listing((first, None, *terms[1:]), "[")
    return None


def _without_number(term: Term) -> Term | None:
    """A quantity without the number that stands in a row of them."""
    if not isinstance(term, Ref):
        return None
    head, bar, _ = term.name.rpartition("_")
    if bar and not indices(term):  # an end such as the m of x_m that is no index elsewhere
        return replace(term, name=head, subs=(Index(EVERY),))
    if len(term.subs) + (term.example is not None) != 1:
        return None
    return replace(
        term, example=None if term.example is None else Index(EVERY), subs=term.subs and (Index(EVERY),)
    )


def _cells(body: Expr) -> tuple[tuple[Expr, ...], bool]:
    """What stands in a row or a column, and whether it is a row."""
    if isinstance(body, Matrix):
        if len(body.rows) == 1:
            return body.rows[0], True
        return (tuple(row[0] for row in body.rows), False) if len(body.rows[0]) == 1 else ((), True)
    if isinstance(body, Group) and body.bracket in ("[", "(") and len(body.args) == 1:
        inner = body.args[0]
        if isinstance(inner, Product) and not any(op for op, _ in inner.items):
            return tuple(item for _, item in inner.items), True
    return (), True
