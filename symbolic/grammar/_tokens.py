"""Cuts a formula into tokens.

The cut decides three things that a context-free grammar cannot: whether a bar opens or closes an absolute
value, whether ``f(`` calls a function or multiplies by a bracket, and whether the formula is too large to read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lark import Token
from lark.common import LexerConf
from lark.lexer import Lexer

from symbolic.grammar._errors import FormulaError, FormulaLimitError

MAX_LENGTH = 10_000  # characters; a claim in notes has fewer than 300
MAX_TOKENS = 4_000
MAX_DEPTH = 100  # brackets inside brackets
MAX_DIGITS = 100  # of one number

_GREEK = "\u0370-\u03ff"
_TOKEN = re.compile(
    rf"""
      (?P<SPACE>\s+)
    | (?P<NUMBER>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<NAME>(?:[^\W\d_{_GREEK}⁰¹²³⁴-₉][^\W_{_GREEK}⁰¹²³⁴-₉]*|[{_GREEK}])[₀-₉]*
              (?:_\{{[^{{}}\s]{{1,40}}\}}|_[^\W⁰¹²³⁴-⁹]+)*)
    | (?P<PRIMES>['’′]+)
    | (?P<SUPER>⁻?[⁰¹²³⁴-⁹]+)
    | (?P<POW>\*\*|\^)
    | (?P<RELATION>==|<=|>=|!=|[<>≤≥≠])
    | (?P<EQUALS>=)
    | (?P<MULTIPLY>[*·⋅×∗])
    | (?P<DIVIDE>[/÷])
    | (?P<SIGN>[+\-−])
    | (?P<BAR>\|)
    | (?P<ELEMENT>∈)
    | (?P<LPAR>\() | (?P<RPAR>\)) | (?P<LSQB>\[) | (?P<RSQB>\]) | (?P<LBRACE>\{{) | (?P<RBRACE>\}})
    | (?P<COMMA>,) | (?P<RADICAL>√)
    """,
    re.VERBOSE,
)

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_GREEK_NAMES = {
    letter: unicodedata.name(letter).split()[-1].lower().replace("lamda", "lambda")
    for letter in "αβγδεζηθικλμνξοπρςστυφχψω"
} | {"ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta", "ς": "sigma"}
_GREEK_NAMES |= {
    letter.upper(): name.capitalize() for letter, name in _GREEK_NAMES.items() if letter in "γδθλξπσφψω"
}
_CLOSES = {"RPAR": "LPAR", "RSQB": "LSQB", "RBRACE": "LBRACE"}
_ENDS_OPERAND = {"NUMBER", "NAME", "RPAR", "RSQB", "RBAR", "SUPER"}


@dataclass(frozen=True, slots=True)
class Source:
    """A formula to be cut: its text, and the names that certainly are not functions."""

    text: str
    plain_names: Collection[str] = ()


def canonical_name(name: str) -> str:
    """Spell a name one way: α and alpha, a₁ and a_1, W_{in} and W_in are the same.

    Examples
    --------
    >>> canonical_name("α"), canonical_name("a₁"), canonical_name("b_{12}")
    ('alpha', 'a_1', 'b_12')
    """
    head = name.rstrip("₀₁₂₃₄₅₆₇₈₉")
    subscript = name[len(head) :].translate(_SUBSCRIPTS)
    text = (f"{head}_{subscript}" if subscript else head).replace("{", "").replace("}", "")
    first = _GREEK_NAMES.get(text[:1])
    return first + text[1:] if first else text


class FormulaLexer(Lexer):
    """Feeds lark's parser; it holds no state between formulas."""

    def __init__(self, lexer_conf: LexerConf | None = None) -> None:
        del lexer_conf

    def lex(self, data: Source) -> Iterator[Token]:  # type: ignore[override]
        return iter(tokens(data))


def tokens(source: Source) -> list[Token]:
    """Cut the text, or raise with a caret where it stops making sense."""
    text = source.text
    if len(text) > MAX_LENGTH:
        raise FormulaLimitError(
            f"The formula has {len(text)} characters; at most {MAX_LENGTH} are read. Split it.",
            text,
            MAX_LENGTH,
        )
    found: list[Token] = []
    open_brackets: list[tuple[str, int]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise FormulaError(_stray(text[position]), text, position)
        kind, value = match.lastgroup or "", match.group()
        if kind != "SPACE":
            before = found[-1] if found else None
            if kind == "BAR":
                closes = before is not None and before.type in _ENDS_OPERAND
                is_open = bool(open_brackets) and open_brackets[-1][0] == "LBAR"
                kind = "RBAR" if closes and is_open else "LBAR"
            if kind in ("LPAR", "LBAR", "LSQB", "LBRACE"):
                open_brackets.append((kind, position))
                if len(open_brackets) > MAX_DEPTH:
                    raise FormulaLimitError(
                        f"Brackets are nested more than {MAX_DEPTH} deep; name a part of the formula.",
                        text,
                        position,
                    )
            elif kind in ("RPAR", "RBAR", "RSQB", "RBRACE"):
                _close(kind, open_brackets, text, position)
            elif kind == "NUMBER":
                _check_number(value, text, position)
            elif kind == "PRIMES" and (before is None or before.type != "NAME"):
                raise FormulaError(_stray(value[0]), text, position)
            elif kind == "SUPER":
                value = value.translate(_SUPERSCRIPTS)
            elif kind == "NAME":
                value = canonical_name(value)
                if value == "in":
                    kind = "ELEMENT"
            if kind in ("LPAR", "PRIMES") and before is not None and before.type == "NAME":
                if before.value not in source.plain_names:
                    found[-1] = Token("FUNCTION", before.value, before.start_pos)
                elif kind == "PRIMES":
                    raise FormulaError(
                        f"{before.value} is a variable; only functions have primes.", text, position
                    )
            found.append(Token(kind, value, position))
            if len(found) > MAX_TOKENS:
                raise FormulaLimitError(
                    f"The formula has more than {MAX_TOKENS} symbols. Split it.", text, position
                )
        position = match.end()
    if open_brackets:
        raise FormulaError("This bracket is never closed.", text, open_brackets[-1][1])
    return found


def _close(kind: str, open_brackets: list[tuple[str, int]], text: str, position: int) -> None:
    if not open_brackets:
        raise FormulaError("This bracket was never opened.", text, position)
    opened, where = open_brackets.pop()
    # [0, 1) and (0, 1] are intervals: round and square may meet.
    intervals = {("LPAR", "RSQB"), ("LSQB", "RPAR")}
    expected = _CLOSES.get(kind, "LBAR")
    if opened != expected and (opened, kind) not in intervals:
        what = "absolute value" if opened == "LBAR" else "bracket"
        raise FormulaError(f"The {what} opened at character {where + 1} is not closed here.", text, position)


def _check_number(value: str, text: str, position: int) -> None:
    mantissa, _, exponent = value.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent.lstrip("+-")) > 3:
        raise FormulaLimitError(
            f"The number has too many digits; at most {MAX_DIGITS} (and 3 in its exponent) are read.",
            text,
            position,
        )


def _stray(character: str) -> str:
    if character == ".":
        return "A dot is only read inside a number such as 0.5; formulas have no attributes."
    if character in "\"'`’′":
        return "Quotes have no meaning in a formula; a prime follows the name of a function."
    if character == "_":
        return "A name starts with a letter, not with an underscore."
    return f"The character {character!r} has no meaning in a formula."
