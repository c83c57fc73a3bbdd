"""On every claim both deciders are run to their end: a proof and a refutation of one claim must not both exist."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from symbolic.grammar import parse_raw
from symbolic.prover import prove
from symbolic.prover._deadline import Deadline
from symbolic.prover._errors import Exhausted, OutOfReach
from symbolic.prover._premises import read_hypotheses
from symbolic.prover._prove import lowered
from symbolic.prover._refute import Search
from symbolic.prover._regions import decide

ROOT = Path(__file__).parents[2]
_LINES = (Path(__file__).parent / "prover_corpus.txt").read_text(encoding="utf-8").splitlines()
CORPUS = [[part.strip() for part in line.split(";;")] for line in _LINES if line.strip() and line[0] != "#"]


def _both(lhs: str, rhs: str, assuming: list[str]) -> tuple[bool, bool]:
    """Whether the normal form proves the claim, and whether a thorough search refutes it; each without the other."""
    deadline = Deadline(20.0)
    question = lowered("", (parse_raw(lhs), parse_raw(rhs)), read_hypotheses(assuming, {}), deadline)
    proves, refutes = [], False
    for values in question.premises.cases():
        claim = question._claim(values)
        search = Search(claim, question._sampler(claim, values), deadline)
        decision = None
        try:
            decision = decide(claim, deadline)
            proves.append(decision.holds)
        except (Exhausted, OutOfReach):
            proves.append(False)
        refutes |= search.quick() is not None or search.thorough(decision) is not None
        if decision is not None:
            # Also where the proof has its own doubts: around every sign it chose.
            points = (p for leaf in decision.leaves for p in search._guided(decision, leaf, 2))
            refutes |= any((trial := search.at(p, 200)) is not None and trial.differs for p in points)
    return all(proves), refutes


def test_no_claim_of_the_corpus_is_both_proved_and_refuted() -> None:
    for truth, lhs, rhs, *rest in CORPUS:
        assuming = [h for h in (rest[0] if rest else "").split(",,") if h.strip()]

        proves, refutes = _both(lhs, rhs, assuming)

        assert (proves, refutes) == (truth == "true", truth == "false"), f"{lhs} = {rhs}"


def test_no_generated_claim_is_both_proved_and_refuted() -> None:
    spec = importlib.util.spec_from_file_location("prover_claims_both", ROOT / "benchmarks" / "claims.py")
    assert spec is not None
    assert spec.loader is not None
    claims = importlib.util.module_from_spec(spec)
    sys.modules["prover_claims_both"] = claims
    spec.loader.exec_module(claims)

    for claim in claims.generate(60, seed=5, depth=2):
        proves, refutes = _both(claim.lhs, claim.rhs, [])

        assert not (proves and refutes), claim


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("sqrt(x*y^2) + |x|", "sqrt(x*y^2) + x"),
        ("sqrt(-z^2)", "5"),
        ("sqrt(x)*sqrt(x*y) + |y|", "sqrt(x)*sqrt(x*y) + y"),
        ("heaviside(z)*z", "relu(z)"),
        ("piecewise(1, z != 0, 2)", "1"),
        ("sqrt(z)*sqrt(-z)", "1"),
        ("piecewise(w, w > 0, sqrt(z) + sqrt(-z) + |z|)", "piecewise(w, w > 0, 5)"),
    ],
)
def test_borders_of_domains_are_not_proved_and_refuted_at_once(lhs: str, rhs: str) -> None:
    proves, refutes = _both(lhs, rhs, [])

    assert not (proves and refutes)
    assert prove(lhs, rhs).status == prove(rhs, lhs).status
