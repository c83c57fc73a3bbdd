"""Deliberately wrong derivations and gradients: each is caught by two witnesses, and the message names the culprit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
import numeric
import symbolic

# --- wrong derivations on the board: the claim, and how a teacher would call the slip

DERIVATIONS = [
    ("sigmoid(z)*(sigmoid(z) - 1)", "diff(sigmoid(z), z)", "sign"),
    ("sigmoid(z)*(1 + sigmoid(z))", "diff(sigmoid(z), z)", "sign inside"),
    ("sigmoid(z)^2", "diff(sigmoid(z), z)", "squared instead of a (1 - a)"),
    ("1 - tanh(z)", "diff(tanh(z), z)", "missing square"),
    ("1 + tanh(z)^2", "diff(tanh(z), z)", "sign inside"),
    ("tanh(z)*(1 - tanh(z))", "diff(tanh(z), z)", "the sigmoid's rule for tanh"),
    ("sigmoid(-z)", "diff(log(1 + exp(z)), z)", "argument mirrored"),
    ("sigmoid(z) + z*sigmoid(z)", "diff(z*sigmoid(z), z)", "missing 1 - a in the product rule"),
    ("z*sigmoid(z)*(1 - sigmoid(z))", "diff(z*sigmoid(z), z)", "first term of the product rule dropped"),
    ("2*(a - y)", "diff((a - y)^2/2, a)", "factor 2"),
    ("y - a", "diff((a - y)^2/2, a)", "sign"),
    ("y/a + (1 - y)/(1 - a)", "diff(-y*log(a) - (1 - y)*log(1 - a), a)", "sign of the first term"),
    (
        "-y/a - (1 - y)/(1 - a)",
        "diff(-y*log(a) - (1 - y)*log(1 - a), a)",
        "inner derivative of 1 - a dropped",
    ),
    ("y - sigmoid(z)", "diff(-y*log(sigmoid(z)) - (1 - y)*log(1 - sigmoid(z)), z)", "sign"),
    ("(sigmoid(z) - y)/m", "diff(-y*log(sigmoid(z)) - (1 - y)*log(1 - sigmoid(z)), z)", "a 1/m too many"),
    ("lam*w^2", "diff(lam*w^2/2, w)", "the power rule forgot to lower the power"),
]


@pytest.mark.parametrize(
    ("wrong", "right", "slip"), DERIVATIONS, ids=[f"{r}: {s}" for _, r, s in DERIVATIONS]
)
def test_a_wrong_line_on_the_board_raises_with_its_rule_and_a_point_where_the_sides_differ(
    wrong: str, right: str, slip: str
) -> None:
    with pytest.raises(symbolic.WrongStep) as caught:
        symbolic.Step(symbolic.parse(right), symbolic.parse(wrong), slip)

    assert caught.value.status == "refuted"
    assert repr(slip) in str(caught.value)
    assert caught.value.counterexample is not None


@pytest.mark.parametrize(
    ("wrong", "right", "slip"), DERIVATIONS, ids=[f"{r}: {s}" for _, r, s in DERIVATIONS]
)
def test_the_measured_slope_refutes_it_too(wrong: str, right: str, slip: str) -> None:
    # Witness 3 knows nothing of the formula's derivative: it measures the function whose derivative was claimed.
    import sympy as sp

    inner = right.removeprefix("diff(").rsplit(",", 1)
    by = inner[1].strip().rstrip(")")
    function, claim = symbolic.parse(inner[0]), symbolic.parse(wrong)
    names = sorted(function.free_symbols | claim.free_symbols, key=str)
    rng = np.random.default_rng(0)
    values = {s: rng.uniform(0.15, 0.85) * (5 if str(s) == "m" else 1) for s in names}
    rest = {s: v for s, v in values.items() if str(s) != by}
    variable = next(s for s in names if str(s) == by)
    f, g = (sp.lambdify(variable, e.subs(rest), "math") for e in (function, claim))

    report = gradcheck.check(lambda x: f(float(x)), lambda x: g(float(x)), np.array(values[variable]))

    assert report.verdict == "fail", slip


# --- wrong backward passes of a network, written by hand

X = np.random.default_rng(1).normal(size=(4, 7))
Y = np.eye(3)[:, np.random.default_rng(2).integers(0, 3, 7)]
L2 = 0.25


def network() -> numeric.Network:
    net = numeric.Network([4, 5, 3], activation="tanh", loss="softmax_cross_entropy", l2=L2, rng=3)
    rng = np.random.default_rng(4)
    net.parameters = {key: rng.normal(size=np.shape(value)) for key, value in net.parameters.items()}
    return net


def backward(p: dict[str, Any], **slip: Any) -> dict[str, Any]:
    """Run the equations of the notes, with at most one of them replaced."""
    m = X.shape[1]
    Z1 = p["W1"] @ X + p["b1"]
    A1 = np.tanh(Z1)
    Z2 = p["W2"] @ A1 + p["b2"]
    A2 = np.exp(Z2 - Z2.max(axis=0))
    A2 /= A2.sum(axis=0)
    v = {"Z1": Z1, "A1": A1, "A2": A2, "m": m, **p}

    def equation(name: str, right: Callable[[dict[str, Any]], Any]) -> None:
        v[name] = slip.get(name, right)(v)

    equation("dZ2", lambda v: v["A2"] - Y)
    equation("dW2", lambda v: v["dZ2"] @ v["A1"].T / m + L2 / m * v["W2"])
    equation("db2", lambda v: v["dZ2"].sum(axis=1, keepdims=True) / m)
    equation("dA1", lambda v: v["W2"].T @ v["dZ2"])
    equation("dZ1", lambda v: v["dA1"] * (1 - v["A1"] ** 2))
    equation("dW1", lambda v: v["dZ1"] @ X.T / m + L2 / m * v["W1"])
    equation("db1", lambda v: v["dZ1"].sum(axis=1, keepdims=True) / m)
    return {key: v[f"d{key}"] for key in ("W1", "b1", "W2", "b2")}


def entry(array: Any, index: tuple[int, int], factor: float) -> Any:
    array = array.copy()
    array[index] *= factor
    return array


# slip -> the equation replaced, the parameters that become wrong
BACKWARDS: dict[str, tuple[dict[str, Callable[[dict[str, Any]], Any]], set[str]]] = {
    "sign of dZ2": ({"dZ2": lambda v: Y - v["A2"]}, {"W1", "b1", "W2", "b2"}),
    "factor 2 in dZ2": ({"dZ2": lambda v: 2 * (v["A2"] - Y)}, {"W1", "b1", "W2", "b2"}),
    # Rolled labels add up to the same: b2 alone cannot see it.
    "labels rolled by one example": ({"dZ2": lambda v: v["A2"] - np.roll(Y, 1, axis=1)}, {"W1", "b1", "W2"}),
    "an example dropped": ({"dZ2": lambda v: (v["A2"] - Y) * (np.arange(7) > 0)}, {"W1", "b1", "W2", "b2"}),
    "missing 1/m in dW2": ({"dW2": lambda v: v["dZ2"] @ v["A1"].T + L2 / 7 * v["W2"]}, {"W2"}),
    "1/(m - 1) in dW2": ({"dW2": lambda v: v["dZ2"] @ v["A1"].T / 6 + L2 / 7 * v["W2"]}, {"W2"}),
    "missing penalty in dW2": ({"dW2": lambda v: v["dZ2"] @ v["A1"].T / 7}, {"W2"}),
    "doubled penalty in dW1": ({"dW1": lambda v: v["dZ1"] @ X.T / 7 + 2 * L2 / 7 * v["W1"]}, {"W1"}),
    "penalty not divided by m": ({"dW1": lambda v: v["dZ1"] @ X.T / 7 + L2 * v["W1"]}, {"W1"}),
    "penalty on a bias": (
        {"db1": lambda v: v["dZ1"].sum(axis=1, keepdims=True) / 7 + L2 / 7 * v["b1"]}, {"b1"}),
    "missing 1/m in db2": ({"db2": lambda v: v["dZ2"].sum(axis=1, keepdims=True)}, {"b2"}),
    "sum over the wrong axis in db2": (
        {"db2": lambda v: np.resize(v["dZ2"].sum(axis=0), (3, 1)) / 7}, {"b2"}),
    "Z1 instead of A1 in dW2": ({"dW2": lambda v: v["dZ2"] @ v["Z1"].T / 7 + L2 / 7 * v["W2"]}, {"W2"}),
    "missing g' in dZ1": ({"dZ1": lambda v: v["dA1"]}, {"W1", "b1"}),
    "g' squared": ({"dZ1": lambda v: v["dA1"] * (1 - v["A1"] ** 2) ** 2}, {"W1", "b1"}),
    "g' at A instead of Z": ({"dZ1": lambda v: v["dA1"] * (1 - np.tanh(v["A1"]) ** 2)}, {"W1", "b1"}),
    "the sigmoid's g'": ({"dZ1": lambda v: v["dA1"] * v["A1"] * (1 - v["A1"])}, {"W1", "b1"}),
    "ReLU's g'": ({"dZ1": lambda v: v["dA1"] * (v["Z1"] > 0)}, {"W1", "b1"}),
    "units of W2 reversed in dA1": ({"dA1": lambda v: v["W2"][::-1].T @ v["dZ2"]}, {"W1", "b1"}),
    "one wrong entry in dW1": (
        {"dW1": lambda v: entry(v["dZ1"] @ X.T / 7 + L2 / 7 * v["W1"], (2, 1), 1.001)}, {"W1"}),
    "one wrong row in dW2": (
        {"dW2": lambda v: (v["dZ2"] @ v["A1"].T / 7 + L2 / 7 * v["W2"]) * [[1], [1], [0.9]]}, {"W2"}),
    "float16 on the way": (
        {"dZ1": lambda v: (v["dA1"] * (1 - v["A1"] ** 2)).astype(np.float16).astype(float)}, {"W1", "b1"}),
    "a stale cache": ({"dW2": lambda v: v["dZ2"] @ np.roll(v["A1"], 1, axis=1).T / 7 + L2 / 7 * v["W2"]}, {"W2"}),
    "clipped": ({"dZ2": lambda v: np.clip(v["A2"] - Y, -0.3, 0.3)}, {"W1", "b1", "W2", "b2"}),
}  # fmt: skip


def test_without_a_slip_the_hand_written_pass_agrees_with_all_three_witnesses() -> None:
    net = network()
    derived = symbolic.network_gradients([4, 5, 3], "tanh", "softmax_cross_entropy", l2=L2)

    ours = backward(dict(net.parameters))

    _, expected = derived(dict(net.parameters), X, Y)
    for key, value in net.gradients(X, Y).items():
        # Seven examples and five units: a dozen roundings of numbers near 1.
        np.testing.assert_allclose(ours[key], value, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(ours[key], expected[key], rtol=1e-12, atol=1e-14)
    assert gradcheck.check(net.loss_at(X, Y), backward, dict(net.parameters)).verdict == "pass"


@pytest.mark.parametrize("slip", BACKWARDS)
def test_a_wrong_backward_pass_is_caught_and_the_parameters_that_are_wrong_are_named(slip: str) -> None:
    equations, wrong = BACKWARDS[slip]
    net = network()

    report = gradcheck.check(net.loss_at(X, Y), lambda p: backward(p, **equations), dict(net.parameters))

    assert report.verdict == "fail"
    assert {row.name for row in report.parameters if row.verdict == "fail"} == wrong
    assert report.worst is not None
    assert report.worst.parameter in wrong
    assert report.worst.name in str(report)


@pytest.mark.parametrize("slip", BACKWARDS)
def test_the_derived_gradient_disagrees_with_it_in_the_same_parameters(slip: str) -> None:
    equations, wrong = BACKWARDS[slip]
    parameters = dict(network().parameters)
    _, derived = symbolic.network_gradients([4, 5, 3], "tanh", "softmax_cross_entropy", l2=L2)(
        parameters, X, Y
    )

    ours = backward(parameters, **equations)

    differing = {k for k in ours if not np.allclose(ours[k], derived[k], rtol=1e-10, atol=1e-12)}
    assert differing == wrong
