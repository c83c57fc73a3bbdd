r"""Letters that name layers: ``a_k = g(\sum_j w_{jk} a_j)`` has units j below units k, which share the letter a only.

Where a definition leads from ``a_k`` to ``a_j``, the index letter belongs to the name: a⟨k⟩ and a⟨j⟩ are quantities
of two layers, w⟨jk⟩ the weights between them.
A definition that is given for one layer is repeated for the layer above, where the document speaks of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ._context import Definition
from ._lexicon import is_loss
from ._terms import Big, Index, Ref, Term, rebuilt, refs, walk

_Unit = tuple[str, str]


def layer_letters(chains: Iterable[tuple[tuple[Term, ...], tuple[str, ...]]]) -> set[str]:
    """The index letters that name layers; empty for nearly all documents."""
    below: dict[_Unit, set[_Unit]] = {}
    used: dict[_Unit, set[str]] = {}
    for parts, relations in chains:
        if len(parts) < 2 or relations[0] not in ("=", ":="):
            continue
        head = _unit(parts[0])
        if head is None or any(r == parts[0] for r in refs(parts[1])):
            continue
        for ref in (r for p in parts[1:] for r in refs(p)):
            unit = _unit(ref)
            if unit is not None and unit != head and not is_loss(ref.name):
                below.setdefault(head, set()).add(unit)
            used.setdefault(head, {head[1]}).update(s.name for s in ref.subs if _plain(s))
    letters: set[str] = set()
    for head in below:
        reached = _reached(head, below)
        if any(name == head[0] and letter != head[1] for name, letter in reached):
            letters |= {x for unit in (head, *reached) for x in used.get(unit, {unit[1]})}
    return letters


def _plain(index: Index) -> bool:
    return bool(index.name) and not index.offset and not index.label


def _unit(term: Term) -> _Unit | None:
    """A name with one index letter and no layer."""
    if not isinstance(term, Ref) or len(term.subs) != 1 or term.layer is not None or term.time is not None:
        return None
    index = term.subs[0]
    return (term.name, index.name) if _plain(index) and len(index.name) == 1 else None


def _reached(head: _Unit, below: dict[_Unit, set[_Unit]]) -> set[_Unit]:
    found: set[_Unit] = set()
    stack = [head]
    while stack:
        for unit in below.get(stack.pop(), ()):
            if unit not in found:
                found.add(unit)
                stack.append(unit)
    return found


def with_letters(term: Term, letters: set[str]) -> Term:
    """Put the index letters into the names."""

    def change(inner: Term) -> Term:
        if not isinstance(inner, Ref) or not inner.subs or is_loss(inner.name) or "⟨" in inner.name:
            return inner
        if not all(_plain(s) and s.name in letters for s in inner.subs) or (
            inner.name == "delta" and len(inner.subs) > 1
        ):
            return inner
        return replace(inner, name=f"{inner.name}⟨{''.join(s.name for s in inner.subs)}⟩")

    return rebuilt(term, change)


def lifted(definitions: list[Definition], terms: Iterable[Term]) -> list[Definition]:
    """The definitions of a layer, said again of the layer above it, where only its quantities are mentioned."""
    known = {d.head.name for d in definitions}
    missing = {r.name for t in terms for r in refs(t)} - known
    found: list[Definition] = []
    while True:
        new = [d for name in sorted(missing) if (d := _lifted(name, [*definitions, *found])) is not None]
        if not new:
            return found
        found += new
        missing |= {r.name for d in new for r in refs(d.body)}
        missing -= known | {d.head.name for d in found}


def _lifted(name: str, definitions: list[Definition]) -> Definition | None:
    base, mark, letter = name.rstrip("⟩").partition("⟨")
    if not mark or len(letter) != 1:
        return None
    for definition in definitions:
        head = definition.head.name.rstrip("⟩").partition("⟨")
        if head[0] != base or len(head[2]) != 1 or head[2] >= letter:
            continue
        lower = {x for r in refs(definition.body) for x in r.name.rstrip("⟩").partition("⟨")[2]} - {head[2]}
        bound = {n.index for n in walk(definition.body) if isinstance(n, Big)}
        if lower <= bound and len(lower) == 1 and ord(letter) == ord(head[2]) + 1:
            moves = {head[2]: letter, next(iter(lower)): head[2]}
        elif not lower and ord(letter) == ord(head[2]) + 1:
            moves = {head[2]: letter}
        else:
            continue
        change = _moved(moves)
        body = rebuilt(definition.body, change)
        new = change(definition.head)
        assert isinstance(new, Ref)
        params = (
            None
            if definition.params is None
            else tuple(p for p in map(change, definition.params) if isinstance(p, Ref))
        )
        return replace(definition, head=new, body=body, params=params)
    return None


def _moved(moves: dict[str, str]) -> Callable[[Term], Term]:
    def letter(x: str) -> str:
        return moves.get(x, x)

    def change(term: Term) -> Term:
        if isinstance(term, Ref) and "⟨" in term.name:
            base, _, tail = term.name.rstrip("⟩").partition("⟨")
            subs = tuple(replace(s, name=letter(s.name)) for s in term.subs)
            return replace(term, name=f"{base}⟨{''.join(map(letter, tail))}⟩", subs=subs)
        if isinstance(term, Big):
            return replace(term, index=letter(term.index))
        return term

    return change
