"""The mistakes that people make, undone: everything that may be tried in the place of a side, by the text alone."""

from __future__ import annotations

from collections.abc import Iterator

from ._brackets import brackets
from ._constants import constants
from ._factors import extra, missing, summed
from ._known import differentiated, known
from ._names import complements, functions, renamed
from ._page import Edit, Page
from ._powers import powers
from ._products import swapped, turned
from ._scripts import indices, primes
from ._signs import signs
from ._transposes import transposes

# Of equally likely ones those of an earlier group come first.
_GROUPS = (
    signs,
    transposes,
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


def catalogue(page: Page) -> Iterator[Edit]:
    """Every mistake that may have been made in a side."""
    for group in _OF_SHAPES if page.kind == "shape" else _GROUPS:
        yield from group(page)
