"""Arrays of scalars, and arrays of which only the shape is known: the same operations on both.

Every value has two axes; a number is one by one, a vector is a column.
In a *shape pass* the axes are ``Dim`` objects that unify as the definitions of the document are read; afterwards each
gets a small size of its own, all different, so that a transpose cannot hide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .._errors import NotUnderstoodError, OutOfRangeError, ShapeClashError
from ._dag import Graph, Node


@dataclass(eq=False)
class Dim:
    """The size of an axis: known, or to be unified with others.

    A *small* one belongs to a matrix that is inverted.
    A *settled* dimension came from the document's definitions; two of them are never made equal by a claim.
    """

    value: int | None = None
    parent: Dim | None = None
    settled: bool = False
    small: bool = False

    def root(self) -> Dim:
        top = self
        while top.parent is not None:
            top = top.parent
        return top


@dataclass(slots=True, eq=False)  # thousands are made, and frozen ones take four times as long
class Value:
    """Rows, columns and the cells row by row, never changed; no cells in a shape pass."""

    rows: Dim
    cols: Dim
    cells: tuple[Node, ...] | None = None
    lifted: bool = False

    @property
    def is_scalar(self) -> bool:
        return self.rows.root().value == 1 and self.cols.root().value == 1

    def size(self) -> tuple[int, int]:
        rows, cols = self.rows.root().value, self.cols.root().value
        if rows is None or cols is None:
            raise NotUnderstoodError("a size that nothing in the document fixes")
        return rows, cols

    def at(self, row: int, col: int) -> Node:
        rows, cols = self.size()
        if not (0 <= row < rows and 0 <= col < cols):
            raise OutOfRangeError(f"entry {row + 1}, {col + 1} of a quantity with {rows} × {cols} entries")
        assert self.cells is not None
        return self.cells[row * cols + col]


@dataclass
class Algebra:
    """Operations on values; without a graph only shapes are computed. ``asked`` are the signs whose product mattered."""

    graph: Graph | None
    products: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    in_loss: bool = False

    def unify(self, a: Dim, b: Dim) -> None:
        """Make two axes one.

        Raises
        ------
        ShapeClashError
            They are known to differ.
        """
        a, b = a.root(), b.root()
        if a is b:
            return
        if a.value is not None and b.value is not None:
            if a.value != b.value:
                raise ShapeClashError(f"{a.value} entries against {b.value}")
            return
        if (a.settled and (b.settled or b.value is not None)) or (b.settled and a.value is not None):
            raise ShapeClashError("the document gives these two axes different sizes")
        if a.value is not None or (a.settled and b.value is None):
            a, b = b, a
        a.parent = b
        b.small = b.small or a.small

    def same(self, a: Dim, b: Dim) -> bool:
        a, b = a.root(), b.root()
        return a is b or (a.value is not None and a.value == b.value)

    def scalar(self, node: Node | None = None) -> Value:
        cells = None if self.graph is None else (node if node is not None else self.graph.zero,)
        return Value(Dim(1), Dim(1), cells)

    def transposed(self, a: Value) -> Value:
        if a.cells is None:
            return Value(a.cols, a.rows)
        rows, cols = a.size()
        return Value(a.cols, a.rows, tuple(a.cells[r * cols + c] for c in range(cols) for r in range(rows)))

    def mapped(self, a: Value, function: Callable[[Node], Node]) -> Value:
        return Value(a.rows, a.cols, None if a.cells is None else tuple(map(function, a.cells)))

    def _broadcast(self, a: Dim, b: Dim) -> Dim:
        if a.root().value == 1:
            return b
        if b.root().value != 1:
            self.unify(a, b)
        return a

    def zipped(self, a: Value, b: Value, function: Callable[[Node, Node], Node]) -> Value:
        """Combine entry by entry; an axis of length one is repeated, as NumPy does.

        Raises
        ------
        NotUnderstoodError
            A column meets a row of the same axis: nobody who writes formulas means the table of all pairs.
        """
        for one, other in ((a, b), (b, a)):
            column = one.cols.root().value == 1 and other.rows.root().value == 1
            if column and one.rows.root() is other.cols.root() and one.rows.root().value != 1:
                raise NotUnderstoodError("a column and a row of one length, entry by entry")
        rows, cols = self._broadcast(a.rows, b.rows), self._broadcast(a.cols, b.cols)
        if a.cells is None or b.cells is None:
            return Value(rows, cols)
        (ar, ac), (br, bc) = a.size(), b.size()
        if (ar, ac) == (br, bc):
            return Value(rows, cols, tuple(map(function, a.cells, b.cells)))
        if ar == ac == 1:
            return Value(rows, cols, tuple([function(a.cells[0], y) for y in b.cells]))
        if br == bc == 1:
            return Value(rows, cols, tuple([function(x, b.cells[0]) for x in a.cells]))
        r_max, c_max = max(ar, br), max(ac, bc)
        cells = [
            function(a.cells[(r if ar > 1 else 0) * ac + (c if ac > 1 else 0)],
                     b.cells[(r if br > 1 else 0) * bc + (c if bc > 1 else 0)])
            for r in range(r_max) for c in range(c_max)
        ]  # fmt: skip
        return Value(rows, cols, tuple(cells))

    def add(self, a: Value, b: Value, sign: int = 1) -> Value:
        graph = self.graph
        if graph is None:
            return self.zipped(a, b, _never)
        return self.zipped(a, b, lambda x, y: graph.add((x, y)) if sign > 0 else graph.sub(x, y))

    def negated(self, a: Value) -> Value:
        return a if self.graph is None else self.mapped(a, self.graph.neg)

    def elementwise(self, a: Value, b: Value) -> Value:
        graph = self.graph
        return self.zipped(a, b, _never if graph is None else graph.times)

    def divided(self, a: Value, b: Value) -> Value:
        graph = self.graph
        return self.zipped(a, b, _never if graph is None else graph.div)

    def matmul(self, a: Value, b: Value) -> Value:
        self.unify(a.cols, b.rows)
        if a.cells is None or b.cells is None or self.graph is None:
            return Value(a.rows, b.cols)
        (rows, inner), (_, cols) = a.size(), b.size()
        graph = self.graph
        across = [a.cells[r * inner : (r + 1) * inner] for r in range(rows)]
        down = [b.cells[c::cols] for c in range(cols)]
        cells = [graph.add(map(graph.times, x, y)) for x in across for y in down]
        return Value(a.rows, b.cols, tuple(cells))

    def product(self, op: str, a: Value, b: Value) -> Value:
        """Multiply by whatever product the operator means here."""
        if a.is_scalar or b.is_scalar:
            return self.elementwise(a, b)
        if b.lifted and op in ("", "·", "@") and a.cols.root().value != 1 == b.cols.root().value:
            return self.elementwise(
                a, self.transposed(b)
            )  # W ∂a/∂z: a diagonal matrix behind W scales its columns
        if (a.lifted or b.lifted) and op != "@":
            return self.elementwise(a, b)
        self.asked.add(op)
        told = self.products.get(op)
        if told == "elementwise" or (op in ("⊙", "∘") and told is None):
            return self.elementwise(a, b)
        if told == "alike":
            same = self.same(a.rows, b.rows) and self.same(a.cols, b.cols)
            return self.elementwise(a, b) if same else self.matmul(a, b)
        alike = self.same(a.rows, b.rows) and self.same(a.cols, b.cols)
        chained = self.same(a.cols, b.rows)
        if op == "*" and told is None:
            if alike:
                return self.elementwise(a, b)
            if chained:
                return self.matmul(a, b)
            return self.elementwise(a, b)
        if chained:
            return self.matmul(a, b)
        columns = a.cols.root().value == 1 and b.cols.root().value == 1
        if columns and op == "" and self.in_loss and a.cells is None and told is None:
            # The terms of a loss are numbers: y log a in a loss speaks of one output.
            for dim in (a.rows, b.rows):
                if dim.root().value is None:
                    self.unify(dim, Dim(1))
            if 1 in (a.rows.root().value, b.rows.root().value):
                return self.elementwise(a, b)
        if columns and op in ("·", "<"):
            try:
                return self.matmul(self.transposed(a), b)
            except ShapeClashError:  # of two lengths: the table of all products may be meant
                if op == "<" or told is not None:
                    raise
                raise NotUnderstoodError("which product of two columns is meant") from None
        if alike and told != "matrix" and op != "":
            return self.elementwise(a, b)
        if columns and told != "matrix":
            raise NotUnderstoodError("which product of two columns is meant")
        return self.matmul(a, b)

    def summed(self, a: Value, axis: int | None) -> Value:
        """Sum along an axis and keep it, or sum everything."""
        rows = Dim(1) if axis in (0, None) else a.rows
        cols = Dim(1) if axis in (1, None) else a.cols
        if a.cells is None or self.graph is None:
            return Value(rows, cols)
        r, c = a.size()
        if axis == 0:
            cells = [self.graph.add(a.at(i, j) for i in range(r)) for j in range(c)]
        elif axis == 1:
            cells = [self.graph.add(a.at(i, j) for j in range(c)) for i in range(r)]
        else:
            cells = [self.graph.add(a.cells)]
        return Value(rows, cols, tuple(cells))


def _never(_a: Node, _b: Node) -> Node:
    raise AssertionError("a shape pass has no cells")
