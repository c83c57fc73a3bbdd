"""Whole notes by the whole command: what is right is never refuted, what was planted is never proved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from backproof._cli import backproof

NOTES = Path(__file__).parent / "notes"

# note -> its planted mistakes, each by a part of its LaTeX that no right formula of the note holds, and whether the
# checker is known to find it; what it does not find it must leave undecided
PLANTED = {
    "logistic.md": {r"(1 + \sigma(z))": True, r"x_2 (y - a)": True, r"b + \alpha": False, "0.6913": True},
    "two_layers.md": {r"dW^{[1]} = dZ^{[1]} X^T": False},
    "korean_network.md": {"(1 - A_1)": False},
}


@pytest.mark.parametrize("note", PLANTED)
def test_planted_mistakes_are_never_proved_and_nothing_else_is_refuted(note: str, tmp_path: Path) -> None:
    out = tmp_path / "out.json"

    answer = CliRunner().invoke(backproof, ["check", str(NOTES / note), "--no-cache", "--json", str(out)])

    findings = json.loads(out.read_text())["findings"]
    for part, is_found in PLANTED[note].items():
        (planted,) = [f for f in findings if part in f["latex"]]
        assert planted["verdict"] != "proved", part
        assert not is_found or planted["verdict"] == "refuted", (part, planted["verdict"], planted["reason"])
    innocent = [f for f in findings if not any(part in f["latex"] for part in PLANTED[note])]
    assert [f["latex"] for f in innocent if f["verdict"] == "refuted"] == []
    assert answer.exit_code == int(any(f["verdict"] == "refuted" for f in findings))
