"""A point inside a region whose borders are planes, however thin it is: x > z > y - 10^-40 with x < y."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from flint import fmpq

from symbolic.prover._field import Field, Poly

MAX_ROWS = 200
_Row: TypeAlias = dict[
    str, fmpq
]  # the sum of coefficient * variable, and the constant beside "", is positive


def inside(field: Field, facts: Iterable[tuple[Poly, int]], share: fmpq) -> dict[str, fmpq]:
    """Values at which all linear polynomials have their signs, by elimination; none where there are none.

    Parameters
    ----------
    field : Field
    facts : iterable of (Poly, int)
        Polynomials and their signs; those that are not linear in variables are left aside.
    share : fmpq
        Between 0 and 1: where to stand between two bounds.
    """
    rows = [row for p, s in facts if (row := _row(field, p, s)) is not None]
    stages: list[tuple[str, list[_Row]]] = []
    for name in sorted({name for row in rows for name in row if name}):
        bounds = [row for row in rows if row.get(name, 0) != 0]
        rows = [row for row in rows if row.get(name, 0) == 0]
        rows += [_sum(up, down, name) for up in bounds if up[name] > 0 for down in bounds if down[name] < 0]
        stages.append((name, bounds))
        if len(rows) > MAX_ROWS:
            return {}
    point: dict[str, fmpq] = {}
    for name, bounds in reversed(stages):
        ends = [(row[name] > 0, -_rest(row, name, point) / row[name]) for row in bounds]
        low = max((end for above, end in ends if above), default=None)
        high = min((end for above, end in ends if not above), default=None)
        if low is None:
            point[name] = share if high is None else high - share
        else:
            point[name] = low + share * (1 if high is None else high - low)
    return point


def _row(field: Field, p: Poly, s: int) -> _Row | None:
    row: _Row = {"": fmpq(0)}
    for exponents, c in p.terms():
        places = [place for place, e in enumerate(exponents) if e]
        kernels = [field.kernels[field.index_of(place)] for place in places]
        if sum(exponents) > 1 or any(kernel.kind != "sym" for kernel in kernels):
            return None
        row[kernels[0].args[0] if kernels else ""] = fmpq(int(c) * s)
    return row


def _sum(up: _Row, down: _Row, name: str) -> _Row:
    return {
        x: up.get(x, fmpq(0)) * -down[name] + down.get(x, fmpq(0)) * up[name] for x in {*up, *down} - {name}
    }


def _rest(row: _Row, name: str, point: dict[str, fmpq]) -> fmpq:
    return sum((c * point.get(x, fmpq(1)) for x, c in row.items() if x != name), fmpq(0))
