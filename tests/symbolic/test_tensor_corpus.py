"""Every claim of the tensor corpus gets the right verdict, and quickly."""

from __future__ import annotations

import importlib.util
import statistics
import time
from pathlib import Path
from typing import Any

import pytest

import symbolic
from symbolic.tensor import prove_tensor


def _corpus() -> list[Any]:
    path = Path(__file__).with_name("tensor_corpus.py")
    spec = importlib.util.spec_from_file_location("tensor_corpus", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.CORPUS)


CORPUS = _corpus()


@pytest.mark.parametrize("claim", CORPUS, ids=lambda claim: claim.name)
def test_a_claim_is_decided_as_it_should_be(claim: Any) -> None:
    verdict = prove_tensor(claim.lhs, claim.rhs, assuming=claim.assuming, timeout=10)

    assert verdict.status == ("proved" if claim.true else "refuted"), verdict


@pytest.mark.parametrize("claim", [claim for claim in CORPUS if claim.true], ids=lambda claim: claim.name)
def test_a_true_claim_turned_false_is_refuted(claim: Any) -> None:
    mistakes = {
        "a term added": claim.rhs + 1,
        "doubled, plus a half": 2 * claim.rhs + symbolic.tensor.as_tensor(1) / 2,
    }

    for mistake, wrong in mistakes.items():
        verdict = prove_tensor(claim.lhs, wrong, assuming=claim.assuming, timeout=10)
        assert verdict.status == "refuted", f"{mistake}: {verdict}"


def test_half_of_the_corpus_is_false_and_it_is_large_enough() -> None:
    false = sum(not claim.true for claim in CORPUS)

    assert len(CORPUS) >= 80
    assert 0.48 <= false / len(CORPUS) <= 0.55
    assert len({claim.name for claim in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize(
    "claim", [claim for claim in CORPUS if claim.true][::6], ids=lambda claim: claim.name
)
def test_the_verdict_does_not_depend_on_which_side_comes_first(claim: Any) -> None:
    verdict = prove_tensor(claim.rhs, claim.lhs, assuming=claim.assuming, timeout=10)

    assert verdict.status == "proved"


@pytest.mark.serial
def test_a_claim_takes_at_most_twenty_milliseconds() -> None:
    def once(claim: Any) -> float:
        start = time.process_time()  # of this process alone: what else the machine does is not the prover's
        prove_tensor(claim.lhs, claim.rhs, assuming=claim.assuming)
        return time.process_time() - start

    times = {claim.name: min(once(claim) for _ in range(4)) for claim in CORPUS}

    # Measured 9 ms at most and 1 ms in the median.
    slow = {name: seconds for name, seconds in times.items() if seconds > 0.020}
    assert not slow, slow
    assert statistics.median(times.values()) < 0.005
