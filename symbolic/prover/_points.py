"""Points at which to try a claim. A poor choice costs time, never truth: every point is certified afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flint import fmpq, fmpz_poly

from symbolic.prover._balls import evaluate
from symbolic.prover._feasible import MAX_DEGREE, between_roots
from symbolic.prover._field import Field, Poly
from symbolic.prover._program import Program

_STEPS = 1 << 10  # sample fractions are multiples of 1/1024: exact in balls


@dataclass
class Sampler:
    """Draws points that respect the simple bounds among the hypotheses.

    Attributes
    ----------
    names : list of str
        The variables.
    low, high : dict of str to fmpq
        Bounds, where known.
    integers, even, odd : set of str
    """

    names: list[str]
    low: dict[str, fmpq] = field(default_factory=dict)
    high: dict[str, fmpq] = field(default_factory=dict)
    integers: set[str] = field(default_factory=set)
    even: set[str] = field(default_factory=set)
    odd: set[str] = field(default_factory=set)

    def learn(self, program: Program, node: int) -> None:
        """Read a bound off a hypothesis ``node >= 0`` that is linear in one variable."""
        names = program.symbols(node)
        if len(names) != 1:
            return
        order, name = program.reach(node), names[0]
        at = [evaluate(program, order, {name: fmpq(x)}, 64)[node] for x in (0, 1, 3)]
        if not all(isinstance(value, fmpq) for value in at) or at[2] - at[0] != 3 * (at[1] - at[0]):
            return
        slope = at[1] - at[0]
        if slope != 0:
            self.bound(name, -at[0] / slope, above=slope > 0)

    def bound(self, name: str, end: fmpq, *, above: bool) -> None:
        if above:
            self.low[name] = max(end, self.low.get(name, end))
        else:
            self.high[name] = min(end, self.high.get(name, end))

    def draw(self, k: int) -> dict[str, fmpq]:
        """The k-th point: the first lies in (0, 1), later ones range ever wider, with every pattern of signs."""
        return {name: self._draw(name, k, i) for i, name in enumerate(self.names)}

    def fits(self, point: Mapping[str, fmpq]) -> bool:
        """Whether variables that are integers, even or odd are so at a point."""
        whole = all(point[name].q == 1 for name in self.integers if name in point)
        return whole and not any(
            (int(point[name].p) % 2 == 1) != is_odd
            for names, is_odd in ((self.even, False), (self.odd, True))
            for name in names
            if name in point
        )

    def corner(self, base: Mapping[str, fmpq], k: int) -> dict[str, fmpq]:
        """A point as near to every bound as 2^-20, 2^-60, 2^-180: hypotheses that are not quite enough fail there first."""
        near = fmpq(2) ** (-20 * 3**k)
        found = dict(base)
        for name in self.low.keys() | self.high.keys():
            if name in found and name not in self.integers:
                found[name] = self.low[name] + near if name in self.low else self.high[name] - near
        return found

    def _draw(self, name: str, k: int, i: int) -> fmpq:
        # A multiplicative sequence: spread out, different for each variable, and the same in every run.
        seed = (k * 7 + i + 1) * 0x9E3779B1 % (1 << 32)
        t = fmpq(2 * (seed >> 12) % (2 * _STEPS) + 1, 2 * _STEPS)
        low, high = self.low.get(name), self.high.get(name)
        if name in self.integers:
            return self._integer(name, k, i, low, high)
        size = fmpq(1) if k == 0 else fmpq(2) ** (seed % (2 + min(k, 40)) - min(k, 40) // 2)
        if low is not None and high is not None:
            return low + (high - low) * t
        if low is not None:
            return low + t * size
        if high is not None:
            return high - t * size
        negative = (k + i) % 2 if k in (1, 2) else k and (seed >> 7) % 2
        return -t * size if negative else t * size

    def _integer(self, name: str, k: int, i: int, low: fmpq | None, high: fmpq | None) -> fmpq:
        value = 1 + (k + 2 * i) % (3 + k)
        if low is not None:
            value += int(low.floor())
        elif k % 2:
            value = -value
        if high is not None:
            top = int(high.floor())
            value = top - (value % max(1, top - int(low.floor()))) if low is not None else top - value
        if name in self.even:
            value -= value % 2
        if name in self.odd:
            value -= 1 - value % 2
        return fmpq(value)

    def around(
        self, field_: Field, polys: Sequence[Poly], base: Mapping[str, fmpq]
    ) -> Iterator[dict[str, fmpq]]:
        """Points that differ from ``base`` in one variable, one in each interval that the polynomials cut out."""
        usable = [p for p in polys if p.total_degree() <= MAX_DEGREE and self._only_symbols(field_, p)]
        for name in self.names:
            if name in self.integers:
                continue
            place = self._place(field_, name)
            if place is None:
                continue
            lines = [_restrict(field_, p, place, base) for p in usable if p.degrees()[place]]
            for end in (self.low.get(name), self.high.get(name)):
                if end is not None:
                    lines.append(fmpz_poly([-int(end.p), int(end.q)]))
            points = between_roots([p for p in lines if p.degree() > 0])
            for x in points or ():
                yield {**base, name: x}

    def _only_symbols(self, field_: Field, p: Poly) -> bool:
        return all(
            field_.kernels[field_.index_of(place)].kind == "sym" for place, e in enumerate(p.degrees()) if e
        )

    def _place(self, field_: Field, name: str) -> int | None:
        k = field_.by_key.get(f"sym {name}")
        return None if k is None else field_.size - 1 - k


def _restrict(field_: Field, p: Poly, place: int, base: Mapping[str, fmpq]) -> fmpz_poly:
    """The polynomial as one of a single variable, the others set to the values of ``base``."""
    coefficients: dict[int, Any] = {}
    for exponents, c in p.terms():
        value = fmpq(c)
        for i, e in enumerate(exponents):
            if e and i != place:
                value *= base.get(field_.kernels[field_.index_of(i)].args[0], fmpq(1)) ** int(e)
        n = int(exponents[place])
        coefficients[n] = coefficients.get(n, fmpq(0)) + value
    top = max(coefficients)
    scale = 1
    for value in coefficients.values():
        scale *= int(value.q) // _gcd(scale, int(value.q))
    return fmpz_poly([int((coefficients.get(n, fmpq(0)) * scale).p) for n in range(top + 1)])


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a
