"""Reads the sides of a claim, which may be text, numbers or SymPy expressions, and shows them in a verdict."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic._errors import InvalidArgument
from symbolic.grammar import parse_raw

_SHOWN = 300  # characters of a claim in a verdict


def shown(side: Any) -> str:
    """A side as the verdict shows it, cut where it is long."""
    text = side if isinstance(side, str) else str(side) if not isinstance(side, sp.Basic) else _brief(side)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _brief(side: sp.Basic) -> str:
    # Printing 10,000 terms would take longer than the proof.
    for size, part in enumerate(sp.preorder_traversal(side)):
        if size > 400:
            return f"a {type(side).__name__} of more than 400 operations"
        if part.is_Rational and max(abs(part.p), part.q).bit_length() > 12_000:
            return f"a {type(side).__name__} that holds a number of thousands of digits"
        if part.is_Pow and not part.exp.is_Rational and not part.free_symbols and part.base.is_Rational:
            # SymPy's printer asks for the signs of what it prints, and would compute 9**9**9**9.
            return f"a {type(side).__name__} that holds a tower of numbers"
    return str(side)


def symbols_of(*parts: Any) -> dict[str, Any]:
    """Symbols and functions of the SymPy parts, so that text speaks of the same ones."""
    found: dict[str, Any] = {}
    items = [
        item
        for part in parts
        for item in (part if isinstance(part, list | tuple | set | frozenset) else [part])
    ]
    if any(isinstance(item, str) for item in items):
        for item in items:
            if isinstance(item, sp.Basic):
                for symbol in sorted(item.free_symbols, key=str):
                    if isinstance(symbol, sp.Symbol) and not isinstance(symbol, sp.Dummy):
                        found.setdefault(symbol.name, symbol)
    return found


def expression(side: Any, symbols: dict[str, Any]) -> sp.Expr:
    """A side as a SymPy expression, unsimplified where it was text."""
    if isinstance(side, str):
        return parse_raw(side, symbols=symbols)
    if isinstance(side, int | Fraction) and not isinstance(side, bool):
        return sp.Rational(side)
    if isinstance(side, float):
        return sp.Float(side)
    if not isinstance(side, sp.Expr):
        raise InvalidArgument(
            f"A side of the claim is a {type(side).__name__}; expected a SymPy expression, a formula as text, "
            "or a tensor expression."
        )
    return side
