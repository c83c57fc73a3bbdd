"""Columns on top of each other and rows side by side: ``[h_{t-1}, x_t]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator


def joined(ev: Evaluator, values: list[list[Value]]) -> Value:
    """One array of several: of columns a longer column; of rows, or where rows are examples, a wider matrix.

    Raises
    ------
    NotUnderstoodError
        Which way they stand is not told.
    """
    if any(len(row) > 1 for row in values):
        raise NotUnderstoodError("a matrix of matrices")
    parts = [row[0] for row in values]
    columns = all(v.cols.root().value == 1 for v in parts)
    rows = all(v.rows.root().value == 1 for v in parts)
    if columns == rows and ev.world.context.examples != "rows":
        raise NotUnderstoodError("whether these arrays stand side by side or on top of each other")
    if columns and not rows:
        return _on_top(ev, parts)
    turned = _on_top(ev, [ev.algebra.transposed(v) for v in parts])
    return ev.algebra.transposed(turned)


def _on_top(ev: Evaluator, parts: list[Value]) -> Value:
    if ev.graph is None:
        for other in parts[1:]:
            ev.algebra.unify(parts[0].cols, other.cols)
        total = ev.world.new_dim()
        ev.world.sums.append((total, [v.rows for v in parts]))
        return Value(total, parts[0].cols)
    cells = tuple(c for v in parts for c in v.cells or ())
    return Value(Dim(sum(v.size()[0] for v in parts)), parts[0].cols, cells)
