"""The two edges to gradcheck: the slopes that gradcheck measures beside the derivative that a witness states."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from backproof.triangle._check import EmptyCheckError, Measured, largest

__all__ = ["Case", "slopes_agree"]

RESOLVED = 1e-6  # six digits: what a figure may rest on
# Times the value: the sharpest bound that rounding allows a slope, measured over a step of about 1, is some 4e-14.
FLAT = 512 * float(np.finfo(np.float64).eps)
# label, loss, gradient, point
Case = tuple[str, Callable[[Any], float], Callable[[Any], Any], Any]


def slopes_agree(cases: Iterable[Case], stated: str, seed: int, *, probes: bool = True) -> Measured:
    """Check stated derivatives against measured slopes.

    Parameters
    ----------
    cases : iterable of (label, loss, gradient, at)
        Each goes to `gradcheck.check`.
    stated : str
        Who states the gradient, for the message: ``"numeric.sigmoid_derivative"``.
    seed : int
    probes : bool
        Whether gradcheck may also try points of its own.

    Returns
    -------
    Measured
        The verdict is gradcheck's, over all entries, except that it need not be sure of a slope that agrees to the last
        digit of the function's value, as that of tanh at 30: no difference of floats could show more. The figure is the
        worst |stated - measured| over the largest slope of its array, among the slopes that could be measured to
        `RESOLVED`: where a function is flat, the measured slope is mostly rounding, and says little.

    Raises
    ------
    EmptyCheckError
        If not a single slope was measured.
    """
    import gradcheck

    deviations = []
    for label, loss, gradient, at in cases:
        report = gradcheck.check(loss, gradient, at, rng=seed, probes=probes)
        if not report.parameters or sum(row.n_checked for row in report.parameters) == 0:
            raise EmptyCheckError(f"No slope of {stated} was measured at {label}; nothing was checked.")
        for row in report.parameters:
            deviations.append(_deviations(row))
        if report.verdict != "pass" and not _is_flat(report, loss(at)):
            off = np.concatenate([_deviations(row, np.inf) for row in report.parameters])
            figure = largest([off], "slopes") if off.size else np.inf
            return Measured(figure, "relative", report.verdict, _told(report, stated, label))
    return Measured(largest(deviations, f"slopes of {stated}"), "relative")


def _is_flat(report: Any, value: float) -> bool:
    """Say whether nothing was refuted, and every measured slope is as sharp as the value's last digit allows."""
    return report.verdict == "inconclusive" and all(
        np.all(np.abs(row.analytic - row.numeric) <= row.bound) and np.all(row.bound <= FLAT * abs(value))
        for row in report.parameters
    )


def _deviations(row: Any, resolved: float = RESOLVED) -> Any:
    """Return |stated - measured| over the largest slope, where the slope was measured well, as a list."""
    measured, bound = np.asarray(row.numeric, np.float64), np.asarray(row.bound, np.float64)
    size = np.nanmax(np.abs(measured), initial=0.0)
    off = np.abs(np.asarray(row.analytic, np.float64) - measured)
    counts = np.isfinite(measured) & ~np.asarray(row.kinks) & (bound <= resolved * size if size > 0 else True)
    return np.atleast_1d(off / size if size > 0 else off)[np.atleast_1d(counts)]


def _told(report: Any, stated: str, label: str) -> str:
    worst = report.worst
    where = f"{stated}, at {label}"
    if worst is None:
        return f"{where}: {report.reason}"
    measured = f"measured as {worst.numeric:.10g} ± {worst.bound:.1g}"
    cause = f" {report.diagnosis[0].message}" if report.diagnosis else ""
    return f"{where}: {worst.name} is stated as {worst.analytic:.10g} and {measured}.{cause}"
