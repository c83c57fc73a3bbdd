"""`backproof check` as people call it: files, folders, patterns, stdin, strange bytes, narrow terminals."""

from __future__ import annotations

import io
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from rich.console import Console

from backproof._cli import backproof
from backproof.notes import check, report
from backproof.notes._walk import check_files

NOTE = "Let $y = x^2$.\n\n$$\\frac{dy}{dx} = 3x$$\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def call(*words: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(backproof, ["check", *words, "--timeout", "20"], input=stdin)


def test_stdin_is_a_note_and_its_name_says_how_it_is_read() -> None:
    assert "stdin.md:3:3  ✗ refuted" in call("-", stdin=NOTE).stdout
    page = "<p>\\(\\frac{d}{dx}x^2 = 3x\\)</p>"
    assert "page.html:1:6  ✗ refuted" in call("-", "--stdin-name", "page.html", stdin=page).stdout


def test_patterns_are_for_shells_that_leave_them_alone(tmp_path: Path) -> None:
    for name in ("a/n.md", "a/b/m.md", "a/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(NOTE)

    assert "2 claims in 2 files" in call("a/**/*.md").stdout
    assert call("a/*.txt").exit_code == 2


def test_a_name_with_magic_signs_is_a_file_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "n[1].md").write_text(NOTE)

    assert "n[1].md:3:3" in call("n[1].md").stdout


@pytest.mark.parametrize("name", ["gone.md", "no/such/folder.md"])
def test_a_file_that_is_not_there_is_told_and_loses_no_other(tmp_path: Path, name: str) -> None:
    (tmp_path / "n.md").write_text(NOTE)

    answer = call(name, "n.md")

    assert answer.exit_code == 2
    assert f"{name}  unreadable: No such file or directory" in answer.stdout
    assert "n.md:3:3  ✗ refuted" in answer.stdout


def test_a_file_that_may_not_be_read_is_told_and_loses_no_other(tmp_path: Path) -> None:
    (tmp_path / "n.md").write_text(NOTE)
    (tmp_path / "secret.md").write_text(NOTE)
    (tmp_path / "secret.md").chmod(0)
    if os.access(tmp_path / "secret.md", os.R_OK):
        pytest.skip("this user may read everything")

    answer = call(str(tmp_path))

    assert answer.exit_code == 2
    assert "unreadable: Permission denied" in answer.stdout
    assert "✗ refuted" in answer.stdout


def test_pipes_and_broken_notebooks_and_links_into_themselves_are_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    (tmp_path / "n.ipynb").write_text("<<<<<<< HEAD\n{}")
    (tmp_path / "n.md").write_text(NOTE)

    answer = call(str(tmp_path))

    assert answer.exit_code == 2
    assert re.search(r"pipe\.md +unreadable: .* is no file", answer.stdout)
    assert re.search(r"loop\.md +unreadable: Too many levels", answer.stdout)
    assert re.search(r"n\.ipynb +unreadable: this is not a notebook: .*line 1, column 1", answer.stdout)
    assert "✗ refuted" in answer.stdout


def test_what_is_said_to_stdout_can_be_only_one_thing() -> None:
    answer = call("-", "--json", "-", "--fix", stdin=NOTE)

    assert answer.exit_code == 2
    assert "only one of" in answer.stderr


@pytest.mark.parametrize(("flag", "start"), [("--json", "{"), ("--sarif", "{"), ("--junit", "<?xml")])
def test_a_report_on_stdout_is_alone_there(flag: str, start: str) -> None:
    answer = call("-", flag, "-", stdin=NOTE)

    assert answer.stdout.startswith(start)
    assert "claims in" not in answer.stdout
    assert answer.exit_code == 1


def test_json_has_the_fields_of_a_finding_and_the_summary() -> None:
    data = json.loads(call("-", "--json", "-", stdin=NOTE).stdout)

    fields = {
        "line",
        "column",
        "latex",
        "kind",
        "verdict",
        "links",
        "lints",
        "context",
        "correction",
        "reason",
    }
    assert fields <= set(data["findings"][1])
    assert data["findings"][1]["links"][0]["counterexample"]
    assert data["summary"]["refuted"] == 1


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"\xef\xbb\xbf" + NOTE.encode(), "3:3"),
        (NOTE.encode("utf-16"), "3:3"),
        (NOTE.encode("utf-16-le"), "3:3"),
        (NOTE.encode("utf-32"), "3:3"),
        (("손실 " + NOTE).encode("cp949"), "3:3"),
        (("d\xe9riv\xe9e " + NOTE).encode("latin-1"), "3:3"),
        (NOTE.replace("\n", "\r\n").encode(), "3:3"),
        (NOTE.replace("\n", "\r").encode(), "3:3"),
        (b"\0\0\0" + NOTE.encode() + b"\0", "3:3"),
        (b"\xed\xa0\x80 \xff\xfe " + NOTE.encode(), "3:3"),
        (NOTE.encode("utf-8", "surrogatepass") + "\U0010ffff\u202e\ufeff".encode(), "3:3"),
    ],
    ids=["BOM", "UTF-16", "UTF-16 without BOM", "UTF-32", "CP949", "Latin-1", "CRLF", "CR", "NUL", "surrogates", "marks"],
)  # fmt: skip
def test_bytes_of_any_kind_give_the_same_findings(tmp_path: Path, data: bytes, place: str) -> None:
    (tmp_path / "n.md").write_bytes(data)

    answer = call("n.md", "--html", "r.html", "--sarif", "r.sarif", "--junit", "r.xml", "--json", "r.json")

    assert f"n.md:{place}  ✗ refuted" in answer.stdout
    assert answer.exit_code == 1


def test_a_text_with_lone_surrogates_is_checked_and_reported() -> None:
    text = f"\ud800 {NOTE}$\\text{{\udfff}} = 1$"

    findings = tuple(finding.to_dict() for finding in check(text, timeout=20.0))
    document = report.Checked("n.md", text, findings, 0.0)

    assert findings[1]["verdict"] == "refuted"
    report.to_html([document]).encode("utf-8", "replace")
    report.to_junit([document])
    json.dumps(report.to_sarif([document]))


def test_a_long_file_name_and_a_narrow_terminal_fold_at_words() -> None:
    findings = tuple(
        finding.to_dict()
        for finding in check(NOTE + "\n$$\\epsilon = \\frac{d\\zeta}{dx} + 2$$", timeout=20.0)
    )
    document = report.Checked("n.md", NOTE, findings, 0.0)
    out = io.StringIO()

    report.print_findings([document], Console(file=out, width=40))

    assert max(cell_len(line) for line in out.getvalue().splitlines()[:-1]) <= 48
    assert "✗ refuted" in out.getvalue()


def test_no_color_means_no_escape_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert "\x1b" not in call("-", stdin=NOTE).output


def test_the_line_that_fails_is_shown_with_the_side_underlined() -> None:
    lines = call("-", stdin=NOTE).stdout.splitlines()

    assert lines[1] == "     3 │ $$\\frac{dy}{dx} = 3x$$"
    assert lines[2] == "       │                   ^^"
    assert lines[3].startswith("        at x = ")
    assert lines[4] == "        likely a coefficient: 2x"


def test_an_ascii_terminal_is_told_in_latex() -> None:
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding="ascii", errors="replace"), width=100)
    findings = tuple(finding.to_dict() for finding in check(NOTE, timeout=20.0))

    report.print_findings([report.Checked("n.md", NOTE, findings, 0.0)], console)
    console.file.flush()

    assert b"\\frac{dy}{dx} = 3x" in raw.getvalue()


def test_files_are_printed_in_their_order_whatever_ends_first() -> None:
    out = io.StringIO()
    findings = [finding.to_dict() for finding in check(NOTE, timeout=20.0)]
    printer = report.Printer(Console(file=out, width=100), ["a.md", "b.md"], {"a.md": NOTE, "b.md": NOTE})

    assert not printer.take(report.Checked("b.md", NOTE, tuple(findings), 0.0))
    assert not printer.take(("a.md", 2))
    assert not printer.take(("a.md", 0, findings[0]))  # a definition: nothing to be printed
    assert printer.take(("a.md", 1, findings[1]))
    printer.print_ready()
    assert out.getvalue().startswith("a.md:3:3")
    assert printer.take(report.Checked("a.md", NOTE, tuple(findings), 0.0))
    printer.print_ready()

    assert re.findall(r"^\w\.md", out.getvalue(), re.MULTILINE) == ["a.md", "b.md"]


PIECES = [
    r"$", r"$$", r"\(", r"\)", r"\[", r"\]", r"\begin{align}", r"\end{align}", r"\frac", r"{", r"}", r"^", r"_",
    r"=", r"\\", r"&", r"x", r"y", r"2", r"\sum_{i=1}^{n}", r"\sigma(z)", r"\partial", r"e^{-z}", r"Let",
    r"<p>", r"`", r"|", r">", r"\newcommand{\a}{\a\a}", r"\def\b#1{\b{#1#1}}", r"\b{x}", r"&lt;", r"\left(",
    r"999999999", r"^{99999}", r"!", r"W^{[l]}", r"dW", r":=", r"(", r")", r"+", r"-", r"\begin{cases}",
    r"\input{/etc/passwd}", r"<!ENTITY_x_SYSTEM_'file:///etc/passwd'>", r"\text{a}", r"\prime", r"𝑥", r"행렬",
    r"\binom{9}{3}", "\n", "\n\n", "\r\n", "# h\n", "- ", "```math\n", "```\n", "\0", " ",
]  # fmt: skip


def hostile_files(folder: Path, count: int, rng: random.Random) -> list[Path]:
    """Files of random pieces and random bytes."""
    paths = []
    for number in range(count):
        size = rng.choice([5, 20, 60, 150])
        body = b"".join(
            rng.choice(PIECES).encode() if rng.random() < 0.9 else bytes([rng.randrange(256)])
            for _ in range(size)
        )
        if rng.random() < 0.5:
            body = b"Let $y=x^2$ and $\\sigma(z)=\\frac{1}{1+e^{-z}}$.\n\n$$" + body + b"$$\n"
        ending = rng.choice(["md", "tex", "html", "ipynb", "txt"])
        if ending == "ipynb" and rng.random() < 0.8:
            cells = [{"cell_type": "markdown", "source": body.decode("latin-1")}]
            body = json.dumps({"cells": cells}).encode()
        paths.append(folder / f"{number}.{ending}")
        paths[-1].write_bytes(body)
    return paths


def test_random_bytes_end_in_findings_or_a_sentence_and_never_in_an_exception(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    paths = hostile_files(tmp_path / "in", 150, random.Random(0))

    documents = check_files(paths, {"timeout": 1.0}, use_cache=False)

    assert len(documents) == len(paths)
    errors = [document.error for document in documents if document.error is not None]
    assert all(error.startswith("this is not a notebook") for error in errors)
    findings: list[dict[str, Any]] = [finding for document in documents for finding in document.findings]
    assert len(findings) > 100
    told = [finding["reason"] for finding in findings]
    assert [reason for reason in told if "failed here" in reason or "process that checked" in reason] == []
    for document in documents:  # every report takes every document
        report.to_html([document])
        report.to_junit([document])
        json.dumps(report.to_sarif([document]))
        json.dumps(report.to_json([document]))
        report.print_findings([document], Console(file=io.StringIO(), width=60), show_all=True)


def test_a_folder_that_may_not_be_looked_into_is_told_and_loses_no_file(tmp_path: Path) -> None:
    (tmp_path / "closed" / "in").mkdir(parents=True)
    (tmp_path / "n.md").write_text(NOTE)
    (tmp_path / "closed").chmod(0)
    if os.access(tmp_path / "closed", os.R_OK):
        pytest.skip("this user may read everything")

    answer = call(str(tmp_path))

    assert "closed  unreadable: Permission denied" in answer.stdout
    assert "n.md:3:3  ✗ refuted" in answer.stdout


def test_a_second_run_loads_nothing_that_reads_or_proves(tmp_path: Path) -> None:
    note = "Let $y=x^2$.\n\n$$\\frac{dy}{dx} = 3x$$\n\n$$\\frac{dy}{dx} = 2x$$\n"
    (tmp_path / "note.md").write_text(note)
    run = (
        "import sys\n"
        "from backproof._cli import backproof\n"
        "try: backproof(['check', sys.argv[1]], standalone_mode=False)\n"
        "except SystemExit: pass\n"
        "heavy = {'sympy', 'flint', 'lark', 'markdown_it', 'nbformat', 'numpy', 'multiprocessing', 'rich.progress'}\n"
        "print('loaded:', *sorted(heavy & set(sys.modules)))\n"
    )

    outputs = [
        subprocess.run(
            [sys.executable, "-c", run, str(tmp_path / "note.md")],
            env={**os.environ, "BACKPROOF_CACHE": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]

    first, second = (re.sub(r" \(\d+\.\d s\)", "", output).partition("loaded:") for output in outputs)
    assert first[0] == second[0]
    assert "^" in second[0]  # the side that fails is underlined without the document being read
    assert "multiprocessing" in first[2]
    assert second[2].strip() == ""
