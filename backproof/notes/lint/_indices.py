"""Indices that nothing binds: on the right side of an equation only, without a sum, a range or a word about them."""

from __future__ import annotations

from collections.abc import Iterator

from ..resolve import Big, Call, Entry, Gradient, Index, Ref, Term, indices, refs, walk
from ..resolve._item import Gathered, Item
from ..resolve._terms import EVERY, children
from ._survey import Survey

# The last of a list, which is written as an index: x_1 + … + x_n.
_ENDS = frozenset("nmNMKLTdDkp")


def dangling(item: Item, gathered: Gathered, known: Survey) -> Iterator[str]:
    """Letters of entries and examples on a later side of a chain that its first side does not have."""
    if len(item.parts) < 2 or item.kind not in ("claim", "definition", "update", "numeric"):
        return
    if any(r not in ("=", ":=", "≡", "←") for r in item.relations):
        return
    context = gathered.scopes.at(item.section)
    told = {EVERY} | set(context.ranges) | set(context.true_class.values()) | gathered.spoken
    told |= {"l", "L", *context.lexicon.layers} | ({*_ENDS} - context.lexicon.indices)
    left = item.parts[0]
    bound = letters(left) | {c for n in walk(left) if isinstance(n, Ref) for c in f"{n.name} {n}"}
    for part in item.parts[1:]:
        for letter in sorted(letters(part) - bound - told):
            if not known.is_label(letter):
                yield f"nothing says what {letter} is: no sum, no range, and not the left side"


def letters(term: Term) -> set[str]:
    """The letters of entries and examples that stand free in a term."""
    if isinstance(term, Big):
        ends = [t for t in (term.low, term.high) if t is not None]
        outside = set().union(*(letters(t) for t in ends)) if ends else set()
        excluded = {i.name for i in term.without if i.name and not i.label}
        return outside | excluded | (letters(term.body) - {term.index})
    own: list[Index] = []
    if isinstance(term, (Ref, Entry)):
        own = [*term.subs, *([term.example] if term.example is not None else [])]
    elif isinstance(term, Call):
        own = [*term.function.subs]
    elif isinstance(term, Gradient):
        return letters(term.of)
    found = {i.name for i in own if len(i.name) == 1 and not i.label}
    return found.union(*(letters(t) for t in children(term))) if children(term) else found


def stands_in(letter: str, term: Term) -> bool:
    """Whether a letter is used in a term, as an index of any kind or by itself."""
    inside = {i.name for r in refs(term) for i in indices(r)} | {r.name for r in refs(term)}
    inside |= {i.name for n in walk(term) if isinstance(n, Entry) for i in n.subs}
    inside |= {n.example.name for n in walk(term) if isinstance(n, Entry) and n.example is not None}
    inside |= {i.name for n in walk(term) if isinstance(n, Gradient) for i in indices(n.of)}
    inside |= {i.name for n in walk(term) if isinstance(n, Big) for i in n.without}
    return letter in inside
