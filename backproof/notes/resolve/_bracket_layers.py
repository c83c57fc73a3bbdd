"""Layers in plain brackets: ``W[l]``, ``A[l-1]``, ``Z[2]``."""

from __future__ import annotations

import re
from collections.abc import Iterable

# The layer in plain brackets: W[l], A[l-1].
_BRACKET_LAYER = re.compile(r"(?<![\^{\\])\b[A-Za-z]{1,2}\[\s*[lL]\s*(?:[-+]\s*1\s*)?\]")
_BRACKET_NUMBER = re.compile(r"(?<![\^{\\A-Za-z])([ZAWXbzaw])\[\d\]")


def has_bracket_layers(formulas: Iterable[str]) -> bool:
    """Whether a document writes ``W[l]`` for the W of layer l, or several numbers so."""
    written = " ".join(formulas)
    return bool(_BRACKET_LAYER.search(written)) or len(set(_BRACKET_NUMBER.findall(written))) > 1
