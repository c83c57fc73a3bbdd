"""SARIF 2.1.0, which code-scanning services turn into annotations beside the line.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from backproof._version import __version__
from backproof.notes.report._checked import Checked

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
        yield _result("unreadable", document.error, document.name, 1, 1)
    for finding in document.findings:
        place = document.name, finding["line"], finding["column"]
        if finding["verdict"] in ("refuted", "mixed"):
            yield _result(finding["verdict"], _message(finding), *place)
        for lint in finding["lints"]:
            yield _result("lint", str(lint), *place)


def _message(finding: dict[str, Any]) -> str:
    parts = [finding["latex"], finding["reason"], finding["correction"]]
    return " — ".join(str(part) for part in parts if part)


def _result(rule: str, message: str, name: str, line: int, column: int) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "level": RULES[rule][0],
        "message": {"text": message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": name.replace("\\", "/")},
                    "region": {"startLine": max(line, 1), "startColumn": max(column, 1)},
                }
            }
        ],
    }
