"""A chain with all that is needed to decide it under some reading."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

from .._errors import LimitError, MisplacedError, NotesError
from .._limits import Budget
from ..resolve import (
    Big,
    Context,
    Definition,
    Derivative,
    Gradient,
    Index,
    Number,
    Ref,
    Term,
    refs,
    walk,
)
from ..resolve._item import Item
from ..resolve._lexicon import is_loss
from ..resolve._terms import rebuilt
from ._asked import Asked, Known, Past
from ._claim import SMALL, Run, decide_chain
from ._doubts import reached
from ._habits import Reading, Usage
from ._numeric import tolerance

# Steps that are late, and where they are moved to: behind the first, where a recursion begins.
_LATE, _EARLY = 6, 3


@dataclass(frozen=True)
class Question:
    """A chain with all that is needed to decide it under some reading.

    ``bases``: the text speaks of bases of logarithms.
    ``proving``: nothing is asked but whether it is proved, as of a correction.
    """

    item: Item
    context: Context
    usage: Usage
    budget: Budget
    others: Callable[[], Iterable[tuple[str, Context]]] = tuple
    bases: bool = False
    proving: bool = False
    runs: Known = field(default_factory=Known, compare=False)

    def run(
        self,
        reading: Reading,
        context: Context | None = None,
        usage: Usage | None = None,
        *,
        saving: Collection[int] | None = None,
    ) -> Run:
        """Decide the chain under one reading.

        Where ``saving`` are links, nothing is asked but whether any of these is proved or agrees.
        """
        item = self.item
        known, written = context or self.context, usage or self.usage
        links = [k for k, c in enumerate(item.claiming) if c and (saving is None or k in saving)]
        past = Past((item.kind, item.parts, item.relations), links, known, written, reading)
        if saving is not None and (run := self.runs.find(past)) is not None:
            return run
        asked = Asked()
        try:
            run = self._placed(reading, known, written, saving, asked)
        except LimitError:
            raise
        except NotesError as error:
            self.runs.add(past, asked, error)
            raise
        self.runs.add(past, asked, run)
        return run

    def _placed(
        self, reading: Reading, known: Context, written: Usage, saving: Collection[int] | None, asked: Asked
    ) -> Run:
        """Decide the chain without definitions that do not fit the others, where it does not rest on them."""
        item = self.item
        needed: set[str] | None = None
        while True:
            try:
                return self._run(reading, known, written, saving, asked)
            except MisplacedError as error:  # the v = a + u of another example than the a of the network
                needed = _needed(item.parts, known) if needed is None else needed
                definition = error.definition
                if not isinstance(definition, Definition) or definition.head.name in needed:
                    raise
                known = replace(known, definitions=[d for d in known.definitions if d is not definition])

    def shifted(self) -> Question:
        """The claim at early steps, where it speaks of late ones: ``v_{100} = 0.9 v_{99} + g_{100}`` is v_4 = 0.9 v_3 + g_4.

        What holds of a recursion holds at every step of it, if nothing in it or in the claim counts steps besides.
        """
        late = {r.time.offset for p in self.item.parts for r in refs(p) if r.time and not r.time.name}
        by = min(late, default=0) - _EARLY
        bodies = [d.body for d in self.context.definitions]
        counting = any(isinstance(n, Big) for t in (*self.item.parts, *bodies) for n in walk(t))
        times = {d.head.time.name for d in self.context.definitions if d.head.time is not None}
        begun = any(
            d.head.time and not d.head.time.name and d.head.time.offset > 1 for d in self.context.definitions
        )
        counting = counting or begun or any(r.name in times for body in bodies for r in refs(body))
        if max(late, default=0) <= _LATE or by <= 0 or counting or max(late) - min(late) > _LATE:
            return self

        def change(term: Term) -> Term:
            if isinstance(term, Ref) and term.time is not None and not term.time.name:
                return replace(term, time=Index("", term.time.offset - by))
            return term

        item = replace(self.item, parts=tuple(rebuilt(p, change) for p in self.item.parts))
        return replace(self, item=item)

    def _run(
        self, reading: Reading, known: Context, written: Usage, saving: Collection[int] | None, asked: Asked
    ) -> Run:
        """Decide the chain with all definitions of a context."""
        item = self.shifted().item
        limits: list[list[Fraction] | None] = [
            tolerance(a, b, r) if item.kind == "numeric" else None
            for a, b, r in zip(item.parts, item.parts[1:], item.relations, strict=False)
        ]
        if known.exact_numbers and len(item.parts) == 2:  # between the sides of a chain stand rounded results
            numbers = {n.value for p in item.parts for n in walk(p) if isinstance(n, Number)}
            known = replace(known, given=known.given | numbers)
        claiming = [c and (saving is None or k in saving) for k, c in enumerate(item.claiming)]
        decide = partial(decide_chain, item.parts, claiming, known, written, reading, self.budget, limits)
        run = decide(saving=saving is not None, asked=asked)
        if any(o.agrees for o in run.links):
            small = decide(SMALL, asked=asked)
            run.links = [
                b if a.agrees and b.verdict == "proved" else a
                for a, b in zip(run.links, small.links, strict=True)
            ]
            run.notes.extend(n for n in small.notes if n not in run.notes)
        return run


def _needed(parts: Sequence[Term], context: Context) -> set[str]:
    """The names that a chain rests on; what it differentiates may be any loss."""
    slopes = any(isinstance(n, (Derivative, Gradient)) for p in parts for n in walk(p))
    losses = [d.head for d in context.definitions if is_loss(d.head.name)] if slopes else []
    return reached([*parts, *losses], context)
