"""What one equality rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..resolve import (
    Context,
    Term,
)
from ..resolve._lexicon import WORDS
from ._assumptions import Assumed
from ._dag import Node, reachable
from ._world import World

# Functions that make a matrix of a column leave open what an author takes for the same.
PLAIN = set(WORDS.values()) - {"diag", "vec"}


@dataclass(frozen=True)
class Ground:
    """What one equality rests on: the world, its two sides, their entries, the hypotheses that are not read."""

    world: World
    context: Context
    sides: Sequence[Term]
    pairs: list[tuple[Node, Node]]
    unread: Sequence[Assumed]
    loose: bool
    numeric: bool
    apart: bool = False


def free_names(roots: list[Node]) -> set[str]:
    """The names of the quantities that are free below some nodes."""
    keys = (n.data[0] for n in reachable(roots) if n.op == "var" and isinstance(n.data, tuple))
    return {str(key[0]) for key in keys if isinstance(key, tuple)}
