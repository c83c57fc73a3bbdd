"""Derivatives from the document's own definitions, and the gradients that names such as ``dZ`` stand for.

A derivative by an intermediate quantity treats it as free: the graph stops at the named node.
A loss that nothing defines is an arbitrary function of what the network puts out.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import Big, Context, Definition, Derivative, Div, Index, Ref, refs, walk
from ..resolve._lexicon import LOSSES
from ._dag import Node, reachable
from ._values import Dim, Value
from ._world import LAYERS

if TYPE_CHECKING:
    from ._evaluate import Evaluator

PARAMETERS = "WwbBVUt"


def derivative(ev: Evaluator, term: Derivative) -> Value:
    """The derivative of a value by others, in the shape of what it is differentiated by."""
    of = ev.value(term.of)
    for by_term in term.by:
        if not isinstance(by_term, Ref):
            raise NotUnderstoodError("a derivative by something that is no quantity")
        by = ev.value(_output(ev, by_term))
        scalar = of.is_scalar and not by.is_scalar
        of = _one(ev, of, by, term.total, str(by_term))
        layout = ev.world.reading.layout or ev.world.context.layout
        jacobian = not scalar and not by.is_scalar and not of.lifted
        if (layout == "numerator" and scalar) or (layout == "denominator" and jacobian):
            of = ev.algebra.transposed(of)
    return of


def _output(ev: Evaluator, by: Ref) -> Ref:
    """``∇_a C`` differentiates by the output a^L where the document writes a with layers only."""
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
        return Ref(by.name, Index("", LAYERS if general else top), by.example, by.subs, by.time)
    return by


def _one(ev: Evaluator, of: Value, by: Value, total: bool, name: str) -> Value:
    if ev.graph is None or of.cells is None or by.cells is None:
        return _shape(ev, of, by)
    if any(c.op not in ("var", "named") for c in by.cells):
        raise NotUnderstoodError(f"a derivative by {name}, which is no quantity of its own")
    below = {n.number for n in reachable(of.cells)}
    if not any(c.number in below for c in by.cells) and not _sibling(ev, of, by):
        raise NotUnderstoodError(f"nothing in the document makes this depend on {name}")
    if of.is_scalar or by.is_scalar:
        if of.is_scalar:
            cells = tuple(_slope(ev, of.cells[0], b, total) for b in by.cells)
            return Value(by.rows, by.cols, cells)
        return Value(of.rows, of.cols, tuple(_slope(ev, a, by.cells[0], total) for a in of.cells))
    if of.size() == by.size() and _entrywise(of, by):
        ev.world.reading.flags.add("lifted")
        cells = tuple(_slope(ev, a, b, total) for a, b in zip(of.cells, by.cells, strict=True))
        return Value(of.rows, of.cols, cells, lifted=True)
    if of.cols.root().value == 1 and by.cols.root().value == 1:
        ev.world.reading.flags.add("jacobian")
        return Value(of.rows, by.rows, tuple(_slope(ev, a, b, total) for a in of.cells for b in by.cells))
    raise NotUnderstoodError("the derivative of a matrix by a matrix")


def _sibling(ev: Evaluator, of: Value, by: Value) -> bool:
    """Whether other entries of the same quantity are reached: ∂y_i/∂x_j may be zero for one pair alone."""
    keys = {c.data[0] for c in by.cells or () if isinstance(c.data, tuple)}
    return any(
        isinstance(n.data, tuple) and n.op in ("var", "named") and n.data and n.data[0] in keys
        for n in reachable(of.cells or ())
    )


def _entrywise(of: Value, by: Value) -> bool:
    """Whether each entry depends on its own partner alone."""
    numbers = [b.number for b in by.cells or ()]
    for k, cell in enumerate(of.cells or ()):
        below = {n.number for n in reachable([cell])}
        if any(number in below for j, number in enumerate(numbers) if j != k):
            return False
    return True


def _slope(ev: Evaluator, of: Node, by: Node, total: bool) -> Node:
    graph = ev.graph
    assert graph is not None
    slope = graph.derivative(of, by)
    if not total and of.op == "named" and of is not by and not _is_loss_node(of):
        direct = graph.derivative(of, by, direct=True)
        if direct is not slope and direct is not graph.zero:
            ev.world.ambiguous = True
            if ev.world.reading.direct:
                return direct
    return slope


def _is_loss_node(node: Node) -> bool:
    key = node.data[0] if isinstance(node.data, tuple) else None
    while isinstance(key, tuple):
        key = key[0]
    return key in LOSSES


def _shape(ev: Evaluator, of: Value, by: Value) -> Value:
    if of.is_scalar:
        return Value(by.rows, by.cols)
    if by.is_scalar:
        return of
    if ev.algebra.same(of.rows, by.rows) and ev.algebra.same(of.cols, by.cols):
        return Value(of.rows, of.cols, None, lifted=True)
    return Value(of.rows, by.rows)


def gradient(ev: Evaluator, of: Ref) -> Value:
    """``dZ``: the document's own definition, or the gradient of the loss or cost by Z."""
    context = ev.world.context
    own = Ref("d" + of.name, of.layer, of.example, of.subs, of.time)
    if context.defined(own) is not None:
        return ev.value(own)
    whole = Ref(of.name, of.layer, None, (), of.time)
    by = ev.value(whole if of.example is None and not of.subs else _whole(ev, of))
    loss = context.gradients.get(of.name)
    total = _loss_for(ev, of, loss)
    if ev.graph is None or total.cells is None or by.cells is None:
        value = Value(by.rows, by.cols)
    else:
        if any(c.op not in ("var", "named") for c in by.cells):
            raise NotUnderstoodError(f"the gradient by {of}")
        below = {n.number for n in reachable(total.cells)}
        if not any(c.number in below for c in by.cells):
            raise NotUnderstoodError(f"nothing in the document makes the loss depend on {of}")
        graph = ev.graph
        value = Value(by.rows, by.cols, tuple(graph.derivative(total.cells[0], b) for b in by.cells))
    value = _scaled(ev, of, value)
    subs = of.subs if of.name in ev.world.usage.subs else ()
    if of.example is not None:
        value = ev.select(value, None, ev.place(of.example))
    if not subs:
        return value
    if len(subs) == 2 and of.example is None:
        return ev.select(value, ev.place(subs[0]), ev.place(subs[1]))
    if len(subs) == 1 and (value.cols.root().value == 1 or ev.world.context.examples == "rows"):
        return ev.select(value, ev.place(subs[0]), None)
    raise NotUnderstoodError(f"the indices of d{of}")


def _whole(ev: Evaluator, of: Ref) -> Ref:
    """The quantity whose gradient ``dZ^{(i)}`` is a column of."""
    if of.subs and of.name in ev.world.usage.subs:
        return Ref(of.name, of.layer, None, (), of.time)
    return Ref(of.name, of.layer, None, of.subs, of.time)


def _loss_for(ev: Evaluator, of: Ref, told: Ref | None) -> Value:
    """The number whose gradient a name means: the cost for parameters, the summed losses for activities."""
    losses, costs = _candidates(ev)
    if told is not None:
        return _total(ev, told)
    parameter = is_parameter(of.name)
    if not losses and not costs:
        ev.world.note("the loss is an arbitrary function of the output")
        return open_loss(ev, Ref("L"))
    if len(losses) > 1 or len(costs) > 1:
        raise NotUnderstoodError(f"which loss d{of.name} is the gradient of")
    if not costs:
        return _total(ev, losses[0])
    per_example = parameter == ev.world.reading.swapped
    function = bool(losses) and _is_function(ev, losses[0])
    if losses and not function:
        chosen = losses[0] if per_example else costs[0]
        ev.world.note(f"d{of.name} is the gradient of {chosen}, as notes of this kind write it")
        return _total(ev, chosen)
    cost = _total(ev, costs[0])
    high = _mean_over(ev, costs[0]) if per_example else None
    if high is None:
        return cost
    ev.world.note(
        f"d{of.name} belongs to the losses of the examples, not to their mean, as notes of this kind write it"
    )
    return ev.algebra.elementwise(cost, ev.value(high))


def _is_function(ev: Evaluator, loss: Ref) -> bool:
    definition = ev.world.context.defined(loss)
    return definition is not None and definition.params is not None


def _mean_over(ev: Evaluator, cost: Ref) -> Ref | None:
    """The number of examples m of a cost ``1/m Σ_{i=1}^m …``; None for a cost of another form."""
    definition = ev.world.context.defined(cost)
    return None if definition is None else _mean_high(definition)


def _mean_high(definition: Definition) -> Ref | None:
    sums = [n.high for n in walk(definition.body) if isinstance(n, Big) and isinstance(n.high, Ref)]
    means = [n.den for n in walk(definition.body) if isinstance(n, Div) and isinstance(n.den, Ref)]
    return sums[0] if len(sums) == 1 and isinstance(sums[0], Ref) and means == sums else None


def is_parameter(name: str) -> bool:
    """Whether a letter is one of a parameter, not of an activity."""
    return name.rpartition(":")[2][:1] in PARAMETERS


def mean_costs(context: Context) -> bool:
    """Whether a formula of the document defines a cost as a mean over examples."""
    return bool(means(context))


def means(context: Context) -> list[Ref]:
    """The numbers of examples by which the formulas of costs divide."""
    costs = [d for d in context.definitions if d.head.name in LOSSES and d.head.example is None]
    return list(dict.fromkeys(high for d in costs if (high := _mean_high(d)) is not None))


def _scaled(ev: Evaluator, of: Ref, value: Value) -> Value:
    """A gradient with another place of 1/m, where a reading asks for it."""
    power = ev.world.reading.scales[is_parameter(of.name)]
    if not power or ev.graph is None or value.cells is None:
        return value
    graph, count = ev.graph, _examples(ev, value, of)
    if count is None:
        raise NotUnderstoodError("the number of examples")
    factor = graph.num(Fraction(count) ** power)
    return ev.algebra.mapped(value, lambda cell: graph.mul((factor, cell)))


def _examples(ev: Evaluator, value: Value, of: Ref) -> int | None:
    """The number of examples of the concrete world."""
    size = ev.world.example_dim().root().value
    for definition in ev.world.context.definitions:
        high = _mean_high(definition) if definition.head.name in LOSSES else None
        if high is not None:
            size = ev.world.size_dim(high, {}).root().value or size
    if size is None and not is_parameter(of.name):
        size = value.size()[0 if ev.world.context.examples == "rows" else 1]
    return size


def _candidates(ev: Evaluator) -> tuple[list[Ref], list[Ref]]:
    """The losses and the costs that the document defines or speaks of; a cost uses a loss, or is a mean."""
    context = ev.world.context
    heads = [d for d in context.definitions if d.head.name in LOSSES]
    used = {r.name for d in heads for r in refs(d.body)}
    losses: list[Ref] = []
    costs: list[Ref] = []
    for definition in heads:
        head = definition.head
        ref = Ref(head.name, None, head.example, head.subs)
        target = losses if (head.name in used or head.example is not None) else costs
        if head.name not in {r.name for r in target}:
            target.append(ref)
    for definition in heads:
        for ref in refs(definition.body):
            if (
                ref.name in LOSSES
                and ref.name not in {r.name for r in losses}
                and ref.name != definition.head.name
            ):
                losses.append(Ref(ref.name, None, ref.example, ref.subs))
    return losses, costs


def _total(ev: Evaluator, loss: Ref) -> Value:
    """A loss as one number: the losses of all examples summed."""
    if loss.example is None and not loss.subs:
        return ev.value(loss)
    bare = Ref(loss.name, loss.layer)
    index = loss.example or loss.subs[0]
    if ev.graph is None:
        with ev.bound({index.name: ev.world.new_dim()} if index.name else {}):
            ev.value(loss)
        return ev.algebra.scalar()
    from ._quantities import array

    definition = ev.world.context.defined(loss)
    whole = array(ev, loss) if definition is not None else open_loss(ev, Ref(bare.name, None, Index("·")))
    return ev.algebra.summed(whole, None)


def open_loss(ev: Evaluator, ref: Ref) -> Value:
    """A loss that nothing defines: an arbitrary function of what it is said to depend on, or of the outputs."""
    from ._quantities import sinks

    context = ev.world.context
    inputs = context.depends.get(ref.name) or sinks(ev)
    if not inputs:
        raise NotUnderstoodError(f"what {ref.name} depends on")
    if len(inputs) > 1 and ref.name not in context.depends:
        raise NotUnderstoodError(f"which of {', '.join(map(str, inputs))} the loss {ref.name} depends on")
    ev.world.note(f"{ref.name} is an arbitrary function of {', '.join(map(str, inputs))}")
    ev.world.open_losses.add(ref.name)
    values = []
    for item in inputs:
        whole = Ref(item.name, item.layer, None if item.example is not None and item.example.name else item.example,
                    () if any(s.name for s in item.subs) else item.subs, item.time)  # fmt: skip
        if item.example is not None and item.example.name and item.name in ev.world.usage.examples:
            whole = Ref(item.name, item.layer, Index("", 1), (), item.time)
            from ._quantities import array

            values.append(array(ev, whole))
            continue
        values.append(ev.value(whole))
    graph = ev.graph
    if ref.example is not None:
        value = values[0]
        if len(values) != 1:
            raise NotUnderstoodError(f"the loss {ref} of several quantities")
        if graph is None or value.cells is None:
            whole_row = Value(Dim(1), value.cols)
        else:
            rows, cols = value.size()
            cells = tuple(
                graph.app(
                    f"{'loss' if context.mean_cost else ref.name}^({c + 1})",
                    [value.at(r, c) for r in range(rows)],
                )
                for c in range(cols)
            )
            whole_row = Value(Dim(1), value.cols, cells)
        if ref.example.name == "·":
            return whole_row
        if ref.name in ev.world.usage.examples:
            return whole_row
        return ev.select(whole_row, None, ev.place(ref.example))
    if graph is None:
        return ev.algebra.scalar()
    if context.mean_cost and context.examples == "columns" and len(values) == 1 and values[0].size()[1] > 1:
        return _separable(ev, ref.name, values[0])
    return ev.algebra.scalar(graph.app(ref.name, [c for v in values for c in (v.cells or ())]))


def _separable(ev: Evaluator, name: str, value: Value) -> Value:
    """The summed losses of the examples, or their mean for a cost: the text says that the cost is a mean."""
    graph = ev.graph
    assert graph is not None
    rows, cols = value.size()
    ev.world.open_losses = {"the losses"}
    losses = [graph.app(f"loss^({c + 1})", [value.at(r, c) for r in range(rows)]) for c in range(cols)]
    total = graph.add(losses)
    if name in ("J", "cal:J", "cost", "Cost", "C"):
        total = graph.mul((graph.num(Fraction(1, cols)), total))
    return ev.algebra.scalar(total)


def open_function(ev: Evaluator, ref: Ref) -> Value:
    """A quantity of which the document only says what it depends on."""
    values = [ev.value(r) for r in ev.world.context.depends[ref.name]]
    if ev.graph is None:
        return ev.algebra.scalar()
    ev.world.note(f"{ref.name} is an arbitrary function of what it depends on")
    return ev.algebra.scalar(ev.graph.app(ref.name, [c for v in values for c in (v.cells or ())]))
