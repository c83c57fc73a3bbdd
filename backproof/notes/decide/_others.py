"""Updates and shapes: a step downhill along the right gradient; an array of the size that its definition gives."""

from __future__ import annotations

from .._errors import NotesError, NotUnderstoodError, ShapeClashError
from .._limits import Budget
from ..resolve import Add, Context, Derivative, Gradient, Mul, Ref, Term, indices, walk
from ..resolve._collect import Item
from ..resolve.prose import shape_of
from ._claim import decide_chain, place_definitions
from ._evaluate import Evaluator
from ._outcome import Outcome
from ._world import LAYERS, Reading, Usage, World

_RATES = {
    "alpha",
    "eta",
    "epsilon",
    "lambda",
    "gamma",
    "lr",
    "mu",
    "rho",
    "learning_rate",
    "a",
    "r",
    "h",
    "s",
}


def decide_update(item: Item, context: Context, usage: Usage, budget: Budget) -> tuple[Outcome, list[str]]:
    """Check the step that an update takes, against the step that the prose describes, or against descent."""
    left, right = item.parts[0], item.parts[1]
    assert isinstance(left, Ref)
    if len(item.parts) != 2:
        raise NotUnderstoodError("an update that goes on")
    old = _old(left, right)
    step = _without(right, old)
    told = context.steps.get(left.name)
    plain = Ref(left.name, left.layer, None, left.subs, left.time)
    step = _plain(step, left.name)
    if told is not None:
        run = decide_chain((step, _plain(told, left.name)), (True,), context, usage, Reading(), budget)
        return run.links[0], [*run.notes, "the step is the one that the text describes (prose)"]
    return _descent(step, plain, context, usage, budget)


def _old(left: Ref, right: Term) -> Ref:
    for ref in (r for r in walk(right) if isinstance(r, Ref)):
        if ref.name == left.name and ref.subs == left.subs and ref.layer == left.layer:
            return ref
    raise NotUnderstoodError("an update that does not start from the old value")


def _without(right: Term, old: Ref) -> Term:
    """The step: the right side without the old value."""
    if not isinstance(right, Add):
        raise NotUnderstoodError("an update that is no sum")
    rest = [(s, t) for s, t in right.terms if t != old]
    if len(rest) != len(right.terms) - 1 or (1, old) not in right.terms or not rest:
        raise NotUnderstoodError("an update that scales the old value")
    return Add(tuple(rest))


def _plain(term: Term, name: str) -> Term:
    """``w^{(k)}`` in a step is w."""
    match term:
        case Ref():
            return Ref(term.name, term.layer, None, term.subs, term.time) if term.name == name else term
        case Add(terms):
            return Add(tuple((s, _plain(t, name)) for s, t in terms))
        case Mul(items):
            return Mul(tuple((op, _plain(t, name)) for op, t in items))
        case Derivative(of, by, total):
            return Derivative(_plain(of, name), tuple(_plain(b, name) for b in by), total)
    return term


def _descent(
    step: Term, of: Ref, context: Context, usage: Usage, budget: Budget
) -> tuple[Outcome, list[str]]:
    """``-α dW``: one term, a rate, and the gradient by the quantity that is updated."""
    if not isinstance(step, Add) or len(step.terms) != 1:
        raise NotUnderstoodError("a step of several terms, without a description of it in the text")
    sign, term = step.terms[0]
    factors = [t for _, t in term.items] if isinstance(term, Mul) else [term]
    rates = [f for f in factors if isinstance(f, Ref) and f.name in _RATES and not indices(f)]
    rest = [f for f in factors if f not in rates]
    if len(rates) != 1 or len(rest) != 1:
        raise NotUnderstoodError("the step, of which the text gives no description")
    gradient = rest[0]
    if isinstance(gradient, Gradient):
        by: Term = gradient.of
    elif isinstance(gradient, Derivative) and len(gradient.by) == 1:
        by = gradient.by[0]
    else:
        raise NotUnderstoodError("the direction of the step")
    if by != of:
        return Outcome("unknown", f"the step uses the gradient by {by}, the update is of {of}"), []
    if sign > 0 and context.descent and not context.ascent:
        return Outcome("refuted", "the step goes up the gradient, and the text descends"), []
    if sign > 0 or context.ascent:
        return Outcome(
            "unknown", "the step goes up the gradient; whether it should, the text does not say"
        ), []
    return Outcome("proved", "a step down the gradient by the quantity that is updated"), []


def decide_shape(item: Item, context: Context, usage: Usage) -> tuple[Outcome, list[str]]:
    """Compare the shape that a formula states with the one that the definitions give."""
    left, right = item.parts[0], item.parts[-1]
    shape = shape_of(right)
    if shape is None or not isinstance(left, (Ref, Gradient)):
        raise NotUnderstoodError("the shape")
    ref = left if isinstance(left, Ref) else left.of
    world = World(context, usage, Reading())
    ev = Evaluator(world)
    place_definitions(ev)
    layered = ref.layer is not None and bool(ref.layer.name)
    found: list[bool] = []
    trouble: NotesError | None = None
    for layer in range(1, LAYERS + 1) if layered else [0]:
        env = {ref.layer.name: layer} if layered and ref.layer is not None else {}
        try:
            with ev.bound(env, fresh=True):
                value = ev.value(ref)
                dims = [world.size_dim(t, env) for t in shape]
        except NotUnderstoodError as error:
            trouble = error
            continue
        except ShapeClashError as error:
            raise NotUnderstoodError(str(error)) from None
        known = all(
            d.root() in _named_roots(world) or d.root().value is not None for d in (value.rows, value.cols)
        )
        same = ev.algebra.same(value.rows, dims[0]) and ev.algebra.same(value.cols, dims[1])
        if not same and not known:
            raise NotUnderstoodError("sizes that the document does not name")
        found.append(same)
    if not found:
        raise trouble or NotUnderstoodError("the shape")
    if all(found):
        return Outcome("proved", "the definitions give this shape"), world.notes
    return Outcome("refuted", "the definitions give another shape"), world.notes


def _named_roots(world: World) -> list[object]:
    return [d.root() for d in world.dims.values()]
