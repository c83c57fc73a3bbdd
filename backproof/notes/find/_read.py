"""Which kind of document this is, and its blocks."""

from __future__ import annotations

from .._errors import LimitError
from ._formula import Document
from ._html import html_blocks
from ._markdown import markdown_document
from ._notebook import notebook_document
from ._scan import latex_blocks

MAX_CHARACTERS = 50_000_000


def decode(data: bytes) -> str:
    """Turn the bytes of a file into text, whatever its encoding; never fails.

    Examples
    --------
    >>> decode("σ".encode("utf-16")), decode("시그모이드".encode("cp949"))
    ('σ', '시그모이드')
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    for encoding in ("utf-8", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


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
        raise LimitError(f"the document has {len(text)} characters; at most {MAX_CHARACTERS} are read")
    ending = name.lower().rpartition(".")[2]
    if ending in ("tex", "latex", "ltx", "sty"):
        blocks, macros = latex_blocks(text.replace("\r\n", "\n"))
        return Document(tuple(blocks), macros)
    if ending in ("html", "htm", "xhtml"):
        return Document(tuple(html_blocks(text)))
    if ending == "ipynb":
        return notebook_document(text)
    return markdown_document(text)
