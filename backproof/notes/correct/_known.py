r"""What is right where more than one thing went wrong: what the chain goes on with, and derivatives that everybody writes.

These come last: they do not undo the mistake, they say what holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._page import Edit, Page

# Such a correction undoes no mistake that has a name.
WHOLE = ""


def known(page: Page) -> Iterator[Edit]:
    """Other sides of the chain, and what the document says elsewhere of the same quantity."""
    start, end = 0, len(page.latex)
    for k, side in enumerate(page.later):
        if side not in (page.left, page.latex):
            yield Edit(((start, end, side),), 4.0 + 0.1 * k, WHOLE)
    for cost, text in standard(page):
        yield Edit(((start, end, text),), cost, WHOLE)


_BY = re.compile(
    r"\\frac\s*\{\s*(\\partial|d|\\mathrm\{d\})[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
)


def differentiated(page: Page) -> Iterator[Edit]:
    """``d/dx (f)`` for ``f``: the function was written where its derivative belongs."""
    found = _BY.match(page.left.strip())
    if found is not None:
        opening = f"\\frac{{{found[1]}}}{{{found[2]}}} \\left("
        splices = ((0, 0, opening), (len(page.latex), len(page.latex), "\\right)"))
        yield Edit(splices, 1.7, "the function instead of its derivative")


def standard(page: Page) -> Iterator[tuple[float, str]]:
    """The derivatives of the usual losses and activations, in the letters of the document."""
    heads = {call.partition("(")[0] for call in page.calls}
    odot = f" {page.entrywise} " if page.entrywise else ""
    named = [n for n in page.names if n in page.left and n not in page.latex and n not in heads][:2]
    guesses = [n for n in page.names if re.match(r"[aApPqo]|\\hat|h(?![a-z])|\\sigma|out", n)][:3]
    guesses = list(dict.fromkeys([*guesses, *named]))
    labels = [n for n in page.names if re.match(r"[yYt](?![a-z])", n)][:2]
    yield 5.0, "1"
    yield 5.05, "0"
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
        if (argument := re.search(r"(?<=\()[^()]+(?=\)$)", call)) is not None and call in page.latex:
            yield 5.7, f"\\frac{{1}}{{1+e^{{-{argument.group()}}}}}"
        yield 4.9, f"{call}{odot or ' '}(1-{call})"
        yield 5.6, f"1-{call}^2"


def _squared(name: str) -> str:
    found = re.fullmatch(r"(.*)\^\{?([^{}]*)\}?", name)
    return f"{found[1]}^{{{found[2]}2}}" if found else f"{name}^2"
