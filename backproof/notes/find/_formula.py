"""What stands in a document: blocks of words and formulas, each with its place."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..parse import Macro
from ._source import Lines, Source

# Formulas: more than a book has. Behind the last of so many a document is not read.
MOST_FOUND = 200_000


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula as its author wrote it.

    Parameters
    ----------
    latex : str
        Without delimiters.
    line, column : int
        Where its first character stands in the file; both count from 1.
    display : bool
        It stands on lines of its own.
    image : bool
        It exists only as a picture; ``latex`` is then its address.
    span : (int, int)
        From where to where it reaches in the file, delimiters included.
    source : Source
        Where each of its characters stands in the file.
    cell, cell_line : int
        In a notebook: the number of the cell, from 1, and the line in it.
    """

    latex: str
    line: int
    column: int
    display: bool = False
    image: bool = False
    span: tuple[int, int] = field(default=(0, 0), compare=False)
    source: Source | None = field(default=None, compare=False, repr=False)
    cell: int = field(default=0, compare=False)
    cell_line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, or a paragraph of words and formulas in their order.

    ``level`` is 0 for a paragraph, 1 to 6 for a heading.
    """

    pieces: tuple[str | Formula, ...]
    line: int
    level: int = 0

    @property
    def words(self) -> str:
        """The text without its formulas."""
        return " ".join(p for p in self.pieces if isinstance(p, str))


@dataclass(frozen=True, slots=True)
class Document:
    """The blocks of one file, its macros and its front matter."""

    blocks: tuple[Block, ...]
    macros: dict[str, Macro] = field(default_factory=dict)
    front: dict[str, str] = field(default_factory=dict)

    @property
    def formulas(self) -> list[Formula]:
        """All formulas in their order."""
        return [p for block in self.blocks for p in block.pieces if isinstance(p, Formula)]


def formula_of(
    latex: Source, lines: Lines, span: tuple[int, int], *, display: bool = False, image: bool = False
) -> Formula | None:
    """A formula with its place, from its LaTeX and what it covers of the file; None for nothing but space."""
    body = latex.text.strip()
    if not body:
        return None
    pad = len(latex.text) - len(latex.text.lstrip())
    trimmed = latex.cut([(pad, pad + len(body))])
    line, column = lines.place(trimmed.start(0))
    return Formula(body, line, column, display, image, span, trimmed)
