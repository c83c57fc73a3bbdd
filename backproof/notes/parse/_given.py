r"""A bar inside the brackets of a function: ``p(x \mid \lambda)``, ``\mathrm{KL}(p \,\|\, q)``.

What stands behind it is an argument like any other, and the function is another one than ``p(x)``, or than ``p(z \mid x)``:
its name holds the letters of its arguments, so that two conditional probabilities are never taken for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._tokens import Token

# Between the name of such a function and its letters.
GIVEN = "∣"
_OF_CHANCE = {"E", "Var", "Cov"}
_BARS = ("|", "‖")


def given_at(tokens: Sequence[Token]) -> tuple[int, int, str] | None:
    """Where the bar and the name of the function stand whose brackets are about to close, and its new name."""
    unclosed: list[int] = []
    level = 0
    for k in range(len(tokens) - 1, -1, -1):
        if tokens[k].kind in ("CLOSE", "RB"):
            level += 1
        elif tokens[k].kind in ("OPEN", "LB"):
            if level == 0:
                unclosed.append(k)
            level = max(level - 1, 0)
        if len(unclosed) == 2:
            break
    if len(unclosed) < 2:
        return None
    bar, opened = unclosed
    if tokens[bar].text not in _BARS or tokens[opened].text != "(" or bar in (opened + 1, len(tokens) - 1):
        return None
    inside = tokens[opened + 1 :]
    name = _named(tokens[:opened])
    if name < 0 or any(t.kind in ("REL", "TEXT", "OPEN", "FRAC") and t is not tokens[bar] for t in inside):
        return None
    letters = "".join(t.text for t in _bases(inside, tokens[bar]))
    return bar, name, f"{tokens[name].text}{GIVEN}{letters}"


def _named(before: Sequence[Token]) -> int:
    """The place of a name that stands before brackets with at most a subscript; -1 without one."""
    at = len(before) - 1
    if at >= 0 and before[at].kind == "RB":
        depth = 0
        while at >= 0:
            depth += (before[at].kind == "RB") - (before[at].kind == "LB")
            at -= 1
            if depth == 0:
                break
        at = at - 1 if at >= 0 and before[at].kind == "SUB" else -1
    elif at >= 1 and before[at - 1].kind == "SUB":
        at -= 2
    if at < 0 or before[at].kind not in ("LETTERS", "NAME", "WORD") or before[at].text in _OF_CHANCE:
        return -1
    scripted = at >= 1 and before[at - 1].kind in ("SUB", "SUP", "ACCENT")
    return -1 if scripted or before[at].text.startswith("bb:") else at


def _bases(inside: Sequence[Token], bar: Token) -> list[Token]:
    """The tokens of arguments without their scripts and typefaces."""
    kept: list[Token] = []
    k = 0
    while k < len(inside):
        token = inside[k]
        k += 1
        if token.kind in ("SUB", "SUP"):
            depth = 0
            while k < len(inside):
                depth += (inside[k].kind == "LB") - (inside[k].kind == "RB")
                k += 1
                if depth == 0:
                    break
        elif token is bar or token.kind not in ("LB", "RB", "ACCENT", "SPACE", "QUAD"):
            kept.append(token)
    return kept
