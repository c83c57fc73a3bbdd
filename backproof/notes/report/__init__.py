"""The last stage: what was found, as text, JSON, SARIF, JUnit, HTML or a patch.

Every format is made of plain data (`Checked.findings` are dictionaries), so that a cached result and a fresh one read alike.
"""

from backproof.notes.report._checked import Checked, exit_code, summary, to_json
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
