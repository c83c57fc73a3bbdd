"""Looks for a certified counterexample, and on the way for a point that shows the claim is not empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from symbolic.prover._balls import differ, evaluate, sign
from symbolic.prover._deadline import Deadline
from symbolic.prover._inside import inside
from symbolic.prover._points import Sampler
from symbolic.prover._regions import Claim, Decision, Leaf

THIN = 4  # points inside regions between planes and in corners, of each kind
_FUNCTION_SEEDS = (fmpq(3, 5), fmpq(-7, 4), fmpq(2, 3), fmpq(5, 7), fmpq(-4, 9), fmpq(1, 6))


@dataclass(frozen=True, slots=True)
class Trial:
    """A point of the domain, what both sides are there, and whether they certainly differ."""

    point: Mapping[str, fmpq]
    functions: Mapping[str, tuple[fmpq, ...]]
    lhs: Any
    rhs: Any
    precision: int
    differs: bool


class Search:
    """Tries points on one claim; it keeps the first at which both sides are certainly defined.

    Parameters
    ----------
    claim : Claim
    sampler : Sampler
    deadline : Deadline
    """

    def __init__(self, claim: Claim, sampler: Sampler, deadline: Deadline) -> None:
        self.claim = claim
        self.sampler = sampler
        self.deadline = deadline
        program = claim.program
        roots = (claim.lhs, claim.rhs, *claim.positive, *claim.nonnegative, *claim.nonzero)
        self.order = program.reach(*roots)
        orders = [(node[1], node[2]) for node in map(program.nodes.__getitem__, self.order) if node[0] == "g"]
        top = max((n for _, n in orders), default=0)
        # A polynomial of higher degree than any derivative taken, different for each function.
        self.functions = {
            name: tuple(_FUNCTION_SEEDS[(i + k) % 6] + k * i for k in range(top + 4))
            for i, name in enumerate(sorted({name for name, _ in orders}))
        }
        self.witness: Trial | None = None

    def at(self, point: Mapping[str, fmpq], precision: int) -> Trial | None:
        """Try one point; None where a side, or a hypothesis, is not certain to hold there."""
        claim = self.claim
        self.deadline.check()
        if not self.sampler.fits(point):
            return None
        values = evaluate(claim.program, self.order, point, precision, self.functions)
        lhs, rhs = values[claim.lhs], values[claim.rhs]
        if lhs is None or rhs is None or not self._admits(values):
            return None
        trial = Trial(dict(point), self.functions, lhs, rhs, precision, differ(lhs, rhs, precision))
        if self.witness is None and not trial.differs:
            self.witness = trial
        return trial

    def _admits(self, values: Mapping[int, Any]) -> bool:
        claim = self.claim
        if any(sign(values[i]) != 1 for i in claim.positive):
            return False
        for i in claim.nonnegative:
            # The border of a hypothesis is not tried: a proof may leave it out, and must not be contradicted there.
            if sign(values[i]) != 1 and claim.program.value(i) != 0:
                return False
        return not any(not sign(values[i]) for i in claim.nonzero)

    def quick(self) -> Trial | None:
        """The first point at which both sides are defined, of two, at low precision."""
        for k in range(2 if self.sampler.names else 1):
            trial = self.at(self.sampler.draw(k), 64)
            if trial is not None:
                return trial if trial.differs else None
        return None

    def any_point(self, decision: Decision | None, count: int = 120) -> bool:
        """Find a point where both sides are defined, if none was found yet."""
        for k in range(count):
            if self.witness is not None:
                return True
            self.at(self.sampler.draw(k), 64 if k % 2 else 256)
        for leaf in decision.leaves if decision else ():
            for point in self._guided(decision, leaf, 12):  # type: ignore[arg-type]
                if self.witness is not None:
                    return True
                self.at(point, 256)
        return self.witness is not None

    def thorough(self, decision: Decision | None) -> Trial | None:
        """Every branch that did not reduce, then points far and wide, then more digits."""
        if not self.sampler.names:
            return self._deeper([{}])
        hard: list[Mapping[str, fmpq]] = []
        for leaf in decision.leaves if decision else ():
            if leaf.status == "differs":
                found = self._among(self._guided(decision, leaf, 24), hard)  # type: ignore[arg-type]
                if found is not None:
                    return found
        found = self._among((self.sampler.draw(k) for k in range(1, 160)), hard)
        return found if found is not None else self._deeper(hard[:3])

    def _among(self, points: Iterator[dict[str, fmpq]], hard: list[Mapping[str, fmpq]]) -> Trial | None:
        for point in points:
            trial = self.at(point, 160)
            if trial is None:
                continue
            if trial.differs:
                return trial
            hard.append(point)
        return None

    def _deeper(self, points: list[Any]) -> Trial | None:
        for precision in (256, 1024, 4096, 12_000):
            for point in points:
                trial = self.at(point, precision)
                if trial is not None and trial.differs:
                    return trial
        return None

    def _guided(self, decision: Decision, leaf: Leaf, rounds: int) -> Iterator[dict[str, fmpq]]:
        polys = [p for p, _ in leaf.signs.values()]
        if leaf.normal is not None:
            polys += [p for p, _ in leaf.normal.signs.known.values()]
            polys += list(leaf.normal.divided.values())
        facts = [*leaf.signs.values(), *(leaf.normal.signs.known.values() if leaf.normal is not None else ())]
        for k in range(rounds):
            base = self.sampler.draw(k)
            yield base
            yield from self.sampler.around(decision.ring, polys, base)
            if k < THIN:
                thin = inside(decision.ring, facts, fmpq(2 * k + 1, 2 * THIN))
                yield {**base, **{name: x for name, x in thin.items() if name not in self.sampler.integers}}
                yield self.sampler.corner(base, k)
