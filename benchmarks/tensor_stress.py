"""Attacks the calculus of tensors with claims made to mislead it; NumPy, at many sizes, judges every verdict.

    OPENBLAS_NUM_THREADS=1 python benchmarks/tensor_stress.py --count 20000 --seed 1

Claims (`_array_claims.py`) are random formulas written again with rules of which many hold only now and then. A formula is
kept as tuples (`_arrays.py`) and computed from those, gradients by complex steps, so the judge shares nothing with the
calculus.
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from _array_claims import KINDS, Claim, generate  # noqa: E402
from _array_rewriting import AXES  # noqa: E402
from _arrays import leaves, to_tensor, values  # noqa: E402
from stress import certificate_fails  # noqa: E402


# -- the judge -------------------------------------------------------------------------------------------
def entries_of(claim: Claim, sizes: dict[str, int], rng: np.random.Generator) -> dict[str, Any] | None:
    """Random entries that satisfy the hypotheses; None where these sizes or hypotheses allow none."""
    found: dict[str, Any] = {}
    for _, axes, name in sorted(leaves(claim.lhs) | leaves(claim.rhs) | {t for t, _, _ in claim.given}):
        shape = [1 if a == "1" else sizes[a] for a in axes]
        kinds = {(kind, place) for t, kind, place in claim.given if t[2] == name}
        x = rng.choice((0.4, 1.0, 1.0, 3.0)) * rng.normal(size=shape)
        if ("positive", 0) in kinds or ("positive", 1) in kinds or rng.random() < 0.25:
            x = np.abs(x)
        binary = any(kind == "binary" for kind, _ in kinds)
        if binary:
            x = rng.integers(0, 2, size=shape).astype(float)
        for kind, place in sorted(kinds, key=lambda pair: (pair[0] == "one_hot", pair)):
            if kind == "one_hot" or (binary and kind in ("probability", "adds_up")):
                hot = rng.integers(0, shape[place], size=[s for i, s in enumerate(shape) if i != place])
                x = np.moveaxis(np.eye(shape[place])[hot], -1, place)
            elif kind == "probability":
                x = (np.abs(x) + 1e-3) / np.sum(np.abs(x) + 1e-3, axis=place, keepdims=True)
            elif kind == "adds_up":
                x = x - np.mean(x, axis=place, keepdims=True) + 1 / shape[place]
        if any(breaks(kind, place, x) for kind, place in kinds):
            return None
        found[name] = x
    return found


def judged(claim: Claim, seed: int, points: int) -> tuple[int, int]:
    """At how many points the sides agree, and at how many they differ."""
    rng = np.random.default_rng(seed)
    agree = differ = 0
    for _ in range(points):
        sizes = {name: int(rng.integers(1, 5)) for name in (*AXES, "h", "i", "p")}
        entries = entries_of(claim, sizes, rng)
        if entries is None:
            continue
        a, b = (np.asarray(values(side, entries, sizes)) for side in (claim.lhs, claim.rhs))
        if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
            continue
        scale = max(1e-3, float(np.max(np.abs(a))), float(np.max(np.abs(b))))
        gap = float(np.max(np.abs(a - b))) / scale
        agree += gap < 1e-9
        differ += gap > 1e-5
    return agree, differ


def verdict_is_wrong(claim: Claim, verdict: Any, seed: int, points: int) -> str:
    """Why a verdict is wrong; empty where nothing speaks against it."""
    if verdict.status == "proved" and judged(claim, seed, points)[1]:
        return "proved, yet the sides differ"
    if verdict.status != "refuted":
        return ""
    found = verdict.counterexample
    sizes = {key.strip("|"): value for key, value in found.point.items() if key.startswith("|")}
    sizes |= {name: 1 for name in (*AXES, "h", "i", "p") if name not in sizes}  # those have no part in it
    entries: dict[str, Any] = {}
    for _, axes, name in leaves(claim.lhs) | leaves(claim.rhs) | {t for t, _, _ in claim.given}:
        if name in found.point:
            entries[name] = np.empty([1 if a == "1" else sizes[a] for a in axes])
            for place, value in found.point[name].items():
                entries[name][place] = value
        else:
            # It has no part in it; at 0 its step would have no value here.
            entries[name] = np.full([1 if a == "1" else sizes[a] for a in axes], 0.5)
    for t, kind, place in claim.given:
        if t[2] in found.point and breaks(kind, place, entries[t[2]]):
            return f"refuted where {t[2]} is not {kind}"
    for name, text in found.functions.items():
        terms = text.partition(" = ")[2].split(" + ")
        entries[name] = np.polynomial.Polynomial([float(Fraction(x.split()[0].strip("()"))) for x in terms])
    a, b = (np.asarray(values(side, entries, sizes)) for side in (claim.lhs, claim.rhs))
    entry = found.point.get("entry", ())
    largest = float(np.nanmax(np.abs([*a.ravel(), *b.ravel()])))  # other entries may have no value
    for side, enclosure, value in (("left", found.lhs, a[entry]), ("right", found.rhs, b[entry])):
        slack = 1e-7 * (1 + largest)
        if not float(enclosure.low) - slack <= value <= float(enclosure.high) + slack:
            return f"refuted where the {side} side is {value}"
    return ""


def breaks(kind: str, place: int, x: Any) -> bool:
    """Whether entries do not satisfy a hypothesis."""
    if kind == "positive":
        return not np.all(x > 0)
    zeros_and_ones = bool(np.all((x == 0) | (x == 1)))
    if kind in ("binary", "one_hot") and not zeros_and_ones:
        return True
    if kind == "probability" and np.any(x < 0):
        return True
    return kind != "binary" and bool(np.any(np.abs(np.sum(x, axis=place) - 1) > 1e-12))


def prove(claim: Claim, timeout: float = 2.0) -> Any:
    """The verdict on a claim."""
    import symbolic.tensor as calculus

    given = [
        getattr(calculus, kind)(to_tensor(t), *((place,) if kind in KINDS[:3] else ()))
        for t, kind, place in claim.given
    ]
    lhs, rhs = to_tensor(claim.lhs), to_tensor(claim.rhs)
    return calculus.prove_tensor(lhs, rhs, assuming=given, timeout=timeout)


def attack(
    count: int,
    seed: int,
    timeout: float = 2.0,
    report: Callable[[str], Any] = print,
    points: int = 16,
    replays: int = 1,
) -> tuple[int, dict[str, Any]]:
    """Judge so many verdicts, and every so many certificates; the number of wrong ones, and what was said by family."""
    from symbolic.tensor import TensorError

    wrong, tally = 0, collections.Counter()
    for claim, n in generate(count, seed):
        try:
            verdict = prove(claim, timeout)
        except TensorError as problem:
            tally[claim.family, f"refused: {type(problem).__name__}"] += 1
            continue
        tally[claim.family, verdict.status] += 1
        why = verdict_is_wrong(claim, verdict, n, points)
        why = why or (certificate_fails(verdict) if n % replays == 0 else "")
        if verdict.status == "unknown":
            differ = judged(claim, n, points)[1]
            tally[claim.family, f"unknown, the judge sees {'a' if differ else 'no'} difference"] += 1
        if why:
            wrong += 1
            report(
                f"WRONG ({claim.family}, {n}): {verdict}\n  {why}\n  given {claim.given}\n  {claim.lhs}\n  {claim.rhs}"
            )
    return wrong, dict(tally)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.perf_counter()
    wrong, tally = attack(options.count, options.seed)
    for family in dict.fromkeys(f for f, _ in sorted(tally)):
        print(family, {status: n for (f, status), n in sorted(tally.items()) if f == family})
    print(
        f"{options.count} tensor claims made to mislead (seed {options.seed}): {wrong} wrong verdicts, "
        f"{time.perf_counter() - start:.0f} s"
    )
    return min(1, wrong)


if __name__ == "__main__":
    sys.exit(main())
