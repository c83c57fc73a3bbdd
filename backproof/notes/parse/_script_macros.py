r"""Macros in the settings of a page: ``macros: {RR: "{\\bf R}", pd: ["\\frac{\\partial #1}{\\partial #2}", 2, "L"]}``.

MathJax 2, 3 and 4 and KaTeX write them so. Nothing is executed: what is no plain string is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._macros import Macro

_TEXT = r"(?:\"(?:[^\"\\\n]|\\.){0,2000}\"|'(?:[^'\\\n]|\\.){0,2000}')"
_GAP = r"\s{0,99}"
_BEGIN = re.compile(rf"\b[mM]acros[\"']?{_GAP}:{_GAP}\{{")
_ENTRY = re.compile(
    rf"{_GAP},?{_GAP}(?://[^\n]{{0,200}}\n{_GAP})?[\"']?\\{{0,2}}(?P<name>[A-Za-z@]{{1,40}})[\"']?{_GAP}:{_GAP}"
    rf"(?:(?P<plain>{_TEXT})|\[{_GAP}(?P<body>{_TEXT}){_GAP}(?:,{_GAP}(?P<count>\d){_GAP})?"
    rf"(?:,{_GAP}(?P<default>{_TEXT}){_GAP})?\])"
)


def script_macros(text: str) -> Iterator[tuple[str, Macro]]:
    """The macros that the scripts of a page define."""
    from ._macros import MAX_BODY, Macro

    for begin in _BEGIN.finditer(text):
        at = begin.end()
        while (entry := _ENTRY.match(text, at)) is not None:
            at = entry.end()
            body = _string(entry["plain"] or entry["body"])
            count = int(entry["count"] or 0) or max(map(int, re.findall(r"#(\d)", body)), default=0)
            default = _string(entry["default"]) if entry["default"] else None
            name = "\\" + entry["name"]
            if len(body) <= MAX_BODY and not re.search(re.escape(name) + r"(?![A-Za-z@])", body):
                yield name, Macro(count, body, default)


def _string(written: str) -> str:
    r"""A string of a script: ``\\`` is one backslash, and one before another character is nothing."""
    return re.sub(r"\\(.)", r"\1", written[1:-1])
