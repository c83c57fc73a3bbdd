"""Ways of writing that are rewritten before a formula is split: W[l-1], and the dots of products."""

from __future__ import annotations

from collections.abc import Sequence

from ._tokens import Token

_OPERANDS = {"LETTERS", "NAME", "WORD", "NUMBER", "FUNC", "FRAC", "OPEN", "LB", "BIG", "ACCENT", "SQRT"}


def raise_indices(tokens: list[Token]) -> list[Token]:
    """Write ``W[l-1]`` as ``W^{[l-1]}``."""
    kept: list[Token] = []
    k = 0
    while k < len(tokens):
        end = _bracketed_index(tokens, k)
        if end and kept and kept[-1].kind in ("LETTERS", "NAME", "WORD", "RB"):
            at = tokens[k].at
            kept += [Token("SUP", "^", at), Token("LB", "{", at), *tokens[k:end], Token("RB", "}", at)]
            k = end
            continue
        kept.append(tokens[k])
        k += 1
    return kept


def _bracketed_index(tokens: Sequence[Token], k: int) -> int:
    """Where ``[l]``, ``[2]`` or ``[l-1]`` ends that starts here; 0 for anything else."""
    if (tokens[k].kind, tokens[k].text) != ("OPEN", "["):
        return 0
    for size in (3, 5):
        inside = tokens[k + 1 : k + size - 1]
        if k + size <= len(tokens) and tokens[k + size - 1].kind == "CLOSE":
            kinds = [t.kind for t in inside]
            letters = all(len(t.text) == 1 for t in inside if t.kind == "LETTERS")
            if letters and kinds in (["LETTERS"], ["NUMBER"], ["LETTERS", "SIGN", "NUMBER"]):
                return k + size
    return 0


def with_dots(tokens: list[Token]) -> list[Token]:
    """Read a low dot between operands as a product, ``.*`` and ``./`` as entry by entry; row ends in brackets as spaces."""
    kept: list[Token] = []
    depth, tables = 0, 0
    for k, token in enumerate(tokens):
        tables += (token.kind == "BEGIN") - (token.kind == "END")
        depth += (token.kind in ("OPEN", "LB")) - (token.kind in ("CLOSE", "RB"))
        following = tokens[k + 1] if k + 1 < len(tokens) else None
        if token.kind == "ROW" and depth > 0 and not tables:
            continue
        if token.kind == "DOT" and kept and following is not None:
            before = kept[-1].kind in ("LETTERS", "NAME", "WORD", "NUMBER", "CLOSE", "RB", "PRIME")
            if kept[-1].kind == "NUMBER" and (len(kept) == 1 or kept[-2].kind in ("ROW", "AMP", "BEGIN")):
                before = False  # the number of an item in a list
            if before and following.kind == "OP" and following.text in ("*", "/"):
                kept.append(Token("OP", "⊙" if following.text == "*" else "⊘", token.at))
                tokens[k + 1] = Token("SPACE", "", following.at)
                continue
            if before and following.kind == "LETTERS" and following.text in ("shape", "size", "T"):
                if following.text == "T":
                    kept += [Token("SUP", "^", token.at), following]
                else:
                    kept.append(Token("SHAPE", "shape", token.at))
                tokens[k + 1] = Token("SPACE", "", following.at)
                continue
            if before and following.kind in _OPERANDS:
                kept.append(Token("OP", "·", token.at))
                continue
        if token.kind == "DOTS" and kept and following is not None:
            ends = (kept[-1].kind, following.kind)
            if ends[0] in ("NUMBER", "LETTERS") and ends[1] in ("NUMBER", "LETTERS"):  # 1...K
                kept += [Token("COMMA", ",", token.at), token, Token("COMMA", ",", token.at)]
                continue
        if token.kind != "SPACE":
            kept.append(token)
    return kept
