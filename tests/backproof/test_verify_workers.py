"""`backproof verify` on several cores: the same to the last bit, and no process left behind."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backproof import triangle
from backproof._cli import backproof
from backproof._errors import BackproofError
from backproof._signals import children_out_of_reach
from backproof.triangle import Check, Task
from backproof.triangle._check import Measured
from backproof.triangle._workers import could_share, run_groups, workers_for
from gradcheck._parallel import _children_out_of_reach

ROOT = Path(__file__).parents[2]
LIGHT = ("identity", "relu", "leaky_relu", "hinge", "squared_error", "dropout", "momentum", "adam")


def nobody(_: object) -> None:
    """Hear nothing."""


def said(checks: tuple[Check, ...] | list[Check]) -> list[tuple[object, ...]]:
    """Everything about checks but the time they took."""
    return [(c.name, c.edge, c.verdict, repr(c.figure), c.unit, c.message, c.row, c.column) for c in checks]


# --- the same result


def test_two_workers_say_the_same_as_one_to_the_last_bit_and_in_the_same_order() -> None:
    heard: list[Check] = []

    alone = triangle.verify(LIGHT, seed=3, n_jobs=1)
    shared = triangle.verify(LIGHT, seed=3, n_jobs=2, on_done=heard.append)

    assert workers_for(len(LIGHT), 2) == 2
    assert said(shared.checks) == said(alone.checks)
    assert sorted(said(heard)) == sorted(said(alone.checks))
    assert shared.seed == 3


def test_every_check_can_be_sent_to_a_worker() -> None:
    for task in triangle.plan():
        assert pickle.loads(pickle.dumps(task)).name == task.name


def test_the_entries_without_slopes_are_those_that_claim_no_gradient() -> None:
    from backproof.triangle._layers import gradient_claims
    from symbolic import library

    slopes = {task.name for task in triangle.plan() if task.edge == "symbolic~gradcheck"}

    assert {name for name in library.names() if list(gradient_claims(name))} == slopes & set(library.names())


def test_what_fails_in_a_worker_is_told_as_if_it_had_failed_here() -> None:
    fine = Task("fine", "derivation", "model", partial(Measured, 1.0, "steps"))
    broken = Task("broken", "derivation", "model", partial(int, "seven"))
    groups = [[fine], [broken], [fine, broken]]

    alone, shared = (run_groups(groups, n, nobody, nobody) for n in (1, 2))

    assert said(shared) == said(alone)
    assert [c.verdict for c in shared] == ["pass", "error", "pass", "error"]
    assert shared[1].message == "ValueError: invalid literal for int() with base 10: 'seven'"


def test_a_worker_that_is_killed_is_an_error_that_names_a_way_out() -> None:
    deadly = Task("deadly", "derivation", "model", partial(os._exit, 9))

    with pytest.raises(BackproofError, match=r"ended from outside.*--jobs 1"):
        run_groups([[deadly], [deadly]], 2, nobody, nobody)


# --- how many


def test_a_worker_is_started_only_where_there_is_work_for_it() -> None:
    assert workers_for(50, 1) == 1
    assert workers_for(7, 8) == 1
    assert workers_for(8, 8) == 2
    assert workers_for(50, 3) == 3
    assert 1 <= workers_for(50, -1) <= 12


@pytest.mark.parametrize("n_jobs", [0, -2])
def test_a_number_of_workers_that_is_none_is_named(n_jobs: int) -> None:
    answer = CliRunner().invoke(backproof, ["verify", "--only", "relu", "--jobs", str(n_jobs)])

    assert answer.exit_code == 2
    assert f"n_jobs is {n_jobs}; expected a number of workers" in answer.stderr


def test_without_joblib_one_process_does_it_all_and_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "joblib", None)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    many = CliRunner().invoke(backproof, ["verify", *LIGHT])
    few = CliRunner().invoke(backproof, ["verify", "relu"])

    assert many.exit_code == few.exit_code == 0
    assert many.stderr == "On one core; pip install 'backproof[parallel]' shares this among all.\n"
    assert few.stderr == ""
    assert not could_share(50, 1)


# --- no process is left


@contextmanager
def started(*words: str, processes: int) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a process group of its own, and wait until there are so many processes."""
    run = subprocess.Popen(
        [sys.executable, "-m", "backproof", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    try:
        ends = time.monotonic() + 240  # a busy machine may take its time
        while len(alive(run.pid)) < processes:
            assert run.poll() is None, run.communicate()
            assert time.monotonic() < ends, "no workers were started"
            time.sleep(0.05)
        yield run
    finally:  # also where the test fails
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.communicate()


def alive(group: int) -> list[str]:
    """The processes of a group that are neither gone nor mere entries in the table of processes."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [row[2] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


def all_gone(group: int) -> bool:
    ends = time.monotonic() + 120
    while alive(group) and time.monotonic() < ends:
        time.sleep(0.1)
    return not alive(group)


@pytest.mark.parametrize("start", [children_out_of_reach, _children_out_of_reach])
def test_nothing_is_half_started_when_a_thread_without_a_mask_receives_ctrl_c(start: Any) -> None:
    done = []
    leave = threading.Event()
    other = threading.Thread(target=leave.wait)  # as those that BLAS starts
    other.start()

    def work() -> None:
        signal.pthread_kill(other.ident, signal.SIGINT)
        for step in range(1000):
            time.sleep(1e-6)  # Python looks for signals
            done.append(step)

    try:
        with pytest.raises(KeyboardInterrupt), start():
            work()
    finally:
        leave.set()
        other.join()

    assert len(done) == 1000
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("command", ["verify", "gradcheck", "check"])
@pytest.mark.parametrize("processes", [2, 3, 4])  # while they start, and when they work
def test_ctrl_c_ends_every_process_with_one_word(command: str, processes: int, tmp_path: Path) -> None:
    (tmp_path / "wide.py").write_text(
        "import numpy as np\n"
        "case = lambda: (lambda x: float(np.tanh(x).sum()), lambda x: 1 - np.tanh(x)**2, np.ones(300_000))\n"
    )
    (tmp_path / "note.md").write_text("$\\frac{d}{dz} \\tanh(z) = 1 - \\tanh(z)^2$\n\n" * 4000)
    words = {
        "verify": ("verify", "--jobs", "2"),
        "gradcheck": ("gradcheck", f"{tmp_path / 'wide.py'}:case", "--jobs", "2"),
        "check": ("check", str(tmp_path / "note.md"), "--no-cache"),
    }[command]
    if command == "check":
        processes = min(processes, 3)  # this one, the server of its workers, and a worker

    with started(*words, processes=processes) as run:
        os.killpg(run.pid, signal.SIGINT)  # a terminal sends it to all of them
        _, stderr = run.communicate(timeout=240)

        assert run.returncode == 130
        assert stderr.strip() == "Interrupted."
        assert all_gone(run.pid)


@pytest.mark.parametrize("command", ["verify", "gradcheck"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_workers_end_with_the_process_that_started_them(
    command: str, number: signal.Signals, code: int, tmp_path: Path
) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\n"
        "case = lambda: (lambda x: time.sleep(0.02) or float(x @ x), lambda x: 2 * x, [1.0] * 20_000)\n"
    )
    words = ("verify",) if command == "verify" else ("gradcheck", f"{tmp_path / 'slow.py'}:case")

    with started(*words, "--jobs", "2", processes=4) as run:
        run.send_signal(number)
        _, stderr = run.communicate(timeout=240)

        assert run.returncode == code
        assert all_gone(run.pid)
        if number == signal.SIGTERM:
            assert stderr.strip() == ""
