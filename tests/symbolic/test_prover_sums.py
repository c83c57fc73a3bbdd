"""Sums and products of symbolic length inside scalar claims, read by the calculus of tensors."""

from __future__ import annotations

import json
import math
import random

import pytest
import sympy as sp

from symbolic import equivalent_up_to, parse, prove, replay
from symbolic._replay._tensor_program import tensor_statement
from symbolic.grammar import FormulaError

TRUE = [
    ("sum(x[i], i, 1, m)", "sum(x[j], j, 1, m)", ()),
    ("sum(2*x[i] + 1, i, 1, m)", "2*sum(x[i], i, 1, m) + m", ()),
    ("sum(c, i, 1, m)", "m*c", ()),
    ("sum(x[i] - sum(x[j], j, 1, m)/m, i, 1, m)", "0", ()),
    ("sum((x[i] - sum(x[j], j, 1, m)/m)^2, i, 1, m)", "sum(x[i]^2, i, 1, m) - sum(x[i], i, 1, m)^2/m", ()),
    ("sum(sum(W[i, j]*x[j], j, 1, n)*v[i], i, 1, m)", "sum(sum(v[i]*W[i, j], i, 1, m)*x[j], j, 1, n)", ()),
    ("diff(sum(x[i]^2, i, 1, m)/m, x[k])", "2*x[k]/m", ()),
    ("diff(sum((w*x[i] + b - y[i])^2, i, 1, m)/(2*m), w)", "sum((w*x[i] + b - y[i])*x[i], i, 1, m)/m", ()),
    ("diff(log(sum(exp(z[j]), j, 1, n)), z[k])", "exp(z[k])/sum(exp(z[j]), j, 1, n)", ()),
    ("diff(sum(g(2*x[i]), i, 1, m), x[k])", "2*g'(2*x[k])", ()),
    ("diff(max(0, sum(w[i]*x[i], i, 1, n)), w[k])", "heaviside(sum(w[i]*x[i], i, 1, n))*x[k]", ()),
    (
        "diff(sum(sigmoid(w*x[i]), i, 1, m), w)",
        "sum(x[i]*sigmoid(w*x[i])*(1 - sigmoid(w*x[i])), i, 1, m)",
        (),
    ),
    ("sum(diff(x[i], x[j]), j, 1, n)", "1", ()),
    ("prod(exp(x[i]), i, 1, m)", "exp(sum(x[i], i, 1, m))", ()),
    ("log(prod(x[i], i, 1, m))", "sum(log(x[i]), i, 1, m)", ("x[i] > 0",)),
    ("sum(x[i]^a, i, 1, m)", "sum(exp(a*log(x[i])), i, 1, m)", ()),
    ("sum(y[k]^2, k, 1, n)", "1", ("y[k] in {0, 1}", "sum(y[k], k, 1, n) = 1")),
    ("sum(x[i], i, 1, 3)", "x[1] + x[2] + x[3]", ()),
    ("diff(g(x[i]), x[i])", "g'(x[i])", ()),
    ("sum(x[i] - a, i, 0, m)", "sum(x[i], i, 0, m) - (m + 1)*a", ()),
    ("sum(1, i, 2, m)", "m - 1", ()),
    (
        "diff(sum((w*x[i] - y[i])^2, i, 0, n)/(2*(n + 1)), w)",
        "sum((w*x[i] - y[i])*x[i], i, 0, n)/(n + 1)",
        (),
    ),
    ("diff(sum(i*x[i], i, 1, m), x[k])", "k", ()),
    ("sum((i - 1)*x[i], i, 1, m)", "sum(j*x[j], j, 1, m) - sum(x[j], j, 1, m)", ()),
    ("sum(i, i, 1, m)", "m*(m + 1)/2", ()),
    ("sum(i, i, 0, m - 1)", "m*(m - 1)/2", ()),
    ("sum(i, i, -3, m)", "m*(m + 1)/2 - 6", ()),
    ("sum(i^2, i, 1, m)", "m*(m + 1)*(2*m + 1)/6", ()),
    ("sum(i^3, i, 1, m)", "sum(j, j, 1, m)^2", ()),
    ("sum(2*i - 1, i, 1, m)", "m^2", ()),
    ("sum(sum((i + j)^2, i, 1, m), j, 1, m)", "2*m*sum(i^2, i, 1, m) + 2*sum(i, i, 1, m)^2", ()),
    ("sum(sum(i*j, i, 1, m), j, 1, n)", "m*(m + 1)*n*(n + 1)/4", ()),
    ("log(sum(i, i, 1, m))", "log(m) + log(m + 1) - log(2)", ()),
    ("sum(i^21, i, 1, m)", "sum(j^21, j, 1, m)", ()),
    ("sum(x[i + 1], i, 0, m - 1)", "sum(x[i], i, 1, m)", ()),
    ("sum(x[i - 1]*i, i, 1, m)", "sum(x[i]*(1 + i), i, 0, m - 1)", ()),
    ("sum(x[i], i, 0, m - 1) + sum(y[i], i, 1, m)", "sum(x[j] + y[j + 1], j, 0, m - 1)", ()),
    ("diff(sum(x[i + 1]^2, i, 0, m - 1), x[k])", "2*x[k]", ()),
    ("diff(sum(i*x[i + 1], i, 0, m), x[k])", "k - 1", ()),
    ("diff(sum(i*x[i + 1], i, 0, m), x[k + 1])", "k", ()),
    ("sum(y[k + 1]^2, k, 1, n)", "1", ("y[k + 1] in {0, 1}", "sum(y[k + 1], k, 1, n) = 1")),
    ("x[i + 1] - x[1 + i]", "0", ()),
    ("x[i - 1]*y[i]", "y[i]*x[-1 + i]", ()),
    ("diff(sum(i^2*w*x[k], i, 1, m), w)", "x[k]*m*(m + 1)*(2*m + 1)/6", ()),
]
FALSE = [
    ("sum(2*x[i] + 1, i, 1, m)", "2*sum(x[i], i, 1, m) + 1", ()),
    ("diff(sum(x[i]^2, i, 1, m)/m, x[k])", "2*x[k]", ()),
    ("diff(sum((w*x[i] + b - y[i])^2, i, 1, m)/(2*m), w)", "sum((w*x[i] + b - y[i])*x[i], i, 1, m)", ()),
    ("sum(W[i, j]*x[j], j, 1, n)", "sum(W[j, i]*x[j], j, 1, n)", ()),
    ("sum(x[i]*y[i], i, 1, m)", "sum(x[i], i, 1, m)*sum(y[i], i, 1, m)", ()),
    ("sum(y[k]^2, k, 1, n)", "1", ("sum(y[k], k, 1, n) = 1", "y[k] >= 0")),
    ("diff(x[i], x[j])", "0", ()),
    ("diff(x[i]*y[j], x[k])", "y[j]", ()),
    ("x[i]", "x[j]", ()),
    ("sum(x[i] - a, i, 0, m)", "sum(x[i], i, 0, m) - m*a", ()),
    ("diff(sum((w*x[i] - y[i])^2, i, 0, n)/(2*(n + 1)), w)", "sum((w*x[i] - y[i])*x[i], i, 0, n)/n", ()),
    ("sum(i*x[i], i, 1, m)", "m*sum(x[i], i, 1, m)", ()),
    ("sum(i, i, 1, m)", "m*(m - 1)/2", ()),
    ("sum(i, i, 0, m)", "m*(m - 1)/2", ()),
    ("sum(i, i, 1, m - 1)", "m*(m + 1)/2", ()),
    ("sum(i, i, 2, m)", "m*(m + 1)/2", ()),
    ("sum(i, i, -3, m)", "m*(m + 1)/2 + 6", ()),
    ("sum(i^2, i, 1, m)", "m*(m + 1)*(2*m - 1)/6", ()),
    ("sum(i^3, i, 1, m)", "sum(i^2, i, 1, m)^2", ()),
    ("sum(i*x[i], i, 1, m)", "m*(m + 1)/2*sum(x[i], i, 1, m)", ()),
    ("sum(i, i, 1, m)", "i*m", ()),
    ("sum(x[i + 1]*i, i, 0, m - 1)", "sum(x[i]*i, i, 1, m)", ()),
    ("diff(sum(i*x[i + 1], i, 0, m), x[k])", "k", ()),
    ("diff(sum(i*x[i + 1], i, 0, m), x[k + 1])", "k + 1", ()),
    ("sum(x[i]*y[i + 1], i, 1, m)", "sum(x[i], i, 1, m)*sum(y[i], i, 2, m + 1)", ()),
    ("x[i + 1]", "x[i]", ()),
    ("x[i]*y[i - 1]", "x[i]*y[i]", ()),
]
CROSS_ENTROPY = "diff(-sum(y[j]*log(exp(z[j])/sum(exp(z[l]), l, 1, n)), j, 1, n), z[k])"
SOFTMAX = "exp(z[k])/sum(exp(z[j]), j, 1, n)"


@pytest.mark.parametrize(("lhs", "rhs", "assuming"), TRUE, ids=lambda x: str(x)[:40])
def test_a_true_claim_about_sums_is_proved_for_every_length(
    lhs: str, rhs: str, assuming: tuple[str, ...]
) -> None:
    verdict = prove(lhs, rhs, assuming=assuming)

    assert verdict.status == "proved", str(verdict)
    assert verdict.claim == f"{lhs} = {rhs}"
    assert replay(verdict.certificate)


@pytest.mark.parametrize(("lhs", "rhs", "assuming"), FALSE, ids=lambda x: str(x)[:40])
def test_a_false_claim_about_sums_is_refuted(lhs: str, rhs: str, assuming: tuple[str, ...]) -> None:
    verdict = prove(lhs, rhs, assuming=assuming)

    assert verdict.status == "refuted", str(verdict)
    assert replay(verdict.certificate)


def test_the_gradient_of_the_cross_entropy_needs_labels_that_add_up_to_one() -> None:
    assert prove(CROSS_ENTROPY, f"{SOFTMAX} - y[k]", assuming="sum(y[j], j, 1, n) = 1").status == "proved"
    assert prove(CROSS_ENTROPY, f"{SOFTMAX} - y[k]").status == "refuted"
    assert prove(CROSS_ENTROPY, f"{SOFTMAX}*sum(y[j], j, 1, n) - y[k]").status == "proved"


@pytest.mark.parametrize(
    ("lhs", "rhs", "assuming"),
    [
        ("diff(sum(i^2, i, 1, m), i)", "2*i", ()),  # a derivative by an index
        ("log(prod(x[i], i, 1, m))", "sum(log(x[i]), i, 1, m)", ()),  # a product that may be negative
        ("sum(x[i], i, 1, m)", "sum(x[i], i, 1, m)", ("m > 3",)),
        ("x[i] + i", "i + x[i]", ()),
        ("diff(x[i + 1]*sum(x[i], i, 1, m)*i, i)", "1", ()),
        ("sum(diff(i*x[i], i), i, 0, m)", "sum(x[i], i, 0, m)", ()),
        ("sum(i, i, 1, -m)", "m*(m - 1)/2", ()),
        ("sum(i, i, m, 1)", "m*(m + 1)/2", ()),
        ("sum(sum(1, j, 1, i), i, 1, m)", "m*i", ()),  # false: the i on the right is another
        ("sum(sum(j, j, 1, i), i, 1, m)", "m*i*(i + 1)/2", ()),
    ],
)
def test_what_the_calculus_of_tensors_cannot_read_is_unknown(
    lhs: str, rhs: str, assuming: tuple[str, ...]
) -> None:
    verdict = prove(lhs, rhs, assuming=assuming)

    assert verdict.status == "unknown"
    assert "out of reach" in verdict.reason


def test_sums_of_sympy_are_read_with_what_it_assumes() -> None:
    i, j, m = sp.symbols("i j m", integer=True, positive=True)
    x, p, q = sp.IndexedBase("x"), sp.IndexedBase("p", positive=True), sp.Symbol("q", negative=True)
    entry = sp.Idx("i", m)

    assert prove(sp.Sum(x[i] ** 2, (i, 1, m)).diff(x[j]), 2 * x[j]).status == "proved"
    assert prove(sp.Sum(2 * x[entry], (entry, 0, m - 1)), 2 * sp.Sum(x[j], (j, 0, m - 1))).status == "proved"
    logs = sp.Sum(sp.log(p[i]), (i, 1, m))
    assert prove(sp.log(sp.Product(p[i], (i, 1, m))), logs).status == "proved"
    assert prove(sp.Abs(p[i], evaluate=False), p[i]).status == "proved"
    refuted = prove(sp.Sum(x[i] * q, (i, 1, m)), q).counterexample  # no tensor is said to be negative
    assert refuted is not None
    assert refuted.point["q"] < 0
    stranger = prove(sp.Sum(sp.Function("exp")(x[i]), (i, 1, m)), sp.Sum(sp.exp(x[i]), (i, 1, m)))
    assert stranger.status == "refuted"  # as it is without sums: an unknown function that is called exp


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("sum(r^i, i, 1, m)", "sum(abs(r)^i, i, 1, m)"),
        ("sum(x[i]^i, i, 1, m)", "sum(abs(x[i])^i, i, 1, m)"),
        ("r^m*sum(x[i], i, 1, m)", "abs(r)^m*sum(x[i], i, 1, m)"),
        ("diff(sum(r^i, i, 1, m), r)", "sum(i*abs(r)^(i - 1), i, 1, m)"),
    ],
)
def test_a_whole_power_of_a_negative_number_has_a_value(lhs: str, rhs: str) -> None:
    assert prove(lhs, rhs).status == "refuted"
    assert prove(lhs, rhs, assuming="x[i] > 0" if "x[i]^i" in lhs else "r > 0").status == "proved"


@pytest.mark.parametrize("name", ["m+1", "1", "range of k"])
def test_a_length_is_known_by_its_symbol_and_not_by_what_it_is_called(name: str) -> None:
    i, k, m, odd = *sp.symbols("i k m"), sp.Symbol(name)
    x = sp.IndexedBase("x")
    end = {"m+1": m + 1, "1": sp.Integer(1), "range of k": m}[name]

    verdict = prove(sp.Sum(x[i], (i, 1, odd)), sp.Sum(x[i], (i, 1, end)))
    assert verdict.status != "proved", str(verdict)
    assert prove(sp.Sum(x[i] * x[k], (i, 1, odd)), x[k] ** 2).status != "proved"


def test_an_entry_is_known_by_what_its_index_is_and_not_by_how_it_is_written() -> None:
    i, x = sp.Symbol("i"), sp.IndexedBase("x", real=True)

    assert prove(x[(i + 1) ** 2], x[i**2 + 2 * i + 1]).status == "unknown"
    assert prove(x[i + 1], x[1 + i]).status == "proved"
    assert prove(x[sp.Idx("i") + 1], x[sp.Idx("i")]).status == "refuted"


@pytest.mark.parametrize(
    ("lhs", "rhs", "said"),
    [
        (
            "diff(sum((w*x[i] - y[i])^2, i, 1, m)/(2*m), w)",
            "sum((w*x[i] - y[i])*x[i], i, 1, m)",
            "off by a factor 1/m",
        ),
        (
            "diff(sum((w*x[i] - y[i])^2, i, 1, m)/(2*m), w)",
            "sum(w*x[i] - y[i], i, 1, m)/m",
            "the factor x is missing in the sum",
        ),
        ("sum(i, i, 1, m)", "m*(m - 1)/2", "the term m is missing"),
    ],
)
def test_a_false_claim_about_sums_gets_its_correction(lhs: str, rhs: str, said: str) -> None:
    correction = equivalent_up_to(lhs, rhs)

    assert str(correction) == said
    assert correction is not None
    assert correction.verdict.status == "proved"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sum(x[i], i, 1)", "sum reads sum(expression, index, first, last)"),
        ("sum(x[i], 1, 1, m)", "sum reads"),
        ("prod(x[i], i, 1, i)", "do not depend on its index"),
        ("x[i] + x", "both a variable and has indices"),
        ("x[i, j] + x[i]", "has 2 indices elsewhere"),
        ("x[2*i]", "An index is a name, a whole number or"),
        ("x[i + j]", "An index is a name, a whole number or"),
        ("x[i + 1/2]", "An index is a name, a whole number or"),
        ("x[9^9^9^9]", "The exponent is larger"),
        ("x[", "never closed"),
        ("x[]", "does not fit"),
    ],
)
def test_an_ill_written_sum_is_told(text: str, says: str) -> None:
    with pytest.raises(FormulaError, match=says.replace("(", r"\(").replace(")", r"\)")):
        parse(text)


# -- random sums, held against their values at concrete lengths ------------------------------------------------
def _summand(rng: random.Random, i: str, j: str) -> str:
    factors = [
        f"x[{i}]",
        f"y[{i}]",
        "w",
        f"exp(x[{i}])",
        f"sum(W[{i}, {j}]*v[{j}], {j}, 1, n)",
        f"(y[{i}] - {rng.randint(1, 3)})",
    ]
    return "*".join(rng.sample(factors, rng.randint(1, 3)))


def _pair(rng: random.Random) -> tuple[str, str]:
    a, b = _summand(rng, "i", "j"), _summand(rng, "i", "j")
    left = f"sum({a} + {b}, i, 1, m)/m"
    ways = [
        f"sum(({b} + {a})/m, i, 1, m)",
        f"sum({a}, i, 1, m)/m + sum({b}, i, 1, m)/m",
        f"(sum({b}, i, 1, m) + sum({a}, i, 1, m))/m",
        f"sum({a}, i, 1, m) + sum({b}, i, 1, m)/m",  # a mean forgotten
        f"sum({a}, i, 1, m)*sum({b}, i, 1, m)/m",
        f"sum({a} - {b}, i, 1, m)/m",
        f"sum({a} + {b}, i, 1, m)/n",
    ]
    return left, rng.choice(ways).replace("[i", "[k").replace(
        ", i,", ", k,"
    ) if rng.random() < 0.5 else rng.choice(ways)


def _value(text: str, sizes: dict[str, int], data: dict[str, object]) -> float:
    """The value of a formula with its sums written out, by Python: the text is made above and by nobody else."""

    def total(summand: object, count: int) -> float:
        return math.fsum(summand(n) for n in range(count))  # type: ignore[operator]

    names = {**sizes, **data, "total": total, "exp": math.exp}
    python = text
    while "sum(" in python:  # innermost first
        start = python.rindex("sum(")
        depth, end = 0, start + 3
        while True:
            depth += {"(": 1, ")": -1}.get(python[end], 0)
            if depth == 0:
                break
            end += 1
        body, index, _, last = python[start + 4 : end].rsplit(", ", 3)
        python = f"{python[:start]}total(lambda {index}: {body}, {last}){python[end + 1 :]}"
    return float(eval(python, {"__builtins__": {}, **names}))


def test_random_sums_are_decided_as_their_values_say() -> None:
    rng = random.Random(7)
    decided = 0
    for _ in range(150):
        lhs, rhs = _pair(rng)

        verdict = prove(lhs, rhs)

        differs = False
        for m, n in ((2, 3), (3, 1), (4, 2)):

            def draw(count: int) -> list[float]:
                return [rng.uniform(-1, 1) for _ in range(count)]

            data = {"x": draw(m), "y": draw(m), "v": draw(n), "w": rng.uniform(-1, 1)}
            rows = [draw(n) for _ in range(m)]
            data["W"] = {(i, j): rows[i][j] for i in range(m) for j in range(n)}
            a, b = (_value(side, {"m": m, "n": n}, data) for side in (lhs, rhs))
            differs |= abs(a - b) > 1e-9 * (1 + abs(a) + abs(b))
        assert verdict.status != ("proved" if differs else "refuted"), str(verdict)
        decided += verdict.status != "unknown"
    assert decided == 150


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("0*sum(log(-1 - x[i]^2), i, 1, m)", "0"),
        ("sum(log(-1 - x[i]^2), i, 1, m) - sum(log(-1 - x[i]^2), i, 1, m)", "0"),
        ("1 + 0*sum(sqrt(-1 - x[i]^2), i, 1, m)", "2"),
        ("diff(0*sum(log(-1 - x[i]^2), i, 1, m), x[k])", "0"),
        ("0*log(-3)*sum(x[i], i, 1, m)", "0"),
        ("0/sum(x[i] - x[i], i, 1, m)", "0"),
    ],
)
def test_a_claim_about_sums_that_have_no_value_is_unknown(lhs: str, rhs: str) -> None:
    assert prove(lhs, rhs).status == "unknown"


def test_a_part_that_is_taken_away_still_says_where_the_claim_holds() -> None:
    assert prove("x + 0*sum(log(w[i]), i, 1, m)", "x").status == "proved"
    refuted = prove("x + 0*sum(log(w[i]), i, 1, m)", "2*x")

    assert refuted.status == "refuted"
    assert refuted.counterexample is not None
    assert all(value > 0 for value in refuted.counterexample.point["w"].values())
    assert replay(refuted.certificate).ok


def test_numbers_of_an_index_are_those_it_runs_through() -> None:
    assert (
        prove("sum(log(1 - i)*x[i], i, 1, m)", "sum(log(1 - j)*x[j], j, 1, m)").status == "unknown"
    )  # nowhere defined

    verdict = prove("sum(i*x[i], i, 1, m + 1)", "sum(x[i], i, 1, m + 1)")
    certificate = json.loads(json.dumps(verdict.certificate))
    cells = certificate["point"]["entries"]["index from 1 along m+1"]

    assert [number for _, number in cells] == [str(n + 1) for n in range(len(cells))]
    assert replay(certificate)
    cells[1][1] = "7/2"
    assert not replay(certificate)


@pytest.mark.parametrize(
    ("lhs", "rhs", "lengths"),
    [
        ("sum(x[i], i, 0, m - 1)", "sum(x[i], i, 1, m)", {"m": 3}),
        ("sum(x[i + 1], i, 1, m)", "sum(x[i], i, 1, m)", {"m": 3}),
        ("sum(x[i], i, 1, m)", "sum(x[i], i, 1, n)", {"m": 3, "n": 5}),
        ("sum(x[i], i, n, m)", "sum(x[i], i, n + 1, m)", {"m": 5, "n": 3}),
        ("sum(i, i, m, n)", "(n*(n + 1) - m*(m + 1))/2", {"m": 3, "n": 5}),
        ("sum(sum(x[j], j, 1, i), i, 1, m)", "sum((m - i)*x[i], i, 1, m)", {"m": 3}),
        ("sum(x[i + 1] - x[i], i, 1, m)", "x[m] - x[1]", {"m": 3}),
        ("sum(sin(x[i]), i, 1, 2*m)", "2*sum(sin(x[i]), i, 1, m)", {"m": 3}),
        ("sum(i, i, 5, m) + sum(x[i + 1] - x[i], i, 1, m)", "x[m + 1] + 7", {"m": 7}),  # true for m = 1
    ],
)
def test_a_false_claim_that_no_tensor_says_is_refuted_at_some_length(
    lhs: str, rhs: str, lengths: dict[str, int]
) -> None:
    verdict = prove(lhs, rhs)

    assert verdict.status == "refuted", str(verdict)
    assert verdict.claim == f"{lhs} = {rhs}"
    assert verdict.counterexample is not None
    assert lengths.items() <= dict(verdict.counterexample.point).items()
    assert replay(verdict.certificate)


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ("sum(0*log(i - 50) + x[i], i, m, 2*m)", "7"),  # the left side has no value
        ("prod(1 + 0/(i - i), i, 1, 2*m)", "2"),
        ("sum(sum(j + 0*log(-j), j, 1, i), i, 1, m)", "0"),
    ],
)
def test_no_length_refutes_what_is_true_or_has_no_value(lhs: str, rhs: str) -> None:
    assert prove(lhs, rhs).status == "unknown"


def test_a_length_satisfies_what_sympy_assumes_of_it() -> None:
    i, m = sp.Symbol("i"), sp.Symbol("m", even=True)

    verdict = prove(sp.Sum(i, (i, m, 2 * m)), m)

    assert verdict.counterexample is not None
    assert verdict.counterexample.point["m"] == 8  # the first length that is tried is odd


@pytest.mark.parametrize("lhs", ["sum(0*log(i - 5), i, 1, 3)", "sum(0*log(-1 - i), i, 1, 3)"])
def test_a_sum_of_terms_without_a_value_is_not_refuted(lhs: str) -> None:
    assert prove(lhs, "1").status == "unknown"


@pytest.mark.parametrize("power", range(1, 21))
def test_the_closed_sum_of_powers_is_that_which_counting_gives(power: int) -> None:
    counted = [sum(k**power for k in range(1, m + 1)) for m in range(power + 3)]  # one more than determine it
    m = sp.Symbol("m")
    closed = sp.interpolate(list(enumerate(counted[: power + 2])), m)
    assert closed.subs(m, power + 2) == counted[power + 2]

    right = prove(f"sum(i^{power}, i, 1, m)", f"{closed}".replace("**", "^"))
    wrong = prove(f"sum(i^{power}, i, 1, m)", f"{closed.subs(m, m - 1)}".replace("**", "^"))

    assert (right.status, wrong.status) == ("proved", "refuted")
    assert replay(right.certificate)
    assert replay(wrong.certificate)


def _forged(**changes: object) -> dict[str, object]:
    """A proof of sum(i, i, 1, m) = m (m + 1)/2 with every symbol of the index changed."""
    certificate: dict[str, object] = json.loads(
        json.dumps(prove("sum(i, i, 1, m)", "m*(m + 1)/2").certificate)
    )
    for node in certificate["nodes"]:  # type: ignore[attr-defined]
        if node["op"] == "Symbol":
            node.update(changes)
    return certificate


@pytest.mark.parametrize("name", ["index from 2 along m", "index from -1 along m", "index", "index from one"])
def test_a_closed_sum_of_another_index_is_refused(name: str) -> None:
    certificate = _forged(name=name)
    entries = certificate["point"]["entries"]  # type: ignore[index]
    start = int(name.split()[2]) if "along" in name else 1
    (cells,) = entries.values()
    entries.clear()
    entries[name] = [[at, str(start + n)] for n, (at, _) in enumerate(cells)]
    certificate["claim"] = tensor_statement(certificate)

    verdict = replay(certificate)

    assert not verdict.ok
    assert "claim" not in verdict.reason


def test_a_verdict_about_sums_speaks_of_lengths_and_not_of_axes() -> None:
    refuted = prove("sum(i, i, 1, m)", "m*(m - 1)/2")
    shifted = prove("sum(x[i] - a, i, 1, m + 1)", "sum(x[i], i, 1, m + 1) - m*a")

    assert refuted.counterexample is not None
    assert dict(refuted.counterexample.point) == {"m": 2}
    assert shifted.counterexample is not None
    assert shifted.counterexample.point["m"] == len(shifted.counterexample.point["x"]) - 1  # type: ignore[arg-type]
    assert prove("sum(log(i), i, 1, m)", "sum(log(j), j, 1, m)").assumptions == ("m is 1, 2, 3 or more",)
    assert prove("sum(1, i, 0, m)", "m + 1").assumptions == ("m is 0, 1, 2 or more",)


@pytest.mark.parametrize(
    ("lhs", "rhs", "status"),
    [
        ("sum(x[i + 1], i, 0, m - 1)", "sum(x[i], i, 1, m)", "proved"),
        ("sum(x[i - 1]*i, i, 1, m)", "sum(x[i]*(1 + i), i, 0, m - 1)", "proved"),
        ("sum(x[i + 1]*i, i, 0, m - 1)", "sum(x[i]*i, i, 1, m)", "refuted"),
    ],
)
def test_the_certificate_of_moved_indices_shows_that_they_were_rightly_moved(
    lhs: str, rhs: str, status: str
) -> None:
    verdict = prove(lhs, rhs)

    assert verdict.status == status
    assert verdict.certificate is not None
    assert verdict.certificate["format"] == "backproof sums certificate 1"
    assert replay(verdict.certificate)
