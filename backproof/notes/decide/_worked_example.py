"""A numeric example, decided in general where it holds so, and with its numbers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from .._errors import LimitError, NotesError, NotUnderstoodError
from ..resolve import Context, refs
from ._charity import charitable
from ._claim import Run
from ._factorwise import by_factors
from ._outcome import Outcome, merge
from ._put_in import puts_in
from ._question import Question
from ._read_off import with_read_off
from ._readings import all_runs


def with_values(question: Question, context: Context) -> tuple[list[Run], list[Outcome]]:
    """Decide a numeric example link by link: in general where it holds so, with the given numbers otherwise."""
    item = question.item
    runs: list[Run] = []
    general: list[Outcome] = []
    trouble: NotesError | None = None
    try:
        runs = all_runs(question)
        general = [merge(fitting_outcomes(runs, k)) for k in range(len(item.claiming))]
    except LimitError:
        raise
    except NotesError as error:
        trouble = error
    found: list[Outcome] = []
    for k, is_claim in enumerate(item.claiming):
        if not is_claim:
            found.append(Outcome("none", "a definition"))
            continue
        if general and general[k].verdict == "proved":
            found.append(general[k])
            continue
        if given := puts_in(item.parts[k], item.parts[k + 1], context):
            found.append(Outcome("none", f"gives {given}"))
            continue
        link = replace(
            item,
            parts=item.parts[k : k + 2],
            relations=item.relations[k : k + 1],
            claiming=(True,),
            sides=item.sides[k : k + 2],
        )
        single = replace(question, item=link, context=context)
        unrounded = _without_results(context)
        try:
            own = all_runs(single)
        except LimitError:
            raise
        except NotesError as error:
            try:  # a result that is put in for its formula depends on nothing
                if unrounded is None:
                    raise
                single = replace(single, context=unrounded)
                own = all_runs(single)
            except LimitError:
                raise
            except NotesError:
                trouble = error
                found.append(Outcome("unknown", str(error)))
                continue
        outcome = charitable(single, [merge(fitting_outcomes(own, 0))])[0]
        if outcome.verdict != "proved" and unrounded is not None:
            # An author may have gone on with all digits.
            exact = replace(single, context=unrounded)
            with suppress(NotUnderstoodError):
                other = all_runs(exact)
                second = merge(fitting_outcomes(other, 0))
                own, outcome = (
                    (other, second) if second.verdict == "proved" else (own, _either(outcome, second))
                )
        if outcome.verdict == "unknown" and by_factors(
            single, lambda q: merge(fitting_outcomes(all_runs(q), 0))
        ):
            outcome = Outcome("proved", "factor by factor, to the printed digits")
        seen = with_read_off(link.parts, item.values, context)
        if outcome.verdict == "unknown" and seen is not None:
            with suppress(NotUnderstoodError):
                other = all_runs(replace(single, item=replace(link, parts=seen)))
                if (second := merge(fitting_outcomes(other, 0))).verdict == "proved":
                    own, outcome = other, second
        runs += own
        found.append(outcome)
    if not runs and trouble is not None:
        raise trouble
    return runs, found


def _without_results(context: Context) -> Context | None:
    """The context without the numbers that formulas of the document come to, as they are printed; None without any."""
    formulas = {d.head for d in context.definitions if not d.value and refs(d.body)}
    kept = [d for d in context.definitions if not (d.value and d.head in formulas)]
    return None if len(kept) == len(context.definitions) else replace(context, definitions=kept)


def _either(printed: Outcome, exact: Outcome) -> Outcome:
    """What is wrong with printed numbers, and might be right with all digits, is not refuted."""
    if printed.verdict == "refuted" and exact.verdict == "unknown" and "digit" in exact.reason:
        return Outcome("unknown", "with the printed numbers it fails; with all digits it may hold")
    return printed


def fitting_outcomes(runs: list[Run], k: int) -> list[Outcome]:
    """The outcomes for one link; of a Greek letter's shapes those that fit, where the claim then holds."""
    greek = [run.links[k] for run in runs if run.greek]
    strict = [o for o in greek if not o.loose]
    if strict and all(o.verdict == "proved" for o in strict):
        return [run.links[k] for run in runs if not (run.greek and run.links[k].loose)]
    return [run.links[k] for run in runs]
