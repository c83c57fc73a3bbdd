"""The search: every single mistake of the catalogue undone, the likeliest first, until one makes the equality provable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, islice

from .._errors import LimitError, NotesError
from .._finding import Finding
from .._limits import Budget
from ..decide import decide_item
from ..decide._habits import Usage
from ..resolve import Term
from ..resolve._item import Gathered, Item
from ._catalogue import catalogue
from ._numbers import coefficient, factor_between, numbers
from ._page import Edit, Page, in_front, page_of, plain
from ._reading import Reading
from ._screen import Screen

# A right side that agrees at a point is nearly always proved: the rest is beyond the prover or one reading alone.
MOST_PROOFS = 12
# Without a point every trial is a proof.
MOST_BLIND = 40
MOST_AFTER = 20
# What agrees at points deserves the time of a claim, which is twice that of the search.
PROOF = 2
MOST_SINGLE = 1500
MOST_DOUBLE = 600
# Two mistakes in one formula are rarer than any one.
TWICE = 0.8
# What is likely enough to be one of two.
LIKELY = 1.4
NEAR = 30


@dataclass(frozen=True)
class Correction:
    """A right side with which an equality is proved, and the mistake that it undoes in words."""

    latex: str
    mistake: str


def corrected(
    item: Item, finding: Finding, gathered: Gathered, usage: object, seconds: float, blindly: bool = False
) -> Correction | None:
    """Find what the author of a refuted equality may have meant.

    A change is kept only if the equality with it is proved, in the same document and by the same means as any other
    claim; the changes are tried in the order of how likely the mistake is that they undo.

    Parameters
    ----------
    item : Item
        The statement.
    finding : Finding
        Its refutation.
    gathered, usage
        The document, as for `decide_item`.
    seconds : float
        How long the search may take.
    blindly : bool
        Of a side whose shape does not fit: prove the likeliest changes without numbers that tell the others apart.

    Returns
    -------
    Correction or None
        For the right side of the first link that fails; None where nothing was found.
    """
    assert isinstance(usage, Usage)
    number = next((k for k, link in enumerate(finding.links) if link.verdict == "refuted"), None)
    if number is None or number + 1 >= len(item.parts):
        return None
    misfit = finding.links[number].misfit
    link = finding.links[number]
    if item.kind == "shape" and (len(item.parts) > 2 or "∈" in item.relations):
        return None  # which of several shapes is wrong, its links do not say
    others = [s for k, s in enumerate(item.sides) if k not in (number, number + 1)]
    page = page_of(
        link.rhs, link.lhs, others, list(item.sides[number + 2 :]), nearby(item, gathered), item.kind
    )
    if page is None:
        return None
    search = _Search(item, number, gathered, usage, Budget(seconds))
    try:
        if misfit:
            slips = sorted(catalogue(page, misfit=True), key=lambda edit: edit.cost)
            if not blindly:
                return search.first(page, slips, _twice(slips))
            had_numbers, search.screen = search.screen is not None, None
            return search.first(page, slips[:MOST_AFTER], []) if had_numbers else None
        edits = _edits(page, finding, number, search, gathered)
        return search.first(page, edits, _doubles(edits))
    except LimitError:
        return None


def nearby(item: Item, gathered: Gathered) -> list[str]:
    """The sides of the document's other formulas, the nearest before the statement first, then those after it."""
    at = next((k for k, i in enumerate(gathered.items) if i is item), len(gathered.items))
    before, after = gathered.items[max(0, at - NEAR) : at], gathered.items[at + 1 : at + 1 + NEAR]
    return [side for i in (*reversed(before), *after) for side in (i.sides or (i.formula.latex,))]


def _edits(page: Page, finding: Finding, number: int, search: _Search, gathered: Gathered) -> list[Edit]:
    """The catalogue, the likeliest first."""
    counterexample = finding.links[number].counterexample
    entries = search.screen.entries() if search.screen is not None else []
    printed = _decimals(gathered) if finding.kind == "numeric" else []
    found = list(numbers(page, entries, printed))
    ratio = factor_between(counterexample)
    if ratio is not None:
        found += coefficient(page, ratio)
    if finding.correction and "\\left(" in finding.correction:
        factor = finding.correction.partition("\\left(")[0].strip()
        if factor != "-":
            found.append(in_front(page, page.tree, factor, 1.3, f"a factor {plain(factor)} is missing"))
    return sorted([*found, *catalogue(page)], key=lambda edit: edit.cost)


def _decimals(gathered: Gathered) -> list[str]:
    sides = [side for i in gathered.items for side in i.sides]
    return list(dict.fromkeys(re.findall(r"(?<![\d.])\d+\.\d+(?![\d.])", " ; ".join(sides))))[:16]


class _Search:
    """One equality whose right side is looked for."""

    def __init__(self, item: Item, number: int, gathered: Gathered, usage: Usage, budget: Budget) -> None:
        self.item = replace(
            item,
            parts=item.parts[number : number + 2],
            relations=(item.relations[number],),
            claiming=(True,),
            sides=("", ""),
            lints=[],
        )
        self.gathered, self.usage, self.budget = gathered, usage, budget
        self.proving = Budget(PROOF * budget.seconds)
        self.proofs = 0
        self.screen: Screen | None = None
        if item.kind not in ("update", "shape"):
            try:
                self.screen = Screen(self.item, gathered, usage, budget)
            except LimitError:
                raise
            except NotesError:
                self.screen = None

    def first(self, page: Page, edits: list[Edit], doubles: list[Edit]) -> Correction | None:
        """The first edit, or pair of edits, that is proved."""
        seen = {_plain(page.latex), _plain(page.left)}
        reading = Reading(page, self.gathered.context.lexicon, self.item.parts[1], self.gathered.written_out)
        if not reading.faithful:
            return None
        found = self.proved(islice(_applied(page, edits, seen), MOST_SINGLE), reading)
        if found is None and self.screen is not None:
            found = self.proved(islice(_applied(page, doubles, seen), MOST_DOUBLE), reading)
        return found

    def proved(self, trials: Iterator[tuple[str, Edit]], reading: Reading) -> Correction | None:
        most = MOST_BLIND if self.screen is None else MOST_PROOFS
        for latex, edit in trials:
            self.budget.check()
            if self.proofs >= most:
                return None
            try:
                if self.screen is not None:
                    quick = reading.changed(edit, latex)
                    if quick is None or not self.screen.agrees(quick):
                        continue
                right = reading.whole(latex)
                if right is None or right in self.item.parts:  # a formula is no correction of itself
                    continue
                if self.is_proved(right, latex):
                    return Correction(latex, edit.mistake)
            except LimitError:
                raise
            except (NotesError, ValueError, RecursionError):
                continue
        return None

    def is_proved(self, right: Term, latex: str) -> bool:
        self.proofs += 1
        trial = replace(self.item, parts=(self.item.parts[0], right), sides=("", latex), lints=[])
        formula = self.item.formula
        blank = Finding(formula.line, formula.column, formula.latex, "claim", "none")
        return (
            decide_item(
                trial, self.gathered, self.usage, Budget(self.proving.left), blank, proving=True
            ).verdict
            == "proved"
        )


def _plain(latex: str) -> str:
    return re.sub(r"\\left|\\right|\\[,;! ]|\s", "", latex)


# m/m, 2/(2m) and 1/m m/n are no way to write what was meant.
_CANCELS = re.compile(
    r"\\frac\{1\}\{(\w)\}\\frac\{\1\}|\\frac\{(?!d\}|\\partial\}|\\delta\})([^{}]+)\}\{\2(?:\}|[A-Za-z])"
)


def _applied(page: Page, edits: list[Edit], seen: set[str]) -> Iterator[tuple[str, Edit]]:
    for edit in edits:
        latex = edit.applied(page.latex)
        plain = _plain(latex)
        if plain and plain not in seen and not _CANCELS.search(plain):
            seen.add(plain)
            yield latex, edit


def _doubles(edits: list[Edit]) -> list[Edit]:
    """Two likely mistakes at once, in different places."""
    likely = [e for e in edits if e.cost <= LIKELY][:60]
    found = [
        Edit((*a.splices, *b.splices), a.cost + b.cost + TWICE, f"{a.mistake}, and {b.mistake}", (a, b))
        for a, b in combinations(likely, 2)
        if _apart(a, b)
    ]
    return sorted(found, key=lambda edit: edit.cost)


def _twice(edits: list[Edit]) -> list[Edit]:
    """The same mistake in two places: a layer off by one in both factors, two transposes too many."""
    found = [
        Edit((*a.splices, *b.splices), a.cost + b.cost, f"{a.mistake}, twice", (a, b))
        for a, b in combinations(edits, 2)
        if a.mistake == b.mistake and a.cost <= LIKELY and _apart(a, b)
    ]
    return sorted(found, key=lambda edit: edit.cost)


def _apart(a: Edit, b: Edit) -> bool:
    return all(
        (x[1] < y[0] or y[1] < x[0] or (x[0] != y[0] and (x[1] <= y[0] or y[1] <= x[0])))
        for x in a.splices
        for y in b.splices
    )
