"""Documents checked in processes of their own: whatever ends one costs one formula, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backproof.notes import _cache
from backproof.notes._job import Job
from backproof.notes._pool import Pool
from backproof.notes._walk import Given, check_documents
from backproof.notes._worker import MEMORY, work
from backproof.notes.report import Checked

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="limits of memory and time by the kernel are tested on Linux alone"
)

# A module for the processes: the checker, in which some formulas are disasters.
HOSTILE = r"""
import ctypes, itertools, os, time
from backproof.notes import _check, _worker

DISASTERS = {
    "hang + in + C": lambda: sum(itertools.repeat(0, 10**18)),  # a loop in C that looks at no signal
    "hang + in + Python": lambda: [None for _ in itertools.count()  if False],
    "abort": os.abort,
    "crash": lambda: ctypes.string_at(0),
    "leave": lambda: os._exit(3),
    "memory": lambda: [bytes(1 << 28) for _ in itertools.count()],
    "error": lambda: 1 / 0,
}
decide, parse = _check.decide_item, None

def decide_item(item, *rest):
    for name, disaster in DISASTERS.items():
        if f"d = {name} + 1" in item.formula.latex:
            disaster()
    return decide(item, *rest)

def serve(connection):
    from backproof.notes.resolve import _collect
    statements = _collect.statements

    def parse(latex, *rest):
        for name, disaster in DISASTERS.items():
            if f"p = {name} + 1" in latex:
                disaster()
        return statements(latex, *rest)

    _collect.statements = parse
    _check.decide_item = decide_item
    _worker.work(connection)
"""
OPTIONS = {"profile": None, "timeout": 0.4}
NOTE = "Let $d = 1$, $p = 2$, $y = x^2$.\n\n$$\\frac{{dy}}{{dx}} = 2x$$\n\n$${}$$\n\n$$\\frac{{dy}}{{dx}} = 3x$$\n"


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "hostile_worker.py").write_text(HOSTILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    import hostile_worker

    return hostile_worker


def checked(hostile: Any, texts: list[str], size: int = 1) -> list[Job]:
    jobs = [Job(k, text, "note.md", OPTIONS) for k, text in enumerate(texts)]
    with Pool(size, serve=hostile.serve) as pool:
        errors = [said for _, word, said in pool.run(jobs) if word == "error"]
    assert errors == []
    return jobs


@pytest.mark.parametrize("stage", ["d", "p"])
@pytest.mark.parametrize(
    ("disaster", "reason"),
    [
        ("hang + in + C", "unknown (limit): the time limit of 0.4 s has passed"),
        ("hang + in + Python", "unknown (limit): the time limit of 0.4 s has passed"),
        ("abort", "unknown (limit): there is not enough memory for it"),
        ("crash", "unknown (limit): the process that checked it ended (SIGSEGV)"),
        ("leave", "unknown (limit): the process that checked it ended (exit code 3)"),
        ("memory", "unknown (limit): there is not enough memory for it"),
        ("error", "the checker failed here: ZeroDivisionError: division by zero"),
    ],
)
def test_one_formula_that_ends_its_process_loses_no_other(
    hostile: Any, stage: str, disaster: str, reason: str
) -> None:
    note = NOTE.format(f"{stage} = {disaster} + 1")

    (job,) = checked(hostile, [note])

    verdicts = [job.done[k]["verdict"] for k in sorted(job.done)]
    assert verdicts == ["none", "none", "none", "proved", "unknown", "refuted"]
    assert job.done[4]["reason"] == reason


# Both sides are expanded: thousands of terms with thousands of digits each.
HUNGRY = r"(a+1000)^{4000} = (10^{6}+2000a+a^2)^{2000}"


@pytest.mark.parametrize(("memory", "enough"), [(MEMORY, True), (4 << 20, False)])
def test_a_formula_that_needs_more_memory_than_it_may_have_loses_no_other(memory: int, enough: bool) -> None:
    job = Job(0, NOTE.format(HUNGRY), "note.md", {"profile": None, "timeout": 5.0})

    with Pool(1, serve=partial(work, memory=memory)) as pool:
        errors = [said for _, word, said in pool.run([job]) if word == "error"]

    verdicts = [job.done[k]["verdict"] for k in sorted(job.done)]
    assert errors == []
    assert verdicts == ["none", "none", "none", "proved", "unknown", "refuted"]
    assert ("not enough memory" in job.done[4]["reason"]) is not enough


def long_note(formulas: int) -> str:
    """A note of some hundred thousand characters, prose for the most part, with formulas up to its end."""
    prose = "The network is trained on what was collected in the years before. " * 8
    return "Let $y=x^2$.\n\n" + "".join(
        f"{prose}\n\n$$\\frac{{dy}}{{dx}} = {k}x$$\n\n" for k in range(2, 2 + formulas)
    )


def test_prose_has_the_time_of_its_document_and_not_of_its_last_formula() -> None:
    words = "A layer holds the mean of what the columns of its gradient are, row by row; one loss each. " * 40
    note = "Let $y=x^2$.\n\n$$\\frac{dy}{dx} = 2x$$\n\n" + f"{words}\n\n" * 200
    job = Job(0, note, "note.md", {"profile": None, "timeout": 0.05})

    with Pool(1) as pool:
        said = [word for _, word, _ in pool.run([job])]

    assert "error" not in said
    assert job.lost == {}
    assert sorted(job.done) == [0, 1]


def test_several_disasters_in_several_documents_cost_just_themselves(hostile: Any) -> None:
    notes = [
        NOTE.format("d = abort + 1"),
        NOTE.format("d = 1"),
        NOTE.format("p = hang + in + C + 1"),
        NOTE.format("p = 2"),
    ]

    jobs = checked(hostile, notes, size=2)

    assert [len(job.done) for job in jobs] == [6, 6, 6, 6]
    assert all(job.done[3]["verdict"] == "proved" for job in jobs)


def test_no_process_is_left_when_the_work_is_given_up(hostile: Any) -> None:
    jobs = [
        Job(k, NOTE.format("d = hang + in + C + 1"), "note.md", {**OPTIONS, "timeout": 60.0})
        for k in range(2)
    ]
    with Pool(2, serve=hostile.serve) as pool:
        running = pool.run(jobs)
        while next(running)[1] != "finding":
            pass
        children = [worker.process for worker in pool.workers]

    assert len(children) == 2
    assert all(not child.is_alive() for child in children)


def note_of(claims: int, *, slow: bool = False) -> str:
    """A note with claims; a slow one ends with a claim that takes very long."""
    text = "Let $y=x^2$.\n\n" + "".join(f"$$\\frac{{dy}}{{dx}} = {k}x$$\n\n" for k in range(2, 2 + claims))
    return text + ("$$" + "+".join(f"\\sin(x_{{{k}}})^{{{k}}}" for k in range(150)) + " = y$$\n") * slow


def test_what_was_decided_before_the_work_was_given_up_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKPROOF_CACHE", str(tmp_path))
    given, options = Given("n.md", note_of(8)), {"profile": None, "timeout": 2.0}

    events = check_documents([given], options)
    seen = [next(events) for _ in range(5)]
    events.close()

    kept = _cache.read(_cache.key("n.md", given.text, options))
    assert kept is not None
    assert not kept.whole
    assert len(kept.findings) >= len([e for e in seen if not isinstance(e, Checked) and len(e) == 3]) > 2
    (whole,) = [e for e in check_documents([given], options) if isinstance(e, Checked)]
    assert [f["line"] for f in whole.findings] == [1, *range(3, 19, 2)]
    again = _cache.read(_cache.key("n.md", given.text, options))
    assert again is not None
    assert again.whole


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("notes", [[note_of(40)] * 3, [long_note(300)]], ids=["several notes", "a long note"])
def test_an_end_from_outside_keeps_what_was_finished_and_leaves_nobody_behind(
    tmp_path: Path, notes: list[str], sent: signal.Signals
) -> None:
    for k, note in enumerate(notes):
        (tmp_path / f"n{k}.md").write_text(note)
    environment = {**os.environ, "BACKPROOF_CACHE": str(tmp_path / "cache"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "backproof", "check", str(tmp_path), "--jobs", "2"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT) if sent is signal.SIGINT else process.send_signal(sent)
        _, error = process.communicate(timeout=60)

    assert "n0.md" in first
    # A shell shows 130 for both. Python ends itself by the signal where it met an exec, as when a dataclass is made.
    assert process.returncode in (128 + sent, -sent)
    assert error.strip().endswith("Interrupted." if sent is signal.SIGINT else "")
    assert "Traceback" not in error
    kept = [json.loads(path.read_text())["findings"] for path in (tmp_path / "cache").rglob("*.json")]
    assert any(finding["verdict"] == "refuted" for findings in kept for finding in findings.values())
    assert alone(process.pid)


def alone(group: int) -> bool:
    """Whether nobody of a group of processes is left, given a moment to leave."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
