"""Reads formulas, claims and hypotheses written as plain text. Nothing that is read is ever executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from lark import Token
from lark.exceptions import UnexpectedInput

from symbolic.grammar._build import Builder
from symbolic.grammar._errors import FormulaError
from symbolic.grammar._syntax import parser
from symbolic.grammar._tokens import Source


def parse(text: str, *, symbols: Mapping[str, Any] | None = None) -> sp.Expr:
    """Read a formula as a SymPy expression.

    Reads numbers (decimals are exact), names with subscripts and Greek letters, ``+ - * / ^ **``, implicit products
    (``2z``, ``3(a + b)``), ``|z|``, the functions of the catalogue, unknown functions ``g(z)`` and ``g'(z)``,
    ``diff(expression, z)`` and ``diff(expression, x, 2, y)``, entries ``x[i]``, ``x[i + 1]`` and ``W[i, j]``, and sums
    and products over an index, whose ends may be symbols: ``sum(x[i], i, 1, m)``, ``prod(exp(x[i]), i, 1, m)``. It
    evaluates no text: what is not in the grammar is an error.

    Parameters
    ----------
    text : str
        The formula.
    symbols : mapping of str to sympy.Basic, optional
        What names stand for. A name not listed becomes ``Symbol(name, real=True)``.

    Returns
    -------
    sympy.Expr
        The expression, as SymPy simplifies it at construction.

    Raises
    ------
    FormulaError
        The text is not a formula; the message shows a caret under the place.
    FormulaLimitError
        It is too long, too deep, or holds a power too large to compute.

    Examples
    --------
    >>> parse("2z + 3(a + b)^2")
    2*z + 3*(a + b)**2
    >>> parse("diff(sigmoid(z), z)")
    exp(-z)/(1 + exp(-z))**2
    >>> parse("sum(w*x[i], i, 1, m)/m")
    Sum(w*x[i], (i, 1, m))/m
    >>> parse("9**9**9**9")
    Traceback (most recent call last):
    ...
    symbolic.grammar._errors.FormulaLimitError: The exponent is larger than 1000.
      9**9**9**9
         ^
    """
    return _read(text, symbols, "formula", evaluate=True)


def parse_claim(text: str, *, symbols: Mapping[str, Any] | None = None) -> tuple[sp.Expr, sp.Expr]:
    """Read an equality ``lhs = rhs`` as its two sides.

    Parameters
    ----------
    text : str
        Two formulas with one ``=`` between them.
    symbols : mapping of str to sympy.Basic, optional
        What names stand for.

    Returns
    -------
    tuple of sympy.Expr
        The two sides, unsimplified: ``x/x`` keeps its hole at 0.

    Raises
    ------
    FormulaError
        The text is not an equality of two formulas.

    Examples
    --------
    >>> parse_claim("x/x = 1")
    (x/x, 1)
    """
    lhs, rhs = _read(text, symbols, "claim", evaluate=False)
    return lhs, rhs


def parse_hypothesis(text: str, *, symbols: Mapping[str, Any] | None = None) -> sp.Basic:
    """Read a hypothesis: ``z > 0``, ``0 < a < 1``, ``a + b = 1``, ``y in {0, 1}``, ``p in [0, 1]``, ``n in N``.

    Parameters
    ----------
    text : str
        The hypothesis.
    symbols : mapping of str to sympy.Basic, optional
        What names stand for.

    Returns
    -------
    sympy.Basic
        A relation, a ``Contains``, or an ``And`` of them, unevaluated.

    Raises
    ------
    FormulaError
        The text is not a hypothesis.

    Examples
    --------
    >>> parse_hypothesis("0 < a < 1")
    (0 < a) & (a < 1)
    """
    return _read(text, symbols, "hypothesis", evaluate=False)


def parse_raw(text: str, *, symbols: Mapping[str, Any] | None = None) -> sp.Expr:
    """Read a formula without any of SymPy's simplifications, so that its domain is what was written."""
    return _read(text, symbols, "formula", evaluate=False)


def _read(text: str, symbols: Mapping[str, Any] | None, start: str, *, evaluate: bool) -> Any:
    if not isinstance(text, str):
        raise FormulaError(f"A formula is text; got {type(text).__name__}.", "", 0)
    known = dict(symbols or {})
    plain = {name for name, meaning in known.items() if isinstance(meaning, sp.Expr)}
    try:
        tree = parser().parse(Source(text, plain), start=start)
    except UnexpectedInput as problem:
        raise _explain(problem, text, start) from None
    return Builder(text, known, evaluate=evaluate).build(tree)


def _explain(problem: UnexpectedInput, text: str, start: str) -> FormulaError:
    token = getattr(problem, "token", None)
    if not isinstance(token, Token) or token.type == "$END" or token.start_pos is None:
        missing = {"claim": "an equality lhs = rhs", "hypothesis": "a hypothesis such as z > 0"}.get(start)
        hint = f" Expected {missing}." if missing else " An operand is missing."
        return FormulaError("The formula ends too early." + hint, text, len(text))
    if token.type in ("EQUALS", "RELATION") and start == "formula":
        return FormulaError("A formula holds no = or <; use a claim for an equality.", text, token.start_pos)
    if token.type == "NUMBER":
        return FormulaError(
            "A number cannot follow a factor without a sign: write z*2 or 2z.", text, token.start_pos
        )
    return FormulaError(f"{token.value!r} does not fit here.", text, token.start_pos)
