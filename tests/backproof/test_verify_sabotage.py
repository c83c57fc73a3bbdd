"""Each edge must notice a witness that lies, say so in the verdict, and name the culprit."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import gradcheck
import numeric
import symbolic
from backproof import triangle
from backproof._cli import backproof
from backproof.triangle import Verification
from backproof.triangle._slopes import slopes_agree

# How a derivative may be wrong: each takes the right one and its arguments.
LIES: dict[str, Callable[..., Any]] = {
    "sign": lambda right, *_: -right,
    "factor 2": lambda right, *_: 2.0 * right,
    "another function": lambda _, z, *__: np.arctan(z),
    "last digits": lambda right, *_: right * (1 + 1e-9),
    "NaN": lambda right, *_: right * np.nan,
    "constant": lambda right, *_: np.ones_like(right),
}


def lying(module: Any, name: str, lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = getattr(module, name)

    def liar(*args: Any, **options: Any) -> Any:
        with np.errstate(all="ignore"):  # a lie may overflow; it shall be caught for what it says
            return LIES[lie](honest(*args, **options), *args)

    monkeypatch.setattr(module, name, liar)


def verdicts(found: Verification) -> dict[str, str]:
    return {check.edge: check.verdict for check in found.checks}


@pytest.mark.parametrize("lie", [lie for lie in LIES if lie not in ("last digits", "NaN")])
@pytest.mark.parametrize("name", ["sigmoid", "gelu", "squared_error", "huber", "l2"])
def test_a_wrong_derivative_in_numeric_fails_both_its_edges_and_numeric_is_named(
    name: str, lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lying(numeric, f"{name}_derivative", lie, monkeypatch)

    found = triangle.verify([name])

    assert found.verdict == "fail"
    assert verdicts(found) == {
        "derivation": "pass",
        "symbolic=numeric": "fail",
        "numeric~gradcheck": "fail",
        "symbolic~gradcheck": "pass",
    }
    assert found.culprits() == {name: "numeric"}
    assert f"{name}_derivative" in next(c.message for c in found.failures)


def test_a_derivative_wrong_in_the_last_digits_is_seen_by_the_exact_edge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lying(numeric, "tanh_derivative", "last digits", monkeypatch)

    found = triangle.verify(["tanh"])

    assert verdicts(found)["symbolic=numeric"] == "fail"
    figure = next(c.figure for c in found.checks if c.edge == "symbolic=numeric")
    assert figure is not None
    assert figure > 1e6


@pytest.mark.parametrize("edge", ["symbolic=numeric", "numeric~gradcheck"])
def test_nan_never_agrees_with_anything(edge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lying(numeric, "sigmoid_derivative", "NaN", monkeypatch)

    assert verdicts(triangle.verify(["sigmoid"]))[edge] in ("fail", "error")


@pytest.mark.parametrize("lie", ["sign", "factor 2", "constant"])
@pytest.mark.parametrize("name", ["silu", "bce_logit"])
def test_a_wrong_function_out_of_symbolic_fails_both_its_edges_and_symbolic_is_named(
    name: str, lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = symbolic.to_numpy

    def wrong(which: str, order: int = 0) -> Any:
        f = honest(which, order)
        return f if order == 0 else lambda *args: LIES[lie](f(*args), *args)

    monkeypatch.setattr(symbolic, "to_numpy", wrong)

    found = triangle.verify([name])

    assert verdicts(found) == {
        "derivation": "pass",
        "symbolic=numeric": "fail",
        "numeric~gradcheck": "pass",
        "symbolic~gradcheck": "fail",
    }
    assert found.culprits() == {name: "symbolic"}


def test_a_gradcheck_that_measures_another_loss_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = gradcheck.check
    monkeypatch.setattr(
        gradcheck,
        "check",
        lambda loss, gradient, at, **o: honest(lambda p: 1.01 * loss(p), gradient, at, **o),
    )

    found = triangle.verify(["softplus"])

    assert verdicts(found) == {
        "derivation": "pass",
        "symbolic=numeric": "pass",
        "numeric~gradcheck": "fail",
        "symbolic~gradcheck": "fail",
    }
    assert found.culprits() == {"softplus": "gradcheck"}


def test_a_gradcheck_that_measures_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = gradcheck.check

    def lazy(*args: Any, **options: Any) -> Any:
        report = honest(*args, **options)
        rows = tuple(
            dataclasses.replace(row, n_checked=0, numeric=np.full(row.shape, np.nan))
            for row in report.parameters
        )
        return dataclasses.replace(report, parameters=rows, verdict="pass")

    monkeypatch.setattr(gradcheck, "check", lazy)

    found = triangle.verify(["relu"])

    assert verdicts(found)["numeric~gradcheck"] == verdicts(found)["symbolic~gradcheck"] == "error"
    assert "nothing was checked" in found.failures[0].message


@pytest.mark.parametrize("verdict", ["fail", "inconclusive"])
def test_what_gradcheck_does_not_pass_does_not_pass_here(
    verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = gradcheck.check
    monkeypatch.setattr(
        gradcheck, "check", lambda *args, **o: dataclasses.replace(honest(*args, **o), verdict=verdict)
    )

    found = triangle.verify(["relu"])

    assert verdicts(found)["numeric~gradcheck"] == verdict
    assert found.verdict == "fail"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "z"), [("sigmoid", 30.0), ("tanh", 30.0), ("tanh", -30.0), ("elu", -30.0), ("softplus", -30.0)]
)
def test_where_a_function_is_flat_to_its_last_digit_a_slope_is_right_only_if_it_is_as_flat(
    name: str, z: float, seed: int
) -> None:
    f, slope = getattr(numeric, name), getattr(numeric, f"{name}_derivative")

    def verdict(stated: Callable[[Any], Any]) -> str:
        cases = [(str(at), lambda x: float(f(x)), stated, np.array(at)) for at in (1.0, z + seed / 7)]
        return slopes_agree(cases, name, seed).verdict

    assert verdict(slope) == "pass"
    # The last digit of a value of 1 is 2e-16 wide, and a slope is measured over steps of about 1.
    assert verdict(lambda x: slope(x) + 1e-12) != "pass"
    assert verdict(lambda x: slope(x) - 1e-12) != "pass"


def test_a_slope_that_is_measured_badly_for_another_reason_does_not_pass() -> None:
    smooth = ("smooth", lambda x: float(x**2), lambda x: 2 * x, np.array(1.0))
    rough = ("rough", lambda x: float(np.round(x, 4)), np.ones_like, np.array(1.0))

    assert slopes_agree([smooth], "slopes", 0).verdict == "pass"
    assert slopes_agree([smooth, rough], "slopes", 0).verdict != "pass"


def test_functions_that_are_given_no_points_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from backproof.triangle import _scalars

    monkeypatch.setattr(_scalars, "stratified", lambda rng: np.empty(0))

    found = triangle.verify(["relu"])

    assert verdicts(found)["symbolic=numeric"] == "error"


# --- derivations


def test_a_derivation_that_cannot_be_proved_fails_with_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(name: str) -> Any:
        symbolic.Step(symbolic.parse("diff(sigmoid(z), z)"), symbolic.parse("sigmoid(z)^2"), "a slip")

    monkeypatch.setattr(symbolic, "derive", wrong)

    found = triangle.verify(["sigmoid"])

    assert verdicts(found)["derivation"] == "fail"
    assert "'a slip' is wrong" in next(c.message for c in found.failures if c.edge == "derivation")
    assert found.culprits() == {"sigmoid": "symbolic"}


@pytest.mark.parametrize("status", ["unknown", "refuted"])
def test_a_step_that_is_not_proved_fails(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = symbolic.derive("sigmoid")
    verdict = dataclasses.replace(honest.steps[2].verdict, status=status)
    steps = list(honest.steps)
    steps[2] = copy.copy(steps[2])  # the step itself is kept by symbolic, and stays as it is
    object.__setattr__(steps[2], "verdict", verdict)
    monkeypatch.setattr(symbolic, "derive", lambda name: dataclasses.replace(honest, steps=tuple(steps)))

    found = triangle.verify(["sigmoid"])

    check = next(c for c in found.checks if c.edge == "derivation")
    assert check.verdict == "fail"
    assert "step 3 of sigmoid" in check.message


def test_a_certificate_that_does_not_replay_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from symbolic._replay import Replay

    monkeypatch.setattr(
        symbolic, "replay", lambda certificate: Replay(False, "the identity does not hold"), raising=False
    )

    found = triangle.verify(["tanh"])

    check = next(c for c in found.checks if c.edge == "derivation")
    assert check.verdict == "fail"
    assert "the identity does not hold" in check.message


def test_a_derivation_without_steps_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Empty:
        steps = ()

    monkeypatch.setattr(symbolic, "derive", lambda name: Empty())

    check = next(c for c in triangle.verify(["tanh"]).checks if c.edge == "derivation")

    assert check.verdict == "error"
    assert "nothing was proved" in check.message


# --- models, layers, networks

WRONG_GRADIENTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "one wrong entry": lambda g: {**g, "W1": g["W1"] + 1e-3 * np.eye(*g["W1"].shape)},
    "sign of db": lambda g: {**g, "b1": -g["b1"]},
    "missing 1/m": lambda g: {key: 7 * value for key, value in g.items()},
    "rows reversed": lambda g: {**g, "W1": g["W1"][::-1, ::-1].copy()},
    "no bias": lambda g: {**g, "b1": 0.0 * g["b1"]},
}


@pytest.mark.parametrize("lie", WRONG_GRADIENTS)
def test_a_wrong_gradient_of_a_network_is_seen_on_both_edges(
    lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = numeric.Network.gradients_from
    monkeypatch.setattr(
        numeric.Network, "gradients_from", lambda self, *args: WRONG_GRADIENTS[lie](honest(self, *args))
    )

    found = triangle.verify(["shallow_network"])

    assert verdicts(found)["symbolic=numeric"] == verdicts(found)["numeric~gradcheck"] == "fail"
    assert verdicts(found)["symbolic~gradcheck"] == "pass"
    assert found.culprits() == {"shallow_network": "numeric"}


def test_a_wrong_gradient_on_real_data_fails_both_network_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = numeric.Network.gradients_from

    def wrong(self: Any, *args: Any) -> Any:
        gradients = honest(self, *args)
        gradients["W2"] = gradients["W2"] * 1.0001
        return gradients

    monkeypatch.setattr(numeric.Network, "gradients_from", wrong)

    found = triangle.verify(["breast_cancer"])

    assert [check.verdict for check in found.checks] == ["fail", "fail"]
    assert all("W2" in check.message for check in found.checks)


def test_a_wrong_formula_for_a_layer_is_seen_by_its_slopes(monkeypatch: pytest.MonkeyPatch) -> None:
    from symbolic import library

    honest = library.claims
    monkeypatch.setattr(
        library, "claims", lambda name: tuple(dataclasses.replace(c, rhs=2 * c.rhs) for c in honest(name))
    )

    check = next(c for c in triangle.verify(["attention"]).checks if c.edge == "symbolic~gradcheck")

    assert check.verdict == "fail"
    assert "symbolic's attention" in check.message


def test_a_layer_whose_derivation_cannot_be_built_loses_no_other_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from symbolic import library

    def broken(name: str) -> Any:
        raise symbolic.WrongStep("a line of attention is wrong")

    monkeypatch.setattr(library, "claims", broken)

    found = triangle.verify(["attention", "relu"])

    assert verdicts(
        Verification(tuple(c for c in found.checks if c.name == "relu"), 0.0, {}, 0)
    ) == dict.fromkeys(("derivation", "symbolic=numeric", "numeric~gradcheck", "symbolic~gradcheck"), "pass")
    assert [(bad.name, bad.edge, bad.verdict) for bad in found.failures] == [
        ("attention", "symbolic=numeric", "error"),
        ("attention", "symbolic~gradcheck", "error"),
    ]
    assert all("a line of attention is wrong" in bad.message for bad in found.failures)


def test_the_command_says_who_lied_and_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    lying(numeric, "sigmoid_derivative", "sign", monkeypatch)

    answer = CliRunner().invoke(backproof, ["verify", "--only", "sigmoid"], env={"COLUMNS": "200"})

    assert answer.exit_code == 1
    assert "sigmoid: the culprit is numeric" in answer.stdout
    assert "4 checks: 2 hold, 2 do not." in answer.stdout
