"""`%load_ext backproof` adds the cell magic `%%check`: the cell is a note, and its formulas are checked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backproof.notes.report import Checked

__all__ = ["CheckedCell", "check_cell", "load_ipython_extension"]


class CheckedCell:
    """The findings of a cell: formulas in the colors of their verdicts where HTML can be shown, lines of text elsewhere.

    ``findings`` are those of `backproof.notes.check`, as plain data.
    """

    def __init__(self, document: Checked) -> None:
        self.document = document

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What was found, formula by formula."""
        return list(self.document.findings)

    def __repr__(self) -> str:
        from backproof.notes.report import plain_text

        return plain_text(self.document)

    def _repr_html_(self) -> str:
        from backproof.notes.report import to_cell

        return to_cell(self.document)


def check_cell(line: str, cell: str) -> CheckedCell:
    """Check the formulas of a cell; the line after `%%check` may name a profile.

    Examples
    --------
    >>> check_cell("", r"Let $y = e^{2z}$. Then $\\frac{dy}{dz} = 2y$.")
    cell:1:25  ✓ proved  dy/dz = 2y
            by normal form
    1 claim, 1 proved, 0 refuted, 0 unknown
    """
    from backproof.notes import check
    from backproof.notes.report import Checked

    start = time.perf_counter()
    findings = tuple(f.to_dict() for f in check(cell, name="cell.md", profile=line.strip() or None))
    return CheckedCell(Checked("cell.md", cell, findings, time.perf_counter() - start))


def load_ipython_extension(ipython: Any) -> None:
    """Register `%%check`; IPython calls this for `%load_ext backproof`."""
    ipython.register_magic_function(check_cell, magic_kind="cell", magic_name="check")
