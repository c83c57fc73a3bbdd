"""The whole verification: what is checked, in which order, and what came of it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from time import perf_counter
from typing import Any

from backproof._errors import BackproofError
from backproof.triangle._check import Check, EmptyCheckError, Task
from backproof.triangle._workers import run_groups, workers_for

__all__ = ["Verification", "names", "plan", "verify"]

WITNESSES = ("symbolic", "numeric", "gradcheck")


@dataclass(frozen=True)
class Verification:
    """What a verification found.

    Attributes
    ----------
    checks : tuple of Check
        At least one.
    elapsed : float
        Seconds.
    versions : dict of str to str
        Of backproof, Python and the libraries that a verdict rests on.
    seed : int
        Of every random point.
    """

    checks: tuple[Check, ...]
    elapsed: float
    versions: dict[str, str]
    seed: int

    def __post_init__(self) -> None:
        if not self.checks:
            raise EmptyCheckError("The verification held no check; nothing was verified.")

    @property
    def verdict(self) -> str:
        """``"pass"`` only if every check passed."""
        return "pass" if all(check.verdict == "pass" for check in self.checks) else "fail"

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if check.verdict != "pass")

    def culprits(self) -> dict[str, str]:
        """Say of each name with failing edges which witness the other two contradict.

        Returns
        -------
        dict of str to str
            Name to witness. Names whose failures do not single one out are left out.
        """
        accused: dict[str, str] = {}
        for name in dict.fromkeys(check.name for check in self.failures):
            bad = {c.edge for c in self.failures if c.name == name}
            fine = {c.edge for c in self.checks if c.name == name and c.verdict == "pass"}
            for witness in WITNESSES:
                touching = {edge for edge in bad | fine if witness in edge}
                if len(touching & bad) == 2 and not {e for e in bad if witness not in e} - {"derivation"}:
                    accused[name] = witness
            if bad == {"derivation"}:
                accused[name] = "symbolic"
        return accused

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "verdict": self.verdict,
            "checks": [check.to_dict() for check in self.checks],
            "elapsed": self.elapsed,
            "versions": self.versions,
            "seed": self.seed,
        }


def names() -> tuple[str, ...]:
    """List what can be verified on its own: the catalogue, the library, the data sets."""
    import symbolic
    from backproof.triangle._deep import DEEP
    from backproof.triangle._networks import DATA_SETS
    from symbolic import library

    return (*symbolic.names(), *library.names(), *DATA_SETS, *DEEP)


def plan(only: Sequence[str] = (), *, seed: int = 0) -> list[Task]:
    """List the checks to run.

    Parameters
    ----------
    only : sequence of str
        Names, or aliases, of formulas, models, entries of the library and data sets; all by default.
    seed : int
        Of every random point.

    Raises
    ------
    BackproofError
        For an unknown name, with a suggestion.
    """
    import symbolic
    from backproof.triangle._deep import DEEP, deep_tasks
    from backproof.triangle._derivations import derivation_task
    from backproof.triangle._layers import layer_tasks
    from backproof.triangle._models import model_tasks
    from backproof.triangle._networks import DATA_SETS, network_tasks
    from backproof.triangle._scalars import scalar_tasks
    from symbolic import library

    chosen = {_resolve(name) for name in only} or set(names())
    tasks = []
    for kind in ("activation", "loss", "penalty"):
        for name in symbolic.names(kind):
            if name in chosen:
                tasks += [derivation_task(name, kind), *scalar_tasks(name, kind, seed)]
    for name in symbolic.names("model"):
        if name in chosen:
            tasks += [derivation_task(name, "model"), *model_tasks(name, seed)]
    for name in library.names():
        if name in chosen:
            tasks += [derivation_task(name, "library"), *layer_tasks(name, seed)]
    for data in DATA_SETS:
        if data in chosen:
            tasks += network_tasks(data, seed)
    for name in DEEP:
        if name in chosen:
            tasks += deep_tasks(name, seed)
    return tasks


def _resolve(name: str) -> str:
    known = names()
    if name in known:
        return name
    import symbolic

    try:
        return symbolic.formula(name).name  # an alias, such as mse
    except symbolic.UnknownName:
        close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else f"the names are {', '.join(known)}."
        raise BackproofError(f"There is nothing called {name!r} to verify; {hint}") from None


def verify(
    only: Sequence[str] = (),
    *,
    seed: int = 0,
    n_jobs: int = 1,
    on_start: Callable[[Task], object] | None = None,
    on_done: Callable[[Check], object] | None = None,
) -> Verification:
    """Hear the three witnesses.

    What comes of it, timings apart, is the same to the last bit whatever the number of workers.

    Parameters
    ----------
    only : sequence of str
        Restrict it to these names; everything by default.
    seed : int
        Of every random point.
    n_jobs : int
        Processes to share the checks among, -1 for one a core; fewer where there are few checks, and one where
        joblib is not installed.
    on_start, on_done : callable, optional
        Told of each task before and of each check after it ran, for a progress bar; where several processes run them,
        of the checks only.

    Returns
    -------
    Verification

    Raises
    ------
    BackproofError
        For an unknown name, with a suggestion; for a wrong `n_jobs`; if a worker was killed.

    Examples
    --------
    >>> found = verify(["squared_error"])
    >>> found.verdict, [check.edge for check in found.checks]
    ('pass', ['derivation', 'symbolic=numeric', 'numeric~gradcheck', 'symbolic~gradcheck'])
    """
    began = perf_counter()
    groups = [list(group) for _, group in groupby(plan(only, seed=seed), key=_shares)]
    workers = workers_for(len(groups), n_jobs)
    checks = run_groups(groups, workers, on_start or _nobody, on_done or _nobody)
    return Verification(tuple(checks), perf_counter() - began, _versions(), seed)


def _shares(task: Task) -> str:
    """Name what a check shares with others: what is derived for its name, or the import of scikit-learn."""
    return "network" if task.kind == "network" else task.name


def _nobody(_: object) -> None:
    """Hear nothing."""


def _versions(
    distributions: Iterable[str] = ("numpy", "sympy", "python-flint", "scikit-learn"),
) -> dict[str, str]:
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from backproof._version import __version__

    found = {"backproof": __version__, "python": platform.python_version()}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    from sympy.external.gmpy import GROUND_TYPES

    found["sympy ground types"] = GROUND_TYPES  # python-flint switches them without a word
    return found
