"""What a document says, section by section: the latest statement rules, within the headings that it stands under.

Every section keeps the *facts* that its own words and formulas state: all of a context but its definitions.
At a formula the facts of all sections are laid over each other: those of later sections lowest, then those of earlier ones
in their order, then those of the sections that enclose it, its own on top.
A fact hides another that it contradicts: another shape of the same name, a number that was a column, rows for columns.
Where no two sections contradict each other there is one context for the whole document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ._context import Context, Definition, could_match
from ._terms import Ref, Term

# What is one list for the whole document, and what a reader of prose remembers from one clause to the next.
_SHARED = frozenset(
    {
        "lexicon",
        "definitions",
        "unread",
        "doubts",
        "line",
        "column",
        "written",
        "top_layer",
        "both_bases",
        "hot",
        "told_functions",
    }
)
_MEMORY = frozenset({"activated", "last_loss", "columns_elsewhere"})
FACTS = tuple(f.name for f in fields(Context) if f.name not in _SHARED)
# Facts of which None says that nothing is said: that products do not fall is said.
_UNSAID = frozenset(f.name for f in fields(Context) if f.default is None)
# Of these a name has one at most.
_KINDS = ("shapes", "scalars", "vectors", "rows", "matrices")
_FUNCTIONS = ("opaque", "named")
_WAYS = ("vectors_are_columns", "vectors_are_rows")
_SENSES = ("descent", "ascent")
# Saying any of these, a section speaks of vectors; it is not the one in which everything is a number.
_VECTORIAL = ("examples", "vectors_are_columns", "vectors_are_rows", "shapes", "vectors", "rows", "matrices")


@dataclass
class Section:
    """A stretch of a document under a heading: its number, its place among the headings, and the facts it states."""

    number: int
    level: int
    parent: int
    title: str
    facts: Context


@dataclass
class Scopes:
    """The sections of a document, in their order; number 0 is what stands before the first heading."""

    context: Context
    sections: list[Section] = field(default_factory=list)
    open_sections: list[int] = field(default_factory=list)
    above: list[Context] = field(default_factory=list)
    below: dict[int, Context] = field(default_factory=dict)
    views: dict[tuple[int, ...], Context] = field(default_factory=dict)
    places: dict[int, Context] = field(default_factory=dict)
    stating: list[int] = field(default_factory=list)
    quarrel: list[Section] | None = None
    settle: Callable[[Context], None] = lambda context: None

    def open(self, level: int, title: str) -> Section:
        """Begin the section of a heading; what stands before the first one has level 0."""
        self.above.append(
            laid_over(self.sections[-1].facts, self.above[-1]) if self.sections else self.blank()
        )
        while self.open_sections and self.sections[self.open_sections[-1]].level >= level:
            self.open_sections.pop()
        parent = self.open_sections[-1] if self.open_sections else -1
        self.sections.append(Section(len(self.sections), level, parent, title, self.blank()))
        self.open_sections.append(len(self.sections) - 1)
        return self.sections[-1]

    def blank(self) -> Context:
        """A context in which nothing is stated yet, with the document's definitions."""
        return Context(**{name: getattr(self.context, name) for name in _SHARED})

    def encloses(self, outer: int, inner: int) -> bool:
        """Whether a section is another one, or one that the other belongs to."""
        while inner > outer:
            inner = self.sections[inner].parent
        return inner == outer

    def to_be_read(self, before: Context) -> Context:
        """The facts of the section that is open, ready to be added to, with what its reader remembers."""
        facts = self.sections[-1].facts
        facts.last_loss, facts.activated = before.last_loss, before.activated
        facts.columns_elsewhere = before.vectors_are_columns or before.columns_elsewhere
        return facts

    def whole(self) -> Context:
        """What the whole document says, the latest on top."""
        self.context = laid_over(self.sections[-1].facts, self.above[-1])
        return self.context

    def so_far(self, number: int) -> Context:
        """What holds at a section's formulas by what stands before them."""
        return self.within(self.above[number], number)

    def at(self, number: int) -> Context:
        """The context of a section's formulas, by the whole document."""
        if self.quarrel is None:
            self.quarrel = _quarrel(self.sections)
            self.stating = [s.number for s in self.sections if _states(s.facts)]
        if not self.quarrel:
            return self.context
        if number not in self.places:
            self.places[number] = self._view(number)
        return self.places[number]

    def _view(self, number: int) -> Context:
        before = [n for n in self.stating if n <= number]
        key = (before[-1] if before else -1, *(n for n in before if self.encloses(n, number)))
        if key not in self.views:
            view = self.within(laid_over(self.above[number], self._after(number)), number)
            hidden = [s for s in self.quarrel or () if hides(view, s.facts)]
            elsewhere = {r: f'{r} (in "{s.title}")' for s in hidden for r in s.facts.readings}
            view.readings = [elsewhere.get(r, r) for r in view.readings]
            self.settle(view)
            self.views[key] = view
        return self.views[key]

    def within(self, facts: Context, number: int) -> Context:
        """Facts with those of the sections that enclose this one on top, its own last."""
        chain = [number]
        while self.sections[chain[-1]].parent >= 0:
            chain.append(self.sections[chain[-1]].parent)
        for each in reversed(chain):
            facts = laid_over(self.sections[each].facts, facts)
        return facts

    def _after(self, number: int) -> Context:
        """The facts of the sections behind one, the nearest on top."""
        if not self.below:
            self.below[len(self.sections) - 1] = self.blank()
            for n in range(len(self.sections) - 1, 0, -1):
                self.below[n - 1] = laid_over(self.sections[n].facts, self.below[n])
        return self.below[number]


def _states(facts: Context) -> bool:
    return any(getattr(facts, name) for name in FACTS if name not in _MEMORY)


def _quarrel(sections: Sequence[Section]) -> list[Section]:
    """The sections that contradict others."""
    stating = [s for s in sections if _states(s.facts)]
    if len(stating) < 2:
        return []
    every = stating[0].facts
    found = []
    for section in stating[1:]:
        if hides(section.facts, every) or hides(every, section.facts):
            found.append(section)
        every = laid_over(section.facts, every)
    return [s for s in stating if s in found or any(hides(f.facts, s.facts) for f in found)] if found else []


def hides(high: Context, low: Context) -> bool:
    """Whether one section's facts contradict something that another states."""
    return any(_lost(high, low, name) for name in FACTS if name not in _MEMORY | {"readings"})


def laid_over(high: Context, low: Context) -> Context:
    """The facts of both; of what they contradict each other in, those of the first."""
    found: dict[str, Any] = {}
    for name in FACTS:
        mine, theirs = getattr(high, name), getattr(low, name)
        lost = _lost(high, low, name)
        if name == "shapes":
            found[name] = _shapes_of_both(mine, {k: v for k, v in theirs.items() if k not in lost})
        elif isinstance(mine, dict):
            found[name] = {**{k: v for k, v in theirs.items() if k not in lost}, **mine}
        elif isinstance(mine, set):
            found[name] = (theirs - lost) | mine
        elif isinstance(mine, list):
            found[name] = [x for x in theirs if _subject(x) not in lost and x not in mine] + mine
        elif lost and not mine:
            found[name] = None if mine is None else type(mine)()
        elif name in _UNSAID:
            found[name] = theirs if mine is None else mine
        else:
            found[name] = mine or theirs
    return replace(high, **found)


Shapes = dict[str, list[tuple[Ref, Term, Term]]]


def _shapes_of_both(mine: Shapes, theirs: Shapes) -> Shapes:
    """Of each name the shapes at layers of which the first says nothing come last."""
    both = dict(theirs)
    for name, stated in mine.items():
        layers = {_layer(pattern) for pattern, _, _ in stated}
        both[name] = [*stated, *(s for s in theirs.get(name, ()) if _layer(s[0]) not in layers)]
    return both


def _layer(pattern: Ref) -> object:
    layer = pattern.layer
    return None if layer is None else "any" if layer.name else layer.offset


def _same_shapes(mine: list[tuple[Ref, Term, Term]], theirs: list[tuple[Ref, Term, Term]]) -> bool:
    """Whether two sections agree on the shapes of a name, whatever letter they give to a layer."""
    known = {_layer(p): (_plain(rows, p), _plain(cols, p)) for p, rows, cols in mine}
    return all(
        known.get(_layer(p), pair) == pair for p, r, c in theirs for pair in ((_plain(r, p), _plain(c, p)),)
    )


def _plain(size: Term, pattern: Ref) -> Term:
    layer = pattern.layer
    if not isinstance(size, Ref) or layer is None or size.layer is None or size.layer.name != layer.name:
        return size
    return replace(size, layer=replace(size.layer, name="l" if layer.name else ""))


def _lost(high: Context, low: Context, name: str) -> set[Any]:
    """What one section states under a name, and another contradicts: keys, members, subjects, or the value itself."""
    mine, theirs = getattr(high, name), getattr(low, name)
    if not theirs:
        return set()
    if name == "shapes":
        lost = {k for k, v in theirs.items() if k in mine and not _same_shapes(mine[k], v)}
    elif isinstance(theirs, dict):
        lost = {k for k, v in theirs.items() if k in mine and mine[k] != v}
    elif isinstance(theirs, set):
        lost = set()
    elif isinstance(theirs, list):
        own = {_subject(x) for x in mine} - {None}
        lost = {_subject(x) for x in theirs if x not in mine} & own
    else:
        lost = {theirs} if mine and mine != theirs else set()
    for group in (_KINDS, _FUNCTIONS):
        if name in group:
            lost |= {k for k in theirs for other in group if other != name and k in getattr(high, other)}
    for pair in (_WAYS, _SENSES):
        if name in pair and any(getattr(high, other) for other in pair if other != name):
            lost = {theirs}
    numbers = high.all_scalar and not low.all_scalar
    if name in _VECTORIAL and numbers and not any(getattr(high, v) for v in _VECTORIAL):
        lost |= set(theirs) if isinstance(theirs, (dict, set)) else {theirs}
    if name == "all_scalar" and not high.all_scalar and any(getattr(high, v) for v in _VECTORIAL):
        lost = {theirs}
    return lost


def _subject(entry: Any) -> Any:
    """What an entry of a list speaks of: the quantity of a hypothesis, the derivative that is given."""
    if isinstance(entry, tuple) and len(entry) == 3 and isinstance(entry[1], str):
        return entry[0] if not isinstance(entry[0], str) else None
    if isinstance(entry, tuple) and len(entry) == 2:
        return entry[0]
    return None


def added(after: Context, before: Context, facts: Context) -> None:
    """Add to a section's facts what a context has and had not before."""
    for name in FACTS:
        new, old, own = getattr(after, name), getattr(before, name), getattr(facts, name)
        if isinstance(new, dict):
            own.update({k: v for k, v in new.items() if k not in old or old[k] != v})
        elif isinstance(new, set):
            own |= new - old
        elif isinstance(new, list):
            own += [x for x in new if x not in old and x not in own]
        elif new != old:
            setattr(facts, name, new)


def copied(context: Context) -> Context:
    """The same facts in collections of its own."""
    own: dict[str, Any] = {
        n: v.copy() for n in FACTS if isinstance(v := getattr(context, n), (dict, set, list))
    }
    return replace(context, **own)


def unenclosed(scopes: Scopes, number: int) -> Context | None:
    """The facts with the first statement on top instead of the latest, if that makes a difference at a section."""
    if not scopes.quarrel:
        return None
    other = scopes.blank()
    for section in reversed(scopes.sections):
        other = laid_over(section.facts, other)
    other = scopes.within(other, number)
    scopes.settle(other)
    here = scopes.at(number)
    same = all(getattr(other, n) == getattr(here, n) for n in FACTS if n not in _MEMORY | {"readings"})
    return None if same else replace(other, readings=here.readings)


def in_scope(definitions: Sequence[Definition], scopes: Scopes, number: int) -> list[Definition]:
    """Definitions so ordered that the latest rules: those of other sections first, without what is redefined in scope."""
    near = [d for d in definitions if scopes.encloses(d.section, number)]
    if len(near) == len(definitions):
        return list(definitions)
    far = [d for d in definitions if not scopes.encloses(d.section, number)]
    return [*(d for d in far if not any(_covers(n, d) for n in near)), *near]


def _covers(near: Definition, far: Definition) -> bool:
    return (
        near.head.name == far.head.name
        and not near.value
        and (near.params is None) == (far.params is None)
        and could_match(near.head, far.head)
    )
