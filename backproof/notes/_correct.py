r"""What the author of a refuted equality may have meant: small changes of its right side, the first that is proved.

A change is kept only if the equality with it is proved, in the same document and by the same means as any other claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from ._errors import NotesError
from ._finding import Finding
from ._limits import Budget
from .decide import decide_item
from .parse import statements
from .resolve._collect import Gathered, Item
from .resolve._structure import Structure

MOST_TRIALS = 40


def corrected(item: Item, finding: Finding, gathered: Gathered, usage: object, seconds: float) -> str:
    """A right side with which the first link that fails is proved, as LaTeX; empty where none is found."""
    number = next((k for k, link in enumerate(finding.links) if link.verdict == "refuted"), None)
    if number is None or number + 1 >= len(item.parts):
        return ""
    link = finding.links[number]
    budget = Budget(seconds)
    seen = {_plain(link.rhs), _plain(link.lhs)}
    trials = 0
    for latex in candidates(link.rhs, finding.correction, link.counterexample):
        if _plain(latex) in seen or trials >= MOST_TRIALS or budget.left <= 0:
            continue
        seen.add(_plain(latex))
        trials += 1
        if _is_proved(item, number, latex, gathered, usage, Budget(budget.left)):
            return latex
    return ""


def _plain(latex: str) -> str:
    return re.sub(r"\\left|\\right|\\[,;! ]|\s", "", latex)


def _is_proved(
    item: Item, number: int, latex: str, gathered: Gathered, usage: object, budget: Budget
) -> bool:
    try:
        (statement,) = statements(f"x = {latex}")
        if statement.error or len(statement.parts) != 2:
            return False
        right = Structure(gathered.context.lexicon, latex).term(statement.parts[1])
        if right == item.parts[number]:
            return False  # a formula is no correction of itself
        trial = replace(
            item,
            parts=(item.parts[number], right),
            relations=(item.relations[number],),
            claiming=(True,),
            sides=("", latex),
            lints=[],
        )
        formula = item.formula
        blank = Finding(formula.line, formula.column, formula.latex, "claim", "none")
        return decide_item(trial, gathered, usage, budget, blank).verdict == "proved"
    except (NotesError, ValueError, RecursionError):
        return False


def candidates(right: str, suggested: str, counterexample: dict[str, Any] | None) -> Iterator[str]:
    """Right sides that may have been meant, the likeliest first.

    Examples
    --------
    >>> list(candidates("y-a", r"-\\left(y-a\\right)", None))[:2]
    ['a-y', '-\\\\left(y-a\\\\right)']
    >>> next(candidates("0.6913", "", {"left": "0.693147180560"}))
    '0.6931'
    """
    yield from _number(right, counterexample)
    yield from _without_brackets(suggested)
    yield from _other_coefficient(right, counterexample)
    yield from _one_sign(right)
    yield from _one_script(right)
    yield from _one_factor(right)


def _number(right: str, counterexample: dict[str, Any] | None) -> Iterator[str]:
    """The value to as many digits."""
    match = re.fullmatch(r"\s*[+-]?\d+(?:\.(\d+))?\s*", right)
    if match is not None and counterexample and "left" in counterexample:
        try:
            yield str(Decimal(str(counterexample["left"])).quantize(Decimal(1).scaleb(-len(match[1] or ""))))
        except InvalidOperation:
            return


def _other_coefficient(right: str, counterexample: dict[str, Any] | None) -> Iterator[str]:
    """Another number before everything, where the sides differ by a simple factor."""
    try:
        values = [Fraction(Decimal(str((counterexample or {})[side]))) for side in ("left", "right")]
        ratio = (values[0] / values[1]).limit_denominator(24)
    except (KeyError, InvalidOperation, ValueError, OverflowError, ZeroDivisionError):
        return
    if abs(ratio * values[1] - values[0]) > abs(values[0]) / 10**9:
        return
    leading = re.match(r"\s*(\d{1,9})(?![\d.])", right)
    number = ratio * int(leading[1]) if leading else ratio
    rest = right[leading.end() :].lstrip() if leading else right.lstrip()
    if abs(number.numerator) > 1000 or number in (0, 1):
        return
    sign = "-" if number < 0 else ""
    size = abs(number)
    if size.denominator == 1:
        yield f"{sign}{size if size != 1 else ''}{rest}"
    else:
        yield f"{sign}\\frac{{{size.numerator}}}{{{size.denominator}}} {rest}"


_FACTOR = re.compile(r"(.*?)\\left\((.*)\\right\)", re.DOTALL)


def _without_brackets(suggested: str) -> Iterator[str]:
    r"""A factor times the right side, first as an author would write it: ``-\left(y-a\right)`` is ``a-y``."""
    match = _FACTOR.fullmatch(suggested)
    if match is not None:
        factor, inside = match[1], match[2].strip()
        difference = re.fullmatch(r"([^-+{}()\\]+?)(\s*-\s*)([^-+{}()\\]+?)", inside)
        whole = re.fullmatch(r"\\frac\{1\}\{([1-9]\d{0,8})\}", factor)
        if factor == "-" and difference is not None:
            yield f"{difference[3].strip()}{difference[2]}{difference[1].strip()}"
        if factor == "-" and inside.startswith("-"):
            yield inside[1:].lstrip()
        leading = re.match(r"\d{1,9}(?![\d.])", inside)
        if whole is not None and leading is not None and int(leading[0]) % max(int(whole[1]), 1) == 0:
            rest = int(leading[0]) // int(whole[1])
            yield (str(rest) if rest != 1 else "") + inside[leading.end() :].lstrip()
        grouped = re.sub(r"\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]", "", inside)
        if not re.search(r"[-+=]|\\(?:begin|pm|mp|quad|\\)", grouped):
            yield factor + " " * (factor[-1:].isalnum() or factor.endswith("}")) + inside
    if suggested:
        yield suggested


def _one_sign(right: str) -> Iterator[str]:
    """One sign the other way; a sign before everything."""
    for match in re.finditer(r"[+-]", right):
        flipped = "-" if match.group() == "+" else "+"
        changed = right[: match.start()] + flipped + right[match.end() :]
        yield re.sub(r"^\s*\+\s*", "", changed) if not right[: match.start()].strip() else changed
    if not right.lstrip().startswith("-"):
        yield "-" + right.lstrip()


# A letter or command with its scripts and primes, or a function at its argument.
_SYMBOL = re.compile(
    r"(?:\\[A-Za-z]+|[A-Za-z])'?(?:_(?:\{[^{}]*\}|\w))?(?:\^(?:\{[^{}]*\}|\w))?(?:\([^()]*\))?"
)
_NO_SYMBOL = re.compile(r"\\(?:frac|left|right|cdot|times|odot|circ|sum|partial|quad|log|exp|text|mathrm|,)")


def _one_script(right: str) -> Iterator[str]:
    """One square, prime or transpose more or less."""
    for match in re.finditer(r"\^(?:\{?\\?(?:T|top|2|prime)\}?)|'|(?<=\])T(?=\})", right):
        yield right[: match.start()] + right[match.end() :]
    for match in _SYMBOL.finditer(right):
        found = match.group()
        if _NO_SYMBOL.match(found):
            continue
        if found.endswith(")") and "'" not in found:
            at = match.start() + found.index("(")
            yield right[:at] + "'" + right[at:]
        if "^" not in found:
            yield right[: match.end()] + "^2" + right[match.end() :]
            yield right[: match.end()] + "^T" + right[match.end() :]


def _one_factor(right: str) -> Iterator[str]:
    """One factor more or less."""
    for match in re.finditer(r"\\frac\{1\}\{\w+\}|(?<![\w.^_{])\d+(?![\w.}])", right):
        yield (right[: match.start()] + right[match.end() :]).strip()
    for factor in (r"\frac{1}{m}", r"\frac{1}{2}", "2"):
        yield f"{factor} {right.lstrip()}"
