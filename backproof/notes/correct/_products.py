r"""Products: ``AB`` for ``BA``, ``A dZ^T`` for ``dZ A^T``, a fraction upside down, the wrong product."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ._factors import valued
from ._layout import Factor, values
from ._page import Edit, Page
from ._transposes import transposed


def turned(page: Page) -> Iterator[Edit]:
    """``(m, n)`` for ``(n, m)``."""
    pair = re.fullmatch(r"\s*\(\s*([^,]*?)\s*,\s*([^,]*?)\s*\)\s*", page.latex)
    if pair is not None:
        splice = (0, len(page.latex), f"({pair[2]}, {pair[1]})")
        yield Edit((splice,), 1.1, "rows and columns the other way round")


def reordered(page: Page) -> Iterator[Edit]:
    """``AB`` for ``BA``, ``A dZ^T`` for ``dZ A^T``."""
    for sequence in valued(page):
        for term in sequence.terms:
            for one, two in pairwise(term.factors):
                yield from _exchanged(page, one, two)
                if len(two.units) == len(one.units) == 1 and not _transpose_of(page, one):
                    b = page.latex[two.start : two.end]
                    start, end, mark = transposed(page, one.units[0])
                    turned = page.latex[one.start : start] + mark + page.latex[end : one.end]
                    yield Edit(
                        ((one.start, one.end, b), (two.start, two.end, turned)),
                        1.5,
                        "the factors in the wrong order and a transpose missing",
                    )
                mark = _transpose_of(page, two)
                if len(two.units) == len(one.units) == 1 and mark.startswith("^"):
                    a, b = page.latex[one.start : one.end], page.latex[two.start : two.end - len(mark)]
                    yield Edit(
                        ((one.start, one.end, b), (two.start, two.end, a)),
                        1.5,
                        "the factors in the wrong order and a transpose too many",
                    )


def swapped(page: Page) -> Iterator[Edit]:
    r"""``AB`` for ``BA``, ``A dZ^T`` for ``dZ A^T``, a fraction upside down, another product."""
    for sequence in valued(page):
        for term in sequence.terms:
            for one, two in pairwise(term.factors):
                yield from _exchanged(page, one, two)
                yield from _other_product(page, one, two)
    for unit in values(page.tree):
        if unit.kind == "frac" and page.text(unit.inside[0]).strip() != "1":
            top, bottom = unit.inside
            yield Edit(
                ((top.start, top.end, page.text(bottom)), (bottom.start, bottom.end, page.text(top))),
                1.6,
                "a fraction upside down",
            )


def _exchanged(page: Page, one: Factor, two: Factor) -> Iterator[Edit]:
    a, b = (page.latex[f.start : f.end] for f in (one, two))
    if re.match(r"\\(?:sum|partial|nabla)|d$", a) or a == b:
        return
    yield Edit(((one.start, one.end, b), (two.start, two.end, a)), 1.4, "the factors in the wrong order")
    first, second = one.units[0], two.units[0]
    if len(one.units) == len(two.units) == 1 and first.scripts and second.scripts:
        x, y = (page.latex[u.start : u.stop] for u in (first, second))
        yield Edit(
            ((first.start, first.stop, y), (second.start, second.stop, x)),
            1.6,
            "two quantities the other way round",
        )
    marks = [_transpose_of(page, f) for f in (one, two)]
    if any(marks):
        bare = [text.replace(mark, "") if mark else text for text, mark in zip((a, b), marks, strict=True)]
        mark = next(m for m in marks if m)
        if len(set(map(bool, marks))) == 2 and mark.startswith("^"):
            left, right = (bare[1], bare[0] + mark) if marks[1] else (bare[1] + mark, bare[0])
            yield Edit(
                ((one.start, one.end, left), (two.start, two.end, right)),
                1.35,
                "the factors in the wrong order",
            )


def _transpose_of(page: Page, factor: Factor) -> str:
    found = re.search(r"\^\{?\s*\\?(?:T|top)\s*\}?$", page.latex[factor.start : factor.end])
    return found.group() if found else ""


def _other_product(page: Page, one: Factor, two: Factor) -> Iterator[Edit]:
    written = page.latex[slice(*two.op)]
    gap = (one.end, two.start)
    if written in ("/", "\\over"):
        return
    if page.entrywise and written != page.entrywise:
        yield Edit(((*gap, f" {page.entrywise} "),), 1.5, "a matrix product instead of the entrywise one")
    if written and written == page.entrywise:
        yield Edit(((*gap, " "),), 1.5, "an entrywise product instead of the matrix product")
        yield Edit(((*gap, " \\cdot "),), 1.55, "an entrywise product instead of the matrix product")
    if page.latex[one.start : one.end].strip() and not written and "(" in page.latex[two.start : two.end][:7]:
        yield Edit(((*gap, "+"),), 2.2, "a product instead of a sum")
