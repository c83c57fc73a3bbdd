"""A patch with proved corrections: applied by the tools that apply patches, it leaves a note in which they hold."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from backproof._cli import backproof
from backproof.notes import check, report
from backproof.notes._walk import check_file

NOTE = """Let $z = wx + b$, $a = \\sigma(z)$ with $\\sigma(z) = \\frac{1}{1+e^{-z}}$ and $L = -y\\log a - (1-y)\\log(1-a)$.

$$\\frac{\\partial L}{\\partial z} = y - a$$

> $$
> \\frac{\\partial L}{\\partial w} = 2(a - y)x
> $$

- so $\\frac{\\partial L}{\\partial b} = \\frac{\\partial L}{\\partial z} = 3(a - y)$
"""
RIGHT = NOTE.replace("= y - a$", "= a - y$").replace("2(a - y)x", "(a - y)x").replace("3(a - y)$", "a - y$")
APPLIERS = [["git", "apply", "-p1"], ["patch", "-p1", "-s"]]


def patch_of(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, int]:
    monkeypatch.chdir(folder)
    answer = CliRunner().invoke(backproof, ["check", name, "--fix", "--no-cache", "--timeout", "20"])
    return answer.stdout_bytes, answer.exit_code


def apply(command: list[str], folder: Path, patch: bytes) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} on this machine")
    subprocess.run(command, cwd=folder, input=patch, check=True, capture_output=True)


def notebook(text: str) -> str:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def page(text: str) -> str:
    return "<p>" + text.replace("> ", "").replace("- so", "so").replace("\n\n", "</p>\n<p>") + "</p>"


def source(text: str) -> str:
    return "\\begin{document}\n" + text.replace("> ", "").replace("- so", "so") + "\\end{document}"


@pytest.mark.parametrize("command", APPLIERS, ids=["git apply", "patch"])
@pytest.mark.parametrize(
    ("name", "write"), [("note.md", str), ("note.ipynb", notebook), ("note.html", page), ("note.tex", source)]
)
def test_the_patch_applies_and_what_it_corrects_is_then_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], name: str, write: type[str]
) -> None:
    (tmp_path / name).write_text(write(NOTE))

    patch, code = patch_of(tmp_path, name, monkeypatch)

    assert (tmp_path / name).read_text() == write(NOTE)  # printed, never written
    assert code == 1
    apply(command, tmp_path, patch)
    assert (tmp_path / name).read_text() == write(RIGHT)
    assert [f["verdict"] for f in check_file(tmp_path / name, {"timeout": 20.0}, use_cache=False).findings][
        -3:
    ] == ["proved"] * 3


@pytest.mark.parametrize(
    ("encoding", "newline", "end"),
    [("utf-8", "\r\n", "\n"), ("cp949", "\n", "\n"), ("latin-1", "\n", ""), ("utf-8", "\n", "")],
    ids=["CRLF", "CP949", "Latin-1 without a last newline", "without a last newline"],
)
def test_the_patch_is_in_the_bytes_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, newline: str, end: str
) -> None:
    word = {"cp949": "기울기", "latin-1": "dérivée"}.get(encoding, "σ 기울기")
    text = f"{word}: $y = x^2$\n\n$$\\frac{{dy}}{{dx}} = 4x$$".replace("\n", newline) + end
    (tmp_path / "n.md").write_bytes(text.encode(encoding))

    patch, _ = patch_of(tmp_path, "n.md", monkeypatch)

    apply(["patch", "-p1", "-s", "--binary"], tmp_path, patch)
    assert (tmp_path / "n.md").read_bytes() != text.encode(encoding)
    after = (tmp_path / "n.md").read_bytes().decode(encoding)
    assert after.replace("\\frac{1}{2} 4x", "4x").replace("2x", "4x") == text


def test_a_correction_that_cannot_be_proved_is_no_part_of_the_patch() -> None:
    text = "Let $y = x^2$.\n\n$$\\frac{dy}{dx} = 4x$$\n"
    document = report.Checked("n.md", text, tuple(_findings(text)), 0.0)
    wrong = {**document.findings[-1], "correction": "\\frac{1}{3}\\left(4x\\right)"}

    fixes = report.corrections(
        report.Checked("n.md", text, (*document.findings[:-1], wrong), 0.0),
        lambda name, changed: report.Checked(name, changed, tuple(_findings(changed)), 0.0),
    )

    assert fixes == []


def test_a_correction_that_makes_another_formula_worse_is_no_part_of_the_patch() -> None:
    text = "Let $y = x^2$.\n\n$$\\frac{dy}{dx} = 4x$$\n\n$$x = x$$\n"
    document = report.Checked("n.md", text, tuple(_findings(text)), 0.0)

    def check(name: str, changed: str) -> report.Checked:
        findings = _findings(changed)
        findings[-1] = {**findings[-1], "verdict": "refuted"}
        return report.Checked(name, changed, tuple(findings), 0.0)

    assert report.corrections(document, check) == []


def _findings(text: str) -> list[dict[str, object]]:
    from backproof.notes import check

    return [finding.to_dict() for finding in check(text, timeout=20.0)]


def test_a_note_without_mistakes_needs_no_patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "n.md").write_text("Let $y = x^2$.\n\n$$\\frac{dy}{dx} = 2x$$\n")

    assert patch_of(tmp_path, "n.md", monkeypatch) == (b"", 0)


def test_a_correction_is_found_where_the_document_does_more_to_its_formulas() -> None:
    """Sums over the inputs number the examples; a change of the side is read with that, too."""
    note = r"""A unit computes $a=\sigma(z)$ from $z=\sum_j w_jx_j+b$ with $\sigma(z)=1/(1+e^{-z})$. Over
$n$ inputs $x$ the cost is

$$C=\frac{1}{2n}\sum_x (y-a)^2$$

$$\frac{\partial C}{\partial b}=\frac1n\sum_x (a-y)\sigma'(z)$$

"""

    finding = check(note + r"$$\frac{\partial C}{\partial w_j}=\frac1n\sum_x (a-y)x_j$$", timeout=20.0)[-1]

    assert finding.verdict == "refuted"
    assert finding.correction
    again = check(
        f"{note}\n\n$$\\frac{{\\partial C}}{{\\partial w_j}}={finding.correction}$$\n", timeout=20.0
    )[-1]
    assert again.verdict == "proved"
