"""Exponentials, logarithms and roots as kernels with every law that keeps them independent.

exp   exponents are split into rational multiples of a basis, each basis element b has one kernel exp(unit b)
log   arguments are factored: log u = sum of e log|p| over the factors of u, where u > 0
root  u**(p/q) = product of |factor|**(e p/q), where u >= 0; one kernel |p|**(1/d) for each factor

The unit and d are not known when a kernel is first met; `Refine` starts the work again with finer ones.
"""

from __future__ import annotations

from math import gcd, lcm
from typing import Any

from flint import Ordering, fmpq, fmpq_mat, fmpq_mpoly_ctx, fmpz

from symbolic.prover import _radicals as radicals
from symbolic.prover._errors import Exhausted, Undefined
from symbolic.prover._field import Field, Frac, Poly
from symbolic.prover._signs import Signs

MAX_DIVISOR = 5_040
MAX_POWER = 1_000_000
MAX_TRIAL = 1 << 62  # integers up to here are split into primes; a larger one is its own kernel


class Refine(Exception):
    """A kernel is needed with a finer unit; the work starts again with it."""

    def __init__(self, key: str, unit: fmpq) -> None:
        super().__init__()
        self.key = key
        self.unit = unit


class Powers:
    """Exponentials, logarithms and roots in one region.

    Parameters
    ----------
    field : Field
    signs : Signs
    units : dict of str to fmpq
        For each exponential the unit of its exponents, for each root its order, as far as known.
    """

    def __init__(self, field: Field, signs: Signs, units: dict[str, fmpq]) -> None:
        self.field = field
        self.signs = signs
        self.units = units
        self.basis: list[Frac] = []  # exponents that are no monomials
        self.made: list[tuple[Poly, int]] = []  # the powers that exponentials and roots were put together of

    # -- exp --------------------------------------------------------------------------------------
    def exp(self, u: Frac) -> Frac:
        field = self.field
        result = field.one
        for basis, q in self.split(u):
            k = field.kernel_of(basis.num) if basis.den.is_one() else None
            kernel = field.kernels[k] if k is not None else None
            if kernel is not None and kernel.kind == "log":
                part = self.power_of_abs(kernel.args[0], q)
            elif kernel is not None and kernel.kind == "prime":
                part = self.power_of_integer(kernel.args[0], q)
            else:
                part = self._exp_of_basis(basis, q)
            result = field.mul(result, part)
        return result

    def _exp_of_basis(self, basis: Frac, q: fmpq) -> Frac:
        """exp(q basis) as a power of one kernel exp(unit basis), where all exponents met are multiples of the unit."""
        field = self.field
        unit, n = self.whole_multiple("exp", basis, q)
        k = field.kernel(
            f"exp {unit}*{basis.num}/{basis.den}",
            lambda: f"exp({field.show(field.mul(basis, field.number(unit)))})",
            "exp",
            (basis, unit),
            True,
        )
        return self._monomial(field.gen(k), n)

    def whole_multiple(self, kind: str, basis: Frac, q: fmpq) -> tuple[fmpq, int]:
        """The unit of the kernels of this kind for a basis element, and q as a multiple of it."""
        key = f"{kind} {self.field.show(basis)}"
        unit = self.units.setdefault(key, abs(q))
        n = q / unit
        if n.q != 1:
            finer = fmpq(gcd(int(q.p) * int(unit.q), int(unit.p) * int(q.q)), int(q.q) * int(unit.q))
            raise Refine(key, finer)
        return unit, int(n.p)

    def _monomial(self, generator: Poly, n: int) -> Frac:
        if abs(n) > MAX_POWER:
            raise Exhausted("the limit of an exponent")
        field = self.field
        self.made.append((generator, n))
        if n >= 0:
            return Frac(generator**n, field.one_poly)
        return Frac(field.one_poly, generator ** (-n))

    def _divisor(self, key: str, needed: int) -> int:
        """The d of the kernel |p|**(1/d)."""
        d = int(self.units.get(key, fmpq(1)).p)
        if d % needed:
            finer = lcm(d, needed)
            if finer > MAX_DIVISOR:
                raise Exhausted(f"the limit of {MAX_DIVISOR} for the order of roots")
            raise Refine(key, fmpq(finer))
        return d

    def split(self, u: Frac) -> list[tuple[Frac, fmpq]]:
        """An exponent as a sum of rational multiples of basis elements."""
        if len(u.den) == 1:
            return self._monomials(u.num, u.den)
        whole, rest = self._divide(u.num, u.den)
        if not rest.num.is_zero():
            coefficients = self._combination(rest)
            if coefficients is None:
                self.basis.append(rest)
                coefficients = [fmpq(0)] * (len(self.basis) - 1) + [fmpq(1)]
            parts = [(b, q) for b, q in zip(self.basis, coefficients, strict=True) if q != 0]
            for b, q in parts:  # what is left of the sum is made of monomials
                rest = self.field.sub(rest, self.field.mul(b, self.field.number(q)))
            whole = self.field.add(whole, rest)
        else:
            parts = []
        return parts if whole.num.is_zero() else self._monomials(whole.num, whole.den) + parts

    def _divide(self, num: Poly, den: Poly) -> tuple[Frac, Frac]:
        """A fraction as a sum of rational multiples of monomials, and a proper fraction."""
        field = self.field
        monomial = den.term_content() / den.content()
        ring = fmpq_mpoly_ctx.get([f"x{i}" for i in range(field.size)], Ordering.lex)
        above, below = (ring.from_dict({m: fmpq(c) for m, c in p.terms()}) for p in (num, den / monomial))
        quotient, _ = divmod(above, below)
        scale = 1
        for c in quotient.coeffs():
            scale = lcm(scale, int(c.q))
        integral = field.ctx.from_dict({m: int((c * scale).p) for m, c in quotient.terms()})
        whole = field.make(integral, monomial * scale)
        return whole, field.sub(field.make(num, den), whole)

    def _monomials(self, num: Poly, den: Poly) -> list[tuple[Frac, fmpq]]:
        field = self.field
        divisor = den.leading_coefficient()
        pure = den / field.ctx.constant(divisor)
        return [
            (field.make(field.ctx.from_dict({exponents: 1}), pure), fmpq(coefficient, divisor))
            for exponents, coefficient in num.terms()
        ]

    def _combination(self, u: Frac) -> list[fmpq] | None:
        """Rational numbers q with u = sum of q_i basis_i, up to monomials, if there are any."""
        field, basis = self.field, self.basis
        if not basis:
            return None
        common = u.den
        for b in basis:
            common = field.times(common, b.den / common.gcd(b.den))
        columns = [field.times(b.num, common / b.den) for b in (*basis, u)]
        return _solved([p.to_dict() for p in columns]) or self._modulo_monomials(columns, common)

    def _modulo_monomials(self, columns: list[Poly], common: Poly) -> list[fmpq] | None:
        """As what is left of each by the part of the common denominator that is no monomial: (x - s)/t = x/t - s/t."""
        rest = [self._divide(p, common)[1] for p in columns]
        return _solved([self.field.times(f.num, common / f.den).to_dict() for f in rest])

    # -- log --------------------------------------------------------------------------------------
    def log(self, u: Frac) -> Frac:
        """Log u, where u > 0 is demanded."""
        if u.num.is_zero():
            raise Undefined("the logarithm of 0")
        self.signs.demand(u, 1, strict=True)
        return self.log_of_abs(u)

    def log_of_abs(self, u: Frac) -> Frac:
        field = self.field
        total = field.zero
        for p, sign in ((u.num, 1), (u.den, -1)):
            content, factors = self._units_settled(p)
            for prime, e in _primes(content):
                total = field.add(total, self._times(self._log_of_prime(prime), sign * e))
            for q, e in factors:
                total = field.add(total, self._times(self._log_of_factor(q), sign * e))
        return total

    def _units_settled(self, p: Poly) -> tuple[fmpq, list[tuple[Poly, int]]]:
        """|p| as a number and powers of factors, where of two units with a number as product only one is used."""
        content, factors = self.field.factor(p)
        number, found = abs(fmpq(content)), list[tuple[Poly, int]]()
        for q, e in factors:
            q, side, norm = radicals.settled(self.field, q)
            found.append((q, side * e))
            number *= abs(norm) ** e
        return number, found

    def _times(self, u: Frac, n: int) -> Frac:
        return self.field.mul(u, self.field.number(fmpq(n)))

    def _log_of_prime(self, prime: int) -> Frac:
        k = self.field.kernel(f"prime {prime}", lambda: f"log({prime})", "prime", (prime,), True)
        return self.field.of_poly(self.field.gen(k))

    def _log_of_factor(self, p: Poly) -> Frac:
        field = self.field
        k = field.kernel_of(p)
        if k is not None:
            kernel = field.kernels[k]
            if kernel.kind == "exp":
                basis, unit = kernel.args
                return field.mul(basis, field.number(unit))
            if kernel.kind == "root":
                radicand, d = kernel.args
                inner = self.log_of_abs(field.of_poly(radicand))
                return field.mul(inner, field.number(fmpq(1, d)))
            if kernel.kind == "parity":
                return field.zero
        k = field.kernel(f"log {p}", lambda: f"log|{field.show_poly(p)}|", "log", (p,), False)
        return field.of_poly(field.gen(k))

    # -- roots ------------------------------------------------------------------------------------
    def root(self, u: Frac, q: fmpq) -> Frac:
        """u**q for a fraction q, where u >= 0 is demanded."""
        field = self.field
        if u.num.is_zero():
            if q > 0:
                return field.zero
            raise Undefined("a negative power of 0")
        self.signs.demand(u, 1, strict=q < 0)
        result = field.one
        for p, sign in ((u.num, 1), (u.den, -1)):
            content, factors = self._units_settled(p)
            result = field.mul(result, self.power_of_integer(content, q * sign))
            for factor, e in factors:
                result = field.mul(result, self.power_of_abs(factor, q * sign * e))
        return result

    def power_of_integer(self, n: int | fmpq, q: fmpq) -> Frac:
        """n**q for a positive number n."""
        result = self.field.one
        for prime, e in _primes(n):
            result = self.field.mul(result, self.power_of_abs(self.field.ctx.constant(prime), q * e))
        return result

    def power_of_abs(self, p: Poly, q: fmpq) -> Frac:
        """|p|**q for a factor p."""
        field = self.field
        k = field.kernel_of(p)
        if k is not None:
            kernel = field.kernels[k]
            if kernel.kind == "exp":
                basis, unit = kernel.args
                return self.exp(field.mul(basis, field.number(q * unit)))
            if kernel.kind == "root":
                radicand, d = kernel.args
                factor = radicand if radicand.is_constant() else field.factor(radicand)[1][0][0]
                return self.power_of_abs(factor, q / d)
            if kernel.kind == "parity":
                return field.one
        if q.q == 1:
            sign = 1 if q.p % 2 == 0 or p.is_constant() else self.signs.of_poly(p)
            if abs(q.p) > MAX_POWER:
                raise Exhausted("the limit of an exponent")
            self.made.append((p, int(q.p)))
            return field.pow(field.of_poly(p if sign > 0 else -p), int(q.p))
        radicand = p if p.is_constant() or self.signs.of_poly(p) > 0 else -p
        shown = field.show_poly(radicand)
        d = self._divisor("root " + shown, int(q.q))
        k = field.kernel(f"root {radicand}/{d}", lambda: f"({shown})**(1/{d})", "root", (radicand, d), True)
        field.relate(k, d, radicand)
        n = int(q.p) * (d // int(q.q))
        whole, part = divmod(n, d)
        self.made.append((p, whole))
        return field.mul(field.pow(field.of_poly(radicand), whole), self._monomial(field.gen(k), part))


def _solved(columns: list[dict[Any, Any]]) -> list[fmpq] | None:
    """The last column as a combination of the others, if it is one."""
    rows = sorted({m for column in columns for m in column})
    matrix = fmpq_mat(len(rows), len(columns), [fmpq(c.get(m, 0)) for m in rows for c in columns])
    reduced, rank = matrix.rref()
    solution = [fmpq(0)] * (len(columns) - 1)
    for i in range(rank):
        pivot = next(j for j in range(len(columns)) if reduced[i, j] != 0)
        if pivot == len(columns) - 1:
            return None
        solution[pivot] = reduced[i, len(columns) - 1]
    return solution


def _primes(n: int | fmpq) -> list[tuple[int, int]]:
    """Prime factors of a positive number; a large integer counts as its own."""
    if isinstance(n, fmpq):
        return _primes(int(n.p)) + [(prime, -e) for prime, e in _primes(int(n.q))]
    if n == 1:
        return []
    if n > MAX_TRIAL:
        return [(n, 1)]
    return [(int(prime), int(e)) for prime, e in fmpz(n).factor()]
