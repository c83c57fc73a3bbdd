"""`backproof verify`: the table, the files it writes, its exit codes, and what may not pass."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from backproof import triangle
from backproof._cli import backproof
from backproof.report import to_html
from backproof.triangle import Check, EmptyCheckError, Verification
from backproof.triangle._check import Measured, Task, run_task

ROOT = Path(__file__).parents[2]


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(backproof, list(words), env=environment)


def check(verdict: str = "pass", **values: object) -> Check:
    settings: dict[str, object] = {
        "name": "sigmoid", "edge": "symbolic=numeric", "verdict": verdict, "figure": 3.0, "unit": "ulp", "elapsed": 0.1,
        "kind": "activation", "row": "sigmoid", "column": "symbolic=numeric",
    }  # fmt: skip
    return Check(**{**settings, **values})  # type: ignore[arg-type]


# The whole verification runs once: what looks at it is marked serial, and so stays in one process.
@pytest.fixture(scope="module")
def timed() -> tuple[Verification, float]:
    before, began = pace(), time.process_time()
    found = triangle.verify(seed=0)
    spent = time.process_time() - began
    return found, spent / ((before + pace()) / 2)


def pace() -> float:
    """Measure how fast this machine is now, other work on it included: exact arithmetic, as verify does it."""
    began = time.process_time()
    total = Fraction(0)
    for i in range(1, 150_000):
        total = Fraction(total.numerator % 9973 + i, i % 97 + 1)
    return time.process_time() - began


@pytest.fixture
def everything(timed: tuple[Verification, float]) -> Verification:
    return timed[0]


# --- what is verified


@pytest.mark.serial
def test_everything_holds_and_every_formula_has_its_three_edges_and_its_derivation(
    everything: Verification,
) -> None:
    import symbolic
    from symbolic import library

    assert everything.verdict == "pass", [(c.name, c.edge, c.message) for c in everything.failures]
    edges = {(check.name, check.edge) for check in everything.checks}
    triangle_edges = ("derivation", "symbolic=numeric", "numeric~gradcheck", "symbolic~gradcheck")
    assert {(name, edge) for name in symbolic.names() for edge in triangle_edges} <= edges
    assert {(name, "derivation") for name in library.names()} <= edges
    assert len(edges) == len(everything.checks)


@pytest.mark.serial
@pytest.mark.parametrize(("data", "networks"), [("digits", 3), ("breast_cancer", 1)])
def test_whole_networks_are_compared_on_real_data(everything: Verification, data: str, networks: int) -> None:
    checks = [c for c in everything.checks if c.edge == "network" and c.name.startswith(data)]

    assert len(checks) == 2 * networks
    assert all(c.figure is not None and 0 < c.figure < 1e-9 for c in checks)


@pytest.mark.serial
def test_every_figure_comes_from_a_comparison(everything: Verification) -> None:
    for one in everything.checks:
        assert one.figure is not None
        assert np.isfinite(one.figure)
        if one.edge == "derivation":
            assert one.figure >= 1


def test_another_seed_tries_other_points_and_holds_too() -> None:
    first, again, other = (triangle.verify(["gelu"], seed=seed) for seed in (0, 0, 5))

    figures = [[c.figure for c in found.checks] for found in (first, again, other)]
    assert figures[0] == figures[1] != figures[2]
    assert other.verdict == "pass"
    assert other.seed == 5


# --- files


def test_the_json_holds_what_is_promised_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "report.json"

    answer = run("verify", "--only", "sigmoid", "--only", "mse", "--json", str(file), "--seed", "3")

    assert answer.exit_code == 0, answer.output
    report = json.loads(file.read_text())
    assert set(report) == {"verdict", "checks", "elapsed", "versions", "seed"}
    assert report["verdict"] == "pass"
    assert report["seed"] == 3
    assert {c["name"] for c in report["checks"]} == {"sigmoid", "squared_error"}
    for one in report["checks"]:
        assert set(one) == {"name", "edge", "verdict", "figure", "unit", "elapsed"}
        assert one["edge"] in triangle.EDGES
    assert {"backproof", "python", "numpy", "sympy", "python-flint"} <= set(report["versions"])


def test_json_has_no_infinities() -> None:
    assert check("fail", figure=np.inf).to_dict()["figure"] is None


def test_the_page_opens_without_network_or_script_and_escapes_what_it_shows(tmp_path: Path) -> None:
    bad = check("fail", message="<script>alert(1)</script> & more", figure=1e15)
    found = Verification((bad,), 1.0, {"backproof": "0"}, 0)

    page = to_html(found)

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.findall(r'(?:src|href)="(?!#)', page)
    assert not re.findall(r"url\((?!data:|#)", page)
    assert "fail" in page


def test_the_page_shows_every_check_and_every_formula_as_mathml(tmp_path: Path) -> None:
    file = tmp_path / "report.html"

    answer = run("verify", "--only", "relu", "--only", "backprop_layer", "--html", str(file))

    assert answer.exit_code == 0
    page = file.read_text()
    assert page.count("<math") >= 3 + 2 + 4
    assert 'class="kink"' in page
    assert 'class="latex"' not in page  # no formula fell back to its source
    assert "data:font/woff2" in page


def test_a_report_that_cannot_be_written_is_an_error_and_the_old_one_stays(tmp_path: Path) -> None:
    old = tmp_path / "report.json"
    old.write_text("old")

    lost = run("verify", "--only", "identity", "--json", str(tmp_path / "nowhere" / "r.json"))
    wrong = run("verify", "--only", "identityy", "--json", str(old))

    assert lost.exit_code == wrong.exit_code == 2
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


# --- the terminal


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_the_terminal_and_cuts_nothing(width: int) -> None:
    names = ("softmax_cross_entropy", "l2", "softmax_cross_entropy_any_size")

    answer = run("verify", *(w for n in names for w in ("--only", n)), COLUMNS=str(width))

    lines = answer.stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in answer.stdout
    for name in names:
        assert any(line.strip().startswith(name) for line in lines)


def test_piped_output_is_plain_and_progress_stays_off_stdout() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "backproof", "verify", "--only", "identity"],
        capture_output=True, text=True, cwd=ROOT, timeout=120, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip

    assert answer.returncode == 0
    assert "\x1b" not in answer.stdout + answer.stderr
    assert answer.stderr == ""
    assert answer.stdout.splitlines()[-1].startswith("✓ 4 checks: all hold.")


def test_a_terminal_without_our_signs_gets_question_marks_not_an_exception() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "backproof", "verify", "--only", "identity"],
        capture_output=True, text=True, cwd=ROOT, timeout=120,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"},
    )  # fmt: skip

    assert answer.returncode == 0, answer.stderr
    assert "4 checks: all hold." in answer.stdout


def test_in_a_narrow_terminal_names_fold_and_no_figure_is_lost() -> None:
    answer = run("verify", "--only", "softmax_cross_entropy_any_size", "--only", "sigmoid", COLUMNS="60")

    assert max(map(len, answer.stdout.splitlines())) <= 60
    assert answer.stdout.count("✓") == 2 + 4 + 1
    assert "…" not in answer.stdout


# --- no check passes by doing nothing


def test_a_verification_without_checks_is_an_error() -> None:
    with pytest.raises(EmptyCheckError, match="nothing was verified"):
        Verification((), 0.0, {}, 0)


def test_one_check_that_does_not_pass_fails_the_verification() -> None:
    for verdict in ("fail", "error", "inconclusive"):
        assert Verification((check(), check(verdict)), 0.0, {}, 0).verdict == "fail"


def test_a_task_that_raises_is_an_error_with_its_reason() -> None:
    def broken() -> Measured:
        raise ZeroDivisionError("division by zero")

    found = run_task(Task("sigmoid", "derivation", "activation", broken))

    assert (found.verdict, found.figure) == ("error", None)
    assert found.message == "ZeroDivisionError: division by zero"


def test_without_scikit_learn_the_network_checks_are_errors_that_name_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)

    answer = run("verify", "--only", "breast_cancer", COLUMNS="200")

    assert answer.exit_code == 1
    assert answer.stdout.count("backproof[data]") == 1  # said once, of both
    assert (
        "derived = by hand, network; breast_cancer 30-8-4-1: by hand ~ measured, network: " in answer.stdout
    )
    assert "2 checks: 0 hold, 2 do not." in answer.stdout


@pytest.mark.serial
def test_everything_is_verified_within_20_seconds_on_two_cores(timed: tuple[Verification, float]) -> None:
    # On the machine it was built on, idle, a pace took 50 ms, so 20 seconds are 400 paces. The command shares the checks
    # of this one process among two cores; each of its workers imports the witnesses anew, in less than 30 paces.
    _, paces = timed

    assert paces / 2 + 30 < 400


def test_several_names_may_follow_only() -> None:
    answer = CliRunner().invoke(backproof, ["verify", "--only", "relu", "identity"])

    assert answer.exit_code == 0, answer.output
    assert "relu" in answer.output
    assert "identity" in answer.output
    assert "sigmoid" not in answer.output
