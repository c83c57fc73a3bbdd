"""What a caller may hand over that is not what it seems: SymPy's own assumptions, names, and classes."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from symbolic import prove

x = sp.Symbol("x")


def _symbol(**assumptions: bool) -> sp.Symbol:
    return sp.Symbol("s", **assumptions)


@pytest.mark.parametrize(
    "symbol",
    [
        pytest.param(_symbol(**{what: value}), id=f"{what}={value}")
        for what, value in (
            ("complex", True),
            ("imaginary", True),
            ("real", False),
            ("extended_real", False),
            ("infinite", True),
            ("commutative", False),
            ("algebraic", True),
            ("transcendental", True),
        )
    ],
)
def test_of_what_need_not_be_real_nothing_is_said(symbol: sp.Symbol) -> None:
    """|s|^2 = s^2 holds for real numbers only, and s = 2 s fails for real numbers only."""
    assert prove(sp.Abs(symbol, evaluate=False) ** 2, symbol**2).status == "unknown"
    assert prove(symbol, 2 * symbol).status == "unknown"
    assert prove(sp.IndexedBase(symbol)[1], 2 * sp.IndexedBase(symbol)[1]).status == "unknown"


@pytest.mark.parametrize(
    ("assumed", "lhs", "rhs"),
    [
        ({"zero": True}, lambda g: g + x, lambda g: x),
        ({"positive": True}, lambda g: sp.Piecewise((1, g > -(x**2)), (2, True)), lambda g: sp.S.One),
        ({"integer": True}, lambda g: sp.sin(sp.pi * (g + sp.Rational(1, 2))) ** 2, lambda g: sp.S.One),
        ({"imaginary": True}, lambda g: sp.Abs(g) ** 2, lambda g: g**2),
    ],
)
def test_an_unknown_function_of_which_more_is_assumed_is_not_taken_for_any(
    assumed: dict[str, bool], lhs: Any, rhs: Any
) -> None:
    """A polynomial in its place would not have what is assumed."""
    g = sp.Function("g", **assumed)(x)

    assert prove(lhs(g), rhs(g)).status != "refuted"
    assert prove(g, 2 * g + 1).status == "unknown"


def test_an_unknown_function_may_be_said_to_be_real() -> None:
    g = sp.Function("g", real=True)(x)

    assert prove(sp.Derivative(g**2, x), 2 * g * sp.Derivative(g, x)).status == "proved"


def test_variables_that_are_only_called_alike_are_not_one() -> None:
    dummy = sp.Dummy("x")

    assert prove(dummy, sp.Symbol(f"_x_{dummy.dummy_index}")).status == "unknown"
    assert prove(sp.IndexedBase("x")[1], sp.Symbol("x[1]")).status == "unknown"
    assert prove(dummy, x).status == "refuted"
    assert prove(sp.Dummy("x"), sp.Dummy("x")).status == "refuted"


def test_a_class_of_somebody_else_is_not_the_function_it_is_called_like() -> None:
    theirs = type("sin", (sp.Function,), {})

    assert prove(theirs(x), sp.sin(x)).status == "unknown"
    assert prove(type("log", (sp.Function,), {})(x), sp.log(x)).status == "unknown"


def test_sums_that_are_read_in_two_ways_are_read_in_none() -> None:
    k = sp.Symbol("k", integer=True)

    assert prove(sp.Sum(k, (k, 3, 1)), 0).status == "unknown"  # SymPy says -2, notes say 0
    assert prove(sp.Sum(k, (k, 3, 2)), 0).status == "proved"
    assert prove(sp.Sum(sp.Derivative(k**2, k), (k, 1, 2)), 6).status == "unknown"
    assert prove(sp.Sum(k**2, (k, 1, 3)), 14).status == "proved"


def test_a_sum_of_symbolic_length_says_what_the_length_may_be() -> None:
    assert prove("sum(1, i, 1, m)", "m").assumptions == ("m is 1, 2, 3 or more",)
