"""How many claims of a development file the notes checker decides, how many wrongly, and why not the rest.

    python benchmarks/notes.py PATH/notes_dev.jsonl

The file is split by source into two halves: one that the checker may be built on, one that nobody looks at.
Each line of the file is a claim with its preamble and its true verdict.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from backproof.notes import check

Case = dict[str, Any]


def halves(cases: list[Case]) -> tuple[list[Case], list[Case]]:
    """Split by the repository that a case comes from, both halves about equally large."""
    count = Counter(_repository(c) for c in cases)
    half: dict[str, int] = {}
    size = [0, 0]
    for name in sorted(count, key=lambda s: hashlib.sha256(s.encode()).digest()):
        half[name] = 0 if size[0] <= size[1] else 1
        size[half[name]] += count[name]
    tune = [c for c in cases if half[_repository(c)] == 0]
    return tune, [c for c in cases if half[_repository(c)] == 1]


def _repository(case: Case) -> str:
    return str(case["source"]).partition(":")[0]


def judge(case: Case) -> tuple[str, str, int]:
    """Whether a case is decided, wrong or unknown, the reason, and how many formulas its note has."""
    found = check(f"{case['preamble']}\n\n$$\n{case['claim']}\n$$\n")
    finding = found[-1]
    if finding.verdict not in ("proved", "refuted"):
        return "unknown", finding.reason.split("\n")[0] or f"read as a {finding.kind}", len(found)
    right = finding.verdict == {"TRUE": "proved", "FALSE": "refuted"}[case["verdict"]]
    return ("decided" if right else "WRONG"), finding.reason, len(found)


def report(title: str, cases: list[Case]) -> int:
    """Print one half; return the number of wrong verdicts."""
    start = time.process_time()  # a busy machine is no slow checker
    results = [(case, *judge(case)) for case in cases]
    seconds = time.process_time() - start
    count = Counter(word for _, word, _, _ in results)
    formulas = sum(number for *_, number in results)
    share = 100 * count["decided"] / max(1, len(cases))
    print(
        f"{title}: {len(cases)} claims, {count['decided']} decided rightly ({share:.0f}%), {count['WRONG']} wrong, ",
        end="",
    )
    print(
        f"{count['unknown']} unknown; {formulas} formulas, {formulas / seconds:.0f} a second of the processor (200 asked)"
    )
    for case, word, reason, _ in results:
        if word != "decided":
            print(f"  {case['id']} {case['class']:<10} {case['verdict']:<5} {word}: {reason[:110]}")
    return count["WRONG"]


def main() -> int:
    """Run both halves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="the development file, one JSON object a line")
    path: Path = parser.parse_args().path
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    tune, unseen = halves(cases)
    import backproof.notes._warm  # noqa: F401 - the prover and SymPy, as the command loads them once

    return int(bool(report("tune half", tune) + report("report half", unseen)))


if __name__ == "__main__":
    raise SystemExit(main())
