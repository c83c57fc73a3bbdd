"""Matrix notation: what `@`, `*`, `.T`, `[:, None]`, `.sum(axis=m)` and the other signs mean.

A mixin of thin methods; the work is done by the functions of `_build`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from symbolic.tensor._axes import Axis
    from symbolic.tensor._nodes import Tensor

    Operand: TypeAlias = Tensor | int | Fraction
    Along: TypeAlias = Axis | int | tuple[Axis | int, ...] | None


class Operators:
    """The operators of tensor expressions."""

    __array_ufunc__ = None  # NumPy arrays must not swallow a symbolic operand entry by entry

    def __add__(self, other: Operand) -> Tensor:
        """Add entries, broadcasting as NumPy does."""
        from symbolic.tensor._build import add

        return add(_tensor(self), other)

    def __radd__(self, other: Operand) -> Tensor:
        """Add a number."""
        from symbolic.tensor._build import add

        return add(other, _tensor(self))

    def __sub__(self, other: Operand) -> Tensor:
        """Subtract entries, broadcasting as NumPy does."""
        from symbolic.tensor._build import add, multiply

        return add(_tensor(self), multiply(-1, other), word="subtraction")

    def __rsub__(self, other: Operand) -> Tensor:
        """Subtract from a number."""
        from symbolic.tensor._build import add, multiply

        return add(other, multiply(-1, _tensor(self)), word="subtraction")

    def __mul__(self, other: Operand) -> Tensor:
        """Multiply entry by entry, broadcasting as NumPy does."""
        from symbolic.tensor._build import multiply

        return multiply(_tensor(self), other)

    def __rmul__(self, other: Operand) -> Tensor:
        """Multiply by a number."""
        from symbolic.tensor._build import multiply

        return multiply(other, _tensor(self))

    def __truediv__(self, other: Operand) -> Tensor:
        """Divide entry by entry, broadcasting as NumPy does."""
        from symbolic.tensor._build import divide

        return divide(_tensor(self), other)

    def __rtruediv__(self, other: Operand) -> Tensor:
        """Divide a number by every entry."""
        from symbolic.tensor._build import divide

        return divide(other, _tensor(self))

    def __neg__(self) -> Tensor:
        """Change the sign of every entry."""
        from symbolic.tensor._build import multiply

        return multiply(-1, _tensor(self))

    def __pow__(self, exponent: int | Fraction) -> Tensor:
        """Raise every entry to a fixed rational power."""
        from symbolic.tensor._build import power

        return power(_tensor(self), exponent)

    def __matmul__(self, other: Tensor) -> Tensor:
        """Multiply as matrices, by the rules of `numpy.matmul`."""
        from symbolic.tensor._build import matmul

        return matmul(_tensor(self), other)

    def __getitem__(self, key: Any) -> Tensor:
        """Insert axes of size 1: only `:`, `None` and `...` are understood."""
        from symbolic.tensor._build import insert_axes

        return insert_axes(_tensor(self), key)

    @property
    def T(self) -> Tensor:
        """The axes in reverse order: the transpose of a matrix."""
        from symbolic.tensor._build import transpose

        return transpose(_tensor(self))

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(_tensor(self).axes)

    def transpose(self, *order: Axis | int) -> Tensor:
        """Put the axes in the order given, by name or place."""
        from symbolic.tensor._build import transpose

        return transpose(_tensor(self), *order)

    def sum(self, axis: Along = None, *, keepdims: bool = False) -> Tensor:
        """Add the entries along the axes named, or all of them."""
        from symbolic.tensor._along import total

        return total(_tensor(self), axis, keepdims=keepdims)

    def mean(self, axis: Along = None, *, keepdims: bool = False) -> Tensor:
        """Average the entries along the axes named, or all of them."""
        from symbolic.tensor._along import mean

        return mean(_tensor(self), axis, keepdims=keepdims)

    def var(self, axis: Along = None, *, keepdims: bool = False) -> Tensor:
        """Average the squared distances from the mean: NumPy's variance with `ddof=0`."""
        from symbolic.tensor._along import variance

        return variance(_tensor(self), axis, keepdims=keepdims)

    def max(self, axis: Along = None, *, keepdims: bool = False) -> Tensor:
        """Take the largest entry along the axes named, or of all of them."""
        from symbolic.tensor._along import largest

        return largest(_tensor(self), axis, keepdims=keepdims)

    def __repr__(self) -> str:
        """Write the formula in matrix notation where it has one, with its axes."""
        from symbolic.tensor._axes import show

        return f"{self} with axes {show(_tensor(self).axes)}"

    def __str__(self) -> str:
        """Write the formula in matrix notation where it has one, else in index notation."""
        from symbolic.tensor._text import to_text

        return to_text(_tensor(self))

    def latex(self) -> str:
        """Write the formula as LaTeX, without dollar signs."""
        from symbolic.tensor._latex import to_latex

        return to_latex(_tensor(self))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __bool__(self) -> bool:
        """Refuse: whether two expressions are equal is a question for `symbolic.prove`."""
        from symbolic.tensor._errors import TensorTypeError

        raise TensorTypeError(
            f"{self} has no truth value; to ask whether two expressions are equal, use symbolic.prove."
        )


def _tensor(operand: Operators) -> Tensor:
    return cast("Tensor", operand)
