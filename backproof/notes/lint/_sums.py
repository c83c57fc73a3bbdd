"""Sums with a term too many, and sums whose summand does not move with their index."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..resolve import Big, Div, Number, Ref, Term, refs, walk
from ..resolve._item import Gathered, Item
from ._indices import letters, stands_in
from ._survey import Survey

_COUNTS = ("m", "n", "N", "K")


def sums(item: Item, gathered: Gathered, known: Survey) -> Iterator[str]:
    """What is wrong with the limits and the summands of a statement's sums."""
    for part in item.parts:
        means = {r.name for n in walk(part) if isinstance(n, Div) for r in refs(n.den)}
        for node in walk(part):
            if isinstance(node, Big):
                yield from _limits(node, means)
                yield from _summand(node)
    if re.search(r"[A-Za-z]\{\[", item.formula.latex):
        yield "a caret is missing before a layer in square brackets"


def _limits(node: Big, means: set[str]) -> Iterator[str]:
    match node:
        case Big("sum", index, Number(low), Ref(name)) if low == 0 and name in _COUNTS:
            text = f"the sum from {index} = 0 to {name} has one term more than {name}"
            yield f"{text}, by which the mean divides" if name in means else text


def _summand(node: Big) -> Iterator[str]:
    body: Term = node.body
    others = letters(body) - {node.index}
    if node.index and others and not stands_in(node.index, body):
        yield f"no {node.index} stands in the sum over {node.index}"
