r"""``X = [x^{(1)} x^{(2)} \cdots x^{(m)}]``: a matrix that is told by the examples in its columns, or in its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..parse import Dots, Expr, Group, Matrix, Product
from ._terms import EVERY, Index, Ref, Term, Transpose

if TYPE_CHECKING:
    from ._structure import Structure


def stacked(body: Expr, structure: Structure) -> Term | None:
    """The examples of a matrix as one array; None for what is no row or column of them with an ellipsis.

    Columns stand side by side, rows above each other and transposed.
    """
    cells, across = _cells(body)
    if len(cells) < 3 or not any(isinstance(c, Dots) for c in cells):
        return None
    terms = [structure.term(c) for c in cells if not isinstance(c, Dots)]
    if not across:
        if not all(isinstance(t, Transpose) for t in terms):
            return None
        terms = [t.of for t in terms if isinstance(t, Transpose)]
    first = terms[0]
    if not isinstance(first, Ref) or first.example != Index("", 1) or first.subs:
        return None
    alike = {
        (t.name, t.layer, t.time) if isinstance(t, Ref) and t.example is not None else None for t in terms
    }
    if alike != {(first.name, first.layer, first.time)}:
        return None
    every = Ref(first.name, first.layer, Index(EVERY), (), first.time)
    return every if across else Transpose(every)


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
