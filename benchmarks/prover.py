"""The scalar prover side by side with ``sympy.simplify(lhs - rhs)``, on the corpus, in one run.

    python benchmarks/prover.py                     the corpus; about two minutes, most of them SymPy's
    python benchmarks/prover.py --generated 10000   wrong and undecided verdicts among generated claims

Each claim is timed with SymPy's cache emptied, first the prover and then simplify, so that both meet the same machine;
in processor time and the least of three, for both (of simplify once, where a call takes longer than half a second).
A claim is trivial where ``lhs - rhs`` is 0 before anything is simplified; only the others count in the comparison.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sympy as sp
from sympy.core.cache import clear_cache

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from claims import generate  # noqa: E402 - both paths are set just above

from symbolic import parse  # noqa: E402
from symbolic.grammar import parse_raw  # noqa: E402
from symbolic.prover import prove  # noqa: E402

REPEATS = 3  # the least of these: what the machine does besides is not the prover's time
PATIENCE = 20  # seconds for one call of simplify


def corpus() -> list[tuple[bool, str, str, list[str]]]:
    """Truth, both sides and hypotheses of every claim."""
    found = []
    for line in (ROOT / "tests" / "symbolic" / "prover_corpus.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and line[0] != "#":
            truth, lhs, rhs, *rest = [part.strip() for part in line.split(";;")]
            found.append(
                (truth == "true", lhs, rhs, [h for h in (rest[0] if rest else "").split(",,") if h.strip()])
            )
    return found


def seconds(work: Callable[[], Any]) -> float:
    clear_cache()
    start = time.process_time()
    work()
    return time.process_time() - start


def _give_up(*_: object) -> None:
    raise TimeoutError


def simplify_seconds(lhs: sp.Expr, rhs: sp.Expr) -> float:
    """The time of simplify, or the patience that it used up."""
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(PATIENCE)
    try:
        once = seconds(lambda: sp.simplify((lhs - rhs).doit()))
        again = range(REPEATS - 1 if once < 0.5 else 0)
        return min([once, *(seconds(lambda: sp.simplify((lhs - rhs).doit())) for _ in again)])
    except TimeoutError:
        return float(PATIENCE)
    finally:
        signal.alarm(0)


def side_by_side() -> None:
    ours, text_too, ratios, worst = [], [], [], 0.0
    for true, lhs, rhs, assuming in corpus():
        left, right = parse_raw(lhs), parse_raw(rhs)
        mine = min(
            seconds(lambda a=left, b=right, h=assuming: prove(a, b, assuming=h)) for _ in range(REPEATS)
        )
        ours.append(mine)
        text_too.append(
            min(seconds(lambda a=lhs, b=rhs, h=assuming: prove(a, b, assuming=h)) for _ in range(REPEATS))
        )
        a, b = parse(lhs), parse(rhs)
        if true and not assuming and a - b != 0:
            theirs = simplify_seconds(left, right)
            ratios.append(theirs / mine)
            worst = max(worst, mine - theirs)
    for name, times in (("expressions", ours), ("text", text_too)):
        times.sort()
        print(
            f"prove, {name}: {len(times)} claims, median {1e3 * statistics.median(times):.2f} ms, "
            f"p95 {1e3 * times[int(0.95 * len(times))]:.2f} ms, slowest {1e3 * times[-1]:.1f} ms"
        )
    print(
        f"simplify / prove on {len(ratios)} true, non-trivial claims: median {statistics.median(ratios):.0f} x, "
        f"least {min(ratios):.1f} x; prove slower by at most {1e3 * worst:.2f} ms"
    )


def generated(count: int, seed: int) -> int:
    wrong = undecided = 0
    start = time.perf_counter()
    for claim in generate(count, seed=seed):
        verdict = prove(claim.lhs, claim.rhs)
        undecided += verdict.status == "unknown"
        if verdict.status == ("refuted" if claim.true else "proved"):
            wrong += 1
            print("WRONG", claim, verdict)
    print(
        f"{count} generated claims (seed {seed}): {wrong} wrong, {count - undecided} decided "
        f"({100 * (1 - undecided / count):.2f} %), {time.perf_counter() - start:.0f} s"
    )
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generated", type=int, metavar="COUNT", help="count wrong verdicts instead of time")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.generated:
        return min(1, generated(options.generated, options.seed))
    side_by_side()
    return 0


if __name__ == "__main__":
    sys.exit(main())
