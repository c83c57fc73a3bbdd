"""The mistakes that people make, undone: everything that may be tried in the place of a side, by the text alone."""

from __future__ import annotations

from collections.abc import Iterator

from ._brackets import brackets
from ._code import from_code
from ._constants import constants
from ._factors import extra, missing, summed
from ._known import differentiated, known
from ._names import complements, functions, renamed
from ._page import Edit, Page
from ._powers import powers
from ._products import reordered, swapped, turned
from ._scripts import indices, primes
from ._signs import signs
from ._transposes import transposes

# Of equally likely ones those of an earlier group come first.
_GROUPS = (
    signs,
    transposes,
    from_code,
    primes,
    powers,
    indices,
    extra,
    constants,
    swapped,
    complements,
    summed,
    renamed,
    functions,
    missing,
    brackets,
    differentiated,
    known,
)
_OF_SHAPES = (turned, indices, renamed)


# Mistakes that make a side of the wrong shape, and leave no doubt about what its signs mean.
_OF_MISFITS = (transposes, from_code, indices, reordered, renamed)


def catalogue(page: Page, misfit: bool = False) -> Iterator[Edit]:
    """Every mistake that may have been made in a side; of one that does not fit in shape those that explain just that."""
    for group in _OF_MISFITS if misfit else _OF_SHAPES if page.kind == "shape" else _GROUPS:
        yield from group(page)
