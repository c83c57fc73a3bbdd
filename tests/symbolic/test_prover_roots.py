"""Nested roots, roots of squares of sines, signs that no term shows, and exponents that hide in one fraction."""

from __future__ import annotations

import json

import pytest

from symbolic import prove, replay

NESTED = [
    ("sqrt(3 + 2*sqrt(2))", "1 + sqrt(2)"),
    ("sqrt(3 - 2*sqrt(2))", "sqrt(2) - 1"),
    ("sqrt(2 + sqrt(3))", "(sqrt(6) + sqrt(2))/2"),
    ("(17 + 12*sqrt(2))^(1/4)", "1 + sqrt(2)"),
    ("sqrt(10 + 2*sqrt(6) + 2*sqrt(10) + 2*sqrt(15))", "sqrt(2) + sqrt(3) + sqrt(5)"),
    ("log(3 + 2*sqrt(2))", "2*log(1 + sqrt(2))"),
    ("sqrt(2*x + 2*sqrt(x^2 - 1))", "sqrt(x + 1) + sqrt(x - 1)"),
    ("sqrt(x - 2*sqrt(x - 1))", "|1 - sqrt(x - 1)|"),
    ("log(sqrt(x + y)) + log(1 + 1/sqrt(x + y))", "log(1 + sqrt(x + y))"),
    ("softplus(log(2)/2)", "log(2)/2 + softplus(-log(2)/2)"),
    ("sqrt(1 - sin(x + y)^2)", "|cos(x + y)|"),
    ("sqrt(1 - cos(x - y)^2)", "|sin(x - y)|"),
    ("sqrt(1 + sin(2*x))", "|sin(x) + cos(x)|"),
]
SIGNS = [
    ("|x^2 - x + 1|", "x^2 - x + 1"),
    ("|x^2 - 3*x*y + 3*y^2|", "x^2 - 3*x*y + 3*y^2"),
    ("|x + sqrt(x^2 + 1)|", "x + sqrt(x^2 + 1)"),
    ("relu((x + sqrt(x^2 + 4))/2)", "(x + sqrt(x^2 + 4))/2"),
    ("max(x, sqrt(x^2 + y^2))", "sqrt(x^2 + y^2)"),
    ("|1 + x - sqrt(x)|", "1 + x - sqrt(x)"),
    ("max(sin(x), 2)", "2"),
    ("|1 - tanh(x)*sin(y)|", "1 - tanh(x)*sin(y)"),
]
REGIONS = [
    ("max(min(1 + y^2, y), min(1 + y^2, z))", "min(1 + y^2, max(y, z))"),
    ("min(x, max(y, 1 + x^2))", "max(min(x, y), min(x, 1 + x^2))"),
]
EXPONENTS = [
    ("exp(x/t)/exp(sigmoid(z)/t)", "exp((x - sigmoid(z))/t)"),
    ("diff(t*log(exp(x/t) + exp(sigmoid(z)/t)), x)", "sigmoid((x - sigmoid(z))/t)"),
    ("exp(1/(x*(x + 1)))", "exp(1/x)/exp(1/(x + 1))"),
    ("sin(x/t - 1/(t*(1 + y)))", "sin(x/t)*cos(1/(t*(1 + y))) - cos(x/t)*sin(1/(t*(1 + y)))"),
    ("exp((a - b)*(c - d)/tanh(z)^2)*exp(-a*(c - d)/tanh(z)^2)", "exp(-b*(c - d)/tanh(z)^2)"),
]


@pytest.mark.parametrize(("lhs", "rhs"), [*NESTED, *SIGNS, *REGIONS, *EXPONENTS])
def test_it_is_proved_and_the_proof_is_checked(lhs: str, rhs: str) -> None:
    verdict = prove(lhs, rhs)

    assert verdict.status == "proved", str(verdict)
    assert replay(json.loads(json.dumps(verdict.certificate))).reason == "it holds"


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("sqrt(3 - 2*sqrt(2))", "1 - sqrt(2)"),
        ("sqrt(2 + sqrt(3))", "(sqrt(6) - sqrt(2))/2"),
        ("sqrt(x - 2*sqrt(x - 1))", "1 - sqrt(x - 1)"),
        ("sqrt(1 - sin(x + y)^2)", "cos(x + y)"),
        ("|x^2 - 3*x + 2|", "x^2 - 3*x + 2"),
        ("|x^2 - 2*x + 999999/1000000|", "x^2 - 2*x + 999999/1000000"),
        ("|a*x^2 + b*x + c|", "a*x^2 + b*x + c"),
        ("|x + sqrt(x^2 - 1/10^9)|", "x + sqrt(x^2 - 1/10^9)"),
        ("|x + sqrt(x^2 + y)|", "x + sqrt(x^2 + y)"),
        ("|y*x + sqrt(x^2 + 1)|", "y*x + sqrt(x^2 + 1)"),
        ("max(2*sin(x), 19/10)", "19/10"),
        ("|1/2 - tanh(x)*sin(y)|", "1/2 - tanh(x)*sin(y)"),
        ("exp(x/t)/exp(sigmoid(z)/t)", "exp((x - sigmoid(z))/t^2)"),
        ("exp(1/(x*(x + 1)))", "exp(1/x)/exp(2/(x + 1))"),
    ],
)
def test_its_false_sister_is_refuted(lhs: str, rhs: str) -> None:
    verdict = prove(lhs, rhs)

    assert verdict.status == "refuted", str(verdict)
    assert replay(json.loads(json.dumps(verdict.certificate))).reason == "it holds"


def test_a_quadratic_whose_leading_coefficient_may_vanish_has_no_sign() -> None:
    """b^2 <= 4 a c says nothing of c where a = 0 = b."""
    quadratic = "a*x^2 + b*x + c"

    for sign, status in ((">", "proved"), (">=", "unknown")):
        given = [f"a {sign} 0", "4*a*c - b^2 >= 0"]
        assert prove(f"|{quadratic}|", quadratic, assuming=given).status == status


def test_a_factor_that_is_no_factor_is_seen_by_the_checker() -> None:
    certificate = json.loads(json.dumps(prove("sqrt(2 + sqrt(3))", "(sqrt(6) + sqrt(2))/2").certificate))
    for case in certificate["cases"]:
        for parts in case["factors"]:
            parts[1] = "2" if parts[1] == "1/2" else parts[1]

    assert not replay(certificate)


def test_a_sign_that_is_none_empties_no_region() -> None:
    """0 <= 0 added up to 0 = 0 contradicts nothing."""
    certificate = json.loads(json.dumps(prove("max(x, y, z)", "max(x, max(y, z))").certificate))
    regions = [region for case in certificate["cases"] for region in case["regions"] if region["empty"]]
    assert regions

    for region in regions:
        region["empty"] = [[[[region["signs"][0][0], 0]], "1"]]

    assert replay(certificate).reason == "signs are combined that are not known"
