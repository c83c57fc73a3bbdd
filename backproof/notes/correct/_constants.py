r"""Constants: ``1/m``, 2 or 1/2 forgotten, or one of them in the place of another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._factors import deleted
from ._layout import Unit, values
from ._page import Edit, Page, before, in_front, plain


def constants(page: Page) -> Iterator[Edit]:
    r"""``1/m``, 2, 1/2 or m forgotten, or one of them in the place of another."""
    count = page.count
    known = (
        (f"\\frac{{1}}{{{count}}}", 1.2, f"a factor 1/{count} is missing"),
        ("2", 1.22, "a factor 2 is missing"),
        ("\\frac{1}{2}", 1.25, "a factor 1/2 is missing"),
        (count, 1.5, f"a factor {count} is missing"),
        (f"\\frac{{2}}{{{count}}}", 1.7, f"a factor 2/{count} is missing"),
        (f"\\frac{{1}}{{2{count}}}", 1.8, f"a factor 1/(2{count}) is missing"),
    )
    terms = page.tree.terms
    for new, cost, mistake in known:
        yield in_front(page, page.tree, new, cost, mistake)
        if len(terms) > 1:
            for k, term in enumerate(terms):
                yield before(page, term, new, cost + (0.1 if k else 0.2), mistake)
    for unit in values(page.tree):
        text = page.text(unit)
        if unit.kind == "number" and not unit.scripts and re.fullmatch(r"[1-9]\d?", text):
            exponent = page.latex[: unit.start].rstrip(" {").endswith("^")
            for other in ("1", "2", "3", "4", count):
                if other != text and not (text == "1" and _stands_alone(page, unit)):
                    mistake = "an exponent" if exponent else f"{text} instead of {other}"
                    yield Edit(
                        ((unit.start, unit.end, other),), 1.3 if "1" in (text, other) else 1.15, mistake
                    )
        if unit.kind == "frac":
            yield from _in_fraction(page, unit, count)


def _stands_alone(page: Page, unit: Unit) -> bool:
    """The 1 of ``1 - a`` is no factor."""
    after = page.latex[unit.end :].lstrip()
    return after.startswith(("-", "+"))


def _in_fraction(page: Page, unit: Unit, count: str) -> Iterator[Edit]:
    top, bottom = unit.inside
    if re.fullmatch(r"[A-Za-z]|\\[A-Za-z]+(?:_\w|_\{[^{}]*\})?", page.text(top).strip()) and page.text(
        top
    ).strip() not in ("d", "\\partial"):
        named = page.text(top).strip()
        yield Edit(((top.start, top.end, "1"),), 1.6, f"a factor {plain(named)} too many")
    for sequence, other in ((top, "2"), (bottom, "2"), (bottom, count), (top, count)):
        text = page.text(sequence).strip()
        if text == "1":
            yield Edit(((sequence.start, sequence.end, other),), 1.18, f"a factor {other} is missing")
        elif (
            len(sequence.terms) == 1
            and sequence.terms[0].factors[0].units[0].kind != "number"
            and "\\partial" not in text
            and not re.match(r"d(?![A-Za-z])|d[A-Za-z]$", text)
        ):
            splice = (sequence.start, sequence.start, other if other == "2" else other + " ")
            yield Edit((splice,), 1.4, f"a factor {other} is missing")
    if page.text(top).strip() == "1" and bottom.terms and len(bottom.terms) == 1:
        for j, factor in enumerate(bottom.terms[0].factors):
            if len(bottom.terms[0].factors) == 1:
                continue
            edit = deleted(page, bottom.terms[0], j)
            yield Edit(
                edit.splices, 1.2, f"a factor 1/{plain(page.latex[factor.start : factor.end])} too many"
            )
