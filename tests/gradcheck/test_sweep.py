"""A sweep: the same result whatever the number of workers, and nothing lost when it is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck import Case, GradcheckError, sweep


def loss(p: dict[str, Any]) -> float:
    return float(np.sum(np.tanh(p["W"]) ** 2))


def right(p: dict[str, Any]) -> dict[str, Any]:
    return {"W": 2 * np.tanh(p["W"]) * (1 - np.tanh(p["W"]) ** 2)}


def wrong(p: dict[str, Any]) -> dict[str, Any]:
    return {"W": 2 * np.tanh(p["W"])}


def cases(count: int = 6) -> list[Case]:
    rng = np.random.default_rng(0)
    return [
        Case(f"case {i}", loss, wrong if i == 2 else right, {"W": rng.standard_normal((2, 3))})
        for i in range(count)
    ]


def timeless(results: list[Any]) -> list[Any]:
    return [(r.name, r.verdict, {k: v for k, v in r.report.items() if k != "elapsed"}) for r in results]


def test_a_sweep_names_the_one_wrong_gradient() -> None:
    assert [r.verdict for r in sweep(cases())] == ["pass", "pass", "fail", "pass", "pass", "pass"]


def test_two_workers_find_the_same_to_the_last_bit() -> None:
    pytest.importorskip("joblib", reason="parallel sweeps need joblib")

    assert timeless(sweep(cases(), n_jobs=2)) == timeless(sweep(cases(), n_jobs=1))


def test_a_local_dask_cluster_finds_the_same() -> None:
    joblib = pytest.importorskip("joblib", reason="parallel sweeps need joblib")
    distributed = pytest.importorskip("distributed", reason="the Dask back end needs distributed")

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        results = sweep(cases(4), n_jobs=2)

    assert timeless(results) == timeless(sweep(cases(4)))


def test_a_killed_sweep_resumes_from_its_journal_and_runs_nothing_twice(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    sweep(cases(3), journal=journal)
    with journal.open("a") as file:
        file.write('{"seed": 0, "name": "case 3", "verd')  # killed while writing

    fresh: list[str] = []
    results = sweep(cases(6), journal=journal, progress=lambda result, done, total: fresh.append(result.name))

    assert fresh == ["case 3", "case 4", "case 5"]
    assert timeless(results) == timeless(sweep(cases(6)))
    assert len([json.loads(line) for line in journal.read_text().splitlines()]) == 6


@pytest.mark.parametrize(
    "changed",
    [
        lambda case: replace(case, gradient=wrong),
        lambda case: replace(case, gradient=lambda p: {"W": 1.5 * right(p)["W"]}),
        lambda case: replace(case, gradient=wrong(case.at)),
        lambda case: replace(case, loss=lambda p: 2 * loss(p)),
        lambda case: replace(case, at={"W": 2 * case.at["W"]}),
        lambda case: replace(case, options={"coordinates": 2}),
    ],
    ids=["gradient", "number in it", "arrays", "loss", "point", "options"],
)
def test_a_case_that_changed_is_run_again_and_does_not_keep_its_old_verdict(
    changed: Any, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    (case,) = cases(1)
    again: list[str] = []

    sweep([replace(case, gradient=lambda p: {"W": right(p)["W"]})], journal=journal)
    results = sweep([changed(case)], journal=journal, progress=lambda result, *_: again.append(result.name))

    assert again == ["case 0"]
    assert timeless(results) == timeless(sweep([changed(case)]))


def test_an_interrupted_sweep_keeps_what_had_finished(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"

    def interrupt(result: Any, done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(cases(6), journal=journal, progress=interrupt)

    assert len(journal.read_text().splitlines()) == 4


def test_a_case_that_raises_is_an_error_and_the_others_go_on() -> None:
    broken = Case("broken", lambda p: float("nan"), right, {"W": np.ones((2, 2))})

    results = sweep([broken, *cases(1)])

    assert [r.verdict for r in results] == ["error", "pass"]
    assert "nan" in results[0].report["error"].lower()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda path: sweep([*cases(1), *cases(1)]), "two cases are named 'case 0'"),
        (lambda path: sweep(cases(1), n_jobs=0), "n_jobs is 0"),
        (lambda path: (sweep(cases(1), journal=path, rng=1), sweep(cases(1), journal=path, rng=2)), "seed 1"),
        (lambda path: (path.write_text("no journal\n"), sweep(cases(1), journal=path)), "line 1"),
    ],
    ids=["names", "workers", "seed", "journal"],
)
def test_a_mistake_in_the_call_is_named(call: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(GradcheckError, match=words):
        call(tmp_path / "journal.jsonl")


def scaled(c: float) -> Any:
    return lambda p: {"W": c * right(p)["W"]}


class Scaled:
    def __init__(self, c: float) -> None:
        self.c = c

    def __call__(self, p: dict[str, Any]) -> dict[str, Any]:
        return {"W": self.c * right(p)["W"]}

    def gradient(self, p: dict[str, Any]) -> dict[str, Any]:
        return self(p)


def partly(c: float, p: dict[str, Any]) -> dict[str, Any]:
    return {"W": c * right(p)["W"]}


HELPERS = {"c": 1.0}


def through_the_module(p: dict[str, Any]) -> dict[str, Any]:
    return {"W": HELPERS["c"] * right(p)["W"]}


def helped(c: float) -> Any:
    HELPERS["c"] = c
    return through_the_module


@pytest.mark.parametrize(
    "made",
    [scaled, Scaled, lambda c: Scaled(c).gradient, lambda c: partial(partly, c), helped],
    ids=["closure", "object", "method", "partial", "module"],
)
def test_the_journal_sees_what_a_function_holds_and_reaches(tmp_path: Path, made: Any) -> None:
    journal = tmp_path / "journal.jsonl"
    at = {"W": np.array([[0.3, -1.2]])}
    ran: list[str] = []

    def once(c: float) -> str:
        case = Case("case", loss, made(c), at)
        return sweep([case], journal=journal, progress=lambda result, *_: ran.append(result.name))[0].verdict

    assert [once(1.0), once(1.0), once(2.0), once(2.0), once(1.0)] == ["pass", "pass", "fail", "fail", "pass"]
    assert (
        len(ran) == 3
    )  # a case is run again whenever the number behind its gradient has changed, and only then


def test_a_fingerprint_is_the_same_in_another_process() -> None:
    code = """
import sys; sys.path.insert(0, sys.argv[1])
from test_sweep import Scaled, helped, loss, partly, scaled
from gradcheck._fingerprint import fingerprint
print(fingerprint(loss, scaled(2.0), Scaled(1.0), helped(1.0), {"a", "b", "c", "d"}, partly))
"""
    run = [sys.executable, "-c", code, str(Path(__file__).parent)]

    marks = {
        subprocess.run(
            run, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(marks) == 1


def test_a_case_that_holds_itself_has_a_fingerprint_too(tmp_path: Path) -> None:
    ring: list[Any] = []
    ring.append(ring)

    def gradient(p: dict[str, Any]) -> dict[str, Any]:
        return right(p) if ring and gradient else {}

    case = Case("case", loss, gradient, {"W": np.ones((1, 2))})

    assert sweep([case], journal=tmp_path / "journal.jsonl")[0].verdict == "pass"
