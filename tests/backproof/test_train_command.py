"""`backproof train`: curves, checkpoints that resume to the same bits, and interruptions that lose nothing finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from backproof._cli import backproof

ROOT = Path(__file__).parents[2]


def run(*words: str) -> Result:
    return CliRunner().invoke(backproof, ["train", *words])


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def test_training_on_real_data_prints_the_learning_curve_and_writes_its_picture(tmp_path: Path) -> None:
    picture = tmp_path / "curve.svg"

    answer = run("--data", "iris", "--hidden", "8", "--epochs", "4", "--plot", str(picture))

    assert answer.exit_code == 0, answer.output
    assert "learning curve" in answer.stdout
    assert any(bar in answer.stdout for bar in "▁▂▃▄▅▆▇█")
    assert "<svg" in picture.read_text()


def test_a_resumed_training_ends_with_the_same_bits_as_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.npz", tmp_path / "parts.npz"
    settings = ("--data", "iris", "--hidden", "8", "--seed", "3")

    run(*settings, "--epochs", "5", "--checkpoint", str(tmp_path / "a.npz"), "--save", str(whole))
    run(*settings, "--epochs", "2", "--checkpoint", str(tmp_path / "b.npz"))
    again = run(
        *settings, "--epochs", "5", "--checkpoint", str(tmp_path / "b.npz"), "--resume", "--save", str(parts)
    )

    assert again.exit_code == 0, again.output
    first, second = arrays(whole), arrays(parts)
    assert set(first) == set(second)
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_a_checkpoint_is_neither_overwritten_nor_invented(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.npz"
    checkpoint.write_bytes(b"precious")

    over = run("--data", "iris", "--epochs", "1", "--checkpoint", str(checkpoint))
    broken = run("--data", "iris", "--epochs", "1", "--checkpoint", str(checkpoint), "--resume")
    nothing = run("--data", "iris", "--epochs", "1", "--checkpoint", str(tmp_path / "no.npz"), "--resume")

    assert over.exit_code == broken.exit_code == nothing.exit_code == 2
    assert checkpoint.read_bytes() == b"precious"
    assert "nothing to resume" in nothing.stderr
    assert "Traceback" not in over.stderr + broken.stderr + nothing.stderr
    assert "stumbled" not in broken.stderr


def test_an_interruption_keeps_the_checkpoint_and_says_how_to_go_on(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.npz"
    words = ["--data", "iris", "--hidden", "8", "--epochs", "100000", "--checkpoint", str(checkpoint)]
    process = subprocess.Popen(
        [sys.executable, "-m", "backproof", "train", *words],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        # a shell starts its background jobs deaf to Ctrl-C, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "--resume" in errors
    assert arrays(checkpoint)
    assert list(tmp_path.iterdir()) == [checkpoint]  # no half-written file is left beside it


@pytest.mark.parametrize(
    ("text", "place"),
    [("a,b,y\n1,2,0\n3,oops,1\n", "line 3, column 2"), ("a,b,y\n1,2,0\n3,4\n", "line 3")],
)
def test_a_csv_that_cannot_be_read_names_line_and_column(text: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(text)

    answer = run("--data", str(file))

    assert answer.exit_code == 2
    assert place in answer.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--data", "digitz"), "digits"),
        (("--data", "iris", "--hidden", "a,b"), "--hidden is 'a,b'"),
        (("--data", "iris", "--resume"), "--checkpoint"),
        (("--data", "iris", "--activation", "relux", "--epochs", "1"), "relux"),
        (("--data", "iris", "--epochs", "1", "--plot", "curve.docx"), ".docx"),
    ],
)
def test_a_wrong_call_names_what_is_wrong(words: tuple[str, ...], says: str) -> None:
    answer = run(*words)

    assert answer.exit_code == 2
    assert says in answer.stderr
    assert "stumbled" not in answer.stderr


def test_training_uses_one_thread_unless_the_user_set_a_number() -> None:
    code = (
        "import os, sys; from backproof._cli import backproof\n"
        "try: backproof(['train', '--data', 'iris', '--epochs', '1'])\n"
        "except SystemExit as end: assert not end.code\n"
        "print('threads', os.environ['OPENBLAS_NUM_THREADS'])"
    )
    for given, used in ((None, "1"), ("2", "2")):
        environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
        environment |= {} if given is None else {"OPENBLAS_NUM_THREADS": given}

        answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)

        assert answer.stdout.endswith(f"threads {used}\n"), answer.stderr
