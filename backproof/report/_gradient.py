"""The page of one gradient check: gradcheck's own report, and the V of the error against the step at its worst entry."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from backproof.report._page import render
from backproof.report._sketch import error_curve

__all__ = ["gradient_page"]

STEPS = 10.0 ** np.linspace(
    -13, -0.5, 41
)  # times the size of the entry's array: from pure rounding to pure bending


def gradient_page(report: Any, loss: Callable[[Any], float], at: Any, target: str) -> str:
    """Return one self-contained HTML page.

    Parameters
    ----------
    report : gradcheck.Report
    loss : callable
        Evaluated twice a step at the worst entry, 82 times in all.
    at : point
    target : str
        What was checked, for the title.
    """
    figure, remark = _curve(report, loss, at)
    return render(
        "gradient.html.j2",
        title=f"gradcheck: {report.verdict}",
        target=target,
        fragment=Markup(report._repr_html_()),  # noqa: S704 - gradcheck escapes what it shows
        figure=figure,
        remark=remark,
        worst=report.worst,
    )


def _curve(report: Any, loss: Callable[[Any], float], at: Any) -> tuple[Markup | None, str]:
    """Measure the worst entry's slope with every step; without a curve, say why."""
    worst = report.worst
    if worst is None:
        return None, "No entry was compared, so there is no curve of the error against the step."
    point = copy.deepcopy(at)
    leaves = list(_leaves(point))
    names = [row.name for row in report.parameters]
    if [np.shape(leaf) for _, _, leaf in leaves] != [row.shape for row in report.parameters]:
        return None, "The curve of the error against the step is drawn for arrays, dicts and lists of arrays."
    holder, key, leaf = leaves[names.index(worst.parameter)]
    array = np.array(leaf, dtype=np.float64)
    size = max(abs(float(array[worst.index])), float(np.sqrt(np.mean(array**2))), 1e-8)

    def slope(h: float) -> float:
        values = []
        for side in (h, -h):
            moved = array.copy()
            moved[worst.index] += side
            if holder is not None:
                holder[key] = moved if np.ndim(leaf) else float(moved)
            values.append(float(loss(copy.deepcopy(point) if holder is not None else moved)))
        return (values[0] - values[1]) / (2 * h)

    steps = STEPS * size
    try:
        with np.errstate(all="ignore"):
            slopes = np.array([slope(h) for h in steps])
    except Exception as error:  # the user's loss, at a step gradcheck did not take; said on the page
        return (
            None,
            f"No curve of the error against the step: the loss raised {type(error).__name__}: {error}",
        )
    scale = max(abs(worst.analytic), abs(worst.numeric)) or 1.0
    curves = {
        "value": np.abs(slopes - worst.numeric) / scale,
        "slope": np.abs(slopes - worst.analytic) / scale,
    }
    return error_curve(steps, curves, f"error against step at {worst.name}"), ""


def _leaves(point: Any, holder: Any = None, key: Any = None) -> Iterator[tuple[Any, Any, Any]]:
    """Yield (container, key, array) in gradcheck's order; a bare array has no container."""
    if isinstance(point, Mapping):
        for name in point:
            yield from _leaves(point[name], point, name)
    elif isinstance(point, list):
        for place, value in enumerate(point):
            yield from _leaves(value, point, place)
    elif isinstance(point, tuple):
        yield None, None, np.empty(0)  # cannot be moved in place: the shape of no parameter, so no curve
    else:
        yield holder, key, point
