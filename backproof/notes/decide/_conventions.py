"""Whether 1/m is inside ``dZ`` or ``dW``: a convention that prose alone never settles.

A name of a gradient may mean the gradient of the losses of the examples or of their mean.
A refutation must survive both; a proof must hold under both, unless a formula of the document states which is meant:
the loss that the text names is defined by one, or a formula such as ``dZ = A - Y`` holds under one alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from .._errors import LimitError, NotesError
from .._limits import Budget
from ..resolve import Context, Definition, Derivative, Div, Gradient, Mul, Ref, refs, walk
from ..resolve._item import Gathered, Item
from ..resolve._lexicon import is_loss
from ..resolve._profiles import SETTLED
from ._gradients import is_parameter, is_told
from ._habits import Reading, Usage
from ._losses import means
from ._outcome import Outcome
from ._question import Question

Scales = tuple[int, int]
_SECONDS = 1.0


def gradient_names(item: Item, context: Context) -> set[str]:
    """The quantities whose gradients a statement writes as names that no formula defines."""
    bodies = [d.body for d in context.definitions if isinstance(d.body, Gradient)]
    return {
        n.of.name
        for part in (*item.parts, *bodies)
        for n in walk(part)
        if isinstance(n, Gradient) and context.defined(_own(n.of)) is None
    }


def _own(of: Ref) -> Ref:
    return Ref("d" + of.name, of.layer, of.example, of.subs, of.time)


def settle_conventions(
    question: Question, gathered: Gathered, usage: Usage, outcomes: list[Outcome]
) -> list[Outcome]:
    """Let every verdict survive the other places that 1/m may have."""
    outcomes = [_without_prose(question, k, o) for k, o in enumerate(outcomes)]
    names = gradient_names(question.item, question.context)
    if question.context.profile in SETTLED:
        return outcomes
    if not names or not any(o.verdict in ("proved", "refuted") for o in outcomes):
        return outcomes
    context = question.context
    # Where no mean is spoken of there is one loss, and nothing to settle for a proof.
    averaged = context.mean_cost or bool(means(context)) or len(_defined_losses(context)) > 1
    averaged = averaged or any(d.about_loss for d in context.doubts.values())
    open_names = {n for n in names if averaged and not is_told(context, n)}
    if any(not is_parameter(n) for n in names):
        open_names -= _anchored(gathered, context, usage)
    found = list(outcomes)
    for k, outcome in enumerate(outcomes):
        if outcome.verdict == "proved" and not open_names:
            continue
        if outcome.verdict not in ("proved", "refuted"):
            continue
        doubted = open_names
        if outcome.verdict == "refuted":
            doubted = {n for n in names if not is_told(context, n, refuting=True)} - _anchored(
                gathered, context, usage
            )
        if doubted:
            found[k] = _weighed(question, k, outcome, doubted)
    return found


def _defined_losses(context: Context) -> set[str]:
    """The losses and costs that formulas of the document define."""
    return {d.head.name for d in context.definitions if is_loss(d.head.name)}


def _without_prose(question: Question, k: int, outcome: Outcome) -> Outcome:
    """A refutation must survive 1/m elsewhere in a gradient that words alone define: ``δ is the gradient of J``."""
    context = question.context
    told = [d for d in context.definitions if d.latex.endswith("(prose)") and isinstance(d.body, Derivative)]
    used = {r.name for part in question.item.parts for r in refs(part)}
    if outcome.verdict != "refuted" or not told or not used & {d.head.name for d in told}:
        return outcome
    why = "it would hold if 1/m stood elsewhere in a gradient that the text describes in words"
    if outcome.sized:
        return Outcome("unknown", f"fails as read, but {why}", outcome.counterexample)
    for count in means(context):
        for inside in (True, False):
            changed = [_moved(d, count, inside) if d in told else d for d in context.definitions]
            try:
                other = question.run(Reading(), replace(context, definitions=changed), saving=[k]).links[k]
            except LimitError:
                return Outcome("unknown", "there was no time to read a gradient with and without 1/m")
            except NotesError:
                continue
            if other.verdict == "proved" or other.agrees:
                return Outcome("mixed", f"fails as read, but {why}", outcome.counterexample)
    return outcome


def _moved(definition: Definition, count: Ref, inside: bool) -> Definition:
    body = definition.body
    return replace(definition, body=Mul((("", count), ("", body))) if inside else Div(body, count))


def _weighed(question: Question, k: int, outcome: Outcome, doubted: set[str]) -> Outcome:
    who = ", ".join(f"d{n}" for n in sorted(doubted))
    for scales in _scales(question.context, doubted):
        try:
            other = question.run(Reading(scales=scales), saving=[k]).links[k]
        except LimitError:
            return Outcome("unknown", f"there was no time to read {who} with and without 1/m")
        except NotesError:
            continue
        if outcome.verdict == "proved" and other.verdict != "proved":
            return Outcome(
                "mixed", f"holds if {who} is as notes of this kind write it, fails if 1/m stands elsewhere"
            )
        if outcome.verdict == "refuted" and (other.verdict == "proved" or other.agrees):
            why = f"it would hold if 1/m stood elsewhere: {who} may be per example or of the mean"
            return Outcome("mixed", f"fails as read, but {why}", outcome.counterexample)
    return outcome


def _scales(context: Context, names: set[str]) -> Iterator[Scales]:
    """The powers of m by which the gradients of activities and of parameters may differ from the first reading."""
    activity = (0, -1, 1) if any(not is_parameter(n) for n in names) else (0,)
    # A cost that a formula defines with 1/m says what the gradients by parameters are.
    free = any(is_parameter(n) for n in names) and not bool(means(context))
    parameter = (0, -1, 1) if free else (0,)
    return (s for s in itertools.product(activity, parameter) if s != (0, 0))


def _anchored(gathered: Gathered, context: Context, usage: Usage) -> set[str]:
    """The activities of a document of which a formula states the convention: it holds under one alone."""
    if gathered.stated is None:
        gathered.stated = set()
        every = {
            n.of.name for i in gathered.items for p in i.parts for n in walk(p) if isinstance(n, Gradient)
        }
        for item in gathered.items:
            if item.kind != "claim" or len(item.parts) != 2 or item.reason:
                continue
            names = {n.of.name for p in item.parts for n in walk(p) if isinstance(n, Gradient)}
            alone = isinstance(item.parts[0], Gradient) and not any(
                isinstance(n, Gradient) for n in walk(item.parts[1])
            )
            if (
                len(names) == 1
                and alone
                and not is_parameter(next(iter(names)))
                and _states(item, context, usage)
            ):
                gathered.stated = {n for n in every if not is_parameter(n)}
                break
    return gathered.stated


def _states(item: Item, context: Context, usage: Usage) -> bool:
    known = [d for d in context.definitions if d.latex != item.formula.latex]
    question = Question(item, replace(context, definitions=known), usage, Budget(_SECONDS))
    try:
        if question.run(Reading()).links[0].verdict != "proved":
            return False
        return all(question.run(Reading(scales=(s, 0))).links[0].verdict == "refuted" for s in (-1, 1))
    except NotesError:
        return False
