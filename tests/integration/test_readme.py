"""The README is true: its commands print what it shows, and its Python runs."""

from __future__ import annotations

import doctest
import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()


def _builder() -> Any:
    spec = importlib.util.spec_from_file_location("build_readme", ROOT / "docs" / "build_readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def timeless(text: str) -> str:
    return re.sub(r"\d+\.\d+ s\b", "T s", text)


def test_every_command_prints_what_the_readme_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich", reason="the commands print through rich")
    monkeypatch.setenv("BACKPROOF_CACHE", str(tmp_path))

    assert timeless(_builder().fill(TEXT)) == timeless(TEXT)


def test_the_readme_shows_at_least_one_refutation_one_proof_and_one_failed_gradient() -> None:
    shown = "".join(re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL))

    for word in ("refuted", "proved", "gradcheck: FAIL", "Likely cause"):
        assert word in shown


def test_the_python_of_the_readme_runs() -> None:
    source = "\n".join(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)

    runner.run(doctest.DocTestParser().get_doctest(source, {}, "README.md", "README.md", 0))

    assert runner.tries >= 15
    assert runner.failures == 0


def test_the_python_of_the_notes_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "notes.md").read_text(), re.DOTALL)

    exec(compile(block, "docs/notes.md", "exec"), {})

    assert "refuted" in capsys.readouterr().out


def test_every_link_of_the_pages_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    missing = [
        (page.name, link)
        for page in pages
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text())
        if "://" not in link and "$" not in link and not (page.parent / link).exists()
    ]

    assert missing == []
