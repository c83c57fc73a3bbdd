"""The hypotheses of a document, over the entries of its quantities."""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import dataclass

from .._errors import NotesError
from ..resolve import Term
from ._evaluate import Evaluator
from ._indices import ambient_dim, combinations, free_indices, placements
from ._points import Hypothesis
from ._values import Dim


@dataclass
class Assumed:
    """One hypothesis of the document on its way to nodes, with the axes of its free indices."""

    left: Term
    relation: str
    right: Term
    bound: dict[str, Dim]
    places: list[dict[str, int]]


def assume(ev: Evaluator) -> list[Assumed]:
    """Find the shapes of the hypotheses, so that their indices have ranges."""
    found = []
    for left, relation, right in ev.world.context.hypotheses:
        axes, steps = free_indices((left, right), ev)
        bound = {a: ambient_dim(ev.world, a) for a in axes}
        places = []
        for place in placements(steps, ev.world):
            with suppress(NotesError), ev.bound({**bound, **place}, fresh=True):
                ev.value(left)
                ev.value(right)
                places.append(place)
        found.append(Assumed(left, relation, right, bound, places))
    return found


def read_hypotheses(ev: Evaluator, assumed: list[Assumed]) -> tuple[list[Hypothesis], list[Assumed]]:
    """The hypotheses over nodes, and those that cannot be read."""
    found: list[Hypothesis] = []
    unread: list[Assumed] = []
    for one in assumed:
        if not one.places:
            unread.append(one)
            continue
        try:
            cases = itertools.product(one.places, combinations(one.bound, ev.world.context))
            for place, combo in cases:
                with ev.bound({**combo, **place}, fresh=True):
                    a, b = ev.value(one.left), ev.value(one.right)
                gaps = ev.algebra.zipped(a, b, lambda x, y: x), ev.algebra.zipped(a, b, lambda x, y: y)
                found.extend(
                    Hypothesis(x, one.relation, y)
                    for x, y in zip(gaps[0].cells or (), gaps[1].cells or (), strict=True)
                )
        except NotesError:
            unread.append(one)
    return found, unread
