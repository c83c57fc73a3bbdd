"""Products of symbolic length and the hypotheses that stand beside them: likelihoods, means, bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from symbolic import prove, replay

NORMAL = "exp(-(x[i] - mu)^2/(2*s^2))/(s*sqrt(2*pi))"
MEAN = "mu = sum(x[i], i, 1, m)/m"
BERNOULLI = "log(prod(p[i]^y[i]*(1 - p[i])^(1 - y[i]), i, 1, m))"
BITS = ("y[k] in {0, 1}", "sum(y[k], k, 1, n) = 1")

TRUE: list[Any] = [
    (BERNOULLI, "sum(y[i]*log(p[i]) + (1 - y[i])*log(1 - p[i]), i, 1, m)", ("p[i] > 0", "p[i] < 1")),
    (f"log(prod({NORMAL}, i, 1, m))", "-m*log(s) - m*log(2*pi)/2 - sum((x[i] - mu)^2, i, 1, m)/(2*s^2)", ("s > 0",)),
    (f"diff(log(prod({NORMAL}, i, 1, m)), mu)", "sum(x[i] - mu, i, 1, m)/s^2", ("s > 0",)),
    ("diff(sum(log(p)*x[i] + log(1 - p)*(1 - x[i]), i, 1, m), p)",
     "sum(x[i], i, 1, m)/p - (m - sum(x[i], i, 1, m))/(1 - p)", ("0 < p < 1",)),
    ("prod(c*x[i], i, 1, m)", "c^m*prod(x[i], i, 1, m)", ("c > 0", "x[i] > 0")),
    ("prod(x[i]/y[i], i, 1, m)", "prod(x[i], i, 1, m)/prod(y[i], i, 1, m)", ("x[i] > 0", "y[i] > 0")),
    ("prod(sigmoid(z[i]), i, 1, m)", "1/prod(1 + exp(-z[i]), i, 1, m)", ()),
    ("prod(p[k]^y[k], k, 1, n)", "sum(y[k]*p[k], k, 1, n)", (*BITS, "p[k] > 0")),
    ("sum((x[i] - mu)^2, i, 1, m)", "sum(x[i]^2, i, 1, m) - m*mu^2", (MEAN,)),
    ("sum(x[i] - mu, i, 1, m)", "0", (MEAN,)),
    ("sum(w[i]*x[i], i, 1, m)", "sum(x[i], i, 1, m)/m", ("w[i] = 1/m",)),
    ("sum(r^i, i, 0, m)", "(1 - r^(m + 1))/(1 - r)", ("0 < r < 1",)),
]  # fmt: skip
FALSE: list[Any] = [
    ("log(prod(c*x[i], i, 1, m))", "log(c) + sum(log(x[i]), i, 1, m)", ("c > 0", "x[i] > 0")),
    ("prod(x[i]/y[i], i, 1, m)", "prod(x[i], i, 1, m)*prod(y[i], i, 1, m)", ("x[i] > 0", "y[i] > 0")),
    ("sum((x[i] - mu)^2, i, 1, m)", "sum(x[i]^2, i, 1, m) - mu^2", (MEAN,)),
    ("sum(w[i]*x[i], i, 1, m)", "sum(x[i], i, 1, m)", ("w[i] = 1/m",)),
    ("sum(|x[i]|, i, 1, m)", "sum(x[i], i, 1, m)", ("x[i] > -1",)),
    ("prod(p[i]*(1 - p[i]), i, 1, m)", "prod(p[i], i, 1, m)", ("0 < p[i] < 1",)),
    ("sum(p[k]^y[k], k, 1, n)", "sum(|p[k]|^y[k], k, 1, n)", ("y[k] in {0, 1}",)),
    ("log(x[k])*sum(|x[i]|, i, 1, m)", "log(x[k])*sum(x[i], i, 1, m)", ()),
    ("diff(sum((x[i + 1] - x[i])^2, i, 1, m), x[1])", "2*(x[2] - x[1])", ("x[i] > 0",)),
    ("sum(x[i + 1] - x[i], i, 1, m)", "x[k]", ()),
    ("sum(x[i], i, 1, m) + x[k]*y[k]", "x[k]*y[k + 1] + sum(y[i] + x[i] - y[i], i, 1, m)", ()),
    ("sum(x[i] + x[i + 1], i, 1, m)", "sum(2*x[i], i, 1, m) + x[k]", ()),
    ("sum(pi*x[i], i, 1, m)", "22/7*sum(x[i], i, 1, m)", ()),
]


@pytest.mark.parametrize(("lhs", "rhs", "assuming"), TRUE, ids=lambda x: str(x)[:40])
def test_a_true_claim_is_proved_for_every_length(lhs: str, rhs: str, assuming: tuple[str, ...]) -> None:
    verdict = prove(lhs, rhs, assuming=assuming)

    assert verdict.status == "proved", str(verdict)
    assert replay(json.loads(json.dumps(verdict.certificate)))


@pytest.mark.parametrize(("lhs", "rhs", "assuming"), FALSE, ids=lambda x: str(x)[:40])
def test_a_false_claim_is_refuted(lhs: str, rhs: str, assuming: tuple[str, ...]) -> None:
    verdict = prove(lhs, rhs, assuming=assuming)

    assert verdict.status == "refuted", str(verdict)
    assert replay(json.loads(json.dumps(verdict.certificate)))


def test_an_equation_that_was_put_in_is_among_the_assumptions() -> None:
    verdict = prove("sum(a*x[i], i, 1, m)", "2*sum(x[i], i, 1, m)", assuming="a = 2")

    assert "a = 2" in verdict.assumptions


@pytest.mark.parametrize(
    ("lhs", "rhs", "assuming"),
    [
        pytest.param("sum(|x[i]|, i, 1, m)", "sum(x[i], i, 1, m)", ("x[i] > 0", "x[k] < -1"), id="contradiction"),
        pytest.param("sum(x[i], i, 1, m)", "sum(x[i], i, 1, m)", ("x[i] > 1", "x[i] < 0"), id="none is read"),
        pytest.param("sum(log(x[i]), i, 1, m)", "sum(log(x[i]), i, 1, m)", ("x[i] + 1 < 0",), id="no domain"),
        pytest.param("sum(a*x[i], i, 1, m)", "a", ("a = b", "b = 2", "a = 3"), id="two values"),
        pytest.param("sum(0*mu, i, 1, m)", "0", ("mu = log(-1)",), id="no value"),
        pytest.param("sum(x[i], i, 1, m)", "sum(x[i], i, 1, m)", ("x[i] < 0", "m = 3"), id="a length that is given"),
    ],
)  # fmt: skip
def test_a_claim_about_nothing_or_about_what_is_not_read_is_unknown(
    lhs: str, rhs: str, assuming: tuple[str, ...]
) -> None:
    assert prove(lhs, rhs, assuming=assuming).status == "unknown"


@pytest.mark.parametrize(
    ("lhs", "rhs", "assuming"),
    [
        pytest.param("sum(|x[i]|, i, 1, m)", "sum(x[i], i, 1, m)", ("x[i] > -1",), id="almost enough"),
        pytest.param("sum(mu*i, i, 1, m)", "sum((i + 1)*i, i, 1, m)", ("mu = i + 1",), id="an index is caught"),
        pytest.param("diff(sum((x[i] - mu)^2, i, 1, m), x[k])", "2*(x[k] - mu)", (MEAN,), id="what is held fixed"),
        pytest.param("diff(sum((x[i] - mu)^2, i, 1, m), mu)", "0", (MEAN,), id="a derivative by the name"),
    ],
)  # fmt: skip
def test_a_false_or_open_claim_is_not_proved(lhs: str, rhs: str, assuming: tuple[str, ...]) -> None:
    assert prove(lhs, rhs, assuming=assuming).status != "proved"


@pytest.mark.parametrize("series", ["sum", "prod"])
def test_a_power_whose_exponent_is_0_or_1_has_a_value_below_0_too(series: str) -> None:
    sides = f"{series}(p[k]^y[k], k, 1, n)", f"{series}(|p[k]|^y[k], k, 1, n)"

    assert prove(*sides, assuming="y[k] in {0, 1}").status != "proved"  # (-1)^1 is not 1
    assert prove(*sides, assuming=("y[k] in {0, 1}", "p[k] < 5")).status != "proved"


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        pytest.param("log(x[k])*sum(|x[i]|, i, 1, m)", "log(x[k])*sum(x[i], i, 1, m)", id="one entry"),
        pytest.param("log(x[k])*sum(|x[k]|, k, 1, m)", "log(x[k])*sum(x[k], k, 1, m)", id="a k that is another"),
        pytest.param("x[k]^a*sum(|x[i]|, i, 1, m)", "x[k]^a*sum(x[i], i, 1, m)", id="a power"),
        pytest.param("sum(log(W[i, i])*|W[i, j]|, i, 1, m)", "sum(log(W[i, i])*W[i, j], i, 1, m)", id="a diagonal"),
        pytest.param("sum(log(W[i, k])*|W[i, j]|, i, 1, m)", "sum(log(W[i, k])*W[i, j], i, 1, m)", id="a column"),
    ],
)  # fmt: skip
def test_the_logarithm_of_some_entries_says_nothing_of_the_others(lhs: str, rhs: str) -> None:
    assert (
        prove(lhs, rhs).status != "proved"
    )  # where another entry is negative both sides have values, and differ


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("sum(log(x[i])*|x[i]|, i, 1, m)", "sum(log(x[i])*x[i], i, 1, m)"),
        ("sum(log(W[i, k]^2), i, 1, m)", "2*sum(log(W[i, k]), i, 1, m)"),
        ("log(x[k]^2)*sum(y[i], i, 1, m)", "2*log(x[k])*sum(y[i], i, 1, m)"),
    ],
)
def test_the_logarithm_of_every_entry_that_is_read_makes_them_positive(lhs: str, rhs: str) -> None:
    assert prove(lhs, rhs).status == "proved"
