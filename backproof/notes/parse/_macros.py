r"""``\newcommand`` and ``\def``: collected from the document, expanded with a bound on the growth."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .._errors import LimitError

# A macro bomb doubles at every level; honest notes grow a formula a few times.
MAX_GROWTH = 20_000
MAX_ROUNDS = 12

_DEFINITION = re.compile(
    r"\\(?:re)?(?:newcommand|DeclareMathOperator|providecommand|renewcommand|def)\*?\s*\{?\s*(\\[A-Za-z]+)\s*\}?"
    r"\s*(?:\[(\d)\])?((?:#\d)*)\s*(?=\{)"
)


def find_macros(text: str) -> dict[str, tuple[int, str]]:
    r"""Collect the macros that a document defines.

    Returns
    -------
    dict
        Name with its backslash -> (number of arguments, body).

    Examples
    --------
    >>> find_macros(r"\newcommand{\dd}[2]{\frac{\partial #1}{\partial #2}}")
    {'\\dd': (2, '\\frac{\\partial #1}{\\partial #2}')}
    """
    macros: dict[str, tuple[int, str]] = {}
    for match in _DEFINITION.finditer(text):
        body, _ = _braced(text, match.end())
        if body is None or match.group(1) in body:
            continue
        count = int(match.group(2) or 0) or match.group(3).count("#")
        macros[match.group(1)] = (count, f"\\mathrm{{{body}}}" if "Operator" in match.group() else body)
    return macros


def expand_macros(latex: str, macros: Mapping[str, tuple[int, str]]) -> str:
    """Expand macros until none is left.

    Raises
    ------
    LimitError
        The formula grows past every reasonable size.
    """
    if not macros or "\\" not in latex:
        return latex
    pattern = re.compile(
        "(" + "|".join(re.escape(m) for m in sorted(macros, key=len, reverse=True)) + r")(?![A-Za-z])"
    )
    for _ in range(MAX_ROUNDS):
        match = pattern.search(latex)
        if match is None:
            return latex
        pieces: list[str] = []
        at = 0
        while match is not None:
            pieces.append(latex[at : match.start()])
            count, body = macros[match.group(1)]
            at = match.end()
            for number in range(1, count + 1):
                argument, at = _argument(latex, at)
                body = body.replace(f"#{number}", argument)
            pieces.append(body + " ")
            if sum(map(len, pieces)) > MAX_GROWTH:
                raise LimitError("the macros of this formula grow past the limit")
            match = pattern.search(latex, at)
        latex = "".join(pieces) + latex[at:]
        if len(latex) > MAX_GROWTH:
            raise LimitError("the macros of this formula grow past the limit")
    raise LimitError("the macros of this formula call each other without end")


def _argument(text: str, at: int) -> tuple[str, int]:
    while at < len(text) and text[at].isspace():
        at += 1
    body, end = _braced(text, at)
    if body is not None:
        return body, end
    command = re.compile(r"\\[A-Za-z]+|.", re.DOTALL).match(text, at)
    return (command.group(), command.end()) if command else ("", at)


def _braced(text: str, at: int) -> tuple[str | None, int]:
    if at >= len(text) or text[at] != "{":
        return None, at
    depth, k = 0, at
    while k < len(text):
        if text[k] == "\\":
            k += 2
            continue
        depth += (text[k] == "{") - (text[k] == "}")
        k += 1
        if depth == 0:
            return text[at + 1 : k - 1], k
    return None, at
