"""l for L: a layer, the last layer, and the loss are written with the same letter in two sizes."""

from __future__ import annotations

from collections.abc import Iterator

from ..resolve import Derivative, Listing, Ref, Term, refs, walk
from ..resolve._collect import Gathered, Item

_PARAMETERS = frozenset({"W", "w", "b", "Theta", "theta"})


def layers(item: Item, gathered: Gathered) -> Iterator[str]:
    """Where a statement mixes up the two letters."""
    yield from _last_for_general(item)
    here = _losses(item) if item.kind != "prose" else set()
    for letter in sorted(here & {"l", "L"}):
        line = _line_as_layer(letter, item, gathered)
        if line and _first(item, gathered, letter):
            what = "a layer" if letter == "l" else "the last layer"
            yield f"{letter} is a loss here and {what} in line {line}"
    other = {"l": "L", "L": "l"}
    for letter in sorted(here & set(other)):
        lines = [i.formula.line for i in gathered.items if i is not item and other[letter] in _losses(i)]
        if lines and not _first(item, gathered, other[letter]):
            yield f"the loss is {letter} here and {other[letter]} in line {lines[0]}"


def _last_for_general(item: Item) -> Iterator[str]:
    """``z^{[l]} = W^{[L]} a^{[l-1]} + b^{[l]}``."""
    left = item.parts[0] if item.parts else None
    if not isinstance(left, Ref) or left.layer is None or left.layer.name != "l" or len(item.parts) < 2:
        return
    for ref in refs(item.parts[1]):
        if ref.name in _PARAMETERS and ref.layer is not None and ref.layer.name == "L":
            yield f"{ref} stands in a formula for layer l; is {ref.name}^[l] meant?"


def _losses(item: Item) -> set[str]:
    """The letters l and L that a statement defines or differentiates."""
    found: set[str] = set()
    for part in item.parts:
        found |= {
            n.of.name
            for n in walk(part)
            if isinstance(n, Derivative) and isinstance(n.of, Ref) and _bare(n.of)
        }
    left: Term | None = item.parts[0] if len(item.parts) > 1 else None
    # L = 3 is a number of layers, and l = 1, …, L is their range.
    made = any(refs(p) for p in item.parts[1:]) and not any(isinstance(p, Listing) for p in item.parts)
    made = made and item.kind in ("definition", "claim") and item.relations[0] == "="
    if isinstance(left, Ref) and _bare(left) and made:
        found.add(left.name)
    return found & {"l", "L"}


def _bare(ref: Ref) -> bool:
    return ref.layer is None and ref.time is None


def _line_as_layer(letter: str, item: Item, gathered: Gathered) -> int:
    """The first line in which a letter is an index of layers, or their number; 0 without one."""
    for other in gathered.items:
        for part in other.parts:
            for ref in refs(part):
                if ref.layer is not None and ref.layer.name == letter:
                    return other.formula.line
    return 0


def _first(item: Item, gathered: Gathered, named: str) -> bool:
    """Whether no statement before this one names the loss by a letter."""
    for each in gathered.items:
        if each is item:
            return True
        if each.kind != "prose" and named in _losses(each):
            return False
    return True
