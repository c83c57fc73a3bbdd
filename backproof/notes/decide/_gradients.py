"""The gradients that names such as ``dZ`` stand for: of which loss, by what, in which convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import NoDependenceError, NotUnderstoodError
from ..resolve import Context, Ref, indices, refs
from ..resolve._context import COST, LOSS, LOSSES_OF_EXAMPLES
from ..resolve._lexicon import is_loss
from ._dag import Node
from ._differentials import differential
from ._guesses import example_dim
from ._losses import known_losses, loss_value, mean_high, scaled
from ._values import Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator

PARAMETERS = "WwbBVUt"


def gradient(ev: Evaluator, of: Ref) -> Value:
    """``dZ``: the document's own definition, or the gradient of the loss or cost by Z."""
    context = ev.world.context
    if of.name in context.spellings and context.defined(of) is None:
        of = Ref(context.spellings[of.name], of.layer, of.example, of.subs, of.time)
    if ev.world.reading.differentials:
        return differential(ev, of)
    own = Ref("d" + of.name, of.layer, of.example, of.subs, of.time)
    if context.defined(own) is not None:
        return ev.value(own)
    if of.name in context.foreign:
        raise NotUnderstoodError(f"what d{of.name} is the gradient by")
    told = loss_of(context, of.name)
    by_ref = _quantity(ev, of)
    indexed = by_ref.subs and by_ref.name in ev.world.usage.subs
    whole = Ref(by_ref.name, by_ref.layer, None, () if indexed else by_ref.subs, by_ref.time)
    by = ev.value(whole)
    total = _loss_for(ev, by_ref, told)
    if ev.graph is None or total.cells is None or by.cells is None:
        value = Value(by.rows, by.cols)
    else:
        if any(c.op not in ("var", "named") for c in by.cells):
            raise NotUnderstoodError(f"the gradient by {by_ref}")
        below = ev.graph.below(total.cells)
        cells = ev.graph.renamed(by.cells, below)
        if not any(c.number in below for c in cells):
            raise NoDependenceError(str(by_ref), "the loss")
        value = Value(by.rows, by.cols, tuple(_slope(ev, total.cells[0], b, of) for b in cells))
    power = ev.world.reading.scales[is_parameter(of.name)]
    if power and value.cells is not None:
        value = scaled(ev, value, power, _examples(ev, value, of))
    return _selected(ev, by_ref, value)


def loss_of(context: Context, name: str) -> Ref | None:
    """The loss that the text says a gradient is of; of ``dz^{(i)}`` what it says of dZ, whose columns they are."""
    told = context.gradients.get(name)
    if told is None and len(name) == 1 and name.islower():
        whole = context.gradients.get(name.upper())
        told = whole if whole == LOSSES_OF_EXAMPLES else None
    return told or context.gradient_default


def _slope(ev: Evaluator, total: Node, by: Node, of: Ref) -> Node:
    """The derivative of a loss; of one that a quantity enters directly and through others, as the text says.

    ``dc`` may be what c adds through later steps alone, beside what it does through a: where the text is silent, both.
    """
    assert ev.graph is not None
    slope = ev.graph.derivative(total, by)
    if total.op != "app":
        return slope
    direct = ev.graph.derivative(total, by, direct=True)
    if of.name in ev.world.context.one_way and direct is not ev.graph.zero:
        return direct
    if direct is slope or direct is ev.graph.zero:
        return slope
    ev.world.ambiguous = True
    return direct if ev.world.reading.direct else slope


def _selected(ev: Evaluator, of: Ref, value: Value) -> Value:
    """The entries of a gradient that its indices ask for."""
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


def _quantity(ev: Evaluator, of: Ref) -> Ref:
    """What a gradient is taken by: as the text says, or as its name says, in the spelling of the document."""
    context, names = ev.world.context, ev.world.usage.outside
    told = context.gradient_by.get(of.name)
    if told is not None:
        layer = of.layer if of.layer is not None and told.layer is not None else told.layer
        return Ref(told.name, layer, of.example or told.example, of.subs or told.subs, of.time or told.time)
    other = of.name.swapcase()
    # dz^{(i)} beside Z, or dz where z stands for single examples z^{(i)} alone.
    twin = of.example is not None or (not of.subs and not _stands_alone(ev, of.name))
    twin = twin and any(d.head.name == other for d in context.definitions)
    twin = twin and not any(d.head.name == of.name for d in context.definitions)
    if (of.name not in names or twin) and other in names and context.lexicon.functions.isdisjoint({other}):
        ev.world.note(f"d{of.name} is read as the gradient by {other}")
        return Ref(other, of.layer, of.example, of.subs, of.time)
    return of


def _stands_alone(ev: Evaluator, name: str) -> bool:
    """Whether a letter is written without indices, and not only as the argument in the formula of a function."""
    if name not in ev.world.usage.bare:
        return False
    arguments = [d for d in ev.world.context.definitions if name in {p.name for p in d.params or ()}]
    others = [d for d in ev.world.context.definitions if d not in arguments]
    bare = {r.name for d in others for r in (d.head, *refs(d.body)) if not indices(r)}
    return not arguments or name in bare or name not in ev.world.usage.examples


def _loss_for(ev: Evaluator, of: Ref, told: Ref | None) -> Value:
    """The number whose gradient a name means: the cost for parameters, the summed losses for activities."""
    context = ev.world.context
    if told is not None:
        return loss_value(ev, told)
    losses, costs = known_losses(context)
    per_example = is_parameter(of.name) == ev.world.reading.swapped and context.profile != "cs231n"
    if not losses and not costs:
        named = set(context.gradients.values())
        if len(named) == 1:  # dZ beside a dW that the text calls the gradient of the loss
            return loss_value(ev, named.pop())
        ev.world.note("the loss is an arbitrary function of the output")
        if not (context.cost_how or context.per_example or context.mean_cost):
            told_of = [name for name in context.depends if is_loss(name)]
            return loss_value(ev, Ref(told_of[0] if len(told_of) == 1 else "L"))
    elif len(losses) > 1 or len(costs) > 1:
        raise NotUnderstoodError(f"which loss d{of.name} is the gradient of")
    elif not costs and not context.cost_how:
        return loss_value(ev, losses[0])
    chosen = LOSSES_OF_EXAMPLES if per_example else COST
    what = "the losses of the examples" if per_example else "the cost"
    ev.world.note(f"d{of.name} is the gradient of {what}, as notes of this kind write it")
    return loss_value(ev, chosen)


def is_told(context: Context, name: str, refuting: bool = False) -> bool:
    """Whether the text says which loss a gradient belongs to, and it is known which loss that is.

    ``dZ is the gradient of J`` is said of formulas that hold for single losses, too: it never refutes.
    """
    loss = loss_of(context, name)
    if loss == LOSS and not refuting:
        return all(known_losses(context))  # beside a cost, the loss is that of an example
    if loss is None or loss == LOSS:
        return False
    if (
        refuting
        and not is_parameter(name)
        and (loss == COST or context.means.get(loss.name) == "mean" or loss.name in _mean_costs(context))
    ):
        return False
    if refuting and loss == COST and not context.cost_how and not known_losses(context)[1]:
        return False  # nothing says whether the cost is a mean
    if loss in (COST, LOSSES_OF_EXAMPLES) or loss.name in context.means or loss.name in context.per_example:
        return True
    heads = [d for d in context.definitions if is_loss(d.head.name)]
    return any(d.head.name == loss.name or loss.name in {r.name for r in refs(d.body)} for d in heads)


def _mean_costs(context: Context) -> set[str]:
    return {d.head.name for d in context.definitions if is_loss(d.head.name) and mean_high(d) is not None}


def is_parameter(name: str) -> bool:
    """Whether a letter is one of a parameter, not of an activity."""
    return name.rpartition(":")[2][:1] in PARAMETERS


def _examples(ev: Evaluator, value: Value, of: Ref) -> int:
    """The number of examples of the concrete world."""
    size = example_dim(ev.world).root().value
    for definition in ev.world.context.definitions:
        high = mean_high(definition) if is_loss(definition.head.name) else None
        if high is not None:
            size = ev.world.size_dim(high, {}).root().value or size
    if size is None and not is_parameter(of.name):
        size = value.size()[0 if ev.world.context.examples == "rows" else 1]
    if size is None:
        raise NotUnderstoodError("the number of examples")
    return size
