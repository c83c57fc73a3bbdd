"""What looks wrong in a formula and is no refutation: lints say so, and change no verdict.

Each kind is a file: limits and indices of sums, letters that nothing binds, l for L, shapes, and definitions
of what has a standard one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from .._errors import NotesError
from ..resolve._collect import Gathered, Item
from ._biases import biases
from ._clashes import clashes
from ._indices import dangling
from ._layers import layers
from ._standards import standards
from ._sums import sums

__all__ = ["lints"]


def lints(items: Iterable[Item], gathered: Gathered) -> tuple[str, ...]:
    """The lints of one formula.

    Parameters
    ----------
    items : iterable of Item
        Its statements, decided: what the decision has found is in them.
    gathered : Gathered
        The document.

    Returns
    -------
    tuple of str
        Each once, in the order of the statements.
    """
    return tuple(dict.fromkeys(lint for item in items for lint in (*item.lints, *_found(item, gathered))))


def _found(item: Item, gathered: Gathered) -> Iterator[str]:
    for kind in (sums, dangling, layers, biases, clashes, standards):
        with suppress(NotesError):  # what is not understood is not judged
            yield from kind(item, gathered)
