"""What formulas take from NumPy: ``A.T.dot(B)`` is the product ``(A.T @ (B))``, ``A**2`` a power."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ._tokens import Token

_OPENS, _CLOSES = {"OPEN", "LB"}, {"CLOSE", "RB"}


def from_code(tokens: Sequence[Token]) -> list[Token]:
    """Write methods and powers of NumPy as the products and powers that they are."""
    found = _powers(tokens)
    while (k := next((k for k, t in enumerate(found) if _is_dot(found, k)), None)) is not None:
        found = _multiplied(found, k)
    return found


def _powers(tokens: Sequence[Token]) -> list[Token]:
    found: list[Token] = []
    for k, token in enumerate(tokens):
        number = k + 1 < len(tokens) and tokens[k + 1].kind == "NUMBER"
        star = (token.kind, token.text) == ("OP", "*")
        if star and number and found and (found[-1].kind, found[-1].text) == ("OP", "*"):
            found[-1] = replace(token, kind="SUP", text="^")
        else:
            found.append(token)
    return found


def _is_dot(tokens: Sequence[Token], k: int) -> bool:
    token = tokens[k]
    behind = k + 1 < len(tokens) and (tokens[k + 1].kind, tokens[k + 1].text) == ("OPEN", "(")
    if token.kind != "LETTERS" or not behind:
        return False
    chained = token.text == "dot" and k > 1 and (tokens[k - 1].kind, tokens[k - 2].kind) == ("DOT", "CLOSE")
    return chained or (token.text.endswith(".dot") and token.text != "np.dot")


def _multiplied(tokens: list[Token], k: int) -> list[Token]:
    """Put a method and its object in brackets, with the sign of the matrix product between them."""
    name = tokens[k]
    begin = k
    if name.text == "T.dot" and k > 1 and tokens[k - 1].kind == "DOT":
        begin = _begin_of(tokens, k - 2)
    own = [replace(name, text=name.text.removesuffix(".dot"))]
    kept = k
    if name.text == "dot":  # A.dot(B).dot(C)
        begin, own, kept = _begin_of(tokens, k - 2), [], k - 1
    end, depth = k + 1, 0
    while end < len(tokens):
        depth += (tokens[end].kind in _OPENS) - (tokens[end].kind in _CLOSES)
        if depth == 0:
            break
        end += 1
    return [
        *tokens[:begin],
        Token("OPEN", "(", tokens[begin].at),
        *tokens[begin:kept],
        *own,
        Token("OP", "@", name.at),
        *tokens[k + 1 : end + 1],
        Token("CLOSE", "(", tokens[min(end, len(tokens) - 1)].at),
        *tokens[end + 1 :],
    ]


def _begin_of(tokens: Sequence[Token], k: int) -> int:
    """Where the quantity begins that ends at a token: ``W^{[2]}``, ``(A - Y)``, ``X``."""
    while k > 0:
        if tokens[k].kind in _CLOSES:
            depth = 0
            while k >= 0:
                depth += (tokens[k].kind in _CLOSES) - (tokens[k].kind in _OPENS)
                if depth == 0:
                    break
                k -= 1
        if k > 0 and tokens[k - 1].kind in ("SUP", "SUB"):
            k -= 2
            continue
        break
    return max(k, 0)
