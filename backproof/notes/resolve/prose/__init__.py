"""What the words around formulas say, by a small vocabulary in English and Korean.

A clause is read by rules, a file a subject; what a rule has understood is marked, and what is left over is known.
Every reading is recorded, so that the author can see what was taken from the prose.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence

from .._context import Context, Doubt
from .._item import Guard
from .._lexicon import is_loss
from ._called import read_called
from ._clause import Clause, Mention, clauses
from ._curvatures import read_curvatures
from ._functions import read_functions
from ._given import read_given
from ._gradients import read_gradients
from ._jacobians import read_jacobians
from ._losses import read_losses
from ._manners import read_manners
from ._moments import read_moments
from ._penalties import is_named_by
from ._positions import define_positions, read_positions
from ._shapes import read_kinds
from ._sizes import is_size, read_shapes, read_sizes, shape_of
from ._tables import read_tables
from ._told import read_definitions
from ._upstream import read_likewise, read_upstream
from ._values import read_values
from ._vocabulary import is_harmless
from ._windows import read_windows

__all__ = ["Clause", "Mention", "clauses", "is_named_by", "is_size", "read_prose", "shape_of"]

_WITHOUT = re.compile(r"\bwithout (?:the |an? |any )?(?P<what>⟦Q\d+⟧)")
_EACH_FIXED = re.compile(
    r"\beach (?:one )?(?:with|for) the (?:other|rest)s? (?:being )?(?:held |kept )?fixed\b"
)
_FIXED = re.compile(
    r"\b(?:fixed|held|holds?|holding|constants?|immediate|direct|directly|explicit|free)\b|고정|상수"
)
_LOSS = re.compile(r"\b(?:loss|losses|cost|costs|error|errors|objective)\b|손실|비용|오차|损失|代价|误差")


# Seconds for clauses that are read under one guard: to set an alarm takes as long as to read one.
_SLICE = 0.002


def read_prose(
    said: Sequence[Clause],
    context: Context,
    guard: Guard,
    *,
    heading: bool = False,
    enter: Callable[[Clause], None] = lambda clause: None,
) -> None:
    """Take from clauses what the vocabulary knows; of one that cannot be read nothing near it is refuted.

    ``enter`` is told of each clause when it has been read.
    """

    def shapes(k: int) -> None:
        if said[k].mentions:
            read_shapes(said[k], context)

    def rest(k: int) -> None:
        read_clause(said[k], context, heading and k == 0)
        enter(said[k])

    for work in (shapes, rest):
        for k in _troubled(work, len(said), guard):
            context.doubt(Doubt(said[k].text[:80], said[k].names, about_loss=True))
    define_positions(context)


def _troubled(work: Callable[[int], None], number: int, guard: Guard) -> Iterator[int]:
    """Do a piece of work for each number; give those that went wrong."""
    at = -1

    def some() -> None:
        nonlocal at
        end = time.perf_counter() + _SLICE
        while at < number - 1 and time.perf_counter() < end:
            at += 1
            work(at)

    while at < number - 1:
        if guard(some):
            yield at


def read_clause(clause: Clause, context: Context, heading: bool = False) -> None:
    """Take from one clause what the vocabulary knows; keep what it does not know as a doubt, except in a heading."""
    context.holds_fixed = context.holds_fixed or any(clause.everywhere(_FIXED))
    read_jacobians(clause, context)
    read_kinds(clause, context)
    read_sizes(clause, context)
    read_windows(clause, context)
    read_positions(clause, context)
    read_losses(clause, context)
    if clause.mentions:
        read_curvatures(clause, context)
        read_upstream(clause, context)
    read_called(clause, context)
    read_gradients(clause, context)
    if clause.mentions:
        read_likewise(clause, context)
    read_functions(clause, context)
    read_manners(clause, context)
    read_values(clause, context)
    if clause.mentions:
        read_moments(clause, context)
        read_tables(clause, context)
        read_definitions(clause, context)
    read_given(clause, context)
    for match in clause.find(_WITHOUT):  # batch norm without ε: no formula holds it
        if not context.written & {r.name for r in clause.refs(match["what"])}:
            clause.use(match)
    # Of several ways at once: which holds what fixed is not read.
    for match in clause.everywhere(_EACH_FIXED):
        context.doubt(Doubt(match.group(), clause.names, about_loss=True))
    left = "" if heading else clause.leftover()
    if left:
        about_loss = any(clause.everywhere(_LOSS)) or any(map(is_loss, clause.names))
        described = "⟦G" not in clause.text and all(
            is_harmless(word, described=True) for word in left.split()
        )
        context.doubt(Doubt(left, clause.names, about_loss, described))
