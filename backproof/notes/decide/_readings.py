"""The readings that a document leaves open, and the charity that every refutation must survive.

A claim is proved or refuted only where all readings agree.
Before a refutation stands, the claim is read once more in every way that its author may have meant and did not say:
labels that sum to one, a dot that multiplies entry by entry, numbers instead of vectors.
If one of them saves it, it is not refuted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .._errors import LimitError, NotesError, NotUnderstoodError
from ..resolve import (
    Context,
    Derivative,
    Number,
    Ref,
    Term,
    refs,
    walk,
)
from ..resolve._lexicon import is_loss
from ._as_numbers import as_numbers
from ._claim import Run
from ._differentials import basis, is_of_loss
from ._habits import GREEK_MATRICES, Reading
from ._outcome import Outcome
from ._question import Question


def all_runs(question: Question) -> list[Run]:
    """Decide under every reading; one that makes no sense is none, unless all make none."""
    runs: list[Run] = []
    partial: list[Run] = []
    trouble: NotesError | None = None
    pending = list(_openings(question))
    tried: list[Reading] = []
    while pending:
        reading = pending.pop(0)
        tried.append(reading)
        try:
            run = question.run(reading)
        except LimitError:
            raise
        except NotesError as error:
            trouble = trouble or error
            continue
        (partial if run.partly else runs).append(run)
        if run.ambiguous and not reading.direct:
            pending.append(replace(reading, direct=True, flags=set()))
        if run.unordered and not reading.falling:
            pending.append(replace(reading, falling=True, flags=set()))
        if run.greek and reading.greek == "number":
            pending.append(replace(reading, greek="column", flags=set()))
            if question.context.examples == "rows":
                pending.append(replace(reading, greek="row", flags=set()))
    numbers = as_numbers(question)
    if numbers is not None and (not runs or (any(r.guessed for r in runs) and not all_proved(runs))):
        # Nothing but letters says that these are vectors: the author may mean numbers.
        try:
            run = question.run(Reading(), *numbers)
            if not runs:
                spoken = question.context.speaks_of_vectors
                run.links = [_only_numbers(o, trouble, question.item.parts, spoken) for o in run.links]
            else:
                _beside_matrices(run, runs, question.item.parts)
            runs.append(run)
            run.notes.append("also read with every quantity a number")
        except LimitError:
            raise
        except NotesError as error:
            trouble = trouble or error
    runs = runs or partial  # a reading that gives some side no meaning counts where no other makes sense
    if not runs:
        raise trouble or NotUnderstoodError("the claim")
    return runs


def _only_numbers(
    outcome: Outcome, trouble: NotesError | None, parts: Sequence[Term], spoken: bool
) -> Outcome:
    """Where the vectors of a document are not understood, numbers refute nothing, and prove nothing of capitals.

    A lone capital proves something only where no word speaks of vectors (``spoken``).
    """
    names = {r.name for p in parts for r in refs(p)}
    capitals = {n for n in names if len(n.rstrip("'")) == 1 and n.isupper()}  # X' may be X transposed
    several = len({name for name in capitals if not is_loss(name)}) > (0 if spoken else 1)
    if outcome.verdict == "refuted" or (several and outcome.verdict == "proved"):
        return Outcome("unknown", f"not understood: {trouble or 'what the matrices of the claim are'}")
    return outcome


def _beside_matrices(numbers: Run, runs: Sequence[Run], parts: Sequence[Term]) -> None:
    """What numbers prove of capitals stands only where these fit in shape as matrices, too."""
    for k, outcome in enumerate(numbers.links):
        sides = parts[k : k + 2]
        fits = any(run.links[k].verdict == "proved" for run in runs)
        if outcome.verdict == "proved" and not fits and _capitals(sides) and not _chains(sides):
            reason = "holds for numbers, but as matrices the two sides do not fit in shape"
            numbers.links[k] = Outcome("mixed", reason)


def _chains(parts: Sequence[Term]) -> bool:
    """Whether a derivative of something else than a loss stands here: with ``∂A/∂Z`` a chain rule speaks of numbers."""
    slopes = [n for p in parts for n in walk(p) if isinstance(n, Derivative)]
    return any(not isinstance(n.of, Ref) or not is_loss(n.of.name) for n in slopes)


def _capitals(parts: Sequence[Term]) -> set[str]:
    """The capitals that stand for quantities, as matrices do."""
    names = {r.name.rpartition(":")[2] for p in parts for r in refs(p) if not is_loss(r.name)}
    return {n for n in names if n[:1].isupper() and (len(n) == 1 or n in GREEK_MATRICES)}


def _openings(question: Question) -> Iterator[Reading]:
    parts, context = question.item.parts, question.context
    if is_of_loss(parts[0], context) and (changes := basis(parts, context)):
        yield Reading(differentials=changes)
        return
    times = {r.time.name for p in question.item.parts for r in refs(p) if r.time is not None}
    yield Reading(first_time=1)
    if not times or question.context.one_step:
        return
    if _begins_at_one(question.context):
        yield Reading(first_time=1, time=2)  # at the first step alone nothing comes from earlier ones
    else:
        yield Reading(first_time=0)


def _begins_at_one(context: Context) -> bool:
    """Whether the document says that step 1 is the first: ``t = 1, …, T``, ``t ≥ 1``, a constant h_0 or a formula for it."""
    times = [d.head.time for d in context.definitions if d.head.time is not None]
    timed = {t.name for t in times if t.name}
    if context.first_step == 1 or any(context.lower.get(name) == 1 for name in timed):
        return True
    if timed and any(not t.name and t.offset == 0 for t in times):
        return True
    lows = [low for name, (low, _) in context.ranges.items() if name in timed]
    return bool(lows) and all(isinstance(low, Number) and low.value == 1 for low in lows)


def all_proved(runs: Sequence[Run]) -> bool:
    """Whether every claiming link holds under every reading."""
    return all(o.verdict in ("proved", "none") for run in runs for o in run.links)
