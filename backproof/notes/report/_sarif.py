"""SARIF 2.1.0, which code-scanning services turn into annotations beside the line, with the corrections as fixes.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from backproof._version import __version__
from backproof.notes._finding import without_mistake
from backproof.notes.find import Formula
from backproof.notes.find._source import Lines
from backproof.notes.report._checked import Checked
from backproof.notes.report._fix import place_of, written
from backproof.notes.report._places import formulas_of
from backproof.notes.report._terminal import counterexample, likely

# rule -> (level, what it means); `unknown` is no result: nothing was found.
RULES = {
    "refuted": ("error", "The formula is false: there is a certified counterexample."),
    "mixed": ("warning", "The formula holds under one reading of the document and fails under another."),
    "lint": ("warning", "The formula contradicts a standard definition, a shape, or its own indices."),
    "unreadable": ("error", "The document could not be read."),
}


def to_sarif(documents: Sequence[Checked]) -> dict[str, Any]:
    """Give refuted and mixed formulas, lints and unreadable files as one SARIF run."""
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "backproof",
                        "semanticVersion": __version__,
                        "rules": [
                            {
                                "id": rule,
                                "name": f"{rule.capitalize()}Formula",
                                "shortDescription": {"text": text},
                                "defaultConfiguration": {"level": level},
                            }
                            for rule, (level, text) in RULES.items()
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [result for document in documents for result in _results(document)],
            }
        ],
    }


def _results(document: Checked) -> Iterator[dict[str, Any]]:
    if document.error is not None:
        yield _result("unreadable", document.error, document.name, {"startLine": 1})
        return
    lines = Lines(document.text)
    for finding, formula in zip(document.findings, formulas_of(document), strict=True):
        region = _region(formula, lines) or {"startLine": finding["line"], "startColumn": finding["column"]}
        if finding["verdict"] in ("refuted", "mixed"):
            result = _result(finding["verdict"], _message(finding), document.name, region)
            result["partialFingerprints"] = {"formula/v1": _fingerprint(finding)}
            if formula is not None and (fix := _fix(document, finding, formula, lines)):
                result["fixes"] = [fix]
            yield result
        for lint in finding["lints"]:
            yield _result("lint", str(lint), document.name, region)


def _region(formula: Formula | None, lines: Lines) -> dict[str, int] | None:
    if formula is None or formula.source is None:
        return None
    return _between(formula.source.start(0), formula.source.stop(len(formula.latex)), lines)


def _between(start: int, stop: int, lines: Lines) -> dict[str, int]:
    """A region; its end column is the one after its last character."""
    (line, column), (last, after) = lines.place(start), lines.place(stop)
    return {"startLine": line, "startColumn": column, "endLine": last, "endColumn": after}


def _fingerprint(finding: dict[str, Any]) -> str:
    """Tells a finding from others when lines have moved."""
    return hashlib.sha256("".join(finding["latex"].split()).encode("utf-8", "replace")).hexdigest()[:32]


def _message(finding: dict[str, Any]) -> str:
    failing = [link for link in finding["links"] if link["verdict"] == "refuted"]
    parts = [finding["latex"]]
    parts += [f"{x['lhs']} = {x['rhs']} fails" for x in failing if len(finding["links"]) > 1 and x["lhs"]]
    parts += [counterexample(link["counterexample"]) for link in failing if link["counterexample"]]
    reason, mistake = without_mistake(finding["reason"])
    parts += [reason] * (not failing or not any(link["counterexample"] for link in failing))
    parts += [f"{likely(mistake)}{finding['correction']}"] * bool(finding["correction"])
    return ". ".join(str(part) for part in parts if part)


def _fix(document: Checked, finding: dict[str, Any], formula: Formula, lines: Lines) -> dict[str, Any] | None:
    """The correction in the place of the side that fails."""
    place = place_of(finding, formula)
    if not finding["correction"] or place is None:
        return None
    replacement = {
        "deletedRegion": _between(*place, lines),
        "insertedContent": {"text": written(finding["correction"], document.name)},
    }
    change = {"artifactLocation": _artifact(document.name), "replacements": [replacement]}
    return {"description": {"text": f"Write {finding['correction']}"}, "artifactChanges": [change]}


def _artifact(name: str) -> dict[str, str]:
    """Where a file is: under the root of the sources, or somewhere else by its whole address."""
    path = PurePath(name)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(name.replace("\\", "/"), errors="replace"), "uriBaseId": "%SRCROOT%"}


def _result(rule: str, message: str, name: str, region: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "ruleIndex": list(RULES).index(rule),
        "level": RULES[rule][0],
        "message": {"text": message},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(name), "region": region}}],
    }
