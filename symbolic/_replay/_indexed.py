"""The arithmetic of index expressions: products, powers, exponentials, logarithms, steps.

Every rewriting is an identity of real numbers, for all sizes, wherever both of its sides are defined.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from symbolic._replay._ring import Wrong
from symbolic._replay._terms import (
    Atom,
    Index,
    Mono,
    Poly,
    add,
    atoms,
    base,
    delta,
    function,
    is_positive,
    is_whole,
    look_mono,
    number,
    one,
    single,
    whole,
    write_mono,
)

MAX_WORK = 400_000
MAX_BITS = 4  # jumps inside of a jump, of which every case is looked at


class Algebra(ABC):
    """Arithmetic with what may be assumed: of names that are positive, binary, that add up to one, that are one-hot."""

    def __init__(self, hypotheses: Iterable[tuple[str, str, int]], positive: Iterable[str] = ()) -> None:
        known = list(hypotheses)
        self.positive = {name for kind, name, _ in known if kind == "positive"} | set(positive)
        self.binary = {name for kind, name, _ in known if kind in ("binary", "one_hot")}
        self.sums = {
            name: place for kind, name, place in known if kind in ("one_hot", "probability", "adds_up")
        }
        self.hot = {name: place for kind, name, place in known if kind == "one_hot"}
        self.work = 0
        self.moved: dict[Any, Poly] = {}

    def tick(self, n: int = 1) -> None:
        self.work += n
        if self.work > MAX_WORK:
            raise Wrong("it takes more work to check than a proof of the prover")

    def is_bit(self, a: Atom) -> bool:
        """Whether an atom is 0 or 1."""
        return (
            a.kind in "DW"
            or (a.kind == "F" and a.data[0] in ("step", "zero°"))
            or (a.kind == "T" and a.data[0] in self.binary)
        )

    @abstractmethod
    def move(self, p: Poly, names: Mapping[Index, Index]) -> Poly:
        """Write other indices for free ones."""

    @abstractmethod
    def picked(self, powers: Mapping[Atom, Any]) -> Poly | None:
        """Use in a product that a one-hot column picks one entry."""

    @abstractmethod
    def picked_in(self, z: Poly, name: str, order: int) -> Poly | None:
        """Apply a function to what a one-hot column picks."""

    # -- products ---------------------------------------------------------------------------------
    def times(self, p: Poly, q: Poly) -> Poly:
        total: Poly = {}
        for m, c in p.items():
            for n, d in q.items():
                powers = dict(m)
                for a, e in n:
                    powers[a] = whole(powers.get(a, 0) + e)
                total = add(total, self.product(powers, whole(Fraction(c) * d)))
        return total

    def product(self, powers: Mapping[Atom, Any], c: Any = 1) -> Poly:
        """Powers of atoms put together; here deltas are used, and E/(1 + E) becomes 1 - 1/(1 + E)."""
        self.tick()
        kept: dict[Atom, Any] = {}
        rest = one()
        for a, e in powers.items():
            if a.kind == "P" and is_whole(e) and e > 0:
                rest = self.times(rest, self.power(a.data, e))
                continue
            if a.kind == "P" and list(a.data) == [
                ()
            ]:  # a root of a number keeps its exponent between 0 and 1
                c, e = c * Fraction(a.data[()]) ** math.floor(e), whole(Fraction(e) - math.floor(e))
            if a.kind == "D" or (e > 0 and self.is_bit(a)):
                e = 1
            if e:
                kept[a] = e
        c = self._by_sign(kept, c)
        simpler = self.picked(kept)
        if simpler is None:
            simpler = self._by_delta(kept) or self._by_logistic(kept)
        if simpler is None:
            result: Poly = {tuple(sorted(kept.items(), key=lambda pair: pair[0].text)): whole(Fraction(c))}
        else:
            result = {m: whole(Fraction(c) * d) for m, d in simpler.items()}
        return result if rest == one() else self.times(result, rest)

    def _by_sign(self, kept: dict[Atom, Any], c: Any) -> Any:
        """Below a fraction p stands for -p where a root of p stands, too, and else the one that leads with plus."""
        roots = {a.text for a, e in kept.items() if a.kind == "P" and not is_whole(e)}
        for a, e in list(kept.items()):
            if a.kind == "P" and is_whole(e) and len(a.data) > 1:
                minus = base({m: -d for m, d in a.data.items()})
                if minus.text in roots or _leading(a.data) < 0:
                    c = -c if kept.pop(a) % 2 else c
                    kept[minus] = whole(kept.get(minus, 0) + e)
                    if not kept[minus]:
                        del kept[minus]
        return c

    def _by_delta(self, kept: dict[Atom, Any]) -> Poly | None:
        columns: dict[Any, Index] = {}
        # Y[i, j] Y[k, j] is Y[i, j] delta(i, k) where columns are one-hot.
        for a in sorted(kept, key=lambda a: a.text):
            if a.kind == "T" and a.data[0] in self.hot and kept[a] == 1:
                name, indices = a.data
                place = self.hot[name]
                column = name, indices[:place] + indices[place + 1 :]
                if column in columns:
                    one_less = self.product({b: e for b, e in kept.items() if b != a})
                    return self.times(one_less, delta(columns[column], indices[place]))
                columns[column] = indices[place]
        for a in [a for a in kept if a.kind == "D"]:
            small, large = a.data
            others = {b: e for b, e in kept.items() if b != a}
            if any(large in b.free for b in others):
                return self.times(self.move(self.product(others), {large: small}), single(a))
        return None

    def _by_logistic(self, kept: dict[Atom, Any]) -> Poly | None:
        for a, e in kept.items():
            if a.kind != "P" or not is_whole(e) or len(a.data) != 2 or () not in a.data:
                continue
            (unit,) = (m for m in a.data if m)
            if any(b.kind != "E" for b, _ in unit):
                continue
            constant, factor = Fraction(a.data[()]), Fraction(a.data[unit])
            for side, first, second in (
                (1, 1 / factor, constant / factor),
                (-1, 1 / constant, factor / constant),
            ):
                if all(kept.get(b, 0) * side * need >= need * need for b, need in unit):
                    # E/(c + f E) = 1/f - (c/f)/(c + f E), and (1/E)/(c + f E) = (1/c)/E - (f/c)/(c + f E)
                    rest = {**kept, **{b: whole(kept[b] - side * need) for b, need in unit}}
                    higher = {**(rest if side == 1 else kept), a: e + 1}
                    return add(self.product(higher, first), self.product(rest, second), -1)
        return None

    def power(self, p: Poly, e: Any) -> Poly:
        e = whole(e)
        if e == 0 or e == 1 or not p:
            if not p and e <= 0:
                raise Wrong("something that is zero everywhere stands below")
            return one() if e == 0 else p
        if len(p) == 1:
            ((m, c),) = p.items()
            return self._power_of_product(m, c, e)
        if is_whole(e) and e > 0:
            return self.times(self.power(p, e - 1), p)
        c, outside, inside = self.factored(p, not is_whole(e))
        if len(inside) == 1:
            ((m, d),) = inside.items()
            return self.times(self._power_of_product(outside, 1, e), self._power_of_product(m, c * d, e))
        if is_whole(e) and _leading(inside) < 0:
            inside, c = {m: -d for m, d in inside.items()}, -c
        front = self.times(self._power_of_product(outside, 1, e), self._power_of_product((), c, e))
        return self.times(front, single(base(inside), e))

    def _power_of_product(self, m: Mono, c: Any, e: Any) -> Poly:
        if is_whole(e):
            return self.product({a: whole(f * e) for a, f in m}, Fraction(c) ** e)
        result, rest = one(), {}
        for a, f in m:
            if a.positive:
                result = self.times(result, self.product({a: whole(f * e)}))
            elif is_whole(f) and f % 2 == 0 and is_whole(whole(f * e)):  # (x^2)^(1/2) = |x|
                plain = self.product({a: whole(f * e)})
                sign = add(number(-1), self.step(single(a)), 2)
                result = self.times(result, plain if f * e % 2 == 0 else self.times(plain, sign))
            else:
                rest[a] = f
        if c > 0:
            result, c = self.times(result, self._root(Fraction(c), Fraction(e))), 1
            if len(rest) == 1 and all(
                is_whole(f) and f % 2 for f in rest.values()
            ):  # x^3 and x ask for the same x >= 0
                return self.times(result, self.product({a: whole(f * e) for a, f in rest.items()}))
        if rest or c != 1:
            result = self.times(result, single(base(self.product(rest, c)), e))
        return result

    def _root(self, c: Fraction, e: Fraction) -> Poly:
        result = one()
        for n, sign in ((c.numerator, 1), (c.denominator, -1)):
            for prime, times in primes(n):
                result = self.times(result, self.product({base(number(prime)): whole(e * sign * times)}))
        return result

    def factored(self, p: Poly, only_positive: bool = False) -> tuple[Fraction, Mono, Poly]:
        """Number * monomial * what has whole coefficients without a common divisor."""
        outside: dict[Atom, Any] = {}
        for _ in range(4):  # opening one denominator can show another
            lowest = {a: min(dict(m).get(a, 0) for m in p) for a in atoms(p)}
            common = {
                a: e
                for a, e in lowest.items()
                if e and (a.positive or not only_positive) and not self.is_bit(a)
            }
            if not common:
                break
            divided: Poly = {}
            for m, c in p.items():
                powers = dict(m)
                for a, e in common.items():
                    powers[a] = whole(powers.get(a, 0) - e)
                divided = add(divided, self.product(powers, c))
            for a, e in common.items():
                outside[a] = whole(outside.get(a, 0) + e)
            p = divided
            if len(p) < 2:
                break
        if not p:
            return Fraction(0), (), {}
        units = [m for m in p if all(a.kind == "E" for a, _ in m)]
        if len(p) > 1 and () not in p and units:  # E + F = F (1 + E/F): logistic sums look alike
            pivot = min(units, key=lambda m: (look_mono(m), write_mono(m)))
            for a, e in pivot:
                outside[a] = whole(outside.get(a, 0) + e)
            p = self.times(p, {tuple((a, whole(-e)) for a, e in pivot): 1})
        cs = [Fraction(c) for c in p.values()]
        content = Fraction(math.gcd(*(c.numerator for c in cs)), math.lcm(*(c.denominator for c in cs)))
        mono = tuple(sorted(((a, e) for a, e in outside.items() if e), key=lambda pair: pair[0].text))
        return content, mono, {m: whole(Fraction(c) / content) for m, c in p.items()}

    # -- functions --------------------------------------------------------------------------------
    def exp(self, p: Poly) -> Poly:
        if (picked := self.picked_in(p, "exp", 0)) is not None:
            return picked
        result = one()
        for m, c in p.items():
            if len(m) == 1 and m[0][1] == 1 and m[0][0].kind == "F" and m[0][0].data[0] == "log":
                result = self.times(result, self.power(m[0][0].data[2], Fraction(c)))
            else:
                unit = Atom("E", m, f"exp({write_mono(m)})", (a for a, _ in m), True)
                result = self.times(result, self.product({unit: whole(Fraction(c))}))
        return result

    def log(self, p: Poly) -> Poly:
        if not p:
            raise Wrong("the logarithm of something that is zero everywhere is taken")
        if (picked := self.picked_in(p, "log", 0)) is not None:
            return picked
        c, outside, inside = self.factored(p, len(p) > 1)
        powers = dict(outside)
        if len(inside) == 1:
            ((m, d),) = inside.items()
            c, inside = c * d, one()
            for a, e in m:
                powers[a] = whole(powers.get(a, 0) + e)
        result: Poly = {}
        rest = {a: e for a, e in powers.items() if not a.positive and e}
        if len(rest) == 1 and inside == one() and c > 0 and all(is_whole(e) and e % 2 for e in rest.values()):
            rest = {}
        for a, e in powers.items():
            if a not in rest:
                plain = a.data if a.kind == "P" else single(a)
                result = add(result, {a.data: 1} if a.kind == "E" else function("log", 0, plain), e)
        if c > 0:
            for n, sign in ((c.numerator, 1), (c.denominator, -1)):
                for prime, times in primes(n):
                    result = add(result, function("log", 0, number(prime)), sign * times)
            c = Fraction(1)
        left = self.times(inside, self.product(rest, c))
        return result if left == one() else add(result, function("log", 0, left))

    def step(self, p: Poly, name: str = "step") -> Poly:
        """1 where a polynomial is positive, or is zero (`zero°`); else 0."""
        if not p:
            return number(name == "zero°")
        if name == "step" and (picked := self.picked_in(p, name, 0)) is not None:
            return picked
        bits = sorted({a for a in atoms(p) if a.kind == "F" and self.is_bit(a)}, key=lambda a: a.text)
        if name == "step" and 0 < len(bits) <= MAX_BITS:  # by the two values of H
            off: Poly = {m: c for m, c in p.items() if bits[0] not in dict(m)}
            on: Poly = {}
            for m, c in p.items():
                on = add(on, {tuple(pair for pair in m if pair[0] != bits[0]): c})
            low = self.step(off)
            return add(low, self.times(single(bits[0]), add(self.step(on), low, -1)))
        inside = self.factored(p, True)[2]
        flipped = _leading(inside) < 0
        if is_positive(inside):
            return number(name == "step")
        if flipped:
            inside = {m: -c for m, c in inside.items()}
            if is_positive(inside):
                return {}
        mark = function(name, 0, inside)
        return add(one(), mark, -1) if flipped and name == "step" else mark

    def apply(self, name: str, order: int, z: Poly) -> Poly:
        if name == "exp":
            return self.exp(z)
        if name == "log":
            return self.log(z)
        if name in ("sigmoid", "silu", "tanh"):  # 1 - 1/(1 + E), and 1 - 2/(1 + E^2)
            twice = 1 + (name == "tanh")
            unit = add(
                one(), self.power(add(one(), self.exp({m: twice * c for m, c in z.items()})), -1), -twice
            )
            return self.times(z, unit) if name == "silu" else unit
        if name == "softplus":
            return self.log(add(one(), self.exp(z)))
        if name == "step":
            return self.step(z)
        if name == "relu":
            return self.times(z, self.step(z))
        if name in ("sign", "abs"):
            sign = add(number(-1), self.step(z), 2) if z else {}
            return sign if name == "sign" else self.times(z, sign)
        if name in ("normal_cdf", "gelu"):
            below = number(Fraction(1, 2)) if not z else function("normal_cdf", 0, z)
            if z and _leading(z) < 0:
                below = add(one(), function("normal_cdf", 0, {m: -c for m, c in z.items()}), -1)
            return below if name == "normal_cdf" else self.times(z, below)
        if name == "normal_pdf":
            half = {m: Fraction(-c) / 2 for m, c in self.times(z, z).items()}
            return self.times(self.exp(half), single(Atom("C", name, "1/sqrt(2 pi)", (), True)))
        picked = self.picked_in(z, name, order)
        return function(name, order, z) if picked is None else picked


def _leading(p: Poly) -> Any:
    """The coefficient that decides the sign of a base."""
    return p[max(p, key=lambda m: (look_mono(m), write_mono(m)))]


def primes(n: int) -> list[tuple[int, int]]:
    """The prime factors of a number; a large one counts as its own."""
    if n > 10**12:
        return [(n, 1)]
    found, p = [], 2
    while p * p <= n:
        times = 0
        while n % p == 0:
            n, times = n // p, times + 1
        found += [(p, times)] if times else []
        p += 1
    return [*found, (n, 1)] if n > 1 else found
