"""The prover on a corpus of our own: textbook identities, and beside them the mistakes that people make."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbolic.prover import prove

_LINES = (Path(__file__).parent / "prover_corpus.txt").read_text(encoding="utf-8").splitlines()
CORPUS = [[part.strip() for part in line.split(";;")] for line in _LINES if line.strip() and line[0] != "#"]


def test_the_corpus_is_large_and_about_half_of_it_is_false() -> None:
    false = sum(truth == "false" for truth, *_ in CORPUS)

    assert len(CORPUS) >= 200
    assert 0.45 <= false / len(CORPUS) <= 0.55


def test_no_claim_of_the_corpus_stands_twice() -> None:
    claims = [tuple(line[1:4]) for line in CORPUS]

    assert len(set(claims)) == len(claims)


@pytest.mark.parametrize("line", CORPUS, ids=lambda line: f"{line[0]}: {line[1]} = {line[2]}")
def test_a_claim_of_the_corpus_is_decided_as_it_is(line: list[str]) -> None:
    truth, lhs, rhs = line[:3]
    hypotheses = [h for h in (line[3] if len(line) > 3 else "").split(",,") if h.strip()]

    verdict = prove(lhs, rhs, assuming=hypotheses)

    assert verdict.status == ("proved" if truth == "true" else "refuted"), str(verdict)
    assert (verdict.counterexample is not None) == (truth == "false")
