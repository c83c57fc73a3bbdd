"""Inverses, determinants, identity and diagonal matrices, at sizes so small that they can be written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import Ref
from ._dag import Graph, Node
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator

# A determinant is written out by minors; beyond this size it would fill the graph.
LARGEST = 3


def determinant(ev: Evaluator, value: Value) -> Value:
    """The determinant of a square matrix."""
    _square(ev, value)
    if ev.graph is None or value.cells is None:
        return ev.algebra.scalar()
    size = _size(value)
    rows = [list(value.cells[i * size : (i + 1) * size]) for i in range(size)]
    return ev.algebra.scalar(_minors(ev.graph, rows))


def inverse(ev: Evaluator, value: Value) -> Value:
    """The inverse of a square matrix, as adjugate over determinant."""
    _square(ev, value)
    graph = ev.graph
    if graph is None or value.cells is None:
        return Value(value.rows, value.cols)
    size = _size(value)
    rows = [list(value.cells[i * size : (i + 1) * size]) for i in range(size)]
    whole = _minors(graph, rows)
    cells = []
    for i in range(size):
        for j in range(size):
            minor = [[x for c, x in enumerate(row) if c != i] for r, row in enumerate(rows) if r != j]
            cofactor = _minors(graph, minor) if minor else graph.one
            signed = cofactor if (i + j) % 2 == 0 else graph.neg(cofactor)
            cells.append(graph.div(signed, whole))
    return Value(value.rows, value.cols, tuple(cells))


def _square(ev: Evaluator, value: Value) -> None:
    ev.algebra.unify(value.rows, value.cols)
    value.rows.root().small = True


def _size(value: Value) -> int:
    rows, cols = value.size()
    if rows != cols:
        raise NotUnderstoodError("the inverse of a matrix that is not square")
    if rows > LARGEST:
        raise NotUnderstoodError(f"the inverse of a matrix with {rows} rows")
    return rows


def _minors(graph: Graph, rows: Sequence[Sequence[Node]]) -> Node:
    if len(rows) == 1:
        return rows[0][0]
    terms = []
    for j, head in enumerate(rows[0]):
        rest = [[x for c, x in enumerate(row) if c != j] for row in rows[1:]]
        term = graph.mul((head, _minors(graph, rest)))
        terms.append(term if j % 2 == 0 else graph.neg(term))
    return graph.add(terms)


def diagonal(ev: Evaluator, value: Value) -> Value:
    """The diagonal matrix with the entries of a column or a row."""
    if value.cols.root().value == 1:
        dim = value.rows
    elif value.rows.root().value == 1:
        dim = value.cols
    else:
        raise NotUnderstoodError("diag of a matrix")
    if ev.graph is None or value.cells is None:
        return Value(dim, dim)
    count, zero = len(value.cells), ev.graph.zero
    cells = tuple(value.cells[i] if i == j else zero for i in range(count) for j in range(count))
    return Value(dim, dim, cells)


def is_identity(ev: Evaluator, ref: Ref) -> bool:
    """Whether a name is the identity matrix: I where nothing defines it and matrices are spoken of."""
    if ref.name.partition("_")[0] != "I" or ref.layer is not None or ref.example is not None:
        return False
    usage = ev.world.usage
    if any(s.name in ev.world.context.lexicon.indices and len(ref.subs) > 1 for s in ref.subs):
        return False
    return usage.matrices and "I" not in usage.subs and ev.world.context.defined(ref) is None


def identity(ev: Evaluator, ref: Ref) -> Value:
    """The identity matrix of whatever size fits, or of the size that its subscript names."""
    world = ev.world
    label = next((s.name for s in ref.subs if s.name), ref.name.partition("_")[2])
    key = ("identity", label, world.mark(ref) if not label else 0)
    if key not in world.index_dims:
        world.index_dims[key] = world.named_dim(label) if label else world.new_dim()
    dim = world.index_dims[key]
    if ev.graph is None:
        return Value(dim, dim)
    size = dim.root().value or 1
    one, zero = ev.graph.one, ev.graph.zero
    world.note("I is the identity matrix")
    return Value(dim, dim, tuple(one if i == j else zero for i in range(size) for j in range(size)))


def ones(ev: Evaluator, ref: Ref) -> Value:
    """A column of ones; its length is the subscript, or whatever fits."""
    world = ev.world
    label = next((s.name for s in ref.subs if s.name), ref.name.partition("_")[2])
    key = ("ones", label, world.mark(ref) if not label else 0)
    if key not in world.index_dims:
        world.index_dims[key] = world.named_dim(label) if label else world.new_dim()
    dim = world.index_dims[key]
    row = ref.name in world.context.rows
    shape = (Dim(1), dim) if row else (dim, Dim(1))
    if ev.graph is None:
        return Value(*shape)
    return Value(*shape, (ev.graph.one,) * (dim.root().value or 1))
