"""Terms to values: one walk for shapes and for cells."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import (
    Add,
    Big,
    Branches,
    Call,
    Condition,
    Derivative,
    Div,
    Entry,
    Gradient,
    Index,
    Listing,
    Mul,
    Norm,
    Number,
    Pow,
    Prime,
    Ref,
    Table,
    Term,
    Transpose,
)
from ._cases import cases
from ._dag import Graph, Node
from ._functions import call, prime
from ._gradients import gradient
from ._joined import joined
from ._matrices import inverse
from ._quantities import quantity, select
from ._slopes import derivative
from ._sums import big
from ._values import Dim, Value
from ._world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = int | Dim
MAX_DEPTH = 120


class Evaluator:
    """Evaluates the terms of one world; ``env`` holds what the indices stand for, ``params`` the arguments."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.algebra = world.algebra
        self.env: dict[str, Place] = {}
        # The layers of the claim: what a loss depends on is said of these, wherever the loss is met.
        self.outermost: dict[str, Place] | None = None
        self.params: dict[str, Value] = {}
        self.given_ways: set[Ref] = set()
        self.depth = 0
        self.defining = 0
        self.open_sums: frozenset[str] | set[str] = frozenset()

    @property
    def graph(self) -> Graph | None:
        return self.world.graph

    @contextmanager
    def bound(
        self,
        env: Mapping[str, Place] | None = None,
        params: Mapping[str, Value] | None = None,
        fresh: bool = False,
    ) -> Iterator[None]:
        """Bind indices and arguments for a while; ``fresh`` forgets those of the caller."""
        saved = self.env, self.params, self.outermost
        if fresh:
            world = self.world
            ambient: dict[str, Place] = {**world.ambient_steps}
            if self.graph is None:
                ambient |= world.ambient_dims
            ambient |= {k: v for k, v in self.env.items() if k in world.ambient or k in world.ambient_steps}
            self.env, self.params = {**ambient, **(env or {})}, dict(params or {})
            if self.outermost is None:
                self.outermost = {k: v for k, v in self.env.items() if k in world.ambient_steps}
        else:
            self.env, self.params = {**self.env, **(env or {})}, {**self.params, **(params or {})}
        try:
            yield
        finally:
            self.env, self.params, self.outermost = saved

    @contextmanager
    def inside_loss(self, loss: bool) -> Iterator[None]:
        """Whether products are the terms of a loss, which are numbers."""
        saved, self.algebra.in_loss = self.algebra.in_loss, loss
        try:
            yield
        finally:
            self.algebra.in_loss = saved

    def number(self, value: Fraction | int) -> Value:
        return self.algebra.scalar(None if self.graph is None else self.graph.num(value))

    def value(self, term: Term) -> Value:
        """The value of a term.

        Raises
        ------
        NotUnderstoodError, ShapeClashError
        """
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotUnderstoodError("a definition that goes in circles")
        try:
            return self._value(term)
        finally:
            self.depth -= 1

    def _value(self, term: Term) -> Value:
        algebra = self.algebra
        match term:
            case Number(number, digits):
                if (
                    self.world.numeric
                    and digits >= 0
                    and number not in self.world.given
                    and self.graph is not None
                ):
                    return algebra.scalar(self.graph.make("dec", (number, digits)))
                return self.number(number)
            case Ref():
                return quantity(self, term)
            case Call():
                return call(self, term)
            case Prime():
                return prime(self, term)
            case Gradient():
                return gradient(self, term.of)
            case Derivative():
                return derivative(self, term)
            case Add(terms):
                total: Value | None = None
                for sign, inner in terms:
                    value = self.value(inner)
                    if total is None:
                        total = value if sign > 0 else algebra.negated(value)
                    else:
                        if self.graph is None and not self._is_gate(terms, inner):
                            self._bias(total, inner, value)
                        total = algebra.add(total, value, sign)
                assert total is not None
                return total
            case Mul(items):
                return self.product(items)
            case Div(num, den):
                return algebra.divided(self.value(num), self.value(den))
            case Pow(base, exponent):
                return self.power(base, exponent)
            case Transpose(of):
                return algebra.transposed(self.value(of))
            case Big():
                return big(self, term)
            case Table(rows):
                return self.table(rows)
            case Branches(branches):
                return self.branches(branches)
            case Norm(of, order):
                return self.norm(of, order)
            case Entry():
                return self.entry(term)
            case Listing(items):
                if any(item is None for item in items) or len(items) < 2:
                    raise NotUnderstoodError("a list of several terms")
                return self.table(tuple((item,) for item in items if item is not None))
        raise NotUnderstoodError(f"a {type(term).__name__}")

    def _is_gate(self, terms: Sequence[tuple[int, Term]], term: Term) -> bool:
        """Whether z stands in ``1 - z``, and the document multiplies by it entry by entry: ``(1 - z) ⊙ h``."""
        gate = isinstance(term, Ref) and term.name in self.world.usage.entrywise
        return gate and len(terms) == 2 and isinstance(terms[0][1], Number)

    def _bias(self, total: Value, term: Term, value: Value) -> None:
        """A letter added to a number, or to a row, is no column, if only its letter made it one."""
        if isinstance(term, Ref) and term.name in self.world.guessed and not value.is_scalar:
            row = total.rows.root().value == 1
            for dim in (
                (value.rows.root(), value.cols.root())
                if total.is_scalar
                else (value.rows.root(),)
                if row
                else ()
            ):
                if dim.value is None and not dim.settled:
                    self.algebra.unify(dim, Dim(1))

    def product(self, items: tuple[tuple[str, Term], ...]) -> Value:
        """Multiply from left to right; scalars first commute out of the way of matrices.

        What stands side by side binds first where × is the matrix product, and that is none.
        """
        told = self.world.context.products
        crosses = [k for k, (op, _) in enumerate(items) if op == "×" and k]
        if crosses:
            self.algebra.asked.update(("×", ""))
        if crosses and told.get("×") == "matrix" and told.get("") == "alike":
            cuts = [0, *crosses, len(items)]
            groups = [items[a:b] for a, b in itertools.pairwise(cuts)]
            items = tuple((g[0][0], g[0][1] if len(g) == 1 else Mul((("", g[0][1]), *g[1:]))) for g in groups)
        values = [(op, self.value(t)) for op, t in items]
        total = values[0][1]
        for op, value in values[1:]:
            total = self.algebra.product(op, total, value)
        return total

    def power(self, base: Term, exponent: Term) -> Value:
        a, b = self.value(base), self.value(exponent)
        if not b.is_scalar:
            raise NotUnderstoodError("a power whose exponent is no number")
        matrix = a.rows.root().value != 1 and a.cols.root().value != 1
        inverted = exponent == Number(Fraction(-1)) or exponent == Add(((-1, Number(Fraction(1))),))
        by_entry = self.world.context.all_elementwise
        if matrix and inverted and not by_entry:
            if a.rows.root() is not a.cols.root() and self.graph is None and not isinstance(base, Ref):
                raise NotUnderstoodError("whether this power inverts a matrix or each of its entries")
            return inverse(self, a)
        size = a.rows.root().value if isinstance(base, Table) or self.graph is not None else None
        square = a.rows.root() is a.cols.root() or (size is not None and size == a.cols.root().value)
        if matrix and square and not by_entry:
            raise NotUnderstoodError(
                "whether this power multiplies a matrix by itself or each of its entries"
            )
        if matrix and isinstance(exponent, Add) and not by_entry:
            raise NotUnderstoodError("a negative power of a matrix")
        if self.graph is None or a.cells is None or b.cells is None:
            return a
        graph, node = self.graph, b.cells[0]
        return self.algebra.mapped(a, lambda x: graph.pow(x, node))

    def place(self, index: Index) -> Place:
        """What an index stands for now."""
        if index.label:
            raise NotUnderstoodError(f"the label {index.name}")
        if not index.name:
            return index.offset
        if index.moves:
            return self.window(index)
        found = self.env.get(index.name)
        if found is None:
            if index.name in self.world.tops:
                return self.world.tops[index.name] + index.offset
            raise NotUnderstoodError(f"the index {index.name}")
        if isinstance(found, Dim):
            if index.offset:
                raise NotUnderstoodError(f"the shifted index {index}")
            return found
        return found + index.offset

    def window(self, index: Index) -> Place:
        """Where ``i + k - 1`` is; while shapes are found, an axis as long as the window reaches."""
        if self.world.context.wraps:
            raise NotUnderstoodError("indices that may go round")
        found = [self.env.get(name) for name in (index.name, *index.also)]
        if any(place is None for place in found):
            raise NotUnderstoodError(f"the index {index}")
        factors = [self.world.multiple(f) for f in index.times] or [1] * len(found)
        shift = index.offset + (1 - sum(factors) if index.zero else 0)
        if all(isinstance(place, int) for place in found):
            return sum(f * int(p) for f, p in zip(factors, found, strict=True) if isinstance(p, int)) + shift
        axis = self.world.new_dim()
        axes = [place if isinstance(place, Dim) else Dim(place) for place in found]
        if min(factors) > 0 and (self.defining or not self.world.context.zero_outside):
            self.world.windows.append((axis, [(f, a) for f, a in zip(factors, axes, strict=True)], shift))
        return axis

    def loose_place(self, index: Index, offset: int = 0) -> Place:
        """As `place`, less the offset of a definition's head; a shifted axis is the axis, while shapes are found."""
        moves = index.moves or not index.name
        if self.graph is None and not moves and isinstance(self.env.get(index.name), Dim):
            return self.env[index.name]
        place = self.place(index)
        return place - offset if isinstance(place, int) else place

    def pick(self, value: Value, ref: Ref) -> Value:
        """Take from an array what the indices of a reference say."""
        return select(self, ref, value) if ref.subs or ref.example is not None else value

    def step(self, index: Index | None) -> int | None:
        """The number of a layer or a time."""
        if index is None:
            return None
        place = self.place(index)
        if isinstance(place, Dim):
            raise NotUnderstoodError(f"the layer {index}")
        return place

    def select(self, value: Value, row: Place | None, col: Place | None) -> Value:
        """Take an entry, a row or a column; an index without a number unifies with the axis."""
        if value.cells is None:
            for axis, place in ((value.rows, row), (value.cols, col)):
                if isinstance(place, Dim):
                    self.algebra.unify(axis, place)
            return Value(Dim(1) if row is not None else value.rows, Dim(1) if col is not None else value.cols)
        rows, cols = value.size()
        picked_rows = range(rows) if row is None else [self.position(row)]
        picked_cols = range(cols) if col is None else [self.position(col)]
        cells = tuple(value.at(r, c) for r in picked_rows for c in picked_cols)
        return Value(
            Dim(1) if row is not None else value.rows, Dim(1) if col is not None else value.cols, cells
        )

    def position(self, place: Place) -> int:
        if isinstance(place, Dim):
            raise NotUnderstoodError("an index without a number")
        return place - 1

    def entry(self, term: Entry) -> Value:
        value = self.value(term.of)
        if term.example is not None:
            value = self.select(value, None, self.place(term.example))
        if len(term.subs) == 1:
            if value.cols.root().value != 1:
                raise NotUnderstoodError("one index on a matrix")
            return self.select(value, self.place(term.subs[0]), None)
        if len(term.subs) == 2:
            return self.select(value, self.place(term.subs[0]), self.place(term.subs[1]))
        return value

    def table(self, rows: tuple[tuple[Term, ...], ...]) -> Value:
        values = [[self.value(t) for t in row] for row in rows]
        if not all(v.is_scalar for row in values for v in row):
            return joined(self, values)
        cells = None if self.graph is None else tuple(v.at(0, 0) for row in values for v in row)
        return Value(Dim(len(rows)), Dim(len(rows[0])), cells)

    def branches(self, branches: tuple[tuple[Term, tuple[Condition, ...]], ...]) -> Value:
        return cases(self, branches)

    def norm(self, of: Term, order: int) -> Value:
        value = self.value(of)
        if order == 0:
            graph = self.graph
            if not value.is_scalar:
                raise NotUnderstoodError("bars around something that is no number")
            return value if graph is None else self.algebra.mapped(value, lambda x: graph.fn("abs", x))
        if self.graph is None or value.cells is None:
            return self.algebra.scalar()
        two = self.graph.num(2)
        total = self.graph.add(self.graph.pow(c, two) for c in value.cells)
        return self.algebra.scalar(self.graph.fn("sqrt", total))


def nodes_of(value: Value) -> tuple[Node, ...]:
    """The cells of a value that has them."""
    assert value.cells is not None
    return value.cells
