"""Signs of logarithms: log u is positive where u is larger than 1, and softplus everywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from symbolic import prove, replay

TRUE: list[Any] = [
    ("|log(x)|", "log(x)", "x > 1"),
    ("|log(x)|", "-log(x)", "0 < x < 1"),
    ("|log(|x|)|", "log(|x|)", "x < -1"),
    ("|log(2x)|", "log(2x)", "x > 1/2"),
    ("|log(x/y)|", "log(x) - log(y)", ("x > y", "y > 0")),
    ("max(log(x), log(y))", "log(max(x, y))", ()),
    ("relu(softplus(z))", "softplus(z)", ()),
    ("|log(sigmoid(z))|", "-log(sigmoid(z))", ()),
    ("max(softplus(z), relu(z))", "softplus(z)", ()),
    ("|log(cosh(z))|", "log(cosh(z))", ()),
    ("|y*log(p) + (1 - y)*log(1 - p)|", "-y*log(p) - (1 - y)*log(1 - p)", ("y in {0, 1}", "0 < p < 1")),
    ("relu(x*log(y) - relu(x*log(y) - 1))", "min(relu(x*log(y)), 1)", ()),
    ("log(|log(x)|)", "log(-log(x))", "0 < x < 1"),
]
FALSE: list[Any] = [
    ("|log(x)|", "log(x)", "x > 999/1000"),
    ("|log(2x)|", "log(2x)", "x > 1/3"),
    ("|log(x/y)|", "log(x) - log(y)", ("x > y - 1/10", "y > 0")),
    ("max(log(x), log(y))", "log(min(x, y))", ()),
    ("|log(sigmoid(z))|", "log(sigmoid(z))", ()),
    ("max(softplus(z), relu(z) + 1/2)", "softplus(z)", ()),
    ("heaviside(log(x))", "heaviside(x)", ()),
]


@pytest.mark.parametrize(("lhs", "rhs", "assuming"), TRUE, ids=lambda x: str(x)[:40])
def test_the_sign_of_a_logarithm_follows_from_what_it_is_of(lhs: str, rhs: str, assuming: Any) -> None:
    verdict = prove(lhs, rhs, assuming=assuming)

    assert verdict.status == "proved", str(verdict)
    assert replay(json.loads(json.dumps(verdict.certificate)))


@pytest.mark.parametrize(("lhs", "rhs", "assuming"), FALSE, ids=lambda x: str(x)[:40])
def test_another_sign_is_refuted(lhs: str, rhs: str, assuming: Any) -> None:
    verdict = prove(lhs, rhs, assuming=assuming)

    assert verdict.status == "refuted", str(verdict)
    assert replay(json.loads(json.dumps(verdict.certificate)))
