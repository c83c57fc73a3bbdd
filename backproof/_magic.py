"""`%load_ext backproof` adds the cell magic `%%check`: the cell is a note, and its formulas are checked."""

from __future__ import annotations

import html
from typing import Any

__all__ = ["CheckedCell", "check_cell", "load_ipython_extension"]

COLORS = {
    "proved": "#2b8a3e",
    "refuted": "#c92a2a",
    "mixed": "#e67700",
    "unknown": "#e67700",
    "none": "#868e96",
}


class CheckedCell:
    """The findings of a cell: a table where HTML can be shown, lines of text elsewhere."""

    def __init__(self, findings: list[dict[str, Any]]) -> None:
        self.findings = findings

    def __repr__(self) -> str:
        return "\n".join(
            f"{f['verdict']}: {f['latex']}" + (f"\n    {w}" if (w := _why(f)) else "") for f in self.findings
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:right;color:#868e96">{f["line"]}</td>'
            f'<td style="color:{COLORS[f["verdict"]]};font-weight:600">{f["verdict"]}</td>'
            f'<td style="text-align:left">${html.escape(str(f["latex"]))}$</td>'
            f'<td style="text-align:left">{html.escape(_why(f))}</td></tr>'
            for f in self.findings
        )
        return f"<table><tr><th>line</th><th>verdict</th><th>formula</th><th>why</th></tr>{rows}</table>"


def _why(finding: dict[str, Any]) -> str:
    parts = [
        finding["reason"] if finding["verdict"] != "proved" else "",
        finding["correction"] and f"likely: {finding['correction']}",
        *map(str, finding["lints"]),
    ]
    return "; ".join(str(part) for part in parts if part)


def check_cell(line: str, cell: str) -> CheckedCell:
    """Check the formulas of a cell; the line after `%%check` may name a profile.

    Examples
    --------
    >>> check_cell("", r"$\\frac{d}{dz} e^{2z} = 2 e^{2z}$")
    proved: \\frac{d}{dz} e^{2z} = 2 e^{2z}
    """
    from backproof.notes import check

    profile = line.strip() or None
    findings = [finding.to_dict() for finding in check(cell, name="cell.md", profile=profile)]
    return CheckedCell([f for f in findings if f["verdict"] != "none" or f["lints"]])


def load_ipython_extension(ipython: Any) -> None:
    """Register `%%check`; IPython calls this for `%load_ext backproof`."""
    ipython.register_magic_function(check_cell, magic_kind="cell", magic_name="check")
