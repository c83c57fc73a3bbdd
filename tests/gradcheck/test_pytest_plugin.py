"""The pytest plugin, run in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

GOOD_AND_BAD = """
import numpy as np

def test_good(gradcheck):
    report = gradcheck(lambda x: float(x @ x), lambda x: 2 * x, np.array([1.0, 2.0]))
    assert report.verdict == "pass"

def test_bad(gradcheck):
    gradcheck(lambda x: float(x @ x), lambda x: -2 * x, np.array([1.0, 2.0]))
"""


def run(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    import importlib.metadata

    registered = any(
        e.value == "gradcheck._pytest" for e in importlib.metadata.entry_points(group="pytest11")
    )
    plugin = [] if registered else ["-p", "gradcheck._pytest"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugin, *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120)


def test_the_fixture_passes_a_right_gradient_and_fails_a_wrong_one_with_its_table(tmp_path: Path) -> None:
    answer = run(tmp_path, GOOD_AND_BAD)

    assert "1 failed, 1 passed" in answer.stdout
    assert "gradient check: fail; worst entry" in answer.stdout
    assert "likely:" in answer.stdout
    assert "gradcheck" in answer.stdout
    assert "Traceback" not in answer.stdout


def test_the_seed_comes_from_the_command_line(tmp_path: Path) -> None:
    text = """
import numpy as np

def test_seed(gradcheck):
    assert gradcheck(lambda x: float(x @ x), lambda x: 2 * x, np.ones(2)).seed == 7
"""
    assert "1 passed" in run(tmp_path, text, "--gradcheck-seed", "7").stdout
    assert "1 failed" in run(tmp_path, text).stdout
