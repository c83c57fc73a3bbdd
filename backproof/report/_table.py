"""A verification on the terminal: one table, what did not hold, and a summary line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from backproof.triangle import Check, Verification

__all__ = ["COLUMNS", "HEADINGS", "MARKS", "figure_text", "print_verification", "summary"]

COLUMNS = ("derivation", "symbolic=numeric", "numeric~gradcheck", "symbolic~gradcheck")
TITLES = (
    "steps\nproved",
    "symbolic\n= numeric",
    "numeric\n~ gradcheck",
    "symbolic\n~ gradcheck",
)
HEADINGS = {
    "activation": "Activations",
    "loss": "Losses",
    "penalty": "Penalty",
    "model": "Models, entry by entry",
    "library": "Layers, for symbolic sizes",
    "network": "Networks on real data",
}
MARKS = {
    "pass": ("✓", "green"),
    "fail": ("✗", "bold red"),
    "inconclusive": ("?", "yellow"),
    "error": ("!", "bold red"),
}


def figure_text(check: Check) -> str:
    """Write a figure with its unit, short: ``6``, ``3 ulp``, ``5e-12``."""
    if check.figure is None:
        return "error"
    if check.unit == "steps":
        return f"{check.figure:.0f}"
    if check.unit == "ulp":
        return f"{check.figure:.0f} ulp" if check.figure < 1e4 else f"{check.figure:.0e} ulp"
    return f"{check.figure:.0e}" if check.figure else "0"


def summary(found: Verification) -> str:
    """Say in one line what came of it."""
    n, bad = len(found.checks), len(found.failures)
    words = (
        f"{n} checks: all hold. Three witnesses that share no code agree."
        if bad == 0
        else f"{n} checks: {n - bad} hold, {bad} {'does' if bad == 1 else 'do'} not."
    )
    return f"{words} {found.elapsed:.1f} s, seed {found.seed}."


def print_verification(found: Verification, out: Console) -> None:
    """Print the table, the failures with their culprits, and the summary."""
    from rich.text import Text

    out.print(_table(found.checks))
    out.print(
        Text(
            "ulp: floats between the two answers · else: difference over the largest slope",
            "dim",
        )
    )
    culprits = found.culprits()
    for alike in _alike(found.failures):
        mark, style = MARKS[alike[0].verdict]
        names = "; ".join(f"{check.name}, {check.edge}" for check in alike)
        out.print()
        out.print(Text.assemble((f"{mark} {names}: ", style), alike[0].message or alike[0].verdict))
    for name, witness in culprits.items():
        others = " and ".join(w for w in ("symbolic", "numeric", "gradcheck") if w != witness)
        out.print(
            Text.assemble(
                (f"  {name}: the culprit is {witness}", "bold"), f"; {others} do not contradict each other."
            )
        )
    style = "bold green" if found.verdict == "pass" else "bold red"
    out.print()
    out.print(
        Text.assemble(
            (f"{MARKS['pass' if found.verdict == 'pass' else 'fail'][0]} ", style), (summary(found), style)
        )
    )


def _alike(failures: Sequence[Check]) -> list[list[Check]]:
    """Put failures of one message together: what is missing is said once."""
    groups: dict[tuple[str, str], list[Check]] = {}
    for place, check in enumerate(failures):
        groups.setdefault((check.verdict, check.message or str(place)), []).append(check)
    return list(groups.values())


def _table(checks: Sequence[Check]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    # A column that no check fills is left out: `--only digits` shows three columns, not five.
    shown = [(c, t) for c, t in zip(COLUMNS, TITLES, strict=True) if any(one.column == c for one in checks)]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("", min_width=8, overflow="fold")  # in a narrow terminal names fold, figures never
    for _, title in shown:
        table.add_column(title, no_wrap=True, min_width=max(map(len, title.split("\n"))))
    for kind, heading in HEADINGS.items():
        rows = list(dict.fromkeys(check.row for check in checks if check.kind == kind))
        if not rows:
            continue
        table.add_section()
        table.add_row(Text(heading, style="bold"))
        for row in rows:
            cells = {check.column: check for check in checks if check.kind == kind and check.row == row}
            table.add_row(Text(f" {row}"), *[_cell(cells.get(column)) for column, _ in shown])
    return table


def _cell(check: Check | None) -> Text:
    from rich.text import Text

    if check is None:
        return Text("·", style="dim")
    mark, style = MARKS[check.verdict]
    return Text.assemble((f"{mark} ", style), (figure_text(check), "" if check.verdict == "pass" else style))
