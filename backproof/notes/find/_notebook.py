"""Jupyter notebooks: cells of words, each formula with its place in the file and in its cell.

The JSON is read by the standard library with one change: strings remember where they stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from json import scanner
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from .._errors import NotesError
from ..parse import Macro, join
from ._formula import Block, Document, Formula
from ._html import html_document
from ._latex import latex_document
from ._markdown import markdown_document
from ._source import Lines, Source, joined

_FORMATS = {
    "text/latex": "latex",
    "text/html": "html",
    "text/markdown": "markdown",
    "text/restructuredtext": "markdown",
}
_MAGIC = re.compile(r"\s*%%(latex|html|markdown|check)\b[^\n]*\n")


class _Placed(str):
    """A string and where its first character stands in the file."""

    __slots__ = ("at",)
    at: int


@dataclass(frozen=True)
class Cell:
    """A cell: its number from 1, its text with places, and whether that is markdown, latex, html or code."""

    number: int
    source: Source
    language: str


def notebook_document(text: str) -> Document:
    """Find the formulas of a notebook: in its cells of words, and in cells of code that a magic says are words.

    Raises
    ------
    NotesError
        The text is not a notebook.
    """
    lines = Lines(text)
    blocks: list[Block] = []
    macros: dict[str, Macro] = {}
    front: dict[str, str] = {}
    for cell in notebook_cells(text):
        if cell.language == "code":
            continue
        found = _document(cell, lines)
        join(macros, found.macros.items())
        front.update(found.front)
        starts = Lines(cell.source.text)
        blocks.extend(_numbered(block, cell, starts) for block in found.blocks)
    return Document(tuple(blocks), macros, front)


def notebook_cells(text: str) -> Iterator[Cell]:
    """The cells, those of code, too.

    Raises
    ------
    NotesError
        The text is not a notebook.
    """
    try:
        notebook: Any = _decoder().decode(text.lstrip("\ufeff \t\r\n").rjust(len(text)))
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        if not isinstance(cells, list):
            raise TypeError("its cells are no list")
    except json.JSONDecodeError as error:
        said = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise NotesError(f"this is not a notebook: it is not JSON ({said})") from None
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        said = "it has no cells" if isinstance(error, KeyError) else str(error)
        raise NotesError(f"this is not a notebook: {said}") from None
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict):
            source = cell.get("source", cell.get("input", ""))
            parts = source if isinstance(source, list) else [source]
            whole = joined(_placed(text, part) for part in parts if isinstance(part, _Placed))
            language, skipped = _language(cell, whole.text)
            yield Cell(number, whole.cut([(skipped, len(whole.text))]), language)


def _language(cell: dict[str, Any], source: str) -> tuple[str, int]:
    """In what a cell is written, and how much of its start says so."""
    kind = cell.get("cell_type")
    if kind == "raw":
        metadata = cell.get("metadata")
        said = metadata.get("format", metadata.get("raw_mimetype")) if isinstance(metadata, dict) else None
        return (_FORMATS.get(said, "code") if isinstance(said, str) and said else "markdown"), 0
    if kind == "code":
        magic = _MAGIC.match(source)
        if magic is not None:
            return {"check": "markdown"}.get(magic[1], magic[1]), magic.end()
    return ("markdown" if kind in ("markdown", "heading") else "code"), 0


def _document(cell: Cell, lines: Lines) -> Document:
    if cell.language == "html":
        return html_document(cell.source, lines)
    if cell.language == "latex":
        return latex_document(cell.source, lines)
    return markdown_document(cell.source, lines, front=cell.number == 1)


def _numbered(block: Block, cell: Cell, starts: Lines) -> Block:
    def numbered(formula: Formula) -> Formula:
        line, _ = starts.place(cell.source.offset(formula.source.start(0) if formula.source else 0))
        return replace(formula, cell=cell.number, cell_line=line)

    return replace(block, pieces=tuple(p if isinstance(p, str) else numbered(p) for p in block.pieces))


def _placed(text: str, string: _Placed) -> Source:
    """A JSON string with the place of each character: escapes are one character here and several there."""
    pieces: list[tuple[int, int, int]] = []
    length, at, begin = 0, string.at, string.at
    for match in re.compile(r'\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u....|.)|"', re.DOTALL).finditer(
        text, begin
    ):
        if match.start() > at:
            pieces.append((length, at, match.start()))
            length += match.start() - at
        if match.group() == '"':
            break
        pieces.append((length, *match.span()))
        length += 1
        at = match.end()
    return Source(re.sub("[\ud800-\udfff]", "\ufffd", string), pieces)


def _decoder() -> json.JSONDecoder:
    decoder = json.JSONDecoder(strict=False)

    def placed(text: str, begin: int, strict: bool = True) -> tuple[str, int]:
        value, end = scanstring(text, begin, strict)
        string = _Placed(value)
        string.at = begin
        return string, end

    decoder.parse_string = placed  # type: ignore[attr-defined]
    decoder.scan_once = scanner.py_make_scanner(decoder)  # type: ignore[attr-defined]
    return decoder
