r"""Words with mathematics in them, scanned by delimiters: the part that LaTeX, HTML and text cells share."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache

from ..parse import find_macros
from ._formula import Block, Formula

ENVIRONMENTS = (
    "equation|align|alignat|aligned|gather|multline|eqnarray|displaymath|math|flalign|split|cases|gathered"
)
# Each delimiter with what closes it; how far a formula may reach is bounded, so that a page of openings stays linear.
_ALTERNATIVES = {
    "$$": r"(?<!\\)\$\$(?P<dd>.{1,6000}?)(?<!\\)\$\$",
    "\\]": r"(?<!\\)\\\[(?P<br>.{1,6000}?)(?<!\\)\\\]",
    "\\)": r"(?<!\\)\\\((?P<pa>.{1,3000}?)(?<!\\)\\\)",
    "\\end{": rf"\\begin\{{(?P<env>(?:{ENVIRONMENTS})\*?)\}}(?P<body>.{{0,12000}}?)\\end\{{(?P=env)\}}",
    "$": r"(?<![\\$])\$(?P<d>(?:[^$\\\n]|\\.|\n(?!\s*\n)){1,3000}?)(?<!\\)\$",
}


@cache
def _pattern(closers: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_ALTERNATIVES[c] for c in closers) or r"(?!)", re.DOTALL)


def find_math(text: str) -> list[re.Match[str]]:
    """All stretches of mathematics; a delimiter whose closing mark is nowhere in the text is not looked for."""
    return list(_pattern(tuple(c for c in _ALTERNATIVES if c in text)).finditer(text))


class Lines:
    """Offsets to lines and columns, both from 1."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(m.end() for m in re.finditer("\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


def split_math(text: str, lines: Lines, start: int = 0) -> list[str | Formula]:
    """Cut a stretch of a file into words and formulas; ``start`` is its offset in the file."""
    pieces: list[str | Formula] = []
    at = 0
    for match in find_math(text):
        kind = "body" if match.lastgroup in ("env", "body") else str(match.lastgroup)
        body = match.group(kind)
        if not body.strip():
            continue
        if match.start() > at:
            pieces.append(text[at : match.start()])
        if kind == "body":
            begin, latex = match.start(), match.group()
        else:
            begin, latex = match.start(kind), body
        pad = len(latex) - len(latex.lstrip())
        line, column = lines.place(start + begin + pad)
        pieces.append(Formula(latex.strip(), line, column, display=kind not in ("pa", "d")))
        at = match.end()
    if at < len(text):
        pieces.append(text[at:])
    return pieces


_HEADINGS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_LATEX_BLOCK = re.compile(
    r"\n[ \t]*\n|\\(part|chapter|section|subsection|subsubsection|paragraph)\*?\{([^{}]*)\}|\\item\b"
)


def latex_blocks(text: str) -> tuple[list[Block], dict[str, tuple[int, str]]]:
    """Read LaTeX source: paragraphs, headings, macros; comments and verbatim are blanked out, places kept."""
    macros = find_macros(text)
    clean = re.sub(r"(?<!\\)%[^\n]*", lambda m: " " * len(m.group()), text)
    clean = re.sub(
        r"\\begin\{(verbatim|lstlisting|minted|comment)\*?\}.*?\\end\{\1\*?\}", _blank, clean, flags=re.DOTALL
    )
    begin = clean.find("\\begin{document}")
    if begin >= 0:
        clean = _blank_text(clean[: begin + 16]) + clean[begin + 16 :]
    clean = re.sub(r"\\end\{document\}.*", _blank, clean, flags=re.DOTALL)
    lines = Lines(text)
    return paragraphs(clean, lines, _LATEX_BLOCK), macros


def paragraphs(text: str, lines: Lines, pattern: re.Pattern[str]) -> list[Block]:
    """Cut text at blank lines and headings outside formulas."""
    spans = [m.span() for m in find_math(text)]
    blocks: list[Block] = []
    at = 0

    def flush(end: int) -> None:
        if text[at:end].strip():
            blocks.append(Block(tuple(split_math(text[at:end], lines, at)), lines.place(at)[0]))

    for match in pattern.finditer(text):
        if match.start() < at or any(a <= match.start() < b for a, b in spans):
            continue
        flush(match.start())
        at = match.end()
        if match.group(1):
            level = _HEADINGS.get(match.group(1), 2)
            title = tuple(split_math(match.group(2), lines, match.start(2)))
            blocks.append(Block(title, lines.place(match.start())[0], level))
    flush(len(text))
    return blocks


def _blank(match: re.Match[str]) -> str:
    return _blank_text(match.group())


def _blank_text(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
