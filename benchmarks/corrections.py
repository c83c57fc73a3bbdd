"""For how many refuted claims the notes checker finds a proved correction, whether it is the right one, and how long that takes.

    python benchmarks/corrections.py PATH/notes_dev.jsonl

First the false claims of the file that are rightly refuted; then its true ones, in each of which mistakes are planted:
there the right correction is known, it is what stood there before.
The file is split by source as `benchmarks/notes.py` splits it: one half to build on, one that nobody looks at.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

from _mistakes import mistakes
from notes import halves

import backproof.notes._check as checker
from backproof.notes import Finding, check

Case = dict[str, Any]
SEED = 5


class Clock:
    """Seconds of the processor that each search for a correction takes."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.search = checker.corrected

    def __enter__(self) -> Clock:
        checker.corrected = self.timed  # type: ignore[assignment]
        return self

    def __exit__(self, *_: object) -> None:
        checker.corrected = self.search

    def timed(self, *given: Any) -> Any:
        """The search, its time taken."""
        start = time.process_time()
        try:
            return self.search(*given)
        finally:
            self.seconds.append(time.process_time() - start)

    def __str__(self) -> str:
        if not self.seconds:
            return "no search"
        mean, most = statistics.mean(self.seconds), max(self.seconds)
        return f"{mean:.2f} s of the processor for each, {most:.2f} s at most"


def finding_of(case: Case, claim: str) -> Finding:
    """What is said of a claim in the document of a case."""
    return check(f"{case['preamble']}\n\n$$\n{claim}\n$$\n")[-1]


def share(part: int, whole: int) -> str:
    """A part of a whole in percent."""
    return f"{part} ({100 * part / max(1, whole):.0f}%)"


def real(title: str, cases: list[Case], show: bool) -> None:
    """Claims that are false as their authors wrote them."""
    refuted = corrected = 0
    with Clock() as clock:
        for case in (c for c in cases if c["verdict"] == "FALSE"):
            finding = finding_of(case, case["claim"])
            if finding.verdict != "refuted":
                continue
            refuted += 1
            corrected += bool(finding.correction)
            if show:
                wrong = next(link for link in finding.links if link.verdict == "refuted")
                print(f"  {case['id']} {wrong.lhs} = {wrong.rhs}\n      {finding.correction or 'none'}")
    print(
        f"{title}: {refuted} rightly refuted, {share(corrected, refuted)} with a proved correction; {clock}"
    )


def planted(title: str, cases: list[Case], each: int, show: bool) -> None:
    """Claims that are true, with mistakes planted in their right sides."""
    numbers = random.Random(SEED)  # reproducible, not secret
    count: Counter[str] = Counter()
    kinds: Counter[tuple[str, str]] = Counter()
    with Clock() as clock:
        for case in (c for c in cases if c["verdict"] == "TRUE"):
            claim = case["claim"]
            finding = finding_of(case, claim)
            right = finding.links[0].rhs if finding.links else ""
            if finding.verdict != "proved" or len(finding.links) != 1 or claim.count(right) != 1:
                continue
            known = list(dict.fromkeys(mistakes(right)))
            for kind, wrong in numbers.sample(known, min(each, len(known))):
                said = finding_of(case, claim.replace(right, wrong))
                count["planted"] += 1
                if said.verdict != "refuted":
                    continue
                same = _bare(said.correction) == _bare(right)
                outcome = "exact" if same else "other" if said.correction else "none"
                count["refuted"] += 1
                count[outcome] += 1
                kinds[kind, outcome] += 1
                if show and outcome != "exact":
                    print(f"  {case['id']} {kind}: {wrong}\n      {said.correction or 'none'}\n      {right}")
    found = count["exact"] + count["other"]
    print(
        f"{title}: {count['planted']} mistakes planted, {count['refuted']} refuted, {share(found, count['refuted'])} with a"
        f" proved correction, {share(count['exact'], count['refuted'])} exactly what stood there; {clock}"
    )
    if show:
        for (kind, outcome), n in sorted(kinds.items()):
            print(f"  {kind}: {n} {outcome}")


def _bare(latex: str) -> str:
    return re.sub(r"\\left|\\right|\\[,;! ]|\s", "", latex)


def main() -> int:
    """Run both halves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", type=Path, nargs="+", help="development files, one JSON object a line")
    parser.add_argument("--each", type=int, default=3, help="mistakes planted in each true claim")
    parser.add_argument("--show", action="store_true", help="print what is found in the tune half")
    given = parser.parse_args()
    lines = [line for path in given.paths for line in path.read_text(encoding="utf-8").splitlines()]
    tune, unseen = halves([json.loads(line) for line in lines if line.strip()])
    check("$$a=1$$")  # the first call imports the prover
    for title, cases, show in (("tune half", tune, given.show), ("report half", unseen, False)):
        real(title, cases, show)
        planted(title, cases, given.each, show)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
