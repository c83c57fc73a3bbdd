"""A patch with the corrections that can be proved: each is put in its place, and what comes out is checked again."""

from __future__ import annotations

import difflib
import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from backproof.notes.find import Formula, language_of
from backproof.notes.report._checked import Checked
from backproof.notes.report._places import failing, formulas_of, in_file, sides_of

Check: TypeAlias = Callable[[str, str], Checked]
MOST_TRIALS = 24  # whole documents checked anew for one document's patch


@dataclass(frozen=True)
class Correction:
    """What shall stand in a file instead of a stretch of it."""

    finding: int
    start: int
    stop: int
    latex: str
    text: str


def corrections(document: Checked, check: Check) -> list[Correction]:
    """The corrections of a document's refuted formulas after which they are proved, and nothing else is worse.

    Parameters
    ----------
    document : Checked
        What was found.
    check : callable
        ``check(name, text)``: checks a text anew.

    Returns
    -------
    list of Correction
        In the order of the document, none overlapping another.
    """
    candidates = list(_candidates(document))
    if not candidates:
        return []
    if _is_proved(document, candidates, check):
        return candidates
    kept: list[Correction] = []
    for candidate in candidates[:MOST_TRIALS]:
        if _is_proved(document, [*kept, candidate], check):
            kept.append(candidate)
    return kept


def _candidates(document: Checked) -> Iterator[Correction]:
    for number, (finding, formula) in enumerate(zip(document.findings, formulas_of(document), strict=True)):
        place = place_of(finding, formula) if formula is not None else None
        if place is not None and finding["correction"]:
            latex = finding["correction"]
            yield Correction(number, *place, latex, written(latex, document.name))


def place_of(finding: dict[str, Any], formula: Formula) -> tuple[int, int] | None:
    """Where the side that fails stands in the file; None if it cannot be pointed at, as where a macro has written it."""
    link = failing(finding)
    right = None if link is None else sides_of(finding)[link].right
    return None if right is None else in_file(formula, right)


def written(latex: str, name: str) -> str:
    """LaTeX as its container writes it."""
    language = language_of(name)
    if language == "notebook":
        return json.dumps(latex, ensure_ascii=False)[1:-1]
    return html.escape(latex, quote=False) if language == "html" else latex


def patched(text: str, fixes: Sequence[Correction]) -> str:
    """A text with its corrections in their places."""
    for fix in sorted(fixes, key=lambda c: c.start, reverse=True):
        text = text[: fix.start] + fix.text + text[fix.stop :]
    return text


def _is_proved(document: Checked, fixes: Sequence[Correction], check: Check) -> bool:
    again = check(document.name, patched(document.text, fixes))
    if again.error is not None or len(again.findings) != len(document.findings):
        return False
    fixed = {fix.finding for fix in fixes}
    for number, (before, after) in enumerate(zip(document.findings, again.findings, strict=True)):
        if number in fixed and after["verdict"] != "proved":
            return False
        if number not in fixed and _is_worse(before, after):
            return False
    return True


def _is_worse(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return before["verdict"] != after["verdict"] and after["verdict"] in ("refuted", "mixed", "unknown")


def to_patch(document: Checked, fixes: Sequence[Correction], path: str) -> str:
    """A unified diff that ``patch -p1`` and ``git apply`` take; empty without corrections."""
    before, after = (_lines(text) for text in (document.text, patched(document.text, fixes)))
    lines = difflib.unified_diff(before, after, f"a/{path}", f"b/{path}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Lines as a patch counts them: a carriage return alone ends none."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
