"""One statement to its finding: every reading that the document leaves open must agree."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from .._errors import LimitError, NotesError, NotUnderstoodError
from .._finding import Finding, Link, Verdict, combined
from .._limits import Budget
from ..resolve import Context, refs
from ..resolve._collect import Gathered, Item
from ._claim import Run, decide_chain
from ._numeric import tolerance
from ._others import decide_shape, decide_update
from ._outcome import Outcome
from ._world import Reading, Usage


def decide_item(item: Item, gathered: Gathered, usage: object, budget: Budget, blank: Finding) -> Finding:
    """Decide a claim, a numeric example, an update or a shape."""
    assert isinstance(usage, Usage)
    context = scoped(gathered.context, item)
    if item.kind == "update":
        outcome, notes = decide_update(item, context, usage, budget)
        return _single(outcome, notes, context, blank)
    if item.kind == "shape":
        outcome, notes = decide_shape(item, context, usage)
        return _single(outcome, notes, context, blank)
    has_values = any(d.value for d in context.definitions)
    general = replace(context, definitions=[d for d in context.definitions if not d.value])
    first = context if item.kind == "numeric" else general
    runs = _runs(item, first, usage, budget)
    if has_values and first is general and not _all_proved(runs):
        # A claim that is stated where values were given may mean those values only.
        runs = [*runs, *_runs(item, context, usage, budget)]
    merged = [merge([run.links[k] for run in runs]) for k in range(len(item.claiming))]
    links = tuple(Link("", "", o.verdict, o.counterexample, o.reason) for o in merged)
    verdict = combined([o.verdict for o in merged])
    decisive = next((o for o in merged if o.verdict == verdict), merged[0])
    notes = tuple(dict.fromkeys([*context.readings, *(n for r in runs for n in r.notes)]))
    return replace(blank, verdict=verdict, links=links, context=notes, reason=decisive.reason)


def _single(outcome: Outcome, notes: list[str], context: Context, blank: Finding) -> Finding:
    link = Link("", "", outcome.verdict, outcome.counterexample, outcome.reason)
    found = tuple(dict.fromkeys([*context.readings, *notes]))
    return replace(blank, verdict=outcome.verdict, links=(link,), context=found, reason=outcome.reason)


def _runs(item: Item, context: Context, usage: Usage, budget: Budget) -> list[Run]:
    """Decide under every reading; a reading that makes no sense is none, unless all make none."""
    runs: list[Run] = []
    trouble: NotesError | None = None
    limits = [
        tolerance(a, b, r) if item.kind == "numeric" else None
        for a, b, r in zip(item.parts, item.parts[1:], item.relations, strict=False)
    ]
    for reading in readings(item, context):
        try:
            runs.append(decide_chain(item.parts, item.claiming, context, usage, reading, budget, limits))
        except LimitError:
            raise
        except NotesError as error:
            trouble = error
            continue
        if runs[-1].ambiguous and not reading.direct:
            again = Reading(reading.sigma_is_logistic, reading.first_time, True)
            runs.append(decide_chain(item.parts, item.claiming, context, usage, again, budget, limits))
    if not runs:
        raise trouble or NotUnderstoodError("the claim")
    if any(r.clashed for r in runs):
        runs = [_squared(item, context, usage, budget, limits, r) for r in runs]
    told = (
        context.shapes
        or context.vectors
        or context.vectors_are_columns
        or context.examples
        or context.all_scalar
    )
    if any(r.guessed for r in runs) and not told and not _all_proved(runs):
        # Nothing but letters says that these are vectors: the author may mean numbers.
        try:
            plain = replace(context, all_scalar=True, readings=[*context.readings])
            numbers = replace_usage(usage)
            runs.append(decide_chain(item.parts, item.claiming, plain, numbers, Reading(), budget, limits))
            runs[-1].notes.append("also read with every quantity a number")
        except LimitError:
            raise
        except NotesError:
            return runs
    return runs


def _squared(
    item: Item, context: Context, usage: Usage, budget: Budget, limits: list[list[Fraction] | None], run: Run
) -> Run:
    """Where shapes clash, look at equal sizes: what fails even there is refuted for good."""
    try:
        again = decide_chain(item.parts, item.claiming, context, usage, Reading(square=True), budget, limits)
    except LimitError:
        raise
    except NotesError:
        return run
    links = []
    for first, second in zip(run.links, again.links, strict=True):
        if first.verdict == "unknown" and second.verdict == "refuted":
            links.append(Outcome("refuted", f"{first.reason}; false even where the sizes agree", second.counterexample))
        else:
            links.append(first)
    run.links = links
    return run


def replace_usage(usage: Usage) -> Usage:
    """The same usage in a world of numbers."""
    return replace(usage, matrices=False)


def _all_proved(runs: list[Run]) -> bool:
    return all(o.verdict in ("proved", "none") for run in runs for o in run.links)


def merge(outcomes: list[Outcome]) -> Outcome:
    """Proved or refuted only where all readings agree."""
    verdicts = {o.verdict for o in outcomes}
    if len(verdicts) == 1:
        return outcomes[0]
    if verdicts == {"proved", "refuted"}:
        return Outcome("mixed", "holds under one reading and fails under another")
    undecided: Verdict = "unknown"
    reason = next((o.reason for o in outcomes if o.verdict == "unknown"), "the readings differ")
    return Outcome(undecided, reason)


def readings(item: Item, context: Context) -> list[Reading]:
    """The readings that the document leaves open for a claim."""
    times = {r.time.name for p in item.parts for r in refs(p) if r.time is not None}
    if times:
        return [Reading(first_time=1)] if context.one_step else [Reading(first_time=1), Reading(first_time=0)]
    return [Reading()]


def scoped(context: Context, item: Item) -> Context:
    """The context at a statement: what came before, and later definitions of what was not yet defined."""
    before = context.definitions[: item.known]
    names = {d.head.name for d in before}
    later = [
        d
        for d in context.definitions[item.known :]
        if d.head.name not in names and d.latex != item.formula.latex
    ]
    own = [
        d
        for d in context.definitions[item.known :]
        if d.latex == item.formula.latex and d.line == item.formula.line
    ]
    return replace(context, definitions=[*later, *before, *own], line=item.formula.line)
