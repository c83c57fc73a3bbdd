"""Terms to values: one walk for shapes and for cells."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import LimitError, NotUnderstoodError
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
    indices,
    refs,
)
from ._dag import Graph, Node
from ._matrices import inverse
from ._values import Dim, Value
from ._world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = int | Dim
MAX_DEPTH = 120
# Written limits may be anything; each term costs some ten microseconds.
MAX_TERMS = 20_000


class Evaluator:
    """Evaluates the terms of one world; ``env`` holds what the indices stand for, ``params`` the arguments."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.algebra = world.algebra
        self.env: dict[str, Place] = {}
        self.params: dict[str, Value] = {}
        self.depth = 0

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
        saved = self.env, self.params
        kept = self.world.ambient | self.world.ambient_steps.keys()
        ambient: dict[str, Place] = {k: v for k, v in self.env.items() if k in kept}
        if self.graph is None:
            ambient = {**self.world.ambient_dims, **ambient}
        ambient = {**self.world.ambient_steps, **ambient}
        self.env = {**ambient, **(env or {})} if fresh else {**self.env, **(env or {})}
        self.params = dict(params or {}) if fresh else {**self.params, **(params or {})}
        try:
            yield
        finally:
            self.env, self.params = saved

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
        from ._functions import call, prime
        from ._gradients import gradient
        from ._quantities import quantity
        from ._slopes import derivative

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
                        if self.graph is None:
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
                return self.big(term)
            case Table(rows):
                return self.table(rows)
            case Branches(branches):
                return self.branches(branches)
            case Norm(of, order):
                return self.norm(of, order)
            case Entry():
                return self.entry(term)
            case Listing():
                raise NotUnderstoodError("a list of several terms")
        raise NotUnderstoodError(f"a {type(term).__name__}")

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
        """Multiply from left to right; scalars first commute out of the way of matrices."""
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
        if matrix and isinstance(exponent, Add) and not by_entry:
            raise NotUnderstoodError("a negative power of a matrix")
        if self.graph is None or a.cells is None or b.cells is None:
            return a
        graph, node = self.graph, b.cells[0]
        return self.algebra.mapped(a, lambda x: graph.pow(x, node))

    def integer(self, term: Term) -> int:
        """A term that must be a whole number now."""
        value = self.value(term)
        node = value.cells[0] if value.is_scalar and value.cells else None
        if (
            node is None
            or node.op != "num"
            or not isinstance(node.data, Fraction)
            or node.data.denominator != 1
        ):
            raise NotUnderstoodError("a limit of a sum that is no whole number")
        return int(node.data)

    def layered(self, name: str, term: Big) -> bool:
        """Whether the index of a sum counts layers or times rather than entries."""
        for ref in refs(term.body):
            for slot in (ref.layer, ref.time):
                if slot is not None and slot.name == name:
                    return True
        return False

    def big(self, term: Big) -> Value:
        name = term.index
        if not name:
            return self.whole_sum(term)
        labels = self.world.ambient | {i.name for r in refs(term.body) for i in indices(r)}
        if f"y_{name}" in labels or f"c_{name}" in labels:
            raise NotUnderstoodError(f"labels that vary with {name}")
        if self.layered(name, term):
            places: list[Place] = [*_few(self.steps(term))]
        elif self.graph is None:
            places = [self.range_dim(term)]
        else:
            places = [*_few(self.numbers(term))]
        total: Value | None = None
        for place in places:
            with self.bound({name: place}):
                if isinstance(place, int) and any(self.place(x) == place for x in term.without):
                    continue
                value = self.value(term.body)
            if term.kind == "prod":
                total = value if total is None else self.algebra.elementwise(total, value)
            else:
                total = value if total is None else self.algebra.add(total, value)
        if total is None:
            return self.number(1 if term.kind == "prod" else 0)
        return total

    def numbers(self, term: Big) -> range:
        """What the index of a sum runs through."""
        if _is_partial(term):
            low = 1 if term.low is None else self.integer(term.low)
            return (
                range(low, self.integer(term.high) + 1)
                if term.high is not None
                else range(low, self.extent(term) + 1)
            )
        return range(1, self.extent(term) + 1)

    def whole_sum(self, term: Big) -> Value:
        """A sum without an index adds up the examples."""
        value = self.value(term.body)
        examples = self.world.context.examples
        if value.is_scalar or not examples:
            raise NotUnderstoodError("a sum without an index")
        self.world.note("a sum without an index runs over the examples")
        return self.algebra.summed(value, 1 if examples == "columns" else 0)

    def steps(self, term: Big) -> range:
        """The layers that a sum runs over."""
        if term.low is None or term.high is None:
            return range(1, self.world.layers + 1)
        return range(self.layer_number(term.low), self.layer_number(term.high) + 1)

    def layer_number(self, term: Term) -> int:
        if isinstance(term, Number) and term.value.denominator == 1:
            return int(term.value)
        if isinstance(term, Ref) and isinstance(self.env.get(term.name), int):
            return int(self.env[term.name])  # type: ignore[arg-type]
        if isinstance(term, Ref) and not term.subs and term.name in self.world.tops:
            return self.world.tops[term.name]
        if isinstance(term, Ref) and term.name == "T":
            return self.world.layers
        if isinstance(term, Add) and len(term.terms) == 2:
            (_, first), (sign, second) = term.terms
            if isinstance(second, Number) and second.value.denominator == 1:
                return self.layer_number(first) + sign * int(second.value)
        raise NotUnderstoodError("the layers that a sum runs over")

    def scope(self, term: Term) -> tuple[object, ...]:
        numbers = tuple(sorted((k, v) for k, v in self.env.items() if isinstance(v, int) and self.is_step(k)))
        return (id(term), numbers)

    def is_step(self, name: str) -> bool:
        """Whether an index counts layers or times."""
        return name in self.world.context.lexicon.layers or name in ("t", "s", "tau", "l", "L")

    def range_dim(self, term: Big) -> Dim:
        """The axis that the index of a sum runs over."""
        key = self.scope(term)
        if key not in self.world.index_dims:
            self.world.index_dims[key] = self.limit_dim(term)
        return self.world.index_dims[key]

    def limit_dim(self, term: Big) -> Dim:
        if term.high is None:
            known = self.world.context.ranges.get(term.index)
            if known is not None and term.low is None:
                return self.world.size_dim(known[1], self.steps_env())
            return self.world.new_dim()
        if _is_partial(term):
            if isinstance(term.low, Number) and term.low.value < 1:
                raise NotUnderstoodError("a sum that does not start at 1")
            return self.world.new_dim()  # the axis is that of what it indexes
        return self.world.size_dim(term.high, self.steps_env())

    def steps_env(self) -> dict[str, int]:
        return {k: v for k, v in self.env.items() if isinstance(v, int)}

    def extent(self, term: Big) -> int:
        dim = self.world.index_dims.get(self.scope(term))
        if dim is None:
            dim = self.limit_dim(term)
        size = dim.root().value
        if size is None:
            raise NotUnderstoodError(f"the range of {term.index}")
        return size

    def place(self, index: Index) -> Place:
        """What an index stands for now."""
        if index.label:
            raise NotUnderstoodError(f"the label {index.name}")
        if not index.name:
            return index.offset
        if index.also:
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
        found = [self.env.get(name) for name in (index.name, *index.also)]
        if any(place is None for place in found):
            raise NotUnderstoodError(f"the index {index}")
        if all(isinstance(place, int) for place in found):
            return sum(int(place) for place in found if isinstance(place, int)) + index.offset
        axis = self.world.new_dim()
        axes = [place if isinstance(place, Dim) else Dim(place) for place in found]
        self.world.windows.append((axis, axes, index.offset))
        return axis

    def loose_place(self, index: Index, offset: int = 0) -> Place:
        """As `place`, less the offset of a definition's head; a shifted axis is the axis, while shapes are found."""
        if self.graph is None and index.name and isinstance(self.env.get(index.name), Dim):
            return self.env[index.name]
        place = self.place(index)
        return place - offset if isinstance(place, int) else place

    def pick(self, value: Value, ref: Ref) -> Value:
        """Take from an array what the indices of a reference say."""
        from ._quantities import select

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
            raise NotUnderstoodError("a matrix of matrices")
        cells = None if self.graph is None else tuple(v.at(0, 0) for row in values for v in row)
        return Value(Dim(len(rows)), Dim(len(rows[0])), cells)

    def branches(self, branches: tuple[tuple[Term, tuple[Condition, ...]], ...]) -> Value:
        from ._cases import cases

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


def _few(places: range) -> range:
    """The places that an index runs through, if they can be gone through."""
    if (count := places.stop - places.start) > MAX_TERMS:
        raise LimitError(
            f"a sum or product of {count:,} terms is written; at most {MAX_TERMS:,} are added up"
        )
    return places


def _is_partial(term: Big) -> bool:
    """Whether a sum may run over a part of an axis: from 2, or to n - 1."""
    starts = term.low is None or (isinstance(term.low, Number) and term.low.value == 1)
    ends = isinstance(term.high, Add) and term.high.terms[-1][0] < 0
    return not starts or ends


def nodes_of(value: Value) -> tuple[Node, ...]:
    """The cells of a value that has them."""
    assert value.cells is not None
    return value.cells
