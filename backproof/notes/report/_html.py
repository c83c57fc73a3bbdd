"""The document as its reader sees it, each formula beside what was found of it: one file, no network, no script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backproof._version import __version__
from backproof.notes._errors import NotesError
from backproof.notes._finding import without_mistake
from backproof.notes.find import Formula, find
from backproof.notes.parse import Macro, expand_macros
from backproof.notes.report._checked import Checked, summary
from backproof.notes.report._document import readable
from backproof.notes.report._rows import Rows
from backproof.notes.report._settable import settable
from backproof.notes.report._terminal import (
    SIGNS,
    claims_line,
    context_lines,
    says_something,
    summary_line,
    word_of,
)

if TYPE_CHECKING:
    from markupsafe import Markup

LONGEST = 2_000_000  # characters; of a longer document only the formulas are shown


@dataclass(frozen=True)
class Page:
    """One document on the page: its text with what was found beside it, and where the faults are."""

    name: str
    error: str | None
    body: Markup
    faults: list[dict[str, Any]]


def to_html(documents: Sequence[Checked]) -> str:
    """Give the whole report as one HTML page; nothing of a document's markup is passed on as it is."""
    from backproof.report._page import render

    counts = summary(documents)
    page = render(
        "notes.html.j2",
        title="backproof check",
        counts=counts,
        line=summary_line(counts),
        version=__version__,
        documents=[_Setter(document, number).page() for number, document in enumerate(documents)],
    )
    return page.encode("utf-8", "replace").decode()  # lone surrogates are no characters


def to_cell(document: Checked) -> str:
    """Give the findings of one document as a piece of HTML for a notebook's output."""
    from backproof.report._page import fragment

    setter = _Setter(document, 0)
    counts = summary([document])
    said = [
        (setter.math(finding["latex"], display=False), setter.saying(number, finding))
        for number, finding in enumerate(document.findings)
        if says_something(finding)
    ]
    return str(fragment("cell.html.j2", findings=said, line=claims_line(counts)))


class _Setter:
    """Sets one document."""

    def __init__(self, document: Checked, number: int) -> None:
        self.document, self.number = document, number
        self.macros: dict[str, Macro] = {}
        self.findings = {(f["line"], f["column"]): (k, f) for k, f in enumerate(document.findings)}
        self.set: set[int] = set()

    def page(self) -> Page:
        from markupsafe import Markup

        document = self.document
        body = Markup("")
        if document.error is None:
            body = Markup("").join(self.parts() if len(document.text) <= LONGEST else self.bare())
        faults = [
            {
                "anchor": self.anchor(k),
                "line": f["line"],
                "place": f["place"],
                "formula": self.math(f["latex"]),
            }
            for k, f in enumerate(document.findings)
            if f["verdict"] == "refuted"
        ]
        return Page(document.name, document.error, body, faults)

    def parts(self) -> Iterator[Markup]:
        document = self.document
        try:
            self.macros = find(document.text, document.name).macros
            for text, formulas in readable(document.name, document.text):
                yield Rows(formulas, self.formula, self.beside).build(text)
        except (NotesError, RecursionError):
            yield from self.bare()
        # What the document's own markup hides is not lost on the page.
        yield from self.bare()

    def bare(self) -> Iterator[Markup]:
        """Formulas that no text shows, each by itself."""
        from markupsafe import Markup

        for number, finding in enumerate(self.document.findings):
            if number not in self.set and (says_something(finding)):
                self.set.add(number)
                row = Markup('<div class="row"><div class="text"><div class="display">{}</div></div>{}</div>')
                yield row.format(self.link(number, finding, True), self.said([(number, finding)]))

    def anchor(self, number: int) -> str:
        return f"d{self.number}-{number}"

    def math(self, latex: str, *, display: bool = False) -> Markup:
        from backproof.report._math import mathml

        with suppress(NotesError):  # macros without end: then the formula as it is written
            latex = expand_macros(latex, self.macros)
        return mathml(settable(latex), display=display)

    def formula(self, formula: Formula, display: bool) -> str:
        """Set one formula in its text."""
        from markupsafe import escape

        found = self.findings.get((formula.line, formula.column))
        if found is None:
            return str(self.math(formula.latex, display=display))
        self.set.add(found[0])
        if formula.image:
            return (
                f'<span class="f image" id="{self.anchor(found[0])}">picture: {escape(formula.latex)}</span>'
            )
        return str(self.link(*found, display))

    def link(self, number: int, finding: dict[str, Any], display: bool) -> Markup:
        """The formula in the color of its verdict, which leads to what is said of it."""
        from markupsafe import Markup

        formula = self.math(finding["latex"], display=display)
        classes = " ".join(["f", finding["verdict"], *(["lint"] * bool(finding["lints"]))])
        if not says_something(finding):
            return Markup('<span class="{}">{}</span>').format(classes, formula)
        anchor = self.anchor(number)
        return Markup('<a class="{}" id="{}" href="#{}-said">{}</a>').format(classes, anchor, anchor, formula)

    def beside(self, formulas: list[Formula]) -> str:
        """What was found in a block."""
        found = [self.findings.get((f.line, f.column)) for f in formulas]
        return str(self.said([x for x in found if x is not None and says_something(x[1])]))

    def said(self, found: list[tuple[int, dict[str, Any]]]) -> Markup:
        from markupsafe import Markup

        from backproof.report._page import fragment

        if not found:
            return Markup("")
        return fragment(
            "finding.html.j2", findings=[self.saying(number, finding) for number, finding in found]
        )

    def saying(self, number: int, finding: dict[str, Any]) -> dict[str, Any]:
        """One finding as the template shows it."""
        failing = [link for link in finding["links"] if link["verdict"] == "refuted"]
        point = dict(next((link["counterexample"] for link in failing if link["counterexample"]), None) or {})
        sides = [(name, point.pop(name)) for name in ("left", "right") if name in point]
        proved = finding["verdict"] == "proved"
        reason, mistake = without_mistake(finding["reason"])
        return {
            "anchor": self.anchor(number),
            "verdict": finding["verdict"],
            "word": f"{SIGNS[finding['verdict']][0]} {word_of(finding)}",
            "place": finding["place"] or f"line {finding['line']}",
            "fails": [
                (self.math(link["lhs"]), self.math(link["rhs"]))
                for link in failing
                if len(finding["links"]) > 1 and link["lhs"]
            ],
            "point": [("", "…") if name == "..." else (name, value) for name, value in point.items()],
            "sides": sides,
            "correction": self.math(finding["correction"]) if finding["correction"] else None,
            "mistake": mistake,
            "reason": "" if proved or sides or finding["verdict"] == "none" else reason,
            "how": list(dict.fromkeys(x["reason"] for x in finding["links"] if x["reason"]))
            if proved
            else [],
            "lints": finding["lints"],
            "context": context_lines(finding),
        }
