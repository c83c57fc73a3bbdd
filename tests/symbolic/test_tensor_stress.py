"""Claims made to mislead the calculus of tensors: NumPy, at many sizes, judges every verdict."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from symbolic import Verdict

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")
COUNT, BLOCKS = 1_000, 4


@pytest.fixture(name="stress", scope="module")
def _stress() -> Iterator[ModuleType]:
    sys.path.insert(0, BENCHMARKS)
    yield importlib.import_module("tensor_stress")
    sys.path.remove(BENCHMARKS)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_verdict_on_a_thousand_misleading_tensor_claims_is_wrong(stress: ModuleType, block: int) -> None:
    wrong: list[str] = []

    count, tally = stress.attack(COUNT // BLOCKS, seed=1000 + block, report=wrong.append, points=8, replays=4)

    assert count == 0, "\n".join(wrong)
    # An attack in which nothing is decided would find nothing.
    assert (
        sum(n for (_, status), n in tally.items() if status in ("proved", "refuted")) > 0.8 * COUNT / BLOCKS
    )


def test_the_judge_notices_wrong_verdicts(stress: ModuleType) -> None:
    arrays, claims = importlib.import_module("_arrays"), importlib.import_module("_array_claims")
    square, Y = arrays.leaf("S", "n", "n"), arrays.leaf("Y", "n", "m")
    transposed = claims.Claim("", square, arrays.turned(square))
    twice = claims.Claim("", square, arrays.turned(arrays.turned(square)))
    squared = claims.Claim("", Y, arrays.power(Y, 2))
    hot = dataclasses.replace(squared, given=[(Y, "one_hot", 0)])

    def judge(claim: object, verdict: object) -> str:
        return str(stress.verdict_is_wrong(claim, verdict, 0, 16))

    assert "proved, yet" in judge(transposed, Verdict("proved"))
    assert "proved, yet" in judge(squared, Verdict("proved"))
    assert judge(twice, Verdict("proved")) == judge(hot, Verdict("proved")) == ""
    refuted = stress.prove(transposed)
    assert judge(transposed, refuted) == ""
    assert "refuted where the right side is" in judge(twice, refuted)
    assert "is not one_hot" in judge(hot, stress.prove(squared))
