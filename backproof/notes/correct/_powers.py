"""Powers: a square forgotten, one too many, one on the wrong thing; another exponent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._layout import Script, Sequence, Unit, factors, values
from ._page import Edit, Page, is_quantity
from ._scripts import ELEMENTARY

_NUMBER = re.compile(r"\{?\s*(\d)\s*\}?$")


def powers(page: Page) -> Iterator[Edit]:
    """A square forgotten, too many, or on the wrong thing; another exponent."""
    for unit in values(page.tree):
        raised = next((s for s in unit.scripts if s.kind == "^"), None)
        if (
            raised is None
            and unit.kind in ("letter", "command", "word", "group")
            and (unit.kind == "group" or is_quantity(page, unit))
        ):
            yield Edit(
                ((unit.end, unit.end, "^2"),), 1.3 if unit.kind != "group" else 1.25, "a square is missing"
            )
        if raised is not None:
            yield from _exponents(page, unit, raised)
        if unit.kind == "group" and raised is not None and _NUMBER.match(page.latex[slice(*raised.inner)]):
            yield from _inside(page, unit, raised)
        if unit.kind == "frac":
            yield from _squared(page, unit.inside)
    whole = page.tree
    if len(whole.terms) > 1 or len(whole.terms[0].factors) > 1:
        opening, closing = ("\\left(", "\\right)^2") if "\\frac" in page.latex else ("(", ")^2")
        yield Edit(
            ((whole.start, whole.start, opening), (whole.end, whole.end, closing)),
            1.5,
            "the square of it all is missing",
        )
    for _, factor in factors(page.tree):
        if len(factor.units) > 1 and not any(s.kind == "^" for s in factor.units[-1].scripts):
            yield Edit(((factor.end, factor.end, "^2"),), 1.25, "a square is missing")
            name = factor.units[0]
            if name.kind in ("word", "command") and not name.scripts:
                usual = ELEMENTARY.match(page.text(name)) is not None
                yield Edit(((name.stop, name.stop, "^2"),), 1.24 if usual else 1.35, "a square is missing")


def _exponents(page: Page, unit: Unit, raised: Script) -> Iterator[Edit]:
    start, end = raised.inner
    inner = page.latex[start:end]
    if inner.strip() == "2":
        yield Edit(((raised.start, raised.end, ""),), 1.2, "a square too many")
    elif (found := re.search(r"(?<=[\])])\s*2$", inner)) is not None:
        yield Edit(((start + found.start(), end, ""),), 1.2, "a square too many")
    elif re.search(r"[\])]\s*$", inner):
        yield Edit(((end, end, "2"),), 1.35, "a square is missing")
    if re.fullmatch(r"\s*(?:[a-zA-Z]|\d)\s*", inner) and page.latex[unit.start : unit.stop] != "e":
        for other in ("2", "3", "n-1", "{-1}"):
            if other.strip("{}") != inner.strip() and (other != "n-1" or inner.strip() == "n"):
                yield Edit(
                    (
                        (
                            raised.start,
                            raised.end,
                            "^" + (other if len(other) == 1 or other[0] == "{" else "{" + other + "}"),
                        ),
                    ),
                    1.6,
                    "an exponent",
                )


def _inside(page: Page, unit: Unit, raised: Script) -> Iterator[Edit]:
    r"""``(1 - t)^2`` for ``1 - t^2``: the square on the last term, with the brackets and without."""
    power = page.latex[raised.start : raised.end]
    (inside,) = unit.inside
    if not inside.terms:
        return
    at = inside.terms[-1].end
    splices = ((raised.start, raised.end, ""), (at, at, power))
    whole = unit.start == page.tree.start and unit.end == page.tree.end
    if whole:
        opening, closing = (unit.start, inside.start, ""), (inside.end, raised.end, power)
        yield Edit((opening, closing), 1.4, "the square is in the wrong place")
    yield Edit(splices, 1.45, "the square is in the wrong place")


def _squared(page: Page, inside: tuple[Sequence, ...]) -> Iterator[Edit]:
    for which, sequence in enumerate(inside):
        if sequence.terms and (len(sequence.terms) > 1 or len(sequence.terms[0].factors) > 1):
            text = page.text(sequence)
            new = f"\\left({text}\\right)^2" if "\\frac" in text else f"({text})^2"
            where = ("numerator", "denominator")[which]
            yield Edit(((sequence.start, sequence.end, new),), 1.2, f"the square of the {where} is missing")
