"""Documents to formulas with their places: Markdown, LaTeX, HTML, notebooks."""

from ._formula import Block, Document, Formula
from ._read import find, language_of

__all__ = ["Block", "Document", "Formula", "find", "language_of"]
