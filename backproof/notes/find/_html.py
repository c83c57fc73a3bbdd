"""HTML: its blocks by the standard library's parser, around formulas that were taken out before."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from ..parse import find_macros
from ._formula import Block, Document, Formula
from ._prepare import Prepared, prepare
from ._source import Lines, Source

_BLOCKS = frozenset({
    "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "td", "th", "tr", "table", "section", "article", "header",
    "footer", "main", "aside", "figure", "figcaption", "br", "hr", "blockquote", "details", "summary", "pre",
    "h1", "h2", "h3", "h4", "h5", "h6",
})  # fmt: skip
_SILENT = frozenset(
    ["style", "pre", "code", "textarea", "script", "svg", "head", "noscript", "template", "title"]
)


def html_document(source: Source, lines: Lines) -> Document:
    """Find the formulas of a page; nothing is loaded, no entity is expanded beyond HTML's own."""
    prepared = prepare(source, lines, html=True)
    return Document(tuple(html_blocks(prepared, prepared.text, 0)), find_macros(source.text))


def html_blocks(prepared: Prepared, text: str, row: int) -> list[Block]:
    """The blocks of a page or a fragment whose formulas are marks; ``row`` is where it starts."""
    return _Reader(prepared, text, row).blocks


class _Reader(HTMLParser):
    def __init__(self, prepared: Prepared, text: str, row: int) -> None:
        super().__init__(convert_charrefs=True)
        self.prepared, self.row = prepared, row
        self.blocks: list[Block] = []
        self.pieces: list[str | Formula] = []
        self.silent: list[str] = []
        self.level = 0
        self.line = prepared.line(row)
        self.feed(text)
        self.close()
        self.flush()

    def flush(self) -> None:
        if any(isinstance(p, Formula) or p.strip() for p in self.pieces):
            first = next((p.line for p in self.pieces if isinstance(p, Formula)), self.line)
            self.blocks.append(Block(tuple(self.pieces), min(self.line, first), self.level))
        self.pieces = []
        self.line = self.prepared.line(self.row + self.getpos()[0] - 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.flush()
            if re.fullmatch("h[1-6]", tag):
                self.level = int(tag[1])
        if tag == "body":
            self.silent.clear()  # a head that nobody closed
        elif tag in _SILENT:
            self.silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.silent and tag == self.silent[-1]:
            self.silent.pop()
        if tag in _BLOCKS:
            self.flush()
            self.level = 0

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.pieces.extend(self.prepared.pieces(data))
