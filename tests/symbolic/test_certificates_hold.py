"""The certificates of verdicts that the corpora do not have: arcs, derivatives of themselves, parts that stay fixed."""

from __future__ import annotations

import json

import pytest
import sympy as sp

from symbolic import prove, replay


@pytest.mark.parametrize(
    ("lhs", "rhs", "status"),
    [
        ("sin(asin(x))", "x", "proved"),
        ("sin(asin(2*x - 1))", "2*x - 1", "proved"),
        ("sin(asin(x) + asin(y))", "x*sqrt(1 - y^2) + y*sqrt(1 - x^2)", "proved"),
        ("tan(asin(x))", "x/sqrt(1 - x^2)", "proved"),
        ("sin(atan(w*y + b))", "(w*y + b)/sqrt(1 + (w*y + b)^2)", "proved"),
        ("asin(1/x) + acos(1/x)", "pi/2", "proved"),
        ("asin(relu(x)) - asin(max(0, x))", "0", "proved"),
        ("tanh(asinh(x))", "x/sqrt(1 + x^2)", "proved"),
        ("sinh(3*acosh(x))", "sqrt(x^2 - 1)*(4*x^2 - 1)", "proved"),
        ("exp(-2*log(x + sqrt(y)))*exp(z)", "exp(z)/(x + sqrt(y))^2", "proved"),
        ("(x + sqrt(y))^3.5", "sqrt(x + sqrt(y))*(x + sqrt(y))^3", "proved"),
        ("tanh(asinh(243))", "243/sqrt(59050)", "proved"),
        ("diff(sin(x), x, 4)", "sin(x)", "proved"),
        ("diff(diff((y + 1)*exp(x), x), y)", "diff(diff((y + (0*log(x) + 1))*exp(x), y), x)", "proved"),
        ("diff(x*abs(max(-2, 0)), x)", "0", "proved"),
        ("diff(x*abs(y - y), x)", "1", "refuted"),
        ("diff(max(0, 0*y) + x^2, x)", "2*x + 1", "refuted"),
    ],
)
def test_the_certificate_holds(lhs: str, rhs: str, status: str) -> None:
    verdict = prove(lhs, rhs)

    assert verdict.status == status
    answer = replay(json.loads(json.dumps(verdict.certificate)))
    assert answer.ok, answer.reason


def test_an_arc_says_where_it_has_a_value() -> None:
    assert prove("asin(x) + acos(x)", "pi/2").assumptions == ("(x + 1)*(x - 1) <= 0",)


def test_whole_powers_of_a_sum_of_either_sign_have_a_certificate_that_holds() -> None:
    r, n = sp.Symbol("r"), sp.Symbol("n", integer=True)

    for base in (r + 1, 1 - r, 2 - 3 * r, r**2 + sp.Symbol("a")):
        verdict = prove(base ** (2 * n + 1), base * base ** (2 * n))
        assert verdict.status == "proved"
        assert replay(json.loads(json.dumps(verdict.certificate)))
        assert replay(prove(base ** (n + 1), base * base**n).certificate)
