"""Where results go is looked at before the work: a folder that is not there is told at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backproof import BackproofError
from backproof._cli import backproof
from backproof._files import check_writable, write_atomically

IRIS = ("train", "--data", "iris", "--epochs", "1")


def run(*words: str) -> Result:
    return CliRunner().invoke(backproof, list(words))


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A session in an empty folder, in which no work may begin."""
    import gradcheck
    from backproof import _training, plots, triangle
    from backproof.notes import _walk

    def work(*_: object, **__: object) -> None:
        raise AssertionError("the work began before the output was looked at")

    monkeypatch.setattr(_training, "run", work)
    monkeypatch.setattr(triangle, "verify", work)
    monkeypatch.setattr(gradcheck, "check", work)
    monkeypatch.setattr(gradcheck, "sweep", work)
    monkeypatch.setattr(_walk, "check_files", work)
    monkeypatch.setattr(plots, "plot_function", work)
    monkeypatch.chdir(tmp_path)
    Path("notes.md").write_text("$1 = 1$\n")
    Path("mine.py").write_text("case = (lambda x: x @ x, lambda x: 2 * x, __import__('numpy').ones(2))\n")


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    "words",
    [
        (*IRIS, "--plot", "nodir/x.svg"),
        (*IRIS, "--save", "nodir/x.npz"),
        (*IRIS, "--checkpoint", "nodir/x.npz"),
        ("train", "--data", "digits", "--epochs", "1", "--pictures", "nodir/x.png"),
        ("verify", "--json", "nodir/x.json"),
        ("verify", "--html", "nodir/x.html"),
        ("gradcheck", "mine.py:case", "--html", "nodir/x.html"),
        ("gradcheck", "mine.py:case", "--json", "nodir/x.json"),
        ("gradcheck", "mine.py:case", "mine.py:case", "mine.py:case", "--journal", "nodir/x.jsonl"),
        ("check", "notes.md", "--html", "nodir/x.html"),
        ("check", "notes.md", "--json", "nodir/x.json"),
        ("check", "notes.md", "--sarif", "nodir/x.sarif"),
        ("check", "notes.md", "--junit", "nodir/x.xml"),
        ("plot", "sigmoid", "-o", "nodir/x.png"),
    ],
    ids=lambda words: " ".join((words[0], *words[-2:])),
)
def test_a_folder_that_is_not_there_is_told_before_the_work(words: tuple[str, ...]) -> None:
    answer = run(*words)

    assert answer.exit_code == 2, answer.output
    assert f"{words[-1]} cannot be written" in answer.stderr
    assert ".part" not in answer.stderr  # the temporary file is nobody's business
    assert answer.stdout == ""


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize("option", ["--plot", "--pictures"])
def test_a_suffix_that_no_picture_has_is_told_before_training(option: str) -> None:
    answer = run("train", "--data", "digits", option, "t.xyz")

    assert answer.exit_code == 2
    assert "expected one of .png, .svg, .pdf" in answer.stderr


@pytest.mark.usefixtures("idle")
def test_a_plot_without_matplotlib_names_the_extra_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    answer = run(*IRIS, "--plot", "x.svg")

    assert answer.exit_code == 2
    assert "backproof[plot]" in answer.stderr


def test_a_look_leaves_nothing_behind_and_the_old_file_as_it_was(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("old")

    check_writable(old, tmp_path / "new.json", None)

    assert list(tmp_path.iterdir()) == [old]
    assert old.read_text() == "old"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BackproofError, match="is a folder; expected the name of a file"):
        check_writable(tmp_path)


def test_a_device_is_written_to_and_not_replaced() -> None:
    check_writable(Path("/dev/null"))
    write_atomically("/dev/null", "lost")

    assert Path("/dev/null").is_char_device()
