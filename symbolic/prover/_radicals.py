"""What roots hide from arithmetic modulo their relations: common factors, squares, units.

R stands for a root with R**d = p. Where p is a single generator x, or -x, the polynomials in R without x have all their
factors and common divisors: x - y is (R - S)(R + S), and x + 2R + 1 is (R + 1)**2. And a + bR with d = 2 whose norm
a**2 - b**2 p is a number other than 0 is a unit: 1/(x + sqrt(x**2 + 1)) is sqrt(x**2 + 1) - x, wherever either stands.
Where the norm is a square s**2, a + bR is (t + bR)**2/(2t) with t = a + s or a - s: 3 + 2 sqrt(2) is (1 + sqrt(2))**2.
A sine is the root of 1 - c**2, of either sign: 1 - sin(x + y)**2 is (cos x cos y - sin x sin y)**2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from flint import fmpq
from flint.utils.flint_exceptions import DomainError

if TYPE_CHECKING:
    from symbolic.prover._field import Field

Poly: TypeAlias = Any  # flint.fmpz_mpoly
Factors: TypeAlias = list[tuple[Poly, int]]
Bare: TypeAlias = list[tuple[int, int, int, int]]  # place of R, place of x, d, and s in R**d = s x
MAX_SQUARE_TERMS, MAX_SQUARE_DIGITS = 12, 30  # of a polynomial that may be a square modulo relations


def bare_roots(field: Field, *polys: Poly) -> Bare:
    """The roots of single generators that occur in some of the polynomials, one for each generator."""
    present = [max(e) for e in zip(*(p.degrees() for p in polys), strict=True)]
    found: dict[int, tuple[int, int, int, int]] = {}
    for k in field.rooted:
        place, kernel = field.size - 1 - k, field.kernels[k]
        if present[place] and kernel.kind == "root":
            radicand = kernel.args[0]
            sign = 1 if radicand.leading_coefficient() > 0 else -1
            below = field.kernel_of(radicand * sign)
            if below is not None:
                found.setdefault(field.size - 1 - below, (place, field.size - 1 - below, kernel.power, sign))
    return list(found.values())


def in_roots(field: Field, p: Poly, roots: Bare) -> Poly:
    """The polynomial with s R**d for x."""
    terms: dict[tuple[int, ...], int] = {}
    for exponents, c in p.terms():
        e = list(exponents)
        for place, below, d, sign in roots:
            n = int(e[below])
            if n:
                e[below], e[place] = 0, e[place] + d * n
                c = c * sign**n
        terms[tuple(e)] = terms.get(tuple(e), 0) + c
    return field.ctx.from_dict(terms)


def lowest_terms(field: Field, num: Poly, den: Poly) -> tuple[Poly, Poly]:
    """A fraction without the common factors that are seen in the roots; its denominator free of units."""
    roots = bare_roots(field, num, den)
    if roots and len(den) > 1 and field.may_gcd(num, den):
        top, bottom = in_roots(field, num, roots), in_roots(field, den, roots)
        common = top.gcd(bottom)
        if not common.is_constant():
            num, den = field.reduce(top / common), field.reduce(bottom / common)
    while len(den) > 1:
        found = conjugate(field, den)
        if found is None:
            break
        num, den = field.reduce(field.times(num, found[0])), field.ctx.constant(found[1])
    return num, den


def conjugate(field: Field, p: Poly) -> tuple[Poly, int] | None:
    """What a unit is to be multiplied with to become a number, and that number; None where p is no unit."""
    factor, norm = field.one_poly, p
    while not norm.is_constant():
        degrees = norm.degrees()
        k = next((k for k in field.rooted if degrees[field.size - 1 - k]), None)
        if k is None or field.kernels[k].kind != "root" or field.kernels[k].power != 2:
            return None
        place = field.size - 1 - k
        mirrored = field.ctx.from_dict({m: -c if m[place] % 2 else c for m, c in norm.terms()})
        factor, norm = (field.reduce(field.times(q, mirrored)) for q in (factor, norm))
        if len(norm) > len(p) ** 2 or norm.is_zero():
            return None
    return (factor, int(norm.leading_coefficient())) if norm != p else None


def settled(field: Field, p: Poly) -> tuple[Poly, int, fmpq]:
    """A factor as number * q**side: of two units with a number as product one stands for both."""
    unit = conjugate(field, p) if field.rooted and len(p) > 1 else None
    if unit is not None:
        other, norm = unit
        scale = int(other.content()) * (1 if other.leading_coefficient() > 0 else -1)
        other = other / scale
        if list(map(int, other.coeffs())) > list(map(int, p.coeffs())):
            return other, -1, fmpq(norm, scale)
    return p, 1, fmpq(1)


def factor(field: Field, p: Poly) -> tuple[fmpq, Factors] | None:
    """The factors of a polynomial as they are seen in its roots; None where there are no more of them."""
    monomial = p.term_content().monoms()[0]
    if any(monomial):  # R (x - 1) is not R (R - 1)(R + 1): where no root is within, none is looked for
        constant, inside = field.factor(p / field.ctx.from_dict({monomial: 1}))
        outside = [(field.gens[place], int(e)) for place, e in enumerate(monomial) if e]
        scale, found = _collected(field, [*outside, *inside])
        return constant * scale, found
    roots = bare_roots(field, p)
    if not roots:
        return hidden(field, p)
    constant, parts = in_roots(field, p, roots).factor()
    constant, found = fmpq(constant), []
    for q, e in parts:
        here = next((root for root in roots if field.gens[root[0]] == q), None)
        if here is not None:
            _, below, d, sign = here
            constant *= sign ** (int(e) // d)
            found += [(field.gens[below], int(e) // d), (q, int(e) % d)]
            continue
        q = field.reduce(q)
        scale, inside = hidden(field, q) or _primitive(q)
        constant *= scale ** int(e)
        found += [(r, n * int(e)) for r, n in inside]
    scale, found = _collected(field, found)
    return constant * scale, found


def hidden(field: Field, p: Poly) -> tuple[fmpq, Factors] | None:
    """A root that divides a polynomial modulo its relation, or a square: what is found first; None where nothing is."""
    degrees = p.degrees()
    for k in field.rooted:
        kernel, place = field.kernels[k], field.size - 1 - k
        if not degrees[place] or len(p) < 2 or kernel.kind == "parity":
            continue
        parts = by_powers(field, p, place)
        value = field.gen(k) ** kernel.power - kernel.relation
        if 0 in parts:
            quotient, rest = divmod(parts[0], value)
            if rest.is_zero():
                cofactor = (p - parts[0]) / field.gen(k) + quotient * field.gen(k) ** (kernel.power - 1)
                constant, found = field.factor(cofactor)
                scale, found = _collected(field, [(field.gen(k), 1), *found])
                return constant * scale, found
        if kernel.power == 2 and set(parts) == {0, 1} and _is_small(p):
            found_square = _square(field, p, parts[0], parts[1] * parts[1] * value)
            if found_square is not None:
                return found_square
    return None


def _square(field: Field, p: Poly, a: Poly, square: Poly) -> tuple[fmpq, Factors] | None:
    """The factors of a + r, where r**2 is given, as those of (t + r)**2/(2t)."""
    s = _root(field, field.reduce(a * a - square))
    if s is None:
        return None
    for t in (a + s, a - s):
        if s.is_zero() or t.is_zero():
            continue
        (c, above), (d, below) = field.factor(p - a + t), field.factor(2 * t)
        scale, found = _collected(field, [(q, 2 * e) for q, e in above] + [(q, -e) for q, e in below])
        scale *= fmpq(c) ** 2 / fmpq(d)
        product = field.ctx.constant(scale.p)
        for q, e in found:
            product = field.reduce(field.times(product, q ** max(e, 0)))
        if all(e > 0 for _, e in found) and product == p * int(scale.q):
            return scale, found
    return None


def _root(field: Field, p: Poly) -> Poly | None:
    """A polynomial of which the square is p, also modulo the relations."""
    try:
        return p.sqrt()
    except DomainError:
        if not _is_small(p) or not any(p.degrees()[field.size - 1 - k] for k in field.rooted):
            return None
    constant, factors = field.factor(p)
    if any(e % 2 for _, e in factors):
        return None
    try:
        root = field.ctx.constant(fmpq(constant).p).sqrt()
    except DomainError:
        return None
    for q, e in factors:
        root = field.reduce(field.times(root, q ** (e // 2)))
    return root if field.reduce(root * root) == p else None


def _is_small(p: Poly) -> bool:
    return len(p) <= MAX_SQUARE_TERMS and all(abs(int(c)) < 10**MAX_SQUARE_DIGITS for c in p.coeffs())


def _collected(field: Field, factors: Factors) -> tuple[fmpq, Factors]:
    """Equal factors together, and R**d written as what R is the root of: a number, and the rest."""
    constant, powers = fmpq(1), dict[str, tuple[Poly, int]]()
    waiting = list(factors)
    while waiting:
        q, e = waiting.pop()
        q, e = q, e + powers.get(str(q), (q, 0))[1]
        k = field.kernel_of(q)
        if k is not None and field.kernels[k].kind == "root" and abs(e) >= field.kernels[k].power:
            d = field.kernels[k].power
            times, e = (e // d, e % d)
            c, inside = field.factor(field.kernels[k].args[0])
            constant *= fmpq(c) ** times
            waiting += [(r, n * times) for r, n in inside]
        powers[str(q)] = q, e
    return constant, [(q, e) for q, e in powers.values() if e]


def by_powers(field: Field, p: Poly, place: int) -> dict[int, Poly]:
    """The part of a polynomial with each power of one generator, divided by it."""
    parts: dict[int, dict[tuple[int, ...], int]] = {}
    for m, c in p.terms():
        parts.setdefault(int(m[place]), {})[(*m[:place], 0, *m[place + 1 :])] = c
    return {e: field.ctx.from_dict(terms) for e, terms in parts.items()}


def _primitive(p: Poly) -> tuple[fmpq, Factors]:
    content = int(p.content()) * (-1 if p.leading_coefficient() < 0 else 1)
    return fmpq(content), [(p / content, 1)]
