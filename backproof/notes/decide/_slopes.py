"""Derivatives from the document's own definitions.

A derivative by an intermediate quantity treats it as free: the graph stops at the named node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import NoDependenceError, NotUnderstoodError
from ..resolve import Call, Derivative, Index, Ref, Term, indices, refs
from ..resolve._context import OPEN
from ..resolve._lexicon import is_loss
from ..resolve._terms import NABLA, Transpose
from ._dag import Graph, Node, reachable
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator


def derivative(ev: Evaluator, term: Derivative) -> Value:
    """The derivative of a value by others, in the shape of what it is differentiated by."""
    for head, given in ev.world.context.values:
        if (
            isinstance(head, Derivative)
            and (head.of, head.by) == (term.of, term.by)
            and _is_open(ev, head.of)
        ):
            return ev.value(given)
    if (through := _by_way_of_given(ev, term)) is not None:
        return through
    if several := _arguments(ev, term):
        return _table(ev, term, several)
    term = _of_columns(ev, term)
    first, rest = _given_first(ev, term)
    of = ev.value(first)
    number = of.is_scalar
    for k, by_term in enumerate(rest):
        across = isinstance(by_term, Transpose)
        by_term = by_term.of if isinstance(by_term, Transpose) else by_term
        if by_term == NABLA:
            by_term = _variables(ev, term.of)
        if not isinstance(by_term, Ref):
            raise NotUnderstoodError("a derivative by something that is no quantity")
        by = ev.value(output(ev, by_term))
        scalar = of.is_scalar and not by.is_scalar
        if _is_slot(term, by_term, of):
            of = _in_slot(ev, of, by)
            continue
        if across and ev.graph is None and not scalar:
            of = Value(of.rows, by.rows)
            continue
        total = term.total or (term.of, by_term) in ev.world.context.totals
        if k and number and not of.is_scalar and not by.is_scalar:
            of = _curvature(ev, of, by, total, str(by_term))
            continue
        of = _one(ev, of, by, total, str(by_term))
        if across:
            of = _along_a_row(ev, of, by, scalar)
            continue
        jacobian = not scalar and not by.is_scalar and not of.lifted
        if (scalar or jacobian) and _lies_across(ev, term.of, by_term, scalar):
            of = ev.algebra.transposed(of)
    return of


def _is_open(ev: Evaluator, of: Term) -> bool:
    """Whether no formula gives a function; a loss without arguments may be given besides."""
    return not isinstance(of, Call) or ev.world.context.defined(of.function) is None


def _given_first(ev: Evaluator, term: Derivative) -> tuple[Term, tuple[Term, ...]]:
    """What is differentiated, and by what: of a gradient that the document gives a second derivative is the slope."""
    context = ev.world.context
    for head, given in context.values:
        if not isinstance(head, Derivative) or len(head.by) != 1 or len(term.by) != 2:
            continue
        of, by = head.of, head.by[0]
        if isinstance(of, Call) and not isinstance(term.of, Call):
            of = of.function if term.by != (NABLA, NABLA) or by in of.args else of
        same = of == term.of and term.by in ((by, by), (NABLA, NABLA))
        if same and not any(d.head.name in {r.name for r in refs(of)} for d in context.definitions):
            return given, (by,)
    return _at_its_argument(ev, term.of), term.by


def _along_a_row(ev: Evaluator, of: Value, by: Value, scalar: bool) -> Value:
    """``∂y/∂x^T``: the derivative by a row, so that row i is that of y_i."""
    if ev.graph is not None and (by.cols.root().value != 1 or of.lifted):
        raise NotUnderstoodError("a derivative by the transpose of something that is no column")
    return ev.algebra.transposed(of) if scalar else of


def _lies_across(ev: Evaluator, of: Term, by: Ref, scalar: bool) -> bool:
    """Whether a gradient is a row, or a Jacobian has a column for each entry of what is differentiated."""
    context = ev.world.context
    if scalar and isinstance(of, Ref) and (of.name, by.name) in context.row_slopes:
        return True
    if not scalar and context.jacobians:
        if context.jacobians == OPEN:
            raise NotUnderstoodError("which way a derivative by a column lies")
        return context.jacobians == "denominator"
    return ev.world.reading.lies("numerator" if scalar else "denominator", context.layout)


def _by_way_of_given(ev: Evaluator, term: Derivative) -> Value | None:
    """``∂E/∂w`` beside the given numbers ``∂E/∂u = 0.7`` and ``∂u/∂w``: their product, where u is the only way."""
    context, of = ev.world.context, term.of
    if ev.graph is None or not isinstance(of, Ref) or len(term.by) != 1 or of in ev.given_ways:
        return None
    slopes = [
        (head.by[0], given)
        for head, given in context.values
        if isinstance(head, Derivative) and head.of == of and len(head.by) == 1 and not refs(given)
    ]
    if not slopes or any(d.head.name == of.name for d in context.definitions):
        return None
    ev.given_ways.add(of)
    try:
        ways = [
            (via, given, inner) for via, given in slopes if (inner := _if_any(ev, via, term.by)) is not None
        ]
        apart = [v for v, *_ in ways if all(_if_any(ev, v, (u,)) is None for u, *_ in ways if u != v)]
    finally:
        ev.given_ways.discard(of)
    if len(apart) != 1:
        return None
    via, given, inner = next(way for way in ways if way[0] == apart[0])
    ev.world.note(f"{of} depends on {term.by[0]} by way of {via} alone")
    if not _is_told(ev, of, via, term.by[0]):
        ev.world.presumed.add(f"{of} may depend on {term.by[0]} in other ways than by {via}")
    return ev.algebra.elementwise(ev.value(given), inner)


def _if_any(ev: Evaluator, of: Term, by: tuple[Term, ...]) -> Value | None:
    """A derivative that is a number; None where nothing says what it is, or that there is any."""
    try:
        found = derivative(ev, Derivative(of, by, True))
    except NotUnderstoodError:
        return None
    return found if found.is_scalar else None


def _is_told(ev: Evaluator, of: Ref, via: Term, by: Term) -> bool:
    """Whether the text says by way of what a loss depends on a quantity, or no other formula speaks of the quantity."""
    context = ev.world.context
    if context.depends.get(of.name) == [via] and of.name not in context.by_slopes:
        return True
    speaks = [d.head for d in context.definitions if any(r == by for r in refs(d.body))]
    return speaks == [via]


def _arguments(ev: Evaluator, term: Derivative) -> tuple[Ref, ...]:
    """What ``∇f`` differentiates a function of several numbers by, in their order."""
    of = term.of
    if isinstance(of, Call) and not of.primes and all(isinstance(a, Ref) for a in of.args):
        of = of.function  # ∇J(w, b)
    known = ev.world.context.defined(of, function=True) if isinstance(of, Ref) else None
    if known is not None and isinstance(term.of, Call) and known.params != term.of.args:
        return ()
    several = known is not None and known.params is not None and len(known.params) > 1
    once_or_twice = term.by in ((NABLA,), (NABLA, NABLA))
    if not once_or_twice or ev.world.context.nabla is not None or known is None or not several:
        return ()
    return known.params or ()


def _of_its_arguments(ev: Evaluator, term: Derivative) -> Value:
    """The derivative of a function by its own arguments: zero where its formula does not hold one."""
    try:
        return derivative(ev, term)
    except NoDependenceError:
        return ev.number(0)


def _table(ev: Evaluator, term: Derivative, by: tuple[Ref, ...]) -> Value:
    """The gradient of a function of several numbers, or the matrix of its second derivatives."""
    across = by if len(term.by) == 2 else (None,)
    slopes = [(p,) if q is None else (p, q) for p in by for q in across]
    values = [_of_its_arguments(ev, Derivative(term.of, each, term.total)) for each in slopes]
    if not all(v.is_scalar for v in values):
        raise NotUnderstoodError("a gradient without its variable")
    cells = None if ev.graph is None else tuple(v.at(0, 0) for v in values)
    return Value(Dim(len(by)), Dim(len(across)), cells)


def _is_slot(term: Derivative, by: Term, of: Value) -> bool:
    """``∂f(x, h, w)/∂w`` of an open function is its derivative in that argument, whatever h depends on."""
    call = term.of
    several = isinstance(call, Call) and len(call.args) > 1 and by in call.args
    return several and not term.total and of.is_scalar and of.cells is not None and of.cells[0].op == "app"


def _in_slot(ev: Evaluator, of: Value, by: Value) -> Value:
    graph = ev.graph
    assert graph is not None
    assert of.cells is not None
    return Value(
        by.rows, by.cols, tuple(graph.derivative(of.cells[0], b, direct=True) for b in by.cells or ())
    )


def _of_columns(ev: Evaluator, term: Derivative) -> Derivative:
    """``dS/dZ`` where the document writes s_i and z_j: the capitals are the columns of these entries."""
    whole = [_column_of(ev, t) for t in (term.of, *term.by)]
    entries = [t for t in whole if t is not None]
    if len(entries) < len(whole):
        return term
    ev.world.note(f"{term.of} is the column of the {entries[0]} with an index")
    return Derivative(entries[0], tuple(entries[1:]), term.total)


def _column_of(ev: Evaluator, term: Term) -> Ref | None:
    """The small letter whose entries a capital without index gathers, if the document says nothing else of the capital."""
    context, usage = ev.world.context, ev.world.usage
    if not isinstance(term, Ref) or indices(term) or len(term.name) != 1 or not term.name.isupper():
        return None
    small = term.name.lower()
    known = context.defined(term) is not None or term.name in context.shapes or term.name in usage.subs
    if known or term.name in ev.params or term.name in context.depends:
        return None
    alone = small in usage.bare or small in usage.vector_subs or usage.subs.get(small) != 1
    return None if alone or small in usage.examples else Ref(small)


def _variables(ev: Evaluator, of: Term) -> Ref:
    """What a nabla without a variable differentiates by."""
    context = ev.world.context
    if context.nabla is not None:
        return context.nabla
    if isinstance(of, Ref):
        known = context.defined(of, function=True)
        if known is not None and known.params is not None and len(known.params) == 1:
            return known.params[0]
    raise NotUnderstoodError("a gradient without its variable")


def _at_its_argument(ev: Evaluator, of: Term) -> Term:
    """``∂σ/∂w`` differentiates the σ(z) of the document, where it has one."""
    context = ev.world.context
    if not isinstance(of, Ref) or indices(of) or of.name not in context.lexicon.functions:
        return of
    calls = {d.body for d in context.definitions if isinstance(d.body, Call) and d.body.function == of}
    heads = [d.head for d in context.definitions if d.body in calls]
    if len(calls) == 1 and len(heads) == 1:
        ev.world.note(f"{of} without an argument is {heads[0]}")
        return calls.pop()
    return of


def output(ev: Evaluator, by: Ref) -> Ref:
    """``∇_a C`` and a loss of the last a speak of the output a^L, where the document writes a with layers only."""
    context = ev.world.context
    if by.layer is not None or context.defined(by) is not None or by.name in ev.params:
        return by
    layered = [d for d in context.definitions if d.head.name == by.name and d.head.layer is not None]
    depends = [r for rs in context.depends.values() for r in rs if r.name == by.name and r.layer is not None]
    if (layered or depends or by.name in context.lexicon.layered) and by.name not in ev.world.usage.bare:
        top = max(
            (d.head.layer.offset for d in layered if d.head.layer is not None and not d.head.layer.name),
            default=0,
        )
        general = not layered or any(d.head.layer is not None and d.head.layer.name for d in layered)
        ev.world.note(f"{by} in a gradient is the output layer's")
        return Ref(by.name, Index("", ev.world.layers if general else top), by.example, by.subs, by.time)
    return by


def _is_closed(of: Value) -> bool:
    """Whether formulas say all that a quantity is made of."""
    return not any(node.op == "app" for node in reachable(of.cells or ()))


def _one(ev: Evaluator, of: Value, by: Value, total: bool, name: str) -> Value:
    if ev.graph is None or of.cells is None or by.cells is None:
        return _shape(ev, of, by)
    if any(c.op not in ("var", "named") for c in by.cells):
        raise NotUnderstoodError(f"a derivative by {name}, which is no quantity of its own")
    below = ev.graph.below(of.cells)
    by = Value(by.rows, by.cols, ev.graph.renamed(by.cells, below))
    assert by.cells is not None
    if not any(c.number in below for c in by.cells) and not _sibling(ev, of, by):
        if ev.world.context.independent and _is_closed(of) and 1 in (len(of.cells), len(by.cells)):
            shape = by if of.is_scalar else of
            return Value(shape.rows, shape.cols, (ev.graph.zero,) * max(len(of.cells), len(by.cells)))
        raise NoDependenceError(name)
    if of.is_scalar or by.is_scalar:
        if of.is_scalar:
            cells = tuple(_slope(ev, of.cells[0], b, total) for b in by.cells)
            return Value(by.rows, by.cols, cells)
        return Value(of.rows, of.cols, tuple(_slope(ev, a, by.cells[0], total) for a in of.cells))
    if of.size() == by.size() and _entrywise(ev.graph, of, by):
        ev.world.reading.flags.add("lifted")
        cells = tuple(_slope(ev, a, b, total) for a, b in zip(of.cells, by.cells, strict=True))
        return Value(of.rows, of.cols, cells, lifted=True)
    if of.cols.root().value == 1 and by.cols.root().value == 1:
        ev.world.reading.flags.add("jacobian")
        return Value(of.rows, by.rows, tuple(_slope(ev, a, b, total) for a in of.cells for b in by.cells))
    raise NotUnderstoodError("the derivative of a matrix by a matrix")


def _curvature(ev: Evaluator, of: Value, by: Value, total: bool, name: str) -> Value:
    """The matrix of second derivatives of a number: a matrix too where it is diagonal."""
    if 1 not in (of.rows.root().value, of.cols.root().value):
        raise NotUnderstoodError("the second derivative by a matrix")
    across = of.cols if of.rows.root().value == 1 else of.rows
    along = by.cols if by.rows.root().value == 1 else by.rows
    if ev.graph is None or of.cells is None or by.cells is None:
        return Value(across, along)
    if any(c.op not in ("var", "named") for c in by.cells):
        raise NotUnderstoodError(f"a derivative by {name}, which is no quantity of its own")
    names = ev.graph.renamed(by.cells, ev.graph.below(of.cells))
    return Value(across, along, tuple(_slope(ev, a, b, total) for a in of.cells for b in names))


def _sibling(ev: Evaluator, of: Value, by: Value) -> bool:
    """Whether other entries of the same quantity are reached: ∂y_i/∂x_j may be zero for one pair alone."""
    keys = {c.data[0] for c in by.cells or () if isinstance(c.data, tuple)}
    return any(
        isinstance(n.data, tuple) and n.op in ("var", "named") and n.data and n.data[0] in keys
        for n in reachable(of.cells or ())
    )


def _entrywise(graph: Graph, of: Value, by: Value) -> bool:
    """Whether each entry depends on its own partner alone."""
    numbers = [b.number for b in by.cells or ()]
    for k, cell in enumerate(of.cells or ()):
        below = graph.below((cell,))
        if any(number in below for j, number in enumerate(numbers) if j != k):
            return False
    return True


def _slope(ev: Evaluator, of: Node, by: Node, total: bool) -> Node:
    graph = ev.graph
    assert graph is not None
    slope = graph.derivative(of, by)
    if not total and of.op == "app":  # a loss that depends on c, and on a, which depends on c
        direct = graph.derivative(of, by, direct=True)
        if direct is not slope and direct is not graph.zero:
            ev.world.ambiguous = True
            return direct if ev.world.reading.direct else slope
    if not total and of.op == "named" and of is not by and not _is_loss_node(of):
        direct = graph.derivative(of, by, direct=True)
        if (
            direct is not slope
            and direct is not graph.zero
            and (ev.world.context.holds_fixed or ev.world.total_beside_partial or _is_timed(of))
        ):
            ev.world.ambiguous = True
            if ev.world.reading.direct:
                return direct
    return slope


def _is_timed(node: Node) -> bool:
    """Whether a quantity belongs to a recursion, where ∂h_t/∂W often means the last step alone."""
    key = node.data[0] if isinstance(node.data, tuple) else None
    while isinstance(key, tuple) and key and isinstance(key[0], tuple):
        key = key[0]
    return isinstance(key, tuple) and len(key) > 2 and key[2] is not None


def _is_loss_node(node: Node) -> bool:
    key = node.data[0] if isinstance(node.data, tuple) else None
    while isinstance(key, tuple):
        key = key[0]
    return isinstance(key, str) and is_loss(key)


def _shape(ev: Evaluator, of: Value, by: Value) -> Value:
    if of.is_scalar:
        return Value(by.rows, by.cols)
    if by.is_scalar:
        return of
    if ev.algebra.same(of.rows, by.rows) and ev.algebra.same(of.cols, by.cols):
        return Value(of.rows, of.cols, None, lifted=True)
    return Value(of.rows, by.rows)
