"""Whether two expressions of numbers are one function, whatever the document says."""

from __future__ import annotations

from .._errors import NotesError
from .._limits import Budget
from ..resolve import Context, Lexicon, Term
from ._claim import decide_chain
from ._habits import Reading
from ._usage import read_usage


def agrees_with(one: Term, other: Term, lexicon: Lexicon, budget: Budget) -> bool | None:
    """Whether two terms are equal for all numbers; None where that is not decided."""
    context = Context(lexicon, all_scalar=True)
    try:
        run = decide_chain(
            (one, other), (True,), context, read_usage((one, other), context), Reading(), budget
        )
    except NotesError:
        return None
    return {"proved": True, "refuted": False}.get(run.links[0].verdict)
