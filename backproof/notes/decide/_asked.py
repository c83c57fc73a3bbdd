"""What a run asks of its reading and its text: one that differs in nothing that was asked comes to the same.

Most of the ways in which a refuted claim may be meant do not touch it: it has no derivative, no labels, no product of
matrices. That is seen from the run that refuted it, and not guessed from the claim.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from .._errors import NotesError
from ..resolve import Context
from ._habits import Reading, Usage

if TYPE_CHECKING:
    from ._claim import Run


@dataclass
class Asked:
    """The fields of the reading, layouts, the signs of products and the names of labels that a run has asked for."""

    fields: set[str] = field(default_factory=set)
    layouts: set[str] = field(default_factory=set)
    products: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)


_FIELDS = frozenset(f.name for f in fields(Reading)) - {"flags", "layout"}


class Noticed(Reading):
    """A reading that writes down what is asked of it."""

    def __init__(self, reading: Reading, asked: Asked) -> None:
        vars(self).update(vars(reading), _asked=asked)

    def __getattribute__(self, name: str) -> Any:
        if name in _FIELDS:
            object.__getattribute__(self, "_asked").fields.add(name)
        return object.__getattribute__(self, name)

    def lies(self, layout: str, text: str) -> bool:
        """Whether derivatives have this layout; ``text`` is what the text says of it."""
        self._asked.layouts.add(layout)
        return (self.layout or text) == layout


@dataclass(frozen=True)
class Past:
    """What a run is asked: the sides, which equalities, in what context and reading."""

    sides: tuple[object, ...]
    links: Collection[int]
    context: Context
    usage: Usage
    reading: Reading


@dataclass
class Known:
    """The runs that one claim has had."""

    runs: list[tuple[Past, Asked, Run | NotesError]] = field(default_factory=list)

    def add(self, past: Past, asked: Asked, run: Run | NotesError) -> None:
        """Keep what a run came to, as it is now."""
        if not isinstance(run, NotesError):
            run = replace(run, links=[replace(outcome) for outcome in run.links])
        self.runs.append((past, asked, run))

    def find(self, now: Past) -> Run | None:
        """What a run would come to, if that is known.

        Raises
        ------
        NotesError
            It would end with that.
        """
        for past, asked, run in self.runs:
            if _comes_to_the_same(past, now, asked):
                if isinstance(run, NotesError):
                    raise run
                return run
        return None


def _comes_to_the_same(past: Past, now: Past, asked: Asked) -> bool:
    return (
        all(getattr(past.reading, name) == getattr(now.reading, name) for name in asked.fields)
        and all((past.reading.layout == x) == (now.reading.layout == x) for x in asked.layouts)
        and set(now.links) <= set(past.links)
        and past.sides == now.sides
        and (past.usage is now.usage or past.usage == now.usage)
        and _is_alike(past.context, now.context, asked)
    )


def _is_alike(one: Context, other: Context, asked: Asked) -> bool:
    for name, a in vars(one).items():
        b = getattr(other, name)
        if a is b or a == b:
            continue
        if name == "products":
            if any(a.get(sign) != b.get(sign) for sign in asked.products):
                return False
        elif name not in ("one_hot", "binary") or any({n, n.swapcase()} & asked.labels for n in a ^ b):
            return False
    return True
