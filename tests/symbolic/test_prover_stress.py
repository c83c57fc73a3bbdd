"""Claims made to mislead the prover: an oracle that shares nothing with it judges every verdict."""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import pytest

from symbolic import Verdict, prove

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")
COUNT, BLOCKS = 2_000, 8


@pytest.fixture(name="stress", scope="module")
def _stress() -> Iterator[ModuleType]:
    sys.path.insert(0, BENCHMARKS)
    yield importlib.import_module("stress")
    sys.path.remove(BENCHMARKS)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_verdict_on_two_thousand_misleading_claims_is_wrong(stress: ModuleType, block: int) -> None:
    wrong: list[str] = []

    count, tally = stress.attack(
        COUNT // BLOCKS, seed=1000 + block, timeout=1.0, report=wrong.append, points=24, replays=4
    )

    assert count == 0, "\n".join(wrong)
    # An attack in which nothing is decided would find nothing.
    assert (
        sum(n for (_, status), n in tally.items() if status in ("proved", "refuted")) > 0.6 * COUNT / BLOCKS
    )


def test_the_oracle_notices_wrong_verdicts(stress: ModuleType) -> None:
    trees, oracle = importlib.import_module("_trees"), importlib.import_module("_oracle")
    x = ("v", "x")
    root = trees.fun("sqrt", ("^", x, 2))
    rng = random.Random(0)

    false_proof = Verdict("proved")
    assert "proved, yet" in oracle.verdict_is_wrong(trees.Claim("", root, x), false_proof, rng)
    assert oracle.verdict_is_wrong(trees.Claim("", root, trees.fun("abs", x)), false_proof, rng) == ""
    assert oracle.verdict_is_wrong(trees.Claim("", root, x, [(">", x, trees.num(0))]), false_proof, rng) == ""

    refuted = prove("sqrt(x^2)", "x")
    assert oracle.verdict_is_wrong(trees.Claim("", root, x), refuted, rng) == ""
    assert oracle.verdict_is_wrong(trees.Claim("", root, trees.fun("abs", x)), refuted, rng)
    assert "violates" in oracle.verdict_is_wrong(
        trees.Claim("", root, x, [(">", x, trees.num(0))]), refuted, rng
    )
    assert oracle.verdict_is_wrong(trees.Claim("", root, x), Verdict("unknown"), rng) == ""


def test_a_kink_that_a_proof_does_not_name_is_noticed(stress: ModuleType) -> None:
    trees, oracle = importlib.import_module("_trees"), importlib.import_module("_oracle")
    x = ("v", "x")
    claim = trees.Claim("", ("^", trees.fun("sign", x), 2), trees.num(1), points=[{"x": Fraction(0)}])

    assert "without a kink" in oracle.verdict_is_wrong(claim, Verdict("proved"), random.Random(0))
    assert oracle.verdict_is_wrong(claim, Verdict("proved", kinks=("x = 0",)), random.Random(0)) == ""
