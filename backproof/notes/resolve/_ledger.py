"""Where a document states what restricts its quantities, and where it says that they may be anything.

A *place* is the section and the number of the formula in it, so that places compare as a reader comes to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ..find import Formula
from ._context import Context
from ._terms import Call, Derivative, Gradient, Ref, Term, indices, refs

if TYPE_CHECKING:
    from .prose import Clause

Place: TypeAlias = tuple[int, float]

# The facts that leave a quantity fewer values, or say what a function is.
RESTRICTING = (
    "hypotheses", "values", "one_hot", "binary", "signs", "symmetric", "ones", "constants", "named", "true_class",
)  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """A member of a field of a context, and where it was stated.

    ``begins``: its words begin something new, *now let* ``x > 0``.
    ``doubted``: they deny or suppose it, or say it of another place, *we do not assume* ``x > 0``, *in part 2 only*.
    """

    kind: str
    member: Any
    first: Place
    last: Place
    begins: bool = False
    doubted: bool = False


@dataclass(frozen=True)
class Freed:
    """Names that may be anything from a place on, and in the whole clause that says so; no names: all."""

    names: frozenset[str]
    place: Place
    first: Place
    last: Place


_BEGINS = re.compile(
    r"\W*(?:(?:and|but|finally|now|next|then|so|here)\W+)*(?:now|next|let|suppose|assume|consider|take|if|when|from here)\b"
    r"|이제|다음"
)
_DOUBTED = re.compile(
    r"\b(?:do|does|did|is|are|was|were|be|been|will|need|should|must|can|could)(?:n't| not)\b"
    r"(?! (?:all|both|zero|equal|only)\b)"
    r"|\b(?:never|cannot|nor|neither|no longer)\b|\b(?:non|un|a)-?symmetric"
    r"|\bif (?:only )?(?:\w+ ){1,3}(?:had|were)\b|\bwould\b|\bfor (?:a|the) moment\b"
    r"|\bonly (?:in|for|if|when|under)\b|\bonly\W*$|\b(?:unless|except|unlike|instead|elsewhere)\b"
    r"|\b(?:sometimes|often|usually|mostly|may|might|can) be\b"
    r"|\bin (?:section|chapter|part|appendix|the (?:next|last|previous|following))\b|않|아니|아닌|없이|不|没有|并非",
    re.I,
)
_ANY = r"(?:any|arbitrary|generic|general|for every|for all|unrestricted|임의의|임의|일반적인|모든)"
_KIND = (
    r"(?:real|complex|square|differentiable|smooth|positive or negative|asymmetric|matrix|vectors?|numbers?|functions?"
    r"|values?|inputs?|scalars?|of|the|choice|activation|행렬|실수|함수|벡터)"
)
_NAMES = r"(?:⟦[QFLE]\d+⟧(?:,? and |, )?)+"
_IS = r"(?:는 |은 |가 |이 |is |are |be |may be |can be |being |as |: ?)?(?:now |here |again |an? |some )*"
_LIMITS = r"(?:symmetric|one-?hot|positive|negative|restricted|constant|binary)"
_FREED = re.compile(
    rf"(?:^|(?<![\w-])){_ANY} (?:{_KIND},? )*(?P<one>{_NAMES})"
    rf"|(?P<two>{_NAMES}),? ?{_IS}(?:(?:any|arbitrary|unrestricted|generic|anything|general|임의|아무)\b"
    rf"|(?:no longer|not|need not be) (?:necessarily )?{_LIMITS}|of (?:any|either) sign)"
)
_DROPPED = re.compile(
    r"\b(?:drop\w*|without|remov\w+|lift\w*|relax\w*|abandon\w*|no longer|forget) (?:\w+ ){0,3}"
    r"(?:assum\w*|restrict\w*|condition\w*|constraint\w*|symmetry|symmetric|positiv\w+|one-?hot)"
    r"|\bmulti-?label|\bunnormali[sz]ed\b"
    r"|\b(?:not|n't|never|need not|no longer)(?: (?:be|necessarily|assumed|to be|always))*"
    r" (?:normali[sz]ed|one-?hot|symmetric|positive|sum(?:ming|med)? (?:up )?to (?:one|⟦N\d+⟧))|\bnon-?symmetric"
    r"|(?:가정|조건)(?:을|를)? ?(?:없|버리|제거)|대칭이 아닌|양수가 아닌"
)
# Words that make a name a label, whatever it was before.
_TARGET = r"(?:label|target|ground truth|true value|desired output|정답|레이블|목표값?)"
_LABEL = re.compile(
    rf"{_TARGET}s?(?:은|는|을|를)? (?:is |are |be |here |now |, )*(?P<one>⟦Q\d+⟧)"
    rf"|(?P<two>⟦Q\d+⟧),? ?(?:는 |은 |가 |이 |is |are |now |be )(?:the |a |an |here |true |correct )*{_TARGET}"
)
# Words that bring in a name as new: *for a square matrix* ``S``.
_NEW = re.compile(
    rf"\b(?:an?|some|another|new) (?:{_KIND},? |symmetric |invertible |weight |input |column |row |given |new )*"
    r"(?:matrix|vector|number|function|scalar|variable|column|row|행렬|함수|벡터) (?P<one>⟦[QFL]\d+⟧)"
)


@dataclass
class Ledger:
    """All that a document states of these, in its order, and the place of each formula."""

    facts: list[Fact] = field(default_factory=list)
    freed: list[Freed] = field(default_factory=list)
    labels: list[Freed] = field(default_factory=list)
    new: list[Freed] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    section: int = 0
    seen: float = 0.0

    def begin(self, section: int, context: Context) -> None:
        """Come to the words or to the formulas of a section, with what is known from elsewhere."""
        self.section, self.seen = section, 0.0
        self.known = {kind: getattr(context, kind).copy() for kind in RESTRICTING}

    def enter_formula(self, context: Context, formula: Formula, lead: Callable[[], str]) -> None:
        """Enter what a formula says after the words of its sentence."""
        place = self.places[id(formula)]
        self.enter(context, place, place, lead)

    def read(self, context: Context, clause: Clause) -> None:
        """Enter what a clause says."""
        numbers = clause.mentions.keys()
        first, last = (min(numbers), max(numbers)) if numbers else (self.seen + 0.5, self.seen + 0.5)
        self.seen = max(self.seen, int(last))
        ends = (self.section, first), (self.section, last)
        self.enter(context, *ends, lambda: clause.text)
        for match in _FREED.finditer(clause.text) if numbers else ():
            told = clause.listed(match["one"] or match["two"])
            names = frozenset(
                name for m in told if not m.relations or "∈" in m.relations for name in _named(m.parts)
            )
            if names:
                self.freed.append(Freed(names, (self.section, max(m.place for m in told)), *ends))
        for pattern, found in ((_LABEL, self.labels), (_NEW, self.new)) if numbers else ():
            for match in pattern.finditer(clause.text):
                told = clause.listed(match["one"] or match.groupdict().get("two"))
                names = frozenset(name for m in told for name in _named(m.parts))
                found.append(Freed(names, (self.section, max(m.place for m in told)), *ends))
        if _DROPPED.search(clause.text):
            self.freed.append(Freed(frozenset(), ends[0], *ends))

    def enter(self, context: Context, first: Place, last: Place, lead: Callable[[], str]) -> None:
        """Enter what a context has and had not when it was last looked at."""
        for kind, old in self.known.items():
            now = getattr(context, kind)
            if len(now) == len(old):
                continue
            if isinstance(now, list):
                new: Iterable[Any] = now[len(old) :]
            else:
                new = [x for x in now if x not in old]
            words = lead().lower()
            begins, doubted = _BEGINS.match(words) is not None, _DOUBTED.search(words) is not None
            self.facts += [Fact(kind, member, first, last, begins, doubted) for member in new]
            self.known[kind] = now.copy()


def _named(parts: Iterable[Term]) -> set[str]:
    """The quantities and functions that a mention names; a bare letter, or a call of letters."""
    head = next(iter(parts), None)
    if isinstance(head, Call):
        return {head.function.name} if not head.primes else set()
    bare = {r.name for r in refs(head) if not indices(r)} if head is not None else set()
    return set() if isinstance(head, (Derivative, Gradient)) else bare


def names_of(fact: Fact) -> set[str]:
    """The names that a fact is about."""
    found: set[str] = set()
    for part in fact.member if isinstance(fact.member, tuple) else (fact.member,):
        if isinstance(part, Ref) or not isinstance(part, str):
            found |= {r.name for r in refs(part)}
        else:
            found.add(part.partition("^")[0])
    return found
