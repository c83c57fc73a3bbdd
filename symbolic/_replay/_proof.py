"""Checks proofs of the scalar prover, exactly.

What is certain after that: every real point at which the hypotheses hold and both sides are defined, off the zeros that
are left out, lies in some region; there no denominator is 0, and the two sides are equal.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from symbolic._replay._region import Region
from symbolic._replay._ring import Key, Ring, Wrong, key
from symbolic._replay._signs import Signs, Undefined


def check_proof(proof: Mapping[str, Any]) -> None:
    """Check that the cases are all there are, and each of them."""
    choices = proof["given"]["choices"]
    expected = [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]
    if [case["set"] for case in proof["cases"]] != expected:
        raise Wrong("the cases are not those of the hypotheses")
    for case in proof["cases"]:
        ring = Ring(case)
        regions = [_Decided(ring, proof, case, written) for written in case["regions"]]
        left_out = {p for region in regions for p in region.left_out} | uncovered(regions, 0)
        if not left_out <= {key(ring.polys[p]) for p in case["left_out"]}:
            raise Wrong("something is claimed on a kink, or where no region covers the points")


def uncovered(regions: Sequence[_Decided], depth: int) -> set[Key]:
    """The regions are the leaves of a tree. A point at which a chosen p is 0 may take either branch: which holds there?"""
    if len(regions) == 1 and len(regions[0].chosen) == depth:
        return set()
    heads = [list(region.chosen)[depth : depth + 1] for region in regions]
    if not heads or heads.count(heads[0]) != len(heads) or not heads[0]:
        raise Wrong("the regions leave points out")
    (p,) = heads[0]
    sides = [[region for region in regions if region.chosen[p][1] == s] for s in (-1, 1)]
    found = uncovered(sides[0], depth + 1) | uncovered(sides[1], depth + 1)
    fragile = [[region for region in side if p in region.fragile] for side in sides]
    if all(fragile):
        ways = {region.way(p) for side in fragile for region in side}
        found |= {p} if None in ways or len(ways) > 1 else set()
    return found


class _Decided(Region):
    """A region with what is said of it: that the sides are equal, that one is undefined, or that it is empty."""

    def __init__(
        self, ring: Ring, proof: Mapping[str, Any], case: Mapping[str, Any], written: Mapping[str, Any]
    ) -> None:
        super().__init__(ring, proof, case, written)
        self.status = written["status"]
        self.fragile: frozenset[Key] = frozenset()
        if self.status != "empty" or written["values"]:
            found = self._evaluate(proof)
            if found != self.status and not (found == "apart" and self.status == "empty"):
                raise Wrong(f"the sides are {found} in a region that was said to be {self.status}")
            domain = [(ring.polys[p], s) for p, s in written["domain"]]
            if domain != [self.known[q] for q in self.leaning]:
                raise Wrong("the domain is not what follows from roots, logarithms and hypotheses")
        if self.status == "empty":
            self._check_empty(written["empty"])

    def _evaluate(self, proof: Mapping[str, Any]) -> str:
        given = proof["given"]
        try:
            for name, strict in (("positive", True), ("nonnegative", False)):
                for i in given[name]:
                    self.demand(self.value(i), strict)
            for i in given["nonzero"]:
                self.divide(self.value(i))
            lhs, rhs = [self.value(i) for i in (*given["defined"], *proof["sides"])][-2:]
        except Undefined as problem:
            self.fragile = problem.args[0] if problem.args else self.leans(self.leaning)
            return "undefined"
        self.fragile = self.leans(self.leaning)
        for i, j, x in proof["slopes"]:
            if i in self.done and not self.ring.same(self.done[i], self.slope(self.value(j), x)):
                raise Wrong(f"node {i} is not the derivative of node {j} by {x}")
        self.check_defined()
        return "equal" if self.ring.same(lhs, rhs) else "apart"

    def way(self, p: Key) -> tuple[Key, frozenset[Key], int] | None:
        """The one conclusion that leans on p: of what, on what else it leans, and the sign of all of them together."""
        leaning = [(q, keys) for q, keys in self.leaning.items() if p in keys]
        if self.status != "equal" or len(leaning) != 1:
            return None
        ((q, keys),) = leaning
        return q, keys, self.known[q][1] * math.prod(self.chosen[k][1] for k in keys)

    def _check_empty(self, written: Sequence[Any]) -> None:
        used = {key(self.ring.polys[p]) for factors, _ in written for p, _ in factors}
        self.fragile = self.leans(used)
        everywhere = Signs(self.ring, [])
        total: dict[tuple[int, ...], Fraction] = {}
        for factors, times in written:
            product = self.ring.one
            for p, s in factors:
                if not s or s not in (
                    self.look(self.ring.polys[p]),
                    everywhere.by_square(self.ring.polys[p]),
                ):
                    raise Wrong("signs are combined that are not known")
                product = self.ring.times(product, {m: s * c for m, c in self.ring.polys[p].items()})
            for m, c in product.items():
                total[m] = total.get(m, Fraction(0)) + Fraction(times) * c
        constant = total.pop(self.ring.none, Fraction(0))
        alone = {key(self.ring.polys[factors[0][0]]) for factors, _ in written if len(factors) == 1}
        chosen = [p for p in self.chosen if p in alone]
        if (
            any(Fraction(times) <= 0 for _, times in written)
            or any(total.values())
            or constant > 0
            or (constant == 0 and not chosen)
        ):
            raise Wrong("signs are combined that do not contradict each other")
        if constant == 0:  # they do where none is 0: so unless all of them are, and the last chosen one tells
            self.fragile |= {chosen[-1]}
