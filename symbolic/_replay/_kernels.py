"""Logarithms and derivatives of fractions in kernels, for the program that checks proofs."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from symbolic._replay._ring import Frac, Key, Poly, Wrong, key
from symbolic._replay._signs import Signs

WHOLE = 1 << 62  # integers from here on have a logarithm of their own
FEW = 5_040 * 200  # of an exponent in a comparison of powers of integers


class Kernels(Signs, ABC):
    """What kernels are functions of, and what follows for their logarithms and derivatives."""

    @abstractmethod
    def made(self, op: str, u: Frac, *data: int) -> Frac:
        """The value of a node that applies this operation to this argument."""

    def find(self, kind: str, *data: Any, of: Frac | None = None) -> Frac:
        """The kernel with these data, and this argument."""
        for k, (own, given, _) in enumerate(self.ring.kernels):
            if own == kind and given == list(data) and (of is None or self.ring.same(self.argument(k), of)):
                return self.ring.gen(k), self.ring.one
        raise Wrong(f"there is no kernel for {kind} {' '.join(map(str, data))}")

    def power(self, f: Frac, n: int) -> Frac:
        if n < 0:
            self.divide(f)
            f, n = (f[1], f[0]), -n
        return self.ring.power(f[0], n), self.ring.power(f[1], n)

    # -- logarithms, with which exponentials, roots and powers are compared ----------------------------
    def _spread(self, f: Frac) -> tuple[Counter[int], dict[Key, Fraction], Frac]:
        """|f| as powers of integers, powers of factors, and an exponential."""
        numbers, powers, exponent = Counter[int](), dict[Key, Fraction](), self.ring.rational(0)
        parts = [(f[0], Fraction(1)), (f[1], Fraction(-1))]
        while parts:
            p, times = parts.pop()
            content, factors = self.ring.factors(p)
            numbers[abs(content.numerator)] += times  # type: ignore[assignment]
            numbers[content.denominator] -= times  # type: ignore[assignment]
            for q, e in factors:
                k = self.ring.kernel(q)
                kind, data, args = ("", [], []) if k is None else self.ring.kernels[k]
                if k is not None and kind == "exp":
                    exponent = self.ring.sum(
                        exponent, self.ring.mul(self.argument(k), self.ring.rational(e * times))
                    )
                elif kind == "root":
                    parts.append((self.ring.polys[args[0]], e * times / int(data[0])))
                elif kind != "parity":
                    q, side, number = self.ring.settled(q)
                    powers[key(q)] = powers.get(key(q), Fraction(0)) + side * e * times
                    numbers[abs(number.numerator)] += e * times  # type: ignore[assignment]
                    numbers[number.denominator] -= e * times  # type: ignore[assignment]
        return numbers, {q: e for q, e in powers.items() if e}, exponent

    def same_power(self, a: Frac, m: int, b: Frac, n: int) -> bool:
        """Whether |a|**m is |b|**n."""
        (x, p, u), (y, q, v) = self._spread(a), self._spread(b)
        gap = {number: m * x[number] - n * y[number] for number in (*x, *y)}
        scale = math.lcm(*(e.denominator for e in gap.values()))
        if any(abs(e) * scale > FEW for e in gap.values()):
            raise Wrong("a root is larger than any that the prover takes")
        up, down = (math.prod(g ** int(s * e * scale) for g, e in gap.items() if s * e > 0) for s in (1, -1))
        powers = {key: m * p.get(key, 0) - n * q.get(key, 0) for key in (*p, *q)}
        exponents = self.ring.mul(u, self.ring.rational(m)), self.ring.mul(v, self.ring.rational(n))
        return up == down and not any(powers.values()) and self.ring.same(*exponents)

    def log(self, f: Frac) -> Frac:
        """The logarithm of |f|, where it is not 0."""
        numbers, powers, total = self._spread(f)
        for k, (kind, data, args) in enumerate(self.ring.kernels):
            times = Fraction(0)
            if kind == "prime":
                for number, e in list(numbers.items()):
                    del numbers[number]
                    while (
                        number % int(data[0]) == 0
                        and number > 1
                        and (number < WHOLE or number == int(data[0]))
                    ):
                        number, times = number // int(data[0]), times + e
                    numbers[number] += e
            elif kind == "log":
                times = powers.pop(key(self.ring.polys[args[0]]), times)
            total = self.ring.sum(
                total, self.ring.mul((self.ring.gen(k), self.ring.one), self.ring.rational(times))
            )
        if powers or any(e for number, e in numbers.items() if number != 1):
            raise Wrong("a logarithm has no kernel")
        return total

    # -- derivatives ------------------------------------------------------------------------------
    def slope(self, f: Frac, x: str) -> Frac:
        """The derivative of a value by a variable: the quotient rule, and the chain rule in every kernel."""
        top, bottom = (self.slope_of(p, x) for p in f)
        ring, one = self.ring, self.ring.one
        rise = ring.sum(ring.mul(top, (f[1], one)), ring.mul(bottom, (f[0], one)), -1)
        return ring.mul(rise, (one, ring.times(f[1], f[1])))

    def slope_of(self, p: Poly, x: str) -> Frac:
        total = self.ring.rational(0)
        for k in range(len(self.ring.kernels)):
            partial = {(*m[:k], m[k] - 1, *m[k + 1 :]): c * m[k] for m, c in p.items() if m[k]}
            if partial:
                total = self.ring.sum(
                    total, self.ring.mul((partial, self.ring.one), self._of_kernel_by(k, x))
                )
        return total

    def _of_kernel_by(self, k: int, x: str) -> Frac:
        ring, (kind, data, args) = self.ring, self.ring.kernels[k]
        own = ring.gen(k), ring.one
        if kind in ("sym", "const", "prime"):
            return ring.rational(kind == "sym" and data[0] == x)
        if kind in ("log", "root", "parity"):
            p = ring.polys[args[0]]
            rise = ring.mul(self.slope_of(p, x), (ring.one, p))
            if kind == "parity" and rise[0]:
                raise Wrong("(-1)**n has no derivative by n")
            return (
                rise
                if kind == "log"
                else ring.mul(ring.mul(own, rise), ring.rational(Fraction(1, int((data or [1])[0]))))
            )
        inner = self.slope(self.argument(k), x)
        if not inner[0]:
            return inner
        u, square = self.argument(k), ring.mul(self.argument(k), self.argument(k))
        one, other = ring.rational(1), {"cos": "sin", "sin": "cos"}.get(kind, "")
        outer: dict[str, Callable[[], Frac]] = {
            "exp": lambda: own,
            "sin": lambda: (ring.gen(ring.kernels.index((other, data, args))), ring.one),
            "cos": lambda: ring.mul((ring.gen(ring.kernels.index((other, data, args))), ring.one), ring.rational(-1)),
            "g": lambda: self.find("g", data[0], data[1] + 1, of=u),
            "gamma": lambda: ring.mul(own, self.find("fun", "digamma", of=u)),
            "atan": lambda: self.power(ring.sum(one, square), -1),
            "asin": lambda: self.power(self.made("root", ring.sum(one, square, -1), 1, 2), -1),
            "erf": lambda: ring.mul(ring.mul(self.made("exp", ring.mul(square, ring.rational(-1))), ring.rational(2)),
                                    self.power(self.made("root", self.find("const", "pi"), 1, 2), -1)),
        }  # fmt: skip
        return ring.mul(outer[data[0] if kind == "fun" else kind](), inner)
