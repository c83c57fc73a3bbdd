"""How deep a token stands in brackets, and the relations that stand in none."""

from __future__ import annotations

from collections.abc import Sequence

from ._tokens import Token


def matching_brace(tokens: Sequence[Token], start: int) -> int | None:
    depth = 0
    for k in range(start, len(tokens)):
        depth += (tokens[k].kind == "LB") - (tokens[k].kind == "RB")
        if depth == 0:
            return k
    return None


_DEPTHS = {**dict.fromkeys(("OPEN", "LB", "BEGIN"), 1), **dict.fromkeys(("CLOSE", "RB", "END"), -1)}


def nesting(token: Token) -> int:
    return _DEPTHS.get(token.kind, 0)


def has_relation(tokens: Sequence[Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += nesting(token)
        if depth == 0 and token.kind == "REL":
            return True
    return False


def level_at(tokens: Sequence[Token], end: int) -> int:
    return sum(nesting(t) for t in tokens[:end])
