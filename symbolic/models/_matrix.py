r"""Matrix formulas that print as written and hold the explicit matrix they stand for.

``(1/m) dZ[2] A[1]ᵀ`` is built by the same operators as its value, so what is printed is what was checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic._errors import ShapeMismatch

__all__ = ["Matrix", "named"]


@dataclass(frozen=True)
class Matrix:
    """A matrix formula: its text, its LaTeX, and its entries.

    Parameters
    ----------
    text, tex : str
        How it prints.
    value : sympy.ImmutableDenseMatrix
        The entries.
    level : {"atom", "product", "sum"}
        Decides about brackets.
    """

    text: str
    tex: str
    value: Any
    level: str = "atom"

    def __str__(self) -> str:
        return self.text

    def latex(self) -> str:
        """Return the formula as LaTeX."""
        return self.tex

    def _factor(self) -> tuple[str, str]:
        if self.level == "sum":
            return f"({self.text})", rf"\left({self.tex}\right)"
        return self.text, self.tex

    @property
    def T(self) -> Matrix:
        """The transpose."""
        text, tex = (
            self._factor() if self.level == "atom" else (f"({self.text})", rf"\left({self.tex}\right)")
        )
        power = tex + r"^{\top}" if "^" not in tex else rf"{{{tex}}}^{{\top}}"
        return Matrix(text + "ᵀ", power, self.value.T)

    def __matmul__(self, other: Matrix) -> Matrix:
        """The matrix product."""
        if self.value.cols != other.value.rows:
            raise ShapeMismatch(
                f"{self.text} has shape {self.value.shape} and {other.text} {other.value.shape}; "
                "expected as many columns on the left as rows on the right."
            )
        left, right = self._factor(), other._factor()
        return Matrix(
            f"{left[0]} {right[0]}", f"{left[1]} \\, {right[1]}", sp.ImmutableMatrix(self.value * other.value),
            "product",
        )  # fmt: skip

    def __mul__(self, other: Matrix) -> Matrix:
        """The element-wise product."""
        if self.value.shape != other.value.shape:
            raise ShapeMismatch(
                f"{self.text} has shape {self.value.shape} and {other.text} {other.value.shape}; "
                "an element-wise product needs the same."
            )
        entries = [p * q for p, q in zip(self.value, other.value, strict=True)]
        left, right = self._factor(), other._factor()
        return Matrix(
            f"{left[0]} ∘ {right[0]}", rf"{left[1]} \circ {right[1]}",
            sp.ImmutableMatrix(*self.value.shape, entries), "product",
        )  # fmt: skip

    def __add__(self, other: Matrix) -> Matrix:
        """The sum; a column is added to every column."""
        right = other.value
        if right.shape != self.value.shape and right.shape == (self.value.rows, 1):
            right = sp.ImmutableMatrix(*self.value.shape, lambda i, j: other.value[i, 0])
        self._same_shape(other, right)
        return Matrix(f"{self.text} + {other.text}", f"{self.tex} + {other.tex}", self.value + right, "sum")

    def __sub__(self, other: Matrix) -> Matrix:
        """The difference."""
        self._same_shape(other, other.value)
        right = other._factor()
        return Matrix(
            f"{self.text} - {right[0]}", f"{self.tex} - {right[1]}", self.value - other.value, "sum"
        )

    def _same_shape(self, other: Matrix, right: Any) -> None:
        if right.shape != self.value.shape:
            raise ShapeMismatch(
                f"{self.text} has shape {self.value.shape} and {other.text} {other.value.shape}; "
                "expected the same shape, or a column on the right."
            )

    def scaled(self, factor: Any, text: str, tex: str) -> Matrix:
        """Multiply by a number that prints as given."""
        right = self._factor()
        return Matrix(f"{text} {right[0]}", rf"{tex} \, {right[1]}", factor * self.value, "product")

    def mean_of(self, m: int) -> Matrix:
        """Multiply by 1/m: with a product over the examples this is the mean."""
        return self.scaled(sp.Rational(1, m), "(1/m)", r"\frac{1}{m}")

    def sum_over_examples(self) -> Matrix:
        """Sum the columns into one."""
        right = self._factor()
        column = [sp.Add(*self.value.row(i)) for i in range(self.value.rows)]
        return Matrix(
            f"Σ_j {right[0]}_j", rf"\sum_j {right[1]}_{{:, j}}", sp.ImmutableMatrix(column), "product"
        )


def named(text: str, tex: str, value: Any) -> Matrix:
    """Name a matrix."""
    return Matrix(text, tex, sp.ImmutableMatrix(value))
