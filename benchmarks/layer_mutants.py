"""Every wrong backward pass of the layers: is it caught, and does the first cause that gradcheck names fit?

python benchmarks/layer_mutants.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._layer_mutants import MUTANTS, gradient_check


def main() -> int:
    """Print one line a mutant and the two shares; 1 when a mutant lives or a right pass is called wrong."""
    caught = named = cleared = 0
    for name, mutant in MUTANTS.items():
        report, right = gradient_check(mutant), gradient_check(mutant, right=True)
        first = report.diagnosis[0].cause if report.diagnosis else "none"
        caught += report.verdict == "fail"
        cleared += right.verdict == "pass"
        named += first in mutant.causes
        remark = "" if first in mutant.causes else f"  (fits: {', '.join(mutant.causes)})"
        print(f"{name:55} {report.verdict:12} {first}{remark}")
    n = len(MUTANTS)
    print(
        f"\n{caught}/{n} caught, {named / n:.0%} with a fitting first cause; {cleared}/{n} right passes cleared"
    )
    return int(caught < n or cleared < n)


if __name__ == "__main__":
    sys.exit(main())
