r"""The conditions of branches, ``x > 0``, *if* ``i = j``, *otherwise*, and the words that may stand around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..parse import Token, parse_expr
from ._terms import Condition

if TYPE_CHECKING:
    from ._structure import Structure

# Words that only lead to a condition, in the languages of notes.
_IF = {
    "if", "iff", "when", "whenever", "for", "where", "with", "and", "only", "in", "case", "the", "that", "as", "on",
    "at", "we", "have", "it", "holds", "such", "also", "value", "values", "all", "any", "every", "each", "some",
    "falls", "wenn", "für", "fuer", "bei", "si", "pour", "quand", "lorsque", "où", "cuando", "para", "se", "quando", "per",
}  # fmt: skip
# Words for all that the other branches leave.
_ELSE = {
    "otherwise", "otherwhise", "else", "elsewhere", "other", "others", "rest", "remaining", "sonst", "ansonsten",
    "andernfalls", "sinon", "autrement", "sino", "otro", "contrario", "caso", "altrimenti", "senão", "senao", "cases",
}  # fmt: skip
_AROUND_ELSE = _IF | {
    "en",
    "no",
    "al",
    "de",
    "lo",
    "otherwise",
    "contraire",
    "cas",
    "le",
    "dans",
    "is",
    "are",
    "ist",
}
_ASIAN_IF = re.compile(r"若|当|當|如果|时|時|일 ?때|이면|이고|인 ?경우|의 ?경우|のとき|の場合|ならば")
_ASIAN_ELSE = re.compile(
    r"否则|否則|其他|其它|其余|其餘|그 ?외|아니면|나머지|그렇지 ?않으면|それ以外|その他|情况|에는?|の場合|경우"
)
# Words of conditions that authors type without upright type.
_TYPED = {"if", "when", "for", "otherwise", "else", "where", "whenever", "elsewhere"}
_RELATIONS = {"<", ">", "≤", "≥", "=", "≠"}


def read_condition(structure: Structure, tokens: Sequence[Token]) -> tuple[Condition, ...]:
    """Read the condition of a branch; words such as *if* fall away, *otherwise* is no condition.

    Raises
    ------
    NotUnderstoodError
        Words may say more: *unless*, *if x is positive*.
    """
    groups: list[list[Token]] = [[]]
    words: list[str] = []
    depth = 0  # the comma of ⟨w, x⟩ ends nothing
    for token in tokens:
        depth += (token.kind == "OPEN") - (token.kind == "CLOSE")
        word = token.kind in ("TEXT", "WORD") or token.text in _TYPED
        if depth == 0 and word:
            words.append(token.text)
        if depth == 0 and (word or token.kind in ("QUAD", "COMMA", "DOT", "SEMI")):
            groups.append([])
        else:
            groups[-1].append(token)
    groups = [group for group in groups if group]
    if not _leads(" ".join(words), to_a_relation=bool(groups)):
        raise NotUnderstoodError("the condition of a branch")
    return tuple(condition for group in groups for condition in _relations(structure, group))


def _relations(structure: Structure, tokens: list[Token]) -> tuple[Condition, ...]:
    """``a < b < c`` as two conditions."""
    if tokens[0].kind == "OPEN" and tokens[-1].kind == "CLOSE":
        tokens = tokens[1:-1]
    sides: list[list[Token]] = [[]]
    relations: list[str] = []
    for token in tokens:
        if token.kind == "REL":
            relations.append(token.text)
            sides.append([])
        else:
            sides[-1].append(token)
    if not relations or not all(sides) or not set(relations) <= _RELATIONS:
        raise NotUnderstoodError("the condition of a branch")
    terms = [structure.term(parse_expr(side, structure.latex)) for side in sides]
    return tuple(Condition(a, r, b) for a, r, b in zip(terms, relations, terms[1:], strict=False))


def _leads(words: str, to_a_relation: bool) -> bool:
    """Whether words only lead to a relation, or name what is left over."""
    found = {w.lower() for w in re.findall(r"[A-Za-zÀ-ÿ]+", words)}
    rest = re.sub(r"[\sA-Za-zÀ-ÿ(),.:;（），：；-]", "", words)
    if to_a_relation:
        return found <= _IF | _ELSE and not _ASIAN_IF.sub("", _ASIAN_ELSE.sub("", rest))
    plain = " ".join(words.lower().split())
    if re.fullmatch(r"o\.? ?/? ?w\.?", plain):
        return True
    left = (
        bool(found & _ELSE) or plain.startswith("si no") or _ASIAN_ELSE.search(words) is not None or not words
    )
    return left and found <= _AROUND_ELSE | _ELSE and not _ASIAN_ELSE.sub("", rest)
