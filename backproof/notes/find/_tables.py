"""Tables that give values: a row ``| $x$ | 2 |`` under *value* says that x has the value 2."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from ._formula import Block, Formula

Piece: TypeAlias = str | Formula
# What stands in a cell, and its line.
Cell: TypeAlias = tuple[list[Piece], int]

_VALUE = re.compile(r"(?:given |initial |current )?(?:values?|numbers?)|값|初始值|数值|值|取值", re.I)
_NUMBER = re.compile(r"\s*\\?[-−]?\d*\.?\d+\s*")


def table_blocks(
    rows: Sequence[Sequence[Cell]], cut: Callable[[list[Piece], int, int], list[Block]]
) -> list[Block]:
    """The cells of a table as blocks; where the table gives values, a row as the sentence that says so."""
    told = _told(rows)
    if told:
        return told
    return [block for row in rows for pieces, line in row if pieces for block in cut(pieces, line, 0)]


def _told(rows: Sequence[Sequence[Cell]]) -> list[Block]:
    if len(rows) < 2 or len({len(row) for row in rows}) != 1:
        return []
    head, body = rows[0], rows[1:]
    if len(head) == 2 and _VALUE.fullmatch(_words(head[1])):
        pairs = [(row[0], row[1]) for row in body]
    elif len(body) == 1 and len(head) > 1:
        pairs = list(zip(head, body[0], strict=True))
    else:
        return []
    if not all(_lone(name) is not None and _is_number(value) for name, value in pairs):
        return []
    return [
        Block((_lone(name) or "", " has the value ", *value[0], " .\n"), value[1]) for name, value in pairs
    ]


def _words(cell: Cell) -> str:
    return "".join(p if isinstance(p, str) else "$" for p in cell[0]).strip()


def _lone(cell: Cell) -> Formula | None:
    """The formula that a cell consists of."""
    formulas = [p for p in cell[0] if isinstance(p, Formula)]
    return formulas[0] if len(formulas) == 1 and _words(cell) == "$" else None


def _is_number(cell: Cell) -> bool:
    formula = _lone(cell)
    return _NUMBER.fullmatch(formula.latex if formula is not None else _words(cell)) is not None
