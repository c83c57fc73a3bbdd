r"""Letters that name layers: ``a_k = g(\sum_j w_{jk} a_j)`` has units j below units k, which share the letter a only.

Where a definition leads from ``a_k`` to ``a_j``, the index letter belongs to the name: a⟨k⟩ and a⟨j⟩ are quantities
of two layers, w⟨jk⟩ the weights between them.
Which of its letters is the upper one of a weight, the definition shows; so another letter names a layer too:
beside ``net_j = \sum_k w_{kj} o_k``, ``w_{ij}`` has the i in the layer of the k, and ``w_{jl}`` the l above the j.
A definition that is given for one layer is repeated for the layer above, where the document speaks of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from ._context import Definition
from ._lexicon import is_loss
from ._terms import Big, Index, Ref, Term, rebuilt, refs, walk

_Unit = tuple[str, str]
_Chain = tuple[tuple[Term, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters that name layers, how high each stands, and the one letter by which each height is called."""

    names: frozenset[str] = frozenset()
    heights: dict[str, int] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.names)

    def above(self, lower: str, upper: str) -> bool:
        """Whether a letter names the layer just above that of another."""
        if lower in self.heights and upper in self.heights:
            return self.heights[upper] == self.heights[lower] + 1
        return ord(upper) == ord(lower) + 1


def layer_letters(chains: Iterable[_Chain]) -> Letters:
    """The index letters that name layers; none for nearly all documents."""
    found = list(chains)
    below: dict[_Unit, set[_Unit]] = {}
    used: dict[_Unit, set[str]] = {}
    for parts, relations in found:
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
    return _ordered(letters, found) if letters else Letters()


def _ordered(letters: set[str], chains: list[_Chain]) -> Letters:
    """The heights of the letters, and of the others that stand at the weights; no heights where two formulas disagree."""
    weights: dict[str, set[tuple[bool, str, str]]] = {}
    for parts, _ in chains:
        head = _unit(parts[0]) if len(parts) > 1 else None
        for big in (n for p in parts[1:] for n in walk(p) if isinstance(n, Big)):
            if head is None or head[1] not in letters or big.index not in letters or head[1] == big.index:
                continue
            inside = {unit[0] for unit in map(_unit, refs(big.body)) if unit and unit[1] == big.index}
            for name, first, second in map(_pair, refs(big.body)):
                if {first, second} == {head[1], big.index} and head[0] not in inside:
                    weights.setdefault(name, set()).add((first == head[1], big.index, head[1]))
    sides = {name: {s[0] for s in seen} for name, seen in weights.items()}
    edges = {(lower, upper) for seen in weights.values() for _, lower, upper in seen}
    edges |= {
        (second, first) if True in sides[name] else (first, second)
        for parts, _ in chains
        for p in parts
        for name, first, second in map(_pair, refs(p))
        if len(sides.get(name, ())) == 1 and first != second and {first, second} & letters
    }
    heights = _heights(edges)
    if heights is None or not letters <= heights.keys():
        return Letters(frozenset(letters))
    heights |= _next(heights, chains)
    called: dict[int, str] = {}
    for letter in sorted(heights, key=lambda x: (x not in letters, x)):
        called.setdefault(heights[letter], letter)
    one_each = len({heights[x] for x in letters}) == len(letters)
    if not one_each:
        return Letters(frozenset(letters))
    return Letters(frozenset(heights), heights, {x: called[h] for x, h in heights.items()})


def _next(heights: dict[str, int], chains: list[_Chain]) -> dict[str, int]:
    """The letter behind the highest, where heights go with the alphabet and a unit of the network has it: k after i, j."""
    ordered = sorted(heights, key=lambda x: heights[x])
    units = {unit for parts, _ in chains for p in parts for unit in map(_unit, refs(p)) if unit is not None}
    inner = {name for name, letter in units if letter == ordered[-1]}
    upper = chr(ord(ordered[-1]) + 1)
    if ordered != sorted(heights) or not any(name in inner for name, letter in units if letter == upper):
        return {}
    return {upper: heights[ordered[-1]] + 1}


def _heights(edges: set[tuple[str, str]]) -> dict[str, int] | None:
    """A height for each letter, one more for the upper of each pair; None if there is none."""
    if not edges:
        return None
    heights = {min(edges)[0]: 0}
    while True:
        new = {up: heights[low] + 1 for low, up in edges if low in heights and up not in heights}
        new |= {low: heights[up] - 1 for low, up in edges if up in heights and low not in heights}
        if not new:
            break
        heights |= new
    fits = all(heights.get(up, 0) == heights.get(low, 0) + 1 for low, up in edges)
    return heights if fits and {x for edge in edges for x in edge} == heights.keys() else None


def _plain(index: Index) -> bool:
    return bool(index.name) and not index.offset and not index.label


def _unit(term: Term) -> _Unit | None:
    """A name with one index letter and no layer."""
    if not isinstance(term, Ref) or len(term.subs) != 1 or term.layer is not None or term.time is not None:
        return None
    index = term.subs[0]
    return (term.name, index.name) if _plain(index) and len(index.name) == 1 else None


def _pair(ref: Ref) -> tuple[str, str, str]:
    """A name and its two index letters, which are empty if it has not two."""
    if len(ref.subs) != 2 or ref.layer is not None or not all(map(_plain, ref.subs)):
        return ref.name, "", ""
    return ref.name, ref.subs[0].name, ref.subs[1].name


def _reached(head: _Unit, below: dict[_Unit, set[_Unit]]) -> set[_Unit]:
    found: set[_Unit] = set()
    stack = [head]
    while stack:
        for unit in below.get(stack.pop(), ()):
            if unit not in found:
                found.add(unit)
                stack.append(unit)
    return found


def with_letters(term: Term, letters: Letters) -> Term:
    """Put the index letters into the names."""

    def change(inner: Term) -> Term:
        if not isinstance(inner, Ref) or not inner.subs or is_loss(inner.name) or "⟨" in inner.name:
            return inner
        if not all(_plain(s) and s.name in letters.names for s in inner.subs) or (
            inner.name == "delta" and len(inner.subs) > 1
        ):
            return inner
        return replace(
            inner, name=f"{inner.name}⟨{''.join(letters.called.get(s.name, s.name) for s in inner.subs)}⟩"
        )

    return rebuilt(term, change)


def lifted(definitions: list[Definition], terms: Iterable[Term], letters: Letters) -> list[Definition]:
    """The definitions of a layer, said again of the layer above it, where only its quantities are mentioned."""
    known = {d.head.name for d in definitions}
    missing = {r.name for t in terms for r in refs(t)} - known
    found: list[Definition] = []
    while True:
        new = [
            d for name in sorted(missing) if (d := _lifted(name, [*definitions, *found], letters)) is not None
        ]
        if not new:
            return found
        found += new
        missing |= {r.name for d in new for r in refs(d.body)}
        missing -= known | {d.head.name for d in found}


def _lifted(name: str, definitions: list[Definition], letters: Letters) -> Definition | None:
    base, mark, letter = name.rstrip("⟩").partition("⟨")
    if not mark or len(letter) != 1:
        return None
    for definition in definitions:
        head = definition.head.name.rstrip("⟩").partition("⟨")
        if head[0] != base or len(head[2]) != 1 or not letters.above(head[2], letter):
            continue
        lower = {x for r in refs(definition.body) for x in r.name.rstrip("⟩").partition("⟨")[2]} - {head[2]}
        bound = {n.index for n in walk(definition.body) if isinstance(n, Big)}
        if not lower <= bound or len(lower) > 1:
            continue
        change = _moved({head[2]: letter, **dict.fromkeys(lower, head[2])})
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
        if isinstance(term, Big) and term.index in moves:  # another layer is as long as its own index reaches
            return replace(term, index=letter(term.index), low=None, high=None)
        return term

    return change


def turned_weights(names: Iterable[str]) -> set[str]:
    """The weights of these units with their indices exchanged: w⟨jk⟩ beside w⟨kj⟩ is no stranger."""
    pairs = (name.rstrip("⟩").partition("⟨") for name in names)
    return {f"{base}⟨{tail[::-1]}⟩" for base, _, tail in pairs if len(tail) == 2}
