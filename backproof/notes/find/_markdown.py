"""Markdown: its structure by markdown-it-py, around formulas that were taken out before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from ..parse import find_macros
from ._formula import Block, Document, Formula
from ._html import html_blocks
from ._prepare import Prepared, prepare
from ._source import Lines, Source
from ._tables import Cell, table_blocks


@cache
def markdown_parser() -> MarkdownIt:
    """Markdown as notes use it: tables, footnotes, struck words, HTML."""
    parser = MarkdownIt("commonmark", {"maxNesting": 40}).enable(["table", "strikethrough"])
    return parser.use(footnote_plugin)


def markdown_document(source: Source, lines: Lines, *, front: bool = True) -> Document:
    """Find the formulas of a Markdown note; ``lines`` are those of its file."""
    prepared = prepare(source, lines, front=front)
    walker = _Walker(prepared)
    for row, chunk in _chunks(prepared.text):
        walker.row = row
        for token in markdown_parser().parse(chunk):
            walker.take(token)
    blocks = sorted(walker.blocks, key=lambda block: block.line)  # footnotes come last in the tokens
    return Document(tuple(blocks), find_macros(source.text), prepared.front)


CHUNK = 1_000_000  # characters; tokens take fifty times the memory of their text


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """A very long text in pieces, each with the row it starts on.

    They end between paragraphs; one paragraph or table as long as several pieces is cut between lines, or words.
    """
    at = row = 0
    while len(text) - at > 2 * CHUNK:
        within = at + CHUNK, at + 4 * CHUNK
        end = text.find("\n\n", *within) + 2
        if end < 2:
            end = text.find("\n", *within) + 1 or text.find(" ", *within) + 1
        if not end:
            end = text.find("\n\n", at + CHUNK) + 2
        if end < 2:
            break
        yield row, text[at:end]
        row += text.count("\n", at, end)
        at = end
    yield row, text[at:]


class _Walker:
    """Turns tokens into blocks."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.blocks: list[Block] = []
        self.level = self.row = 0
        self.table: list[list[Cell]] | None = None

    def take(self, token: Token) -> None:
        if token.type == "table_open":
            self.table = []
        elif token.type == "tr_open" and self.table is not None:
            self.table.append([])
        elif token.type == "table_close" and self.table is not None:
            self.blocks.extend(table_blocks(self.table, split_at_displays))
            self.table = None
        elif token.type == "heading_open":
            self.level = int(token.tag[1])
        elif token.type == "heading_close":
            self.level = 0
        elif token.type == "inline":
            self.inline(token)
        elif token.type == "html_block":
            row = self.row + (token.map[0] if token.map else 0)
            self.blocks.extend(html_blocks(self.prepared, token.content, row))

    def inline(self, token: Token) -> None:
        pieces: list[str | Formula] = []
        for child in _leaves(token.children or []):
            if child.type == "text":
                pieces.extend(self.prepared.pieces(child.content))
            elif child.type == "code_inline":
                pieces.append(self.prepared.restored(child.content))
            elif child.type in ("softbreak", "hardbreak"):
                pieces.append("\n")
        line = self.prepared.line(self.row + (token.map[0] if token.map else 0))
        if self.table:
            self.table[-1].append((pieces, line))
        elif pieces:
            self.blocks.extend(split_at_displays(pieces, line, self.level))


def _leaves(tokens: list[Token]) -> list[Token]:
    """Inline tokens with those inside pictures, whose text may hold formulas, too."""
    return [leaf for token in tokens for leaf in (_leaves(token.children) if token.children else [token])]


def split_at_displays(pieces: list[str | Formula], line: int, level: int) -> list[Block]:
    """A paragraph as blocks: a display that stands on its own lines is one by itself."""
    blocks: list[Block] = []
    words: list[str | Formula] = []

    def flush() -> None:
        if any(isinstance(p, Formula) or p.strip() for p in words):
            first = next((p.line for p in words if isinstance(p, Formula)), line) if blocks else line
            blocks.append(Block(tuple(words), first, level))
        words.clear()

    for k, piece in enumerate(pieces):
        if isinstance(piece, Formula) and piece.display and not level and _stands_alone(pieces, k):
            flush()
            blocks.append(Block((piece,), piece.line))
        else:
            words.append(piece)
    flush()
    return blocks


def _stands_alone(pieces: list[str | Formula], k: int) -> bool:
    """Whether no word stands beside a piece on its lines."""
    before = "".join(p if isinstance(p, str) else "x" for p in pieces[:k]).rpartition("\n")[2]
    after = "".join(p if isinstance(p, str) else "x" for p in pieces[k + 1 :]).partition("\n")[0]
    return not re.search(r"\w", before + after)
