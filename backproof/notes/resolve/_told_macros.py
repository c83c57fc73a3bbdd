r"""Commands that words explain where no definition is at hand: *the macro* ``\vc`` *sets a vector in bold*."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._errors import NotesError
from ..find import Block
from ..parse import Macro, tokenize

_SETS_IN_BOLD = re.compile(
    r"\\(?P<name>[A-Za-z]{1,16})(?:\{[^{}]{0,9}\})?[\s$`]+"
    r"(?:sets?|prints?|writes?|typesets?|makes?|marks?|puts?|shows?|denotes?|is for|stands for)\b"
    r"(?P<what>[^.;:\\]{0,60}?\b(?:bold(?:-?face)?|bold letters?)\b)"
)
_NOT = re.compile(r"\b(?:not|no|never|un-?bold)\b|n't\b")


def told_macros(blocks: Iterable[Block]) -> dict[str, Macro]:
    """The commands unknown to us of which words say that they set a letter in bold, each as a macro that does."""
    found: dict[str, Macro] = {}
    for block in blocks:
        text = "".join(p if isinstance(p, str) else f" {p.latex} " for p in block.pieces)
        for match in _SETS_IN_BOLD.finditer(text) if "\\" in text else ():
            if not _NOT.search(match["what"]) and not _is_known(match["name"]):
                found["\\" + match["name"]] = Macro(1, "\\mathbf{#1}")
    return found


def _is_known(name: str) -> bool:
    try:
        tokenize(f"\\{name}{{x}}")
    except NotesError:
        return False
    return True
