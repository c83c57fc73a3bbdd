"""Text that knows where each of its characters stands in the file: escapes, entities and quote marks move them."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterable
from urllib.parse import unquote

# Characters that a container writes with several: in the addresses of pictures, in HTML, in Markdown.
ADDRESS_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+|&space;|&#?\w{1,31};")
HTML_ESCAPES = re.compile(r"&#?\w{1,31};|<br\s*/?>")
MARKDOWN_ESCAPES = re.compile(r"&(?:lt|gt|amp|nbsp|quot|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")


class Lines:
    """Offsets to lines and columns, both from 1; a line ends with a line feed, a carriage return, or both."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(m.end() for m in re.finditer("\r\n|\n|\r", text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


class Source:
    """A text made of pieces of a file.

    Parameters
    ----------
    text : str
        What a reader of the file means: without escapes, entities, quote marks.
    pieces : iterable of (int, int, int)
        Offset in the text where a piece starts, and where it starts and stops in the file.
        A piece is as long there as here, or is one character that the file writes with several.
    """

    __slots__ = ("places", "starts", "stops", "text")

    def __init__(self, text: str, pieces: Iterable[tuple[int, int, int]] | None = None) -> None:
        self.text = text
        kept = [(0, 0, len(text))] if pieces is None else list(pieces)
        self.starts = [start for start, _, _ in kept]
        self.places = [place for _, place, _ in kept]
        self.stops = [stop for _, _, stop in kept]

    def start(self, offset: int) -> int:
        """Where the character at an offset starts in the file."""
        k = bisect_right(self.starts, offset) - 1
        return min(self.places[k] + offset - self.starts[k], self.stops[k]) if k >= 0 else 0

    def stop(self, offset: int) -> int:
        """Where the character before an offset stops in the file."""
        k = bisect_right(self.starts, offset - 1) - 1
        if k < 0:
            return 0
        following = self.starts[k + 1] if k + 1 < len(self.starts) else len(self.text)
        return self.stops[k] if offset >= following else self.places[k] + offset - self.starts[k]

    def offset(self, place: int) -> int:
        """Which character of the text stands at a place of the file."""
        k = bisect_right(self.places, place) - 1
        return self.starts[k] + min(place - self.places[k], self.stops[k] - self.places[k]) if k >= 0 else 0

    def as_wide(self, text: str) -> Source:
        """Another text of the same length, its characters at the same places."""
        return Source(text, zip(self.starts, self.places, self.stops, strict=True))

    def cut(self, ranges: Iterable[tuple[int, int]]) -> Source:
        """The ranges of this text one after the other, each character with its place."""
        texts: list[str] = []
        pieces: list[tuple[int, int, int]] = []
        length = 0
        for a, b in ranges:
            k = max(bisect_right(self.starts, a) - 1, 0)
            while a < b and k < len(self.starts):
                end = min(b, self.starts[k + 1] if k + 1 < len(self.starts) else len(self.text))
                pieces.append((length, self.start(a), self.stop(end)))
                texts.append(self.text[a:end])
                length += end - a
                a, k = end, k + 1
        return Source("".join(texts), pieces)


def joined(parts: Iterable[Source]) -> Source:
    """Several texts as one."""
    texts: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    length = 0
    for part in parts:
        pieces.extend(
            (length + a, b, c) for a, b, c in zip(part.starts, part.places, part.stops, strict=True)
        )
        texts.append(part.text)
        length += len(part.text)
    return Source("".join(texts), pieces)


def unescaped(text: Source, escapes: re.Pattern[str]) -> Source:
    """The text without its container's escapes, each character with its place."""
    parts: list[Source] = []
    at = 0
    for match in escapes.finditer(text.text):
        found = match.group()
        if found.startswith("%"):
            new = unquote(found, errors="replace")
        else:
            new = " " if found == "&space;" or found.startswith("<") else html.unescape(found)
        if new == found:
            continue
        parts.append(text.cut([(at, match.start())]))
        place = text.start(match.start()), text.stop(match.end())
        parts.append(Source(new, [(k, *place) for k in range(len(new))]))
        at = match.end()
    return joined([*parts, text.cut([(at, len(text.text))])]) if parts else text
