"""Shows that a region is empty. It may fail to see it, and then says nothing; it never calls a region empty that is not.

Two ways: linear elimination (Fourier and Motzkin) with every monomial as a variable of its own, and, where the
conditions speak of one variable only, the exact order of the real roots.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, TypeAlias

from flint import arb, fmpq, fmpz_poly

from symbolic.prover._field import Field, Poly

MAX_CONSTRAINTS = 80
MAX_MONOMIALS = 12
MAX_DEGREE = 40
_Row: TypeAlias = tuple[dict[tuple[int, ...], fmpq], bool]  # sum of coefficient * monomial > 0 (True) or >= 0


def is_empty(field: Field, strict: Iterable[tuple[Poly, int]], weak: Iterable[tuple[Poly, int]]) -> bool:
    """Say whether no point has these signs (``strict``: not zero either), as far as it can be seen."""
    strict = list(strict)
    rows = [_row(p, s, True) for p, s in strict] + [_row(p, s, False) for p, s in weak]
    used = {k for p, _ in strict for k, e in enumerate(p.degrees()) if e}
    for place in used:
        if field.kernels[field.index_of(place)].positive:
            rows.append(_row(field.gens[place], 1, False))
    return _contradict(rows) or any(_empty_on_a_line(field, strict, place) for place in used)


def _row(p: Poly, sign: int, strict: bool) -> _Row:
    return {tuple(map(int, m)): fmpq(int(c) * sign) for m, c in p.terms()}, strict


def _contradict(rows: list[_Row]) -> bool:
    while True:
        monomials = {m for row, _ in rows for m in row if any(m)}
        if not monomials:
            return any(_is_false(row, strict) for row, strict in rows)
        if len(rows) > MAX_CONSTRAINTS or len(monomials) > MAX_MONOMIALS:
            return False
        # The monomial that makes the fewest new rows goes first.
        m = min(sorted(monomials), key=lambda x: _growth(rows, x))
        above = [(r, s) for r, s in rows if r.get(m, fmpq(0)) > 0]
        below = [(r, s) for r, s in rows if r.get(m, fmpq(0)) < 0]
        kept = [(r, s) for r, s in rows if m not in r]
        for r, s in above:
            for q, t in below:
                kept.append((_eliminate(r, q, m), s or t))
        rows = kept
        if any(_is_false(row, strict) for row, strict in rows if not any(any(x) for x in row)):
            return True


def _growth(rows: list[_Row], m: tuple[int, ...]) -> int:
    up = sum(r.get(m, fmpq(0)) > 0 for r, _ in rows)
    down = sum(r.get(m, fmpq(0)) < 0 for r, _ in rows)
    return up * down - up - down


def _eliminate(
    up: dict[tuple[int, ...], fmpq], down: dict[tuple[int, ...], fmpq], m: tuple[int, ...]
) -> dict[tuple[int, ...], fmpq]:
    a, b = -down[m], up[m]
    merged = {x: a * up.get(x, fmpq(0)) + b * down.get(x, fmpq(0)) for x in {*up, *down} if x != m}
    return {x: c for x, c in merged.items() if c != 0}


def _is_false(row: dict[tuple[int, ...], fmpq], strict: bool) -> bool:
    constant = sum(row.values(), fmpq(0))
    return bool(constant < 0 or (strict and constant == 0))


def _empty_on_a_line(field: Field, signs: list[tuple[Poly, int]], place: int) -> bool:
    """The conditions that speak of this one kernel only: no interval between their roots satisfies them all."""
    lines = []
    for p, s in signs:
        degrees = p.degrees()
        if 0 < degrees[place] <= MAX_DEGREE and sum(map(bool, degrees)) == 1:
            lines.append((univariate(p, place), s))
    if field.kernels[field.index_of(place)].positive:
        lines.append((fmpz_poly([0, 1]), 1))
    points = between_roots([p for p, _ in lines])
    if points is None or len(lines) < 1:
        return False
    return not any(all((p(x) > 0) == (s > 0) and p(x) != 0 for p, s in lines) for x in points)


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
