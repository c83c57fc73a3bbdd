"""What roots hide from arithmetic modulo their relations: common factors, squares, units.

R stands for a root with R**d = p. Where p is a single generator x, or -x, the polynomials in R without x have all their
factors and common divisors: x - y is (R - S)(R + S), and x + 2R + 1 is (R + 1)**2. And a + bR with d = 2 whose norm
a**2 - b**2 p is a number other than 0 is a unit: 1/(x + sqrt(x**2 + 1)) is sqrt(x**2 + 1) - x, wherever either stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from flint import fmpq

if TYPE_CHECKING:
    from symbolic.prover._field import Field

Poly: TypeAlias = Any  # flint.fmpz_mpoly
Bare: TypeAlias = list[tuple[int, int, int, int]]  # place of R, place of x, d, and s in R**d = s x


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


def factor(field: Field, p: Poly) -> tuple[int, list[tuple[Poly, int]]] | None:
    """The factors of a polynomial as they are seen in its roots; None where there are no more of them."""
    roots = bare_roots(field, p)
    if not roots:
        return None
    constant, parts = in_roots(field, p, roots).factor()
    constant, found = int(constant), list[tuple[Poly, int]]()
    for q, e in parts:
        here = next((root for root in roots if field.gens[root[0]] == q), None)
        if here is not None:
            _, below, d, sign = here
            constant *= sign ** (int(e) // d)
            found += [(field.gens[below], int(e) // d), (q, int(e) % d)]
            continue
        q = field.reduce(q)
        if q.leading_coefficient() < 0:
            q, constant = -q, constant * (-1) ** int(e)
        content = int(q.content())
        found.append((q / content, int(e)))
        constant *= content ** int(e)
    return constant, [(q, e) for q, e in found if e]
