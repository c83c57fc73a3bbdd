"""Numbers of one step that has no number: ``c_t = f_t c_{t-1} + …`` with *f_t = 0.9* and *c_{t-1} = 4* in a sentence.

The quantities of that step, and of those beside it, are taken for quantities of their own, which have these numbers.
"""

from __future__ import annotations

from dataclasses import replace

from .._errors import NotesError
from ..resolve import Add, Definition, Number, Ref, Term, refs
from ..resolve._item import Gathered
from ..resolve._terms import rebuilt
from ._claim import Run
from ._outcome import Outcome
from ._question import Question
from ._worked_example import with_values


def at_one_time(question: Question, gathered: Gathered) -> tuple[list[Run], list[Outcome]] | None:
    """Decide a numeric example at the one step that it speaks of; None where some equality stays undecided."""
    item, context = question.item, question.context
    times = {r.time.name for part in item.parts for r in refs(part) if r.time is not None and r.time.name}
    if item.kind != "numeric" or len(times) != 1:
        return None
    (time,) = times
    described = any(other.kind == "prose" and other.parts == item.parts[:1] for other in gathered.items)
    if described and not item.claiming[0]:
        return None  # what words say of it, its formula may not say

    def held(term: Term) -> Term:
        if not isinstance(term, Ref) or term.time is None or term.time.name != time:
            return term
        return replace(term, name=f"{term.name}⟨{time}{term.time.offset:+}⟩", time=None)

    given: dict[Ref, Definition] = {}
    for other in gathered.items:
        if other.formula is item.formula:
            break
        if other.formula.display or len(other.parts) != 2 or other.relations[0] not in ("=", ":="):
            continue
        head, body = held(other.parts[0]), other.parts[1]
        near = gathered.scopes.encloses(other.section, item.section)
        if isinstance(head, Ref) and head is not other.parts[0] and _is_number(body) and near:
            given[head] = Definition(
                head, None, body, other.formula.line, other.formula.latex, other.section, True
            )
    if not given:
        return None
    parts = tuple(rebuilt(part, held) for part in item.parts)
    known = [
        replace(d, head=h, body=rebuilt(d.body, held))
        for d in context.definitions
        if isinstance(h := held(d.head), Ref)
    ]
    if not any(d.head == parts[0] for d in known):
        return None  # what words say of it, the formula may not say
    other_item = replace(item, parts=parts)
    held_context = replace(context, definitions=known)
    valued = replace(held_context, definitions=[*known, *given.values()])
    try:
        runs, found = with_values(replace(question, item=other_item, context=held_context), valued)
    except NotesError:
        return None
    if any(o.verdict not in ("proved", "refuted", "none") for o in found):
        return None
    numbers = ", ".join(d.latex for d in given.values())
    if runs:
        runs[0].notes.append(f"at the step where {numbers}")
    return runs, found


def _is_number(term: Term) -> bool:
    if isinstance(term, Add) and len(term.terms) == 1:
        term = term.terms[0][1]
    return isinstance(term, Number)
