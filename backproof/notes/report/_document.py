"""A document as its reader sees it, from whatever it is written in, its formulas as marks: HTML for `_rows.py`."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from backproof.notes.find import Formula, language_of
from backproof.notes.find._latex import latex_prepared
from backproof.notes.find._markdown import markdown_parser
from backproof.notes.find._notebook import notebook_cells
from backproof.notes.find._prepare import MARK, Prepared, prepare
from backproof.notes.find._source import Lines, Source
from backproof.notes.report._latex_html import latex_html


def readable(name: str, text: str) -> Iterator[tuple[str, list[Formula]]]:
    """The document's parts (the cells of a notebook, else one) as HTML with marks, and the formulas of the marks."""
    lines = Lines(text)
    language = language_of(name)
    if language != "notebook":
        yield _part(language, Source(text), lines)
        return
    for cell in notebook_cells(text):
        if cell.language == "code":
            yield f"<h6>cell {cell.number}</h6><pre>{html.escape(cell.source.text)}</pre>", []
        else:
            shown, formulas = _part(cell.language, cell.source, lines, front=cell.number == 1)
            yield f"<h6>cell {cell.number}</h6>{shown}", formulas


def _part(language: str, source: Source, lines: Lines, *, front: bool = True) -> tuple[str, list[Formula]]:
    if language == "html":
        page = prepare(source, lines, html=True)
        return page.text, page.formulas
    if language == "latex":
        paper, codes = latex_prepared(source, lines)
        return latex_html(paper.text, codes), paper.formulas
    note = prepare(source, lines, front=front)
    return _markdown(note), note.formulas


def _markdown(prepared: Prepared) -> str:
    """Markdown rendered; marks in code are written out again."""
    parser: Any = markdown_parser()
    environment: dict[str, Any] = {}
    tokens = parser.parse(prepared.text, environment)
    for token in [leaf for block in tokens for leaf in (block, *(block.children or []))]:
        if token.type in ("code_inline", "code_block", "fence") and MARK.search(token.content):
            token.content = prepared.restored(token.content)
    return str(parser.renderer.render(tokens, parser.options, environment))
