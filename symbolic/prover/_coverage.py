"""Where regions meet: which points of their common border no region covers.

Regions are closed, so a point at which a chosen polynomial p is 0 lies in the regions on both sides of p. What a region
concludes from the sign of p may fail there: sqrt(p q) says q >= 0 where p > 0, and nothing where p = 0. Such a region is
called fragile in p. The regions are the leaves of a tree, so a point is followed from the root: where p is 0 it may take
either branch. It takes one in which nothing is fragile in p; or, where both sides are fragile in the same single way, q
>= 0 here and q <= 0 there, the one that fits its q. Where neither is possible, the zeros of p are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from symbolic.prover._field import Poly

if TYPE_CHECKING:
    from symbolic.prover._regions import Leaf


def uncovered(leaves: Sequence[Leaf], depth: int = 0) -> dict[str, Poly]:
    """The polynomials whose zeros are to be left out, by their text."""
    if len(leaves) < 2:
        return {}
    key = list(leaves[0].signs)[depth]
    sides = [[leaf for leaf in leaves if leaf.signs[key][1] == sign] for sign in (1, -1)]
    found = {**uncovered(sides[0], depth + 1), **uncovered(sides[1], depth + 1)}
    fragile = [[leaf for leaf in side if key in leaf.fragile] for side in sides]
    if all(fragile):
        ways = {_single_way(leaf, key) for side in fragile for leaf in side}
        if None in ways or len(ways) > 1:
            found[key] = leaves[0].signs[key][0]
    return found


def _single_way(leaf: Leaf, key: str) -> tuple[str, frozenset[str], int] | None:
    """The one conclusion that leans on p: of which q, with which other signs, and with what sign all of them together."""
    ways = [(q, keys) for q, keys in leaf.leaning.items() if key in keys]
    if leaf.status != "equal" or len(ways) != 1 or leaf.normal is None:
        return None
    ((q, keys),) = ways
    return q, keys, leaf.normal.signs.known[q][1] * prod(leaf.signs[k][1] for k in keys)
