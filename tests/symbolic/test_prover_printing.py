"""A refutation can be read: numbers of any size print, and sides that look alike show their difference."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
import sympy as sp

from symbolic import prove, replay
from symbolic._replay import statement
from symbolic.prover import Counterexample, Enclosure


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("exp(exp(exp(exp(z))))", "z"),
        ("exp(-exp(exp(exp(z))))", "z"),
        ("x^1000000", "x"),
        ("x^(10^25)", "x"),
        (sp.Integer(10) ** 5000 * sp.Symbol("x"), "x"),
    ],
)
def test_huge_and_tiny_values_print_and_their_certificates_hold(lhs: object, rhs: str) -> None:
    verdict = prove(lhs, rhs)

    assert verdict.status == "refuted"
    assert len(str(verdict)) < 7000
    assert verdict.counterexample is not None
    assert json.dumps(verdict.counterexample.difference.written())


def test_the_ends_of_a_huge_enclosure_are_rounded_outwards() -> None:
    low, high = Fraction(3**90_000), Fraction(3**90_000 + 1)
    written = [Fraction(text) for text in Enclosure(low, high).written()]

    assert written[0] < low < high < written[1]
    assert str(Enclosure(low, low)) == "8.18323022380e+42940"
    assert Fraction(Enclosure(1 / high, 1 / high).written()[0]) < 1 / high
    assert Enclosure(Fraction(-1, 3), Fraction(2)).written() == ("-1/3", "2")


@pytest.mark.parametrize(("lhs", "rhs"), [("tanh(100)", "1"), ("exp(-z^2)*10^(-60) + 1", "1")])
def test_sides_that_look_alike_show_their_difference(lhs: str, rhs: str) -> None:
    verdict = prove(lhs, rhs)
    found = verdict.counterexample

    assert found is not None
    assert found.looks_equal
    assert not found.difference.low <= 0 <= found.difference.high
    assert f"both sides are about {'1.00000000000' if lhs[0] == 'e' else ''}" in str(verdict)
    assert f"left minus right is {found.difference}" in str(verdict)
    assert replay(verdict.certificate)


def test_sides_that_differ_visibly_show_their_values() -> None:
    found = Counterexample({}, Enclosure(Fraction(1), Fraction(1)), Enclosure(Fraction(2), Fraction(2)))

    assert str(found) == "the left side is 1 and the right side 2"
    assert found.difference == Enclosure(Fraction(-1), Fraction(-1))


@pytest.mark.parametrize(
    ("lhs", "rhs"), [("sign(x - 10^(-40))", "sign(x)"), ("sign(x + 1/10^40)", "sign(x)")]
)
def test_a_refutation_very_near_a_kink_is_replayed(lhs: str, rhs: str) -> None:
    assert replay(prove(lhs, rhs).certificate)


def test_forged_precisions_integers_and_cycles_are_rejected() -> None:
    n = sp.Symbol("n", integer=True)
    base = json.dumps(prove("exp(x)", "1 + x").certificate)
    forged = json.loads(base)
    forged["given"]["integers"] = ["x"]
    assert not replay({**forged, "claim": statement(forged)})
    cyclic = json.loads(base)
    cyclic["nodes"] = [["add", i, i] for i in range(len(cyclic["nodes"]))]
    assert not replay(cyclic)

    proof = json.loads(json.dumps(prove(sp.Symbol("x"), sp.Symbol("x")).certificate))
    proof["cases"][0]["polys"][0] = [["1775", []]]
    assert not replay(proof)
    assert replay(prove((-1) ** (2 * n), 1).certificate)
    assert replay(prove((-1) ** n, 1).certificate)
