"""Tags of HTML and the formulas that elements hold: TeX annotations of MathML, old MathJax scripts."""

from __future__ import annotations

import re

from ._source import HTML_ESCAPES, Source, unescaped

_VALUE = r"""\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))"""
ATTRIBUTES = re.compile(rf"\s([A-Za-z_:@][\w.:-]*)(?:{_VALUE})?")
TAG = re.compile(
    r"</?([A-Za-z][A-Za-z0-9-]*)(?:\s+[A-Za-z_:@][\w.:-]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?)*\s*/?>"
)
_ANNOTATION = re.compile(
    r"<annotation\b[^>]*encoding\s*=\s*[\"']?(?:application/x-tex|LaTeX|TeX)[^>]*>(.*?)</annotation",
    re.DOTALL | re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"<script\b[^>]*\btype\s*=\s*[\"']?math/tex\s*(;\s*mode\s*=\s*display)?[^>]*>(.*?)</script",
    re.DOTALL | re.IGNORECASE,
)


def source_of(text: Source, attribute: re.Match[str] | None) -> Source:
    """The value of an attribute, without entities."""
    group = next((k for k in (2, 3, 4) if attribute and attribute[k] is not None), None)
    return unescaped(text.cut([attribute.span(group)]), HTML_ESCAPES) if attribute and group else Source("")


def element_formula(text: Source, start: int, stop: int) -> tuple[Source | None, bool, bool]:
    """The formula of an element: its TeX, whether it is a display, whether there is only the picture of it."""
    script = _SCRIPT.match(text.text, start, stop)
    if script is not None:
        latex = text.cut([script.span(2)])
        shell = re.fullmatch(r"\s*(?:%\s*)?<!\[CDATA\[(.*?)(?:%\s*)?\]\]>\s*", latex.text, re.DOTALL)
        return latex.cut([shell.span(1)]) if shell else latex, script[1] is not None, False
    begin = TAG.match(text.text, start)
    if begin is None or begin[1].lower() == "script":
        return None, False, False
    values = {m[1].lower(): m for m in ATTRIBUTES.finditer(text.text, begin.end(1), begin.end())}
    display = (
        "block" in source_of(text, values.get("display")).text
        or "true" in source_of(text, values.get("display")).text
    )
    annotation = _ANNOTATION.search(text.text, begin.end(), stop)
    if annotation is not None:
        return (
            unescaped(text.cut([annotation.span(1)]), HTML_ESCAPES),
            display or "<math" not in begin.group(),
            False,
        )
    spoken = source_of(text, values.get("alttext"))
    if spoken.text.strip():
        return spoken, display, False
    drawn = text.cut(
        [(m.start(1), m.end(1)) for m in re.compile(r">([^<>]+)<").finditer(text.text, start, stop)]
    )
    return (drawn if drawn.text.strip() else text.cut([(start, stop)])), display, True
