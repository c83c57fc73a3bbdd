"""The notes checker: says of every formula in a note whether it is right.

``check`` is imported at its first use: who only reads what was found needs no prover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._errors import LatexError, LimitError, NotesError, NotUnderstoodError, ShapeClashError
from ._finding import Finding, Link

if TYPE_CHECKING:
    from ._check import check

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


def __getattr__(name: str) -> Any:
    if name == "check":
        from ._check import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
