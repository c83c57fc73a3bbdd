"""The letters of the notes, as real SymPy symbols, and unevaluated sums, products and derivatives.

SymPy rewrites what it builds: ``1/(1 + E) * E/(1 + E)`` becomes one fraction. A step of a derivation must
stay as it was written, so the helpers here build trees that SymPy leaves alone.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["D", "a", "matrix", "over", "plus", "s", "times", "vector", "y", "z"]

z = sp.Symbol("z", real=True)  # pre-activation, or logit
a = sp.Symbol("a", real=True)  # activation, or prediction
s = sp.Symbol("s", real=True)  # sigmoid(z) where `a` is taken
y = sp.Symbol("y", real=True)  # label


def vector(letter: str, n: int) -> tuple[Any, ...]:
    """Return the symbols ``letter_1`` to ``letter_n``."""
    return tuple(sp.Symbol(f"{letter}_{i}", real=True) for i in range(1, n + 1))


def matrix(letter: str, rows: int, cols: int) -> Any:
    """Return the symbols ``letter_11``, …; from ten rows or columns on ``letter_1_1``, since _111 could be two."""
    between = "" if max(rows, cols) < 10 else "_"
    return sp.ImmutableMatrix(
        rows, cols, lambda i, j: sp.Symbol(f"{letter}_{i + 1}{between}{j + 1}", real=True)
    )


def D(expr: Any, variable: Any) -> Any:
    """Return d/d(variable) of an expression, not carried out."""
    return sp.Derivative(expr, variable)


def times(*factors: Any) -> Any:
    """Return a product that stays as written."""
    return sp.Mul(*map(sp.sympify, factors), evaluate=False)


def plus(*terms: Any) -> Any:
    """Return a sum that stays as written."""
    return sp.Add(*map(sp.sympify, terms), evaluate=False)


def over(top: Any, bottom: Any) -> Any:
    """Return a fraction that stays as written."""
    top, bottom = sp.sympify(top), sp.sympify(bottom)
    if bottom.is_Pow:  # 1/b^2 and not (b^2)^-1
        base, exponent = bottom.args
        below = sp.Pow(base, -exponent, evaluate=False)
    else:
        below = sp.Pow(bottom, -1, evaluate=False)
    return below if top == 1 else sp.Mul(top, below, evaluate=False)
