"""The check itself: the point given, the protocol, other probe points, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

import numpy as np

from gradcheck._errors import GradientInconclusive, GradientMismatch, OptionError
from gradcheck._examine import How, compare, loss_noise, sizes_of
from gradcheck._gradient import Gradient, in_double
from gradcheck._kinks import soften_kinks
from gradcheck._objective import Loss, Objective
from gradcheck._point import Point, read_point
from gradcheck._probes import ProbeOutcome, visit_probes
from gradcheck._repeat import is_repeatable
from gradcheck._report import Report
from gradcheck._seed import read_seed
from gradcheck._selection import Coordinates, select
from gradcheck._structured import is_structured
from gradcheck._verdict import assemble

METHODS = ("auto", "plain", "many", "structured", "complex")
# Directions through each parameter when some of its entries are not visited.
DIRECTIONS = 2


def check(
    loss: Loss,
    gradient: Any,
    at: Point,
    *,
    rng: int | np.random.Generator = 0,
    coordinates: Coordinates = "all",
    directions: int | None = None,
    probes: bool = True,
    method: str = "auto",
    structured: bool = True,
    cache: Any = None,
    n_jobs: int = 1,
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
    rng : int or numpy.random.Generator
        Seed of everything random in the check; a generator is asked for one. The report names it.
    coordinates : "all", "stratified" or int
        Which entries to visit; what was left out is said in the report's notes.
    directions : int, optional
        Random directions through each parameter besides; by default 2 where entries are left out, else 0.
    probes : bool
        Whether to compare at other points too, where bugs on rare branches wake up.
    method : str
        "auto": the structured protocol if the loss offers it, else `loss.many` if it offers that, else one call a
        point. "plain", "many", "structured" ask for one of these. "complex": complex steps, sharper where the loss is
        analytic and takes complex parameters; audited with real steps.
    structured : bool
        Whether "auto" may use the structured protocol.
    cache : dict or callable, optional
        The forward pass of a dense network, A0, Z1, A1, ..., Y, as a dict of arrays or a function of the parameters that
        gives one. It serves the diagnosis only. By default `loss.cache`, if the loss has one.
    n_jobs : int
        Processes among which the entries are shared out, as joblib counts them (-1: all cores), where the loss is called
        once a point. The result is the same to the last bit if the loss gives the same value in every process. With 1,
        joblib is not needed.

    Returns
    -------
    Report
        Verdict ("pass", "fail" or "inconclusive"), a row for each parameter, the worst entry, the points visited, what was
        not checked, and for a wrong gradient the `diagnosis`.

    Raises
    ------
    ShapeError, DtypeError, StructureError, NonFiniteError
        If a parameter, the loss or the gradient is not what can be compared: wrong shape or structure, integers, NaN.
    InputChangedError
        If the loss or the gradient changes the arrays that it is given.
    NonDeterministicError
        If the loss gives two values at one point.
    OptionError
        If an option has no such value.

    Notes
    -----
    The slope of an entry is Richardson's extrapolation of centred differences over steps h, h/2, ..., in units of the
    entry's parameter; its bound is twice the sum of the last correction (truncation) and of the measured noise of the loss
    divided by h.  An entry is wrong only outside its bound.  A gap between the one-sided slopes that does not shrink with h
    is a kink, and any value between these slopes is right there.

    A callable gradient is also compared nearby and enlarged, entry by entry, and along one random direction a parameter far
    out, shrunk, with signs redrawn and with signs turned in patterns: every sign of an entry and, up to 64 entries, of every
    product of two is met.  A branch that none of these points takes is not seen.

    Cost: about four evaluations an entry and point for a right gradient, three points in full; a few dozen evaluations for
    each of the others.  A structured loss answers for all entries at once.

    References
    ----------
    J. J. Moré and S. M. Wild, "Estimating Computational Noise", SIAM J. Sci. Comput. 33 (2011).

    Examples
    --------
    >>> import numpy as np
    >>> import gradcheck
    >>> x = np.array([0.5, -1.0, 2.0])
    >>> gradcheck.check(lambda x: np.tanh(x).sum(), lambda x: 1 - np.tanh(x) ** 2, x).verdict
    'pass'

    The derivative taken at a = tanh(x) instead of x is wrong by a few per cent:

    >>> report = gradcheck.check(lambda x: np.tanh(x).sum(), lambda x: 1 - np.tanh(np.tanh(x)) ** 2, x)
    >>> report.verdict, report.worst.name
    ('fail', 'x[2]')

    At the kink of |x| every value between the slopes -1 and 1 is right:

    >>> report = gradcheck.check(lambda x: np.abs(x).sum(), np.array([0.3]), np.array([0.0]))
    >>> report.verdict, report.parameters[0].n_kinks
    ('pass', 1)
    """
    require_options(method, directions, probes, structured, cache)
    if n_jobs != 1:
        from gradcheck._parallel import require_workers

        require_workers(n_jobs)
    began = perf_counter()
    seed = read_seed(rng)
    generator = np.random.default_rng(seed)
    layout, own = read_point(at)
    arrays = in_double(own)
    objective = Objective(loss, layout, n_jobs)
    value = objective.first_value([a.copy() for a in arrays])
    witness = Gradient(gradient, layout)
    repeat = is_repeatable(objective, witness, own, arrays, generator)
    analytic = repeat.analytic
    selection = select(layout, coordinates, analytic, generator)
    partial = sum(s.size for s in selection) < layout.size
    how = How(
        batched=callable(getattr(loss, "many", None)) and method in ("auto", "many"),
        structured=structured and method in ("auto", "structured") and is_structured(loss, layout.template),
        complex_step=method == "complex",
        n_directions=(DIRECTIONS if partial else 0) if directions is None else directions,
    )
    if method in ("many", "structured") and how.method != method:
        raise OptionError(f"method={method!r}, but the loss does not offer it; use method='auto'.")
    noise = loss_noise(objective, arrays, value, generator, each=not how.structured)
    main = compare(objective, arrays, value, analytic, selection, how, noise=noise, ratios=None, rng=generator,
                   allowances=witness.allowances(arrays, analytic, sizes_of(arrays), value))  # fmt: skip
    main = soften_kinks(objective, witness, main, how.structured, generator)
    outcomes: list[ProbeOutcome] = []
    if probes and witness.callable:
        outcomes = visit_probes(objective, witness, main, coordinates, how, generator)
    return assemble(
        layout, main, outcomes, repeat,
        method=how.method,
        n_evaluations=objective.n_evaluations,
        n_gradients=witness.n_evaluations,
        elapsed=perf_counter() - began,
        seed=seed,
        objective=objective,
        gradient=witness,
        cache=cache if cache is not None else getattr(loss, "cache", None),
    )  # fmt: skip


def require_options(method: Any, directions: Any, probes: Any, structured: Any, cache: Any) -> None:
    """Raise unless each option of a check has a value that it knows."""

    def is_count(value: Any) -> bool:
        return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= 0)

    told: dict[str, tuple[Any, bool, str]] = {
        "method": (method, method in METHODS, f"one of {', '.join(METHODS)}"),
        "directions": (directions, directions is None or is_count(directions), "None or a number, 0 or more"),
        "probes": (probes, isinstance(probes, bool | np.bool_), "True or False"),
        "structured": (structured, isinstance(structured, bool | np.bool_), "True or False"),
        "cache": (
            cache,
            cache is None or callable(cache) or isinstance(cache, Mapping),
            "a dict or a function",
        ),
    }
    for name, (value, known, expected) in told.items():
        if not known:
            raise OptionError(f"{name}={value!r}; expected {expected}.")


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
