"""The exceptions of symbolic: one tree, rooted in `SymbolicError`.

Every message names the thing, the value, what was expected, and what to try.
"""

from __future__ import annotations

__all__ = [
    "InvalidArgument",
    "LimitReached",
    "ShapeMismatch",
    "SymbolicError",
    "UnknownName",
    "UnreadableFormula",
    "WrongStep",
]


class SymbolicError(Exception):
    """The root of every exception that symbolic raises on purpose."""


class UnknownName(SymbolicError, LookupError):
    """A name that the catalogue does not hold; the message suggests the nearest ones."""


class UnreadableFormula(SymbolicError, ValueError):
    """A text that the formula grammar cannot read; the message shows where."""


class InvalidArgument(SymbolicError, ValueError):
    """An argument outside what a function accepts."""


class ShapeMismatch(SymbolicError, ValueError):
    """Two operands, or an array and a formula, whose axes do not fit."""


class LimitReached(SymbolicError):
    """Work on one formula that outgrew its limit of time or size."""


class WrongStep(SymbolicError, ValueError):
    """A step, or a closed form, that could not be proved.

    Attributes
    ----------
    rule : str
        The rule the step appealed to.
    lhs, rhs : object
        The two sides as they were stated.
    status : str
        ``"refuted"`` or ``"unknown"``.
    counterexample : object
        The point at which the sides differ; ``None`` where none was found.
    """

    def __init__(
        self,
        message: str,
        *,
        rule: str = "",
        lhs: object = None,
        rhs: object = None,
        status: str = "unknown",
        counterexample: object = None,
    ) -> None:
        super().__init__(message)
        self.rule = rule
        self.lhs = lhs
        self.rhs = rhs
        self.status = status
        self.counterexample = counterexample
