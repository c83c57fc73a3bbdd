"""What a verdict says, what it carries, and that its certificate is checked by someone else."""

from __future__ import annotations

import json
import pickle
from fractions import Fraction
from pathlib import Path

import pytest

import symbolic
from symbolic import replay
from symbolic.grammar import parse
from symbolic.prover import Verdict, equivalent_up_to, prove
from symbolic.prover._lower import Lowering
from symbolic.prover._slope import differentiate

_LINES = (Path(__file__).parent / "prover_corpus.txt").read_text(encoding="utf-8").splitlines()
CORPUS = [[part.strip() for part in line.split(";;")] for line in _LINES if line.strip() and line[0] != "#"]


def test_a_verdict_prints_as_a_sentence() -> None:
    assert str(prove("x/x", "1")) == "proved: x/x = 1 wherever x ≠ 0."
    assert str(prove("heaviside(z)", "(1 + sign(z))/2")).endswith("; nothing is claimed where z = 0.")
    assert str(prove("sqrt(z^2)", "z")).startswith("refuted: sqrt(z^2) = z; at z = -")
    assert "no counterexample was found" in str(prove("gamma(z + 1)", "z*gamma(z)"))


def test_a_verdict_is_no_truth_value() -> None:
    with pytest.raises(TypeError, match="three values"):
        bool(prove("z", "z"))


def test_a_counterexample_holds_exact_numbers_and_disjoint_intervals() -> None:
    found = prove("exp(z)", "1 + z").counterexample

    assert found is not None
    assert isinstance(found.point["z"], Fraction)
    assert found.lhs.low <= found.lhs.high < found.rhs.low or found.rhs.high < found.lhs.low


def test_an_unknown_function_is_refuted_by_a_concrete_one() -> None:
    verdict = prove("diff(g(2z), z)", "g'(2z)")

    assert verdict.counterexample is not None
    assert "x ↦" in verdict.counterexample.functions["g"]


def test_a_verdict_travels_to_another_process_with_its_certificate() -> None:
    verdict: Verdict = pickle.loads(pickle.dumps(prove("tanh(z)", "2*sigmoid(2z) - 1")))

    assert verdict.status == "proved"
    assert verdict.claim == "tanh(z) = 2*sigmoid(2z) - 1"
    assert replay(verdict.certificate)


def test_every_certificate_of_the_corpus_survives_json_and_holds() -> None:
    for truth, lhs, rhs, *rest in CORPUS:
        assuming = [h for h in (rest[0] if rest else "").split(",,") if h.strip()]
        verdict = prove(lhs, rhs, assuming=assuming)
        certificate = json.loads(json.dumps(verdict.certificate))

        assert certificate["status"] == {"true": "proved", "false": "refuted"}[truth]
        assert replay(certificate), f"{verdict} {replay(certificate).reason}"


def test_an_unknown_claim_has_no_certificate() -> None:
    assert prove("gamma(z + 1)", "z*gamma(z)").certificate is None
    assert not replay(None)


def test_the_checker_shares_no_code_with_the_prover() -> None:
    for path in (Path(symbolic.__file__).parent / "_replay").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        code = source.partition('"""')[2].partition('"""')[2]  # doctests may use the prover
        imports = [line for line in code.splitlines() if line.startswith(("import", "from"))]

        assert not any(
            word in line for line in imports for word in ("flint", "sympy", "numpy", "symbolic.prover")
        )
        assert all("symbolic._replay" in line for line in imports if "symbolic" in line)


# -- our derivatives against SymPy's ---------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    ["exp(z)", "log(1 + z^2)", "sqrt(1 + z^2)", "z^(3/2)", "z^a", "a^z", "tanh(z)", "sinh(z)", "cosh(z)", "erf(z)",
     "sin(z)*cos(z)", "tan(z)", "atan(z)", "asin(z/4)", "acos(z/4)", "atanh(z/4)", "asinh(z)", "sigmoid(z)",
     "softplus(z)", "silu(z)", "gelu(z)", "gelu_tanh(z)", "elu(z)", "leaky_relu(z)", "relu(z)", "|z|", "max(z, a)",
     "min(z^2, a)", "z/(1 + z)", "gamma(z)"],
)  # fmt: skip
def test_a_derivative_is_the_one_that_sympy_takes(text: str) -> None:
    z = symbolic.parse("z")

    verdict = prove(f"diff({text}, z)", parse(text).diff(z), assuming=("z > 0", "z < 2", "a > 0"))

    assert verdict.status == "proved" or text == "gamma(z)", str(verdict)


def test_a_derivative_keeps_the_domain_of_its_function() -> None:
    low = Lowering()
    root = differentiate(low.program, low(parse("log(z)")), "z")

    assert low.program.nodes[root][0] == "both"
    assert "z > 0" in prove("diff(log(z), z)", "1/z").assumptions


# -- corrections -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lhs", "rhs", "said"),
    [
        ("diff((a - y)^2/2, a)", "y - a", "off by a factor −1"),
        ("diff((a - y)^2, a)", "a - y", "off by a factor 2"),
        ("(a - y)^2/2", "(a - y)^2", "off by a factor 1/2"),
        ("m*x", "x", "off by a factor m"),
        ("x*(a - y)/m", "x*(a - y)", "off by a factor 1/m"),
        ("3*(a - y)/7", "a - y", "off by a factor 3/7"),
        ("a*(1 - a)", "a", "off by a factor 1 − a"),
        ("diff(g(z)^2, z)", "2*g(z)", "off by a factor g'(z)"),
        ("diff(f(exp(-z)), z)", "-f'(exp(-z))", "off by a factor exp(−z)"),
        ("diff(sigmoid(z), z)", "sigmoid(z)", "off by a factor 1 − sigmoid(z)"),
        ("diff(g(w*x), x)", "x*g'(w*x)", "w and x are exchanged"),
        ("x*g'(z)", "x*g'(a)", "g'(a) is taken at a instead of z"),
        ("diff(tanh(z), z)", "-tanh(z)^2", "the term 1 is missing"),
        ("z + 5", "z", "the term 5 is missing"),
        ("diff(x*exp(x), x)", "x*exp(x)", "the term exp(x) is missing"),
        ("x", "x + exp(y)", "the term exp(y) is too many"),
        ("pi*x", "x", "off by a factor pi"),
        ("exp(-z^2/2)/sqrt(2*pi)", "exp(-z^2/2)/sqrt(pi)", "off by a factor sqrt(2)/2"),
        ("diff(exp(x^2), x)", "exp(x^2)", "off by a factor 2*x"),
        ("d*g'(z)", "d*g'(g(z))", "g'(g(z)) is taken at g(z) instead of z"),
        ("d*g'(2*z)", "d*g'(2*a)", "g'(2*a) is taken at a instead of z"),
        ("x*exp(-z)", "x*exp(z)", "exp(z) is taken at z instead of −z"),
        ("diff(g(w*x + b), w)", "x*g(w*x + b)", "g(b + w*x) should be g'(b + w*x)"),
        ("diff(tanh(z), z)", "1 - tanh(z)", "tanh(z) should be tanh(z)**2"),
        ("diff(x^2 + sin(x), x)", "2*x", "the term cos(x) is missing"),
        ("diff(x*sin(x), x)", "sin(x)", "the term x*cos(x) is missing"),
        ("diff(g(f(x)), x)", "g'(x)*f'(x)", "g'(x) is taken at x instead of f(x)"),
        ("diff(a*b, a)", "a", "a stands where b should"),
        ("diff(w^2*x, w)", "2*x^2", "off by a factor w/x"),
        ("x^2*(a - y)", "x^2*(a + y)", "y should be −y"),
        ("sigmoid(z)*(1 - sigmoid(z))", "sigmoid(a)*(1 - sigmoid(a))", "a stands where z should"),
    ],
)
def test_a_false_claim_gets_its_simplest_correction(lhs: str, rhs: str, said: str) -> None:
    correction = equivalent_up_to(lhs, rhs)

    assert str(correction) == said
    assert correction is not None
    assert correction.verdict.status == "proved"
    assert prove(lhs, correction.corrected).status == "proved"


@pytest.mark.parametrize(
    ("lhs", "rhs"), [("z", "z"), ("tanh(z)", "sin(z)"), ("sin(z)^2 + cos(z)^2", "1"), ("exp(z)", "z^7")]
)
def test_no_correction_is_made_up(lhs: str, rhs: str) -> None:
    assert equivalent_up_to(lhs, rhs) is None
