"""A sweep: many gradients, checked in parallel, with the same result whatever the number of workers."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradcheck._check import check
from gradcheck._errors import GradcheckError
from gradcheck._parallel import require_workers, unordered

__all__ = ["Case", "SweepResult", "sweep"]


@dataclass(frozen=True)
class Case:
    """One gradient to check: a name unique in its sweep, and what `gradcheck.check` is called with."""

    name: str
    loss: Callable[[Any], float]
    gradient: Any
    at: Any
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SweepResult:
    """What one case came to: its name, the verdict, and the report as plain data (`Report.to_dict`).

    An error that the check raised is the verdict ``"error"``, with the message in ``report["error"]``.
    """

    name: str
    verdict: str
    report: dict[str, Any]


def sweep(
    cases: Iterable[Case],
    *,
    rng: int = 0,
    n_jobs: int = 1,
    journal: str | os.PathLike[str] | None = None,
    progress: Callable[[SweepResult, int, int], None] | None = None,
) -> list[SweepResult]:
    """Check many gradients; resume where a killed sweep stopped.

    The result does not depend on `n_jobs` or on the order in which cases finish: every case has its own seed, made of
    `rng` and its name, and the results come in the order of `cases`.  Timings are the one exception.

    Parameters
    ----------
    cases : iterable of Case
        With different names.
    rng : int
        Seed of the sweep.
    n_jobs : int
        Workers, as joblib counts them (-1: all cores).  With 1, joblib is not needed.
    journal : path, optional
        A file of one JSON line a finished case, appended and flushed to disk as each ends.  A case that the journal holds
        already, of the same seed, is not run again; a half-written last line is dropped.
    progress : callable, optional
        Called as ``progress(result, done, total)`` in the calling process whenever a case has ended.

    Returns
    -------
    list of SweepResult
        In the order of `cases`.

    Raises
    ------
    GradcheckError
        If two cases have one name, `n_jobs` is 0, or the journal belongs to a sweep with another seed.
    ImportError
        If `n_jobs` is not 1 and joblib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> square = Case("square", lambda x: float(x @ x), lambda x: 2 * x, np.ones(3))
    >>> slip = Case("slip", lambda x: float(x @ x), lambda x: x, np.ones(3))
    >>> [(r.name, r.verdict) for r in sweep([square, slip])]
    [('square', 'pass'), ('slip', 'fail')]
    """
    todo = list(cases)
    names = [case.name for case in todo]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise GradcheckError(
            f"two cases are named {twice!r}; expected different names, since seeds and journal go by them."
        )
    require_workers(n_jobs)
    done = _read(Path(journal), rng) if journal is not None else {}
    done = {name: result for name, result in done.items() if name in set(names)}
    rest = [case for case in todo if case.name not in done]
    for result in _run(rest, rng, n_jobs):
        if journal is not None:
            _append(Path(journal), rng, result)
        done[result.name] = result
        if progress is not None:
            progress(result, len(done), len(todo))
    return [done[name] for name in names]


def _run(cases: list[Case], rng: int, n_jobs: int) -> Iterable[SweepResult]:
    if n_jobs == 1 or len(cases) < 2:
        return (_one(case, rng) for case in cases)
    return unordered(_one, ((case, rng) for case in cases), n_jobs)


def _one(case: Case, rng: int) -> SweepResult:
    seed = int.from_bytes(hashlib.sha256(f"{rng}:{case.name}".encode()).digest()[:4], "big")
    try:
        report = check(case.loss, case.gradient, case.at, rng=seed, **case.options)
    except GradcheckError as error:
        return SweepResult(case.name, "error", {"error": f"{type(error).__name__}: {error}"})
    return SweepResult(case.name, report.verdict, report.to_dict())


def _append(path: Path, rng: int, result: SweepResult) -> None:
    line = json.dumps({"seed": rng, "name": result.name, "verdict": result.verdict, "report": result.report})
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path, rng: int) -> dict[str, SweepResult]:
    """Read a journal; cut a last line that a kill left half-written, so that the next line starts clean."""
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if len(whole) < len(text):
        path.write_text(whole, encoding="utf-8")
    done = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            entry = json.loads(line)
            result = SweepResult(entry["name"], entry["verdict"], entry["report"])
            seed = entry["seed"]
        except (ValueError, KeyError, TypeError) as error:
            raise GradcheckError(
                f"{path}, line {number} is no journal line ({error}); expected one that sweep wrote."
            ) from error
        if seed != rng:
            raise GradcheckError(
                f"the journal {path} is of a sweep with seed {seed}, this one has {rng}: take another file, or rng={seed}."
            )
        done[result.name] = result
    return done
