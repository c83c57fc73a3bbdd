r"""Where mathematics starts and stops in a text: dollars, brackets, environments.

One pass, left to right; what does not close is remembered, so that a page of openings stays linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What holds a whole display. `subequations` and the like only hold displays, so they are looked into.
ENVIRONMENTS = frozenset({
    "equation", "align", "alignat", "aligned", "alignedat", "gather", "gathered", "multline", "eqnarray",
    "displaymath", "math", "flalign", "split", "cases", "dmath", "IEEEeqnarray", "xalignat",
})  # fmt: skip
LONGEST_DISPLAY = 20_000  # characters, as many as the parser reads
LONGEST_INLINE = 5_000

_BEGIN = re.compile(r"\\begin\{([A-Za-z]+)\*?\}")
_PARAGRAPH = re.compile(r"\n[ \t>]*\n")
_OPENER = re.compile(
    r"(?P<row>\\\\)|\\(?P<bracket>[(\[])|(?P<begin>\\begin\{)|\\.|(?P<dollars>\$+)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of mathematics: from ``start`` to ``stop`` with its delimiters, its LaTeX from ``first`` to ``last``."""

    start: int
    stop: int
    first: int
    last: int
    display: bool


class Closers:
    """Looks for what closes a delimiter; a search that failed is not repeated."""

    def __init__(self, text: str, breaks: str = r"\n[ \t>]*\n") -> None:
        self.text = text
        self.pattern = re.compile(breaks)
        self.failed: dict[str, int] = {}
        self.breaks: tuple[int, int] = (-1, -1)

    def paragraph(self, at: int) -> int:
        """Where the paragraph at an offset ends."""
        start, end = self.breaks
        if not start <= at <= end:
            found = self.pattern.search(self.text, at)
            self.breaks = at, found.start() if found else len(self.text)
        return self.breaks[1]

    def find(self, closer: str, at: int, end: int) -> int:
        """Offset of a closer before ``end`` that no backslash escapes, or -1."""
        at = max(at, self.failed.get(closer, 0))
        # A backslash takes the next character with it, so that the row end of `\\$$` closes and `\$` does not.
        for match in re.compile(rf"{re.escape(closer)}|\\.", re.DOTALL).finditer(self.text, at, end):
            if match.group() == closer:
                return match.start()
        self.failed[closer] = max(at, end)
        return -1

    def environment(self, at: int) -> int | None:
        """Where a display environment that begins here stops."""
        begin = _BEGIN.match(self.text, at)
        if begin is None or begin[1] not in ENVIRONMENTS:
            return None
        opening, closing = begin.group(), begin.group().replace("begin", "end")
        depth, k, limit = 0, at, at + LONGEST_DISPLAY
        while (end := self.text.find(closing, max(k, self.failed.get(closing, 0)), limit)) >= 0:
            depth += self.text.count(opening, k, end) - 1
            k = end + len(closing)
            if depth <= 0:
                return k
        self.failed[closing] = max(k, limit)
        return None


def scan(text: str) -> Iterator[Span]:
    """Find the mathematics of a text that has no code in it."""
    closers = Closers(text)
    at = 0
    while (match := _OPENER.search(text, at)) is not None:
        span = opened(text, match, closers)
        if span is not None:
            yield span
        at = match.end() if span is None else span.stop


def opened(text: str, match: re.Match[str], closers: Closers) -> Span | None:
    """The mathematics that an opener starts, if it is closed and looks like any."""
    start = match.start()
    if match["bracket"]:
        return bracketed(text, start, match.group(), closers)
    if match["begin"]:
        stop = closers.environment(start)
        return None if stop is None else Span(start, stop, start, stop, True)
    if match["dollars"] == "$$":
        return _display(text, start, closers)
    return _inline(text, start, closers) if match["dollars"] == "$" else None


def bracketed(text: str, start: int, opening: str, closers: Closers) -> Span | None:
    r"""``\( \)`` and ``\[ \]``; ``\[`` may hold blank lines where no prose stands between them."""
    first = start + len(opening)
    display = opening.endswith("[")
    closing = opening[:-1] + ("]" if display else ")")
    at = closers.find(closing, first, min(closers.paragraph(first), first + LONGEST_DISPLAY))
    if at < 0 and display:
        at = closers.find(closing, first, first + LONGEST_DISPLAY)
        if at >= 0 and _has_prose(text[first:at]):
            at = -1
    body = text[first:at]
    if at < 0 or not body.strip():
        return None
    return Span(start, at + len(closing), first, at, display)


def _display(text: str, start: int, closers: Closers) -> Span | None:
    first = start + 2
    at = closers.find("$$", first, min(closers.paragraph(first), first + LONGEST_DISPLAY))
    if at < 0:
        at = closers.find("$$", first, first + LONGEST_DISPLAY) if _alone(text, start) else -1
        if at >= 0 and _has_prose(text[first:at]):
            return None
    if at < 0 or not text[first:at].strip():
        return None
    stop = at + 2
    # In the middle of a sentence kramdown's double dollars are inline mathematics.
    after = text[stop : stop + 80].partition("\n")[0]
    within = "\n" not in text[first:at] and not (_alone(text, start) and re.search(r"\w", after) is None)
    return Span(start, stop, first, at, not within)


def _alone(text: str, start: int) -> bool:
    """Whether nothing but marks of lists and quotes stands before an opener on its line."""
    before = text[max(0, start - 80) : start].rpartition("\n")[2]
    return re.search(r"[^\W\d]|\d(?![\d]*[.)])", before) is None


_PRICE = re.compile(r"\d[\d,.]*(?:[kKMB]|bn)?(?=[\s.,;:!?)/–—-]|$)")


def _inline(text: str, start: int, closers: Closers) -> Span | None:
    first = start + 1
    if text.startswith("`", first):  # GitHub's form, whose LaTeX stands between backticks
        at = text.find("`$", first + 1, min(closers.paragraph(first), first + LONGEST_INLINE))
        if at > first + 1:
            return Span(start, at + 2, first + 1, at, False)
    end = min(closers.paragraph(first), first + LONGEST_INLINE)
    at = closers.find("$", first, end)
    body = text[first:at] if at >= 0 else ""
    if not body.strip():
        return None
    following = text[at + 1 : at + 2]
    if _is_money(body, following) or re.search(r"(?<!\\)\\[(\[]", body):
        return None
    if following == "$" and (body[-1].isspace() or text.startswith("$$", at + 1)):
        return None  # a lone dollar before a display
    return Span(start, at + 1, first, at, False)


def _is_money(body: str, following: str) -> bool:
    """Whether two dollars are prices or shell variables rather than the ends of a formula."""
    if not body[0].isspace() and body[-1].isspace() and re.match(r"[\w({\\`]", following):
        return True
    price = _PRICE.match(body)
    if price is None or re.search(r"[\\^_={}<>]", body):
        return False
    rest = body[price.end() :]
    return (
        following.isdigit()
        or bool(re.search(r"[^\W\d]{2,}", rest))
        or (rest != "" and rest.strip() in ("", "-", "–", "—", "/", ",", "+", ";", "or"))
    )


def _has_prose(body: str) -> bool:
    """Whether a stretch with blank lines in it holds more than mathematics."""
    if not _PARAGRAPH.search(body):
        return False
    return bool(
        re.search(
            r"^[ \t>]*(?:#{1,6}[ \t]|[-*+][ \t]+[^\W\d_]{2}|\d+[.)][ \t]|`{3}|~{3})", body, re.MULTILINE
        )
        or re.search(r"(?<![\\\w{])(?:[^\W\d_]{2,}[ \t]+){3}[^\W\d_]{2,}", body)
    )
