"""What a check found, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck._point import Array, entry_name


@dataclass(frozen=True)
class Entry:
    """One entry of one parameter: what the gradient says and what the loss says."""

    parameter: str
    index: tuple[int, ...]
    analytic: float
    numeric: float
    rel_error: float
    step: float
    bound: float

    @property
    def name(self) -> str:
        """The entry as code would write it, such as `W1[2, 0]`."""
        return entry_name(self.parameter, self.index)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; numbers that JSON cannot hold become None."""
        return {
            "parameter": self.parameter,
            "index": list(self.index),
            "analytic": _json(self.analytic),
            "numeric": _json(self.numeric),
            "rel_error": _json(self.rel_error),
            "step": _json(self.step),
            "bound": _json(self.bound),
        }


@dataclass(frozen=True, eq=False)
class ParameterReport:
    """The outcome for one parameter.

    `point` names the point that the row speaks of: "given", or the probe point at which the gradient was found wrong.
    `analytic`, `numeric` and `bound` have the parameter's shape, NaN where nothing was measured;
    `wrong` and `kinks` are truth values of that shape.
    """

    name: str
    shape: tuple[int, ...]
    verdict: str
    point: str
    n_checked: int
    n_wrong: int
    n_kinks: int
    n_unresolved: int
    worst: Entry | None
    analytic: Array = field(repr=False)
    numeric: Array = field(repr=False)
    bound: Array = field(repr=False)
    wrong: NDArray[np.bool_] = field(repr=False)
    kinks: NDArray[np.bool_] = field(repr=False)

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape, dtype=np.int64))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, without the arrays."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "size": self.size,
            "verdict": self.verdict,
            "point": self.point,
            "n_checked": self.n_checked,
            "n_wrong": self.n_wrong,
            "n_kinks": self.n_kinks,
            "n_unresolved": self.n_unresolved,
            "worst": None if self.worst is None else self.worst.to_dict(),
        }


@dataclass(frozen=True)
class ProbePoint:
    """One point at which the gradient was compared."""

    name: str
    description: str
    verdict: str
    n_checked: int
    worst: Entry | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "name": self.name,
            "description": self.description,
            "verdict": self.verdict,
            "n_checked": self.n_checked,
            "worst": None if self.worst is None else self.worst.to_dict(),
        }


@dataclass(frozen=True)
class Diagnosis:
    """One possible cause of a wrong gradient: what, where, why we think so, and how sure (0 to 1)."""

    cause: str
    where: str
    message: str
    evidence: dict[str, Any]
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        evidence = {k: _json(v) if isinstance(v, float) else v for k, v in self.evidence.items()}
        return {
            "cause": self.cause,
            "where": self.where,
            "message": self.message,
            "evidence": evidence,
            "score": _json(self.score),
        }


@dataclass(frozen=True, eq=False)
class Report:
    """The outcome of a check.

    Attributes
    ----------
    verdict : str
        "pass": every slope compared lies within its bound, and the bounds are narrow enough to mean something.
        "fail": at least one entry lies outside its bound, or the gradient is not a function of its input.
        "inconclusive": nothing is proved wrong, but the slopes of some parameter could not be resolved.
    reason : str
        One sentence that says why.
    parameters : tuple of ParameterReport
        One row a parameter.
    worst : Entry or None
        The entry that deviates most, measured against the largest slope of its parameter.
    points : tuple of ProbePoint
        Where the gradient was compared: the point given, nearby, enlarged.
    notes : tuple of str
        What was not checked, and what else the reader should know.
    diagnosis : tuple of Diagnosis
        Possible causes of a failure, the likeliest first; empty unless the verdict is "fail".
    method : str
        "plain", "many", "structured" or "complex".
    n_evaluations, n_gradients : int
        Calls of the loss and of the gradient.
    elapsed : float
        Seconds.
    seed : int
        The seed of everything random in the check.
    """

    verdict: str
    reason: str
    parameters: tuple[ParameterReport, ...]
    worst: Entry | None
    points: tuple[ProbePoint, ...]
    notes: tuple[str, ...]
    diagnosis: tuple[Diagnosis, ...]
    method: str
    n_evaluations: int
    n_gradients: int
    elapsed: float
    seed: int

    def __str__(self) -> str:
        from gradcheck._text import as_text

        return as_text(self)

    def __getitem__(self, name: str) -> ParameterReport:
        """Find a parameter's row by name."""
        for row in self.parameters:
            if row.name == name:
                return row
        raise KeyError(f"no parameter {name!r}; there are {[row.name for row in self.parameters]}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that `json.dumps` takes as it is."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "parameters": [row.to_dict() for row in self.parameters],
            "worst": None if self.worst is None else self.worst.to_dict(),
            "points": [point.to_dict() for point in self.points],
            "notes": list(self.notes),
            "diagnosis": [d.to_dict() for d in self.diagnosis],
            "method": self.method,
            "n_evaluations": self.n_evaluations,
            "n_gradients": self.n_gradients,
            "elapsed": _json(self.elapsed),
            "seed": self.seed,
        }

    def to_html(self) -> str:
        """Return one self-contained HTML page with heat maps of the errors."""
        from gradcheck._html import as_page

        return as_page(self)

    def _repr_html_(self) -> str:
        from gradcheck._html import as_fragment

        return as_fragment(self)


def relative_error(analytic: float, numeric: float) -> float:
    """|analytic - numeric| over the larger of the two; 0 where both are 0."""
    size = max(abs(analytic), abs(numeric))
    return abs(analytic - numeric) / size if size else 0.0


def _json(value: float) -> float | None:
    return float(value) if isfinite(value) else None
