"""Exact arithmetic for the program that checks proofs: polynomials in kernels as dictionaries of integers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from operator import add
from typing import Any, TypeAlias

Poly: TypeAlias = dict[tuple[int, ...], int]  # exponents of the kernels -> coefficient
Frac: TypeAlias = tuple[Poly, Poly]
Key: TypeAlias = frozenset[tuple[tuple[int, ...], int]]
MAX_WORK = 5_000_000  # products of terms in one proof
MAX_POWER = 200_000


class Wrong(Exception):
    """The certificate does not hold."""


def key(p: Poly) -> Key:
    return frozenset(p.items())


class Ring:
    """Polynomials in the kernels of one case, modulo R**d = p of roots and s**2 = 1 - c**2 of circles.

    A kernel is written [kind, data, polynomials]: ["exp", ["1/2"], [3, 0]] is exp of half of the fraction 3/0, counted in
    the list of polynomials.
    """

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.kernels = [(str(kind), list(data), list(polys)) for kind, data, polys in case["kernels"]]
        self.none, self.work = (0,) * len(self.kernels), 0
        self.one = self.number(1)
        self.relations: dict[
            int, tuple[int, Poly]
        ] = {}  # the latest kernel first: it is built on earlier ones
        self.polys = [self._read(p) for p in case["polys"]]
        self.written = {
            key(self.polys[p]): (Fraction(c), [(self.polys[q], int(e)) for q, e in parts])
            for p, c, parts in case["factors"]
        }
        # What differs from one of these by a number has its factors.
        self.multiples = {
            key(self.primitive(self.polys[p])[1][0][0]): self.polys[p]
            for p, _, _ in case["factors"]
            if self.polys[p]
        }
        self.confirmed: set[Key] = set()
        for k, (kind, data, polys) in enumerate(self.kernels):
            if any(any(m[k:]) for n in polys for m in self.polys[n]):
                raise Wrong("a kernel is built on a later one")
            if kind in ("root", "prime") and int(data[0]) < 2:
                raise Wrong(f"there is no {kind} of {data[0]}")
        for k in reversed(range(len(self.kernels))):
            kind, data, polys = self.kernels[k]
            if kind == "root":
                self.relations[k] = int(data[0]), self.polys[polys[0]]
            elif kind == "sin":
                c = self.gen(self.kernels.index(("cos", data, polys)))
                self.relations[k] = 2, self.plus(self.one, {tuple(2 * e for e in m): 1 for m in c}, -1)
            elif kind == "parity":
                self.relations[k] = 2, self.one

    def _read(self, written: Sequence[Any]) -> Poly:
        p: Poly = {}
        for c, m in written:
            exponents = list(self.none)
            for k, e in m:
                exponents[k] = e
            p[tuple(exponents)] = int(c)
        if (
            0 in p.values()
            or len(p) != len(written)
            or any(not isinstance(e, int) or e < 0 for m in p for e in m)
        ):
            raise Wrong("a polynomial is not written properly")
        return p

    def number(self, n: int) -> Poly:
        return {self.none: n} if n else {}

    def rational(self, q: Any) -> Frac:
        return self.number(Fraction(q).numerator), self.number(Fraction(q).denominator)

    def gen(self, k: int) -> Poly:
        return {(*self.none[:k], 1, *self.none[k + 1 :]): 1}

    def kernel(self, p: Poly) -> int | None:
        """The number of the kernel that a polynomial is, if it is one."""
        m = next(iter(p), self.none)
        return m.index(1) if len(p) == 1 and sum(m) == p[m] == 1 else None

    def plus(self, p: Poly, q: Poly, c: int = 1) -> Poly:
        total = dict(p)
        for m, d in q.items():
            total[m] = total.get(m, 0) + c * d
        return {m: d for m, d in total.items() if d}

    def times(self, p: Poly, q: Poly) -> Poly:
        self.work += 1 + len(p) * len(q)
        if self.work > MAX_WORK:
            raise Wrong("it takes more work to check than a proof of the prover")
        total: Poly = {}
        for m, c in p.items():
            for n, d in q.items():
                mn = tuple(map(add, m, n))
                total[mn] = total.get(mn, 0) + c * d
        return self.reduced({m: c for m, c in total.items() if c})

    def reduced(self, p: Poly) -> Poly:
        for k, (d, radicand) in self.relations.items():
            while high := {(*m[:k], m[k] - d, *m[k + 1 :]): c for m, c in p.items() if m[k] >= d}:
                p = self.plus({m: c for m, c in p.items() if m[k] < d}, self.times(high, radicand))
        return p

    def power(self, p: Poly, n: int) -> Poly:
        if any(abs(c) > 1 for c in p.values()) and n > MAX_POWER:
            raise Wrong("a power is larger than any that the prover takes")
        if len(p) == 1 and not self.relations:
            ((m, c),) = p.items()
            return {tuple(n * e for e in m): c**n}
        result = self.one
        for digit in bin(n)[2:]:
            result = self.times(result, result)
            result = self.times(result, p) if digit == "1" else result
        return result

    def same(self, a: Frac, b: Frac) -> bool:
        return a == b or self.times(a[0], b[1]) == self.times(b[0], a[1])

    def sum(self, a: Frac, b: Frac, c: int = 1) -> Frac:
        if a[1] == b[1]:
            return self.plus(a[0], b[0], c), a[1]
        return self.plus(self.times(a[0], b[1]), self.times(b[0], a[1]), c), self.times(a[1], b[1])

    def mul(self, a: Frac, b: Frac) -> Frac:
        return self.times(a[0], b[0]), self.times(a[1], b[1])

    def factors(self, p: Poly) -> tuple[Fraction | int, list[tuple[Poly, int]]]:
        """A number and powers of polynomials, as the certificate says and as multiplying out confirms."""
        if len(p) == 1:
            ((m, c),) = p.items()
            return c, [(self.gen(k), e) for k, e in enumerate(m) if e]
        found = self.written.get(key(p))
        if found is None:
            c, ((q, _),) = self.primitive(p)
            like = self.multiples.get(key(q))
            if like is None:
                return c, [(q, 1)]
            d, parts = self.factors(like)
            return Fraction(d) * c / self.primitive(like)[0], parts
        if key(p) not in self.confirmed:
            product = self.number(found[0].numerator)
            for q, e in found[1]:
                product = self.times(product, self.power(q, e))
            if product != self.reduced(self.times(p, self.number(found[0].denominator))):
                raise Wrong("a factorization is wrong")
            self.confirmed.add(key(p))
        return found

    def primitive(self, p: Poly) -> tuple[int, list[tuple[Poly, int]]]:
        """A number times what has no number as a factor and is led by a positive one."""
        c = math.gcd(*p.values()) * (1 if p[max(p, key=lambda m: m[::-1])] > 0 else -1)
        return c, [({m: d // c for m, d in p.items()}, 1)]

    def conjugate(self, p: Poly) -> tuple[Poly, int] | None:
        """What a + b R with R**2 = c is to be multiplied with to become a number, and the number; None if it is no unit."""
        factor, norm = self.one, p
        while set(norm) != {self.none}:
            k = next((k for k in self.relations if any(m[k] for m in norm)), None)
            if k is None or self.kernels[k][0] != "root" or self.relations[k][0] != 2:
                return None
            mirrored = {m: -c if m[k] % 2 else c for m, c in norm.items()}
            factor, norm = self.times(factor, mirrored), self.times(norm, mirrored)
        return factor, norm[self.none]

    def settled(self, p: Poly) -> tuple[Poly, int, Fraction]:
        """A factor as number * q**side: of two units with a number as product one stands for both."""
        unit = self.conjugate(p) if len(p) > 1 else None
        if unit is not None:
            other, norm = unit
            scale, ((other, _),) = self.primitive(other)
            theirs, mine = (
                [q[m] for m in sorted(q, key=lambda m: m[::-1], reverse=True)] for q in (other, p)
            )
            if theirs > mine:
                return other, -1, Fraction(norm, scale)
        return p, 1, Fraction(1)
