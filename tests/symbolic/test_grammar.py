"""The formula grammar: what is read, what is refused, and that nothing is ever executed."""

from __future__ import annotations

import contextlib
import time

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic._errors import SymbolicError
from symbolic.grammar import (
    FormulaError,
    FormulaLimitError,
    parse,
    parse_claim,
    parse_hypothesis,
    parse_raw,
)

a, b, c, x, y, z = sp.symbols("a b c x y z", real=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2z", 2 * z),
        ("3(a + b)", 3 * (a + b)),
        ("(a + b)(a - b)", (a + b) * (a - b)),
        ("a b", a * b),
        ("-z^2", -(z**2)),
        ("(-z)^2", z**2),
        ("2^-3", sp.Rational(1, 8)),
        ("2 ** 3 ** 2", sp.Integer(512)),
        ("a - b - c", a - b - c),
        ("a/b/c", a / b / c),
        ("a/b*c", a / b * c),
        ("2*-z", -2 * z),
        ("0.1 + 0.2", sp.Rational(3, 10)),
        ("1e-3", sp.Rational(1, 1000)),
        ("e^(2z)", sp.exp(2 * z)),
        ("e^{-z}", sp.exp(-z)),
        ("z² + z³", z**2 + z**3),
        ("√2", sp.sqrt(2)),
        ("2πz", 2 * sp.pi * z),
        ("a·b − c", a * b - c),
        ("|a||b|", sp.Abs(a) * sp.Abs(b)),
        ("2|z| + 1", 2 * sp.Abs(z) + 1),
        ("||z| - 1|", sp.Abs(sp.Abs(z) - 1)),
        ("ln(z)", sp.log(z)),
        ("log(8, 2)", sp.log(8) / sp.log(2)),
        ("max(a, b, c)", sp.Max(a, b, c)),
        ("relu(z)", sp.Max(0, z)),
        ("σ(z)", 1 / (1 + sp.exp(-z))),
        ("sigmoid'(z)", sp.exp(-z) / (1 + sp.exp(-z)) ** 2),
        ("diff(z^3, z)", 3 * z**2),
        ("diff(z^3, z, 2)", 6 * z),
        ("diff(z^3, z, z)", 6 * z),
        ("diff(a^2*b^3, a, 2, b)", 6 * b**2),
        ("heaviside(z)", sp.Heaviside(z)),
        ("piecewise(z, z > 0, 0)", sp.Piecewise((z, z > 0), (0, True))),
        ("where(z < 0, -z, z)", sp.Piecewise((-z, z < 0), (z, True))),
    ],
)
def test_a_formula_is_read_as_it_is_written(text: str, expected: sp.Expr) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [("α", "alpha"), ("alpha", "alpha"), ("W_in", "W_in"), ("W_{in}", "W_in"), ("a₁", "a_1"), ("a_1", "a_1"),
     ("dZ1", "dZ1"), ("손실", "손실"), ("λ", "lambda"), ("ŷ".encode().decode(), "ŷ")],
)  # fmt: skip
def test_a_name_has_one_spelling(text: str, name: str) -> None:
    assert parse(text) == sp.Symbol(name, real=True)


def test_unknown_functions_have_primes_and_arguments() -> None:
    g = sp.Function("g", real=True)

    assert parse("g(z)") == g(z)
    assert parse("g'(z)") == sp.Derivative(g(z), z)
    assert parse("g'(2z + 1)").doit() == parse("diff(g(u), u)").doit().subs(
        sp.Symbol("u", real=True), 2 * z + 1
    )


def test_names_mean_what_the_caller_says() -> None:
    k = sp.Symbol("k", integer=True, positive=True)

    assert parse("2k", symbols={"k": k}) == 2 * k
    assert parse("a(b + c)", symbols={"a": a}) == a * (b + c)


def test_a_claim_keeps_its_domain() -> None:
    lhs, rhs = parse_claim("x/x = 1")

    assert lhs != 1
    assert lhs.doit() == rhs == 1
    assert parse_raw("0*log(-1)") != 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("z > 0", sp.Gt(z, 0)),
        ("0 < a < 1", sp.And(sp.Lt(0, a, evaluate=False), a < 1)),
        ("a + b = 1", sp.Eq(a + b, 1)),
        ("x ≠ 0", sp.Ne(x, 0)),
        ("y in {0, 1}", sp.Contains(y, sp.FiniteSet(0, 1), evaluate=False)),
        ("y ∈ [0, 1)", sp.Contains(y, sp.Interval.Ropen(0, 1), evaluate=False)),
    ],
)
def test_a_hypothesis_is_a_condition(text: str, expected: sp.Basic) -> None:
    assert parse_hypothesis(text) == expected


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("__import__('os')", 0, "underscore"),
        ("z.real", 1, "no attributes"),
        ("os.system('ls')", 2, "no attributes"),
        ("lambda x: x", 8, "no meaning"),
        ("2[0]", 1, "does not fit"),
        ("'z'", 0, "Quotes"),
        ("z; z", 1, "no meaning"),
        ("z 2", 2, "number cannot follow"),
        ("1/2z", 3, "After a division"),
        ("a(b + c)", 0, "a*(...)"),
        ("sigmod(z)", 0, "Did you mean sigmoid"),
        ("sin z", 0, "argument in brackets"),
        ("sin(z, z)", 0, "takes 1"),
        ("(z", 0, "never closed"),
        ("z)", 1, "never opened"),
        ("|z", 0, "never closed"),
        ("(z]", 2, "does not fit"),
        ("z +", 3, "too early"),
        ("", 0, "too early"),
        ("z = 1", 2, "no ="),
        ("1/0", 0, "zero"),
        ("inf", 0, "not numbers"),
        ("diff(z, 2)", 0, "diff reads"),
        ("diff(z)", 0, "diff reads"),
        ("diff(z, a, 2, 2)", 0, "diff reads"),
        ("diff(z, a, 15, b, 15)", 0, "1 to 20"),
        ("g(g) + g(z)", 0, "both a variable and a function"),
        ("max(z > 0, 1)", 0, "condition"),
    ],
)
def test_what_is_no_formula_is_refused_with_a_caret_under_the_place(
    text: str, position: int, message: str
) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)

    assert message in str(caught.value)
    assert caught.value.position == position
    assert str(caught.value).endswith("^")
    assert isinstance(caught.value, SymbolicError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("9**9**9**9", id="tower"),
        pytest.param("2^2^2^2^2^2^2", id="tower of twos"),
        pytest.param("z^100000", id="large exponent"),
        pytest.param("((2a)^900)^900", id="hidden large coefficient"),
        pytest.param("(" * 400 + "z" + ")" * 400, id="400 brackets"),
        pytest.param("z" * 1_000_000, id="a million letters"),
        pytest.param("z+" * 500_000 + "z", id="a million terms"),
        pytest.param("-" * 3000 + "z", id="3000 signs"),
        pytest.param("1" * 5000, id="5000 digits"),
        pytest.param("1e999999999", id="large decimal exponent"),
        pytest.param("z^" * 300 + "z", id="300 powers"),
        pytest.param("diff(g(z), z, 10^6)", id="a millionth derivative"),
    ],
)
def test_a_formula_beyond_the_limits_is_refused_at_once(text: str) -> None:
    start = time.process_time()

    with pytest.raises(FormulaError):
        parse(text)

    assert time.process_time() - start < 1.0  # nothing is computed: it takes milliseconds


def test_a_limit_is_told_from_a_mistake() -> None:
    with pytest.raises(FormulaLimitError, match="exponent is larger"):
        parse("9**9**9**9")
    assert parse("exp(100000000*log(2))").has(sp.exp)  # not 2**100000000
    assert parse("max(exp(exp(exp(exp(100)))), 1)").has(sp.Max)  # not compared


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="zab01239.+-*/^()|,'_=<> {}[]πσg²√eE", max_size=30))
def test_any_text_is_a_formula_or_a_formula_error(text: str) -> None:
    try:
        found: object = parse(text)
    except FormulaError as problem:
        found = problem

    assert isinstance(found, sp.Expr) or (
        isinstance(found, FormulaError) and 0 <= found.position <= len(text)
    )


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20))
def test_any_characters_at_all_are_survived(text: str) -> None:
    for read in (parse, parse_claim, parse_hypothesis):
        with contextlib.suppress(FormulaError):
            assert read(text) is not None
