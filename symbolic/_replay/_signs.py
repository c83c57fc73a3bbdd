"""Signs and zeros in one region, for the program that checks proofs: what follows, and on which zeros it may fail."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import mpmath

from symbolic._replay._ring import Frac, Key, Poly, Ring, Wrong, key

MAX_FACTOR = 12  # of a logarithm whose sign is asked for
POSITIVE = ("exp", "const", "prime", "root")
CONSTANTS = {"pi": mpmath.pi, "euler": mpmath.euler, "catalan": mpmath.catalan}


class Undefined(Exception):
    """No point of the region has a value here, but perhaps on the zeros of the chosen polynomials that are given."""


class Signs:
    """What is known in one region.

    ``known``: weak signs; 1 says nowhere negative. ``leaning``: for what was concluded, the chosen polynomials on whose
    zeros it need not hold. ``apart``: what is 0 nowhere. ``left_out``: on the zeros of these nothing is claimed.
    """

    def __init__(self, ring: Ring, chosen: list[tuple[Poly, int]]) -> None:
        if any(s not in (1, -1) for _, s in chosen):
            raise Wrong("a sign is 1 or -1")
        self.ring = ring
        self.chosen = {key(p): (p, s) for p, s in chosen}
        self.known = dict(self.chosen)
        self.leaning: dict[Key, frozenset[Key]] = {}
        self.apart: set[Key] = set()
        self.left_out: dict[Key, Poly] = {}
        self.pending: list[tuple[list[Poly], int, list[Poly], bool]] = []

    # -- what is demanded: hypotheses, and the domains of roots (weak) and logarithms (strict) ------
    def demand(self, f: Frac, strict: bool, want: int = 1) -> None:
        if not f[0]:
            if strict:
                raise Undefined
            return
        above = self.ring.factors(f[0])[1]
        if strict:
            self._set_apart(q for q, _ in above)
        odd, sign = self._odd_factors(f)
        even = [] if strict else [q for q, e in above if e % 2 == 0]
        self._conclude(odd, want * sign, even, strict)

    def _odd_factors(self, f: Frac) -> tuple[list[Poly], int]:
        """The factors of which the sign is that of the fraction, but for this number."""
        parts = [self.ring.factors(p) for p in f]
        odd = [self.ring.settled(q) for _, factors in parts for q, e in factors if e % 2]
        positive = [c > 0 for c, _ in parts] + [number > 0 for _, _, number in odd]
        return [q for q, _, _ in odd], -1 if positive.count(False) % 2 else 1

    def _conclude(self, odd: list[Poly], want: int, even: list[Poly], strict: bool) -> None:
        """The product of the odd factors has a sign wherever no even one is 0: what is the sign of the one not known?"""
        signs = [(p, self.look(p)) for p in odd]
        unknown = [p for p, s in signs if s is None]
        seen = [p for p, s in signs if s is not None]
        if len(unknown) > 1:
            self.pending.append((odd, want, even, strict))
            return
        want *= math.prod(s for _, s in signs if s is not None)
        if not unknown and want > 0:
            return
        self.leave_out(even if strict else [*even, *(p for p in seen if key(p) not in self.chosen)])
        leans = self.leans(map(key, seen)) | {key(p) for p in seen if key(p) in self.chosen and not strict}
        if not unknown:
            raise Undefined(leans)
        self.known[key(unknown[0])], self.leaning[key(unknown[0])] = (unknown[0], want), leans
        pending, self.pending = self.pending, []
        for demand in pending:
            self._conclude(*demand)

    def divide(self, f: Frac) -> None:
        """The expression divides by this, so it has no value where this is 0."""
        if not f[0]:
            raise Undefined
        self._set_apart(q for q, _ in self.ring.factors(f[0])[1])

    def _set_apart(self, polys: Iterable[Poly]) -> None:
        """These are 0 nowhere, and where a root is not 0 what it is the root of is not."""
        for p in polys:
            self.apart.add(key(p))
            k = self.ring.kernel(p)
            if k is not None and self.ring.kernels[k][0] == "root":
                radicand = self.ring.polys[self.ring.kernels[k][2][0]]
                self._set_apart(q for q, _ in self.ring.factors(radicand)[1])

    def leave_out(self, polys: Iterable[Poly]) -> None:
        self.left_out |= {key(p): p for p in polys if not self.nonzero(p)}

    def leans(self, concluded: Iterable[Key]) -> frozenset[Key]:
        return frozenset(p for q in concluded for p in self.leaning.get(q, ()))

    # -- what follows -----------------------------------------------------------------------------
    def look(self, p: Poly) -> int | None:
        """The weak sign that a polynomial has by what is known, by -1 <= cos <= 1, or as the sign of each of its terms."""
        if key(p) in self.known:
            return self.known[key(p)][1]
        rest = p.get(self.ring.none, 0)
        k = self.ring.kernel(self.ring.plus(p, self.ring.one, -rest)) if abs(rest) == 1 else None
        if k is not None and self.ring.kernels[k][0] in ("cos", "sin"):
            return rest
        signs = set()
        for m, c in p.items():
            odd = (self._of_kernel(k) for k, e in enumerate(m) if e % 2)
            signs.add(math.prod(odd, start=1 if c > 0 else -1))
        return signs.pop() if len(signs) == 1 and 0 not in signs else None

    def _of_kernel(self, k: int) -> int:
        if self.ring.kernels[k][0] in POSITIVE:
            return 1
        found = self.known.get(key(self.ring.gen(k)))
        return 0 if found is None else found[1]

    def nonzero(self, p: Poly) -> bool:
        """Whether a polynomial is 0 nowhere: a divisor, a unit, or terms of one sign of which one is not 0."""
        if key(p) in self.apart:
            return True
        k = self.ring.kernel(p)
        if k is not None and self.ring.kernels[k][0] == "root":
            radicand = self.ring.polys[self.ring.kernels[k][2][0]]
            return all(self.nonzero(q) for q, _ in self.ring.factors(radicand)[1])
        if self.look(p) is None:
            return self.ring.conjugate(p) is not None
        return any(all(self._is_hard(k) for k, e in enumerate(m) if e) for m in p)

    def _is_hard(self, k: int) -> bool:
        kind = self.ring.kernels[k][0]
        return kind in ("exp", "const", "prime", "parity") or (
            kind == "root" and self.nonzero(self.ring.gen(k))
        )

    def sign(self, f: Frac) -> int:
        odd, sign = self._odd_factors(f)
        return math.prod(map(self.sign_of, odd), start=sign)

    def sign_of(self, p: Poly) -> int:
        s = self.look(p) or self._of_constant(p) or self._between_exponentials(p)
        s = s or self._of_logarithms(p) or self.by_square(p)
        if not s:
            raise Wrong("a sign is used that does not follow")
        return s

    def _of_constant(self, p: Poly) -> int:
        for digits in (20, 80, 320):
            with mpmath.workdps(digits):
                mpmath.iv.dps = digits
                value = self.interval(p)
            if value is None:
                return 0
            if value > 0 or value < 0:
                return 1 if value > 0 else -1
        return 0

    def interval(self, p: Poly) -> Any:
        """An interval that holds the value of a polynomial in constants; None where it is none."""
        total = mpmath.iv.mpf(0)
        for m, c in p.items():
            kernels = [(self._constant(k), e) for k, e in enumerate(m) if e]
            if any(x is None for x, _ in kernels):
                return None
            total += math.prod((x**e for x, e in kernels), start=mpmath.iv.mpf(c))
        return total

    def _constant(self, k: int) -> Any:
        iv, (kind, data, args) = mpmath.iv, self.ring.kernels[k]
        parts = [self.interval(self.ring.polys[n]) for n in args]
        if kind not in POSITIVE or any(x is None for x in parts):
            return None
        if kind == "const":
            x = CONSTANTS[data[0]]()
            return iv.mpf([x * (1 - 8 * mpmath.eps), x * (1 + 8 * mpmath.eps)])
        q = Fraction(data[0])
        if kind == "prime":
            return iv.log(iv.mpf(q.numerator))
        if kind == "root":
            return iv.exp(iv.log(parts[0]) / q.numerator) if parts[0] > 0 else None
        return None if 0 in parts[1] else iv.exp(parts[0] / parts[1] * q.numerator / q.denominator)

    def _between_exponentials(self, p: Poly) -> int:
        """C exp(u) R - C exp(v) R has the sign of C (u - v) R."""
        if len(p) != 2 or sum(p.values()) != 0:
            return 0
        (m, c), (n, _) = p.items()
        gap, rest = self.ring.rational(0), self.ring.rational(1 if c > 0 else -1)
        for k, (d, e) in enumerate(zip(m, n, strict=True)):
            if self.ring.kernels[k][0] == "exp":
                gap = self.ring.sum(gap, self.ring.mul(self.argument(k), self.ring.rational(d - e)))
            elif d != e:
                return 0
            elif d % 2:
                rest = self.ring.mul(rest, (self.ring.gen(k), self.ring.one))
        return self.sign(self.ring.mul(gap, rest)) if gap[0] else 0

    def _of_logarithms(self, p: Poly) -> int:
        """C log u + d log v + w has the sign of u^c v^d exp(w) - 1, where u and v are positive and exp(w) is at hand."""
        ring, product, rest = self.ring, self.ring.rational(1), Poly()
        for m, c in p.items():
            k = ring.kernel({m: 1})
            kind, data, args = ("", [], []) if k is None else ring.kernels[k]
            if kind not in ("log", "prime"):
                rest[m] = c
                continue
            inside = ring.number(int(data[0])) if kind == "prime" else ring.polys[args[0]]
            side = 1 if kind == "prime" else self.look(inside)
            if side is None or abs(c) > MAX_FACTOR:
                return 0
            power = ring.power(ring.plus({}, inside, side), abs(c))
            product = ring.mul(product, (power, ring.one) if c > 0 else (ring.one, power))
        if len(rest) == len(p):
            return 0
        for k, n in (
            (k, n) for k, (kind, *_) in enumerate(ring.kernels) if kind == "exp" for n in (1, -1, 2, -2)
        ):
            if rest and ring.same((rest, ring.one), ring.mul(self.argument(k), ring.rational(n))):
                power, rest = ring.power(ring.gen(k), abs(n)), {}
                product = ring.mul(product, (power, ring.one) if n > 0 else (ring.one, power))
        beyond = ring.sum(product, ring.rational(1), -1)
        return self.sign(beyond) if beyond[0] and not rest else 0

    def by_square(self, p: Poly, depth: int = 2) -> int:
        """The sign of the larger part of a + b K with K**2 <= r, or of a x**2 + b x + c with b**2 <= 4 a c."""
        ring = self.ring
        content, ((p, _),) = ring.primitive(p) if p else (1, [(p, 1)])
        side, found = (1 if content > 0 else -1), self.look(p)
        if found or not depth:
            return side * (found or 0)
        for k, degree in enumerate(map(max, zip(*p, strict=True)) if p else ()):
            a, b, c = ({(*m[:k], 0, *m[k + 1 :]): n for m, n in p.items() if m[k] == e} for e in range(3))
            if degree == 2:
                gap = self.by_square(ring.plus(ring.times(b, b), ring.times(a, c), -4), depth - 1)
                if gap < 0 and self.nonzero(c):
                    return side * (self.look(c) or 0)
            elif degree == 1:
                kind, root = self.ring.kernels[k][0], ring.relations.get(k, (0, ring.one))
                bound = (
                    ring.one
                    if kind in ("cos", "sin")
                    else root[1]
                    if (kind, root[0]) == ("root", 2)
                    else None
                )
                if bound is None:
                    continue
                gap = self.by_square(
                    ring.plus(ring.times(a, a), ring.times(ring.times(b, b), bound), -1), depth - 1
                )
                sign = gap and self.by_square(a if gap > 0 else b if kind == "root" else {}, depth - 1)
                if sign:
                    return side * sign
        return 0

    def argument(self, k: int) -> Frac:
        """What a kernel is a function of: of exp(b u) and cos(b u) the whole angle b u."""
        kind, data, (num, den) = self.ring.kernels[k]
        f = self.ring.polys[num], self.ring.polys[den]
        return f if kind in ("fun", "g") else self.ring.mul(f, self.ring.rational(data[0]))
