"""Kills, false alarms, first-cause accuracy and time: gradcheck, and beside it what people use today.

Run from the project's root: `python benchmarks/mutants [--half tune|report|both] [--rivals] [--black-box] [--verbose]`.
gradcheck is tuned on one half and judged on the other.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

sys.path.insert(0, str(Path(__file__).parent))

from _case import Case
from _questions import HALVES, Question, right, wrong
from _rivals import rivals


@dataclass(frozen=True)
class Answer:
    """What a checker said: the verdict, its first cause and where, and a line that says why."""

    verdict: str
    cause: str
    why: str
    seconds: float


def ours(case: Case, seed: int, black_box: bool = False) -> Answer:
    import gradcheck

    loss = getattr(case.loss, "value", case.loss) if black_box else case.loss
    began = time.perf_counter()
    try:
        report = gradcheck.check(loss, case.gradient, case.at, rng=seed)
    except gradcheck.GradcheckError as error:
        return Answer("error", "", f"{type(error).__name__}: {error}", time.perf_counter() - began)
    first = report.diagnosis[0] if report.diagnosis else None
    spent = time.perf_counter() - began
    return Answer(
        report.verdict, first.cause if first else "", first.message if first else report.reason, spent
    )


def asked(question: Question, black_box: bool) -> Answer | None:
    """Ask a question; None where the edit changes nothing."""
    _quiet()
    if question.causes and not question.make().is_live():
        return None
    return ours(question.make(), question.seed, black_box)


def judge(half: str, seeds: int, verbose: bool, black_box: bool, jobs: int) -> bool:
    """Print our figures for a half; True if they reach the bars."""
    chosen = [q for q in (*wrong(seeds), *right()) if half in ("both", q.half)]
    answers = _mapped(partial(asked, black_box=black_box), chosen, jobs)
    pairs = [(q, a) for q, a in zip(chosen, answers, strict=True) if a is not None]
    bad, good = [(q, a) for q, a in pairs if q.causes], [(q, a) for q, a in pairs if not q.causes]
    killed = [(q, a) for q, a in bad if a.verdict == "fail"]
    alarms = [(q, a) for q, a in good if a.verdict in ("fail", "error")]
    unclear = [(q, a) for q, a in good if a.verdict == "inconclusive"]
    named = [(q, a) for q, a in killed if a.cause in q.causes]
    placed = sum(a.cause == "layer" for _, a in named)
    print(
        f"half: {half}; {len({q.name for q, _ in bad})} mutants, {len(bad)} live wrong gradients, {len(good)} right ones"
    )
    print(
        f"  killed          {len(killed)}/{len(bad)} = {len(killed) / len(bad):.2%}   ({_each(bad)} ms each)"
    )
    print(
        f"  false alarms    {len(alarms)}/{len(good)} = {len(alarms) / len(good):.2%}   ({_each(good)} ms each)"
    )
    print(f"  inconclusive    {len(unclear)}/{len(good)} of the right ones")
    print(
        f"  first cause     {len(named)}/{len(killed)} = {len(named) / len(killed):.1%} of the killed", end=""
    )
    print(f" ({placed} of them say the place, where the numbers show no more)")
    if verbose:
        for q, a in [(q, a) for q, a in bad if a.verdict != "fail"]:
            print(f"  missed: {q.name}, seed {q.seed}: {a.verdict}: {a.why}")
        for q, a in [*alarms, *unclear]:
            print(f"  {a.verdict}: {q.name}, seed {q.seed}: {a.why}")
        misnamed: dict[str, Counter[str]] = defaultdict(Counter)
        for q, a in killed:
            if a.cause not in q.causes:
                misnamed[f"{q.name} ({', '.join(q.causes)})"][a.cause or "nothing"] += 1
        for name, causes in misnamed.items():
            print(f"  named otherwise: {name} -> {dict(causes)}")
    return len(killed) == len(bad) and len(alarms) <= 0.005 * len(good) and len(named) >= 0.9 * len(killed)


def accepted(question: Question, rule: str) -> tuple[bool, float] | None:
    """Ask a rival; None where the edit changes nothing, or where the rule does not take such a case."""
    _quiet()
    if question.causes and not question.make().is_live():
        return None
    began = time.perf_counter()
    try:
        verdict = _rules()[0][rule](question.make())
    except (
        Exception
    ):  # a case that its convention cannot hold: nested parameters, an array of one as loss, ...
        return None
    return verdict, time.perf_counter() - began


def judge_rival(rule: str, half: str, seeds: int, jobs: int) -> None:
    chosen = [q for q in (*wrong(seeds), *right()) if half in ("both", q.half)]
    answers = _mapped(partial(accepted, rule=rule), chosen, jobs)
    pairs = [(q, a) for q, a in zip(chosen, answers, strict=True) if a is not None]
    bad, good = [a[0] for q, a in pairs if q.causes], [a[0] for q, a in pairs if not q.causes]
    killed, alarms = len(bad) - sum(bad), len(good) - sum(good)
    each = 1e3 * sum(a[1] for _, a in pairs) / len(pairs)
    print(
        f"  {rule:32s} killed {killed / len(bad):6.1%} of {len(bad)}   false alarms {alarms / len(good):6.2%} of {len(good)}"
        f"   {each:6.1f} ms each",
        flush=True,
    )


def _mapped(function, chosen, jobs):  # type: ignore[no-untyped-def]
    if jobs == 1:
        return [function(q) for q in chosen]
    return Parallel(jobs)(delayed(function)(q) for q in chosen)


_RULES: list[object] = []


def _rules():  # type: ignore[no-untyped-def]
    if not _RULES:
        _RULES.append(rivals())
    return _RULES[0]


def _each(pairs: list[tuple[Question, Answer]]) -> str:
    return f"{1e3 * float(np.mean([a.seconds for _, a in pairs])):.0f}"


def _quiet() -> None:
    np.seterr(all="ignore")  # saturated cases overflow on purpose
    warnings.simplefilter("ignore")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=(*HALVES, "both"), default="report")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--jobs", type=int, default=1, help="processes; the figures are the same, but for the times"
    )
    parser.add_argument(
        "--rivals", action="store_true", help="also judge torch, jax, autograd, SciPy where installed"
    )
    parser.add_argument("--verbose", action="store_true", help="name every miss, alarm and misnamed cause")
    parser.add_argument(
        "--black-box", action="store_true", help="hide the forward pass's intermediates from the diagnosis"
    )
    options = parser.parse_args()
    _quiet()
    reached = judge(options.half, options.seeds, options.verbose, options.black_box, options.jobs)
    if options.rivals:
        rules, absent = _rules()
        for name in rules:
            judge_rival(name, options.half, options.seeds, 1)
        print(*(f"  not installed: {line}" for line in absent), sep="\n")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
