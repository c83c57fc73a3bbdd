"""Which facts and definitions still hold at a claim: those of its own sections, and those that go with what it rests on.

A fact of a section that does not enclose the claim counts where the claim rests on a definition of that section, or where
its heading speaks of the whole note.
What a name was ends where the text says that it may be anything.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..resolve import Context, Definition, Derivative, Term, refs, walk
from ..resolve._item import Gathered, Item
from ..resolve._ledger import RESTRICTING, Fact, Place, names_of
from ._doubts import reached

# Headings under which a note says what counts throughout.
_GENERAL = re.compile(
    r"\W*(?:[\dIVX.]+\W+)?(?:(?:general|some|basic|our|the|and|of|main|standing|notations?|set-?ups?|settings?"
    r"|conventions?|definitions?|assumptions?|preliminar\w+|symbols?|variables?|data|dataset|problem|task|model|network"
    r"|background|introduction|overview|conditions?|표기법?|기호|정의|가정|설정|데이터|모델|문제|준비)\W*)+",
    re.I,
)


def carried(item: Item, gathered: Gathered, context: Context) -> tuple[Context, list[str]]:
    """The context without what does not hold at a claim any more, or not yet; and what that is."""
    ledger = gathered.ledger
    here = ledger.places.get(id(item.formula))
    if here is None or not (ledger.facts or ledger.freed or ledger.labels or ledger.new):
        return context, []
    names = reached(item.parts, context)
    defining = {d.section for d in context.definitions if d.head.name in names and not d.value}
    changes: dict[str, Any] = {}
    what: list[str] = []
    for kind in RESTRICTING:
        lost = []
        for member in getattr(context, kind):
            stated = [f for f in ledger.facts if f.kind == kind and f.member == member]
            told = kind == "values" and _has_formula(member, context)
            beside = kind == "hypotheses" and member in context.conditioned  # chosen by its sentence
            if (
                stated
                and not beside
                and (told or not any(_holds(f, here, gathered, defining) for f in stated))
            ):
                lost.append(member)
                subject = " and ".join(sorted(names_of(stated[0]) & names))
                doubted = all(f.doubted for f in stated)
                what += (
                    [f"what is said of {subject} {'in doubt' if doubted else 'elsewhere'}"] if subject else []
                )
        if lost:
            changes[kind] = _without(getattr(context, kind), lost)
    freed = [d for d in context.definitions if _is_freed(d, here, gathered)]
    if freed:
        changes["definitions"] = [d for d in context.definitions if d not in freed]
        what += [f"what line {d.line} says of {d.head}" for d in freed if d.head.name in names]
    return replace(context, **changes), what


def _has_formula(value: tuple[Term, Term], context: Context) -> bool:
    """Whether a formula gives what a derivative is taken of, of which a sentence before gave a number."""
    heads = {r.name for n in walk(value[0]) if isinstance(n, Derivative) for r in refs(n.of)}
    return not refs(value[1]) and any(d.head.name in heads and refs(d.body) for d in context.definitions)


def _without(facts: Any, lost: list[Any]) -> Any:
    if isinstance(facts, dict):
        return {k: v for k, v in facts.items() if k not in lost}
    return type(facts)(x for x in facts if x not in lost)


def _holds(fact: Fact, here: Place, gathered: Gathered, defining: set[int]) -> bool:
    """Whether what is stated somewhere holds at a place, where the claim rests on definitions of some sections."""
    if fact.doubted:
        return False
    scopes, section = gathered.scopes, fact.first[0]
    inside = scopes.encloses(section, here[0])
    if not inside and not (
        _GENERAL.fullmatch(scopes.sections[section].title)
        or any(scopes.encloses(section, other) for other in defining)
    ):
        return False
    if fact.begins and fact.first > here and section == here[0]:
        return False  # now let x > 0
    return not _ends(names_of(fact), fact.last, here, gathered)


def _ends(names: set[str], since: Place, here: Place, gathered: Gathered) -> bool:
    """Whether the text says between a place and a claim, or in the sentence of the claim, that names may be anything."""
    return any(
        (not one.names or names & one.names)
        and (one.place < here or one.first <= here <= one.last)
        and since < one.first
        and gathered.scopes.encloses(one.place[0], here[0])
        for one in gathered.ledger.freed
    )


def _is_freed(definition: Definition, here: Place, gathered: Gathered) -> bool:
    """Whether a name may be anything by then, whatever a formula before said of it."""
    source = gathered.source(definition.line, definition.latex)
    place = gathered.ledger.places.get(id(source.formula)) if source is not None else None
    if place is None or place >= here:
        return False
    ledger, scopes = gathered.ledger, gathered.scopes
    freed = [one for one in (*ledger.freed, *ledger.labels) if one.names]
    if not scopes.encloses(definition.section, here[0]):
        freed += ledger.new
    return any(
        definition.head.name in one.names
        and place < one.first
        and one.place < here
        and scopes.encloses(one.place[0], here[0])
        for one in freed
    )
