"""The one tree of exceptions: every error that gradcheck raises on purpose is a `GradcheckError`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck._report import Report


class GradcheckError(Exception):
    """Root of every error raised by gradcheck."""


class StructureError(GradcheckError, ValueError):
    """The parameters are empty or nested oddly, or a gradient has other names than the parameters."""


class ShapeError(GradcheckError, ValueError):
    """An array, or the value of the loss, has another shape than expected."""


class DtypeError(GradcheckError, TypeError):
    """Numbers that cannot be moved a little: integers, booleans, complex numbers, objects."""


class NonFiniteError(GradcheckError, ValueError):
    """A parameter, the loss or the gradient is NaN or infinite where its value is needed."""


class NonDeterministicError(GradcheckError, ValueError):
    """The loss gives different values at the same point, so it has no slope to measure."""


class InputChangedError(GradcheckError, ValueError):
    """The loss or the gradient wrote into the parameters that it was given."""


class TooManyEntriesError(GradcheckError, ValueError):
    """More entries than a plain exhaustive check can visit in reasonable time."""


class OptionError(GradcheckError, ValueError):
    """An option of a check has a value that it does not know."""


class _ReportError(GradcheckError, AssertionError):
    """A verdict turned into an exception; `report` holds the whole evidence."""

    def __init__(self, report: Report, message: str | None = None) -> None:
        super().__init__(message if message is not None else str(report))
        self.report = report


class GradientMismatch(_ReportError):
    """The gradient is not the slope of the loss; the message is the report's table."""


class GradientInconclusive(_ReportError):
    """The slopes could not be measured well enough to tell; the message is the report's table."""
