r"""What is right where more than one thing went wrong: what the chain goes on with, and derivatives that everybody writes.

These come last: they do not undo the mistake, they say what holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._page import Edit, Page


def known(page: Page) -> Iterator[Edit]:
    """Other sides of the chain, and what the document says elsewhere of the same quantity."""
    start, end = 0, len(page.latex)
    for k, side in enumerate(page.sides):
        if side not in (page.left, page.latex):
            yield Edit(((start, end, side),), 4.0 + 0.1 * k, "another formula")
    for cost, text in standard(page):
        yield Edit(((start, end, text),), cost, "another formula")


def standard(page: Page) -> Iterator[tuple[float, str]]:
    """The derivatives of the usual losses and activations, in the letters of the document."""
    odot = f" {page.entrywise} " if page.entrywise else ""
    guesses = [n for n in page.names if re.match(r"[aApPqo]|\\hat|h(?![a-z])|\\sigma|out", n)][:3]
    labels = [n for n in page.names if re.match(r"[yYt](?![a-z])", n)][:2]
    for a in guesses:
        yield 5.0, f"{a}{odot or ' '}(1-{a})"
        yield 5.0, f"1-{_squared(a)}"
        for y in labels:
            yield 5.1, f"{a}-{y}"
            yield 5.2, f"-\\frac{{{y}}}{{{a}}}"
            yield 5.3, f"-\\frac{{{y}}}{{{a}}}+\\frac{{1-{y}}}{{1-{a}}}"
            yield 5.4, f"2({a}-{y})"
            yield 5.5, f"\\frac{{1}}{{{page.count}}}({a}-{y})"
    for call in page.calls[:4]:
        yield 5.6, f"{call}{odot or ' '}(1-{call})"
        yield 5.6, f"1-{call}^2"


def _squared(name: str) -> str:
    found = re.fullmatch(r"(.*)\^\{?([^{}]*)\}?", name)
    return f"{found[1]}^{{{found[2]}2}}" if found else f"{name}^2"
