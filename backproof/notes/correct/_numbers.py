"""Numbers: the digits that a calculation gives, entry by entry; another number of the document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from ._page import Edit, Page

_NUMBER = re.compile(r"(?<![\d.\w])(?:[-−]\s*)?\d+(?:\.(\d+))?(?![\d.]|\s*\\times\s*10)")
DIGITS = "a calculation"


def numbers(page: Page, entries: Sequence[str], printed: Sequence[str]) -> Iterator[Edit]:
    """Numbers to as many digits as stand there.

    Parameters
    ----------
    page : Page
        The side that is wrong.
    entries : sequence of str
        What the left side comes to, entry by entry, as decimals; empty where it is no number.
    printed : sequence of str
        Decimals that the document gives.
    """
    found = list(_NUMBER.finditer(_without_environments(page.latex)))
    bare = re.sub(r"\\(?:begin|end)\{[^{}]*\}|\\left|\\right|\\\\|&|[-\s\d.,()\[\]−]", "", page.latex)
    if entries and len(found) == len(entries) and not bare:
        splices, most = [], max(len(match[1] or "") for match in found)
        for match, entry in zip(found, entries, strict=True):
            new = _corrected(match, entry, most)
            if new:
                splices.append((*match.span(), new))
        if splices:
            yield Edit(tuple(splices), 0.3, DIGITS)
    for match in re.finditer(r"(?<![\d.])\d+\.\d+(?![\d.])", page.latex):
        text = match.group()
        for other in printed:
            if other != text:
                yield Edit(((*match.span(), other),), 1.6, f"{text} instead of {other}")


def _without_environments(latex: str) -> str:
    """The same with the options of environments blotted out: ``{cc}`` holds no numbers, ``\\\\[2pt]`` does."""
    return re.sub(r"\\begin\{[^{}]*\}|\\\\\s*\[[^\]]*\]", lambda m: " " * len(m.group()), latex)


def _corrected(match: re.Match[str], value: str, most: int) -> str:
    """An entry that is off, to as many digits as stand there, or exactly where the longest entry has the digits for it."""
    new, exact = _rounded(value, match[1]), _rounded(value, "0" * most)
    if new is None or exact is None:
        return ""
    written = Decimal(re.sub(r"\s", "", match.group()).replace("−", "-"))
    if abs(Decimal(value) - written) < Decimal(1).scaleb(-len(match[1] or "")) and (
        match[1] or Decimal(new) == written
    ):
        return ""
    return f"{Decimal(exact).normalize():f}" if match[1] and Decimal(exact) == Decimal(value) else new


def _rounded(value: str, digits: str | None) -> str | None:
    try:
        found = Decimal(value).quantize(Decimal(1).scaleb(-len(digits or "")))
    except InvalidOperation:
        return None
    return f"{found:f}" if found else f"{abs(found):f}"


def factor_between(counterexample: dict[str, str] | None) -> Fraction | None:
    """The simple number by which the left side is the right side too large at the counterexample."""
    try:
        left, right = (Fraction(Decimal(str((counterexample or {})[side]))) for side in ("left", "right"))
        ratio = (left / right).limit_denominator(24)
    except (KeyError, InvalidOperation, ValueError, OverflowError, ZeroDivisionError):
        return None
    if abs(ratio * right - left) > abs(left) / 10**9 or abs(ratio.numerator) > 1000 or ratio in (0, 1):
        return None
    return ratio


def coefficient(page: Page, ratio: Fraction) -> Iterator[Edit]:
    """Another number before everything, where the sides differ by a simple factor."""
    latex = page.latex
    leading = re.match(r"\s*(\d{1,9})(?![\d.])(\s*)", latex)
    number = ratio * int(leading[1]) if leading else ratio
    stop = leading.end() if leading else 0
    if len(page.tree.terms) > 1 or page.latex[slice(*page.tree.terms[0].sign)]:
        return
    sign, size = "-" if number < 0 else "", abs(number)
    if size == 1:
        new = sign
    elif size.denominator == 1:
        new = f"{sign}{size}{leading[2] if leading else ''}"
    else:
        new = f"{sign}\\frac{{{size.numerator}}}{{{size.denominator}}} "
    if leading or size != 1:
        mistake = "a coefficient" if leading else f"a factor {size} is missing"
        yield Edit(((0, stop, new),), 1.1 if leading else 1.35, mistake)
