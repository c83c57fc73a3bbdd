"""SIGTERM ends a command whatever the code that it runs catches."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

DEAF = """
import time
import numpy as np

def loss(x):
    open("begun", "w").close()
    while True:
        try:
            time.sleep(0.02)
        except BaseException:
            pass

case = (loss, lambda x: x, np.ones(2))
"""


# Code that turns whatever comes into an error of its own, as that of worker pools does.
TURNS = DEAF.replace("            pass", "            raise ValueError('turned') from None")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to be caught")
@pytest.mark.parametrize("code", [DEAF, TURNS], ids=["swallows", "turns"])
def test_a_loss_that_catches_everything_does_not_outlive_sigterm(code: str, tmp_path: Path) -> None:
    (tmp_path / "deaf.py").write_text(code)
    process = subprocess.Popen(
        [sys.executable, "-m", "backproof", "gradcheck", "deaf.py:case"], cwd=tmp_path, stderr=subprocess.PIPE
    )
    try:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None
            time.sleep(0.02)

        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()

    assert process.returncode == 128 + signal.SIGTERM
    assert told == b""
