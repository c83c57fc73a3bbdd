"""The notes checker: says of every formula in a note whether it is right."""

from ._check import check
from ._errors import LatexError, LimitError, NotesError, NotUnderstoodError, ShapeClashError
from ._finding import Finding, Link

__all__ = [
    "Finding",
    "LatexError",
    "LimitError",
    "Link",
    "NotUnderstoodError",
    "NotesError",
    "ShapeClashError",
    "check",
]
