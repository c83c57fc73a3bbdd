"""The page of checked notes: coloured formulas beside their verdicts; no network, no script, nothing executed."""

from __future__ import annotations

import html.parser
import shutil
import subprocess
from pathlib import Path

import pytest

from backproof.notes import report
from backproof.notes._walk import check_file

NOTES = Path(__file__).parent / "notes"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def page_of(path: Path) -> str:
    return report.to_html([check_file(path, {}, use_cache=False)])


class Outline(html.parser.HTMLParser):
    """The classes and the tags of a page, and every address it would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.classes: list[str] = []
        self.tags: set[str] = set()
        self.fetches: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "class":
                self.classes.append(value or "")
            if name in ("src", "href") and not (value or "").startswith("#"):
                self.fetches.append(value or "")


def test_formulas_stand_in_their_text_coloured_by_their_verdicts() -> None:
    page = page_of(NOTES / "logistic.md")
    outline = Outline(page)

    assert "f refuted display" in outline.classes
    assert "f proved display" in outline.classes
    assert "From the loss we get" in page
    assert "$$" not in page
    assert "<math" in page


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    outline = Outline(page_of(NOTES / "logistic.md"))

    assert outline.fetches == []
    assert "script" not in outline.tags


def test_what_a_note_holds_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    note = tmp_path / "evil.md"
    note.write_text("<script>alert(1)</script> $x = \\text{<img src=x onerror=alert(1)>}$\n\n$$1 + 1 = 3$$\n")

    outline = Outline(page_of(note))

    assert not {"script", "img"} & outline.tags


def test_a_document_that_could_not_be_read_is_told_on_the_page() -> None:
    page = report.to_html([report.Checked("gone.md", "", (), 0.0, error="No such file: gone.md")])

    assert "No such file: gone.md" in page


def test_a_notebook_whose_lines_are_not_its_source_lists_its_formulas() -> None:
    outline = Outline(page_of(Path(__file__).parent / "notes_engine" / "softmax.ipynb"))

    assert any(c.startswith("f ") for c in outline.classes)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine to open the page in")
def test_chromium_draws_the_page(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page_of(NOTES / "logistic.md"))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        f"--user-data-dir={tmp_path / 'user'}",
    ]

    answer = subprocess.run(
        [str(CHROMIUM), *flags, *quiet, "--dump-dom", (tmp_path / "page.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert "</math>" in answer.stdout
    assert 'class="verdict refuted"' in answer.stdout
