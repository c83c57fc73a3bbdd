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
from gradcheck._errors import GradcheckError, StructureError
from gradcheck._fingerprint import fingerprint
from gradcheck._parallel import require_workers, unordered
from gradcheck._seed import read_seed

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
        already is not run again, unless its point, its options or its functions have changed since: their code, defaults and
        closures, the objects they are bound to, and what they name in their modules, all the way down to installed
        libraries, which are not looked into.  A half-written last line is dropped.
    progress : callable, optional
        Called as ``progress(result, done, total)`` in the calling process whenever a case has ended.

    Returns
    -------
    list of SweepResult
        In the order of `cases`.

    Raises
    ------
    StructureError
        If a case is none.
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
    rng = read_seed(rng)
    todo = list(cases) if isinstance(cases, Iterable) else [cases]
    for case in todo:
        if not isinstance(case, Case):
            raise StructureError(f"a case is of type {type(case).__name__}; expected a gradcheck.Case.")
    names = [case.name for case in todo]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise GradcheckError(
            f"two cases are named {twice!r}; expected different names, since seeds and journal go by them."
        )
    require_workers(n_jobs)
    done = _read(Path(journal), rng) if journal is not None else {}
    asked = {case.name: _asked(case) for case in todo} if journal is not None else {}
    finished = {name: result for name, (mark, result) in done.items() if asked.get(name) == mark}
    rest = [case for case in todo if case.name not in finished]
    for result in _run(rest, rng, n_jobs):
        if journal is not None:
            _append(Path(journal), rng, asked[result.name], result)
        finished[result.name] = result
        if progress is not None:
            progress(result, len(finished), len(todo))
    return [finished[name] for name in names]


def _asked(case: Case) -> str:
    """What a case asks: a gradient that was mended must not keep the verdict of the one before."""
    return fingerprint(case.loss, case.gradient, case.at, sorted(case.options.items()))


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


def _append(path: Path, rng: int, asked: str, result: SweepResult) -> None:
    entry = {
        "seed": rng,
        "name": result.name,
        "case": asked,
        "verdict": result.verdict,
        "report": result.report,
    }
    line = json.dumps(entry)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path, rng: int) -> dict[str, tuple[str, SweepResult]]:
    """Read a journal, with what each case asked; cut a last line that a kill left half-written."""
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
        done[result.name] = (str(entry.get("case")), result)
    return done
