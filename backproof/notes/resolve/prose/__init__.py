"""What the words around formulas say, by a small vocabulary in English and Korean.

A clause is read by rules, a file a subject; what a rule has understood is marked, and what is left over is known.
Every reading is recorded, so that the author can see what was taken from the prose.
"""

from __future__ import annotations

import re

from .._context import Context, Doubt
from .._lexicon import is_loss
from ._clause import Clause, Mention, clauses
from ._given import read_given
from ._gradients import read_gradients
from ._losses import read_losses
from ._manners import read_manners, read_values
from ._shapes import is_size, read_kinds, read_shapes, shape_of
from ._told import read_definitions
from ._vocabulary import is_harmless

__all__ = ["Clause", "Mention", "clauses", "is_size", "read_clause", "read_shapes", "shape_of"]

_FIXED = re.compile(
    r"\b(?:fixed|held|holds?|holding|constants?|immediate|direct|directly|explicit|free)\b|고정|상수"
)
_LOSS = re.compile(r"\b(?:loss|losses|cost|costs|error|errors|objective)\b|손실|비용|오차|损失|代价|误差")


def read_clause(clause: Clause, context: Context, heading: bool = False) -> None:
    """Take from one clause what the vocabulary knows; keep what it does not know as a doubt, except in a heading."""
    context.holds_fixed = context.holds_fixed or bool(_FIXED.search(clause.text))
    read_kinds(clause, context)
    read_losses(clause, context)
    read_gradients(clause, context)
    read_manners(clause, context)
    read_values(clause, context)
    read_definitions(clause, context)
    read_given(clause, context)
    left = clause.leftover()
    if left and not heading:
        about_loss = bool(_LOSS.search(clause.text)) or any(map(is_loss, clause.names))
        described = "⟦G" not in clause.text and all(
            is_harmless(word, described=True) for word in left.split()
        )
        context.doubts.append(Doubt(left, clause.names, about_loss, described))
