"""The new value of a parameter in numbers: ``w_{new} = 1.7 - 0.1 · (-0.5)`` beside ``w ← w - α ∂L/∂w``.

What the step makes of the old value, by the formula or the words of the document, is put in for the name; arithmetic
alone would prove a step with the wrong sign.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..resolve import (
    Add,
    Context,
    Derivative,
    Gradient,
    Mul,
    Pow,
    Prime,
    Ref,
    Term,
    rebuilt,
    refs,
    walk,
)
from ..resolve._item import Gathered, Item
from ..resolve._terms import Index

# Words of steps that are not along a gradient alone.
_MORE = re.compile(r"decay|penal|regular|moment|clip|averag|mean")
_NEW = ("new", "neu", "next", "updated", "nuevo")


def with_new_value(item: Item, gathered: Gathered, context: Context) -> Item | None:
    """The chain in which what a step makes of a number stands for its new value; None where that is not told once."""
    first, *rest = item.parts
    if item.kind not in ("numeric", "update") or any(refs(p) for p in rest) or context.other_method:
        return None
    named = _old_of(first)
    old = named or first
    step = rest[0]
    if not isinstance(old, Ref) or not isinstance(step, Add) or (named is None and item.kind == "numeric"):
        told_by_words = isinstance(old, Ref) and isinstance(step, Add) and context.descent
        if not told_by_words:
            return None
    assert isinstance(old, Ref)
    start = _number(old, context, item)
    if start is None or not isinstance(step, Add) or step.terms[0] != (1, start):
        return None
    new = _by_formula(old, item, gathered) or _by_words(old, context)
    if new is None or not _is_told(new, old, context):
        return None
    count = len(item.relations)
    return replace(
        item,
        kind="numeric",
        parts=(_with_slopes(new, context), *rest),
        relations=("=", *item.relations[1:]),
        claiming=(True,) * count,
        again={},
    )


def _old_of(term: Term) -> Ref | None:
    """The w of ``w_{new}``, ``w^{new}``, ``w'`` and ``w^+``."""
    match term:
        case Pow(base=Ref() as base, exponent=Ref(name)) if name in _NEW:
            return base
        case Prime(of=Ref() as base):
            return base
        case Ref(name, subs=(*subs, Index(name=last))) if last in _NEW:
            return replace(term, subs=tuple(subs))
        case Ref(name):
            head, bar, tail = name.rpartition("_")
            if bar and tail in _NEW:
                letter, bar, number = head.partition("_")
                whole = (
                    replace(term, name=letter, subs=(Index("", int(number)),)) if number.isdigit() else None
                )
                return whole or replace(term, name=head)
            if name.endswith("+") and len(name) > 1:
                return replace(term, name=name[:-1])
    return None


def _number(old: Ref, context: Context, item: Item) -> Term | None:
    """The one number that the document gives a quantity elsewhere."""
    bodies = {d.body for d in context.definitions if d.head == old and d.latex != item.formula.latex}
    return bodies.pop() if len(bodies) == 1 and not refs(next(iter(bodies))) else None


def _by_formula(old: Ref, item: Item, gathered: Gathered) -> Term | None:
    """The right side of the one update of a quantity that the document writes in letters."""
    found: set[Term] = set()
    for other in gathered.items:
        if other.kind != "update" or other.formula is item.formula or len(other.parts) < 2:
            continue
        head, body = other.parts[0], other.parts[1]
        if not isinstance(head, Ref) or head.name != old.name or not refs(body):
            continue
        if not gathered.scopes.encloses(other.section, item.section):
            continue
        plain = _at(head, old, body)
        if plain is None:
            return None
        found.add(plain)
    return found.pop() if len(found) == 1 else None


def _at(head: Ref, old: Ref, body: Term) -> Term | None:
    """The body of an update of ``w_i`` or ``w^{(t+1)}`` for one quantity; None where its indices are not those."""
    if len(head.subs) != len(old.subs):
        return None
    swap: dict[str, Index] = {}
    for general, own in zip(head.subs, old.subs, strict=True):
        if general != own and (not general.name or general.offset or general.label or own.name):
            return None
        swap[general.name] = own

    def change(inner: Term) -> Term:
        if not isinstance(inner, Ref):
            return inner
        subs = tuple(swap.get(s.name, s) if not s.offset else s for s in inner.subs)
        if inner.name == old.name:  # w^{(t)} is w
            return Ref(inner.name, inner.layer, None, subs)
        return replace(inner, subs=subs)

    return rebuilt(body, change)


def _by_words(old: Ref, context: Context) -> Term | None:
    """What words say of a step: ``w - rate · slope``, or the step that they tell."""
    plain = Ref(old.name, old.layer, None, old.subs)
    if (step := context.steps.get(old.name)) is not None:
        return Add(((1, plain), (1, step)))
    more = context.penalties or any(_MORE.search(d.words) for d in context.doubts.values())
    if more or context.ascent or context.estimates or not context.descent or context.rate is None:
        return None
    slopes = _slopes(plain, context)
    return (
        Add(((1, plain), (-1, Mul((("", context.rate), ("·", slopes[0][0])))))) if len(slopes) == 1 else None
    )


def _slopes(by: Ref, context: Context) -> list[tuple[Term, Term]]:
    """The derivatives by a quantity that are given as numbers."""
    found = []
    for head, given in context.values:
        own = (
            head.by == (by,) if isinstance(head, Derivative) else isinstance(head, Gradient) and head.of == by
        )
        if own and not refs(given):
            found.append((head, given))
    return found


def _is_told(new: Term, old: Ref, context: Context) -> bool:
    """Whether every slope in a step is given one number, and no other slope by the quantity is."""
    slopes = [n for n in walk(new) if isinstance(n, (Derivative, Gradient))]
    given = _slopes(Ref(old.name, old.layer, None, old.subs), context)
    return len(given) == len(set(slopes)) and {h for h, _ in given} == set(slopes)


def _with_slopes(new: Term, context: Context) -> Term:
    """The step with the numbers of its slopes."""
    known = {head: given for head, given in context.values if not refs(given)}
    return rebuilt(
        new, lambda inner: known.get(inner, inner) if isinstance(inner, (Derivative, Gradient)) else inner
    )
