r"""Formulas as people write them on one line, and as LaTeX.

The text printer keeps SymPy's structure (nothing is simplified on the way out) and changes only the
words: ``^`` for powers, ``d/dz f`` for an unevaluated derivative, ``[... if ...; ... otherwise]`` for
cases.
"""

from __future__ import annotations

from typing import Any

from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

__all__ = ["to_latex", "to_text"]


class _TextPrinter(StrPrinter):  # type: ignore[misc]  # SymPy carries no types
    """SymPy's text with the words of the notes."""

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        return str(super()._print_Pow(expr, rational=rational)).replace("**", "^")

    def _print_Derivative(self, expr: Any) -> str:
        over = "".join(f"d/d{self._print(v)} " * int(n) for v, n in expr.variable_count)
        return over + self.parenthesize(expr.expr, PRECEDENCE["Mul"])

    def _print_Piecewise(self, expr: Any) -> str:
        cases = [
            f"{self._print(value)} otherwise"
            if condition is True or condition == True  # noqa: E712
            else f"{self._print(value)} if {self._print(condition)}"
            for value, condition in expr.args
        ]
        return "[" + "; ".join(cases) + "]"

    def _print_Subs(self, expr: Any) -> str:
        points = ", ".join(
            f"{self._print(v)} = {self._print(p)}" for v, p in zip(expr.variables, expr.point, strict=True)
        )
        return f"({self._print(expr.expr)}) at {points}"

    def _print_ImmutableDenseMatrix(self, expr: Any) -> str:
        rows = ["[" + ", ".join(self._print(x) for x in expr.row(i)) + "]" for i in range(expr.rows)]
        return rows[0] if len(rows) == 1 else "[" + ", ".join(rows) + "]"

    _print_MutableDenseMatrix = _print_ImmutableDenseMatrix


class _LatexPrinter(LatexPrinter):  # type: ignore[misc]
    """SymPy's LaTeX, with ln written log as in the notes and cases that say "otherwise"."""

    def _print_Derivative(self, expr: Any) -> str:
        letter = "d" if len(expr.expr.free_symbols) <= 1 else r"\partial"
        top = "".join(
            rf"\frac{{{letter}}}{{{letter} {self._print(v)}}}" * int(n) for v, n in expr.variable_count
        )
        return rf"{top} {self.parenthesize(expr.expr, PRECEDENCE['Mul'], is_neg=False, strict=True)}"


def to_text(expr: Any) -> str:
    """Return an expression as one line of text.

    Parameters
    ----------
    expr : object
        A SymPy expression or matrix, or anything with its own ``str``.

    Returns
    -------
    str

    Examples
    --------
    >>> import sympy as sp
    >>> z = sp.Symbol("z", real=True)
    >>> to_text(sp.Derivative(sp.exp(-z) ** 2, z))
    'd/dz exp(-2*z)'
    """
    return (
        str(expr) if not hasattr(expr, "free_symbols") else str(_TextPrinter({"order": "none"}).doprint(expr))
    )


def to_latex(expr: Any) -> str:
    r"""Return an expression as LaTeX, without dollar signs.

    An object with a method ``latex()`` (a tensor, a matrix formula) speaks for itself.

    Parameters
    ----------
    expr : object

    Returns
    -------
    str

    Examples
    --------
    >>> import sympy as sp
    >>> to_latex(1 / (1 + sp.Symbol("e")))
    '\\frac{1}{1 + e}'
    """
    own = getattr(expr, "latex", None)
    if callable(own):
        return str(own())
    return str(_LatexPrinter({"order": "none", "mat_delim": "[", "mat_str": "bmatrix"}).doprint(expr))
