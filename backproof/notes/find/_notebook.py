"""Jupyter notebooks: the Markdown cells, each formula with its line in the cell's source as the file holds it."""

from __future__ import annotations

import json
from typing import Any

from .._errors import NotesError
from ._formula import Block, Document, Formula
from ._markdown import markdown_document


def notebook_document(text: str) -> Document:
    """Find the formulas of a notebook.

    Lines and columns are those of the cell's text; the line of the file where the cell starts is added when the cell
    is stored one line a line, as Jupyter writes it.

    Raises
    ------
    NotesError
        The text is not a notebook.
    """
    try:
        notebook: Any = json.loads(text)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise NotesError(f"this is not a notebook: {error}") from None
    blocks: list[Block] = []
    macros: dict[str, tuple[int, str]] = {}
    cursor = 0
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict) or cell.get("cell_type") != "markdown":
            continue
        source = cell.get("source", "")
        lines = [source] if isinstance(source, str) else [s for s in source if isinstance(s, str)]
        first = json.dumps(lines[0], ensure_ascii=False) if lines else ""
        at = text.find(first, cursor) if first else -1
        if at < 0 and lines:
            at = text.find(json.dumps(lines[0]), cursor)
        shift = text.count("\n", 0, at) if at >= 0 else 0
        cursor = max(at, cursor)
        found = markdown_document("".join(lines))
        macros.update(found.macros)
        blocks.extend(_moved(block, shift) for block in found.blocks)
    return Document(tuple(blocks), macros)


def _moved(block: Block, shift: int) -> Block:
    pieces = tuple(
        p if isinstance(p, str) else Formula(p.latex, p.line + shift, p.column, p.display, p.image)
        for p in block.pieces
    )
    return Block(pieces, block.line + shift, block.level)
