"""Shows that a region is empty. It may fail to see it, and then says nothing; it never calls a region empty that is not.

By linear elimination (Fourier and Motzkin) with every monomial as a variable of its own; where something is not linear,
with the products of the conditions two by two as further conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise
from typing import Any, TypeAlias

from flint import arb, fmpq, fmpz_poly

from symbolic.prover._field import Field, Poly

MAX_CONSTRAINTS = 80
MAX_MONOMIALS = 12
MAX_DEGREE = 40
MAX_PRODUCTS = 6  # conditions whose products are tried
Monomial: TypeAlias = tuple[int, ...]
# sum of coefficient * monomial > 0 (True) or >= 0, and from which of the given ones it was added up
_Fact: TypeAlias = tuple[Poly, int, bool]
_Product: TypeAlias = tuple[tuple[_Fact, ...], Poly, int, bool]
_Row: TypeAlias = tuple[dict[Monomial, fmpq], bool, dict[int, fmpq]]


@dataclass(frozen=True, slots=True)
class Emptiness:
    """Why no point has certain signs: they add up to a constant that cannot have its own.

    Attributes
    ----------
    combination : tuple of (tuple of (Poly, int), fmpq)
        One or two polynomials with their signs, whose product is taken, and a positive multiplier.
    closed : bool
        Whether the constant is negative, so that not even zeros help. Otherwise it is 0, and all of them would have to
        be 0 at once.
    """

    combination: tuple[tuple[tuple[tuple[Poly, int], ...], fmpq], ...]
    closed: bool

    @property
    def used(self) -> set[str]:
        """The polynomials, by their text."""
        return {str(p) for factors, _ in self.combination for p, _ in factors}

    @property
    def alone(self) -> set[str]:
        """Those that are multiplied by no other."""
        return {str(factors[0][0]) for factors, _ in self.combination if len(factors) == 1}


def contradiction(
    field: Field, strict: Iterable[tuple[Poly, int]], weak: Iterable[tuple[Poly, int]]
) -> Emptiness | None:
    """Show that no point has these signs (``strict``: not zero either); None where that was not seen."""
    strict = list(strict)
    facts = [(p, s, True) for p, s in strict] + [(p, s, False) for p, s in weak]
    used = {k for p, _ in strict for k, e in enumerate(p.degrees()) if e}
    facts += [(field.gens[k], 1, False) for k in sorted(used) if field.kernels[field.index_of(k)].positive]
    singles: list[_Product] = [((fact,), fact[0], fact[1], fact[2]) for fact in facts]
    found = _combined(singles)
    degrees = [p.total_degree() for p, _, _ in facts]
    if found is None and len(facts) <= MAX_PRODUCTS and 2 <= max(degrees, default=0) <= 4:
        linear = [fact for fact, degree in zip(facts, degrees, strict=True) if degree == 1]
        pairs = combinations_with_replacement(linear, 2)
        squares = {str(p): p for fact in facts for p in _squares(field, fact[0])}
        singles += [(((p, 1, False),), p, 1, False) for _, p in sorted(squares.items())]
        found = _combined(singles + [((a, b), a[0] * b[0], a[1] * b[1], a[2] and b[2]) for a, b in pairs])
    return found


def _combined(products: Sequence[_Product]) -> Emptiness | None:
    row = _contradict([_row(p, s, strict, n) for n, (_, p, s, strict) in enumerate(products)])
    if row is None:
        return None
    parts = [(products[n][0], factor) for n, factor in sorted(row[2].items())]
    combination = tuple((tuple((p, s) for p, s, _ in factors), factor) for factors, factor in parts)
    closed = bool(sum(row[0].values(), fmpq(0)) < 0)
    # Where the sum is 0 every part of it would have to be 0; only of a part that is no product it is known what is 0.
    return (
        Emptiness(combination, closed) if closed or any(len(f) == 1 and f[0][2] for f, _ in parts) else None
    )


def _squares(field: Field, p: Poly) -> list[Poly]:
    """The monomials of a polynomial that are squares."""
    even = [m for m in p.monoms() if any(m) and not any(int(e) % 2 for e in m)]
    return [field.ctx.from_dict({m: 1}) for m in even]


def _row(p: Poly, sign: int, strict: bool, n: int) -> _Row:
    return {tuple(map(int, m)): fmpq(int(c) * sign) for m, c in p.terms()}, strict, {n: fmpq(1)}


def _contradict(rows: list[_Row]) -> _Row | None:
    """The row that cannot hold, if eliminating one monomial after the other leads to one."""
    while True:
        for row in rows:
            if not any(map(any, row[0])) and _is_false(row):
                return row
        monomials = {m for row, _, _ in rows for m in row if any(m)}
        if not monomials or len(rows) > MAX_CONSTRAINTS or len(monomials) > MAX_MONOMIALS:
            return None
        # The monomial that makes the fewest new rows goes first.
        m = min(sorted(monomials), key=lambda x: _growth(rows, x))
        above = [row for row in rows if row[0].get(m, fmpq(0)) > 0]
        below = [row for row in rows if row[0].get(m, fmpq(0)) < 0]
        rows = [row for row in rows if m not in row[0]] + [_eliminate(a, b, m) for a in above for b in below]


def _growth(rows: list[_Row], m: Monomial) -> int:
    up = sum(r.get(m, fmpq(0)) > 0 for r, _, _ in rows)
    down = sum(r.get(m, fmpq(0)) < 0 for r, _, _ in rows)
    return up * down - up - down


def _eliminate(up: _Row, down: _Row, m: Monomial) -> _Row:
    a, b = -down[0][m], up[0][m]
    return _sum(up[0], a, down[0], b), up[1] or down[1], _sum(up[2], a, down[2], b)


def _sum(first: dict[Any, fmpq], a: fmpq, second: dict[Any, fmpq], b: fmpq) -> dict[Any, fmpq]:
    merged = {x: a * first.get(x, fmpq(0)) + b * second.get(x, fmpq(0)) for x in {*first, *second}}
    return {x: c for x, c in merged.items() if c != 0}


def _is_false(row: _Row) -> bool:
    constant = sum(row[0].values(), fmpq(0))
    return bool(constant < 0 or (row[1] and constant == 0))


def between_roots(polys: list[fmpz_poly]) -> list[fmpq] | None:
    """A rational point in every interval that the real roots cut out of the line; None where roots are too close."""
    distinct: dict[str, Any] = {}
    for p in polys:
        if p.degree() > MAX_DEGREE:
            return None
        for q, _ in p.factor()[1]:
            distinct[str(q)] = q
    square_free: Any = fmpz_poly([1])
    for q in distinct.values():
        square_free *= q
    roots: list[arb] = []
    for z, _ in square_free.complex_roots() if square_free.degree() else ():
        if z.imag.is_zero():
            roots.append(z.real)
        elif z.imag.contains(0):
            return None
    roots.sort(key=lambda root: float(root.mid()))
    if not roots:
        return [fmpq(0)]
    points = [_end(roots[0], -1) - 1]
    for left, right in pairwise(roots):
        if not left < right:
            return None
        points.append((_end(left, 1) + _end(right, -1)) / 2)
    return [*points, _end(roots[-1], 1) + 1]


def _end(ball: arb, side: int) -> fmpq:
    """The exact end of a ball: its functions lower and upper would round."""
    return exact(ball.mid()) + side * exact(ball.rad())


def exact(ball: arb) -> fmpq:
    """The midpoint of a ball as a rational number."""
    mantissa, exponent = ball.mid().man_exp()
    m, e = int(mantissa), int(exponent)
    return fmpq(m << e) if e >= 0 else fmpq(m, 1 << -e)
