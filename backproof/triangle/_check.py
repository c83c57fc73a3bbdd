"""One check: what two witnesses were found to say of one thing. A check that compared nothing cannot pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from backproof._errors import BackproofError

__all__ = ["EDGES", "Check", "EmptyCheckError", "Measured", "Task", "largest", "run_task"]

EDGES = ("derivation", "symbolic=numeric", "numeric~gradcheck", "symbolic~gradcheck", "network")


class EmptyCheckError(BackproofError):
    """A check compared nothing, so it has no figure and proves nothing."""


@dataclass(frozen=True)
class Measured:
    """What a comparison found.

    Attributes
    ----------
    figure : float
        The worst deviation seen, or how many steps were proved.
    unit : str
        ``"ulp"`` (units in the last place), ``"relative"``, or ``"steps"``.
    verdict : str
        ``"pass"``, ``"fail"`` or ``"inconclusive"``.
    message : str
        Unless it passed: who says what, and where.
    """

    figure: float
    unit: str
    verdict: str = "pass"
    message: str = ""


@dataclass(frozen=True)
class Check:
    """One line of the verification.

    Attributes
    ----------
    name : str
        What was checked.
    edge : str
        One of `EDGES`.
    verdict : str
        ``"pass"``, ``"fail"``, ``"inconclusive"``, or ``"error"`` where it could not be run.
    figure : float or None
        None only for an error.
    unit : str
    elapsed : float
        Seconds.
    kind : str
        Under which heading it is shown.
    message : str
        Unless it passed: why.
    row, column : str
        Where a table shows it.
    """

    name: str
    edge: str
    verdict: str
    figure: float | None
    unit: str
    elapsed: float
    kind: str = ""
    message: str = ""
    row: str = ""
    column: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return what the JSON report holds of it."""
        figure = self.figure if self.figure is not None and math.isfinite(self.figure) else None
        return {
            "name": self.name,
            "edge": self.edge,
            "verdict": self.verdict,
            "figure": figure,
            "unit": self.unit,
            "elapsed": self.elapsed,
        }


@dataclass(frozen=True)
class Task:
    """A check that is yet to run; `row` and `column` say where a table shows it, by default under name and edge."""

    name: str
    edge: str
    kind: str
    measure: Callable[[], Measured]
    row: str = ""
    column: str = ""


def largest(deviations: Iterable[Any], what: str) -> float:
    """Return the largest deviation; NaN counts as infinite.

    Raises
    ------
    EmptyCheckError
        If there is none.

    Examples
    --------
    >>> largest([[0.0, 2.0], [1.0]], "numbers")
    2.0
    >>> largest([[], []], "slopes of f")
    Traceback (most recent call last):
    ...
    backproof.triangle._check.EmptyCheckError: No slopes of f were compared; a check that compares nothing ...
    """
    import numpy as np

    parts = [np.ravel(np.asarray(part, dtype=np.float64)) for part in deviations]
    values = np.concatenate(parts) if parts else np.empty(0)
    if values.size == 0:
        raise EmptyCheckError(f"No {what} were compared; a check that compares nothing proves nothing.")
    return math.inf if np.isnan(values).any() else float(values.max())


def run_task(task: Task) -> Check:
    """Run a task. Whatever it raises becomes an ``"error"`` that is shown and counts as a failure."""
    began = perf_counter()
    try:
        found = task.measure()
        figure: float | None = found.figure
        verdict, unit, message = found.verdict, found.unit, found.message
    except Exception as error:  # nothing is lost: the kind and the message stand in the report
        told = str(error) if isinstance(error, BackproofError) else f"{type(error).__name__}: {error}"
        verdict, figure, unit, message = "error", None, "", told
    return Check(
        task.name,
        task.edge,
        verdict,
        figure,
        unit,
        perf_counter() - began,
        task.kind,
        message,
        task.row or task.name,
        task.column or task.edge,
    )
