"""The fraction field in which claims are decided: quotients of integer polynomials in kernels.

A kernel is a variable, or something that behaves like one: exp(z), log|1 + exp(z)|, sqrt(2), erf(z). An element is a
pair (num, den) of flint polynomials. Every operation is a ring homomorphism from functions, so an element that is 0
here is 0 as a function wherever its denominator is not; the denominators only ever hold factors of quantities that
were divided by, so they vanish nowhere where the expression is defined.

Roots bring a relation R**b = p, stored with the kernel. Kernels are numbered from the far end of a lexicographic
order: a later kernel, built upon earlier ones, leads every earlier one, which makes division by a relation a rewriting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple, TypeAlias

from flint import Ordering, fmpq, fmpz, fmpz_mpoly_ctx

from symbolic.prover import _radicals as radicals
from symbolic.prover._deadline import Deadline
from symbolic.prover._errors import Exhausted, Undefined

Poly: TypeAlias = Any  # flint.fmpz_mpoly
MAX_TERMS = 20_000  # of a product of polynomials
MAX_GCD_TERMS = 4_000  # product of the lengths; beyond it common factors stay
MAX_GCD_DEGREE = 200
MAX_ROOT_DEGREE = 64  # of a root kernel, in units of its order
MAX_COEFFICIENT_BITS = 100_000
MAX_FACTOR_TERMS, MAX_FACTOR_DEGREE = 60, 40
SIZES = (6, 12, 24, 48, 96, 192)


class NeedMoreKernels(Exception):
    """The ring is full; the work starts again in a larger one."""


class Frac(NamedTuple):
    """An element: num/den without common factors (as far as they were looked for), den led by a positive number."""

    num: Poly
    den: Poly


@dataclass(frozen=True)
class Kernel:
    """One generator: how it reads, what it is (an operation and its arguments), and whether it is positive."""

    spell: Callable[[], str]
    kind: str
    args: tuple[Any, ...]
    positive: bool
    power: int = 0  # b of the relation R**b = p, 0 without one
    relation: Poly = None  # R**b - p

    @cached_property
    def name(self) -> str:
        return self.spell()  # most proofs end before anybody asks


class Field:
    """The kernels known so far, and arithmetic with them.

    Parameters
    ----------
    size : int
        The most kernels it can hold.
    deadline : Deadline
        Asked at every multiplication.
    """

    def __init__(self, size: int, deadline: Deadline) -> None:
        self.size = size
        self.deadline = deadline
        self.ctx, self.gens = _ring(size)
        self.kernels: list[Kernel] = []
        self.by_key: dict[str, int] = {}
        self.factored: dict[str, tuple[Poly, fmpq | int, list[tuple[Poly, int]]]] = {}
        self.parted: dict[str, list[tuple[int, list[int], list[int]]]] = {}
        self.rooted: list[int] = []
        self.circles: list[tuple[Poly, Poly]] = []  # cosine and sine of one angle
        self.bounded: dict[str, int] = {}  # signs that hold everywhere, though not by the signs of terms
        self.one_poly = self.ctx.constant(1)
        self.zero_poly = self.ctx.constant(0)
        self.zero = Frac(self.zero_poly, self.one_poly)
        self.one = Frac(self.one_poly, self.one_poly)

    # -- kernels ----------------------------------------------------------------------------------
    def kernel(
        self, key: str, name: Callable[[], str], kind: str, args: tuple[Any, ...], positive: bool
    ) -> int:
        """The number of the kernel with this key, made if it is new.

        Keys are spelt in numbered generators, never in the names of the user's symbols: two symbols may read alike.
        """
        k = self.by_key.get(key)
        if k is None:
            k = len(self.kernels)
            if k >= self.size:
                raise NeedMoreKernels
            self.kernels.append(Kernel(name, kind, args, positive))
            self.by_key[key] = k
        return k

    def kernel_of(self, p: Poly) -> int | None:
        """The number of the kernel that a polynomial is, if it is one."""
        if len(p) != 1 or p.total_degree() != 1 or p.leading_coefficient() != 1:
            return None
        return self.index_of(p.degrees().index(1))

    def relate(self, k: int, power: int, value: Poly) -> None:
        """State that the k-th kernel to this power is a polynomial in earlier kernels."""
        if self.kernels[k].power == 0:
            old = self.kernels[k]
            relation = self.gen(k) ** power - value
            self.kernels[k] = Kernel(old.spell, old.kind, old.args, old.positive, power, relation)
            self.rooted.append(k)
            self.rooted.sort(reverse=True)

    def circle(self, c: int, s: int) -> None:
        """State that two kernels are the cosine and the sine of one angle."""
        if self.kernels[s].power == 0:
            self.relate(s, 2, self.one_poly - self.gen(c) ** 2)
            self.circles.append((self.gen(c), self.gen(s)))
            for k in (c, s):
                self.bounded |= {str(self.gen(k) + 1): 1, str(self.gen(k) - 1): -1}

    def gen(self, k: int) -> Poly:
        return self.gens[self.size - 1 - k]

    def index_of(self, position: int) -> int:
        return self.size - 1 - position

    # -- polynomials ------------------------------------------------------------------------------
    def times(self, p: Poly, q: Poly) -> Poly:
        if len(p) * len(q) > MAX_TERMS:
            raise Exhausted(f"the size limit of {MAX_TERMS} terms")
        self.deadline.check()
        return p * q

    def reduce(self, p: Poly) -> Poly:
        """Rewrite by the relations of the roots, the latest first."""
        for k in self.rooted:
            kernel = self.kernels[k]
            degree = p.degrees()[self.size - 1 - k]
            if degree >= kernel.power:
                self.deadline.check()
                if len(p) > MAX_TERMS // 4 or degree > MAX_ROOT_DEGREE * kernel.power:
                    raise Exhausted(f"the size limit of {MAX_TERMS} terms")
                p = divmod(p, kernel.relation)[1]
        return p

    def factor(self, p: Poly) -> tuple[fmpq | int, list[tuple[Poly, int]]]:
        """A number and powers of polynomials led by a positive number; irreducible unless p is large."""
        key = str(p)
        found = self.factored.get(key)
        if found is None:
            found = self.factored[key] = (p, *self._factor(p))
        return found[1:]

    def parts(self, p: Poly) -> list[tuple[int, list[int], list[int]]]:
        """Of each term the sign of its coefficient, the kernels in it, and those with an odd power."""
        key = str(p)
        found = self.parted.get(key)
        if found is None:
            last = self.size - 1
            found = self.parted[key] = [
                (
                    1 if c > 0 else -1,
                    [last - place for place, e in enumerate(exponents) if e],
                    [last - place for place, e in enumerate(exponents) if e % 2],
                )
                for exponents, c in p.terms()
            ]
        return found

    def _factor(self, p: Poly) -> tuple[fmpq | int, list[tuple[Poly, int]]]:
        content = int(p.content()) * (-1 if p.leading_coefficient() < 0 else 1)
        if len(p) == 1:
            exponents = p.monoms()[0]
            return content, [(self.gens[place], int(e)) for place, e in enumerate(exponents) if e]
        if len(p) > MAX_FACTOR_TERMS or p.total_degree() > MAX_FACTOR_DEGREE:
            return content, [(p / content, 1)]  # one factor is as true as many, only less telling
        self.deadline.check()
        hidden = radicals.factor(self, p) if self.rooted else None
        if hidden is not None:
            return hidden[0], sorted(hidden[1], key=lambda part: str(part[0]))
        if self._is_prime(p):
            return content, [(p / content, 1)]
        try:
            constant, parts = p.factor()
        except OverflowError:
            # flint sorts factors by machine integers; with larger coefficients only the powers of kernels are told.
            common = p.term_content().monoms()[0]
            parts = [(self.gens[place], e) for place, e in enumerate(common) if e]
            parts.append((p / abs(content) / self.ctx.from_dict({common: 1}), 1))
            constant = abs(content)
        constant, factors = int(constant), []
        for q, e in parts:
            if q.leading_coefficient() < 0:
                q, constant = -q, constant * (-1) ** int(e)
            factors.append((q, int(e)))
        for c, s in self.circles:
            constant, factors = _on_circle(constant, factors, c, s)
        return constant, sorted(factors, key=lambda part: str(part[0]))

    def _is_prime(self, p: Poly) -> bool:
        """Whether p is a v + b with a and b coprime, as most are: ten times quicker to see than to factor."""
        degrees = p.degrees()
        if 1 not in degrees:
            return False
        slope = p.derivative(degrees.index(1))
        return bool(slope.is_constant() or slope.gcd(p).is_constant())

    def may_gcd(self, p: Poly, q: Poly) -> bool:
        """Whether a common divisor is cheap to find: one call of flint cannot be interrupted."""
        if len(p) == 1 or len(q) == 1:
            return True
        self.deadline.check()
        return len(p) * len(q) <= MAX_GCD_TERMS and max(p.total_degree(), q.total_degree()) <= MAX_GCD_DEGREE

    # -- fractions --------------------------------------------------------------------------------
    def number(self, value: fmpq) -> Frac:
        return Frac(self.ctx.constant(value.p), self.ctx.constant(value.q))

    def of_poly(self, p: Poly) -> Frac:
        return Frac(p, self.one_poly)

    def make(self, num: Poly, den: Poly) -> Frac:
        """num/den in lowest terms."""
        if self.rooted:
            num, den = self._without_roots(self.reduce(num), self.reduce(den))
        if num.is_zero():
            return self.zero
        if den.is_zero():
            raise Undefined("a division by something that is zero everywhere")
        if self.rooted and not den.is_constant():
            num, den = radicals.lowest_terms(self, num, den)
        if den.is_one():
            return Frac(num, den)
        if self.may_gcd(num, den):
            common = num.gcd(den)
            if not common.is_one():
                num, den = num / common, den / common
        if den.leading_coefficient() < 0:
            num, den = -num, -den
        return Frac(num, den)

    def _without_roots(self, num: Poly, den: Poly) -> tuple[Poly, Poly]:
        """Write 1/R as R**(b-1)/p, where R**b = p: where 1/R is defined, p is not 0."""
        if den.is_one() or den.is_zero():
            return num, den
        content = den.term_content().degrees()
        for k in self.rooted:
            e = int(content[self.size - 1 - k])
            if e:
                factor = self.gen(k) ** (self.kernels[k].power - e)
                num, den = self.reduce(self.times(num, factor)), self.reduce(self.times(den, factor))
        return num, den

    def add(self, a: Frac, b: Frac) -> Frac:
        if a.num.is_zero():
            return b
        if b.num.is_zero():
            return a
        if a.den == b.den:
            return self.make(a.num + b.num, a.den)
        if self.may_gcd(a.den, b.den):
            common = a.den.gcd(b.den)
            if not common.is_one():
                left, right = a.den / common, b.den / common
                num = self.times(a.num, right) + self.times(b.num, left)
                return self.make(num, self.times(a.den, right))
        return self.make(self.times(a.num, b.den) + self.times(b.num, a.den), self.times(a.den, b.den))

    def neg(self, a: Frac) -> Frac:
        return Frac(-a.num, a.den)

    def sub(self, a: Frac, b: Frac) -> Frac:
        return self.add(a, self.neg(b))

    def mul(self, a: Frac, b: Frac) -> Frac:
        if a is self.one:
            return b
        if a.den.is_one() and b.den.is_one():
            num = self.times(a.num, b.num)
            return Frac(self.reduce(num) if self.rooted else num, a.den)
        return self.make(self.times(a.num, b.num), self.times(a.den, b.den))

    def inv(self, a: Frac) -> Frac:
        if a.num.is_zero():
            raise Undefined("a division by something that is zero everywhere")
        if self.rooted:
            return self.make(a.den, a.num)
        return Frac(-a.den, -a.num) if a.num.leading_coefficient() < 0 else Frac(a.den, a.num)

    def pow(self, a: Frac, n: int) -> Frac:
        if n < 0:
            return self.pow(self.inv(a), -n)
        num, den = self.poly_pow(a.num, n), self.poly_pow(a.den, n)
        return self.make(num, den) if self.rooted else Frac(num, den)

    def poly_pow(self, p: Poly, n: int) -> Poly:
        if n == 1:
            return p
        bits = max((abs(int(c)).bit_length() for c in p.coeffs()), default=0)
        if bits > 1 and bits * n > MAX_COEFFICIENT_BITS:
            raise Exhausted(f"the size limit of {MAX_COEFFICIENT_BITS} binary digits")
        if len(p) > 1 and _terms_of_power(len(p), n) > MAX_TERMS:
            raise Exhausted(f"the size limit of {MAX_TERMS} terms")
        if n > 1 << 30:
            raise Exhausted("the limit of an exponent")
        self.deadline.check()
        return p ** fmpz(n)

    # -- how it reads -----------------------------------------------------------------------------
    def show_poly(self, p: Poly) -> str:
        """A polynomial in the words of its kernels."""
        terms = []
        for exponents, coefficient in p.terms():
            factors = [
                self.kernels[self.index_of(place)].name + (f"**{e}" if e != 1 else "")
                for place, e in reversed(list(enumerate(exponents)))
                if e
            ]
            c = int(coefficient)
            if abs(c) != 1 or not factors:
                factors.insert(0, str(abs(c)))
            terms.append(("-" if c < 0 else "+", "*".join(factors)))
        terms.sort(key=lambda term: term[0] == "-")
        text = " ".join(f"{s} {t}" for s, t in terms) or "0"
        return text[2:] if text.startswith("+ ") else text.replace("- ", "-", 1) if text[:1] == "-" else text

    def show(self, a: Frac) -> str:
        num = self.show_poly(a.num)
        if a.den.is_one():
            return num
        den = self.show_poly(a.den)
        return (
            f"{f'({num})' if len(a.num) > 1 else num}/{f'({den})' if len(a.den) > 1 or '*' in den else den}"
        )


@cache
def _ring(size: int) -> tuple[Any, tuple[Any, ...]]:
    ctx = fmpz_mpoly_ctx.get([f"x{i}" for i in range(size)], Ordering.lex)
    return ctx, ctx.gens()


def _on_circle(
    constant: int, factors: list[tuple[Poly, int]], c: Poly, s: Poly
) -> tuple[int, list[tuple[Poly, int]]]:
    """Write (c - 1)(c + 1) as -s**2, which its root and logarithm can use."""
    powers = dict(zip((str(q) for q, _ in factors), (e for _, e in factors), strict=True))
    e = min(powers.get(str(c - 1), 0), powers.get(str(c + 1), 0))
    if e == 0:
        return constant, factors
    outside = {str(c - 1), str(c + 1), str(s)}
    rest = [(q, n - e * (str(q) in outside)) for q, n in factors if str(q) != str(s)]
    return constant * (-1) ** e, [(q, n) for q, n in rest if n] + [(s, powers.get(str(s), 0) + 2 * e)]


def _terms_of_power(terms: int, n: int) -> int:
    """The most terms that a power can have: (terms - 1 + n) choose n, cut off early."""
    total = 1
    for k in range(1, min(terms - 1, n) + 1):
        total = total * (terms - 1 + n - k + 1) // k
        if total > MAX_TERMS:
            break
    return total
