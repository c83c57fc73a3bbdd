r"""The mathematics of a Markdown or HTML text taken out before its structure is read.

Each formula becomes a mark that no parser of documents minds, so that Markdown takes no underscore of a formula for
emphasis and no bar for a table, and every formula keeps its exact place.
What stands in code, comments, addresses and templates stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ._formula import MOST_FOUND, Formula, formula_of
from ._image import picture
from ._scan import Closers, bracketed, opened
from ._source import HTML_ESCAPES, MARKDOWN_ESCAPES, Lines, Source, unescaped
from ._tags import ATTRIBUTES, TAG, element_formula, source_of

FIRST, LAST, CODE = (
    "\ue000",
    "\ue001",
    "\ue002",
)  # private characters: in a document's own text they are blanked
MARK = re.compile(f"{FIRST}(\\d+){LAST}")
MATH_FENCES = ("math", "latex", "tex", "katex", "{math}", "asciimath")

_MATH = r"(?P<row>\\\\)|\\(?P<bracket>[(\[])|(?P<begin>\\begin\{)|\\.|(?P<dollars>\$+)"
_ELEMENT = r"<(?P<element>script|style|pre|code|textarea|svg|math|mjx-container|head|noscript)(?=[\s/>])"
_HTML = re.compile(
    rf"(?P<comment><!--)|{_ELEMENT}|(?P<tag><(?=/?[A-Za-z!?]))|{_MATH}", re.DOTALL | re.IGNORECASE
)
_MARKDOWN = re.compile(
    r"(?P<fence>^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<marks>`{3,}|~{3,})(?P<info>[^\n]*)$)"
    r"|(?P<directive>^[ \t]*\.\.[ \t]+math::[^\n]*$)"
    rf"|(?P<comment><!--)|{_ELEMENT}|(?P<tag><(?=/?[A-Za-z]))|(?P<template>\{{\{{|\{{%)"
    r"|(?P<image>!\[)|(?P<target>\]\()|(?P<address>https?://)|(?P<ticks>`+)|\\(?P<double>\\[(\[])"
    rf"|{_MATH}",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)
_ESCAPED_BRACKETS = re.compile(r"\d+|(?!.*\d\.\d)[^\W_][\w .,-]+", re.ASCII)  # as around a citation
_SHORTCODE = re.compile(
    r"\{\{[<%]\s*(?P<hugo>katex|math|latex|mathjax)\b(?P<how>[^}]*?)[%>]\}\}|\{%\s*(?P<liquid>katexmm|katex|math)\b(?P<mode>[^%]*)%\}"
)


@dataclass
class Prepared:
    """A text with a mark for each formula, and the formulas in the order of their marks."""

    text: str
    formulas: list[Formula] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    front: dict[str, str] = field(default_factory=dict)

    def line(self, row: int) -> int:
        """The line of the file that a row of the text, from 0, starts on."""
        return self.rows[min(row, len(self.rows) - 1)]

    def restored(self, text: str) -> str:
        """A stretch with its marks written out again."""
        return MARK.sub(lambda m: self.raw[int(m[1])], text) if FIRST in text else text

    def pieces(self, text: str) -> list[str | Formula]:
        """Words and formulas of a stretch."""
        found: list[str | Formula] = []
        for k, part in enumerate(MARK.split(text)):
            if k % 2:
                found.append(self.formulas[int(part)])
            elif part:
                found.append(part)
        return found


def prepare(source: Source, lines: Lines, *, html: bool = False, front: bool = False) -> Prepared:
    """Take the formulas out of a text, and its front matter where it may have any; ``lines`` are those of the file."""
    return _Preparation(source, lines, html).run(front)


class _Preparation:
    """One pass over a text."""

    def __init__(self, source: Source, lines: Lines, html: bool) -> None:
        self.source, self.lines, self.html = source, lines, html
        # Same width everywhere, so that offsets stay true.
        blanked = re.sub(f"[{FIRST}{LAST}{CODE}\0]", " ", source.text)
        self.text = blanked.replace("\r\n", " \n").replace("\r", "\n")
        self.closers = Closers(self.text, r"<(?!br\b)[A-Za-z/!]" if html else r"\n[ \t>]*\n")
        self.found: list[tuple[int, int, Formula | None]] = []
        self.unclosed: set[str] = set()
        self.formulas = 0

    def run(self, front: bool) -> Prepared:
        at = front_matter(self.text) if front else 0
        if at:
            self.found.append((0, at, None))
        pattern = _HTML if self.html else _MARKDOWN
        while (match := pattern.search(self.text, at)) is not None:
            at = max(self.take(match), match.end())
            if self.formulas >= MOST_FOUND:
                self.text = self.text[:at]
        return self.prepared()

    def prepared(self) -> Prepared:
        made = Prepared("", rows=[self.line(0)])
        parts: list[str] = []
        at = 0
        for start, stop, formula in [*self.found, (len(self.text), len(self.text), None)]:
            parts.append(self.text[at:start])
            made.rows.extend(self.line(m.end()) for m in re.compile("\n").finditer(self.text, at, start))
            if formula is not None:
                parts.append(f"{FIRST}{len(made.formulas)}{LAST}")
                made.formulas.append(formula)
                made.raw.append(self.source.text[start:stop])
            at = stop
        made.text = "".join(parts)
        if self.found and self.found[0][2] is None and not self.found[0][0]:
            made.front = dict(_FRONT.findall(self.text[: self.found[0][1]]))
        return made

    def line(self, offset: int) -> int:
        return self.lines.place(self.source.start(offset))[0]

    def add(self, start: int, stop: int, formula: Formula | None) -> int:
        if formula is not None:
            self.found.append((start, stop, formula))
            self.formulas += 1
        return stop

    def math(self, start: int, stop: int, first: int, last: int, display: bool) -> int:
        """Add the formula between ``first`` and ``last``, without the quote marks before its lines."""
        latex = self.source.cut(self.unquoted(start, first, last))
        latex = unescaped(latex, HTML_ESCAPES if self.html else MARKDOWN_ESCAPES)
        span = self.source.start(start), self.source.stop(stop)
        return self.add(start, stop, formula_of(latex, self.lines, span, display=display))

    def unquoted(self, start: int, first: int, last: int) -> list[tuple[int, int]]:
        """The ranges of a formula that are not marks of a block quote or ends of lines written twice."""
        begin = self.text.rfind("\n", max(0, start - 200), start) + 1
        depth = 0 if self.html else re.match(r"[ \t>]*", self.text[begin:start])[0].count(">")  # type: ignore[index]
        skipped = re.compile(r"\r(?=\n)" + (rf"|(?<=[\r\n])(?:[ \t]*>[ \t]?){{1,{depth}}}" if depth else ""))
        ranges, at = [], first
        for match in skipped.finditer(self.source.text, first, last):
            ranges.append((at, match.start()))
            at = match.end()
        return [*ranges, (at, last)]

    def take(self, match: re.Match[str]) -> int:
        """Deal with what starts here; return where to go on."""
        start = match.start()
        kind = match.groupdict()
        if kind.get("fence"):
            return self.fence(match)
        if kind.get("directive"):
            return self.directive(match)
        if kind["comment"]:
            return self.after("-->", match.end())
        if kind["element"]:
            return self.element(start, kind["element"].lower())
        if kind["tag"]:
            return self.tag(start)
        if kind.get("template"):
            return self.template(start)
        if kind.get("image") or kind.get("target"):
            return self.link(start, is_image=bool(kind.get("image")))
        if kind.get("address"):
            end = re.compile(r"[\s<>)]").search(self.text, start)
            return end.start() if end else len(self.text)
        if kind.get("ticks"):
            return self.code(start, match.group())
        double = kind.get("double")
        span = (
            bracketed(self.text, start, match.group(), self.closers)
            if double
            else opened(self.text, match, self.closers)
        )
        if span is None:
            return match.end()
        body = self.text[span.first : span.last]
        if self.html and re.search(r"<(?!br\b)[A-Za-z/!]", body):
            return match.end()
        if not self.html and match.group() == "\\[" and _ESCAPED_BRACKETS.fullmatch(body):
            return match.end()
        display = span.display or (self.html and match.group() == "$$")
        return self.math(span.start, span.stop, span.first, span.last, display)

    def after(self, closer: str, at: int) -> int:
        """Past a closer; where there is none, right here."""
        found = -1 if closer in self.unclosed else self.text.find(closer, at)
        if found < 0:
            self.unclosed.add(closer)
            return at
        return found + len(closer)

    def fence(self, match: re.Match[str]) -> int:
        marks, info = match["marks"], match["info"].strip()
        if "`" in info and marks[0] == "`":
            return self.code(match.start("marks"), marks)
        body = min(match.end() + 1, len(self.text))
        closing = re.compile(rf"^[ \t>]*{marks}{marks[0]}*[ \t]*$", re.MULTILINE).search(self.text, body)
        last, stop = closing.span() if closing else (len(self.text), len(self.text))
        word = info.lower().split(" ")[0]
        if word in MATH_FENCES and not re.search(r"\\(?:documentclass|usepackage)\b", self.text[body:last]):
            options = re.compile(r"(?:[ \t>]*:\w+:[^\n]*\n)*").match(self.text, body)
            first = options.end() if options and word == "{math}" else body
            self.math(match.start("marks"), stop, first, last, True)
        return stop

    def directive(self, match: re.Match[str]) -> int:
        """The indented lines after reStructuredText's ``.. math::``."""
        indent = len(match.group()) - len(match.group().lstrip())
        body = re.compile(rf"(?:\n[ \t]*(?=\n)|\n[ \t]{{{indent + 1},}}[^\n]*)*").match(
            self.text, match.end()
        )
        stop = body.end() if body else match.end()
        first = match.start() + match.group().index("::") + 2
        options = re.compile(r"(?:\s*\n[ \t]+:\w+:[^\n]*)*").match(self.text, first)
        return self.math(match.start() + indent, stop, options.end() if options else first, stop, True)

    def element(self, start: int, name: str) -> int:
        """Code of every kind is passed over; MathML and old MathJax scripts hold a formula."""
        if f"<{name}" in self.unclosed:
            return start + 1
        closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(self.text, start)
        if closing is None:
            self.unclosed.add(f"<{name}")
            return start + 1
        stop = closing.end()
        if name in ("math", "script", "mjx-container"):
            latex, display, image = element_formula(self.source, start, stop)
            span = self.source.start(start), self.source.stop(stop)
            if latex is not None:
                self.add(start, stop, formula_of(latex, self.lines, span, display=display, image=image))
        return stop

    def tag(self, start: int) -> int:
        match = TAG.match(self.text, start)
        if match is None:
            return start + 1
        if match[1].lower() == "img" and "/" not in match.group()[:2]:
            values = {m[1].lower(): m for m in ATTRIBUTES.finditer(self.text, match.end(1), match.end())}
            address, alt = (
                source_of(self.source, values.get("src")),
                source_of(self.source, values.get("alt")),
            )
            classes = source_of(self.source, values.get("class")).text
            span = self.source.start(start), self.source.stop(match.end())
            if "mwe-math-fallback" not in classes:  # the picture beside Wikipedia's MathML
                self.add(start, match.end(), picture(address, alt, self.lines, span))
        elif match[1].lower() == "span" and self.html:
            return self.rendered(start, match)
        return match.end()

    def rendered(self, start: int, match: re.Match[str]) -> int:
        """What KaTeX or MathJax has drawn: the formula is in the MathML beside it, the drawing is passed over."""
        classes = next(
            (
                m[2] or m[3] or m[4] or ""
                for m in ATTRIBUTES.finditer(match.group())
                if m[1].lower() == "class"
            ),
            "",
        )
        words = classes.split()
        if not {
            "katex-html",
            "MathJax_Preview",
            "MathJax",
            "MathJax_Display",
            "MJX_Assistive_MathML",
            "mjx-chtml",
        } & set(words):
            return match.end()
        depth = 0
        spans = re.compile(r"<(/?)span\b[^<>]*>", re.IGNORECASE)
        for found in spans.finditer(self.text, start, start + 400_000):
            depth += -1 if found[1] else 1
            if depth > 200:
                break
            if depth == 0:
                self.found.append((start, found.end(), None))
                return found.end()
        return match.end()

    def template(self, start: int) -> int:
        """Hugo's and Jekyll's templates are passed over; their shortcodes for mathematics hold a formula."""
        match = _SHORTCODE.match(self.text, start)
        if match is not None:
            word = match["hugo"] or match["liquid"]
            closing = re.compile(rf"\{{(?:\{{[<%]\s*/\s*{word}\s*[%>]\}}|%\s*end{word}\s*%)\}}").search(
                self.text, match.end(), match.end() + 20_000
            )
            if (
                closing is not None
                and "$" not in self.text[match.end() : closing.start()]
                and "\\(" not in match.group()
            ):
                how = match["how"] or match["mode"] or ""
                display = "display" in how or match["liquid"] == "math"
                return self.math(start, closing.end(), match.end(), closing.start(), display)
            return match.end()
        closer = "}}" if self.text.startswith("{{", start) else "%}"
        end = self.text.find(closer, start, start + 1_000)
        return end + 2 if end >= 0 else start + 2

    def link(self, start: int, *, is_image: bool) -> int:
        """The target of a link is an address; that of a picture may hold a formula."""
        opening = start
        if is_image:
            inside = re.compile(r"!\[[^\[\]\n]{0,500}\]\(").match(self.text, start)
            if inside is None:
                return start + 2
            opening = inside.end() - 2
        end = self.target(opening + 2)
        if end is None:
            return opening + 2
        if is_image:
            body = self.text[opening + 2 : end]
            title = re.search(r"""\s+(?:"[^"]*"|'[^']*')\s*$""", body)
            address = self.source.cut([(opening + 2, opening + 2 + (title.start() if title else len(body)))])
            alt = self.source.cut([(start + 2, opening)])
            span = self.source.start(start), self.source.stop(end + 1)
            self.add(start, end + 1, picture(address, alt, self.lines, span))
        return end + 1

    def target(self, at: int) -> int | None:
        """Where the round brackets of a link close, on the same line."""
        line = self.text.find("\n", at, at + 5_000)
        depth = 1
        for match in re.compile(r"\\.|[()]", re.DOTALL).finditer(
            self.text, at, line if line >= 0 else at + 5_000
        ):
            depth += {"(": 1, ")": -1}.get(match.group(), 0)
            if depth == 0:
                return match.start()
            if depth > 32:  # as many as Markdown allows
                return None
        return None

    def code(self, start: int, ticks: str) -> int:
        """A code span is passed over, unless a role says that it is mathematics."""
        first = start + len(ticks)
        if ticks in self.unclosed and first < self.closers.failed.get(ticks, 0):
            return first
        end = self.closers.paragraph(first)
        closing = re.compile(rf"(?<!`){ticks}(?!`)").search(self.text, first, end)
        if closing is None:
            self.unclosed.add(ticks)
            self.closers.failed[ticks] = end
            return first
        for role in ("{math}", ":math:"):
            if self.text.endswith(role, max(0, start - 6), start):
                return self.math(start - len(role), closing.end(), first, closing.start(), False)
        return closing.end()


_FRONT = re.compile(r"""^(\w[\w-]*)[ \t]*[:=][ \t]*["']?(\S.*?)["']?[ \t]*$""", re.MULTILINE)


def front_matter(text: str) -> int:
    """Where the text begins after its front matter, YAML or TOML."""
    match = re.match(r"\ufeff?(---|\+\+\+)[ \t]*\n(?=\s*(?:[\w-]+\s*[:=]|#))", text)
    if match is None:
        return 0
    closing = re.compile(rf"^{re.escape(match[1])}[ \t]*$", re.MULTILINE).search(text, match.end())
    return closing.end() if closing else 0
