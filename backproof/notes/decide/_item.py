"""One statement to its finding: every reading that the document leaves open must agree."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import chain

from .._errors import LimitError, NoDependenceError, NotesError, NotUnderstoodError
from .._finding import Finding, Link, combined
from .._limits import Budget
from ..resolve import Context, refs, walk
from ..resolve._item import Gathered, Item
from ._by_cases import told_by_cases
from ._carried import carried
from ._charity import charitable, in_other_bases
from ._claim import Run
from ._coherence import of_one_mistake
from ._connections import connections
from ._conventions import settle_conventions
from ._disowned import disowned
from ._habits import Usage
from ._measures import has_angles, has_logarithms, in_other_measures
from ._named import echoed, named_otherwise, other_formulas, said_since
from ._nearly import another_pass, not_exactly
from ._new_numbers import with_new_value
from ._objections import STAND_FOR
from ._one_time import at_one_time
from ._others import decide_update
from ._outcome import Outcome, merge
from ._passing import is_printed, unless_in_passing, without_passing
from ._penalised import penalised
from ._positions import decide_positions
from ._question import Question
from ._read_off import read_off
from ._readings import all_proved, all_runs
from ._restricting import after_step, from_elsewhere, obeying, other_numbers
from ._said_in_words import said_in_words
from ._scope import (
    anew_in_rows,
    announced_anew,
    defined_anew,
    in_general,
    other_cases,
    other_scopes,
    renewed,
    scoped,
)
from ._shapes import decide_shape
from ._steps_taken import downhill_only
from ._worked_example import fitting_outcomes, with_values


def decide_item(
    item: Item, gathered: Gathered, usage: object, budget: Budget, blank: Finding, proving: bool = False
) -> Finding:
    """Decide a claim, a numeric example, an update or a shape.

    Where ``proving``, nothing counts but whether it is proved: what is not may be called unknown without a reason.
    """
    assert isinstance(usage, Usage)
    context, usage = scoped(gathered, item, usage)
    item, context = penalised(item, context)
    if (stepped := with_new_value(item, gathered, context)) is not None:
        with suppress(NotUnderstoodError):
            found = decide_item(stepped, gathered, usage, budget, blank)
            return replace(found, kind=blank.kind)
    if item.kind == "update":
        outcome, notes = decide_update(item, context, usage, budget)
        single = _single(item, outcome, notes, context, blank)
        return single if len(item.parts) == 2 else _gone_on(item, single, gathered, usage, budget)
    if item.kind == "shape":
        try:
            outcome, notes = decide_shape(item, context, usage)
        except NotUnderstoodError:
            if item.setting:
                return replace(blank, kind="definition", verdict="none")
            raise
        return _single(item, outcome, notes, context, blank)
    if (counted := decide_positions(item, context)) is not None:
        return _single(item, disowned(item, gathered, [counted])[0], [], context, blank)
    has_values = any(d.value for d in context.definitions)
    general = replace(
        context,
        definitions=[d for d in context.definitions if not d.value],
        values=[(head, given) for head, given in context.values if refs(given)],
    )
    question = Question(
        item,
        general,
        usage,
        budget,
        lambda: chain(
            other_scopes(gathered, item, general),
            other_cases(gathered, item, general),
            other_formulas(item, gathered.items, general),
            unless_in_passing(item, gathered, general),
            other_numbers(item, gathered.items, context),
        ),
        gathered.bases,
        proving and item.kind == "claim",
    )
    item.values = read_off(gathered, item) if item.kind == "numeric" else {}
    runs, merged, question = _connected(question, context, has_values, gathered)
    if any(o.verdict == "unknown" for o in merged) and (there := at_one_time(question, gathered)) is not None:
        runs, merged = there
    if question.proving and all(o.verdict != "proved" for o in merged):
        return replace(blank, verdict="unknown")  # what follows takes proofs away, and gives none
    merged = _beyond_passing(question, gathered, context, _beyond_cases(question, merged))
    merged = _with_what_is_carried(question, gathered, context, merged)
    merged = in_other_measures(item, merged)
    merged = _beyond(question, merged, in_other_bases(question) if question.bases else ())
    if gathered.bases and gathered.natural and has_logarithms(item.parts, question.context):
        merged = _undecided(merged, "the text has natural logarithms beside others")
    if gathered.degrees and has_angles(item.parts, question.context):
        merged = _undecided(merged, "the text measures angles in degrees")
    echoes = ((what, replace(question, context=c)) for what, c in echoed(item, gathered, question.context))
    merged = _beyond(question, merged, echoes)
    others = chain(
        echoed(item, gathered, question.context, cases=True), said_since(item, gathered, question.context)
    )
    rivals = ((what, replace(question, context=c)) for what, c in others)
    merged = _beyond(question, merged, rivals, connected=True)
    merged = settle_conventions(question, gathered, usage, merged)
    merged = renewed(item, context, announced_anew(item, context, defined_anew(item, context, merged)))
    merged = another_pass(item, gathered.items, not_exactly(item, merged))
    merged = from_elsewhere(item, gathered.items, downhill_only(question, context, merged))
    merged = after_step(item, gathered.items, context, obeying(item, gathered.items, context, merged))
    merged = named_otherwise(item, context, anew_in_rows(item, context, merged))
    merged = disowned(item, gathered, merged)
    if by_cases := told_by_cases(item, gathered, question.context):
        merged = _undecided(merged, f"the text tells {by_cases} by cases")
    if made := said_in_words(item, gathered, merged):
        merged = [
            Outcome("unknown", f"the text says in words what {made} is") if o.verdict == "proved" else o
            for o in merged
        ]
    if item.kind == "claim":
        merged = of_one_mistake(question, merged)
    links = tuple(
        Link(*_sides(item, k), o.verdict, o.counterexample, o.reason, o.misfit) for k, o in enumerate(merged)
    )
    verdict = combined([o.verdict for o in merged])
    decisive = next((o for o in merged if o.verdict == verdict), merged[0])
    lints = list(dict.fromkeys(lint for run in runs for lint in run.lints if verdict != "none"))
    item.lints.extend(lint for lint in lints if lint not in item.lints)
    under = tuple(dict.fromkeys([*context.readings, *(n for r in runs for n in r.notes)]))
    kind = "definition" if verdict == "none" else blank.kind
    return replace(
        blank,
        kind=kind,
        verdict=verdict,
        links=links,
        context=under,
        reason=decisive.reason,
        correction=_correction(merged, links),
    )


_Decided = tuple[list[Run], list[Outcome], Question]


def _connected(question: Question, context: Context, has_values: bool, gathered: Gathered) -> _Decided:
    """Decide; where a derivative has no meaning, with what the document leaves to its reader."""
    trouble: NoDependenceError | None = None
    found: _Decided | None = None
    try:
        found = _links(question, context, has_values)
        if not _is_unconnected(found[1]):
            return found
    except NoDependenceError as error:
        trouble = error
    for way in connections(question, gathered):
        item = replace(question.item, parts=way.parts)
        other = replace(question, item=item, context=way.change(question.context))
        try:
            runs, merged, other = _links(other, way.change(context), has_values)
        except LimitError:
            raise
        except NotesError:
            continue
        if not _is_unconnected(merged) and not (
            way.proves_only and any(o.verdict == "refuted" for o in merged)
        ):
            runs[0].notes.append(way.note)
            return runs, merged, other
    if found is None:
        raise trouble or NoDependenceError("")
    return found


def _is_unconnected(outcomes: list[Outcome]) -> bool:
    return any(NoDependenceError.WORDS in o.reason for o in outcomes)


def _links(question: Question, context: Context, has_values: bool) -> _Decided:
    """Decide every link of a claim or a numeric example; ``context`` has the values of examples besides."""
    item = question.item
    if item.kind == "numeric":
        runs, merged = with_values(question, context)
        return runs, merged, replace(question, context=context)
    runs = all_runs(question)
    if has_values and not all_proved(runs):
        # A claim that is stated where values were given may mean those values only.
        valued = all_runs(replace(question, context=context))
        stand_for = any(o.reason.startswith(STAND_FOR) for run in runs for o in run.links)
        runs = valued if stand_for else [*runs, *valued]
    merged = [merge(fitting_outcomes(runs, k)) for k in range(len(item.claiming))]
    return runs, charitable(question, merged), question


def _beyond_passing(
    question: Question, gathered: Gathered, context: Context, merged: list[Outcome]
) -> list[Outcome]:
    """A proof must hold without what other sentences say in passing: *the probability that* ``y = 1``."""
    item = question.item
    if not any(o.verdict == "proved" for o in merged):
        return merged
    numeric = item.kind == "numeric"
    less, passing = without_passing(item, gathered, context if numeric else question.context)
    far = {d.body for d in passing if not gathered.scopes.encloses(d.section, item.section)}
    if is_printed(item) and not any(n in far for p in item.parts for n in walk(p)):
        return merged
    stray = [] if numeric else [d for d in less.definitions if d.stray]
    if not passing and not stray:
        return merged
    less = replace(less, definitions=[d for d in less.definitions if d not in stray])
    try:
        general = without_passing(item, gathered, question.context)[0] if numeric else less
        outcomes = _under(question, general, less)
    except LimitError:
        raise
    except NotesError:
        if not passing:
            return merged
        outcomes = [Outcome("unknown") for _ in merged]
    said = [*passing, *stray][0]
    why = f"holds for {said.latex} in line {said.line}, and maybe not otherwise"
    return [
        Outcome("mixed", why) if a.verdict == "proved" and b.verdict != "proved" else a
        for a, b in zip(merged, outcomes, strict=True)
    ]


def _under(question: Question, general: Context, valued: Context) -> list[Outcome]:
    """The outcomes in another context; of a numeric example in one with the values of examples besides."""
    other = replace(question, context=general)
    if question.item.kind == "numeric":
        return with_values(other, valued)[1]
    runs = all_runs(other)
    return [merge(fitting_outcomes(runs, k)) for k in range(len(question.item.claiming))]


def _undecided(outcomes: list[Outcome], why: str) -> list[Outcome]:
    return [Outcome("unknown", why) if o.verdict in ("proved", "refuted") else o for o in outcomes]


def _with_what_is_carried(
    question: Question, gathered: Gathered, context: Context, merged: list[Outcome]
) -> list[Outcome]:
    """A verdict must stand without what the text says elsewhere, or of what may be anything by then."""
    item = question.item
    if all(o.verdict not in ("proved", "refuted") for o in merged):
        return merged
    numeric = item.kind == "numeric"
    less, what = carried(item, gathered, context if numeric else question.context)
    if not what:
        return merged
    try:
        outcomes = _under(question, carried(item, gathered, question.context)[0], less)
    except LimitError:
        raise
    except NotesError:
        outcomes = [Outcome("unknown") for _ in merged]
    return [
        Outcome(
            "mixed" if {a.verdict, b.verdict} == {"proved", "refuted"} else "unknown", f"rests on {what[0]}"
        )
        if a.verdict in ("proved", "refuted") and b.verdict != a.verdict
        else a
        for a, b in zip(merged, outcomes, strict=True)
    ]


def _beyond_cases(question: Question, merged: list[Outcome]) -> list[Outcome]:
    """A proof in a case that was said earlier must hold without it, too: the author may have gone on to what is general."""
    general = in_general(question.item, question.context)
    if general is None or not any(o.verdict == "proved" for o in merged):
        return merged
    try:
        runs = all_runs(replace(question, context=general))
    except LimitError:
        raise
    except NotesError:
        return merged
    cases = ", ".join(r for r in question.context.readings if r.startswith("for "))
    why = f"holds {cases}, which is said before, and fails otherwise"
    return [
        Outcome("mixed", why)
        if o.verdict == "proved" and merge(fitting_outcomes(runs, k)).verdict != "proved"
        else o
        for k, o in enumerate(merged)
    ]


def _beyond(
    question: Question,
    merged: list[Outcome],
    others: Iterable[tuple[str, Question]],
    connected: bool = False,
) -> list[Outcome]:
    """A proof must hold in other ways, too, of which the text speaks; ``connected``: where it has a meaning."""
    found = list(merged)
    if all(o.verdict != "proved" for o in found):
        return found
    for what, other in others:
        try:
            runs = all_runs(other)
        except LimitError:
            raise
        except NotesError:
            runs = []
        for k, outcome in enumerate(found):
            if outcome.verdict != "proved" or (connected and not runs):
                continue
            under = merge(fitting_outcomes(runs, k))
            if under.verdict != "proved" and not (connected and _is_unconnected([under])):
                found[k] = Outcome("unknown", f"it fails {what}, of which the text speaks")
    return found


def _gone_on(item: Item, update: Finding, gathered: Gathered, usage: Usage, budget: Budget) -> Finding:
    """An update whose right side is rewritten: ``w := w - η (g + λw) = (1 - ηλ) w - ηg``."""
    rest = replace(
        item,
        kind="numeric" if any(not refs(p) for p in item.parts[2:]) else "claim",
        parts=item.parts[1:],
        relations=item.relations[1:],
        claiming=(True,) * (len(item.parts) - 2),
        sides=item.sides[1:],
    )
    try:
        found = decide_item(rest, gathered, usage, budget, update)
    except LimitError:
        raise
    except NotesError as error:  # what the step is was decided without the rest
        open_ = tuple(Link(*_sides(rest, k), "unknown", None, str(error)) for k in range(len(rest.claiming)))
        found = replace(update, verdict="unknown", links=open_, reason=str(error))
    links = (*update.links, *found.links)
    verdict = combined([x.verdict for x in links])
    return replace(
        found,
        verdict=verdict,
        links=links,
        context=tuple(dict.fromkeys([*found.context, *update.context])),
        reason=update.reason if update.verdict == verdict else found.reason,
    )


_INVERSES = {"-1": "-", "2": "\\frac{1}{2}", "1/2": "2", "-2": "-\\frac{1}{2}", "-1/2": "-2"}


def _correction(merged: list[Outcome], links: tuple[Link, ...]) -> str:
    """The right side that would be right, where a simple factor is all that is wrong."""
    for outcome, link in zip(merged, links, strict=True):
        if outcome.verdict == "refuted" and outcome.factor and link.rhs:
            factor = outcome.factor
            inverse = _INVERSES.get(factor) or (
                factor[2:] if factor.startswith("1/") else f"\\frac{{1}}{{{factor}}}"
            )
            return f"{inverse}\\left({link.rhs}\\right)"
    return ""


def _sides(item: Item, k: int) -> tuple[str, str]:
    """The two sides of a link as written."""
    return (item.sides[k], item.sides[k + 1]) if k + 1 < len(item.sides) else ("", "")


def _single(item: Item, outcome: Outcome, notes: list[str], context: Context, blank: Finding) -> Finding:
    link = Link(*_sides(item, 0), outcome.verdict, outcome.counterexample, outcome.reason)
    found = tuple(dict.fromkeys([*context.readings, *notes]))
    return replace(blank, verdict=outcome.verdict, links=(link,), context=found, reason=outcome.reason)
