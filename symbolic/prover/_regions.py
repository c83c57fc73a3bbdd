"""Decides a claim region by region: wherever the sign of a polynomial matters, both signs are tried.

Regions are closed: |p| = p is used where p >= 0, so the zeros of p are covered too. The points where a jump, a
condition, or the border of a domain sits exactly are left out, and reported as kinks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from flint import fmpq

from symbolic.prover._coverage import uncovered
from symbolic.prover._deadline import Deadline
from symbolic.prover._errors import Exhausted, Undefined
from symbolic.prover._feasible import Emptiness, contradiction
from symbolic.prover._field import SIZES, Field, Frac, NeedMoreKernels, Poly
from symbolic.prover._normal import Normal
from symbolic.prover._powers import Refine
from symbolic.prover._program import Program
from symbolic.prover._signs import Contradiction, NeedSign

MAX_LEAVES = 96
MAX_RESTARTS = 24
Signs_ = dict[str, tuple[Poly, int]]


@dataclass(frozen=True, slots=True)
class Claim:
    """One equality over one program, with the hypotheses that hold in it.

    Attributes
    ----------
    lhs, rhs : int
        Nodes.
    positive, nonnegative, nonzero : tuple of int
        Nodes that hypotheses say are > 0, >= 0, not 0.
    integers : frozenset of str
    images : dict of int to int
        What became of the nodes of the claim as it was read, where hypotheses replaced variables.
    """

    program: Program
    lhs: int
    rhs: int
    positive: tuple[int, ...] = ()
    nonnegative: tuple[int, ...] = ()
    nonzero: tuple[int, ...] = ()
    integers: frozenset[str] = frozenset()
    images: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Leaf:
    """One region, and what the normal form says there.

    ``equal``: both sides are the same element. ``differs``: they are not. ``undefined``: no point of the region has
    both sides defined, but perhaps on the zeros of the polynomials named in ``borders``. ``empty``: no points at all.
    """

    signs: Signs_
    status: Literal["equal", "differs", "undefined", "empty"]
    borders: tuple[str, ...] = ()
    normal: Normal | None = None
    sides: tuple[Frac, Frac] | None = None
    facts: frozenset[str] = frozenset()  # whose signs the hypotheses say
    apart: frozenset[str] = frozenset()  # those that are not 0 by the hypotheses
    by_premises: bool = False  # whether it took the hypotheses to see that there are no points

    emptiness: Emptiness | None = None

    @property
    def leaning(self) -> dict[str, frozenset[str]]:
        """What was concluded in this region, with the chosen polynomials on whose zeros it need not hold."""
        return {} if self.normal is None else self.normal.signs.leaning

    @property
    def fragile(self) -> set[str]:
        """The chosen polynomials on whose zeros what is said of this region may fail."""
        if self.emptiness is None:
            return {*self.borders, *(key for keys in self.leaning.values() for key in keys)}
        used = self.emptiness.used
        leaning = {key for q in used for key in self.leaning.get(q, ())}
        # Signs that contradict each other only where none is 0 do so unless all of them are 0: one is enough to tell.
        return (
            leaning
            if self.emptiness.closed
            else leaning | {next(k for k in reversed(self.signs) if k in self.emptiness.alone)}
        )


@dataclass(slots=True)
class Decision:
    """All regions of a claim."""

    ring: Field
    leaves: list[Leaf] = field(default_factory=list)
    left_out: dict[str, Poly] = field(default_factory=dict)  # zeros that no region covers

    @property
    def holds(self) -> bool:
        """Whether the claim holds in every region, the borders of those without a point included."""
        if any(leaf.status == "differs" for leaf in self.leaves):
            return False
        if not any(leaf.status == "equal" for leaf in self.leaves):
            return False
        return all(self._borders_covered(leaf) for leaf in self.leaves)

    def _borders_covered(self, leaf: Leaf) -> bool:
        for border in leaf.borders:
            across = self.across(leaf, border)
            if not across or any(other.borders for other in across):
                return False
        return True

    def across(self, leaf: Leaf, border: str) -> list[Leaf]:
        """The regions that meet this one on the zeros of a polynomial."""
        return [other for other in self.leaves if other is not leaf and _across(leaf, other, border)]


def _across(leaf: Leaf, other: Leaf, border: str) -> bool:
    """Whether two regions meet on the zeros of a polynomial."""
    for key, (_, sign) in leaf.signs.items():
        there = other.signs.get(key)
        if there is not None and (there[1] == sign) == (key == border):
            return False
    return True


def decide(claim: Claim, deadline: Deadline) -> Decision:
    """Evaluate both sides in every region; raises Exhausted or OutOfReach where it cannot."""
    kinds = sum(claim.program.nodes[i][0] not in ("num", "add", "mul", "inv", "int") for i in claim.program.reach(
        claim.lhs, claim.rhs, *claim.positive, *claim.nonnegative))  # fmt: skip
    units: dict[str, fmpq] = {}
    place = next((i for i, size in enumerate(SIZES) if size > kinds), len(SIZES) - 1)
    for _ in range(MAX_RESTARTS):
        try:
            return _decide(claim, Field(SIZES[place], deadline), units, deadline)
        except Refine as finer:
            units[finer.key] = finer.unit
        except NeedMoreKernels:
            place += 1
            if place == len(SIZES):
                raise Exhausted(f"the size limit of {SIZES[-1]} kernels") from None
    raise Exhausted(f"the limit of {MAX_RESTARTS} refinements of exponents")


def _decide(claim: Claim, ring: Field, units: dict[str, fmpq], deadline: Deadline) -> Decision:
    decision = Decision(ring)
    open_regions: list[Signs_] = [{}]
    while open_regions:
        deadline.check()
        signs = open_regions.pop()
        emptiness = contradiction(ring, signs.values(), ()) if len(signs) > 2 else None
        if emptiness is not None:
            decision.leaves.append(Leaf(signs, "empty", emptiness=emptiness))
            continue
        try:
            decision.leaves.append(_leaf(claim, ring, signs, units))
        except NeedSign as need:
            if len(open_regions) + len(decision.leaves) > MAX_LEAVES:
                raise Exhausted(f"the limit of {MAX_LEAVES} regions") from None
            open_regions += [{**signs, str(need.poly): (need.poly, s)} for s in (-1, 1)]
    decision.left_out = uncovered(decision.leaves)
    return decision


def _leaf(claim: Claim, ring: Field, signs: Signs_, units: dict[str, fmpq]) -> Leaf:
    normal = Normal(claim.program, ring, signs, units, claim.integers)
    premises = bool(claim.positive or claim.nonnegative or claim.nonzero)
    try:
        for nodes, strict in ((claim.positive, True), (claim.nonnegative, False)):
            for i in nodes:
                normal.signs.demand(normal(i), 1, strict=strict)
        for i in claim.nonzero:
            if normal(i).num.is_zero():
                raise Undefined("a hypothesis that never holds")
        facts = frozenset(normal.signs.known) - frozenset(signs)
        apart = normal.signs.firm = frozenset(normal.signs.strict)
        stated, premises = premises, False
        normal.divided.clear()
        normal.signs.apart.clear()
        normal.signs.strict.clear()
        normal.signs.used.clear()
        lhs, rhs = normal(claim.lhs), normal(claim.rhs)
    except Contradiction as problem:
        return Leaf(signs, "undefined", problem.borders, normal, by_premises=premises)
    except Undefined:
        return Leaf(signs, "undefined", (), normal, by_premises=premises)
    if ring.sub(lhs, rhs).num.is_zero():
        return Leaf(signs, "equal", (), normal, (lhs, rhs), facts, apart)
    known = [(p, s) for key, (p, s) in normal.signs.known.items() if key not in signs]
    known += normal.signs.everywhere.values()
    emptiness = contradiction(ring, signs.values(), known)
    if emptiness is not None:
        return Leaf(signs, "empty", normal=normal, by_premises=stated, emptiness=emptiness)
    return Leaf(signs, "differs", (), normal, (lhs, rhs), facts, apart)
