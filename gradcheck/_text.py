"""Reports as text: an aligned table that reads well in a terminal and in a test's output."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck._report import ProbePoint, Report

WIDTH = 110
MARK = {"pass": "ok", "fail": "WRONG", "inconclusive": "unclear", "unchecked": "-"}


def as_text(report: Report) -> str:
    """Write a report as text."""
    lines = [f"gradcheck: {report.verdict.upper()} - {report.reason}", ""]
    header = ("parameter", "shape", "checked", "wrong", "worst entry", "analytic", "numeric", "rel. error",
              "bound", "step", "")  # fmt: skip
    rows = []
    for row in report.parameters:
        shape = "×".join(map(str, row.shape)) or "scalar"
        checked = str(row.n_checked) if row.n_checked == row.size else f"{row.n_checked}/{row.size}"
        verdict = MARK[row.verdict] + (f" ({row.n_kinks} at a kink)" if row.n_kinks else "")
        cells: tuple[str, ...] = ("", "", "", "", "", "")
        if row.worst is not None:
            w = row.worst
            cells = (w.name, f"{w.analytic:.8g}", f"{w.numeric:.8g}", f"{w.rel_error:.1e}", f"{w.bound:.1e}",
                     f"{w.step:.1e}")  # fmt: skip
        rows.append((row.name, shape, checked, str(row.n_wrong), *cells, verdict))
    lines += align([header, *rows], right={2, 3, 5, 6, 7, 8, 9})
    if report.diagnosis:
        lines.append("")
        for k, cause in enumerate(report.diagnosis):
            lead = "Likely cause" if k == 0 else "or"
            lines += wrapped(f"{lead} ({cause.score:.0%}, {cause.cause}): {cause.message}")
    lines.append("")
    for point in report.points:
        lines.append(f"at {point.name}: {point.verdict} {looked_at(point)} ({point.description})")
    for note in report.notes:
        lines += wrapped(f"note: {note}")
    lines.append(
        f"{report.n_evaluations} evaluations of the loss, {report.n_gradients} of the gradient, "
        f"{report.elapsed:.2f} s, method {report.method}, seed {report.seed}"
    )
    return "\n".join(line.rstrip() for line in lines)


def looked_at(point: ProbePoint) -> str:
    """Say how much of the gradient was compared at a point: single entries, or only sums of them."""
    if point.n_checked or point.verdict == "inconclusive":  # that of a point where nothing could be compared
        return f"on {point.n_checked} entries"
    return "along random directions"


def align(rows: Sequence[Sequence[str]], right: set[int]) -> list[str]:
    """Pad cells so that the columns line up, with a rule below the header."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = (
            c.rjust(w) if k in right else c.ljust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def wrapped(text: str) -> list[str]:
    """Fold a long sentence, continuation lines indented."""
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ")
