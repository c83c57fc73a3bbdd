"""A checked document as plain data, and what a set of them comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

VERDICTS = ("proved", "refuted", "mixed", "unknown")
# Where the side that fails stands in the file: kept with a finding, so that no report has to read the document anew.
UNDERLINED = "_underlined"
CLAIMS = ("claim", "update", "numeric")  # the kinds that say something true or false


@dataclass(frozen=True)
class Checked:
    """One document: its name, its text, the findings in reading order, and how they were come by.

    `error` says why the document could not be read at all; there are no findings then.
    """

    name: str
    text: str
    findings: tuple[dict[str, Any], ...]
    elapsed: float
    cached: bool = False
    error: str | None = None


def is_claim(finding: dict[str, Any]) -> bool:
    """Whether the finding is of a formula that can be right or wrong."""
    return finding["verdict"] in VERDICTS


def summary(documents: Sequence[Checked]) -> dict[str, Any]:
    """Count files, formulas, claims by verdict, lints and images; everything that was not checked is in the count too."""
    findings = [f for document in documents for f in document.findings]
    verdicts = Counter(f["verdict"] for f in findings)
    return {
        "files": len(documents),
        "unreadable": sum(document.error is not None for document in documents),
        "formulas": len(findings),
        "claims": sum(map(is_claim, findings)),
        **{verdict: verdicts[verdict] for verdict in VERDICTS},
        "images": sum(f["kind"] == "image" for f in findings),
        "lints": sum(len(f["lints"]) for f in findings),
        "elapsed": round(sum(document.elapsed for document in documents), 3),
    }


def exit_code(documents: Sequence[Checked]) -> int:
    """0: nothing refuted; 1: something refuted; 2: something could not be read."""
    counts = summary(documents)
    return 2 if counts["unreadable"] else 1 if counts["refuted"] else 0


def to_json(documents: Sequence[Checked]) -> dict[str, Any]:
    """Give every finding with the name of its file, and the summary."""
    return {
        "findings": [
            {"file": document.name, **{key: value for key, value in f.items() if key != UNDERLINED}}
            for document in documents
            for f in document.findings
        ],
        "errors": [{"file": d.name, "message": d.error} for d in documents if d.error is not None],
        "summary": summary(documents),
    }
