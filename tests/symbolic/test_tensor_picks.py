"""A one-hot column picks one entry: whatever is done to the sum is done to the entry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from symbolic import prove, replay
from symbolic._replay import tensor_statement
from symbolic.tensor import (
    adds_up,
    axis,
    binary,
    differentiate,
    elementwise,
    exp,
    log,
    log_softmax,
    logsumexp,
    one_hot,
    relu,
    sigmoid,
    softmax,
    tensor,
)

m, k, d = axis("m"), axis("k"), axis("d")
X, W, U, V = tensor("X", m, d), tensor("W", d, k), tensor("U", m, k), tensor("V", m, k)
Y = tensor("Y", m, k)
g = elementwise("g")
P = softmax(X @ W, axis=k)
ROWS = one_hot(Y, axis=k)

TRUE: list[Any] = [
    pytest.param(-log((Y * P).sum(axis=k)), -(Y * log(P)).sum(axis=k), id="cross-entropy, the sum inside"),
    pytest.param(
        -log((Y * P).sum(axis=k)).sum(),
        -(Y * log_softmax(X @ W, axis=k)).sum(),
        id="and as a log-softmax",
    ),
    pytest.param(
        differentiate(-log((Y * P).sum(axis=k)).sum() / m.size, W), X.T @ (P - Y) / m.size, id="its gradient"
    ),
    pytest.param(Y * (Y * U).sum(axis=k, keepdims=True), Y * U, id="an entry beside the sum"),
    pytest.param((Y * U).sum(axis=k) ** 3, (Y * U**3).sum(axis=k), id="a power"),
    pytest.param(1 / (Y * P).sum(axis=k), (Y / P).sum(axis=k), id="below a fraction"),
    pytest.param((Y * U).sum(axis=k) * (Y * V).sum(axis=k), (Y * U * V).sum(axis=k), id="two sums"),
    pytest.param((Y @ Y.T) ** 2, Y @ Y.T, id="the matrix of equal labels"),
    pytest.param(exp((Y * U).sum(axis=k)), (Y * exp(U)).sum(axis=k), id="an exponential"),
    pytest.param(
        exp((Y * U).sum(axis=k) - logsumexp(U, axis=k)),
        (Y * softmax(U, axis=k)).sum(axis=k),
        id="the probability of the label",
    ),
    pytest.param(sigmoid((Y * U).sum(axis=k)), (Y * sigmoid(U)).sum(axis=k), id="a sigmoid"),
    pytest.param(relu((Y * U).sum(axis=k)), (Y * relu(U)).sum(axis=k), id="a ReLU"),
    pytest.param(g(3 * (Y * U).sum(axis=k) + 1), (Y * g(3 * U + 1)).sum(axis=k), id="an unknown function"),
]
FALSE: list[Any] = [
    pytest.param(log((Y * P).sum()), (Y * log(P)).sum(), id="a sum over all columns picks many"),
    pytest.param(exp((Y * U).sum()), (Y * exp(U)).sum(), id="and so does an exponential"),
    pytest.param(exp((Y * U).sum(axis=k) + 1), (Y * exp(U)).sum(axis=k), id="a summand that is forgotten"),
    pytest.param((Y * U).sum() ** 2, (Y * U * U).sum(), id="and so does its square"),
    pytest.param(Y * (Y * U).sum(axis=m), Y * U, id="the other axis"),
    pytest.param((Y * U).sum(axis=k) * (V * U).sum(axis=k), (Y * V * U * U).sum(axis=k), id="no one-hot sum"),
    pytest.param(g((Y * U).sum(axis=k) + 1), (Y * g(U)).sum(axis=k) + 1, id="what stands beside the sum"),
]


@pytest.mark.parametrize(("lhs", "rhs"), TRUE)
def test_it_is_proved_for_one_hot_columns_only(lhs: Any, rhs: Any) -> None:
    verdict = prove(lhs, rhs, assuming=[ROWS])

    assert verdict.status == "proved", str(verdict)
    assert any("one-hot" in assumption for assumption in verdict.assumptions)
    assert replay(json.loads(json.dumps(verdict.certificate))).reason == "it holds"
    for weaker in ([], [adds_up(Y, axis=k)], [binary(Y)], [one_hot(Y, axis=m)]):
        assert prove(lhs, rhs, assuming=weaker).status == "refuted"


@pytest.mark.parametrize(("lhs", "rhs"), FALSE)
def test_what_it_does_not_say_is_refuted(lhs: Any, rhs: Any) -> None:
    assert prove(lhs, rhs, assuming=[ROWS]).status == "refuted"


def test_the_checker_does_not_take_another_hypothesis_for_it() -> None:
    for lhs, rhs in (param.values for param in TRUE):
        certificate = json.loads(json.dumps(prove(lhs, rhs, assuming=[ROWS]).certificate))
        for kind in ("adds_up", "probability", "binary"):
            forged = {**certificate, "hypotheses": [[kind, "Y", -1 if kind == "binary" else 1]]}
            forged["claim"] = tensor_statement(forged)
            assert not replay(forged), (kind, forged["claim"])
