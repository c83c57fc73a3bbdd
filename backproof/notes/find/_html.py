"""HTML: its blocks, around formulas that were taken out before."""

from __future__ import annotations

import html
import re

from ..parse import find_macros
from ._formula import Block, Document, Formula
from ._prepare import Prepared, prepare
from ._source import Lines, Source
from ._tags import TAG

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


_TOKEN = re.compile(rf"<!--|<[!?][^<>]*>|(?P<tag>{TAG.pattern})|[^<]+|<")


class _Reader:
    """Cuts a page at its tags; the standard library's parser takes quadratic time on hostile ones."""

    def __init__(self, prepared: Prepared, text: str, row: int) -> None:
        self.prepared = prepared
        self.blocks: list[Block] = []
        self.pieces: list[str | Formula] = []
        self.silent: list[str] = []
        self.level, self.line = 0, prepared.line(row)
        at = 0
        while (match := _TOKEN.match(text, at)) is not None:
            found, at = match.group(), match.end()
            if found == "<!--":
                at = end + 3 if (end := text.find("-->", at)) >= 0 else len(text)
            elif match["tag"]:
                self.tag(match[2].lower(), closes=found[1] == "/", line=prepared.line(row))
            elif not self.silent and (found == "<" or found[0] != "<"):
                self.pieces.extend(
                    p if isinstance(p, Formula) else html.unescape(p) for p in prepared.pieces(found)
                )
            row += text.count("\n", match.start(), at)
        self.flush(self.line)

    def tag(self, name: str, closes: bool, line: int) -> None:
        if name in _BLOCKS:
            self.flush(line)
            self.level = int(name[1]) if re.fullmatch("h[1-6]", name) and not closes else 0
        if name == "body":
            self.silent.clear()  # a head that nobody closed
        elif name in _SILENT and not closes:
            self.silent.append(name)
        elif self.silent and name == self.silent[-1]:
            self.silent.pop()

    def flush(self, line: int) -> None:
        if any(isinstance(p, Formula) or p.strip() for p in self.pieces):
            first = next((p.line for p in self.pieces if isinstance(p, Formula)), self.line)
            self.blocks.append(Block(tuple(self.pieces), min(self.line, first), self.level))
        self.pieces, self.line = [], line
