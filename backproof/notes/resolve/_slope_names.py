r"""One way of writing for all slopes: ``δ_u`` *means* ``∂L/∂u``, ``\bar v = ∂L/∂v`` *for every* v.

The letter that stands for any quantity is one of which the document says nothing else.
Where such a sentence is found, every ``δ_z`` and ``\bar w`` is written out before it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..find import Block, Formula

_ANY = r"(?:[A-Za-z]|\\(?:theta|xi|eta|phi|psi|omega|alpha|beta|cdot|bullet|square))"
_LOSS = r"(?:\\(?:mathcal|mathscr|mathrm)\s*\{?\s*[A-Z]\}?|\\ell|[A-Za-z])"
_NAME = (
    rf"(?:\\(?P<sub>delta|Delta)_\s*(?:\{{\s*(?P<s1>{_ANY})\s*\}}|(?P<s2>{_ANY}))"
    rf"|\\(?P<over>bar|overline|dot)\s*(?:\{{\s*(?P<o1>{_ANY})\s*\}}|(?P<o2>{_ANY})))"
)
_D = r"(?:\\partial|\\mathrm\{d\}|\\text\{d\}|d)\s*"
_SLOPE = (
    rf"(?:\\[dt]?frac\s*\{{\s*{_D}(?P<loss>{_LOSS})\s*\}}\s*\{{\s*{_D}\{{?(?P<by>{_ANY})\}}?\s*\}}"
    rf"|{_D}(?P<loss2>{_LOSS})\s*/\s*{_D}(?P<by2>{_ANY}))"
)
_ALONE = re.compile(rf"\s*{_NAME}\s*[.,]?\s*")
_SLOPE_ALONE = re.compile(rf"\s*{_SLOPE}\s*[.,]?\s*")
_EQUATION = re.compile(rf"\s*{_NAME}\s*(?::=|=|\\equiv|\\triangleq|\\coloneqq)\s*{_SLOPE}\s*[.,]?\s*")
_SAYS = re.compile(
    r"^\W{0,3}(?:(?:always|here|simply|just|will) )?(?:is|be|are|means?|denotes?|stands? for|for|is short for|short for"
    r"|as an abbreviation (?:of|for)|abbreviates?|for the)"
    r"(?: (?:the |a )?(?:partial )?(?:derivative|gradient|slope|adjoint|error signal)s?,?)? ?$"
)
_FOR_ANY = re.compile(r"^[^.;]{0,20}\bfor (?:any|every|each|all|whatever)\b[^.;]{0,40}$")
# What a script names that is no quantity: the indices of Kronecker's delta, a layer, a unit.
_MEAN = re.compile(r"\b(?:means?|averag\w+|complement|conjugate)\b", re.I)
_INDEX = re.compile(r"[\sijklmnt,0-9LT+-]*|\\(?:text|mathrm)\{.*|out|in")
_BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_SCRIPTS = rf"(?:\s*_\s*(?:{_BRACED}|\\?[A-Za-z0-9]+?(?![A-Za-z]))|\s*\^\s*\{{\s*[\[(][^{{}}]*[\])]\s*\}})*"


@dataclass(frozen=True)
class _Notation:
    """The command before a quantity, whether the quantity stands below it, the loss, and the letter for any."""

    command: str
    below: bool
    loss: str
    letter: str


def slope_names(blocks: Sequence[Block]) -> Callable[[str], str]:
    """Give what writes such names out; of a formula without one it changes nothing."""
    found = {n for block in blocks for n in _told(block, blocks)}
    if len({(n.command, n.below) for n in found}) != 1 or len(found) != 1:
        return str
    (notation,) = found
    if any(_is_mean(block, notation.command) for block in blocks):
        return str
    pattern = _pattern(notation)
    shown = re.compile(rf"\s*(?:{_NAME}|{_SLOPE})\s*[.,]?\s*")

    def written(latex: str) -> str:
        if notation.command not in latex or shown.fullmatch(latex) or _EQUATION.fullmatch(latex):
            return latex
        return pattern.sub(lambda m: _slope(m, notation), latex)

    return written


def _pattern(notation: _Notation) -> re.Pattern[str]:
    command = re.escape(notation.command)
    if notation.below:
        return re.compile(rf"{command}\s*_\s*(?:{_BRACED}|(?P<one>\\[A-Za-z]+|[A-Za-z]))")
    return re.compile(
        rf"{command}(?:\s*{_BRACED}|\s+(?P<one>[A-Za-z])|\s*(?P<two>\\[A-Za-z]+))(?P<more>{_SCRIPTS})"
    )


def _slope(match: re.Match[str], notation: _Notation) -> str:
    groups = match.groupdict()
    what = next(w for w in (match[1], groups.get("one"), groups.get("two")) if w is not None)
    if notation.below and _INDEX.fullmatch(what):
        return match.group()
    return rf"\left(\frac{{\partial {notation.loss}}}{{\partial {what}{groups.get('more') or ''}}}\right)"


def _told(block: Block, blocks: Sequence[Block]) -> list[_Notation]:
    """The ways of writing that a block tells."""
    found = []
    pieces = block.pieces
    for k, piece in enumerate(pieces):
        if not isinstance(piece, Formula):
            continue
        behind = pieces[k + 1 : k + 3]
        name, slope, made_of = _EQUATION.fullmatch(piece.latex), None, [piece]
        if name is None and (name := _ALONE.fullmatch(piece.latex)) is not None:
            says = (
                len(behind) == 2 and isinstance(behind[0], str) and _SAYS.match(" ".join(behind[0].split()))
            )
            if not says or not isinstance(behind[1], Formula):
                continue
            slope, made_of = _SLOPE_ALONE.fullmatch(behind[1].latex), [piece, behind[1]]
            if slope is None:
                continue
        if name is None:
            continue
        groups = {**name.groupdict(), **(slope.groupdict() if slope is not None else {})}
        notation = _read(groups)
        if notation is not None and _is_any(notation.letter, made_of, block, blocks):
            found.append(notation)
    return found


def _is_mean(block: Block, command: str) -> bool:
    """Whether words call something a mean that is written in the same way."""
    return any(
        isinstance(p, Formula) and p.latex.lstrip().startswith(command) and _MEAN.search(str(before)[-40:])
        for before, p in pairwise(block.pieces)
    )


def _read(groups: dict[str, str | None]) -> _Notation | None:
    letter = next(g for k in ("s1", "s2", "o1", "o2") if (g := groups[k]))
    by, loss = groups["by"] or groups["by2"], groups["loss"] or groups["loss2"]
    if by != letter or loss is None or loss == letter:
        return None
    return _Notation("\\" + str(groups["sub"] or groups["over"]), bool(groups["sub"]), loss, letter)


def _is_any(letter: str, made_of: list[Formula], block: Block, blocks: Sequence[Block]) -> bool:
    """Whether a letter stands for any quantity: words say so, or no other formula holds it."""
    pieces = block.pieces
    last = pieces.index(made_of[-1])
    words = pieces[last + 1] if last + 1 < len(pieces) else ""
    if isinstance(words, str) and _FOR_ANY.match(" ".join(words.split())):
        return True
    holds = re.compile(rf"(?<![A-Za-z\\]){re.escape(letter)}(?![A-Za-z]|\s*_)")
    others = (
        p for b in blocks for p in b.pieces if isinstance(p, Formula) and all(p is not f for f in made_of)
    )
    return not any(f.latex.strip(" .,") != letter and holds.search(f.latex) for f in others)
