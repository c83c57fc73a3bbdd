"""Stretches of a document between headings, and what is said behind each formula."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..find import Block


def stretches(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Stretches of a document between headings; a heading begins the stretch that it announces."""
    flow: list[Block] = []
    for block in blocks:
        if block.level and flow:
            yield flow
            flow = []
        flow.append(block)
    if flow:
        yield flow


def words_behind(blocks: Sequence[Block]) -> dict[int, str]:
    """What is said behind each formula before its sentence ends; a paragraph that begins small goes on behind a display."""
    found: dict[int, str] = {}
    open_: list[int] = []
    for block in blocks:
        for k, piece in enumerate(block.pieces):
            if not isinstance(piece, str):
                open_.append(id(piece))
                continue
            if k == 0 and piece.strip() and not piece.lstrip()[0].islower():
                open_ = []
            end = _END_OF_SENTENCE.search(piece)
            for formula in open_:
                found[formula] = (found.get(formula, "") + piece[: end.start() if end else MOST_BEHIND])[
                    :MOST_BEHIND
                ]
            if end:
                open_ = []
    return found


MOST_BEHIND = 200


_END_OF_SENTENCE = re.compile(r"[.;!?。](?:\s|$)")


def joint(words: list[str], block: Block) -> str:
    """What stands between two blocks of one stretch: a full stop, unless the sentence goes on."""
    first = next((p for p in block.pieces if not isinstance(p, str) or p.strip()), "")
    before = next((stripped for w in reversed(words) if (stripped := w.rstrip())), "")
    if not before:
        return ""
    display = not isinstance(first, str) and first.display
    if display and not before.endswith((".", "!", "?", "다")):
        return "\n"
    if isinstance(first, str) and first.lstrip()[:1].islower():
        return "\n"
    return "\n" if before.endswith((".", "!", "?")) else " .\n"
