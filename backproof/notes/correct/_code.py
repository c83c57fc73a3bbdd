r"""Mistakes in what formulas take from NumPy: a ``.T`` too few or too many, factors swapped, the other axis."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._page import Edit, Page

_QUANTITY = r"d?[A-Za-z]\w*(?:\^\{?\[\w+\]\}?|\^\{\[\w+[-+]1\]\})?"
_ARGUMENTS = re.compile(
    rf"(?:np\.dot|np\.matmul)\}}?\s*\(\s*(?P<one>{_QUANTITY}(?:\.T)?)\s*,\s*(?P<two>{_QUANTITY}(?:\.T)?)\s*\)"
)
_METHOD = re.compile(rf"(?P<one>{_QUANTITY}(?:\.T)?)\.dot\(\s*(?P<two>{_QUANTITY}(?:\.T)?)\s*\)")
_AXIS = re.compile(r"axis\}?\s*=\s*(?P<axis>[01])")


def from_code(page: Page) -> Iterator[Edit]:
    """One transpose more or less, the factors the other way round, the other axis."""
    for pattern in (_ARGUMENTS, _METHOD):
        for match in pattern.finditer(page.latex):
            one, two = match["one"], match["two"]
            for name in ("one", "two"):
                told, (start, end) = match[name], match.span(name)
                new = told.removesuffix(".T") if told.endswith(".T") else f"{told}.T"
                why = "a transpose too many" if told.endswith(".T") else "a transpose is missing"
                yield Edit(((start, end, new),), 1.2, why)
            swapped = ((*match.span("one"), two), (*match.span("two"), one))
            yield Edit(swapped, 1.3, "the factors stand the other way round")
            turned = tuple(
                (*match.span(k), t.removesuffix(".T") if t.endswith(".T") else f"{t}.T")
                for k, t in (("one", one), ("two", two))
            )
            yield Edit(turned, 1.4, "the transpose stands on the wrong factor")
    for match in _AXIS.finditer(page.latex):
        other = "1" if match["axis"] == "0" else "0"
        yield Edit(((*match.span("axis"), other),), 1.2, "the sum is along the other axis")
