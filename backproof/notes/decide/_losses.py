"""The losses of a document: those of single examples, the costs made of them, and those that nothing defines.

A loss that nothing defines is an arbitrary function of what the network puts out; where the document speaks of the
losses of examples it is one such function for each example.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import Big, Call, Context, Definition, Derivative, Div, Index, Ref, refs, walk
from ..resolve._context import COST, LOSS, LOSSES_OF_EXAMPLES
from ..resolve._lexicon import is_loss
from ..resolve._terms import EVERY_STEP
from ._dag import Node
from ._given_loss import given_loss, label_of
from ._guesses import example_dim
from ._keys import is_earlier, sinks
from ._slopes import output
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator


def loss_value(ev: Evaluator, target: Ref) -> Value:
    """The number that a loss is, whether a formula defines it, words do, or nothing does.

    The losses of examples are taken together as their sum: its gradient by a column that one of them alone depends on
    is the gradient of that one.
    """
    context = ev.world.context
    losses, costs = known_losses(context)
    if target == LOSS:
        if losses:
            return loss_value(ev, LOSSES_OF_EXAMPLES)
        target = COST if costs or not _by_example(context) else LOSSES_OF_EXAMPLES
    if target == COST:
        return _cost(ev, losses, costs)
    if target == LOSSES_OF_EXAMPLES:
        return _sum_of_losses(ev, losses, costs)
    if (
        context.defined(Ref(target.name), function=None) is None
        and target.example is None
        and not target.subs
    ):
        how = context.means.get(target.name)
        if how:
            return _combined(ev, _sum_of_losses(ev, losses, costs), how)
        if target.name in context.per_example:
            return _sum_of_losses(ev, losses, [])
    return _total(ev, target)


def _cost(ev: Evaluator, losses: list[Ref], costs: list[Ref]) -> Value:
    how = ev.world.context.cost_how
    if len(costs) == 1:
        return _total(ev, costs[0])
    if len(costs) > 1:
        raise NotUnderstoodError("which cost is meant")
    if how:
        return _combined(ev, _sum_of_losses(ev, losses, costs), how)
    if losses:
        if losses[0].example is not None or losses[0].subs:
            raise NotUnderstoodError("whether the cost is the mean of the losses or their sum")
        return _total(ev, losses[0])
    return open_loss(ev, COST)


def _sum_of_losses(ev: Evaluator, losses: list[Ref], costs: list[Ref]) -> Value:
    """The losses of all examples added up."""
    context = ev.world.context
    indexed = [r for r in losses if r.example is not None or r.subs]
    if len(indexed) == 1 or (len(losses) == 1 and not costs and not _is_function(ev, losses[0])):
        return _total(ev, (indexed or losses)[0])
    if len(losses) > 1 or len(costs) > 1:
        raise NotUnderstoodError("which loss is meant")
    if costs:
        cost = _total(ev, costs[0])
        high = mean_over(ev, costs[0])
        if high is not None:
            return ev.algebra.elementwise(cost, ev.value(high))
        if context.means.get(costs[0].name) == "mean":
            return ev.algebra.elementwise(cost, _count(ev))
        return cost
    if losses:
        return _total(ev, losses[0])
    return open_loss(ev, LOSSES_OF_EXAMPLES)


def _combined(ev: Evaluator, total: Value, how: str) -> Value:
    return total if how == "sum" else ev.algebra.divided(total, _count(ev))


def _count(ev: Evaluator) -> Value:
    """The number of examples."""
    if ev.graph is None:
        return ev.algebra.scalar()
    size = example_dim(ev.world).root().value
    if size is None:
        raise NotUnderstoodError("the number of examples")
    return ev.number(size)


def _is_function(ev: Evaluator, loss: Ref) -> bool:
    definition = ev.world.context.defined(loss)
    return definition is not None and definition.params is not None


def _by_example(context: Context) -> bool:
    return bool(context.per_example or context.cost_how or context.mean_cost or context.separable)


def mean_over(ev: Evaluator, cost: Ref) -> Ref | None:
    """The number of examples m of a cost ``1/m Σ_{i=1}^m …``; None for a cost of another form."""
    definition = ev.world.context.defined(cost)
    return None if definition is None else mean_high(definition)


def mean_high(definition: Definition) -> Ref | None:
    """The m of a definition ``1/m Σ_{i=1}^m …``."""
    sums = [n.high for n in walk(definition.body) if isinstance(n, Big) and isinstance(n.high, Ref)]
    dens = [n.den for n in walk(definition.body) if isinstance(n, Div) and isinstance(n.den, Ref)]
    return sums[0] if len(sums) == 1 and isinstance(sums[0], Ref) and dens == sums else None


def means(context: Context) -> list[Ref]:
    """The numbers of examples by which the formulas of costs divide."""
    costs = [d for d in context.definitions if is_loss(d.head.name) and d.head.example is None]
    return list(dict.fromkeys(high for d in costs if (high := mean_high(d)) is not None))


def known_losses(context: Context) -> tuple[list[Ref], list[Ref]]:
    """The losses and the costs that formulas define or mention; a cost uses a loss, or is a mean."""
    heads = [d for d in context.definitions if is_loss(d.head.name)]
    used = {r.name for d in heads for r in refs(d.body)}
    losses: list[Ref] = []
    costs: list[Ref] = []
    for definition in heads:
        head = definition.head
        ref = Ref(head.name, None, head.example, head.subs)
        single = head.name in used or head.example is not None or head.name in context.per_example
        target = losses if single else costs
        if head.name not in {r.name for r in target}:
            target.append(ref)
    for definition in heads:
        for ref in refs(definition.body):
            if is_loss(ref.name) and ref.name not in {r.name for r in (*losses, definition.head)}:
                losses.append(Ref(ref.name, None, ref.example, ref.subs))
    alone = not costs and len(losses) == 1 and not losses[0].subs and losses[0].example is None
    if alone and not _by_example(context) and context.defined(losses[0], function=False) is not None:
        return [], losses
    return losses, costs


def _total(ev: Evaluator, loss: Ref) -> Value:
    """A loss as one number: the losses of all examples summed."""
    if loss.example is None and not loss.subs:
        return ev.value(loss)
    index = loss.example or loss.subs[0]
    if ev.graph is None:
        with ev.bound({index.name: ev.world.new_dim()} if index.name else {}):
            ev.value(loss)
        return ev.algebra.scalar()
    from ._quantities import array

    if ev.world.context.defined(loss) is None:
        return open_loss(ev, LOSSES_OF_EXAMPLES)
    return ev.algebra.summed(array(ev, loss), None)


def open_loss(ev: Evaluator, ref: Ref) -> Value:
    """A loss that nothing defines: an arbitrary function of what it is said to depend on, or of the outputs."""
    context = ev.world.context
    inputs = _inputs(ev, ref)
    what = context.loss or "an arbitrary function"
    ev.world.note(f"{ref} is {what} of {', '.join(map(str, inputs))}")
    step = ev.step(ref.time)
    letters = {r.time.name for r in inputs if r.time is not None and r.time.name} if step is not None else ()
    with ev.bound(ev.outermost), ev.bound(dict.fromkeys(letters, step or 0)):
        values = [_input(ev, item) for item in inputs]
    given = given_loss(ev, values[0], _input(ev, label_of(ev, inputs[0]))) if context.loss else None
    own = bool(ref.subs) and ref.name not in ev.world.usage.subs  # C_0 is a loss of its own
    index = ref.example or (ref.subs[0] if len(ref.subs) == 1 and not own else None)
    by_example = ref == LOSSES_OF_EXAMPLES or index is not None or ref.name in context.per_example
    how = context.means.get(ref.name) or (context.cost_how if ref == COST or _is_cost(ref) else "")
    if given is not None and not how and index is None:
        return given_total(ev, given, by_example)
    if not by_example and not how:
        label = str(ref) if own else ref.name
        ev.world.open_losses.add(label)
        if ev.graph is None:
            return ev.algebra.scalar()
        name = label if step is None else f"{label}({step})"
        return ev.algebra.scalar(ev.graph.app(name, [c for v in values for c in (v.cells or ())]))
    if given is None:
        ev.world.open_losses.add("the losses")
    entries = bool(ref.subs and inputs[0].subs and inputs[0].subs[0].name)
    row = given or _family(ev, values, entries)
    if index is not None:
        # A family that the document writes with indices throughout is selected from by its reader.
        known = ref.name in (ev.world.usage.examples if ref.example is not None else ev.world.usage.subs)
        return row if known or index.name == "·" else ev.select(row, None, ev.place(index))
    total = ev.algebra.summed(row, None)
    if by_example or how == "sum" or ev.graph is None:
        return total
    return ev.algebra.divided(total, ev.number(max(row.size())))


def given_total(ev: Evaluator, given: Value, by_example: bool = False) -> Value:
    """A loss that has a name and no formula, as one number.

    Raises
    ------
    NotUnderstoodError
        There are several examples, and the text that names the loss leaves open whether their losses are averaged.
    """
    several = max(given.size()) > 1 if ev.graph is not None else False
    if several and not by_example and ev.world.context.said_loss:
        raise NotUnderstoodError("whether the losses of the examples are added up or averaged")
    return ev.algebra.summed(given, None)


def _is_cost(ref: Ref) -> bool:
    return ref.name in ("J", "cal:J", "cost", "Cost", "C")


def _inputs(ev: Evaluator, ref: Ref) -> list[Ref]:
    depends = ev.world.context.depends
    found = depends.get(ref.name)
    for other in (LOSSES_OF_EXAMPLES, LOSS, COST):
        found = found or depends.get(other.name)
    if not found:
        symbols = [on for name, on in depends.items() if is_loss(name)]
        found = symbols[0] if len(symbols) == 1 else None
    inputs = found or _arguments(ev, ref)
    if not inputs:
        inputs = sinks(ev)
        inputs = _states(ev, ref, inputs) if len(inputs) == 1 else inputs
    if not inputs:
        inputs = found = _differentiated(ev, ref)
    if not inputs:
        inputs = _states(ev, ref, sinks(ev, at_a_step=True))
    if not inputs:
        raise NotUnderstoodError(f"what {ref} depends on")
    one_array = len({r.name for r in inputs}) == 1 and all(r.subs for r in inputs)  # y_{11}, y_{12}, …
    if len(inputs) > 1 and not found and not one_array:
        raise NotUnderstoodError(f"which of {', '.join(map(str, inputs))} the loss depends on")
    return [output(ev, r) for r in inputs]


def _differentiated(ev: Evaluator, ref: Ref) -> list[Ref]:
    """The one quantity by which a claim differentiates a loss of which the document says nothing: in all layers."""
    slopes = ev.world.slopes.get(ref.name, set())
    if len(slopes) != 1:
        return []
    (by,) = slopes
    if by.layer is None or not by.layer.name:
        return [by]
    return [replace(by, layer=Index("", k)) for k in range(1, ev.world.layers + 1)]


def _slopes(ev: Evaluator, ref: Ref) -> set[Ref]:
    """What the claim, and the names that words give to slopes, differentiate a loss by."""
    names = {ref.name, COST.name, LOSS.name} if ref in (COST, LOSS) else {ref.name}
    bodies = [d.body for d in ev.world.context.definitions if isinstance(d.body, Derivative)]
    told = {
        b for n in bodies if isinstance(n.of, Ref) and n.of.name in names for b in n.by if isinstance(b, Ref)
    }
    return told.union(*(ev.world.slopes.get(name, set()) for name in names))


def _states(ev: Evaluator, ref: Ref, found: list[Ref]) -> list[Ref]:
    """The states of a recursion that a loss depends on, where one quantity is what all others of its step lead to.

    At a single step later ones follow from its state alone: an arbitrary function of it is general enough.
    Elsewhere, whether a loss depends on all states or on the last one, nothing says; then it refutes nothing.
    """
    if len(found) != 1 or found[0].time is None or not found[0].time.name:
        return found if len(found) == 1 else []
    (state,), slopes = found, _slopes(ev, ref)
    steps = {by.time for by in slopes}
    carried = {
        r.name for d in ev.world.context.definitions for r in refs(d.body) if is_earlier(r, d.head)
    } - {state.name}
    one_step = len(steps) == 1 and None not in steps
    if ref.time is not None:
        return [replace(state, time=ref.time)]
    at_it = [replace(state, time=next(iter(steps)) if one_step else state.time)]
    if one_step and not any(by.name in carried for by in slopes):
        return at_it
    if one_step:  # the total derivative by c_t, or what goes through h_t at its own step
        ev.world.ambiguous = True
        return at_it if ev.world.reading.direct else [replace(state, time=EVERY_STEP)]
    ev.world.presumed.add(f"the document does not say on which {state.name} the loss depends")
    return [replace(state, time=EVERY_STEP)]


def _arguments(ev: Evaluator, ref: Ref) -> list[Ref]:
    """What a formula of the document gives an open loss to depend on: the w of ``J(w) = L(w) + λ‖w‖²``."""
    calls = [
        n.args
        for d in ev.world.context.definitions
        for n in walk(d.body)
        if isinstance(n, Call) and n.function.name == ref.name
    ]
    first = calls[0] if calls and all(c == calls[0] for c in calls) else ()
    whole = len(first) == 1 and isinstance(first[0], Ref) and first[0].example is None
    return [a for a in first if isinstance(a, Ref)] if whole else []


def _input(ev: Evaluator, item: Ref) -> Value:
    """All of a quantity that a loss depends on."""
    if item.time == EVERY_STEP:
        steps = [
            ev.value(replace(item, time=Index("", k)))
            for k in range(ev.world.reading.first_time, ev.world.layers + 1)
        ]
        if ev.graph is None:
            return steps[-1]
        cells = tuple(c for v in steps for c in v.cells or ())
        return Value(Dim(len(cells)), Dim(1), cells)
    subs = () if any(s.name for s in item.subs) else item.subs
    if item.example is not None and item.example.name and item.name in ev.world.usage.examples:
        from ._quantities import array

        return array(ev, Ref(item.name, item.layer, Index("", 1), subs, item.time))
    example = None if item.example is not None and item.example.name else item.example
    return ev.value(Ref(item.name, item.layer, example, subs, item.time))


def _family(ev: Evaluator, values: list[Value], entries: bool) -> Value:
    """One arbitrary function for each example, of the column (or row) that belongs to it.

    ``entries``: the examples are the entries of a column, as the ŷ_i of ``L_i(ŷ_i)``.
    """
    if len(values) != 1:
        raise NotUnderstoodError("the losses of examples, which depend on several quantities")
    value, rowwise = values[0], ev.world.context.examples == "rows"
    rowwise = rowwise or (entries and value.cols.root().value == 1)
    graph = ev.graph
    if graph is None or value.cells is None:
        return Value(Dim(1), value.rows if rowwise else value.cols)
    rows, cols = value.size()
    if rowwise:
        groups = [[value.at(r, c) for c in range(cols)] for r in range(rows)]
    else:
        groups = [[value.at(r, c) for r in range(rows)] for c in range(cols)]
    cells: list[Node] = [graph.app(f"loss^({k + 1})", group) for k, group in enumerate(groups)]
    return Value(Dim(1), value.rows if rowwise else value.cols, tuple(cells))


def scaled(ev: Evaluator, value: Value, power: int, count: int) -> Value:
    """A gradient with another place of 1/m."""
    graph = ev.graph
    if not power or graph is None:
        return value
    factor = graph.num(Fraction(count) ** power)
    return ev.algebra.mapped(value, lambda cell: graph.mul((factor, cell)))


def open_function(ev: Evaluator, ref: Ref) -> Value:
    """A quantity of which the document only says what it depends on."""
    with ev.bound(ev.outermost):
        values = [ev.value(output(ev, r)) for r in ev.world.context.depends[ref.name]]
    if ev.graph is None:
        return ev.algebra.scalar()
    if ref.name not in ev.world.context.opaque:
        ev.world.unexplained.add(str(ref))
    ev.world.note(f"{ref} is an arbitrary function of what it depends on")
    return ev.algebra.scalar(ev.graph.app(ref.name, [c for v in values for c in (v.cells or ())]))
