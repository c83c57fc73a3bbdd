"""What looks wrong in a formula and is no refutation: lints say so, and change no verdict.

Each kind is a file: limits and indices of sums, letters that nothing binds, l for L, shapes, and definitions of what has a
standard one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from .._errors import NotesError
from ..resolve._item import Gathered, Item
from ._biases import biases
from ._clashes import clashes
from ._indices import dangling
from ._layers import layers
from ._standards import standards
from ._sums import sums
from ._survey import survey

__all__ = ["lints"]


def lints(item: Item, gathered: Gathered) -> Iterator[str]:
    """The lints of one statement.

    Parameters
    ----------
    item : Item
        A statement, decided: what the decision has found is in it already.
    gathered : Gathered
        The document.

    Yields
    ------
    str
        What looks wrong.

    Notes
    -----
    The whole document is surveyed once; a statement costs what its own terms cost, and 0.3 s at most for each standard that
    a definition is compared with.
    """
    if item.kind in ("prose", "image"):
        return
    known = survey(gathered)
    for kind in (sums, dangling, layers, biases, clashes, standards):
        with suppress(NotesError):  # what is not understood is not judged
            yield from kind(item, gathered, known)
