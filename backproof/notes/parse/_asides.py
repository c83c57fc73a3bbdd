"""What stands around a statement and says nothing in formulas: remarks, list numbers, punctuation."""

from __future__ import annotations

from ._nesting import has_relation, level_at
from ._symbols import CONNECTIVES
from ._tokens import Token

CHAIN = {"=", ":=", "≈", "≡", "<", ">", "≤", "≥", "≠", "∈", "∉", "~", "∝", "≪", "≫", "←", "→", "⊂"}


# Words of remarks that authors put behind a formula in brackets, without upright type.
_REMARKS = {
    "element", "elementwise", "entrywise", "product", "multiplication", "chain", "rule", "hadamard", "matrix",
    "definition", "broadcast", "broadcasting", "backprop", "derivative", "vectorized", "vectorised",
}  # fmt: skip


def without_asides(tokens: list[Token]) -> list[Token]:
    """Drop brackets that hold nothing but words."""
    kept: list[Token] = []
    opened: list[int] = []
    tables = 0
    for k, token in enumerate(tokens):
        kept.append(token)
        tables += (token.kind == "BEGIN") - (token.kind == "END")
        if token.kind == "OPEN":
            opened.append(len(kept) - 1)
        elif token.kind == "CLOSE" and opened:
            start = opened.pop()
            following = tokens[k + 1 : k + 2]
            last = not following or following[0].kind in ("REL", "ROW", "COMMA", "DOT", "QUAD", "TEXT")
            inside = kept[start + 1 : -1]
            if (
                start
                and last
                and (
                    (not _is_rate(kept[:start]) and _is_remark(kept[start - 1], inside))
                    or (_is_range(inside) and not tables)
                    or (kept[start - 1].kind == "QUAD" and _is_listing(inside) and not tables)
                )
            ):
                del kept[start:]
    return kept


def _is_range(inside: list[Token]) -> bool:
    """``(l < L)`` behind a formula says for which layers it holds."""
    kinds = [t.kind for t in inside]
    simple = all(k in ("LETTERS", "NUMBER", "REL", "SIGN", "COMMA", "DOTS") for k in kinds)
    order = any(t.kind == "REL" and t.text in "<>≤≥" for t in inside)
    return simple and order and all(t.text in "lLijktTKmnN" for t in inside if t.kind == "LETTERS")


def _is_listing(inside: list[Token]) -> bool:
    r"""``\quad (l = L, L-1, \ldots, 2)`` says for which layers it holds, ``\quad (\text{needs } a^{l-1})`` what it takes."""
    kinds = [t.kind for t in inside]
    if kinds[:1] == ["TEXT"]:
        words = inside[0].text.lower().split()
        return bool(words) and words[0] not in CONNECTIVES and "REL" not in kinds
    return kinds[:2] == ["LETTERS", "REL"] and inside[1].text == "=" and "DOTS" in kinds


def _is_rate(before: list[Token]) -> bool:
    """``w - \\alpha`` before a bracket: a step is not subtracted without the gradient that its rate multiplies."""
    last, sign = before[-1], before[-2:-1]
    return last.text.lstrip("\\") in ("alpha", "eta", "α", "η") and bool(sign) and sign[0].kind == "SIGN"


def _is_remark(before: Token, inside: list[Token]) -> bool:
    if not inside or any(t.kind not in ("LETTERS", "NAME", "WORD", "TEXT", "SIGN", "QUAD") for t in inside):
        return False
    if len(inside) == 1 and inside[0].kind == "TEXT":
        return True
    words = [t.text.lower() for t in inside if t.kind in ("LETTERS", "WORD", "TEXT", "NAME")]
    if any(part in _REMARKS for w in words for part in w.split()):
        return True
    foreign = all(not t.text.isascii() and len(t.text) > 1 for t in inside if t.kind == "NAME")
    return foreign and all(t.kind == "NAME" for t in inside) and before.kind in ("CLOSE", "QUAD", "RB")


def trimmed(tokens: list[Token]) -> list[Token]:
    """Take off the punctuation, list numbers and words around a statement."""
    kept = list(tokens)
    if len(kept) > 1 and kept[0].kind == "TEXT" and kept[1].kind == "REL" and kept[1].text in CHAIN:
        kept[0] = Token("WORD", kept[0].text, kept[0].at)  # words that name a quantity
    while kept and kept[0].kind in ("TEXT", "QUAD", "COMMA", "SEMI", "DOT", "COLON"):
        kept.pop(0)
    if len(kept) > 3 and kept[0].kind == "NUMBER" and kept[1].kind in ("DOT", "COLON"):
        kept = kept[2:]
    if (
        len(kept) > 4
        and [t.kind for t in kept[:3]] == ["OPEN", "NUMBER", "CLOSE"]
        and kept[3].kind in ("QUAD", "TEXT")
    ):
        kept = kept[4:]
    cut = next((k for k, t in enumerate(kept) if k and t.kind in ("TEXT",) and level_at(kept, k) == 0), None)
    if cut is not None and not has_relation(kept[cut:]):
        kept = kept[:cut]
    while kept and kept[-1].kind in ("TEXT", "QUAD", "COMMA", "SEMI", "DOT", "COLON"):
        kept.pop()
    kept = _without_number(kept)
    return [t for t in kept if t.kind != "QUAD"] if kept else [Token("DOT", ".", 0)]


def _without_number(tokens: list[Token]) -> list[Token]:
    """Drop the number of a formula that its author set by hand: a wide space, and ``(4)`` or ``(BP1)`` at the end."""
    kinds = [t.kind for t in tokens]
    for size in (3, 4):
        inside = kinds[-size + 1 : -1]
        framed = len(tokens) > size + 1 and kinds[-size] == "OPEN" and kinds[-1] == "CLOSE"
        plain = "NUMBER" in inside and set(inside) <= {"NUMBER", "LETTERS", "NAME", "WORD"}
        if framed and plain and kinds[-size - 1] == "QUAD":
            return tokens[: -size - 1]
    return tokens
