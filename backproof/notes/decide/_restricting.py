"""What else a document says of the quantities of a claim: equations that they obey, other numbers, a step that was taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product, takewhile

from ..resolve import (
    Big,
    Call,
    Context,
    Definition,
    Derivative,
    Gradient,
    Mul,
    Number,
    Prime,
    Ref,
    Term,
    indices,
    rebuilt,
    refs,
    walk,
)
from ..resolve._cases import is_of_the_sentence, lead_of
from ..resolve._item import Item
from ._doubts import reached
from ._outcome import Outcome

_MOST = 16  # choices of numbers that are tried
_CHANGED = re.compile(r"\b(?:after|step|update\w*|becomes?|new|chang\w+|then|now)\b|후|다음", re.I)
_WISH = re.compile(r"\b(?:wants?|wish|would like|desired?|look\w* for|seek\w*|should|design\w*)\b", re.I)
_ZERO = Number(Fraction(0))


def _is_slope(term: Term) -> bool:
    return any(
        isinstance(n, (Derivative, Gradient, Prime)) or (isinstance(n, Call) and n.primes) for n in walk(term)
    )


def _held(outcomes: list[Outcome], item: Item, reason: str) -> list[Outcome]:
    """No refutation stands but of numbers alone, which nothing makes equal."""
    return [
        Outcome("unknown", reason) if o.verdict == "refuted" and any(map(refs, item.parts[k : k + 2])) else o
        for k, o in enumerate(outcomes)
    ]


def obeying(
    item: Item, items: Sequence[Item], context: Context, outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """No refutation of what may follow from an equation in a sentence, such as ``Av = λv`` or ``∇L = 2Σu - 2λu = 0``."""
    found = list(outcomes)
    if all(o.verdict != "refuted" for o in found):
        return found
    defined = {d.head.name for d in context.definitions if refs(d.body)}
    free = reached(item.parts, context) - {d.head.name for d in context.definitions}
    slopes = any(map(_is_slope, item.parts))
    for other in items:
        if other is item or other.formula is item.formula:
            continue
        if sought := _sought(other) & {r.name for p in item.parts for r in refs(p)}:
            reason = f"line {other.formula.line} may ask for another {min(sought)}"
            return _held(found, item, reason)
        if slope := _open_slope(other) & reached(item.parts, context) - defined:
            reason = f"line {other.formula.line} says what the derivative of {min(slope)} is"
            return _held(found, item, reason)
        if other.kind not in ("claim", "numeric"):
            continue
        bound = {n.index for p in other.parts for n in walk(p) if isinstance(n, Big)}
        names = {r.name for p in other.parts for r in refs(p)} - bound
        stationary = not slopes and _ZERO in other.parts[1:] and any(map(_is_slope, other.parts))
        relates = (
            len(other.parts) == 2
            and not other.formula.display
            and not names & defined
            and (len(names) > 1 or _has_sum(other) or _is_restriction(other))
            and not (_has_sum(other) and all(map(refs, other.parts)))
            and not any(isinstance(n, Call) or _is_slope(n) for p in other.parts for n in walk(p))
        )
        if names & free and (stationary or relates):
            reason = f"line {other.formula.line} may restrict {min(names & free)}"
            return _held(found, item, reason)
    return found


def _open_slope(item: Item) -> set[str]:
    """The function whose derivative an equation gives by another: ``Φ'(x) = φ(x)``."""
    left = item.parts[0] if len(item.parts) > 1 else None
    if not isinstance(left, Call) or not left.primes:
        return set()
    name = left.function.name
    return set() if name in {r.name for r in refs(item.parts[1])} else {name}


def from_elsewhere(item: Item, items: Sequence[Item], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """No refutation of a chain that defines by what it names once: ``w' = w - H^{-1}g = w + X^T(y - p)`` says what H is."""
    found = list(outcomes)
    if all(item.claiming) or all(o.verdict != "refuted" for o in found):
        return found
    names = [{n.name for n in walk(p) if isinstance(n, Ref)} for p in item.parts]
    others = {r.name for o in items if o.formula is not item.formula for p in o.parts for r in refs(p)}
    for k, outcome in enumerate(found):
        if outcome.verdict == "refuted":
            around = set().union(*names[:k], *names[k + 2 :]) | others
            if once := (names[k] ^ names[k + 1]) - around - {"e", "pi"}:
                found[k] = Outcome("unknown", f"the document does not say what {min(once)} is")
    return found


def _sought(item: Item) -> set[str]:
    """The names of which a sentence wants a slope to be something: *we want a cost with* ``∂L/∂z = a - y``."""
    if item.formula.display or len(item.parts) < 2 or not _WISH.search(lead_of(item.words)):
        return set()
    slopes = [n for p in item.parts for n in walk(p) if isinstance(n, (Derivative, Gradient))]
    return {r.name for n in slopes for r in refs(n.of)}


_WITH = re.compile(
    r"\b(?:with|where|such that|satisf\w*|subject to|let|assum\w*|suppose|given|constraints?|normali[sz]ed|unit)\b[^.;]*$",
    re.I,
)


def _is_restriction(item: Item) -> bool:
    """Whether an equation over one quantity restricts it, as in *with* ``vᵀv = 1``."""
    return not isinstance(item.parts[0], Ref) and _WITH.search(lead_of(item.words)) is not None


def _has_sum(item: Item) -> bool:
    return any(isinstance(n, Big) for p in item.parts for n in walk(p))


def other_numbers(item: Item, items: Sequence[Item], context: Context) -> Iterator[tuple[str, Context]]:
    """The context with the other numbers that the document gives the quantities of a numeric claim."""
    if item.kind != "numeric":
        return
    names = reached(item.parts, context)
    yield from _own_numbers(item, items, context)
    stated: dict[Ref, list[Term]] = {}
    here: dict[Ref, list[Term]] = {}  # what the sentence of the claim gives a number
    for other in items:
        last = other.parts[-1] if len(other.parts) > 1 else None
        if last is None or other is item or {r.name for r in refs(last)} - {"pi", "e"}:
            continue
        for part in other.parts[:-1]:
            if isinstance(part, Ref) and part.name in names and not indices(part):
                if _CHANGED.search(lead_of(other.words)) and not item.words.startswith(other.words):
                    stated[part] = []
                stated.setdefault(part, []).append(last)
                if is_of_the_sentence(other.words, item.words) and len(other.words) <= len(item.words):
                    here.setdefault(part, []).append(last)
    several = {  # what its own sentence says once counts alone
        ref: here[ref] if len(here.get(ref, [])) == 1 else list(dict.fromkeys(numbers))
        for ref, numbers in stated.items()
        if len(set(numbers)) > 1
    }
    for k, choice in enumerate(product(*several.values())):
        if not several or k == _MOST:
            return
        told = [
            Definition(ref, None, n, context.line, f"{ref} = …")
            for ref, n in zip(several, choice, strict=True)
        ]
        kept = [d for d in context.definitions if refs(d.body) or d.head not in several]
        what = " and ".join(map(str, several))
        yield f"with another number for {what}", replace(context, definitions=[*kept, *told])


def _own_numbers(item: Item, items: Sequence[Item], context: Context) -> Iterator[tuple[str, Context]]:
    """The context with a number that a chain puts in by itself: ``3a^2 = 3·2^2``, where another paragraph gave a = 5."""
    for d in context.definitions:
        if d.params is not None or not isinstance(d.body, Number):
            continue
        given = next((o for o in items if (o.formula.line, o.formula.latex) == (d.line, d.latex)), None)
        here = given is None or given.formula.line == item.formula.line
        if given is None or here or item.words.startswith(given.words.strip() or "\0"):
            continue
        kept = [other for other in context.definitions if other.head != d.head]
        for number in _put_in(item.parts, d.head):
            own = replace(d, body=number, line=item.formula.line)
            yield f"with the number {number.value} for {d.head}", replace(context, definitions=[*kept, own])


def _put_in(parts: Sequence[Term], head: Ref) -> list[Number]:
    """The numbers that stand in a side of a chain where the side before has a quantity."""
    found: list[Number] = []
    for before, after in pairwise(parts):
        if refs(after) or head not in walk(before):
            continue
        for number in {n for n in walk(after) if isinstance(n, Number)}:

            def put(term: Term, number: Number = number) -> Term:
                return _plain(number if term == head else term)

            if rebuilt(before, put) == rebuilt(after, _plain):
                found.append(number)
    return found


def _plain(term: Term) -> Term:
    """A term without its signs of products, and how its numbers are printed."""
    match term:
        case Number(value):
            return Number(value)
        case Mul(items):
            return Mul(tuple(("", one) for _, one in items))
    return term


def after_step(
    item: Item, items: Sequence[Item], context: Context, outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """No number is proved from what a quantity was before a step changed it."""
    found = list(outcomes)
    if item.kind != "numeric" or all(o.verdict != "proved" for o in found):
        return found
    names = reached(item.parts, context)
    before = list(takewhile(lambda other: other is not item and other.formula is not item.formula, items))
    order = {(o.formula.line, o.formula.latex): k for k, o in enumerate(before)}
    for k, other in enumerate(before):
        head = other.parts[0] if other.kind == "update" else None
        if not isinstance(head, Ref) or head.name not in names:
            continue
        old = [d for d in context.definitions if d.head == head and not refs(d.body)]
        if old and all(order.get((d.line, d.latex), k) < k for d in old):
            reason = f"line {other.formula.line} changes {head}"
            return [Outcome("unknown", reason) if o.verdict == "proved" else o for o in found]
    return found
