"""The value of every node in one region, derived anew from those of its operands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import mpmath

from symbolic._replay._kernels import Kernels
from symbolic._replay._ring import Frac, Poly, Ring, Wrong, key
from symbolic._replay._signs import Undefined

ARCS = {("asin", 1): Fraction(1, 2), ("asin", Fraction(1, 2)): Fraction(1, 6), ("atan", 1): Fraction(1, 4)}


class Region(Kernels):
    """One region of a proof: each value that the certificate gives is held against what the operation makes of its operands.

    Parameters
    ----------
    ring : Ring
    proof, case, written : mapping
        The certificate, one of its cases, and the region in it.
    """

    def __init__(
        self, ring: Ring, proof: Mapping[str, Any], case: Mapping[str, Any], written: Mapping[str, Any]
    ) -> None:
        super().__init__(ring, [(ring.polys[p], s) for p, s in written["signs"]])
        self.nodes, self.given, self.fixed = proof["nodes"], proof["given"], case["set"]
        self.claimed = {i: (ring.polys[n], ring.polys[d]) for i, n, d in written["values"]}
        self.turns = dict(written["turns"])
        self.done: dict[int, Frac] = {}
        self.gaps = {i: (ring.polys[n], ring.polys[d]) for i, n, d in written["gaps"]}
        self.extra: list[Poly] = []  # denominators of turns and differences

    def value(self, i: int) -> Frac:
        if i not in self.done:
            op, *args = self.nodes[i]
            claimed = self.claimed.get(i, self.ring.rational(0))  # a node without a value needs none
            derived = RULES[op](self, claimed, i, *args)
            if not claimed[1] or not self.ring.same(derived, claimed):
                raise Wrong(f"the value of node {i} is not what its operands make it")
            # In lower terms if they say that the denominator is not 0; modulo the relation of a root they may not.
            plain = all(self.nonzero(q) for q, _ in self.ring.factors(claimed[1])[1])
            self.done[i] = claimed if plain else derived
            if not plain and derived is not claimed:
                self.apart.add(key(derived[1]))  # a product of denominators and of what was divided by
        return self.done[i]

    def check_defined(self) -> None:
        """No denominator is 0, and every kernel has a value, wherever the nodes have values."""
        nonzero, radicands, met = [d for _, d in self.done.values()] + self.extra, list[Poly](), set[int]()
        polys = [p for f in self.done.values() for p in f]
        while polys:
            for k in {k for m in polys.pop() for k, e in enumerate(m) if e} - met:
                met.add(k)
                kind, _, args = self.ring.kernels[k]
                parts = [self.ring.polys[n] for n in args]
                polys += parts
                nonzero += parts if kind == "log" else parts[1:]
                radicands += parts if kind == "root" else []
        if not all(
            self.nonzero(p) or all(self.nonzero(q) for q, _ in self.ring.factors(p)[1]) for p in nonzero
        ):
            raise Wrong("a denominator may be 0 where the sides have values")
        if any(self.sign((p, self.ring.one)) < 0 for p in radicands):
            raise Wrong("a root of something negative is used")

    # -- rules: each gives the value of node i, or confirms the claimed one ---------------------------
    def _symbol(self, claimed: Frac, i: int, name: str) -> Frac:
        if name in self.fixed:
            return self.ring.rational(self.fixed[name])
        if name in self.given["equal"]:
            return self.value(self.given["equal"][name])
        return self.find("sym", name)

    def _sum(self, claimed: Frac, i: int, *terms: int) -> Frac:
        total = self.ring.rational(0)
        for j in terms:
            total = self.ring.sum(total, self.value(j))
        return total

    def _product(self, claimed: Frac, i: int, *factors: int) -> Frac:
        product = self.ring.rational(1)
        for j in factors:
            product = self.ring.mul(product, self.value(j))
        return product

    def _root(self, claimed: Frac, i: int, j: int, p: int, q: int) -> Frac:
        u = self.value(j)
        if not u[0] and p > 0:
            return u
        self.demand(u, p < 0)
        if self.sign(claimed) < 0 or not self.same_power(claimed, q, u, p):
            raise Wrong(f"node {i} is not the root")
        return claimed

    def _pow(self, claimed: Frac, i: int, j: int, k: int) -> Frac:
        u, v = self.value(j), self.value(k)
        if not u[0]:
            raise Undefined
        used = [self.ring.kernels[n] for m in v[0] for n, e in enumerate(m) if e]
        whole = all(kind == "sym" and data[0] in self.given["integers"] for kind, data, _ in used)
        if not whole or v[1] != self.ring.one:
            self.demand(u, True)
            return self._exponential(claimed, self.ring.mul(v, self.log(u)))
        self.divide(u)
        if not used:
            return self.power(u, v[0].get(self.ring.none, 0))
        sign = self.ring.rational(1) if self.sign(u) > 0 else self._parity(v[0])
        return self.ring.mul(
            sign, self._exponential(self.ring.mul(sign, claimed), self.ring.mul(v, self.log(u)))
        )

    def _parity(self, exponent: Poly) -> Frac:
        """(-1)**n: a factor for each odd term of n."""
        product = self.ring.rational(1)
        for m, c in exponent.items():
            if c % 2:
                kernels = [
                    n
                    for n, (kind, _, args) in enumerate(self.ring.kernels)
                    if kind == "parity" and self.ring.polys[args[0]] == {m: 1}
                ]
                factor = (
                    self.ring.rational(-1)
                    if m == self.ring.none
                    else (self.ring.gen(kernels[0]), self.ring.one)
                )
                product = self.ring.mul(product, factor)
        return product

    def _exponential(self, claimed: Frac, u: Frac) -> Frac:
        if self.sign(claimed) < 0 or not self.ring.same(self.log(claimed), u):
            raise Wrong("an exponential is not the one of its exponent")
        return claimed

    def _log(self, claimed: Frac, i: int, j: int) -> Frac:
        u = self.value(j)
        self.demand(u, True)
        return self.log(u)

    def _abs(self, claimed: Frac, i: int, j: int) -> Frac:
        u = self.value(j)
        return self.ring.mul(u, self.ring.rational(self.sign(u) if u[0] else 1))

    def _jump(self, claimed: Frac, i: int, j: int) -> Frac:
        u = self.value(j)
        if not u[0]:
            if self.nodes[i][0] == "step":
                raise Undefined
            return u
        self.leave_out(q for q, _ in self.ring.factors(u[0])[1])
        return self.ring.rational(self.sign(u) if self.nodes[i][0] == "sign" else max(self.sign(u), 0))

    def _extremum(self, claimed: Frac, i: int, j: int, k: int) -> Frac:
        a, b = self.value(j), self.value(k)
        gap = self.gaps[i]
        if not gap[1] or not self.ring.same(gap, self.ring.sum(a, b, -1)):
            raise Wrong(f"the difference of the operands of node {i} is another")
        self.extra.append(gap[1])
        larger = a if not gap[0] or self.sign(gap) > 0 else b
        return larger if self.nodes[i][0] == "max" else self.ring.sum(self.ring.sum(a, b), larger, -1)

    def _if(self, claimed: Frac, i: int, c: int, j: int, k: int) -> Frac:
        return self.value(j if self._holds(c) else k)

    def _holds(self, i: int) -> bool:
        op, *args = self.nodes[i]
        if op in ("and", "or", "not"):
            parts = [
                self._holds(j) for j in args
            ]  # all are looked at: the whole has a value only where each has one
            return not parts[0] if op == "not" else all(parts) if op == "and" else any(parts)
        if op in ("true", "false"):
            return bool(op == "true")
        u = self.value(args[0])
        if not u[0]:
            return bool(op != "gt")
        self.leave_out(q for q, _ in self.ring.factors(u[0])[1])
        return bool(op != "eq" and self.sign(u) > 0)

    def _both(self, claimed: Frac, i: int, j: int, k: int) -> Frac:
        self.value(k)
        return self.value(j)

    def _function(self, claimed: Frac, i: int, name: str, j: int) -> Frac:
        u = self.value(j)
        if name in ("sin", "cos"):
            return self._turn(self.turns[i], u)[name == "sin"]
        if name in ("asin", "acos"):
            self.demand(self.ring.sum(self.ring.rational(1), self.ring.mul(u, u), -1), False)
        if name == "acos":
            return self.ring.sum(self._pi(Fraction(1, 2)), self._odd("asin", u), -1)
        return self._odd(name, u)

    def _pi(self, q: Fraction) -> Frac:
        return self.ring.mul(self.find("const", "pi"), self.ring.rational(q))

    def _odd(self, name: str, u: Frac) -> Frac:
        """A function of which no more is used than that erf, asin and atan are odd, and the angles that are known."""
        ring, odd, minus = self.ring, name in ("erf", "asin", "atan"), self.ring.rational(-1)
        if odd and not u[0]:
            return u
        if all(set(p) == {ring.none} for p in u):
            q = Fraction(u[0][ring.none], u[1][ring.none])
            if (name, abs(q)) in ARCS:
                return self._pi(ARCS[name, abs(q)] * (1 if q > 0 else -1))
        for k, (kind, data, _) in enumerate(ring.kernels):
            if kind == "fun" and data == [name]:
                v, f = self.argument(k), (ring.gen(k), ring.one)
                if ring.same(u, v):
                    return f
                if odd and ring.same(u, ring.mul(v, minus)):
                    return ring.mul(f, minus)
                product = ring.mul(u, v)
                if name == "atan" and product[0] and ring.same(ring.mul(product, product), ring.rational(1)):
                    # atan u + atan 1/u is pi/2 with the sign of u, wherever u is not 0.
                    self.leave_out(p for p, _ in ring.factors(u[0])[1])
                    turned = f if ring.same(product, ring.rational(1)) else ring.mul(f, minus)
                    return ring.sum(self._pi(Fraction(self.sign(u), 2)), turned, -1)
        raise Wrong(f"there is no kernel for {name}")

    def _turn(self, turns: list[Any], u: Frac) -> tuple[Frac, Frac]:
        """Cosine and sine of an angle that is a sum of multiples: of angles with kernels, of pi, of arcs."""
        ring, angle, cos, sin = self.ring, self.ring.rational(0), self.ring.rational(1), self.ring.rational(0)
        for k, n, *pair in turns:
            kind, data, args = ring.kernels[k]
            part, times = (ring.gen(k), ring.one), Fraction(n)
            if kind == "cos":
                part, c, s = (
                    self.argument(k),
                    part,
                    (ring.gen(ring.kernels.index(("sin", data, args))), ring.one),
                )
            else:
                c, s = ((ring.polys[a], ring.polys[b]) for a, b in pair)
                self._check_turn(kind, data[0], k, times, c, s)
            angle = ring.sum(angle, ring.mul(part, ring.rational(times)))
            s = s if times > 0 or kind == "const" else ring.mul(s, ring.rational(-1))
            if times.denominator != 1 and kind != "const":
                raise Wrong("a turn is taken a fraction of times")
            for _ in range(1 if kind == "const" else abs(times.numerator)):
                cos, sin = (
                    ring.sum(ring.mul(cos, c), ring.mul(sin, s), -1),
                    ring.sum(ring.mul(sin, c), ring.mul(cos, s)),
                )
        if not ring.same(angle, u):
            raise Wrong("turns do not add up to the angle")
        return cos, sin

    def _check_turn(self, kind: str, name: str, k: int, n: Fraction, c: Frac, s: Frac) -> None:
        """Cosine and sine of n pi: a 24th root of 1, and near. Of an arc: what its function makes of it, and c >= 0."""
        ring, one = self.ring, self.ring.rational(1)
        if kind == "const" and name == "pi":
            cos, sin = one, ring.rational(0)
            for _ in range(24):
                cos, sin = (
                    ring.sum(ring.mul(cos, c), ring.mul(sin, s), -1),
                    ring.sum(ring.mul(sin, c), ring.mul(cos, s)),
                )
            values = [self.interval(p) for p in (*c, *s)]
            near = (
                mpmath.cospi(mpmath.mpf(n.numerator) / n.denominator),
                mpmath.sinpi(mpmath.mpf(n.numerator) / n.denominator),
            )
            holds = ring.same(cos, one) and not sin[0] and not any(v is None for v in values)
            holds = (
                holds
                and abs(values[0] / values[1] - near[0]) < 0.01
                and abs(values[2] / values[3] - near[1]) < 0.01
            )
        elif kind == "fun" and name in ("asin", "atan"):
            u = self.argument(k)
            if name == "atan":  # its cosine is (1 + u²)^(-1/2), and 1 + u² is positive whatever u is
                self.demand(ring.sum(one, ring.mul(u, u)), True)
            length = ring.sum(ring.mul(c, c), ring.mul(s, s))
            holds = (
                self.sign(c) > 0
                and ring.same(length, one)
                and ring.same(s, u if name == "asin" else ring.mul(u, c))
            )
        else:
            holds = False
        self.extra += [c[1], s[1]]
        if not holds:
            raise Wrong("a turn is not the one of its angle")

    def _unknown(self, claimed: Frac, i: int, name: str, order: int, j: int) -> Frac:
        return self.find("g", name, order, of=self.value(j))

    def made(self, op: str, u: Frac, *data: int) -> Frac:
        """The value of a node that applies this operation to this argument."""
        for i, (kind, *rest) in enumerate(self.nodes):
            if (
                kind == op
                and rest[1:] == list(data)
                and i in self.done
                and self.ring.same(self.value(rest[0]), u)
            ):
                return self.done[i]
        raise Wrong(f"there is no node {op} for a derivative")


RULES: Mapping[str, Callable[..., Frac]] = {
    "num": lambda region, claimed, i, q: region.ring.rational(q), "sym": Region._symbol,
    "const": lambda region, claimed, i, name: region.find("const", name), "add": Region._sum, "mul": Region._product,
    "inv": lambda region, claimed, i, j: region.power(region.value(j), -1),
    "int": lambda region, claimed, i, j, n: region.power(region.value(j), n), "root": Region._root, "pow": Region._pow,
    "exp": lambda region, claimed, i, j: region._exponential(claimed, region.value(j)), "log": Region._log,
    "abs": Region._abs, "sign": Region._jump, "step": Region._jump, "max": Region._extremum, "min": Region._extremum,
    "if": Region._if, "both": Region._both, "fun": Region._function, "g": Region._unknown,
}  # fmt: skip
