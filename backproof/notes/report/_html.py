"""The document with each formula coloured by its verdict, and what was found beside it: one file, no network, no script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backproof._version import __version__
from backproof.notes.report._checked import Checked, is_claim, summary
from backproof.notes.report._terminal import context_lines, reasons, summary_line

if TYPE_CHECKING:
    from markupsafe import Markup

# What stands around a formula in a source, longest first; it is not shown where the formula is set.
DELIMITERS = ("$$", r"\[", r"\(", "$")
CLOSING = {"$$": "$$", r"\[": r"\]", r"\(": r"\)", "$": "$"}
LONGEST_SOURCE = 400_000  # characters; of a longer document only the formulas are shown


@dataclass(frozen=True)
class Row:
    """A block of the source, and the verdicts on its formulas."""

    line: int
    anchor: str
    level: int
    source: Markup
    said: list[dict[str, Any]]


@dataclass(frozen=True)
class Page:
    """One document on the page."""

    name: str
    error: str | None
    rows: list[Row]


def to_html(documents: Sequence[Checked]) -> str:
    """Give the whole report as one HTML page; everything that came from a document is escaped."""
    from backproof.report._page import render

    counts = summary(documents)
    return render(
        "notes.html.j2",
        title="backproof check",
        counts=counts,
        line=summary_line(counts),
        version=__version__,
        documents=[Page(d.name, d.error, list(_rows(d, number))) for number, d in enumerate(documents)],
    )


def _rows(document: Checked, number: int) -> Iterator[Row]:
    """Blocks of the source where its formulas can be found in it; else a row a formula."""
    spans = _spans(document)
    if len(spans) < len(document.findings) or len(document.text) > LONGEST_SOURCE:
        for i, f in enumerate(document.findings):
            if is_claim(f) or f["lints"]:
                yield Row(f["line"], f"d{number}f{i}", 0, _set(f, display=True), [_said(f)])
        return
    at = 0
    for block in re.split(r"(\n[ \t]*\n)", document.text):
        end = at + len(block)
        if block.strip():
            inside = [(a, b, f) for a, b, f in spans if at <= a < end]
            heading = re.match(r"\s*(#{1,6})\s", block)
            line = document.text.count("\n", 0, at + len(block) - len(block.lstrip())) + 1
            said = [_said(f) for _, _, f in inside if is_claim(f) or f["lints"] or f["kind"] == "image"]
            level = min(len(heading[1]) + 1, 3) if heading else 0
            start = at + heading.end() if heading else at
            yield Row(line, f"d{number}l{line}", level, _source(document.text, start, end, inside), said)
        at = end


def _spans(document: Checked) -> list[tuple[int, int, dict[str, Any]]]:
    """Where each formula stands in the text, its delimiters included."""
    starts = [0]
    for line in document.text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    spans, after = [], 0
    for f in document.findings:
        if f["line"] > len(starts):
            return []
        near = starts[f["line"] - 1]
        at = document.text.find(f["latex"], max(near, after), near + len(f["latex"]) + 2000)
        if at < 0:
            return []
        end = at + len(f["latex"])
        opening = next((d for d in DELIMITERS if document.text[:at].rstrip().endswith(d)), None)
        if opening:
            first = document.text.rfind(opening, 0, at)
            last = document.text.find(CLOSING[opening], end)
            if first >= after and last >= 0 and not document.text[end:last].strip():
                at, end = first, last + len(CLOSING[opening])
        spans.append((at, end, f))
        after = end
    return spans


def _source(text: str, start: int, end: int, inside: list[tuple[int, int, dict[str, Any]]]) -> Markup:
    from markupsafe import Markup, escape

    parts, at = [], start
    for a, b, f in inside:
        parts.append(escape(text[at:a]))
        parts.append(_set(f, display=text.startswith(("$$", r"\[", r"\begin"), a)))
        at = b
    parts.append(escape(text[at:end]))
    return Markup("").join(parts)


def _set(finding: dict[str, Any], *, display: bool) -> Markup:
    from markupsafe import Markup

    from backproof.report._math import mathml

    classes = " ".join(
        ["f", finding["verdict"], *(["display"] * display), *(["lint"] * bool(finding["lints"]))]
    )
    formula = mathml(finding["latex"], display=display)
    return Markup('<span class="{}" title="{}">{}</span>').format(classes, finding["latex"], formula)


def _said(finding: dict[str, Any]) -> dict[str, Any]:
    return {
        "verdict": finding["verdict"],
        "word": finding["kind"] if finding["verdict"] == "none" else finding["verdict"],
        "line": finding["line"],
        "lines": reasons(finding),
        "context": context_lines(finding),
    }
