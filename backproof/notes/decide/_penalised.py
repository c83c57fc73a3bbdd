r"""Penalised costs: the gradient of the whole cost is that of the rest, which has a name alone, and that of the penalty.

``(from backprop)`` and ``∂J_0/∂w`` of a cost J_0 of which nothing is known are quantities by their names here, of the
shape of w: what holds for them holds for every cost.
"""

from __future__ import annotations

from dataclasses import replace

from ..resolve import Add, Call, Context, Definition, Derivative, Gradient, Mul, Ref, Term, walk
from ..resolve._item import Item
from ..resolve._lexicon import is_loss
from ..resolve._terms import rebuilt
from ..resolve.prose._penalties import slope_of


def penalised(item: Item, context: Context) -> tuple[Item, Context]:
    """The item and the context with the gradients of penalised costs written out; both as they are without any."""
    groups = set(context.bare)
    open_costs = _open_costs(context)
    written = tuple(g for g, d in context.values if isinstance(g, Gradient) and _is_slope(d, open_costs))
    groups |= {written} if written else set()
    if len(groups) > 1 or not (groups or open_costs):
        return item, context  # two costs without a penalty may be two costs
    names: tuple[Ref | Gradient, ...] = min(groups, default=())
    on = {ref.name: (ref, slope) for ref, slope in context.penalties}
    if len({(ref.name, slope) for ref, slope in context.penalties}) != len(on):
        return item, context  # the text has two penalties
    given = {
        g.of.name: body for g, body in context.values if isinstance(g, Gradient) and _is_open(body, names)
    }
    wanted = set(on) | set(given)
    left = item.parts[0]
    head = left if isinstance(left, Ref) else left.of if isinstance(left, Gradient) else None
    if isinstance(left, Derivative) and len(left.by) == 1 and isinstance(left.by[0], Ref):
        head = left.by[0]
    if not isinstance(head, Ref) or head.name not in wanted:
        return item, context
    of = Ref(head.name, head.layer, None, head.subs)
    alone = Ref(f"{of.name}_bare", of.layer, None, of.subs)

    def placed(term: Term, origin: Ref) -> Term | None:
        """A slope told of ``w^l`` or ``w_j`` at the place that the claim speaks of."""
        if origin == of:
            return term
        if origin.layer is None and not of.subs and origin.subs and of.layer is None:
            return rebuilt(
                term, lambda t: of if isinstance(t, Ref) and t.name == of.name else t
            )  # all entries
        same = (origin.layer is None) == (of.layer is None) and len(origin.subs) == len(of.subs)
        if not same and (origin.subs or of.subs) and origin.layer == of.layer:
            same = not origin.subs  # ‖w‖² beside w_j
        return (
            rebuilt(term, lambda t: of if isinstance(t, Ref) and t.name == of.name else t) if same else None
        )

    def whole(name: str) -> Term | None:
        if name in given:
            origin = next(g.of for g, _ in context.values if isinstance(g, Gradient) and g.of.name == name)
            body = placed(given[name], origin)
            return None if body is None else rebuilt(body, opened)
        if name not in on or not names:
            return None
        slope = placed(on[name][1], on[name][0])
        return None if slope is None else Add(((1, alone), (1, slope)))

    def opened(term: Term) -> Term:
        """A name of the gradient without the penalty, or a derivative of a cost that is open."""
        if names and any(_is_name(term, name) for name in names):
            return alone
        if isinstance(term, Derivative) and len(term.by) == 1 and term.by[0] == of:
            cost = term.of.function if isinstance(term.of, Call) else term.of
            if isinstance(cost, Ref) and cost.name in open_costs:
                if not open_costs[cost.name]:
                    return alone
                slope = placed(on[of.name][1], on[of.name][0]) if of.name in on else None
                return term if slope is None else Add(((1, alone), (1, slope)))
        if isinstance(term, Gradient) and term.of == of and not (names and term in names):
            full = whole(of.name) if of.name in context.whole or of.name in given else None
            return term if full is None else full
        return term

    full = whole(of.name) or (
        opened(Derivative(Ref(_total(open_costs)), (of,), True)) if open_costs else None
    )
    steps = {name: rebuilt(step, opened) for name, step in context.steps.items()}
    plainly = context.descent and not context.ascent and not context.other_method
    if (
        of.name not in steps
        and plainly
        and len(context.rates) == 1
        and full is not None
        and not isinstance(full, Derivative)
    ):
        steps[of.name] = Add(((-1, Mul((("", Ref(next(iter(context.rates)))), ("·", full)))),))
    parts = tuple(rebuilt(part, opened) for part in item.parts)
    if parts == item.parts and steps == context.steps:
        return item, context
    shapes = dict(context.shapes)
    if of.name in shapes:
        shapes[alone.name] = [
            (replace(ref, name=alone.name), rows, cols) for ref, rows, cols in shapes[of.name]
        ]
    scalars = context.scalars | ({alone.name} if of.name in context.scalars else set())
    known = replace(context, steps=steps, shapes=shapes, scalars=scalars)
    known.note("the gradient without the penalty is a quantity of its own")
    return replace(item, parts=parts), known


def _total(open_costs: dict[str, bool]) -> str:
    return next((name for name, is_total in open_costs.items() if is_total), "")


def _is_open(body: Term, names: tuple[Ref | Gradient, ...]) -> bool:
    """Whether a formula for a gradient says what it is by the name of the gradient without the penalty."""
    return any(_is_name(n, name) for n in walk(body) for name in names)


def _is_slope(term: Term, open_costs: dict[str, bool]) -> bool:
    """Whether a term is the derivative of a cost of which nothing is known."""
    cost = term.of if isinstance(term, Derivative) else None
    cost = cost.function if isinstance(cost, Call) else cost
    return isinstance(cost, Ref) and open_costs.get(cost.name) is False


def _is_name(term: Term, name: Term) -> bool:
    """Whether a term is the gradient that a name is told for."""
    if isinstance(name, Gradient):
        return isinstance(term, Gradient) and term.of.name == name.of.name
    return isinstance(term, Ref) and isinstance(name, Ref) and term.name == name.name


def _open_costs(context: Context) -> dict[str, bool]:
    """The costs of ``J = J_0 + λ/2 ‖w‖²``, True for the whole one, where the document says nothing more of J_0."""
    found: dict[str, bool] = {}
    for definition in context.definitions:
        pieces = _pieces(definition)
        if pieces is None:
            continue
        if found:
            return {}
        found = {definition.head.name: True, pieces: False}
    rest = {name for name, is_total in found.items() if not is_total}
    defined = {d.head.name for d in context.definitions}
    return {} if rest & (defined | set(context.depends)) else found


def _pieces(definition: Definition) -> str | None:
    """The name of the cost to which a definition adds a penalty alone."""
    body = definition.body
    if not is_loss(definition.head.name) or not isinstance(body, Add) or len(body.terms) != 2:
        return None
    (plus, cost), (sign, penalty) = body.terms
    if plus < 0 or sign < 0 or slope_of(penalty) is None:
        return None
    if isinstance(cost, Call) and not cost.primes:
        cost = cost.function
    return cost.name if isinstance(cost, Ref) and is_loss(cost.name) else None
