"""The entity that a reference belongs to, and the definition it falls under."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from ..resolve import Definition, Derivative, Gradient, Index, Ref, refs, walk
from ..resolve._lexicon import is_loss

if TYPE_CHECKING:
    from ._evaluate import Evaluator


def key_of(ev: Evaluator, ref: Ref) -> tuple[Hashable, int | None, int | None]:
    """The entity that a reference belongs to: name, layer, time, and fixed labels."""
    layer, time = ev.step(ref.layer), ev.step(ref.time)
    fixed: tuple[int, ...] = ()
    numbered = bool(ref.subs) and all(not s.name for s in ref.subs)
    if numbered and (ref.name not in ev.world.usage.subs or _has_own(ev, ref)):
        fixed = tuple(s.offset for s in ref.subs)
    tagged = ref.example is not None
    if tagged and ref.name not in ev.world.usage.examples:
        fixed = (*fixed, ref.example.offset if ref.example is not None else 0)
    usage = ev.world.usage
    tagged = tagged or ref.name not in usage.bare_inside
    family = tagged and ref.name in usage.examples and ref.name not in ev.world.context.shapes
    return (ref.name, layer, time, fixed, family), layer, time


def _has_own(ev: Evaluator, ref: Ref) -> bool:
    """Whether the document defines this numbered quantity by itself."""
    return any(d.head.name == ref.name and d.head.subs == ref.subs for d in ev.world.context.definitions)


def definition_of(ev: Evaluator, ref: Ref, layer: int | None, time: int | None) -> Definition | None:
    """The definition that a reference falls under; functions are not quantities."""
    definition = ev.world.context.defined(_numbered(ref, layer, time), function=None)
    if definition is None or not _in_range(ev, definition, layer, time):
        return None
    own_name = ref.subs and ref.name not in ev.world.usage.subs and all(not s.name for s in ref.subs)
    if own_name and definition.head.subs != ref.subs and len(definition.head.subs) != len(ref.subs):
        return None  # z_1 where only z is defined is a name of its own
    return definition


def _numbered(ref: Ref, layer: int | None, time: int | None) -> Ref:
    if ref.layer is None and ref.time is None:
        return ref

    def fixed(number: int | None) -> Index | None:
        return None if number is None else Index("", number)

    return Ref(ref.name, fixed(layer), ref.example, ref.subs, fixed(time))


def _in_range(ev: Evaluator, definition: Definition, layer: int | None, time: int | None) -> bool:
    """Whether a general definition reaches this layer or this time."""
    head = definition.head
    if head.layer is not None and head.layer.name and layer is not None:
        if not 1 <= layer <= ev.world.layers and head.layer.name != "L":
            return False
        if head.layer.name == "L" and layer != ev.world.layers:
            return False
    if head.time is not None and head.time.name and time is not None:
        return time >= ev.world.reading.first_time
    return True


def _mark(ref: Ref) -> object:
    """The layer of a quantity as a number or as a letter, and the numbers that are part of its name."""
    layer = ref.layer
    numbered = tuple(s.offset for s in ref.subs) if ref.subs and not any(s.name for s in ref.subs) else ()
    return (None if layer is None else layer.offset if not layer.name else layer.name), numbered


def _is_below(ref: Ref, head: Ref) -> bool:
    """Whether a definition uses a quantity of a lower layer: there is another of its name above."""
    mine, theirs = ref.layer, head.layer
    if mine is None or not mine.name:
        return False
    return mine.offset != (theirs.offset if theirs is not None and theirs.name == mine.name else 0)


def is_earlier(ref: Ref, head: Ref) -> bool:
    """Whether a quantity is that of an earlier step: the h_{t-1} of ``a_t = W h_{t-1}``."""
    own, time = head.time, ref.time
    return own is not None and time is not None and time.name == own.name and time.offset < own.offset


def sinks(ev: Evaluator, at_a_step: bool = False) -> list[Ref]:
    """The defined quantities that no other definition uses: what a loss without a definition depends on.

    ``at_a_step``: that none uses at the same step of a recursion.
    """
    context = ev.world.context
    sizes = {
        s.name
        for stated in context.shapes.values()
        for _, *axes in stated
        for s in axes
        if isinstance(s, Ref)
    }
    quantities = [
        d
        for d in context.definitions
        if d.params is None
        and not is_loss(d.head.name)
        and d.head.name not in sizes  # X is N × d, with N = d
        and (refs(d.body) or d.head.layer is None)  # n^{[2]} = 1 is a size
        and not any(isinstance(t, (Derivative, Gradient)) for t in walk(d.body))
    ]
    used: set[tuple[str, object]] = set()
    for definition in context.definitions:
        if any(isinstance(t, (Derivative, Gradient)) for t in walk(definition.body)):
            continue
        for ref in refs(definition.body):
            if _is_below(ref, definition.head) or (at_a_step and is_earlier(ref, definition.head)):
                continue
            used.add((ref.name, _mark(ref)))
    found: list[Ref] = []
    for definition in quantities:
        head = definition.head
        layer = head.layer
        if (head.name, _mark(head)) in used:
            continue
        top = layer
        if layer is not None and layer.name:
            top = Index("", ev.world.layers)
        time = head.time
        if time is not None and time.name:
            time = Index(time.name)
        found.append(Ref(head.name, top, head.example, head.subs, time))
    found = list(dict.fromkeys(found))  # a formula and a printed value are of one quantity
    layers = [f.layer.offset for f in found if f.layer is not None and not f.layer.name]
    if layers:
        found = [f for f in found if f.layer is not None and f.layer.offset == max(layers)]
    return found
