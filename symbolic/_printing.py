r"""Formulas as people write them on one line, and as LaTeX.

The printers keep SymPy's structure (nothing is simplified on the way out) and change only the words:
``^`` for powers, ``d/dz f`` for a derivative not carried out, ``[... if ...; ... otherwise]`` for cases.
A function of several variables prints by its name alone: ``S``, not ``S(z_1, z_2, z_3)``.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

__all__ = ["shortened", "to_latex", "to_text"]

_PRODUCT = PRECEDENCE["Mul"]


def _terms_as_written(expr: Any) -> list[Any]:
    """The terms of a sum, positive ones first; untouched where somebody built the sum unevaluated."""
    if sp.Add(*expr.args).args == expr.args:
        return sorted(expr.args, key=lambda term: bool(term.could_extract_minus_sign()))
    return list(expr.args)


def _fraction_as_written(expr: Any) -> tuple[bool, list[Any], list[Any]]:
    """Split a product into a sign, the factors above and the factors below, in the order in which they stand."""
    negative, above, below = False, [], []
    for factor in expr.args if expr.is_Mul else (expr,):  # SymPy hands 1/x over as a product
        if factor.is_Rational and factor.is_negative:
            negative, factor = not negative, -factor
        if factor.is_Rational and not factor.is_Integer:
            above += [] if factor.p == 1 else [sp.Integer(factor.p)]
            below.append(sp.Integer(factor.q))
        elif factor.is_Pow and factor.exp.is_Rational and factor.exp.is_negative:
            below.append(
                factor.base if factor.exp == -1 else sp.Pow(factor.base, -factor.exp, evaluate=False)
            )
        elif factor != 1:
            above.append(factor)
    return negative, above, below


def _keeps_its_fractions(expr: Any) -> bool:
    """Whether a product was written as fraction times fraction: 1/b · e/b, not (e/b)/b."""
    inner = [f for f in expr.args if f.is_Mul] if expr.is_Mul else []
    return any(_fraction_as_written(f)[2] for f in inner)


class _TextPrinter(StrPrinter):  # type: ignore[misc]  # SymPy carries no types
    """SymPy's text with the words of the notes."""

    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        return _terms_as_written(expr)

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        return str(super()._print_Pow(expr, rational=rational)).replace("**", "^")

    def _print_Mul(self, expr: Any) -> str:
        if _keeps_its_fractions(expr):
            return "*".join(self._factor(f) for f in expr.args)
        negative, above, below = _fraction_as_written(expr)
        top = "*".join(self._factor(f) for f in above) or "1"
        bottom = "*".join(self._factor(f) for f in below)
        if len(below) > 1 or (below and below[0].is_Mul):
            bottom = f"({bottom})" if len(below) > 1 else bottom
        return ("-" if negative else "") + top + (f"/{bottom}" if bottom else "")

    def _factor(self, expr: Any) -> str:
        inside = str(self._print(expr))
        loose = (
            expr.is_Add or expr.is_Mul or isinstance(expr, sp.Derivative) or inside.startswith(("-", "1/"))
        )
        return f"({inside})" if loose else inside

    def _print_Derivative(self, expr: Any) -> str:
        over = "".join(f"d/d{self._print(v)} " * int(n) for v, n in expr.variable_count)
        return over + self._factor(expr.expr)

    def _print_Function(self, expr: Any) -> str:
        if isinstance(expr, AppliedUndef) and len(expr.args) > 1:
            return str(expr.func.__name__)
        return str(super()._print_Function(expr))

    def _lower(self, expr: Any) -> str:
        """``abs(x)``, ``max(x, y)``: as the grammar reads them."""
        return f"{type(expr).__name__.lower()}({', '.join(self._print(x) for x in expr.args)})"

    _print_Abs = _print_Max = _print_Min = _lower

    def _print_Piecewise(self, expr: Any) -> str:
        cases = [
            self._print(value) + (" otherwise" if condition == sp.true else f" if {self._print(condition)}")
            for value, condition in expr.args
        ]
        return "[" + "; ".join(cases) + "]"

    def _print_ImmutableDenseMatrix(self, expr: Any) -> str:
        rows = ["[" + ", ".join(self._print(x) for x in expr.row(i)) + "]" for i in range(expr.rows)]
        return rows[0] if len(rows) == 1 else "[" + ", ".join(rows) + "]"

    _print_MutableDenseMatrix = _print_ImmutableDenseMatrix


class _LatexPrinter(LatexPrinter):  # type: ignore[misc]
    """SymPy's LaTeX, with derivatives and sums as they were written."""

    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        return _terms_as_written(expr)

    def _print_Derivative(self, expr: Any) -> str:
        letter = "d" if len(expr.expr.free_symbols) <= 1 else r"\partial"
        top = "".join(
            rf"\frac{{{letter}}}{{{letter} {self._print(v)}}}" * int(n) for v, n in expr.variable_count
        )
        return rf"{top} {self._factor(expr.expr)}"

    def _print_Mul(self, expr: Any) -> str:
        if _keeps_its_fractions(expr):
            return r" \cdot ".join(self._factor(f) for f in expr.args)
        negative, above, below = _fraction_as_written(expr)
        sign = "- " if negative else ""
        if not below:
            return sign + self._product(above)
        bottom = self._print(below[0]) if len(below) == 1 else self._product(below)
        if len(above) > 1 and any(f.is_Add or isinstance(f, sp.Derivative) for f in above):
            # A long product keeps its fraction apart: (1/2) z (1 + t) rather than one tall fraction.
            numbers = [f for f in above if f.is_Integer]
            rest = [f for f in above if not f.is_Integer]
            top = self._product(numbers) if numbers else "1"
            if all(f.is_Integer for f in below):
                return rf"{sign}\frac{{{top}}}{{{bottom}}} {self._product(rest)}"
        top = (self._print(above[0]) if len(above) == 1 else self._product(above)) if above else "1"
        return rf"{sign}\frac{{{top}}}{{{bottom}}}"

    def _product(self, factors: list[Any]) -> str:
        written = [self._factor(f) for f in factors] or ["1"]
        out = written[0]
        for left, right, factor in zip(factors, factors[1:], written[1:], strict=False):
            dotted = (right.is_number and right.is_Integer) or isinstance(left, sp.Derivative)
            out += (r" \cdot " if dotted else r" \, ") + factor
        return out

    def _factor(self, expr: Any) -> str:
        inside = str(self._print(expr))
        loose = expr.is_Add or isinstance(expr, sp.Derivative) or inside.startswith("-")
        return rf"\left({inside}\right)" if loose else inside

    def _print_Symbol(self, expr: Any, style: str = "plain") -> str:
        word = expr.name
        if word == "lam":  # Python keeps the word lambda to itself
            return r"\lambda"
        plain = str(super()._print_Symbol(expr, style=style))
        return rf"\mathrm{{{word}}}" if plain == word and len(word) > 2 and word.isalpha() else plain

    def _print_Function(self, expr: Any, exp: Any = None) -> str:
        if isinstance(expr, AppliedUndef) and len(expr.args) > 1:
            name = str(self._print(sp.Symbol(expr.func.__name__)))
            return f"{name}^{{{exp}}}" if exp is not None else name
        return str(super()._print_Function(expr, exp))


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
    >>> to_text(sp.Derivative(1 / (1 + sp.exp(-z)) ** 2, z))
    'd/dz (1 + exp(-z))^(-2)'
    """
    if isinstance(expr, (sp.Basic, sp.MatrixBase)):
        return str(_TextPrinter().doprint(expr))
    return str(expr)


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
    return str(_LatexPrinter({"mat_delim": "[", "mat_str": "matrix"}).doprint(expr))


def shortened(expr: Any, most: int = 300) -> str:
    """Return the text of an expression for a message: the middle of a long one is left out.

    Parameters
    ----------
    expr : object
    most : int
        Longest text that stays whole.

    Returns
    -------
    str
    """
    text = to_text(expr)
    if len(text) <= most:
        return text
    half = (most - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"
