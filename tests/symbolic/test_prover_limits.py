"""Input made to be hard ends within the limit, says so, and leaves nothing behind."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sympy as sp

from symbolic._errors import InvalidArgument
from symbolic.grammar import FormulaError, parse_raw
from symbolic.prover import prove

z = sp.Symbol("z", real=True)
xs = sp.symbols("x0:60", real=True)
# Equal to 0, but not so that the normal form could see: it keeps a claim open until every resource is used.
HIDDEN_ZERO = sp.gamma(z**2 + 3) - (z**2 + 2) * sp.gamma(z**2 + 2)


def _deep(levels: int) -> sp.Expr:
    e: sp.Expr = z
    for _ in range(levels):
        e = sp.Add(sp.exp(e, evaluate=False), 1, evaluate=False)
    return e


HARD = {
    "tower of numbers": parse_raw("9**9**9**9"),
    "tower of variables": parse_raw("z^z^z^z^z^z"),
    "tower of exponentials": parse_raw("exp(exp(exp(exp(exp(z)))))"),
    "10,000 terms": sp.Add(*[z**k for k in range(10_000)]),
    "400 levels": _deep(400),
    "60 variables": sp.Pow(sum(xs), 6),
    "60 fractions": sum(1 / (1 + sp.exp(x)) for x in xs),
    "60 maxima": sp.Max(*xs, evaluate=False),
    "30 absolute values": sum(sp.Abs(x) for x in xs[:30]),
    "a high power": (1 + z) ** 5000,
    "many digits of an exponent": parse_raw("exp(1.234567891z)/(1 + exp(0.987654321z))^3"),
    "nested roots": parse_raw("sqrt(1 + sqrt(1 + sqrt(1 + sqrt(1 + sqrt(1 + sqrt(1 + z))))))"),
    "fourteen roots": sp.Pow(sum(sp.sqrt(sp.prime(k)) for k in range(1, 15)), -1),
    "a twelfth derivative": parse_raw("diff(tanh(sigmoid(tanh(z))), z, 12)"),
    "a large root": parse_raw("x^(1/1009)*x^(1/1013)"),
    "a thousand million": z ** (10**9),
    "the sign of a thousand million": sp.Abs(z ** (10**9) - xs[0] ** (10**8) - 1) + sp.sign(z ** (10**9) - 2),
    "an underflow": parse_raw("exp(-exp(exp(exp(z + 4)))) + exp(-exp(exp(z + 4)))"),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_input_ends_in_time_without_a_wrong_verdict(name: str) -> None:
    # Of this process: a machine that gives it no time makes it no slower.
    start, threads = time.process_time(), threading.active_count()

    verdict = prove(HARD[name], sp.Add(HARD[name], HIDDEN_ZERO, evaluate=False), timeout=1.0)

    assert verdict.status == "unknown"
    assert verdict.reason
    assert time.process_time() - start < 5.0  # one step of bounded size may overrun the second
    assert threading.active_count() == threads


@pytest.mark.parametrize("text", ["(" * 400 + "z" + ")" * 400, "9**9**9**9", "z" * 100_000])
def test_text_beyond_the_limits_is_unknown_with_the_word_limit(text: str) -> None:
    verdict = prove(text, "1")

    assert verdict.status == "unknown"
    assert "limit" in verdict.reason


def test_a_tiny_time_limit_is_kept() -> None:
    start = time.process_time()
    verdict = prove(
        sum(sp.Abs(x) for x in xs[:30]), sum(sp.sqrt(x**2, evaluate=False) for x in xs[:30]), timeout=0.02
    )

    assert verdict.status == "unknown"
    assert "unknown (limit)" in verdict.reason
    assert time.process_time() - start < 1.0


def test_verdicts_are_the_same_in_threads() -> None:
    claims = [("diff(tanh(z), z)", "1 - tanh(z)^2"), ("sqrt(z^2)", "z"), ("e + pi", "5.859874482048838")] * 8

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda claim: prove(*claim, timeout=20.0).status, claims))

    assert found == ["proved", "refuted", "refuted"] * 8


@pytest.mark.parametrize("side", [object(), None, [1], sp.Symbol("x") > 0, sp.Matrix([1])])
def test_a_side_that_is_no_expression_is_refused(side: object) -> None:
    with pytest.raises(InvalidArgument, match="expected a SymPy expression"):
        prove(side, 1)


@pytest.mark.parametrize("hypothesis", [object(), "z", "z + 1", sp.Symbol("x"), sp.Or(z > 1, z < -1)])
def test_a_hypothesis_that_is_none_is_refused(hypothesis: object) -> None:
    with pytest.raises((InvalidArgument, FormulaError)):
        prove(z, z, assuming=[hypothesis])


def test_a_time_limit_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="timeout"):
        prove(z, z, timeout=0)


@pytest.mark.parametrize(
    "side", [sp.I * z, sp.oo, sp.nan, sp.zoo, sp.Integral(z, z), sp.floor(z), sp.re(sp.Symbol("w"))]
)
def test_what_is_no_real_function_here_is_unknown(side: sp.Expr) -> None:
    assert prove(side, side + 1).status == "unknown"
