"""JUnit XML: a suite a document, a test case a claim, so that any CI server can show them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # written, never parsed: nothing of a stranger's is read as XML here
from collections.abc import Sequence

from backproof.notes.report._checked import Checked, is_claim

# What XML 1.0 cannot hold, even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(documents: Sequence[Checked]) -> str:
    """Give every claim as a test case: a refutation is a failure, an undecided claim is skipped with its reason."""
    root = ET.Element("testsuites", name="backproof")
    for document in documents:
        claims = [f for f in document.findings if is_claim(f)]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=_clean(document.name),
            tests=str(len(claims)),
            failures=str(sum(f["verdict"] == "refuted" for f in claims)),
            errors=str(int(document.error is not None)),
            skipped=str(sum(f["verdict"] in ("unknown", "mixed") for f in claims)),
            time=f"{document.elapsed:.3f}",
        )
        if document.error is not None:
            case = ET.SubElement(suite, "testcase", name="read", classname=_clean(document.name))
            ET.SubElement(case, "error", message=_clean(document.error))
        for f in claims:
            case = ET.SubElement(
                suite,
                "testcase",
                name=_clean(f"line {f['line']}: {f['latex']}"),
                classname=_clean(document.name),
                file=_clean(document.name),
                line=str(f["line"]),
            )
            if f["verdict"] == "refuted":
                ET.SubElement(case, "failure", message=_clean(str(f["reason"]))).text = _clean(
                    str(f["correction"] or "")
                )
            elif f["verdict"] != "proved":
                ET.SubElement(case, "skipped", message=_clean(f"{f['verdict']}: {f['reason']}"))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
