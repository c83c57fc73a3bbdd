"""Whole notes by the whole command: what is right is never refuted, what was planted is never proved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backproof._cli import backproof

NOTES = Path(__file__).parent / "notes"


@dataclass(frozen=True)
class Planted:
    """A mistake: a part of its LaTeX that no right formula of its note holds, whether it is found, and what corrects it.

    What the checker does not find it must leave undecided.
    """

    part: str
    found: bool = True
    correction: str = ""


# English and Korean; deeplearning.ai, rows, Nielsen, numbers; Markdown, LaTeX, HTML, notebooks.
PLANTED = {
    "logistic.md": [
        Planted(r"(1 + \sigma(z))", correction=r"\sigma(z)\,(1 - \sigma(z))"),
        Planted(r"x_2 (y - a)", correction="x_2 (a - y)"),
        Planted(r"b + \alpha", found=False),
        Planted("0.6913", correction="0.6931"),
    ],
    "two_layers.md": [Planted(r"dW^{[1]} = dZ^{[1]} X^T", correction=r"\frac{1}{m} dZ^{[1]} X^T")],
    "korean_network.md": [Planted("(1 - A_1)", correction="W_2^T dZ_2 * (1 - A_1^2)")],
    "backprop.tex": [Planted("a^{l-1}_j", found=False), Planted(r"\frac{e^{-x}}{1+e^{-x}}", found=False)],
    "activations.html": [Planted(r"1 - \tanh(x)", found=False), Planted("0.6913", correction="0.6931")],
    "optimisers.md": [
        Planted(r"\hat{y} + y", correction=r"\hat{y} - y"),
        Planted(r"b + \alpha", correction=r"b - \alpha \frac{\partial L}{\partial b}"),
        Planted(r"(7 - 5) \cdot 3 = 5", correction="6"),
    ],
    "affine_rows.ipynb": [Planted("2 X^T", found=False)],
    "korean_softmax.ipynb": [Planted("(1 + p_i)", correction="p_i (1 - p_i)")],
    "softmax_rows.md": [Planted("X^T (P - Y)", found=False), Planted(r"2 \lambda W", found=False)],
}
LEAST_PROVED = 35  # right claims of all notes; 38 when this was written


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What one run over the folder finds, note by note."""
    out = tmp_path_factory.mktemp("out") / "out.json"

    answer = CliRunner().invoke(
        backproof, ["check", str(NOTES), "--no-cache", "--timeout", "20", "--json", str(out)]
    )

    assert answer.exit_code == 1
    found: dict[str, list[dict[str, Any]]] = {path.name: [] for path in NOTES.iterdir()}
    for finding in json.loads(out.read_text())["findings"]:
        found[Path(finding["file"]).name].append(finding)
    return found


def test_every_note_is_in_the_table() -> None:
    assert {path.name for path in NOTES.iterdir()} == set(PLANTED)


@pytest.mark.parametrize("note", PLANTED)
def test_planted_mistakes_are_never_proved_and_nothing_else_is_refuted(
    note: str, findings: dict[str, list[dict[str, Any]]]
) -> None:
    for planted in PLANTED[note]:
        (finding,) = [f for f in findings[note] if planted.part in f["latex"]]
        assert finding["verdict"] != "proved", planted.part
        assert not planted.found or finding["verdict"] == "refuted", (planted.part, finding["reason"])
        assert not planted.correction or finding["correction"] == planted.correction
    innocent = [f for f in findings[note] if not any(planted.part in f["latex"] for planted in PLANTED[note])]
    assert [f["latex"] for f in innocent if f["verdict"] == "refuted"] == []


def test_most_of_what_is_right_is_proved(findings: dict[str, list[dict[str, Any]]]) -> None:
    proved = [f["latex"] for found in findings.values() for f in found if f["verdict"] == "proved"]

    assert len(proved) >= LEAST_PROVED


@pytest.mark.parametrize("note", PLANTED)
def test_every_place_is_that_of_the_formula_in_its_file(
    note: str, findings: dict[str, list[dict[str, Any]]]
) -> None:
    lines = (NOTES / note).read_text(encoding="utf-8").splitlines()

    for finding in findings[note]:
        there = lines[finding["line"] - 1][finding["column"] - 1 :]
        written = there.replace("\\\\", "\\") if note.endswith(".ipynb") else there.replace("&lt;", "<")
        first = finding["latex"].split("\n")[0].rstrip()
        assert written.startswith(first), (finding["line"], there)
        assert finding["place"].startswith("cell ") == note.endswith(".ipynb")
