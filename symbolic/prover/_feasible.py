"""Shows that a region is empty. It may fail to see it, and then says nothing; it never calls a region empty that is not.

Two ways: linear elimination (Fourier and Motzkin) with every monomial as a variable of its own, and, where the
conditions speak of one variable only, the exact order of the real roots.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from flint import arb, fmpq, fmpz_poly

from symbolic.prover._field import Field, Poly

MAX_CONSTRAINTS = 80
MAX_MONOMIALS = 12
MAX_DEGREE = 40
Monomial: TypeAlias = tuple[int, ...]
# sum of coefficient * monomial > 0 (True) or >= 0, and from which of the given ones it was added up
_Row: TypeAlias = tuple[dict[Monomial, fmpq], bool, dict[int, fmpq]]


@dataclass(frozen=True, slots=True)
class Emptiness:
    """Why no point has certain signs: a sum of what has them that cannot have its own, or cells of a line.

    Attributes
    ----------
    combination : tuple of (Poly, int, fmpq)
        Polynomials, their signs, and positive multipliers with which they add up to a constant that is not positive.
    closed : bool
        Whether the constant is negative, so that not even zeros help. Otherwise it is 0, and all of them would have to
        be 0 at once.
    samples : tuple of fmpq
        Instead: a point in every interval between the roots of polynomials in one kernel, which ``combination`` names.
    """

    combination: tuple[tuple[Poly, int, fmpq], ...]
    closed: bool
    samples: tuple[fmpq, ...] = ()


def contradiction(
    field: Field, strict: Iterable[tuple[Poly, int]], weak: Iterable[tuple[Poly, int]]
) -> Emptiness | None:
    """Show that no point has these signs (``strict``: not zero either); None where that was not seen."""
    strict = list(strict)
    facts = [(p, s, True) for p, s in strict] + [(p, s, False) for p, s in weak]
    used = {k for p, _ in strict for k, e in enumerate(p.degrees()) if e}
    facts += [(field.gens[k], 1, False) for k in sorted(used) if field.kernels[field.index_of(k)].positive]
    rows = [_row(p, s, weak_or_not, n) for n, (p, s, weak_or_not) in enumerate(facts)]
    combined = _contradict(rows)
    if combined is not None:
        parts = tuple((facts[n][0], facts[n][1], factor) for n, factor in sorted(combined[2].items()))
        return Emptiness(parts, bool(sum(combined[0].values(), fmpq(0)) < 0))
    return next(filter(None, (_empty_on_a_line(field, strict, place) for place in sorted(used))), None)


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


def _empty_on_a_line(field: Field, signs: list[tuple[Poly, int]], place: int) -> Emptiness | None:
    """The conditions that speak of this one kernel only: no point of the line satisfies them, their roots included."""
    lines = []
    for p, s in signs:
        degrees = p.degrees()
        if 0 < degrees[place] <= MAX_DEGREE and sum(map(bool, degrees)) == 1:
            lines.append((p, s))
    if not lines:
        return None
    if field.kernels[field.index_of(place)].positive:
        lines.append((field.gens[place], 1))
    polys = [univariate(p, place) for p, _ in lines]
    points = between_roots(polys)
    if points is None:
        return None
    violated = [{n for n, (_, s) in enumerate(lines) if polys[n](x) * s < 0} for x in points]
    # The root between two points is excluded by a polynomial that is violated on both sides: it has no root there.
    if not all(violated) or not all(a & b for a, b in pairwise(violated)):
        return None
    return Emptiness(tuple((p, s, fmpq(0)) for p, s in lines), True, tuple(points))


def univariate(p: Poly, place: int) -> fmpz_poly:
    """A polynomial in one variable, as flint's type for those."""
    coefficients = [0] * (int(p.degrees()[place]) + 1)
    for m, c in p.terms():
        coefficients[int(m[place])] = int(c)
    return fmpz_poly(coefficients)


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
