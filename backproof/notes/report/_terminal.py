"""Findings on a terminal: the line, the formula, the verdict, the correction; and a summary line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from backproof.notes.report._checked import Checked, summary

if TYPE_CHECKING:
    from rich.console import Console

# verdict -> (sign, color): the sign says it without color, too
SIGNS = {
    "proved": ("✓", "green"),
    "refuted": ("✗", "red"),
    "mixed": ("±", "yellow"),
    "unknown": ("?", "yellow"),
    "none": ("·", "bright_black"),
}
LINT = ("!", "magenta")


def print_findings(documents: Sequence[Checked], console: Console, *, show_all: bool = False) -> None:
    """Print what needs a reader's eye; with `show_all` every formula; then one line that counts everything."""
    from rich.text import Text

    for document in documents:
        if document.error is not None:
            console.print(Text.assemble((document.name, "bold"), ("  unreadable: ", "red"), document.error))
            continue
        shown = [f for f in document.findings if show_all or _wants_an_eye(f)]
        for finding in shown:
            for number, (text, style) in enumerate(_lines(document.name, finding)):
                console.print(Text(text, style=style) if number else _head(text, finding), soft_wrap=True)
    counts = summary(documents)
    color = "red" if counts["refuted"] or counts["unreadable"] else "green"
    console.print(Text(summary_line(counts), style=f"bold {color}"), soft_wrap=True)


def summary_line(counts: dict[str, Any]) -> str:
    """Say what the counts come to, in one line."""

    def plural(number: int, noun: str) -> str:
        return f"{number} {noun}{'' if number == 1 else 's'}"

    parts = [
        f"{plural(counts['claims'], 'claim')} in {plural(counts['files'], 'file')}",
        f"{counts['proved']} proved",
        f"{counts['refuted']} refuted",
        f"{counts['unknown']} unknown",
    ]
    parts += [f"{counts['mixed']} mixed"] * bool(counts["mixed"])
    parts += [plural(counts["lints"], "lint")] * bool(counts["lints"])
    parts += [f"{plural(counts['images'], 'image')} unchecked"] * bool(counts["images"])
    parts += [f"{plural(counts['unreadable'], 'file')} unreadable"] * bool(counts["unreadable"])
    return ", ".join(parts) + f" ({counts['elapsed']:.1f} s)"


def _wants_an_eye(finding: dict[str, Any]) -> bool:
    return (
        finding["verdict"] in ("refuted", "mixed", "unknown")
        or bool(finding["lints"])
        or finding["kind"] == "image"
    )


def _head(text: str, finding: dict[str, Any]) -> Any:
    from rich.text import Text

    sign, color = SIGNS[finding["verdict"]]
    place, _, formula = text.partition("  ")
    return Text.assemble(
        (place, "bold"), "  ", (f"{sign} {_verdict(finding)}", f"bold {color}"), "  ", formula
    )


def _verdict(finding: dict[str, Any]) -> str:
    return finding["kind"] if finding["verdict"] == "none" else str(finding["verdict"])


def _lines(name: str, finding: dict[str, Any]) -> Iterator[tuple[str, str]]:
    latex = " ".join(str(finding["latex"]).split())
    yield f"{name}:{finding['line']}:{finding['column']}  {latex}", ""
    failing = [link for link in finding["links"] if link["verdict"] == "refuted"]
    if len(finding["links"]) > 1:
        for link in failing:
            yield f"      the link {link['lhs']} = {link['rhs']} fails", ""
    if finding["verdict"] in ("refuted", "mixed", "unknown") and finding["reason"]:
        yield f"      {finding['reason']}", ""
    if finding["correction"]:
        yield f"      likely: {finding['correction']}", "bold"
    for lint in finding["lints"]:
        yield f"      {LINT[0]} {lint}", LINT[1]
    if finding["verdict"] in ("refuted", "mixed") and finding["context"]:
        yield f"      context: {_context(finding['context'])}", "bright_black"


def _context(context: Any) -> str:
    if isinstance(context, dict):
        return "; ".join(f"{key}: {value}" for key, value in context.items() if value)
    return "; ".join(map(str, context)) if isinstance(context, (list, tuple)) else str(context)
