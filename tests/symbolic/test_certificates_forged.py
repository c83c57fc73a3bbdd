"""No certificate that was edited passes, unless it still proves what it says; every field of every certificate is edited."""

from __future__ import annotations

import copy
import importlib.util
import itertools
import json
import random
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath
import pytest

from symbolic import library, replay
from symbolic._replay import statement, tensor_statement
from symbolic._replay._interval import NoValue, precision
from symbolic._replay._point import _Point
from symbolic._replay._ring import Wrong
from symbolic.prover import prove
from symbolic.tensor import axis, elementwise, one_hot, prove_tensor, relu, sigmoid, softmax, tensor

HERE = Path(__file__).parent
EVERY = 97  # of so many edits one is tried in the suite; tried are other ones for each certificate


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


edits = _module("certificate_fuzzer").edits
_LINES = (HERE / "prover_corpus.txt").read_text(encoding="utf-8").splitlines()
SCALAR = [[part.strip() for part in line.split(";;")] for line in _LINES if line.strip() and line[0] != "#"]
TENSOR = _module("tensor_corpus").CORPUS


def _scalar(lhs: str, rhs: str, rest: list[str]) -> Any:
    assuming = [h for h in (rest[0] if rest else "").split(",,") if h.strip()]
    return json.loads(json.dumps(prove(lhs, rhs, assuming=assuming).certificate))


def _is_false(certificate: dict[str, Any]) -> bool:
    """Whether both sides certainly differ at a point of many: the truth about a claim that a forger made up."""
    rng, given = random.Random(3), certificate["given"]
    names = {node[1] for node in certificate["nodes"] if node[0] == "sym"}
    functions = {node[1]: ["1/3", "-2", "5/7", "1", "2/9"] for node in certificate["nodes"] if node[0] == "g"}
    for _ in range(60):
        point = {x: str(Fraction(rng.randint(-900, 900), rng.choice((1, 101, 307)))) for x in names}
        point |= {x: str(rng.randint(-4, 4)) for x in (*given["integers"], *given["even"], *given["odd"])}
        point |= {x: rng.choice(values) for x, values in given["choices"].items() if values}
        try:
            with precision(60):
                a, b = _Point(certificate, {"point": point, "functions": functions, "bits": 64}).sides()
                if a < b or a > b:
                    return True
        except (NoValue, Wrong, ArithmeticError, LookupError, ValueError):
            continue
    return False


def _attack(certificate: Any, say: Any, is_false: Any, start: int) -> None:
    """Make edits, as they are and with the claim written anew: what passes says the same as before, or something true."""
    for path, what, edited in itertools.islice(edits(certificate), start, None, EVERY):
        if replay(edited) and edited != certificate:
            said = edited["claim"], edited["status"]
            assert said == (certificate["claim"], certificate["status"]), (path, what, said)
        try:
            rewritten = {**edited, "claim": say(edited)}
        except Exception:
            continue
        if (
            rewritten["claim"] != certificate["claim"]
            and rewritten.get("status") == "proved"
            and replay(rewritten)
        ):
            assert not is_false(rewritten), (path, what, rewritten["claim"])


@pytest.mark.parametrize("block", range(8))
def test_no_edit_of_a_scalar_certificate_proves_something_else(block: int) -> None:
    for n, (_, lhs, rhs, *rest) in enumerate(SCALAR[block::8]):
        _attack(_scalar(lhs, rhs, rest), statement, _is_false, n % EVERY)


@pytest.mark.parametrize("block", range(4))
def test_no_edit_of_a_tensor_certificate_proves_something_else(block: int) -> None:
    for n, claim in enumerate(TENSOR[block::4]):
        verdict = prove_tensor(claim.lhs, claim.rhs, assuming=claim.assuming)
        _attack(json.loads(json.dumps(verdict.certificate)), tensor_statement, lambda _: False, n % EVERY)


# -- forgeries that take more than one edit ----------------------------------------------------------------
def _forged(true: tuple[str, str], false: tuple[str, str]) -> Any:
    """The evidence of a true claim under the program of a false one, the claim written to fit."""
    proof, other = (_scalar(*claim, []) for claim in (true, false))
    forged = {**copy.deepcopy(proof), **{name: other[name] for name in ("nodes", "sides", "given", "slopes")}}
    return forged | {"claim": statement(forged)}


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (("sigmoid(-z)", "1 - sigmoid(z)"), ("sigmoid(-z)", "1 - sigmoid(z/2)")),
        (("z", "z"), ("z", "z + 2^(-400)")),
        (("z + 1", "1 + z"), ("z + 1", "z + exp(exp(-exp(9)))")),
        (("max(z, 5)", "max(5, z)"), ("piecewise(z, z < 5, 5)", "z")),
        (("z", "z"), ("piecewise(z, z < 10^9, 0)", "z")),
        (("diff(z^2, z)", "2*z"), ("diff(z^2, z)", "2*z + 10^(-90)")),
        (("sqrt(z^2)", "|z|"), ("sqrt(z^2)", "z")),
    ],
)
def test_the_evidence_of_a_true_claim_does_not_prove_a_false_one(
    true: tuple[str, str], false: tuple[str, str]
) -> None:
    assert replay(_scalar(*true, []))
    assert not replay(_forged(true, false))


def test_values_that_are_only_nearly_right_do_not_pass() -> None:
    for rhs in ("z + exp(-10^4)", "z + 1 - tanh(10^3 + z^2)", "z*(1 + 10^(-300))"):
        forged = _scalar(rhs, rhs, [])
        z = forged["nodes"].index(["sym", "z"])
        forged["sides"][0] = z
        region = forged["cases"][0]["regions"][0]
        value = next(parts for i, *parts in region["values"] if i == z)
        region["values"] = [
            [i, *(value if i == forged["sides"][1] else parts)] for i, *parts in region["values"]
        ]

        assert not replay({**forged, "claim": statement(forged)})


def _refuted_by(lhs: str, rhs: str, point: dict[str, str], ends: list[list[str]]) -> Any:
    """A refutation of a true claim, with a program that is honest and intervals that are not."""
    proof = _scalar(lhs, rhs, [])
    forged = {name: part for name, part in proof.items() if name != "cases"}
    forged |= {
        "status": "refuted",
        "witness": {"point": point, "functions": {}, "bits": 64},
        "enclosures": ends,
    }
    return forged | {"claim": statement(forged)}


@pytest.mark.parametrize(
    ("lhs", "rhs", "ends"),
    [
        ("z", "z", [["1", "1"], ["2", "2"]]),
        ("z", "z", [["1", "1"], [f"{10**900 + 1}/{10**900}", "2"]]),
        ("exp(log(z))", "z", [["0", "1"], [f"{10**170 + 1}/{10**170}", "2"]]),
        ("(z + exp(exp(7))) - exp(exp(7))", "z", [["0", "0"], ["1", "1"]]),
    ],
)
def test_a_true_claim_is_not_refuted_by_narrow_intervals_or_by_cancellation(
    lhs: str, rhs: str, ends: list[list[str]]
) -> None:
    assert not replay(_refuted_by(lhs, rhs, {"z": "1"}, ends))


def test_a_derivative_in_a_refutation_is_taken_by_the_checker() -> None:
    certificate = _scalar("diff(z^2, z)", "2*z + 10^(-30)", [])
    place = next(n for n, node in enumerate(certificate["nodes"]) if node[0] == "num" and node[1] == "2")
    certificate["nodes"][place] = ["num", f"{2 * 10**40 + 1}/{10**40}"]

    assert not replay({**certificate, "claim": statement(certificate)})


def test_kinks_hypotheses_and_regions_cannot_be_dropped() -> None:
    kinked = _scalar("diff(relu(z), z)", "heaviside(z)", [])
    kinked["cases"][0]["left_out"] = []
    assert not replay({**kinked, "claim": statement(kinked)})

    given = _scalar("sqrt(z^2)", "z", ["z >= 0"])
    given["given"]["nonnegative"] = []
    assert not replay({**given, "claim": statement(given)})

    split = _scalar("sqrt(z^2)", "|z|", [])
    del split["cases"][0]["regions"][1]
    assert not replay(split)

    cases = _scalar("y^2", "y", ["y in {0, 1}"])
    cases["given"]["choices"]["y"].append("2")
    assert not replay({**cases, "claim": statement(cases)})


def test_a_root_of_zero_cannot_be_made_to_say_more_than_it_does() -> None:
    # At x = 0 the claim is false for y > 0; the proof names that, and without it does not pass.
    certificate = _scalar("|x| + sqrt(-x) + sqrt(x*y) + |y|", "|x| + sqrt(-x) + sqrt(x*y) - y", [])
    certificate["cases"][0]["left_out"] = []

    assert "no region covers" in replay({**certificate, "claim": statement(certificate)}).reason


def test_a_relation_between_roots_that_falls_apart_gains_nothing() -> None:
    # R^2 = x^2 has the zero divisors R - x and R + x, with which anything could be divided out.
    certificate = _scalar("sqrt(z)^2", "z", [])
    case = certificate["cases"][0]
    case["polys"].append([["1", [[0, 2]]]])
    for kernel in case["kernels"]:
        if kernel[0] == "root":
            kernel[2] = [len(case["polys"]) - 1]

    assert not replay(certificate)


# -- the same for tensors ----------------------------------------------------------------------------------
n, k, m = axis("n"), axis("k"), axis("m")
W, A, G, Y, Z = tensor("W", n, k), tensor("A", k, m), tensor("G", n, m), tensor("Y", n, m), tensor("Z", n, m)
g = elementwise("g")


def _tensor(lhs: Any, rhs: Any, *assuming: Any) -> Any:
    return json.loads(json.dumps(prove_tensor(lhs, rhs, assuming=assuming).certificate))


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ((G @ A.T / m.size, (A @ G.T).T / m.size), (G @ A.T / m.size, G @ A.T)),
        ((Z, Z + 0), (Z, Z + Fraction(1, 10**60) * G)),
        ((Z, 1 * Z), (Z, Z + g(Z) - g(Z + Fraction(1, 10**80)))),
        ((softmax(Z, axis=n), softmax(Z, axis=n)), (softmax(Z, axis=n), softmax(Z, axis=m))),
        ((Z * m.size, m.size * Z), (Z * (m.size - 2) * (m.size - 3) * (m.size - 4) * (m.size - 1), 0 * Z)),
    ],
)
def test_the_evidence_of_a_true_tensor_claim_does_not_prove_a_false_one(true: Any, false: Any) -> None:
    proof, other = _tensor(*true), _tensor(*false)
    assert replay(proof)
    forged = {**proof, **{name: other[name] for name in ("nodes", "sides", "hypotheses", "point")}}

    assert not replay({**forged, "claim": tensor_statement(forged)})


def test_entries_axes_sizes_and_hypotheses_of_tensors_cannot_be_edited() -> None:
    P = softmax(Z, axis=n)
    loss = (P - Y).sum(axis=n)
    certificate = _tensor(loss, 0 * loss, one_hot(Y, axis=n))
    assert replay(certificate)

    edited = copy.deepcopy(certificate)
    edited["hypotheses"] = []
    assert not replay({**edited, "claim": tensor_statement(edited)})
    edited = copy.deepcopy(certificate)
    edited["hypotheses"][0][2] = 1
    assert not replay({**edited, "claim": tensor_statement(edited)})
    edited = copy.deepcopy(certificate)
    edited["point"]["entries"]["Y"].pop()
    assert "every entry" in replay(edited).reason
    edited = copy.deepcopy(certificate)
    edited["point"]["sizes"]["n"] += 1
    assert not replay(edited)
    edited = copy.deepcopy(certificate)
    next(node for node in edited["nodes"] if node["op"] == "Symbol")["axes"].reverse()
    assert "other axes" in replay(edited).reason
    edited = copy.deepcopy(certificate)
    edited["nodes"][edited["sides"][0]]["op"] = "Add"
    assert not replay(edited)


def test_a_derivative_of_a_known_function_has_to_be_written_out() -> None:
    certificate = _tensor(sigmoid(Z), 1 - sigmoid(-Z))
    for node in certificate["nodes"]:
        if node.get("function") == "sigmoid":
            node["order"] = 1

    assert not replay({**certificate, "claim": tensor_statement(certificate)})


def test_a_true_tensor_claim_is_not_refuted_by_narrow_intervals() -> None:
    proof = _tensor(relu(Z) - relu(-Z), Z)
    for ends in ([["0", "0"], ["1", "1"]], [["-10", "10"], ["11", "12"]]):
        forged = {
            **proof,
            "status": "refuted",
            "method": "exact evaluation",
            "entry": [0, 0],
            "enclosures": ends,
        }
        assert not replay({**forged, "claim": tensor_statement(forged)})


def test_every_certificate_of_the_library_holds_and_says_what_was_claimed() -> None:
    for name in library.names():
        for step in library.derive(name).steps:
            certificate = json.loads(json.dumps(step.verdict.certificate))

            assert replay(certificate), f"{name}: {replay(certificate).reason}"
            assert certificate["claim"] == tensor_statement(certificate)


def test_what_is_no_certificate_is_said_to_be_none() -> None:
    for document in (None, {}, [], "proved", {"format": "backproof scalar certificate 1"}, {"format": []}):
        assert not replay(document)  # type: ignore[arg-type]


def test_interval_arithmetic_leaves_the_precision_as_it_found_it() -> None:
    before = mpmath.mp.dps, mpmath.iv.dps
    replay(_scalar("exp(z)", "1 + z", []))

    assert (mpmath.mp.dps, mpmath.iv.dps) == before
