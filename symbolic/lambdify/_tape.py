"""A tape: SymPy expressions as a list of NumPy calls, each common subexpression computed once.

Nothing is printed as source and executed; the tree is walked once and its operations are written down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symbolic._errors import InvalidArgument
from symbolic.lambdify._special import METHODS

__all__ = ["Tape", "number"]

Array = npt.NDArray[np.float64]


def number(value: Any) -> float:
    """Return the float64 nearest to an exact real number."""
    if value.is_Rational:
        return int(value.p) / int(value.q)  # Python rounds this quotient once
    return float(sp.N(value, 40))


class Tape:
    """Expressions, compiled.

    Parameters
    ----------
    outputs : sequence of sympy.Expr
        Built from numbers, symbols, sums, products, integer and half-integer powers, and the functions of
        `symbolic.lambdify._special.METHODS`.
    inputs : sequence of sympy.Symbol
        In the order in which the arrays come.
    methods : dict, optional
        Further functions: SymPy class to NumPy method.

    Attributes
    ----------
    n_operations : int
        Calls a run makes.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> tape = Tape([sp.exp(x) + 1, 1 / (sp.exp(x) + 1)], [x])
    >>> tape(np.array([0.0]))
    [array([2.]), array([0.5])]
    >>> tape.n_operations  # exp, +, /: the exponential and the sum are shared
    3
    """

    def __init__(
        self,
        outputs: Sequence[Any],
        inputs: Sequence[Any],
        methods: dict[Any, Callable[..., Array]] | None = None,
    ) -> None:
        self._methods = {**METHODS, **(methods or {})}
        self._slots: dict[Any, int] = {symbol: i for i, symbol in enumerate(inputs)}
        self._n_inputs = len(inputs)
        self._constants: dict[int, float] = {}
        self._code: list[tuple[Callable[..., Array], tuple[int, ...], int]] = []
        self._n_slots = self._n_inputs
        self._outputs = [self._place(sp.sympify(e)) for e in outputs]
        self._last_use: dict[int, int] = {}

    @property
    def n_operations(self) -> int:
        """Calls that a run makes."""
        return len(self._code)

    def __call__(self, *arrays: Array) -> list[Array]:
        """Run on arrays of one shape (or that broadcast)."""
        slots: list[Any] = [None] * self._n_slots
        slots[: self._n_inputs] = arrays
        for slot, value in self._constants.items():
            slots[slot] = value
        for method, arguments, out in self._code:
            slots[out] = method(*[slots[i] for i in arguments])
        return [slots[i] for i in self._outputs]

    def _emit(self, method: Callable[..., Array], *arguments: int) -> int:
        out = self._n_slots
        self._n_slots += 1
        self._code.append((method, arguments, out))
        return out

    def _place(self, expr: Any) -> int:
        """The slot that holds an expression; its operations are written down at its first sight."""
        slot = self._slots.get(expr)
        if slot is None:
            slot = self._slots[expr] = self._write(expr)
        return slot

    def _constant(self, value: float) -> int:
        slot = self._n_slots
        self._n_slots += 1
        self._constants[slot] = value
        return slot

    def _write(self, expr: Any) -> int:
        if expr.is_number:
            return self._constant(number(expr))
        if expr.is_Add:
            return self._sum(expr)
        if expr.is_Mul:
            return self._product(expr)
        if expr.is_Pow and not isinstance(expr, sp.exp):
            return self._power(expr.base, expr.exp)
        if expr.func in self._methods:
            return self._emit(self._methods[expr.func], *[self._place(a) for a in expr.args])
        raise InvalidArgument(
            f"{expr} has no NumPy method; the tape knows sums, products, powers and its table."
        )

    def _sum(self, expr: Any) -> int:
        # Positive terms first, so that the others are subtracted and not added to a negated one.
        terms = sorted(expr.args, key=lambda t: bool(t.could_extract_minus_sign()))
        total = self._place(terms[0])
        for term in terms[1:]:
            if term.could_extract_minus_sign():
                total = self._emit(np.subtract, total, self._place(-term))
            else:
                total = self._emit(np.add, total, self._place(term))
        return total

    def _product(self, expr: Any) -> int:
        above, below = [], []
        negative = False
        for factor in expr.args:
            if factor == -1:
                negative = True
            elif factor.is_Pow and not isinstance(factor, sp.exp) and factor.exp.could_extract_minus_sign():
                below.append(factor.base ** (-factor.exp))
            elif factor.is_Rational and factor.p in (1, -1) and factor.q != 1:
                below.append(sp.Integer(factor.q) * factor.p)  # x/3 is rounded once, x*(1/3) twice
            else:
                above.append(factor)
        out = self._chain(np.multiply, above) if above else self._constant(1.0)
        if below:
            out = self._emit(np.divide, out, self._chain(np.multiply, below))
        return self._emit(np.negative, out) if negative else out

    def _chain(self, method: Callable[..., Array], factors: Sequence[Any]) -> int:
        out = self._place(factors[0])
        for factor in factors[1:]:
            out = self._emit(method, out, self._place(factor))
        return out

    def _power(self, base: Any, exponent: Any) -> int:
        if exponent.could_extract_minus_sign():
            return self._emit(np.divide, self._constant(1.0), self._place(base**-exponent))
        if exponent == sp.Rational(1, 2):
            return self._emit(np.sqrt, self._place(base))
        if exponent.is_Integer and exponent <= 8:
            return self._chain(np.multiply, [base] * int(exponent))
        return self._emit(np.power, self._place(base), self._place(exponent))
