"""Findings as JSON, SARIF, JUnit and on a terminal, and the cache: all from plain data."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from backproof._cli import backproof
from backproof.notes import _cache, _walk, report
from backproof.notes._job import Job
from backproof.notes._walk import decode, kind_of_binary, note_files


def finding(verdict: str, **changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "line": 3,
        "column": 5,
        "latex": "dZ = A + Y",
        "kind": "claim",
        "verdict": verdict,
        "links": [],
        "lints": [],
        "context": {},
        "correction": None,
        "reason": "",
    }
    return {**base, **changes}


REFUTED = finding(
    "refuted", reason="at a = 1/2, y = 1 the sides differ", correction="off by a sign: dZ = A - Y"
)
NOTE = report.Checked(
    "n.md",
    "",
    (
        finding("proved"),
        REFUTED,
        finding("unknown", reason="out of reach"),
        finding("none", lints=["i from 0 to m"]),
    ),
    0.1,
)
BROKEN = report.Checked("b.md", "", (), 0.0, error="Permission denied")


def test_the_summary_counts_every_formula_once() -> None:
    counts = report.summary([NOTE, BROKEN])

    assert (counts["formulas"], counts["claims"], counts["proved"], counts["refuted"], counts["unknown"]) == (
        4,
        3,
        1,
        1,
        1,
    )
    assert (counts["files"], counts["unreadable"], counts["lints"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        ([NOTE], 1),
        ([BROKEN, NOTE], 2),
        ([report.Checked("g.md", "", (finding("proved"), finding("unknown")), 0)], 0),
    ],
)
def test_the_exit_code_follows_the_worst(documents: list[report.Checked], code: int) -> None:
    assert report.exit_code(documents) == code


def test_json_names_the_file_of_every_finding() -> None:
    data = json.loads(json.dumps(report.to_json([NOTE, BROKEN])))

    assert {f["file"] for f in data["findings"]} == {"n.md"}
    assert data["errors"] == [{"file": "b.md", "message": "Permission denied"}]


def test_sarif_points_at_refutations_and_lints_and_at_nothing_that_holds() -> None:
    (run,) = report.to_sarif([NOTE, BROKEN])["runs"]

    assert [r["ruleId"] for r in run["results"]] == ["refuted", "lint", "unreadable"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 3,
        "startColumn": 5,
    }
    assert "off by a sign" in run["results"][0]["message"]["text"]


def test_junit_is_xml_with_a_case_a_claim_even_around_control_characters() -> None:
    dirty = report.Checked("c\x00.md", "", (finding("refuted", latex="a\x0b<b>&\ud800"),), 0.0)

    root = ET.fromstring(report.to_junit([NOTE, BROKEN, dirty]))

    assert [s.attrib["tests"] for s in root] == ["3", "0", "1"]
    assert len(root.findall(".//failure")) == 2
    assert len(root.findall(".//skipped")) == 1
    assert len(root.findall(".//error")) == 1


def test_the_terminal_shows_line_formula_verdict_correction_and_a_summary() -> None:
    out = io.StringIO()

    report.print_findings([NOTE, BROKEN], Console(file=out, width=100))

    text = out.getvalue()
    assert "n.md:3:5  ✗ refuted  dZ = A + Y" in text
    assert "likely: off by a sign: dZ = A − Y" in text
    assert "proved  dZ" not in text  # what holds is silent unless --all
    assert "3 claims in 2 files, 1 proved, 1 refuted, 1 unknown, 1 lint, 1 file unreadable" in text


def test_what_was_checked_once_comes_from_the_cache_until_anything_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKPROOF_CACHE", str(tmp_path))
    key = _cache.key("n.md", "text", {"profile": None})

    assert _cache.read(key) is None
    assert _cache.write(key, _cache.Kept({0: REFUTED}, True))
    assert _cache.read(key) == _cache.Kept({0: REFUTED}, True)
    assert _cache.key("n.md", "text.", {"profile": None}) != key
    assert _cache.key("n.md", "text", {"profile": "nielsen"}) != key
    assert _cache.key("n.tex", "text", {"profile": None}) != key


def test_a_formula_that_met_a_limit_is_tried_again_and_a_broken_entry_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKPROOF_CACHE", str(tmp_path))
    job = Job(0, "text", "n.md", {}, {0: REFUTED, 1: finding("unknown", reason="unknown (limit): 2 s")})

    _walk._keep(job, {}, whole=True)

    assert _cache.read(_cache.key("n.md", "text", {})) == _cache.Kept({0: REFUTED}, False)
    (entry,) = tmp_path.rglob("*.json")
    for broken in ("{broken", "[]", '{"whole": true}', '{"whole": true, "findings": {"a": 1}}', "null"):
        entry.write_text(broken)
        assert _cache.read(_cache.key("n.md", "text", {})) is None


def test_a_tree_is_walked_without_hidden_folders_environments_or_endless_links(tmp_path: Path) -> None:
    for name in ("a.md", "sub/b.tex", ".git/c.md", "node_modules/d.md", "sub/e.png", "F.IPYNB"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)

    assert {p.name for p in note_files([tmp_path, tmp_path / "a.md"])} == {"F.IPYNB", "a.md", "b.tex"}


@pytest.mark.parametrize(
    "data",
    [
        "손실".encode(),
        "손실".encode("cp949"),
        "손실".encode("utf-16"),
        b"\xef\xbb\xbf" + "손실".encode(),
        "손실".encode("utf-32"),
    ],
    ids=["utf-8", "cp949", "utf-16", "utf-8-sig", "utf-32"],
)
def test_korean_is_read_in_every_encoding_it_comes_in(data: bytes) -> None:
    assert decode(data)[0] == "손실"


def test_bytes_of_no_encoding_are_still_read() -> None:
    assert decode(b"a\xff\x80 = b") == ("a\xff\x80 = b", "latin-1")


TEXT = "Let $y = x^2$.\n\n> $$\n> \\frac{dy}{dx} = 4x\n> $$\n\n$\\sum_{i=1}^n i = \\sum_{i=0}^{n} i$\n"


def checked(text: str, name: str = "a folder/n.md") -> report.Checked:
    from backproof.notes import check

    return report.Checked(name, text, tuple(f.to_dict() for f in check(text, name=name, timeout=20.0)), 0.0)


def offset(text: str, line: int, column: int) -> int:
    return sum(map(len, text.split("\n")[: line - 1])) + line - 1 + column - 1


@pytest.mark.parametrize("name", ["n.md", "a folder/ü.md", "/abs/n.md"])
def test_a_fix_in_sarif_replaces_just_the_side_that_fails(name: str) -> None:
    (run,) = report.to_sarif([checked(TEXT, name)])["runs"]

    result = run["results"][0]
    (fix,) = result["fixes"]
    ((change,),) = [fix["artifactChanges"]]
    (replacement,) = change["replacements"]
    region = replacement["deletedRegion"]
    start = offset(TEXT, region["startLine"], region["startColumn"])
    stop = offset(TEXT, region["endLine"], region["endColumn"])
    assert TEXT[start:stop] == "4x"
    assert replacement["insertedContent"]["text"] == "2x"
    place = result["locations"][0]["physicalLocation"]
    found = place["region"]
    whole = (
        offset(TEXT, found["startLine"], found["startColumn"]),
        offset(TEXT, found["endLine"], found["endColumn"]),
    )
    assert TEXT[slice(*whole)] == "\\frac{dy}{dx} = 4x"
    assert change["artifactLocation"] == place["artifactLocation"]
    assert (
        place["artifactLocation"]
        == {
            "n.md": {"uri": "n.md", "uriBaseId": "%SRCROOT%"},
            "a folder/ü.md": {"uri": "a%20folder/%C3%BC.md", "uriBaseId": "%SRCROOT%"},
            "/abs/n.md": {"uri": "file:///abs/n.md"},
        }[name]
    )


def test_sarif_keeps_the_rules_of_its_schema() -> None:
    """What OASIS's schema demands of the parts that are written, in our words."""
    log = report.to_sarif([checked(TEXT), BROKEN, NOTE])

    assert log["version"] == "2.1.0"
    assert {"$schema", "version", "runs"} == set(log)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(set(rules)) == len(rules)
    assert run["results"]
    for result in run["results"]:
        assert set(result) <= {
            "ruleId",
            "ruleIndex",
            "level",
            "message",
            "locations",
            "partialFingerprints",
            "fixes",
        }
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        for location in result["locations"]:
            region = location["physicalLocation"]["region"]
            assert all(isinstance(v, int) and v >= 1 for v in region.values())
            assert region.get("endLine", region["startLine"]) >= region["startLine"]
        for fix in result.get("fixes", []):
            assert fix["artifactChanges"]
            assert all(change["replacements"] for change in fix["artifactChanges"])
        assert all(isinstance(v, str) for v in result.get("partialFingerprints", {}).values())


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04\x14\x00", "an archive or an office document"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"$a = b$\n\x00", ""),
        ("$a = b$".encode("utf-16"), ""),
        (b"", ""),
    ],
)
def test_a_file_that_is_no_text_is_told_from_text(data: bytes, kind: str) -> None:
    assert kind_of_binary(data) == kind


def test_a_binary_file_is_unreadable_and_not_free_of_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(b"PK\x03\x04\x14\x00\x00\x00\x08\x00 and so on" * 20)

    answer = CliRunner().invoke(backproof, ["check", str(path)])

    assert answer.exit_code == 2
    assert "this is an archive" in " ".join(answer.output.split())
