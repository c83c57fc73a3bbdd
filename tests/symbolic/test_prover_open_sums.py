"""Sums whose ends are symbols, that no tensor says: common ends, induction over a length, refutations at lengths."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import sympy as sp

from symbolic import prove, replay
from symbolic._replay import sums_statement
from symbolic._replay._open_sums import keeps
from symbolic._replay._open_terms import made, number

FORMAT = "backproof sums certificate 1"
TRUE = [
    ("sum(x[i], i, 1, m)", "x[1] + sum(x[i], i, 2, m)"),
    ("sum(x[i], i, 1, m + 1)", "sum(x[i], i, 1, m) + x[m + 1]"),
    ("sum(x[i], i, 1, n)", "sum(x[i], i, 1, m) + sum(x[i], i, m + 1, n)"),
    ("sum(i, i, m, n)", "(n*(n + 1) - m*(m - 1))/2"),
    ("diff(sum((w*x[i] - y[i])^2, i, m, n), w)", "2*sum((w*x[i] - y[i])*x[i], i, m, n)"),
    ("sum(i, i, 1, 2*m)", "m*(2*m + 1)"),
    ("sum(x[i], i, 1, n + 1)/(n + 1)", "(n*(sum(x[i], i, 1, n)/n) + x[n + 1])/(n + 1)"),
    # telescoping
    ("sum(x[i + 1] - x[i], i, 1, m)", "x[m + 1] - x[1]"),
    ("sum(log(x[i + 1]) - log(x[i]), i, 1, m)", "log(x[m + 1]) - log(x[1])"),
    ("sum(log((i + 1)/i), i, 1, m)", "log(m + 1)"),
    ("sum(1/(i*(i + 1)), i, 1, m)", "m/(m + 1)"),
    ("sum(i*(x[i + 1] - x[i]), i, 1, m)", "m*x[m + 1] - sum(x[i], i, 1, m)"),
    (
        "sum(u[i]*(v[i + 1] - v[i]), i, 1, m)",
        "u[m + 1]*v[m + 1] - u[1]*v[1] - sum(v[i + 1]*(u[i + 1] - u[i]), i, 1, m)",
    ),
    ("sum(sin(i), i, 1, m)", "(cos(1/2) - cos(m + 1/2))/(2*sin(1/2))"),
    # a derivative by a numbered entry
    ("diff(sum(x[i]^2, i, 1, m), x[3])", "2*x[3]"),
    ("diff(sum(i*x[i], i, 1, m), x[3])", "3"),
    ("diff(sum(x[i]*x[i + 1], i, 1, m), x[2])", "x[1] + x[3]"),
    ("diff(sum(x[i]*x[i + 1], i, 1, m), x[1])", "x[2]"),
    ("diff(log(sum(exp(z[j]), j, 1, n)), z[2])", "exp(z[2])/sum(exp(z[j]), j, 1, n)"),
    ("diff(sum((w*x[i] - y[i])^2, i, 1, m)/m, y[4])", "-2*(w*x[4] - y[4])/m"),
    ("diff(x[3]*sum(x[i]^2, i, 1, m), x[3])", "sum(x[i]^2, i, 1, m) + 2*x[3]^2"),
    # triangles
    ("sum(sum(1, j, 1, i), i, 1, m)", "m*(m + 1)/2"),
    ("sum(sum(x[j], j, 1, i), i, 1, m)", "sum((m + 1 - i)*x[i], i, 1, m)"),
    ("sum(sum(x[i]*x[j], j, 1, i), i, 1, m)", "(sum(x[i], i, 1, m)^2 + sum(x[i]^2, i, 1, m))/2"),
    ("sum(sum(W[i, j], j, 1, i), i, 1, m)", "sum(sum(W[i, j], i, j, m), j, 1, m)"),
    # derivatives by the last entry
    ("diff(sum(x[i]^2, i, 1, m), x[m])", "2*x[m]"),
    ("diff(sum(x[i]*x[i + 1], i, 1, m), x[m])", "x[m - 1] + x[m + 1]"),
    ("diff(sum((x[i + 1] - x[i])^2, i, 1, m - 1), x[m])", "2*(x[m] - x[m - 1])"),
    ("diff(sum(beta^(t - i)*g[i], i, 1, t), g[t - 1])", "beta"),
    ("diff(sum(x[i]^2, i, 1, m), x[m + 1])", "0"),
    ("diff(x[m]*sum(x[i], i, 1, m), x[m])", "x[m] + sum(x[i], i, 1, m)"),
    # products, whatever the signs of their factors
    ("prod(x[i], i, 1, m)*prod(y[i], i, 1, m)", "prod(x[i]*y[i], i, 1, m)"),
    ("prod(x[i]^2, i, 1, m)", "prod(x[i], i, 1, m)^2"),
    ("prod(x[i], i, 1, m + 1)", "prod(x[i], i, 1, m)*x[m + 1]"),
    ("prod(i, i, 1, m + 1)", "(m + 1)*prod(i, i, 1, m)"),
    ("prod(c*x[i], i, 1, m)", "c^m*prod(x[i], i, 1, m)"),
    ("prod(-x[i], i, 1, m)", "(-1)^m*prod(x[i], i, 1, m)"),
    ("prod(x[i]/y[i], i, 1, m)", "prod(x[i], i, 1, m)/prod(y[i], i, 1, m)"),
    ("prod(x[i]*exp(-z[i]), i, 1, m)", "prod(x[i], i, 1, m)*exp(-sum(z[i], i, 1, m))"),
    ("prod(x[i + 1], i, 0, m)", "x[1]*prod(x[i + 1], i, 1, m)"),
    # geometric series
    ("sum(r^i, i, 0, n)", "(r^(n + 1) - 1)/(r - 1)"),
    ("sum(r^i, i, m, n)", "(r^m - r^(n + 1))/(1 - r)"),
    ("sum(i*r^i, i, 1, n)", "r*(1 - (n + 1)*r^n + n*r^(n + 1))/(1 - r)^2"),
    ("sum(2^i, i, 0, n)", "2^(n + 1) - 1"),
    ("sum((-1)^i, i, 1, m)", "((-1)^m - 1)/2"),
    ("sum(exp(-i), i, 0, n)", "(1 - exp(-(n + 1)))/(1 - exp(-1))"),
    ("sum((1 - beta)*beta^(t - i), i, 1, t)", "1 - beta^t"),
    ("sum(beta^(t - i)*g[i], i, 1, t + 1)", "g[t + 1]/beta + sum(beta^(t - i)*g[i], i, 1, t)"),
]
FALSE = [
    ("sum(i, i, m, n)", "(n*(n + 1) - m*(m + 1))/2"),
    ("sum(x[i + 1] - x[i], i, 1, m)", "x[m] - x[1]"),
    ("diff(sum(x[i]^2, i, 1, m), x[3])", "x[3]"),
    ("diff(sum(x[i]*x[i + 1], i, 1, m), x[1])", "x[0] + x[2]"),
    ("diff(sum(x[i]*x[i + 1], i, 1, m), x[2])", "0"),
    ("diff(sum(x[i]*x[i + 1], i, 1, m), x[m])", "x[m - 1]"),
    ("diff(x[m]*sum(x[i], i, 1, m), x[m])", "sum(x[i], i, 1, m)"),
    ("prod(x[i], i, 1, m + 1)", "prod(x[i], i, 1, m)*x[m]"),
    ("prod(c*x[i], i, 1, m)", "c*prod(x[i], i, 1, m)"),
    ("prod(x[i] + y[i], i, 1, m)", "prod(x[i], i, 1, m) + prod(y[i], i, 1, m)"),
    ("prod(-x[i], i, 1, m)", "-prod(x[i], i, 1, m)"),
    ("sum(sum(x[i]*x[j], j, 1, i), i, 1, m)", "sum(x[i], i, 1, m)^2/2"),
    ("sum(sum(W[i, j], j, 1, i), i, 1, m)", "sum(sum(W[i, j], i, 1, j), j, 1, m)"),
    ("sum(x[i], i, 1, n)", "sum(x[i], i, 1, m) + sum(x[i], i, m, n)"),
]


@pytest.mark.parametrize(("lhs", "rhs"), TRUE, ids=lambda x: str(x)[:40])
def test_a_true_claim_is_proved_for_every_length(lhs: str, rhs: str) -> None:
    verdict = prove(lhs, rhs)
    certificate = json.loads(json.dumps(verdict.certificate))

    assert verdict.status == "proved", str(verdict)
    assert certificate["format"] == FORMAT
    assert replay(certificate)
    assert any("or more" in said for said in verdict.assumptions)


@pytest.mark.parametrize(("lhs", "rhs"), FALSE, ids=lambda x: str(x)[:40])
def test_a_false_claim_is_refuted_at_lengths_and_the_certificate_speaks_of_the_claim(
    lhs: str, rhs: str
) -> None:
    verdict = prove(lhs, rhs)
    certificate = json.loads(json.dumps(verdict.certificate))

    assert verdict.status == "refuted", str(verdict)
    assert certificate["format"] == FORMAT
    assert any(word in certificate["claim"] for word in ("sum(", "prod("))
    assert replay(certificate)
    certificate["at"] = {name: n + 1 for name, n in certificate["at"].items()}
    assert replay(certificate).reason == "the instance is not one of the claim"


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        # The sides agree until one has no value, and differ from there on: an induction would not notice.
        ("sum(1, i, 1, n)", "n + sign(n - 50) + 1"),
        ("sum(1, i, 1, n)", "n + abs(n - 50)/(n - 50) + 1"),
        ("sum(1, i, 1, n + 0)", "n + max(0, n - 50)"),
        ("sum(1, i, m, n)", "n - m + 1 + heaviside(n - m - 50)"),
        ("sum(x[i], i, m, n)", "sum(x[i], i, m, n) + heaviside(n - m - 50)"),
        # Terms without a value that rules would add.
        ("sum(1/(i - 50), i, m, n)", "sum(1/(i - 50), i, 1, n) - sum(1/(i - 50), i, 1, m - 1) + heaviside(m - 60)"),
    ],
)  # fmt: skip
def test_what_is_false_only_at_large_lengths_is_not_proved(lhs: str, rhs: str) -> None:
    assert prove(lhs, rhs).status != "proved"


def test_a_square_is_multiplied_out_with_both_of_its_factors() -> None:
    i, m, n, a = sp.symbols("i m n a")
    x = sp.IndexedBase("x")
    square = sp.Mul(x[i] + a, x[i] + a, evaluate=False)

    assert prove(sp.Sum(square, (i, m, n)), sp.Sum((x[i] + a) ** 2, (i, m, n))).status == "proved"
    assert prove(sp.Sum(square, (i, m, n)), sp.Sum(x[i] + a, (i, m, n))).status == "refuted"


def test_a_sum_that_may_run_backwards_is_said() -> None:
    forwards = prove("sum(x[i], i, 1, m + 1)", "sum(x[i], i, 1, m) + x[m + 1]")
    either = prove("sum(x[i], i, 1, n)", "sum(x[i], i, 1, m) + sum(x[i], i, m + 1, n)")

    assert "no sum runs backwards" not in forwards.assumptions
    assert "no sum runs backwards" in either.assumptions


def test_a_derivative_by_an_entry_says_how_far_the_sum_must_reach() -> None:
    assert "m is 3, 4, 5 or more" in prove("diff(sum(x[i]^2, i, 1, m), x[3])", "2*x[3]").assumptions


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("diff(sum(x[i], i, 1, m) + x[m], x[2])", "1"),  # 2 where m is 2
        ("diff(sum(x[3]*x[i], i, 1, m), x[3])", "sum(x[i], i, 1, m)"),
        ("diff(sum(sum(x[i]*x[j], i, 1, j), j, 1, m), x[2])", "sum(x[i], i, 1, m)"),
        ("diff(sum(x[i], i, n, m), x[2])", "1"),  # 0 where n is 3
        ("diff(sum(x[i], i, 1, m) + x[n], x[m])", "1"),  # 2 where n is m
        ("diff(x[k]*sum(x[i], i, 1, m), x[m])", "x[k]"),
    ],
)
def test_a_derivative_by_an_entry_that_may_be_another_one_is_not_taken(lhs: str, rhs: str) -> None:
    assert prove(lhs, rhs).status != "proved"


def test_a_derivative_by_an_index_is_not_taken() -> None:
    assert prove("sum(diff(i*x[i], i), i, 0, m)", "sum(x[i], i, 0, m)").status == "unknown"


def test_what_is_assumed_of_entries_holds_at_a_counterexample() -> None:
    i, m, n = sp.symbols("i m n")
    x, y = sp.IndexedBase("x", positive=True), sp.IndexedBase("x")
    refuted = prove(sp.Sum(x[i], (i, m, n)), -sp.Sum(x[i], (i, m, n)))

    assert prove(sp.Sum(sp.Abs(x[i]), (i, m, n)), sp.Sum(x[i], (i, m, n))).status != "refuted"
    assert prove(sp.Sum(sp.Abs(y[i]), (i, m, n)), sp.Sum(y[i], (i, m, n))).status == "refuted"
    assert refuted.counterexample is not None
    assert all(value > 0 for value in refuted.counterexample.point.values())


# -- certificates ---------------------------------------------------------------------------------
def _certificate(lhs: str, rhs: str) -> Any:
    return json.loads(json.dumps(prove(lhs, rhs).certificate))


def test_a_proof_is_not_one_of_another_claim() -> None:
    certificate = _certificate("sum(x[i + 1] - x[i], i, 1, m)", "x[m + 1] - x[1]")
    other = _certificate("sum(x[i + 1] - x[i], i, 1, m)", "x[m] - x[1]")
    forged = {**certificate, "nodes": other["nodes"], "sides": other["sides"]}
    forged["claim"] = sums_statement(forged)

    assert not replay(forged)


@pytest.mark.parametrize("rule", ["last", "first", "empty", "count", "split", "out", "join", "move"])
def test_a_rule_that_does_not_hold_is_noticed(rule: str) -> None:
    certificate = _certificate("sum(log(x[i + 1]) - log(x[i]), i, 1, m)", "log(x[m + 1]) - log(x[1])")
    rejected = 0
    for place, (_, known, *_rest) in enumerate(certificate["proof"]["rules"]):
        forged = json.loads(json.dumps(certificate))
        forged["proof"]["rules"][place][1:] = [rule, 1] if rule in ("join", "move") else [rule]
        rejected += known != rule and not replay(forged).ok

    assert rejected


@pytest.mark.parametrize("rule", ["last", "first", "empty", "count", "split", "power", "exponent", "move"])
def test_a_rule_for_products_that_does_not_hold_is_noticed(rule: str) -> None:
    certificate = _certificate("prod(c*x[i]^2, i, 1, m + 1)", "c^(m + 1)*prod(x[i], i, 1, m)^2*x[m + 1]^2")
    assert {known for _, known, *_ in certificate["proof"]["rules"]} >= {"last", "count", "split", "power"}

    for place, (_, known, *_rest) in enumerate(certificate["proof"]["rules"]):
        forged = json.loads(json.dumps(certificate))
        forged["proof"]["rules"][place][1:] = [rule, 1] if rule == "move" else [rule]
        assert known == rule or not replay(forged).ok


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("prod(c, i, 1, m)", "c*prod(c, i, 1, m)/c + 0*c^m"),
        ("prod(1 - x[i], i, 1, m)*prod(1/(1 - x[i]), i, 1, m)", "1"),
    ],
)
def test_a_product_that_may_be_0_is_divided_by_where_both_sides_are_only(lhs: str, rhs: str) -> None:
    assert prove(lhs, rhs).status == "proved"
    assert prove(lhs, f"{rhs} + prod(c*x[i], i, 1, m)").status == "refuted"


def test_a_product_without_factors_is_1_where_its_factor_has_no_value() -> None:
    assert prove("prod(exp(log(a)), i, 1, m - 1)", "|a|/a*a^(m - 1)").status == "proved"  # m is 2 or more
    assert prove("prod(exp(log(a)), i, m, n)", "|a|/a*a^(n - m + 1)").status != "proved"  # m = n + 1, a = -1
    assert (
        prove(
            "prod(exp(log(a)), i, 1, m - 1)*prod(x[j], j, 1, m)", "prod(x[j], j, 1, m)*|a|/a*a^(m - 1)"
        ).status
        == "proved"
    )


def test_the_base_and_the_step_of_an_induction_are_both_needed() -> None:
    right = _certificate("sum(i, i, 1, 2*m)", "m*(2*m + 1)")
    wrong = _certificate("sum(i, i, 1, 2*m)", "m*(2*m + 1) + 1")
    assert wrong["status"] == "refuted"
    forged = {**right, "nodes": wrong["nodes"], "sides": wrong["sides"]}
    forged["claim"] = sums_statement(forged)
    assert not replay(forged)

    for part in ("base", "step"):
        forged = json.loads(json.dumps(right))
        other = "step" if part == "base" else "base"
        forged["proof"][part] = forged["proof"][other]
        assert not replay(forged)


def test_an_induction_over_a_side_that_may_have_no_value_is_refused() -> None:
    n = ("sym", "n")  # n + |n - 3|/(n - 3) + 1 is n until n = 3, and is not after it
    assert not keeps(made("inv", [made("add", [n, number(-3)])]), "n", {"n": 1}, {"n"})
    assert keeps(made("inv", [made("add", [n, number(3)])]), "n", {"n": 1}, {"n"})
    assert not keeps(made("pow", [made("add", [n, number(-3)]), n]), "n", {"n": 1}, {"n", ("sym", "r")})
    assert keeps(made("inv", [("sym", "r")]), "n", {"n": 1}, {"n"})
    assert not keeps(("sign", made("add", [n, number(-3)])), "n", {"n": 1}, {"n"})
    tail = ("sum", ("log", ("entry", "x", (0, (("#1", 1),)))), "#1", (0, (("n", 1),)), (0, (("m", 1),)))
    assert not keeps(tail, "n", {"n": 1, "m": 1}, {"n", "m"})


# -- random claims --------------------------------------------------------------------------------
I, M, N = sp.symbols("i m n")
X, Y = sp.IndexedBase("x"), sp.IndexedBase("y")
BODIES = (
    lambda i: X[i],
    lambda i: X[i] * Y[i + 1],
    lambda i: i * X[i],
    lambda i: X[i + 1] - X[i],
    lambda i: i**2 + X[i],
    lambda i: sp.Sum(X[sp.Symbol("j")] * Y[i], (sp.Symbol("j"), 1, i)),
)
ENDS = ((sp.S(1), M), (sp.S(2), M + 1), (M, M + N), (N, N + M), (sp.S(0), M))


def _random(rng: random.Random) -> tuple[Any, Any]:
    """A sum, and the same written otherwise, or nearly the same."""
    body, (low, high) = rng.choice(BODIES), rng.choice(ENDS)
    how, c = rng.randrange(3), rng.choice((1, 2))
    other = {
        0: lambda: sp.Sum(body(I), (I, low, high - 1)) + body(high),
        1: lambda: sp.Sum(body(I), (I, low + 1, high)) + body(low),
        2: lambda: sp.Sum(body(I + c), (I, low - c, high - c)),
    }[how]()
    return sp.Sum(body(I), (I, low, high)), other + (X[low] if rng.random() < 0.4 else 0)


def _value(side: Any, lengths: dict[Any, int]) -> Any:
    """A side at lengths, its entries numbers."""
    if isinstance(side, sp.Sum):
        body, *inner, (index, low, high) = side.args
        body = sp.Sum(body, *inner) if inner else body
        ends = (int(end.xreplace(lengths)) for end in (low, high))
        first, last = ends
        return sum((_value(body, {**lengths, index: sp.Integer(k)}) for k in range(first, last + 1)), sp.S(0))
    if isinstance(side, sp.Indexed):
        place = int(side.indices[0].xreplace(lengths))
        return sp.Rational((37 * place + 11 * len(str(side.base)) + (side.base == Y) * 5) % 23 - 9, 3)
    return side.func(*(_value(x, lengths) for x in side.args)) if side.args else side.xreplace(lengths)


@pytest.mark.parametrize("block", range(4))
def test_random_claims_are_decided_as_their_values_say(block: int) -> None:
    rng = random.Random(block)
    decided = 0
    for _ in range(20):
        lhs, rhs = _random(rng)
        lengths = [{M: sp.Integer(m), N: sp.Integer(n)} for m in (1, 2, 4) for n in (1, 3)]
        truth = "proved" if all(_value(lhs, at) == _value(rhs, at) for at in lengths) else "refuted"

        verdict = prove(lhs, rhs)

        assert verdict.status in ("unknown", truth), str(verdict)
        if verdict.status != "unknown":
            decided += 1
            assert replay(verdict.certificate)
    assert decided >= 19
