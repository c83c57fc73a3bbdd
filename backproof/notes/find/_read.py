"""Which kind of document this is, and its blocks."""

from __future__ import annotations

import re

from .._errors import LimitError
from ._formula import Document
from ._html import html_document
from ._latex import latex_document
from ._markdown import markdown_document
from ._notebook import notebook_document
from ._source import Lines, Source

MAX_CHARACTERS = 50_000_000
_SURROGATES = re.compile("[\ud800-\udfff]")
_LANGUAGES = {
    **dict.fromkeys(("tex", "latex", "ltx", "sty"), "latex"),
    **dict.fromkeys(("html", "htm", "xhtml"), "html"),
    "ipynb": "notebook",
}


def find(text: str, name: str = "note.md") -> Document:
    r"""Find the formulas of a document.

    Parameters
    ----------
    text : str
        The document.
    name : str
        Its file name; the ending says how it is read: ``.tex``, ``.html``, ``.ipynb``, anything else as Markdown.

    Returns
    -------
    Document

    Raises
    ------
    LimitError
        The document has more than 50 million characters.
    NotesError
        A notebook is not one.

    Examples
    --------
    >>> [(f.latex, f.line, f.column) for f in find("Let $a=1$\n\n$$b = 2$$").formulas]
    [('a=1', 1, 6), ('b = 2', 3, 3)]
    """
    if len(text) > MAX_CHARACTERS:
        raise LimitError(f"the document has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read")
    text = _SURROGATES.sub("\ufffd", text)  # no character at all: no report could write it
    language = language_of(name)
    if language == "notebook":
        return notebook_document(text)
    read = {"latex": latex_document, "html": html_document, "markdown": markdown_document}[language]
    return read(Source(text), Lines(text))


def language_of(name: str) -> str:
    """How a file is read, by the ending of its name: latex, html, notebook or markdown."""
    return _LANGUAGES.get(name.lower().rpartition(".")[2], "markdown")
