"""Entries shared out among processes: the same report to the last bit, whatever the number of workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import gradcheck

pytest.importorskip("joblib", reason="sharing out entries needs joblib")
RNG = np.random.default_rng(0)
AT = {"W": RNG.standard_normal((4, 5)), "b": RNG.standard_normal((4, 1))}
X = RNG.standard_normal((5, 8))


def loss(p: dict[str, Any]) -> float:
    return float(np.sum(np.tanh(p["W"] @ X + p["b"]) ** 3))


def right(p: dict[str, Any]) -> dict[str, Any]:
    A = np.tanh(p["W"] @ X + p["b"])
    dZ = 3 * A**2 * (1 - A**2)
    return {"W": dZ @ X.T, "b": dZ.sum(axis=1, keepdims=True)}


def wrong(p: dict[str, Any]) -> dict[str, Any]:
    return right(p) | {"W": 1.5 * right(p)["W"]}


def everything(report: gradcheck.Report) -> Any:
    data = report.to_dict() | {"elapsed": 0}
    arrays = [
        a.tobytes() for row in report.parameters for a in (row.numeric, row.bound, row.wrong, row.kinks)
    ]
    return json.dumps(data, sort_keys=True), arrays


@pytest.mark.parametrize("gradient", [right, wrong])
def test_the_report_is_the_same_to_the_last_bit_with_one_two_and_three_workers(gradient: Any) -> None:
    alone = gradcheck.check(loss, gradient, AT)
    for n_jobs in (2, 3):
        assert everything(gradcheck.check(loss, gradient, AT, n_jobs=n_jobs)) == everything(alone)


def test_a_loss_that_cannot_be_sent_to_another_process_is_named() -> None:
    lock = threading.Lock()

    def guarded(p: dict[str, Any]) -> float:
        with lock:
            return loss(p)

    with pytest.raises(gradcheck.OptionError, match="cannot be sent to other processes"):
        gradcheck.check(guarded, right, AT, n_jobs=2)


@pytest.mark.parametrize("n_jobs", [0, 1.5, "all", None])
def test_a_number_of_workers_that_is_none_is_refused(n_jobs: Any) -> None:
    with pytest.raises(gradcheck.OptionError, match="n_jobs is"):
        gradcheck.check(loss, right, AT, n_jobs=n_jobs)


def test_the_command_line_passes_the_number_of_workers_on(tmp_path: Path) -> None:
    from backproof.commands.gradcheck import command

    module = tmp_path / "bowl.py"
    module.write_text(
        "import numpy as np\n"
        "case = (lambda w: float((w ** 4).sum()), lambda w: 4 * w ** 3, np.arange(1.0, 9.0))\n"
    )
    plain, shared = (
        CliRunner().invoke(command, [f"{module}:case", "--jobs", jobs], standalone_mode=True)
        for jobs in ("1", "2")
    )
    assert plain.exit_code == shared.exit_code == 0, shared.output
    table = plain.output.split("evaluations")[0]
    assert table == shared.output.split("evaluations")[0]
    assert CliRunner().invoke(command, [f"{module}:case", "--jobs", "0"]).exit_code != 0


SLOW_MANAGER = """
import os, subprocess, sys, threading, time
from joblib.externals.loky.process_executor import _ExecutorManagerThread as Manager
from gradcheck._parallel import unordered

hand_out = Manager.add_call_item_to_queue
Manager.add_call_item_to_queue = lambda self: hand_out(self) if self.executor_flags.shutdown else None

def end():
    raise {last_words}

if __name__ == "__main__":
    subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -INT {{os.getpid()}}"])
    threading.Timer(0.1, end).start()
    try:
        list(unordered(time.sleep, [(60,)] * 5, 2))  # still waiting to be handed out when Ctrl-C comes
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a shell sends the Ctrl-C of this test")
def test_of_an_interrupted_run_only_the_threads_of_others_are_heard(tmp_path: Path) -> None:
    script = tmp_path / "interrupted.py"

    heard = {}
    for last_words in ("SystemExit", "KeyError('mine')"):
        script.write_text(SLOW_MANAGER.format(last_words=last_words))
        run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
        assert run.returncode == 0
        heard[last_words] = run.stderr

    assert heard["SystemExit"] == "Interrupted.\n"
    assert heard["KeyError('mine')"].count("KeyError: 'mine'") == 1
    assert heard["KeyError('mine')"].endswith("Interrupted.\n")
