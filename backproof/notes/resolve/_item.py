"""What one statement of a document is on its way to a verdict, and a document that has been read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..find import Formula
from ..parse import Statement
from ._context import Context, Definition
from ._ledger import Ledger
from ._scopes import Scopes
from ._terms import Number, Term

Pair: TypeAlias = tuple[str, str]
Place: TypeAlias = tuple[int, str]


@dataclass(frozen=True)
class Case:
    """``=`` or ``≠`` between two indices; ``near`` where it stands right at the claim that it is said of."""

    relation: str
    near: bool


@dataclass
class Item:
    """One statement on its way to a verdict.

    ``claiming`` says for each link of the chain whether it claims; ``known`` is how many definitions came before.
    ``case`` is what a statement says of two indices, ``cases`` what is said of those of a claim.
    ``words`` stand before it, ``after`` behind it to the end of the sentence, ``inside`` it in upright type;
    ``announced``: those between the display before it and this one.
    ``conditional``: its sentence gives a condition. ``square``: it is asked for where all sizes but those told are one.
    ``setting``: it may be where the document first says what a shape is, and then claims nothing.
    ``values``: the numbers that sentences read off for the values of functions.
    ``again`` holds, for links that may define anew what another section defines, that other definition.
    """

    formula: Formula
    kind: str
    parts: tuple[Term, ...] = ()
    relations: tuple[str, ...] = ()
    claiming: tuple[bool, ...] = ()
    sides: tuple[str, ...] = ()
    known: int = 0
    reason: str = ""
    unsure: bool = False
    lints: list[str] = field(default_factory=list)
    section: int = 0
    values: dict[Term, Number] = field(default_factory=dict)
    again: dict[int, Definition] = field(default_factory=dict)
    words: str = ""
    after: str = ""
    inside: str = ""
    announced: str = ""
    case: tuple[Pair, str] | None = None
    cases: dict[Pair, Case] = field(default_factory=dict)
    conditional: bool = False
    square: bool = False
    setting: bool = False


@dataclass
class Gathered:
    """A document read: its context and its statements.

    ``pairs`` are the indices of which it tells cases apart in formulas; ``hinted``: it may do so in words; ``bases``: they
    speak of logarithms to another base than e; ``natural``: formulas write ln. ``unturned``: the words say that transposes
    are not written; ``degrees``: they measure angles in degrees.
    """

    context: Context
    items: list[Item]
    terms: list[Term]
    scopes: Scopes
    spoken: set[str]
    written_out: Callable[[tuple[Term, ...]], tuple[Term, ...]]
    stated: set[str] | None = None
    survey: Any = None
    restated: dict[Definition, bool] = field(default_factory=dict)
    pairs: set[Pair] = field(default_factory=set)
    hinted: bool = False
    bases: bool = False
    natural: bool = False
    unturned: bool = False
    degrees: bool = False
    placed: dict[Place, Item] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)

    def source(self, line: int, latex: str) -> Item | None:
        """The statement of a formula that stands at a line."""
        if not self.placed:
            for item in reversed(self.items):
                self.placed[item.formula.line, item.formula.latex] = item
        return self.placed.get((line, latex))


# Runs a piece of work and says what went wrong with it.
Guard: TypeAlias = Callable[[Callable[[], None]], str]
# A statement, its sides as terms, and what kept it from being understood.
Prepared: TypeAlias = tuple[Statement, tuple[Term, ...], str]
