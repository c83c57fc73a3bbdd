"""Where a node has no derivative: its slopes on the two sides of the place where cases meet differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

__all__ = ["has_kink"]


def has_kink(definition: Any, point: Mapping[Any, Any]) -> bool:
    """Say whether a formula has a kink or a jump at a point.

    Parameters
    ----------
    definition : sympy.Expr
        A node's formula in the symbols of its operands.
    point : mapping of symbol to number

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> cases = sp.Piecewise((x**2, x > 0), (0, True))
    >>> [has_kink(f, {x: 0}) for f in (abs(x), sp.sign(x), sp.Max(0, x), cases, x**2)]
    [True, True, True, False, False]
    """
    return any(
        _meets(part, point) for part in definition.atoms(sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise)
    )


def _meets(part: Any, point: Mapping[Any, Any]) -> bool:
    if isinstance(part, sp.Abs | sp.sign):
        return bool(_at(part.args[0], point) == 0)
    if isinstance(part, sp.Max | sp.Min):
        top = _at(part, point)
        tied = [arg for arg in part.args if _at(arg, point) == top]
        return len(tied) > 1 and _differ(tied, point)
    borders = [c for _, condition in part.args for c in condition.atoms(sp.core.relational.Relational)]
    on_border = any(_at(border.lhs - border.rhs, point) == 0 for border in borders)
    return on_border and _differ([piece for piece, _ in part.args], point)


def _differ(pieces: list[Any], point: Mapping[Any, Any]) -> bool:
    """Say whether values or slopes of the pieces differ."""
    symbols = sorted(set().union(*(piece.free_symbols for piece in pieces)), key=str)
    said = {tuple(_at(f, point) for f in (piece, *(piece.diff(s) for s in symbols))) for piece in pieces}
    return len(said) > 1


def _at(expr: Any, point: Mapping[Any, Any]) -> Any:
    return sp.N(expr.subs(point), 30)
