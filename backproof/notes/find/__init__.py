"""Documents to formulas with their places: Markdown, LaTeX, HTML, notebooks."""

from ._formula import MOST_FOUND, Block, Document, Formula
from ._read import find, language_of

__all__ = ["MOST_FOUND", "Block", "Document", "Formula", "find", "language_of"]
