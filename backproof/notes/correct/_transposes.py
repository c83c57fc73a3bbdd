"""Transposes: one too many, one forgotten, one on the wrong factor, a matrix taken for symmetric."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, permutations

from ._layout import Factor, Unit, sequences, values
from ._page import Edit, Page, is_quantity, plain

_TRANSPOSE = re.compile(r"\^\s*(?:\{\s*\\?(?:T|top|intercal|mathsf\{T\}|mathrm\{T\})\s*\}|\\top|T)$")


def transposes(page: Page) -> Iterator[Edit]:
    """One transpose more or less, or on the neighbour."""
    for unit in values(page.tree):
        yield from _without_transpose(page, unit)
        if (
            unit.kind in ("letter", "command", "word", "group", "braces")
            and (unit.kind in ("group", "braces") or is_quantity(page, unit))
            and not _has_transpose(page, unit)
        ):
            yield Edit((transposed(page, unit),), 1.2, "a transpose is missing")
    yield from _symmetric(page)
    yield from _elsewhere(page)
    for term in _terms(page):
        for one, two in pairwise(term):
            a, b = one.units[-1], two.units[-1]
            moves = [
                (x, y) for x, y in ((a, b), (b, a)) if _has_transpose(page, x) and not _has_transpose(page, y)
            ]
            for x, y in moves:
                for edit in _without_transpose(page, x):
                    yield Edit(
                        (*edit.splices, transposed(page, y)),
                        1.25,
                        "the transpose stands on the wrong factor",
                    )


def _elsewhere(page: Page) -> Iterator[Edit]:
    """``X (X^T w - y)`` for ``X^T (X w - y)``: one matrix twice, and the transpose on the other of the two."""
    units = [u for u in values(page.tree) if u.kind in ("letter", "command", "word")]
    for one, two in permutations(units, 2):
        same = page.latex[one.start : one.stop] == page.latex[two.start : two.stop]
        if same and _has_transpose(page, one) and not _has_transpose(page, two):
            for edit in _without_transpose(page, one):
                yield Edit(
                    (*edit.splices, transposed(page, two)), 1.45, "the transpose stands on the wrong factor"
                )


def _symmetric(page: Page) -> Iterator[Edit]:
    """``(A + A^T) x`` for ``2 A x``."""
    twice = re.match(r"\s*2\s*(?:\\cdot\s*)?", page.latex)
    if twice is None or len(page.tree.terms) != 1:
        return
    for unit in values(page.tree):
        name = page.text(unit)
        if re.fullmatch(r"[A-Z]|\\(?:mathbf|boldsymbol|bm)\s*\{[A-Z]\}", name):
            _, _, mark = transposed(page, unit)
            new = f"({name} + {name}{mark})"
            yield Edit(
                ((0, twice.end(), ""), (unit.start, unit.end, new)),
                1.5,
                f"{plain(name)} taken for symmetric",
            )


def _terms(page: Page) -> Iterator[tuple[Factor, ...]]:
    for sequence in sequences(page.tree):
        for term in sequence.terms:
            yield term.factors


def _has_transpose(page: Page, unit: Unit) -> bool:
    return any(True for _ in _without_transpose(page, unit))


def _without_transpose(page: Page, unit: Unit) -> Iterator[Edit]:
    for script in unit.scripts:
        text = page.latex[script.start : script.end]
        if _TRANSPOSE.match(text):
            yield Edit(((script.start, script.end, ""),), 1.2, "a transpose too many")
        elif script.kind == "^" and (
            found := re.search(r"(?:\^\{?)?(?<=[\])])\s*(?:\\top|\^T|T)(?=\}?$)", text)
        ):
            yield Edit(
                ((script.start + found.start(), script.start + found.end(), ""),), 1.2, "a transpose too many"
            )


def transposed(page: Page, unit: Unit) -> tuple[int, int, str]:
    written = "\\top" if "\\top" in page.latex + page.left else "T"
    raised = next((s for s in unit.scripts if s.kind == "^"), None)
    if raised is None:
        return (unit.end, unit.end, f"^{written}" if written == "T" else "^{\\top}")
    start, end = raised.inner
    return (start, end, page.latex[start:end] + written)
