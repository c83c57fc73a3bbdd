"""The record of one formula, and how its derivative and its classroom form come about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import sympy as sp

from symbolic._errors import WrongStep
from symbolic._printing import to_latex, to_text

__all__ = ["Formula", "derived"]


@dataclass(frozen=True, eq=False)
class Formula:
    """A named formula with its derivative, as SymPy derives it.

    Attributes
    ----------
    name : str
        As in `symbolic.names`.
    kind : {"activation", "loss", "penalty", "model"}
    title : str
        One line for people.
    symbols : tuple of sympy.Symbol
        All arguments, the differentiated ones first. Vectors are listed entry by entry.
    variables : tuple of sympy.Symbol
        What the formula is differentiated by: one symbol, or the entries of a vector or matrix.
    expression : sympy.Expr or sympy.ImmutableDenseMatrix
        The definition. A column for softmax, of a concrete length.
    derivative : sympy.Expr or sympy.ImmutableDenseMatrix
        What SymPy's ``diff`` gives: a number-valued expression; the gradient as a column for losses of a
        vector; the Jacobian (entry i, j is ∂a_i/∂z_j) for softmax; a matrix shaped like W for the penalty.
    closed_form : sympy.Expr or sympy.ImmutableDenseMatrix
        The form taught in class, in the letters of `notation`. Proved equal to `derivative` when built.
    notation : mapping
        What the letters of `closed_form` stand for: ``{a: 1/(1 + exp(-z))}``.
    hypotheses : mapping
        Equations the closed form needs (one-hot: ``{y_3: 1 - y_1 - y_2}``); empty for most.
    parameters : mapping of sympy.Symbol to sympy.Rational
        Constants of the formula with their defaults: ``{slope: 1/100}``.
    domain : sympy.Set or sympy.Basic
        Where the first variable lives.
    kinks : tuple
        Points of the first variable without a derivative. Nothing is claimed there; by convention
        `derivative` holds the slope on the left of ReLU's kink, 0.
    aliases : tuple of str
        Other names that `symbolic.formula` understands.
    latex : str
        The definition as LaTeX, without dollar signs.
    """

    name: str
    kind: str
    title: str
    symbols: tuple[Any, ...]
    variables: tuple[Any, ...]
    expression: Any
    derivative: Any
    closed_form: Any
    notation: Mapping[Any, Any] = field(default_factory=dict)
    hypotheses: Mapping[Any, Any] = field(default_factory=dict)
    parameters: Mapping[Any, Any] = field(default_factory=dict)
    domain: Any = sp.S.Reals
    kinks: tuple[Any, ...] = ()
    aliases: tuple[str, ...] = ()
    latex: str = ""

    @property
    def variable(self) -> Any:
        """The first variable."""
        return self.variables[0]

    @property
    def symbol(self) -> Any:
        """The first variable, under the name the notes use."""
        return self.variables[0]

    def with_defaults(self, expr: Any) -> Any:
        """Put the default value of every parameter into an expression."""
        return expr.subs(dict(self.parameters))

    def __str__(self) -> str:
        return f"{self.name}: {to_text(self.expression)}, derivative {to_text(self.closed_form)}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


def derived(
    name: str,
    kind: str,
    title: str,
    expression: Any,
    variables: tuple[Any, ...],
    closed_form: Any,
    *,
    others: tuple[Any, ...] = (),
    notation: Mapping[Any, Any] | None = None,
    hypotheses: Mapping[Any, Any] | None = None,
    parameters: Mapping[Any, Any] | None = None,
    domain: Any = sp.S.Reals,
    kinks: tuple[Any, ...] = (),
    aliases: tuple[str, ...] = (),
    left: str = "a",
    shape: tuple[int, int] | None = None,
    constants: Mapping[Any, Any] | None = None,
) -> Formula:
    """Differentiate a definition and prove the closed form claimed for its derivative.

    Parameters
    ----------
    name, kind, title, expression, variables, notation, hypotheses, parameters, domain, kinks, aliases
        As in `Formula`.
    closed_form : sympy object
        The claim. It is not trusted: it is proved equal to what ``diff`` gives.
    others : tuple of sympy.Symbol
        Symbols that are not differentiated by.
    left : str
        LaTeX of the left side of the definition.
    shape : (int, int), optional
        Shape of the gradient of a scalar by many variables; a column by default.
    constants : mapping, optional
        Letters in the arguments above that stand for fixed numbers. The closed form is proved for every value
        of the letters; the record holds the numbers.

    Returns
    -------
    Formula

    Raises
    ------
    WrongStep
        If the closed form is not the derivative.
    """
    from symbolic._derivation import Step

    derivative = differentiate(expression, variables, shape)
    parameters = parameters or {}
    hypotheses = hypotheses or {}
    notation = notation or {}
    try:
        Step(derivative, closed_form, f"closed form of {name}", where={**notation, **hypotheses})
    except WrongStep as error:
        error.add_note(f"The closed form {to_text(closed_form)} of {name!r} is not its derivative.")
        raise
    if constants:
        expression, derivative, closed_form = (
            side.xreplace(dict(constants)) for side in (expression, derivative, closed_form)
        )
        notation = {letter: value.xreplace(dict(constants)) for letter, value in notation.items()}
    return Formula(
        name=name,
        kind=kind,
        title=title,
        symbols=(*variables, *others, *parameters),
        variables=variables,
        expression=expression,
        derivative=derivative,
        closed_form=closed_form,
        notation=MappingProxyType(dict(notation)),
        hypotheses=MappingProxyType(dict(hypotheses)),
        parameters=MappingProxyType(dict(parameters)),
        domain=domain,
        kinks=kinks,
        aliases=aliases,
        latex=f"{left} = {to_latex(expression)}",
    )


def differentiate(expression: Any, variables: tuple[Any, ...], shape: tuple[int, int] | None = None) -> Any:
    """Return what SymPy's ``diff`` gives.

    Parameters
    ----------
    expression : sympy.Expr or column
    variables : tuple of sympy.Symbol
    shape : (int, int), optional
        Shape of the gradient of a scalar by many variables.

    Returns
    -------
    sympy.Expr or sympy.ImmutableDenseMatrix
        A scalar for one variable; a gradient shaped `shape`; a Jacobian for a column.
    """
    if isinstance(expression, sp.MatrixBase):
        return sp.ImmutableMatrix(
            len(expression), len(variables), lambda i, j: expression[i].diff(variables[j])
        )
    if len(variables) == 1:
        return expression.diff(variables[0])
    rows, cols = shape or (len(variables), 1)
    return sp.ImmutableMatrix(rows, cols, [expression.diff(v) for v in variables])
