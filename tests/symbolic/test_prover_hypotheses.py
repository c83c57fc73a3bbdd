"""Hypotheses count even when nothing in the claim speaks of them: contradictions prove and refute nothing."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy as sp

from symbolic import InvalidArgument, prove
from symbolic.tensor import axis, one_hot, positive, probability, tensor

N = sp.Symbol("n", integer=True)


@pytest.mark.parametrize(
    ("lhs", "rhs", "assuming"),
    [
        (N, sp.Rational(1, 2), ["n = 1/2"]),
        ("y", "exp(x)", ["exp(x) = y", "y = -1"]),
        ("x", "y", ["x = y", "x = y + 1"]),
    ],
)
def test_hypotheses_that_contradict_each_other_prove_nothing(lhs: Any, rhs: Any, assuming: list[str]) -> None:
    assert prove(lhs, rhs, assuming=assuming).status == "unknown"


def test_what_needs_no_hypothesis_is_proved_without_those_that_nothing_is_known_of() -> None:
    verdict = prove("x + y", "y + x", assuming="x^2 + y^2 = 5")

    assert verdict.status == "proved"
    assert verdict.assumptions == ()
    assert prove(N**2, 4, assuming="n = 2").status == "proved"


def test_a_counterexample_names_the_variables_that_hypotheses_determine() -> None:
    first = prove("y^2", "y", assuming="y = 1/2").counterexample
    second = prove("x*z", "z", assuming="x = 2*y").counterexample

    assert first is not None
    assert second is not None
    assert first.point == {"y": Fraction(1, 2)}
    assert second.point["x"] == 2 * second.point["y"]  # type: ignore[operator]


def test_a_hypothesis_on_a_tensor_that_the_claim_does_not_hold_constrains_the_sizes() -> None:
    n, m = axis("n"), axis("m")
    Y, x = tensor("Y", n, m), tensor("x", n)
    both = [one_hot(Y, axis=n), one_hot(Y, axis=m)]  # so Y is a permutation, and n = m

    assert prove(m.size, n.size, assuming=both).status == "unknown"
    assert prove(
        m.size * x, n.size * x, assuming=[probability(Y, axis=n), probability(Y, axis=m)]
    ).status == ("unknown")
    assert prove(n.size, 1, assuming=[one_hot(Y, axis=n), positive(Y)]).status == "unknown"
    assert prove(m.size, n.size, assuming=[one_hot(Y, axis=n)]).status == "refuted"


@pytest.mark.parametrize("bad", [{"assuming": 5}, {"assuming": None}, {"timeout": "2"}, {"timeout": 0}])
def test_arguments_that_cannot_be_read_are_named(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(bad))):
        prove("x", "x", **bad)
