"""Findings on a terminal: the place, the formula, the line with the side that fails, why, the correction; and a summary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from backproof.notes._finding import without_mistake
from backproof.notes.report._checked import UNDERLINED, Checked, is_claim, summary

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# verdict -> (sign, color): the sign says it without color, too
SIGNS = {
    "proved": ("✓", "green"),
    "refuted": ("✗", "red"),
    "mixed": ("±", "yellow"),
    "unknown": ("?", "yellow"),
    "none": ("·", "bright_black"),
}
LINT = ("!", "magenta")
MARGIN = 8  # columns that the numbers of lines and the texts below a finding are set in


class Printer:
    """Prints findings as they come, document by document in the order given.

    What needs a reader's eye is printed; with ``show_all`` every formula.
    """

    def __init__(
        self, console: Console, names: Sequence[str], texts: dict[str, str], *, show_all: bool = False
    ) -> None:
        self.console, self.texts, self.show_all = console, texts, show_all
        self.names = list(names)
        self.waiting: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        self.done: dict[str, Checked] = {}
        self.printed: dict[str, int] = dict.fromkeys(names, 0)

    def take(self, event: Any) -> bool:
        """Take what is told of the documents; whether there is anything to be printed now."""
        if isinstance(event, Checked):
            self.done[event.name] = event
            findings: Sequence[dict[str, Any]] = event.findings[self.printed[event.name] :]
        else:
            findings = event[2:]
            self.waiting[event[0]].extend(findings)
        name = event.name if isinstance(event, Checked) else event[0]
        is_next = self.names[:1] == [name]
        shown = any(self.show_all or wants_an_eye(finding) for finding in findings)
        return is_next and (shown or isinstance(event, Checked))

    def print_ready(self) -> None:
        """Print what no earlier document still holds back."""
        while self.names:
            name = self.names[0]
            document = self.done.get(name)
            findings = document.findings if document else self.waiting[name]
            for finding in findings[self.printed[name] :]:
                self.print(name, finding)
            self.printed[name] = len(findings)
            if document is None:
                return
            if document.error is not None:
                self.console.print(_unreadable(document), soft_wrap=True)
            self.names.pop(0)
            del self.waiting[name]

    def print(self, name: str, finding: dict[str, Any]) -> None:
        """Print one finding, if it is for a reader's eye."""
        if self.show_all or wants_an_eye(finding):
            for line in lines_of(name, self.texts.get(name, ""), finding, self.console):
                self.console.print(line, soft_wrap=True)


def print_findings(documents: Sequence[Checked], console: Console, *, show_all: bool = False) -> None:
    """Print documents that are checked, and the summary."""
    texts = {document.name: document.text for document in documents}
    printer = Printer(console, [document.name for document in documents], texts, show_all=show_all)
    for document in documents:
        printer.take(document)
    printer.print_ready()
    print_summary(documents, console)


def print_summary(documents: Sequence[Checked], console: Console, *, elapsed: float | None = None) -> None:
    """Print one line that counts everything; ``elapsed`` is of the run, where documents were checked side by side."""
    from rich.text import Text

    counts = summary(documents)
    if elapsed is not None:
        counts["elapsed"] = elapsed
    color = (
        "red"
        if counts["refuted"] or counts["unreadable"]
        else "yellow"
        if counts["unknown"] or counts["mixed"]
        else "green"
    )
    console.print(Text(summary_line(counts), style=f"bold {color}"), soft_wrap=True)


def summary_line(counts: dict[str, Any]) -> str:
    """Say what the counts come to, in one line."""
    parts = [f"{plural(counts['claims'], 'claim')} in {plural(counts['files'], 'file')}", *_counted(counts)]
    parts += [f"{plural(counts['unreadable'], 'file')} unreadable"] * bool(counts["unreadable"])
    return ", ".join(parts) + f" ({counts['elapsed']:.1f} s)"


def claims_line(counts: dict[str, Any]) -> str:
    """Say what the counts of one document come to."""
    return ", ".join([plural(counts["claims"], "claim"), *_counted(counts)])


def plural(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _counted(counts: dict[str, Any]) -> list[str]:
    parts = [f"{counts[verdict]:,} {verdict}" for verdict in ("proved", "refuted", "unknown")]
    parts += [f"{counts['mixed']:,} mixed"] * bool(counts["mixed"])
    parts += [plural(counts["lints"], "lint")] * bool(counts["lints"])
    parts += [f"{plural(counts['images'], 'image')} unchecked"] * bool(counts["images"])
    return parts


def plain_text(document: Checked) -> str:
    """The findings of a notebook's cell as lines of text."""
    import io

    from rich.console import Console

    console = Console(file=io.StringIO(), width=100, color_system=None, highlight=False)
    lines: list[str] = []
    for finding in document.findings:
        if says_something(finding):
            lines += [
                line.plain
                for line in lines_of("cell", document.text, finding, console, as_name=document.name)
            ]
    return "\n".join([*lines, claims_line(summary([document]))])


def says_something(finding: dict[str, Any]) -> bool:
    """Whether there is anything to be said of a finding: it claims, looks wrong, or could not be checked."""
    return is_claim(finding) or bool(finding["lints"]) or finding["kind"] == "image"


def wants_an_eye(finding: dict[str, Any]) -> bool:
    """Whether a reader should look at a finding: it is no proof and no definition."""
    return (
        finding["verdict"] in ("refuted", "mixed", "unknown")
        or bool(finding["lints"])
        or finding["kind"] == "image"
    )


def lines_of(
    name: str, text: str, finding: dict[str, Any], console: Console, *, as_name: str = ""
) -> Iterator[Text]:
    """What is printed of one finding, line by line; the text is read as a file ``as_name``."""
    from rich.text import Text

    sign, color = SIGNS[finding["verdict"]]
    place = f"{name}:{finding['line']}:{finding['column']}"
    head = Text.assemble(
        (place, "bold"), (f" ({finding['place']})" if finding.get("place") else "", "bright_black"),
        "  ", (f"{sign} {word_of(finding)}", f"bold {color}"), "  ",
    )  # fmt: skip
    shown = pretty(finding["latex"], console)
    if head.cell_len + len(shown) <= console.width:
        yield head.append(shown)
    else:
        head.rstrip()
        yield head
        yield Text(" " * MARGIN + _cut(shown, max(console.width - MARGIN, 20)))
    if finding["verdict"] in ("refuted", "mixed"):
        yield from _source(as_name or name, text, finding, console.width)
    for said in reasons(finding, pretty=True):
        style = "bold" if said.startswith("likely") else LINT[1] if said.startswith(LINT[0]) else ""
        yield from _folded(said, console.width, style)
    if finding["verdict"] in ("refuted", "mixed"):
        for said in context_lines(finding):
            yield from _folded(f"given: {said}", console.width, "bright_black")


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"


def pretty(latex: str, console: Console | None = None) -> str:
    """A formula for a line of text: in Unicode where that shows it and can be shown, else its LaTeX on one line."""
    from backproof.notes.report._unicode import unicode_of

    can = console is None or console.encoding.lower().startswith("utf")
    return (unicode_of(latex) if can else None) or " ".join(latex.split())


def word_of(finding: dict[str, Any]) -> str:
    """The verdict; of what claims nothing, what it is."""
    return finding["kind"] if finding["verdict"] == "none" else str(finding["verdict"])


def _unreadable(document: Checked) -> Text:
    from rich.text import Text

    return Text.assemble((document.name, "bold"), ("  unreadable: ", "red"), str(document.error))


def _folded(said: str, width: int, style: str = "") -> Iterator[Text]:
    """A sentence in the margin, folded at words where the terminal is narrow."""
    import textwrap

    from rich.text import Text

    room = max(width - MARGIN, 20)
    for part in said.split("\n"):
        # What stands above a caret must not be folded, or the caret points nowhere.
        kept = (
            [part]
            if "\n" in said
            else textwrap.wrap(part, room, break_long_words=False, break_on_hyphens=False) or [""]
        )
        for k, line in enumerate(kept):
            yield Text(" " * MARGIN + ("  " if k else "") + line, style=style)


def _source(name: str, text: str, finding: dict[str, Any], width: int) -> Iterator[Text]:
    """The line of the file that holds the side that fails, and a line that points at it."""
    from rich.cells import cell_len
    from rich.text import Text

    if UNDERLINED in finding:
        place = finding[UNDERLINED]
    else:
        from backproof.notes.report._places import formulas_of, underlined

        (formula,) = formulas_of(Checked(name, text, (finding,), 0.0))
        place = underlined(finding, formula)
    if place is None:
        return
    start, stop = place
    first = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    end = re.compile(r"[\r\n]|\Z").search(text, start)
    last = end.start() if end else len(text)
    stop = min(stop, last)
    room = max(width - MARGIN - 2, 20)
    # Of a long line the part around the fault is shown.
    left = first if last - first <= room else max(first, min(start - room // 4, last - room))
    right = min(last, left + room)
    shown = (
        ("…" if left > first else "") + text[left:right].replace("\t", " ") + ("…" if right < last else "")
    )
    number = 1 + text.count("\n", 0, start)
    before = cell_len(text[left:start]) + (left > first)
    marks = "^" * max(1, cell_len(text[start : min(stop, right)]))
    yield Text.assemble((f"{number:>{MARGIN - 2}} │ ", "bright_black"), shown)
    yield Text.assemble((" " * (MARGIN - 1) + "│ ", "bright_black"), " " * before, (marks, "bold red"))


def reasons(finding: dict[str, Any], *, pretty: bool = False) -> list[str]:
    """Say why, a sentence each: the links that fail with their counterexamples, the correction, the lints."""
    said = []
    reason, mistake = without_mistake(str(finding["reason"] or ""))
    show = _shown if pretty else str
    links, failing = finding["links"], [link for link in finding["links"] if link["verdict"] == "refuted"]
    for link in failing:
        if len(links) > 1 and link["lhs"]:
            said.append(f"{show(link['lhs'])} = {show(link['rhs'])} fails")
        if link["counterexample"]:
            said.append(counterexample(link["counterexample"]))
    if reason and finding["verdict"] != "none" and not (failing and said):
        said.append(reason)
    if finding["correction"]:
        said.append(f"{likely(mistake)}{show(finding['correction'])}")
    said += [f"{LINT[0]} {lint}" for lint in finding["lints"]]
    return said


def likely(mistake: str) -> str:
    """What stands before a correction."""
    return f"likely {mistake}: " if mistake else "likely: "


def _shown(latex: str) -> str:
    return pretty(latex)


def counterexample(point: Any) -> str:
    """Say at which point the sides differ, and what they are there."""
    if not isinstance(point, dict):
        return f"counterexample: {point}"
    entries = [(name, value) for name, value in point.items() if name not in ("left", "right")]
    where = ", ".join("…" if name == "..." else f"{name} = {value}" for name, value in entries)
    sides = f"the left side is {point.get('left')}, the right side {point.get('right')}"
    return f"at {where}: {sides}" if where else sides


def context_lines(finding: dict[str, Any]) -> list[str]:
    """Say what the verdict took from the document: definitions, hypotheses, readings of its prose."""
    context = finding["context"]
    if isinstance(context, dict):
        return [f"{key}: {value}" for key, value in context.items() if value]
    return [str(entry) for entry in context or ()]
