r"""LaTeX sources: paragraphs, headings, items and displays; comments, verbatim and the preamble are blanked, places kept.

Nothing is loaded: ``\input`` and its kin are words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..parse import find_macros
from ._formula import MOST_FOUND, Block, Document, Formula, formula_of
from ._markdown import split_at_displays
from ._prepare import CODE, FIRST, LAST, Prepared
from ._scan import ENVIRONMENTS, LONGEST_DISPLAY, Closers, Span, opened
from ._source import Lines, Source

HEADINGS = {
    "part": 1, "chapter": 1, "title": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5,
    "subparagraph": 6,
}  # fmt: skip
_VERBATIM = "verbatim|Verbatim|lstlisting|minted|comment|filecontents|alltt|tikzpicture|algorithmic"
_BLANKED = re.compile(
    rf"(?P<escape>\\[\\%])|(?P<comment>%[^\n]*)|\\begin\{{(?P<name>{_VERBATIM})\*?\}}|\\verb\*?(?P<mark>[^\sA-Za-z*])"
    r"|(?P<definition>\\(?:(?:re|provide)?(?:new)?command|def|DeclareMathOperator|newenvironment|let)\b)"
)
_TOKEN = re.compile(
    r"(?P<row>\\\\)|(?P<ensure>\\ensuremath\s*\{)|\\(?P<heading>part|chapter|title|section|subsection|subsubsection|paragraph|subparagraph)"
    r"\*?\s*(?:\[[^\[\]]{0,300}\]\s*)?\{|(?P<item>\\item\b)|(?P<macro>\\(?!begin\{)[A-Za-z]+)|\\(?P<bracket>[(\[])"
    r"|(?P<begin>\\begin\{)|\\.|(?P<dollars>\$+)|(?P<blank>\n[ \t]*\n)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a LaTeX source: words, a formula, or what starts a block (``level`` -1 for a paragraph or an item)."""

    start: int
    stop: int
    formula: Formula | None = None
    level: int = 0
    title: tuple[int, int] = (0, 0)
    item: bool = False


def latex_document(source: Source, lines: Lines) -> Document:
    """Find the formulas of a LaTeX source; ``lines`` are those of its file."""
    reader = LatexReader(source, lines)
    clean = reader.clean
    blocks: list[Block] = []
    pieces: list[str | Formula] = []
    at = formulas = 0

    def flush() -> None:
        if any(isinstance(p, Formula) or p.strip() for p in pieces):
            blocks.extend(split_at_displays(list(pieces), reader.line(at), 0))
        pieces.clear()

    for part in reader.parts():
        stretch = clean[part.start : part.stop]
        if part.level:
            flush()
            if part.level > 0:
                inside = reader.parts(*part.title)
                title = tuple(p.formula or words(clean[p.start : p.stop]) for p in inside)
                blocks.append(Block(title, reader.line(part.start), part.level))
        elif part.formula is not None or stretch.strip():
            if not pieces:
                at = part.start + len(stretch) - len(stretch.lstrip())
            pieces.append(part.formula or words(stretch))
            formulas += part.formula is not None
            if formulas >= MOST_FOUND:
                break
    flush()
    return Document(tuple(blocks), find_macros(source.text))


def latex_prepared(source: Source, lines: Lines) -> tuple[Prepared, list[Verbatim]]:
    """The document's body with a mark for each formula and each piece of code, which are given, too."""
    reader = LatexReader(source, lines)
    body = source.text.find("\\begin{document}")
    made = Prepared("")
    stretches: list[tuple[int, int, str]] = []
    for part in (
        p for whole in reader.parts() for p in ([whole] if not whole.level else reader.parts(*whole.title))
    ):
        if part.formula is not None:
            stretches.append((part.start, part.stop, f"{FIRST}{len(made.formulas)}{LAST}"))
            made.formulas.append(part.formula)
    stretches += [(c.start, c.stop, f"{CODE}{k}{LAST}") for k, c in enumerate(reader.codes)]
    at = body + 16 if body >= 0 else 0
    for start, stop, mark in sorted(stretches):
        if start >= at:
            made.text += reader.clean[at:start] + mark
            at = stop
    made.text += reader.clean[at:].rstrip()
    return made, reader.codes


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Code in a source: what it covers, itself, and whether it stands on its own lines."""

    start: int
    stop: int
    code: str
    alone: bool


def blanked(text: str) -> tuple[str, list[Verbatim]]:
    """The source with spaces for comments, verbatim, definitions and what stands outside the document; the verbatim."""
    parts: list[str] = []
    codes: list[Verbatim] = []
    at = 0
    missing: set[str] = set()

    def blank(start: int, stop: int) -> None:
        nonlocal at
        parts.extend((text[at:start], re.sub(r"[^\r\n]", " ", text[start:stop])))
        at = stop

    body = text.find("\\begin{document}")
    if body >= 0:
        blank(0, body + 16)
    while (match := _BLANKED.search(text, at)) is not None:
        start = match.start()
        if match["comment"]:
            blank(start, match.end())
        elif match["escape"]:
            parts.append(text[at : match.end()])
            at = match.end()
        elif match["definition"]:
            blank(start, _after_definition(text, match.end()))
        else:
            closing = f"\\end{{{match['name']}" if match["name"] else match["mark"]
            end = -1 if closing in missing else text.find(closing, match.end())
            if match["mark"] and end > (text.find("\n", match.end()) + 1 or len(text) + 1) - 1:
                end = -1
            elif end < 0:
                missing.add(closing)
            if end < 0:
                parts.append(text[at : match.end()])
                at = match.end()
                continue
            stop = end + len(closing)
            if match["name"]:
                stop = text.find("}", stop) + 1 or stop
            if match["name"] not in ("comment", "filecontents", "tikzpicture"):
                codes.append(Verbatim(start, stop, text[match.end() : end], bool(match["name"])))
            blank(start, stop)
    parts.append(text[at:])
    clean = "".join(parts)
    over = clean.find("\\end{document}")
    clean = clean if over < 0 else clean[:over] + re.sub(r"[^\r\n]", " ", clean[over:])
    return clean, codes


_ARGUMENTS = re.compile(
    r"\*?\s*(?:\{\s*\\[A-Za-z@]+\s*\}|\\[A-Za-z@]+|\{\s*[A-Za-z@]+\s*\})(?:\s*\[[^\[\]]*\]|#\d)*\s*"
)


def _after_definition(text: str, at: int) -> int:
    """Past the name, the arguments and the body of a macro definition."""
    head = _ARGUMENTS.match(text, at)
    return at if head is None else braced(text, head.end())


def braced(text: str, at: int) -> int:
    """Past a group in braces that starts here, or right here where none does or it is never closed."""
    if not text.startswith("{", at):
        return at
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, at, at + 50_000):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
        if depth > 60:  # deeper than the parser reads
            break
    return at


class LatexReader:
    """Cuts a source into words, formulas and starts of blocks."""

    def __init__(self, source: Source, lines: Lines) -> None:
        self.clean, self.codes = blanked(source.text)
        self.source, self.lines = source.as_wide(self.clean), lines
        self.closers = Closers(self.clean)
        self.opening = environment_macros(source.text)

    def line(self, offset: int) -> int:
        """The line of the file at an offset."""
        return self.lines.place(self.source.start(offset))[0]

    def parts(self, at: int = 0, stop: int | None = None) -> Iterator[Part]:
        """The parts from an offset on, in their order."""
        stop = len(self.clean) if stop is None else stop
        words_from = at
        while (match := _TOKEN.search(self.clean, at, stop)) is not None:
            start, at = match.start(), match.end()
            part = self.part(match)
            if part is None:
                continue
            if words_from < start:
                yield Part(words_from, start)
            yield part
            at = words_from = max(part.stop, at)
        if words_from < stop:
            yield Part(words_from, stop)

    def part(self, match: re.Match[str]) -> Part | None:
        """What starts at a token, if anything does."""
        start, at = match.start(), match.end()
        if match["blank"] or match["item"]:
            return Part(start, at, level=-1, item=bool(match["item"]))
        end = braced(self.clean, at - 1) if match["heading"] or match["ensure"] else 0
        if match["heading"]:
            return Part(start, end, None, HEADINGS[match["heading"]], (at, end - 1)) if end >= at else None
        if match["ensure"]:
            span = Span(start, end, at, end - 1, False) if end >= at else None
        elif match["macro"]:
            span = self.by_macro(start, match["macro"])
        else:
            span = opened(self.clean, match, self.closers)
        if span is None:
            return None
        body = self.source.cut([(span.first, span.last)])
        if match["macro"]:
            body = _with_environment(body, self.opening.get(match["macro"], ""))
        place = self.source.start(span.start), self.source.stop(span.stop)
        formula = formula_of(body, self.lines, place, display=span.display)
        return Part(span.start, span.stop, formula) if formula else None

    def by_macro(self, start: int, name: str) -> Span | None:
        """A display between two macros that stand for its environment."""
        begin = self.opening.get(name, "")
        if begin != "\\[" and not (begin.startswith("\\begin") and begin[7:-1].rstrip("*") in ENVIRONMENTS):
            return None
        closing = "\\]" if begin == "\\[" else begin.replace("begin", "end")
        first = start + len(name)
        for match in re.compile(r"\\[A-Za-z]+|\\\]").finditer(self.clean, first, first + LONGEST_DISPLAY):
            if closing in (self.opening.get(match.group()), match.group()):
                return Span(start, match.end(), first, match.start(), True)
        return None


_SHORTHAND = re.compile(
    r"\\(?:(?:re|provide)?(?:new)?command|def)\*?\s*\{?\s*(\\[A-Za-z]+)\s*\}?\s*\{\s*(\\(?:begin|end)\{[A-Za-z]+\*?\}|\\[\[\]])\s*\}"
)


def environment_macros(text: str) -> dict[str, str]:
    r"""Macros such as ``\be`` and ``\ee`` that only open or close a display, and what they stand for."""
    return dict(_SHORTHAND.findall(text))


def _with_environment(body: Source, begin: str) -> Source:
    """The body of a display whose environment a macro opened, with the environment around it."""
    if not begin.startswith("\\begin"):
        return body
    first, last = body.start(0), body.stop(len(body.text))
    head, tail = f"{begin} ", f" {begin.replace('begin', 'end')}"
    pieces = [(k, first, first) for k in range(len(head))]
    pieces += [(len(head) + a, b, c) for a, b, c in zip(body.starts, body.places, body.stops, strict=True)]
    pieces += [(len(head) + len(body.text) + k, last, last) for k in range(len(tail))]
    return Source(head + body.text + tail, pieces)


_DROPPED = re.compile(
    r"\\(?:label|ref|eqref|cref|Cref|autoref|cite\w*|footnotemark|vspace|hspace|index|input|include|usepackage)\*?(?:\[[^\]]*\])*\{[^{}]*\}"
)


def words(text: str) -> str:
    r"""Words without the commands around them: ``\emph{columns}`` is *columns*."""
    text = _DROPPED.sub(" ", text)
    text = re.sub(r"\\(?:begin|end)\{[^{}]*\}(?:\[[^\]]*\])?", "\n", text)
    text = re.sub(r"\\([%$&#_{}])", r"\1", text)
    text = re.sub(r"\\[A-Za-z]+\*?|\\\\", " ", text)
    return re.sub(r"[{}~]", " ", text)
