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
    for text in reasons(finding):
        style = "bold" if text.startswith("likely") else LINT[1] if text.startswith(LINT[0]) else ""
        yield f"      {text}", style
    if finding["verdict"] in ("refuted", "mixed"):
        for text in context_lines(finding):
            yield f"      context: {text}", "bright_black"


def reasons(finding: dict[str, Any]) -> list[str]:
    """Say why, a sentence each: the links that fail with their counterexamples, the correction, the lints."""
    said = []
    links, failing = finding["links"], [link for link in finding["links"] if link["verdict"] == "refuted"]
    for link in failing:
        if len(links) > 1 and link["lhs"]:
            said.append(f"the link {link['lhs']} = {link['rhs']} fails")
        if link["counterexample"]:
            said.append(_counterexample(link["counterexample"]))
    if finding["reason"] and finding["verdict"] != "none" and not (failing and said):
        said.append(str(finding["reason"]))
    if finding["correction"]:
        said.append(f"likely: {finding['correction']}")
    said += [f"{LINT[0]} {lint}" for lint in finding["lints"]]
    return said


def _counterexample(point: Any) -> str:
    """Say at which point the sides differ, and what they are there."""
    if not isinstance(point, dict):
        return f"counterexample: {point}"
    where = ", ".join(f"{name} = {value}" for name, value in point.items() if name not in ("left", "right"))
    sides = f"the left side is {point.get('left')}, the right side {point.get('right')}"
    return f"at {where}: {sides}" if where else sides


def context_lines(finding: dict[str, Any]) -> list[str]:
    """Say what the verdict took from the document: definitions, hypotheses, readings of its prose."""
    context = finding["context"]
    if isinstance(context, dict):
        return [f"{key}: {value}" for key, value in context.items() if value]
    return [str(entry) for entry in context or ()]
