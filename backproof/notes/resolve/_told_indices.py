"""Letters that words call a class, an index, a token: the c of *the true class* ``c`` is an index in ``p_c``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..find import Block, Formula

_NOUN = r"(?:class(?:es)?|category|index|indices|token|word|label|target|position|클래스|범주|정답|类别)"
_BEFORE = re.compile(
    rf"\b{_NOUN}(?: (?:index|label|number))?(?: (?:is|be|as|called|denoted by|by))? ?$"
    r"|(?:클래스|정답|类别)[가-힣]? ?$",
    re.I,
)
_TRUE = r"(?:(?:true|correct|target|right|gold|ground-truth|observed|actual|class) )*"
_BEHIND = re.compile(
    rf"^ ?(?:is|be|denotes|denote|as|for|은|는|이|가|是|为) ?(?:the |an? |one of the )?{_TRUE}{_NOUN}\b"
    r"|^ ?[은는이가]? ?(?:정답|클래스)|^ ?(?:是|为)(?:真实|正确)?类别",
    re.I,
)
_LETTER = re.compile(r"\s*([a-z])\s*(?:\\in\s*\\\{\s*[01]\s*,.*\\\}\s*)?\.?")


def told_indices(blocks: Iterable[Block]) -> set[str]:
    """The small letters that the words of a document call an index of some kind.

    Whether they are one, the formulas must tell as well: they must stand where other indices stand.
    """
    return {letter for block in blocks for letter in _of_block(block)}


def _of_block(block: Block) -> Iterator[str]:
    pieces = block.pieces
    for k, piece in enumerate(pieces):
        if not isinstance(piece, Formula) or (letter := _LETTER.fullmatch(piece.latex)) is None:
            continue
        before = pieces[k - 1] if k and isinstance(pieces[k - 1], str) else ""
        behind = pieces[k + 1] if k + 1 < len(pieces) and isinstance(pieces[k + 1], str) else ""
        if _BEFORE.search(str(before)[-40:]) or _BEHIND.match(str(behind)[:60]):
            yield letter[1]
