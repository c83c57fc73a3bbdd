"""The last stage: what was found, as text, JSON, SARIF, JUnit, HTML or a patch.

Every format is made of plain data (`Checked.findings` are dictionaries), so that a cached result and a fresh one read alike.
Each is imported at its first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from backproof.notes.report._checked import Checked, exit_code, summary, to_json

if TYPE_CHECKING:
    from backproof.notes.report._fix import corrections, patched, to_patch
    from backproof.notes.report._html import to_cell, to_html
    from backproof.notes.report._junit import to_junit
    from backproof.notes.report._sarif import to_sarif
    from backproof.notes.report._terminal import (
        Printer,
        plain_text,
        print_findings,
        print_summary,
        summary_line,
        wants_an_eye,
    )

_HOMES = {
    "_fix": ("corrections", "patched", "to_patch"),
    "_html": ("to_cell", "to_html"),
    "_junit": ("to_junit",),
    "_sarif": ("to_sarif",),
    "_terminal": ("Printer", "plain_text", "print_findings", "print_summary", "summary_line", "wants_an_eye"),
}

__all__ = [
    "Checked",
    "Printer",
    "corrections",
    "exit_code",
    "patched",
    "plain_text",
    "print_findings",
    "print_summary",
    "summary",
    "summary_line",
    "to_cell",
    "to_html",
    "to_json",
    "to_junit",
    "to_patch",
    "to_sarif",
    "wants_an_eye",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
