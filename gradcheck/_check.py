"""The check itself: the point given, the protocol, other probe points, and the verdict."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from gradcheck._errors import GradientInconclusive, GradientMismatch, OptionError
from gradcheck._examine import compare, loss_noise, sizes_of
from gradcheck._gradient import Gradient, in_double
from gradcheck._objective import Loss, Objective
from gradcheck._point import Point, read_point
from gradcheck._probes import ProbeOutcome, visit_probes
from gradcheck._repeat import is_repeatable
from gradcheck._report import Report
from gradcheck._selection import Coordinates, select
from gradcheck._verdict import assemble

METHODS = ("auto", "plain")
# Directions through each parameter when some of its entries are not visited.
DIRECTIONS = 2


def check(
    loss: Loss,
    gradient: Any,
    at: Point,
    *,
    rng: int = 0,
    coordinates: Coordinates = "all",
    directions: int | None = None,
    probes: bool = True,
    method: str = "auto",
    structured: bool = True,
) -> Report:
    """Compare a gradient with the measured slopes of its loss.

    Every slope is measured with an error bound, and an entry is called wrong only where the gradient lies outside it.

    Parameters
    ----------
    loss : callable
        `loss(parameters) -> float`.
    gradient : callable or arrays
        `gradient(parameters)` giving arrays in the structure and shapes of `at`, or these arrays themselves.
        A callable is also tested at other points and for hidden state.
    at : array, scalar, dict or sequence of arrays
        The point.
    rng : int
        Seed of everything random in the check.
    coordinates : "all", "stratified" or int
        Which entries to visit; what was left out is said in the report's notes.
    directions : int, optional
        Random directions through each parameter besides; by default 2 where entries are left out, else 0.
    probes : bool
        Whether to compare at other points too, where bugs on rare branches wake up.
    method : str
        "auto" or "plain".
    structured : bool
        Whether to use the structured protocol when the loss offers it.

    Returns
    -------
    Report
        Verdict, a row for each parameter, the worst entry, and what was not checked.
    """
    if method not in METHODS:
        raise OptionError(f"method={method!r}; expected one of {', '.join(METHODS)}.")
    began = perf_counter()
    generator = np.random.default_rng(rng)
    layout, own = read_point(at)
    arrays = in_double(own)
    objective = Objective(loss, layout)
    value = objective.first_value([a.copy() for a in arrays])
    witness = Gradient(gradient, layout)
    repeat = is_repeatable(objective, witness, own, arrays, generator)
    noise = loss_noise(objective, arrays, value, generator)
    batched = callable(getattr(loss, "many", None))
    analytic = repeat.analytic
    allowances = witness.allowances(analytic, sizes_of(arrays), value)
    selection = select(layout, coordinates, analytic, generator)
    partial = sum(s.size for s in selection) < layout.size
    n_directions = (DIRECTIONS if partial else 0) if directions is None else directions
    main = compare(objective, arrays, value, analytic, selection, allowances=allowances, noise=noise,
                   n_directions=n_directions, batched=batched, rng=generator)  # fmt: skip
    outcomes: list[ProbeOutcome] = []
    if probes and witness.callable:
        outcomes = visit_probes(objective, witness, main, coordinates, n_directions, batched, generator)
    return assemble(
        layout, main, outcomes, repeat,
        method="many" if batched else "plain",
        n_evaluations=objective.n_evaluations,
        n_gradients=witness.n_evaluations,
        elapsed=perf_counter() - began,
        seed=int(rng),
        gradient_callable=witness.callable,
    )  # fmt: skip


def assert_gradient(loss: Loss, gradient: Any, at: Point, **options: Any) -> Report:
    """Raise unless a gradient agrees with the measured slopes of its loss.

    Parameters
    ----------
    loss, gradient, at, **options
        As for `check`.

    Returns
    -------
    Report
        The report of a check that passed.

    Raises
    ------
    GradientMismatch
        If the verdict is "fail"; the message is the report's table, `error.report` the report.
    GradientInconclusive
        If the verdict is "inconclusive": a check that could not tell must not pass for one that agreed.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, -2.0])
    >>> assert_gradient(lambda w: np.sum(w**2), lambda w: 2 * w, w).verdict
    'pass'
    >>> assert_gradient(lambda w: np.sum(w**2), lambda w: w, w)
    Traceback (most recent call last):
        ...
    gradcheck._errors.GradientMismatch: gradcheck: FAIL - ...
    """
    report = check(loss, gradient, at, **options)
    if report.verdict == "fail":
        raise GradientMismatch(report)
    if report.verdict == "inconclusive":
        raise GradientInconclusive(report)
    return report
