"""HTML: text nodes with MathJax or KaTeX delimiters, MathML with a TeX annotation, old MathJax scripts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from ._formula import Block, Formula
from ._scan import Lines, split_math

_BLOCKS = {
    "p",
    "div",
    "li",
    "td",
    "th",
    "section",
    "article",
    "br",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
}
_SILENT = {"style", "pre", "code", "textarea", "script", "math", "svg", "head"}


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.pieces: list[str | Formula] = []
        self.silent: list[str] = []
        self.level = 0
        self.line = 1
        self.annotation: str | None = None
        self.display = False
        self.katex = 0
        self.feed(text)
        self.close()
        self.flush()

    def flush(self) -> None:
        if any(isinstance(p, Formula) or p.strip() for p in self.pieces):
            self.blocks.append(Block(tuple(self.pieces), self.line, self.level))
        self.pieces = []
        self.line = self.getpos()[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {k: v or "" for k, v in attrs}
        if tag in _BLOCKS:
            self.flush()
            if re.fullmatch("h[1-6]", tag):
                self.level = int(tag[1])
        if tag == "span" and (self.katex or "katex-html" in values.get("class", "").split()):
            self.katex += 1
        if tag == "math":
            self.display = values.get("display") == "block"
        if tag == "annotation" and "tex" in values.get("encoding", "").lower():
            self.annotation = ""
        elif tag == "script" and values.get("type", "").startswith("math/tex"):
            self.annotation = ""
            self.display = "display" in values["type"]
        elif tag in _SILENT:
            self.silent.append(tag)
        elif tag == "img" and re.search("(?i)tex|equation|formula|math", values.get("src", "")):
            line, column = self.getpos()
            self.pieces.append(Formula(values["src"], line, column + 1, display=True, image=True))

    def handle_endtag(self, tag: str) -> None:
        if tag == "span" and self.katex:
            self.katex -= 1
        if self.annotation is not None and tag in ("annotation", "script"):
            line, column = self.getpos()
            if self.annotation.strip():
                self.pieces.append(Formula(self.annotation.strip(), line, column + 1, display=self.display))
            self.annotation = None
        if self.silent and tag == self.silent[-1]:
            self.silent.pop()
        if tag in _BLOCKS:
            self.flush()
            self.level = 0

    def handle_data(self, data: str) -> None:
        if self.annotation is not None:
            self.annotation += data
        elif not self.silent and not self.katex:
            line, column = self.getpos()
            for piece in split_math(data, Lines(data)):
                if isinstance(piece, Formula):
                    shift = column if piece.line == 1 else 0
                    piece = Formula(piece.latex, piece.line + line - 1, piece.column + shift, piece.display)
                self.pieces.append(piece)


def html_blocks(text: str) -> list[Block]:
    """Find the formulas of an HTML page or fragment; nothing is loaded, no entity is expanded beyond HTML's own."""
    return _Reader(text).blocks
