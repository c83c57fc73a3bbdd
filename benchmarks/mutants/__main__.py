"""Kills, false alarms, first-cause accuracy and time: gradcheck, and beside it what people use today.

Run from the project's root: `python benchmarks/mutants [--half tune|report|both] [--rivals] [--black-box] [--verbose]`.
The halves are fixed by a hash of the case's name: gradcheck is tuned on one and judged on the other.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import _blocks
import _dense
import _dense_mutants
from _case import Case, Mutant
from _correct import correct
from _rivals import Rule, rivals


def half_of(name: str) -> str:
    return "tune" if zlib.crc32(name.encode()) % 2 else "report"


def build(index: int, seed: int) -> tuple[Mutant, Case]:
    """Build a mutant afresh: some edits remember what they saw."""
    dense = _dense_mutants.mutants()
    mutant = dense[index] if index < len(dense) else _blocks.mutants()[index - len(dense)]
    make = _blocks.FAMILIES.get(mutant.family, _dense.make)
    return mutant, make(seed, mutant, **mutant.options)


def wrong(half: str, seeds: int) -> Iterator[tuple[Mutant, int, int]]:
    names = [*_dense_mutants.mutants(), *_blocks.mutants()]
    for index, mutant in enumerate(names):
        if half in ("both", half_of(mutant.name)):
            for seed in range(seeds):
                if build(index, seed)[1].is_live():
                    yield mutant, index, seed


def ours(case: Case, seed: int, black_box: bool = False) -> tuple[str, str, str]:
    """Return the verdict, the first cause, and a line that says why."""
    import gradcheck

    loss = getattr(case.loss, "value", case.loss) if black_box else case.loss
    try:
        report = gradcheck.check(loss, case.gradient, case.at, rng=seed)
    except gradcheck.GradcheckError as error:
        return "fail", getattr(error, "cause", ""), f"{type(error).__name__}: {error}"
    first = report.diagnosis[0] if report.diagnosis else None
    return report.verdict, first.cause if first else "", first.message if first else str(report.reason)


def judge(half: str, seeds: int, verbose: bool, black_box: bool) -> bool:
    """Print our figures for a half; True if they reach the bars."""
    start, kills, live, named = time.perf_counter(), 0, 0, 0
    misses: Counter[str] = Counter()
    misnamed: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant, index, seed in wrong(half, seeds):
        verdict, cause, why = ours(build(index, seed)[1], seed, black_box)
        live += 1
        kills += verdict == "fail"
        if verdict != "fail":
            misses[f"{mutant.name}: {verdict}"] += 1
            if verbose:
                print(f"  missed: {mutant.name}, seed {seed}: {verdict}: {why}")
        elif cause == mutant.cause or cause in mutant.also:
            named += 1
        else:
            misnamed[f"{mutant.name} ({mutant.cause})"][cause or "nothing"] += 1
    wrong_time = time.perf_counter() - start

    start = time.perf_counter()
    verdicts: Counter[str] = Counter()
    alarms = []
    for number, (condition, case) in enumerate(correct()):
        if half in ("both", half_of(f"{condition} {number}")):
            verdict, _, why = ours(case, number, black_box)
            verdicts[verdict] += 1
            if verdict != "pass":
                alarms.append(f"{verdict}: {condition}: {case.name}: {why}")
    right = sum(verdicts.values())
    right_time = time.perf_counter() - start

    print(f"half: {half}; {live} live wrong gradients, {right} correct configurations")
    print(f"  killed          {kills}/{live} = {kills / live:.1%}   ({1e3 * wrong_time / live:.0f} ms each)")
    print(
        f"  false alarms    {verdicts['fail']}/{right} = {verdicts['fail'] / right:.2%}   ({1e3 * right_time / right:.0f} ms each)"
    )
    print(f"  inconclusive    {verdicts['inconclusive']}/{right} of the correct ones")
    print(f"  first cause     {named}/{max(kills, 1)} = {named / max(kills, 1):.1%} of the killed")
    if verbose:
        print(*(f"  {line}" for line in [*map(str, misses.items()), *alarms]), sep="\n")
        for name, causes in misnamed.items():
            print(f"  named otherwise: {name} -> {dict(causes)}")
    return kills == live and verdicts["fail"] <= 0.005 * right and named >= 0.9 * kills


def judge_rival(name: str, rule: Rule, half: str, seeds: int) -> None:
    start, killed, live, alarms, right = time.perf_counter(), 0, 0, 0, 0
    for _, index, seed in wrong(half, seeds):
        live, killed = live + 1, killed + (not rule(build(index, seed)[1]))
    for number, (condition, case) in enumerate(correct()):
        if half in ("both", half_of(f"{condition} {number}")):
            right, alarms = right + 1, alarms + (not rule(case))
    each = 1e3 * (time.perf_counter() - start) / (live + right)
    print(
        f"  {name:32s} killed {killed / live:6.1%}   false alarms {alarms / right:6.2%}   {each:6.1f} ms each"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("tune", "report", "both"), default="report")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--rivals", action="store_true", help="also judge torch, jax, autograd, SciPy where installed"
    )
    parser.add_argument("--verbose", action="store_true", help="name every miss, alarm and misnamed cause")
    parser.add_argument(
        "--black-box", action="store_true", help="hide the forward pass's intermediates from the diagnosis"
    )
    options = parser.parse_args()
    np.seterr(all="ignore")  # saturated cases overflow on purpose
    warnings.simplefilter("ignore", RuntimeWarning)
    reached = judge(options.half, options.seeds, options.verbose, options.black_box)
    if options.rivals:
        rules, absent = rivals()
        for name, rule in rules.items():
            judge_rival(name, rule, options.half, options.seeds)
        print(*(f"  not installed: {line}" for line in absent), sep="\n")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
