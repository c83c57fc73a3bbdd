"""Brackets behind a name that may hold its argument: ``P(0)``, ``y(3)``, ``p(-z)``, ``\\Gamma(n + 1)`` are no products."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..parse import Expr, Group, Letters, Name, Num, Product, Script
from ._lexicon import text_of
from ._terms import Add, Mul, Number, Ref, Term, refs

if TYPE_CHECKING:
    from ._structure import Structure


def is_taken_at(structure: Structure, name: str, scripts: tuple[Script, ...], group: Group) -> bool:
    """Whether a name that the document does not know as a function may be one before this bracket.

    Nobody multiplies a letter by a number or a letter in brackets; and a capital that stands before brackets
    alone is more often a function than a factor.
    """
    if len(group.args) != 1 or any(s.kind == "sup" for s in scripts) or phrase_in(group):
        return False
    if not scripts and isinstance(one := group.args[0], (Letters, Name)):
        return not (
            name == "y" and text_of(one) in structure.lexicon.summed
        )  # z(x); the label y(x) of an input is read with its sum
    inside = structure.term(group.args[0])
    if any(r.name == name for r in refs(inside)):
        return False  # σ(1 - σ)
    multiplied = isinstance(inside, Mul) and any(op for op, _ in inside.items)  # U (r ⊙ h)
    if isinstance(inside, Add) and len(inside.terms) > 1:
        multiplied = any(sign < 0 and isinstance(t, Ref) for sign, t in inside.terms)  # U (p - y)
        multiplied = multiplied or isinstance(inside.terms[0][1], Number)  # u (1 - a^2)
    known = structure.lexicon.perhaps_called - structure.lexicon.factors
    return _is_point(inside) or (name in known and not multiplied)


def phrase_in(group: Group) -> str:
    """``(from backprop)``: words in brackets that name a quantity, as one name; empty where they are none."""
    inside = group.args[0] if len(group.args) == 1 and group.bracket == "(" else None
    while isinstance(inside, Group) and inside.bracket == "{" and len(inside.args) == 1:
        inside = inside.args[0]
    if isinstance(inside, Product) and not any(op for op, _ in inside.items):
        words = [text_of(x) if isinstance(x, (Letters, Name)) else "" for _, x in inside.items]
        return " ".join(words) if words[0] in _OPENS and all(len(w) > 1 for w in words) else ""
    name = text_of(inside) if isinstance(inside, (Letters, Name)) else ""
    return name if " " in name or _CJK.match(name) else ""


# Words that begin a phrase, and no product of quantities.
_OPENS = {"from", "by", "via", "of", "the", "without"}
_CJK = re.compile(r"[\u3400-\u9fff\uac00-\ud7a3]{2,}")


def begins_with_label(parts: Sequence[Expr]) -> bool:
    """``(a) d/dx x^2 = 2x``: a letter or number in brackets before all else counts exercises."""
    first = parts[0] if len(parts) > 1 else None
    if not isinstance(first, Product) or len(first.items) < 2:
        return False
    group = first.items[0][1]
    if not isinstance(group, Group) or group.bracket != "(" or len(group.args) != 1 or first.items[1][0]:
        return False
    inside = group.args[0]
    return isinstance(inside, Num) or (isinstance(inside, Letters) and len(inside.run) == 1)


# What a text says that takes functions of functions: ``g \\circ g``, ``f(f(x))``, *f applied twice*.
_COMPOSED = re.compile(
    r"([A-Za-z])\s*\\circ\s*\1(?![A-Za-z])|([A-Za-z])\s*\(\s*\2\s*\(|\bcompos(?:ed?|ing|ition)\b[^.]{0,30}\bitself\b"
    r"|\biterat(?:e|es|ed|ing) (?:of )?the (?:function|map)|\bapplied (?:twice|\w+ times)\b|합성"
)
_POWER_OF_FUNCTION = re.compile(
    r"(?<![A-Za-z\\])[A-Za-z]\s*\^\s*(?:\d|\{\s*\(?[\dnk]\)?\s*\})\s*(?:\\left\s*)?\("
)


def composes(texts: Iterable[str]) -> bool:
    """Whether a document takes functions of themselves, so that ``f^2(x)`` may be ``f(f(x))``."""
    return any(_COMPOSED.search(text) for text in texts)


def is_power_of_function(latex: str) -> bool:
    """Whether a formula holds an exponent between a letter and its bracket: ``f^2(x)``."""
    return _POWER_OF_FUNCTION.search(latex) is not None


_CIRCLE = re.compile(r"\d\s*\\pi\b|\\frac\s*\{?\\pi\b|\\pi\s*/")


def is_of_circle(latex: str) -> bool:
    r"""Whether a formula speaks of the number π, as ``2\pi`` does; otherwise π may be a policy."""
    return _CIRCLE.search(latex) is not None


def _is_point(term: Term) -> bool:
    """A number, or either a number or a letter with a minus."""
    if isinstance(term, Add) and len(term.terms) == 1:
        return isinstance(term.terms[0][1], (Number, Ref))
    return isinstance(term, Number)
