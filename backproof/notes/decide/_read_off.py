"""Values of functions that a sentence reads off: *in the forward pass* ``σ(h) = 0.7514``, where h itself has no number.

They count for a step of a worked example that puts the number in, and prove it alone: the sentence may speak of a place.
"""

from __future__ import annotations

from ..resolve import Call, Context, Derivative, Gradient, Number, Term, rebuilt, refs, walk
from ..resolve._item import Gathered, Item


def read_off(gathered: Gathered, item: Item) -> dict[Term, Number]:
    """The calls that sentences of the same section, or of one around it, give one printed number."""
    found: dict[Term, set[Number]] = {}
    for other in gathered.items:
        if other is item or other.formula.display or other.conditional or len(other.parts) != 2:
            continue
        call, value = other.parts
        known = isinstance(call, Call) and not call.primes and all(map(refs, call.args))
        if known and isinstance(value, Number) and gathered.scopes.encloses(other.section, item.section):
            found.setdefault(call, set()).add(value)
    return {call: next(iter(values)) for call, values in found.items() if len(values) == 1}


def with_read_off(
    sides: tuple[Term, ...], values: dict[Term, Number], context: Context
) -> tuple[Term, ...] | None:
    """The sides with those numbers in the place of the calls; None where nothing changes, or a slope is taken."""
    if not values or any(isinstance(n, (Derivative, Gradient)) for side in sides for n in walk(side)):
        return None
    named: dict[Term, Term] = {
        d.head: values[d.body] for d in context.definitions if d.params is None and d.body in values
    }
    every: dict[Term, Term] = {**values, **named}
    changed = tuple(rebuilt(side, lambda t: every.get(t, t)) for side in sides)
    return changed if changed != sides else None
