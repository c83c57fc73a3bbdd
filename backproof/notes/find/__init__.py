"""Documents to formulas with their places: Markdown, LaTeX, HTML, notebooks."""

from ._formula import Block, Document, Formula
from ._read import decode, find

__all__ = ["Block", "Document", "Formula", "decode", "find"]
