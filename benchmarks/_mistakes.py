r"""Mistakes as people make them, planted in right formulas: one at a time, by the text alone.

Shares nothing with what undoes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# What is written for what, one letter for another.
_LETTERS = (
    ("a", "y"),
    ("y", "a"),
    ("A", "Z"),
    ("Z", "A"),
    ("x", "a"),
    ("X", "A"),
    ("i", "j"),
    ("k", "j"),
    ("w", "x"),
    ("W", "X"),
)
_LETTER = r"(?<![\\A-Za-z{{])(?<!\\partial )(?<!d){}(?![A-Za-z])"


def mistakes(latex: str) -> Iterator[tuple[str, str]]:
    """Every mistake of the catalogue in a side of an equality: what kind it is, and the side with it.

    Examples
    --------
    >>> dict(mistakes(r"2 a - y"))["sign"]
    '2 a + y'
    """
    for kind, pattern, new in _RULES:
        for found in re.finditer(pattern, latex):
            written = found.expand(new)
            yield kind, latex[: found.start()] + written + latex[found.end() :]
    for right, wrong in _LETTERS:
        for found in re.finditer(_LETTER.format(right), latex):
            if re.search(r"[_^]\{?[^{}]*$", latex[: found.start()][-6:]) and right not in "ijk":
                continue
            yield "name", latex[: found.start()] + wrong + latex[found.end() :]
    yield "1/m missing or too many", f"\\frac{{1}}{{m}} {_bracketed(latex)}"
    yield "2 missing or too many", f"2 {_bracketed(latex)}"
    yield "sign", f"-{_bracketed(latex)}"


def _bracketed(latex: str) -> str:
    outside = re.sub(r"\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]", "", re.sub(r"\{[^{}]*\}", "", latex))
    return f"({latex})" if re.search(r"[-+]", outside) else latex


_RULES = (
    ("sign", r"(?<=[\w})\]'] )-(?= )|(?<=[\w})\]])-(?=[\w\\(])(?![^\[{]*\])", "+"),
    ("sign", r"\+(?![^\[]{0,4}\])", "-"),
    ("sign", r"^-\s*", ""),
    ("transpose", r"\^\{?\\?(?:T|top)\b\}?", ""),
    ("transpose", r"(?<=\])\s*\^?\{?T(?=\})", ""),
    ("prime", r"(?<=[\w\]}])'", ""),
    ("square", r"\^\{?2\}?(?!\d)", ""),
    ("layer", r"\[l-1\]", "[l]"),
    ("layer", r"\[l\]", "[l-1]"),
    ("1/m missing or too many", r"\\frac\{1\}\{[mnN]\}\s*", ""),
    ("half", r"\\frac\{1\}\{2\}\s*", ""),
    ("half", r"\\frac\{1\}\{2([mnN])\}", r"\\frac{1}{\1}"),
    ("2 missing or too many", r"(?<![\d.^_{\w-])2(?=\s*[\\(A-Za-z])", ""),
    ("1 - a for a", r"\(1\s*-\s*([^()+-]+)\)", r"\1"),
    ("1 - a forgotten", r"(?<=[\w})\]])\s*(?:\\cdot|\*|\\odot)?\s*\(1\s*-\s*[^()+-]+\)", ""),
    ("sum forgotten", r"\\sum_(?:\{[^{}]*\}|\w)(?:\^(?:\{[^{}]*\}|\w))?\s*", ""),
    ("operands", r"([A-Za-z](?:\^\{[^{}]*\}|\^T|_\w)*) ([A-Za-z](?:\^\{[^{}]*\}|\^T|_\w)*)(?= |$)", r"\2 \1"),
    ("sine", r"\\cos(?![a-z])", r"\\sin"),
    ("sine", r"\\sin(?![a-z])", r"\\cos"),
    ("digits", r"(?<=\d\.\d)(\d)(\d)(?=\d)", r"\2\1"),
    ("factor forgotten", r"(?<=\)) ?\*? ?[a-z](?:_\w|\^\{[^{}]*\})?$", ""),
)  # fmt: skip
