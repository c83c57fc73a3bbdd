"""Rules for products whose ends are symbols: identities whatever the signs of the factors, 0 among them.

Both sides of each have values at the same points: so nothing is divided by that the claim does not divide by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbolic.prover._program import Program
from symbolic.prover._ranges import MAX_PEELED, Linear, as_node, free, least, moved, plus, shift_of, summed
from symbolic.prover._values import has_value, is_positive

if TYPE_CHECKING:
    from symbolic.prover._telescope import Normal

Rule = tuple[Any, ...]


def product_rule(normal: Normal, i: int) -> Rule | None:
    """What can be done to a product whatever the signs of its factors, if anything is left to be done."""
    p = normal.program
    _, f, index, low, high = p.nodes[i]
    op, *parts = p.nodes[f]
    gap = least(plus(high, low, -1), normal.bounds)
    if index not in free(p, f):
        known = (op == "num" and p.value(f) != 0) or f in normal.nonzero or is_positive(p, f, normal.bounds)
        filled = gap is not None and gap >= 0  # without factors it is 1 where f has no value, too
        return ("count",) if known and (filled or has_value(p, f, normal.bounds, normal.nonzero)) else None
    if op in ("mul", "inv", "exp") or (op == "int" and parts[1] != 0):
        return ({"mul": "split", "int": "power", "inv": "power", "exp": "exponent"}[op],)
    shift = shift_of(p, f, index)
    if shift:
        return ("move", shift)
    if not low[1] and not high[1] and high[0] == low[0] - 1:
        return ("empty",)
    if gap is None or gap < 0:
        return None
    if not low[1] and not high[1]:
        return ("last",) if high[0] < low[0] + MAX_PEELED else None
    if not low[1]:  # those that start early lose their first factors
        start = normal.starts[f] = max(low[0], normal.starts.get(f, low[0]))
        if low[0] < start < low[0] + MAX_PEELED:
            return ("first",)
    kind, offset = (f, low, high[1]), high[0]
    if offset < normal.lowest.get(kind, offset + 1):
        normal.lowest[kind] = offset
    return ("last",) if normal.lowest[kind] < offset < normal.lowest[kind] + MAX_PEELED else None


def applied_to_product(p: Program, i: int, rule: Rule) -> int:
    """What a rule makes of a product."""
    _, f, index, low, high = p.nodes[i]
    op, *parts = p.nodes[f]
    name, *rest = rule

    def product(body: int, low: Linear = low, high: Linear = high) -> int:
        return summed(p, body, index, low, high, "prod")

    if name == "count":
        count = plus(plus(high, low, -1), 1)
        return p.node("pow", f, as_node(p, count)) if count[1] else p.power(f, count[0])
    if name == "split":
        return p.mul(*map(product, parts))
    if name == "power":
        return p.power(product(parts[0]), parts[1]) if op == "int" else p.inv(product(parts[0]))
    if name == "exponent":
        return p.node("exp", summed(p, parts[0], index, low, high))
    if name == "move":
        c = rest[0]
        return product(moved(p, f, {index: (-c, ((index, 1),))}), plus(low, c), plus(high, c))
    if name == "empty":
        return p.one
    if name == "last":
        return p.mul(product(f, low, plus(high, -1)), moved(p, f, {index: high}))
    return p.mul(moved(p, f, {index: low}), product(f, plus(low, 1), high))
