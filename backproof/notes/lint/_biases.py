"""A bias with a column for each example: it has one, which is added to all."""

from __future__ import annotations

from collections.abc import Iterator

from ..resolve import Add, Context, Listing, Number, Ref, Term, walk
from ..resolve._item import Gathered, Item
from ..resolve.prose import shape_of
from ._survey import Survey

_NAMES = frozenset({"b", "bias", "beta", "bf:b", "B"})
_ACTIVITIES = ("X", "A", "Z", "Y", "H", "x", "a", "z", "bf:X", "bf:A", "bf:Z")


def biases(item: Item, gathered: Gathered, known: Survey) -> Iterator[str]:
    """Where a statement gives a bias the shape of what it is added to, or adds such a one."""
    context = gathered.scopes.at(item.section)
    for ref, rows, cols in (*_stated(item), *_added(item, context)):
        many, one = (rows, cols) if context.examples == "rows" else (cols, rows)
        if ref.name in _NAMES and counts_examples(many, context) and not isinstance(one, Number):
            shape = f"1 × {one}" if context.examples == "rows" else f"{one} × 1"
            yield f"{ref} has shape {rows} × {cols}; a bias has {shape} and is added to every example"


def _stated(item: Item) -> list[tuple[Ref, Term, Term]]:
    """``b^{[l]} = (n^{[l]}, m)``."""
    if len(item.parts) != 2 or not isinstance(item.parts[0], Ref) or not isinstance(item.parts[1], Listing):
        return []
    shape = shape_of(item.parts[1])
    return [(item.parts[0], *shape)] if shape is not None else []


def _added(item: Item, context: Context) -> list[tuple[Ref, Term, Term]]:
    """Biases of which the text states the shape, where they are added."""
    terms = [t for p in item.parts[1:] for n in walk(p) if isinstance(n, Add) for _, t in n.terms]
    found = []
    for ref in (t for t in terms if isinstance(t, Ref) and t.name in context.shapes):
        found += [(pattern, rows, cols) for pattern, rows, cols in context.shapes[ref.name][:1]]
    return found


def counts_examples(size: Term, context: Context) -> bool:
    """Whether a size is the number of examples: by its letter, or as that of activities whose examples the text lays out."""
    if not isinstance(size, Ref) or size.layer is not None or size.subs:
        return False
    shapes = [s[1:] for name in _ACTIVITIES for s in context.shapes.get(name, ())]
    if context.examples and not context.supposed:
        return size in [s[context.examples == "columns"] for s in shapes]
    return size.name in ("m", "N") and (not shapes or any(size in s for s in shapes))
