"""l for L: a layer, the last layer, and the loss are written with the same letter in two sizes."""

from __future__ import annotations

from collections.abc import Iterator

from ..resolve import Ref, refs
from ..resolve._item import Gathered, Item
from ._survey import Survey, losses

_PARAMETERS = frozenset({"W", "w", "b", "Theta", "theta"})


def layers(item: Item, gathered: Gathered, known: Survey) -> Iterator[str]:
    """Where a statement mixes up the two letters."""
    yield from _last_for_general(item)
    for letter in sorted(losses(item)):
        first, _ = known.loss_items[letter]
        if letter in known.layer_lines and first == id(item):
            what = "a layer" if letter == "l" else "the last layer"
            yield f"{letter} is a loss here and {what} in line {known.layer_lines[letter]}"
        other = "L" if letter == "l" else "l"
        _, line = known.loss_items.get(other, (0, 0))
        if line and line <= item.formula.line and other not in losses(item):
            yield f"the loss is {letter} here and {other} in line {line}"


def _last_for_general(item: Item) -> Iterator[str]:
    """``z^{[l]} = W^{[L]} a^{[l-1]} + b^{[l]}``."""
    left = item.parts[0] if item.parts else None
    if not isinstance(left, Ref) or left.layer is None or left.layer.name != "l" or len(item.parts) < 2:
        return
    for ref in refs(item.parts[1]):
        if ref.name in _PARAMETERS and ref.layer is not None and ref.layer.name == "L":
            yield f"{ref} stands in a formula for layer l; is {ref.name}^[l] meant?"
