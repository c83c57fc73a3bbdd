"""Updates: a step downhill along the right gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from .._errors import NotUnderstoodError
from .._limits import Budget
from ..resolve import (
    Add,
    Call,
    Context,
    Derivative,
    Gradient,
    Mul,
    Number,
    Ref,
    Term,
    indices,
    rebuilt,
    refs,
    walk,
)
from ..resolve._item import Item
from ..resolve._lexicon import is_loss
from ._claim import Run, decide_chain
from ._habits import Reading, Usage
from ._outcome import Outcome

RATES = {
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


_OTHER_METHOD = "the text speaks of a method whose steps are not along the gradient"
# Letters of losses that notes give to likelihoods, too.
_LIKELIHOODS = {"ell", "l"}


def decide_update(item: Item, context: Context, usage: Usage, budget: Budget) -> tuple[Outcome, list[str]]:
    """Check the step that an update takes, against the step that the prose describes, or against descent."""
    left, right = item.parts[0], item.parts[1]
    assert isinstance(left, Ref)
    old = _old(left, right)
    plain = Ref(left.name, left.layer, None, left.subs, left.time)
    own = [r for r in refs(right) if (r.name, r.layer, r.subs) == (left.name, left.layer, left.subs)]
    if len({(r.example, r.time) for r in own}) > 1:
        raise NotUnderstoodError("a step from the values of several steps")
    told = context.steps.get(left.name)
    if told is not None:
        return _as_told(right, plain, told, context, usage, budget)
    if context.descends is None:
        try:
            return _descent(_plain(_without(right, old), left.name), plain, context, usage, budget)
        except NotUnderstoodError:
            found = _down_the_cost(right, plain, context, usage, budget)
            if found is None:
                raise
            return found
    if _is_one_step(right, old):
        with suppress(NotUnderstoodError):
            found = _descent(_plain(_without(right, old), left.name), plain, context, usage, budget)
            if found[0].verdict != "unknown":
                return found
    return _downhill(right, plain, context.descends, context, usage, budget)


def _against(right: Term, plain: Ref, step: Term, context: Context, usage: Usage, budget: Budget) -> Run:
    """Compare the new value with the old one and a step; the step says what its quantities are."""
    new = Add(((1, plain), (1, step)))
    known = replace(context, steps={**context.steps, plain.name: new})
    return decide_chain((right, new), (True,), known, usage, Reading(), budget)


def _as_told(
    right: Term, plain: Ref, told: Term, context: Context, usage: Usage, budget: Budget
) -> tuple[Outcome, list[str]]:
    """Compare an update with the step that the text describes."""
    mine, step = _plain(right, plain.name), _plain(told, plain.name)

    def against(step: Term, mine: Term = mine) -> Run:
        return _against(mine, plain, step, context, usage, budget)

    try:
        run = against(step)
    except NotUnderstoodError:
        run = _by_name(mine, step, plain, context, against)
    found, notes = run.links[0], [*run.notes, "the step is the one that the text describes (prose)"]
    if found.verdict == "refuted" and (alien := _beside_step(mine, told, plain, context)):
        found = Outcome("unknown", f"the step that the text describes does not speak of {alien}")
    elif found.verdict == "refuted" and plain.name in context.unsigned:
        turned = against(Add(((-1, step),))).links[0]
        if turned.verdict == "proved" or turned.agrees:
            found = Outcome("unknown", "the text may tell the size of the step alone")
    return found, notes


def _downhill(
    right: Term, plain: Ref, descends: tuple[Term, Term], context: Context, usage: Usage, budget: Budget
) -> tuple[Outcome, list[str]]:
    """Compare an update with a step down the gradient of a loss; a positive factor may be in the rate."""
    rate, loss = descends
    mine = _plain(right, plain.name)
    step: Term = Add(((-1, Mul((("", rate), ("·", Derivative(loss, (plain,), True))))),))
    run = _against(mine, plain, step, context, usage, budget)
    found, notes = run.links[0], [*run.notes, f"the step goes down the gradient of {_shown(loss)} (prose)"]
    if found.verdict == "refuted":
        off = Add(((1, mine), (-1, plain)))
        known = replace(context, steps={**context.steps, plain.name: Add(((1, plain), (1, step)))})
        scaled = [step, *(Mul((("", Number(c)), ("", step))) for c in (Fraction(2), Fraction(1, 2)))]
        alone = [decide_chain((off, s), (True,), known, usage, Reading(), budget).links[0] for s in scaled]
        if context.estimates or any(_is_positive_factor(o) for o in alone):
            found = Outcome("unknown", "the rate may hold a factor, or the step may estimate the gradient")
        elif alien := _beside_step(mine, Add(((1, rate), (1, loss))), plain, context):
            found = Outcome("unknown", f"what the step goes down does not speak of {alien}")
    return found, notes


def _shown(loss: Term) -> str:
    return str(loss) if isinstance(loss, Ref) else "what the text says"


def _is_positive_factor(outcome: Outcome) -> bool:
    """Whether sides differ by a size, or by a number above zero, alone."""
    return (
        outcome.verdict == "proved"
        or bool(outcome.sized)
        or (bool(outcome.factor) and not outcome.factor.startswith("-"))
    )


def _by_name(
    mine: Term, step: Term, plain: Ref, context: Context, against: Callable[[Term, Term], Run]
) -> Run:
    """Compare an update with the step that the text describes where neither says what ``dW`` is: as quantities with names.

    What is equal so is equal whatever they are.
    What differs is wrong only if the update speaks of nothing but what the step does, and no formula relates it.

    Raises
    ------
    NotUnderstoodError
        One of them has no meaning even so.
    """
    given = {head: body for head, body in context.values if isinstance(head, Gradient)}
    run = against(_named(step, given), _named(mine, given))
    told, used = ({r.name for r in refs(_named(t, given))} | {plain.name} for t in (step, mine))
    defined = {d.head.name for d in context.definitions}
    if run.links[0].verdict == "refuted" and (not used <= told or (told - used) & defined):
        run.links[0] = Outcome(
            "unknown", "the document does not say how the quantities of the step are related"
        )
    return run


def _beside_step(mine: Term, told: Term, plain: Ref, context: Context) -> str:
    """A quantity of an update that the step which the text describes does not lead to: another step may be meant."""
    known, used = {plain.name, *(r.name for r in refs(told))}, {r.name for r in refs(mine)}
    while more := {r.name for d in context.definitions if d.head.name in known for r in refs(d.body)} - known:
        known |= more
    defined = {d.head.name for d in context.definitions}
    return min(used - known - defined, default="")


def _named(term: Term, given: Mapping[Gradient, Term]) -> Term:
    """A gradient of which nothing is known as a quantity of that name, or as what a formula says that it is."""

    def change(inner: Term) -> Term:
        if isinstance(inner, Gradient):
            of = inner.of
            return given.get(inner) or Ref(f"d{of.name}", of.layer, of.example, of.subs, of.time)
        return inner

    return rebuilt(term, change)


def _is_one_step(right: Term, old: Ref) -> bool:
    """``w - α dW``: the old value and one term."""
    return isinstance(right, Add) and len(right.terms) == 2 and (1, old) in right.terms


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

    def change(inner: Term) -> Term:
        if isinstance(inner, Ref) and inner.name == name:
            return Ref(inner.name, inner.layer, None, inner.subs, inner.time)
        return inner

    return rebuilt(term, change)


def _down_the_cost(
    right: Term, plain: Ref, context: Context, usage: Usage, budget: Budget
) -> tuple[Outcome, list[str]] | None:
    """A step that is, with its rate, the gradient of the one cost that the document adds up to.

    What is not, may go down something else, unless the text speaks of gradient descent and nothing else.
    """
    losses = [d for d in context.definitions if is_loss(d.head.name) and not d.value]
    costs = {d.head for d in losses} - {r for d in losses for r in refs(d.body)}
    rates = {r.name for r in refs(right) if r == Ref(r.name)} & RATES - {
        d.head.name for d in context.definitions
    }
    rates -= {r.name for d in losses for r in refs(d.body)}  # the λ of a penalty
    if len(costs) != 1 or len(rates) != 1:
        return None
    try:
        cost = costs.pop()
        found, notes = _downhill(right, plain, (Ref(rates.pop()), cost), context, usage, budget)
    except NotUnderstoodError:
        return None
    notes = [note.replace(" (prose)", "") for note in notes]
    plainly = context.descent and not context.ascent and not context.estimates
    down = found.verdict == "proved" and not context.ascent
    if down and context.other_method:
        return Outcome("unknown", _OTHER_METHOD), notes
    if down and (up := _may_climb(cost, context)):
        return Outcome("unknown", up), notes
    return (found, notes) if down or (plainly and found.verdict == "refuted") else None


def _may_climb(of: Term | None, context: Context) -> str:
    """Why a step down may be the wrong way, where the text does not say that it descends: ℓ is a likelihood as well."""
    if context.descent:
        return ""
    if context.climbs:
        return f"the text speaks of {context.climbs!r}, and the step goes down"
    if isinstance(of, Ref) and of.name in _LIKELIHOODS and not context.says_loss:
        return f"the document does not say whether {of} is to become small"
    return ""


def _descent(
    step: Term, of: Ref, context: Context, usage: Usage, budget: Budget
) -> tuple[Outcome, list[str]]:
    """``-α dW``: one term, a rate, and the gradient by the quantity that is updated."""
    if not isinstance(step, Add) or len(step.terms) != 1:
        raise NotUnderstoodError("a step of several terms, without a description of it in the text")
    sign, term = step.terms[0]
    factors = [t for _, t in term.items] if isinstance(term, Mul) else [term]
    rates = [f for f in factors if isinstance(f, Ref) and f.name in RATES and not indices(f)]
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
    of_what = gradient.of if isinstance(gradient, Derivative) else None
    if up := _may_climb(of_what.function if isinstance(of_what, Call) else of_what, context):
        return Outcome("unknown", up), []
    if context.other_method:
        return Outcome("unknown", _OTHER_METHOD), []
    return Outcome("proved", "a step down the gradient by the quantity that is updated"), []
