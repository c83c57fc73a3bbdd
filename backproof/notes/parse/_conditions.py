"""Relations that are brackets, as in ``a^{<t>}``, and conditions behind a formula: ``(i ≠ j)``, ``k ∈ {1...K}``."""

from __future__ import annotations

from collections.abc import Sequence

from ._symbols import CLOSE, OPEN
from ._tokens import Token

_RELATIONS = {"=", "≠"}


def opened(tokens: list[Token]) -> list[Token]:
    """Let the condition that brackets hold at the end of a row stand behind a wide space, as others do."""
    kept: list[Token] = []
    starts: list[int] = []
    tables = 0
    for k, token in enumerate(tokens):
        kept.append(token)
        tables += (token.kind == "BEGIN") - (token.kind == "END")
        if token.kind == "OPEN":
            starts.append(len(kept) - 1)
        elif token.kind == "CLOSE" and starts:
            start = starts.pop()
            following = tokens[k + 1].kind if k + 1 < len(tokens) else "ROW"
            inside = kept[start + 1 : -1]
            worded = any(t.kind == "TEXT" for t in inside)
            behind = start > 0 and (kept[start - 1].kind in ("QUAD", "TEXT") or worded or _is_range(inside))
            ends = following in ("ROW", "COMMA", "DOT", "QUAD", "TEXT")
            wide = start > 0 and kept[start - 1].kind == "QUAD" and _is_bound(inside)
            if behind and ends and not starts and not tables and (wide or is_condition(inside)):
                kept[start] = Token("QUAD", "", kept[start].at)
                kept.pop()
    return kept


def _is_bound(inside: Sequence[Token]) -> bool:
    """``x > 0`` behind a wide space."""
    relations = [t.text for t in inside if t.kind == "REL"]
    return len(relations) == 1 and relations[0] in "<>≤≥≠∈"


def is_condition(inside: Sequence[Token]) -> bool:
    """``i = j``, ``if i ≠ j``, ``k = 1, …, K``: letters that count, and what they are."""
    plain = [t for t in inside if t.kind not in ("TEXT", "QUAD")]
    if _is_range(plain):
        return True
    kinds = [t.kind for t in plain]
    return (
        kinds == ["LETTERS", "REL", "LETTERS"] and plain[1].text in _RELATIONS and _count(plain[0], plain[2])
    )


def _is_range(inside: Sequence[Token]) -> bool:
    plain = [t for t in inside if t.kind not in ("TEXT", "QUAD")]
    starts = [t.kind for t in plain[:3]] == ["LETTERS", "REL", "NUMBER"] and plain[1].text == "="
    rest = all(t.kind in ("COMMA", "DOTS", "LETTERS", "NUMBER", "SIGN") for t in plain[3:])
    return starts and rest and any(t.kind == "DOTS" for t in plain) and _count(plain[0])


def _count(*tokens: Token) -> bool:
    return all(len(t.text) == 1 for t in tokens)


def with_times(tokens: Sequence[Token]) -> list[Token]:
    """Read the ``<t>`` of a superscript as a bracket: ``a^{<t-1>}`` is the state before a^{<t>}."""
    found = list(tokens)
    for k, token in enumerate(tokens[:-1]):
        if token.kind != "SUP" or tokens[k + 1].kind != "LB":
            continue
        level, opening = 0, -1
        for j in range(k + 1, len(tokens)):
            level += (tokens[j].kind == "LB") - (tokens[j].kind == "RB")
            if level == 0:
                break
            if tokens[j].kind == "REL" and tokens[j].text == "<":
                opening = j
            elif tokens[j].kind == "REL" and tokens[j].text == ">" and opening >= 0:
                found[opening] = Token("OPEN", "<", tokens[opening].at)
                found[j] = Token("CLOSE", "<", tokens[j].at)
                opening = -1
    return found


def with_sets(tokens: list[Token]) -> list[Token]:
    """Read ``∈ {1, …, K}`` as ``∈ \\{1, …, K\\}``."""
    found = list(tokens)
    for k, token in enumerate(tokens[:-1]):
        if token.kind != "REL" or token.text not in "∈∉" or tokens[k + 1].kind != "LB":
            continue
        level, end = 0, k + 1
        for end in range(k + 1, len(tokens)):
            level += (tokens[end].kind == "LB") - (tokens[end].kind == "RB")
            if level == 0:
                break
        if level == 0 and any(t.kind in ("COMMA", "DOTS") for t in tokens[k + 2 : end]):
            found[k + 1] = Token("OPEN", OPEN["\\{"], tokens[k + 1].at)
            found[end] = Token("CLOSE", CLOSE["\\}"], tokens[end].at)
    return found
