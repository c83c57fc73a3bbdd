"""The exception tree of numeric: one base class, so that `except numeric.NumericError` catches them all.

Every message names the thing, the value it has, what was expected, and what to try.
"""

__all__ = ["DivergenceError", "DtypeError", "LabelError", "NonFiniteError", "NumericError", "ShapeError"]


class NumericError(Exception):
    """Base class of every error that numeric raises on purpose."""


class ShapeError(NumericError, ValueError):
    """An array has a shape that the operation cannot use."""


class DtypeError(NumericError, TypeError):
    """An array or argument has a type that the operation cannot use."""


class LabelError(NumericError, ValueError):
    """A label lies outside the range that its loss is defined on."""


class NonFiniteError(NumericError, ValueError):
    """NaN or infinity stands where a finite number is needed."""


class DivergenceError(NumericError, ArithmeticError):
    """Training left the finite numbers; the last good parameters are kept."""
