"""Slopes too small for the plain loss: what the structured differences see still counts, and rounding of a zero does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
import numeric


def deep(layers: int) -> tuple[numeric.Network, np.ndarray, np.ndarray]:
    """Sigmoids upon sigmoids with small weights: the first layer's slopes are 1e-11 (4 layers) to 1e-24 (10)."""
    X = np.random.default_rng(0).random((4, 20))
    Y = (X.sum(axis=0) > 2)[None] * 1.0
    return numeric.Network([4, *[5] * layers, 1], activation="sigmoid", loss="bce", init="small", rng=0), X, Y


@pytest.mark.parametrize("layers", [4, 6, 8, 10])
@pytest.mark.parametrize("factor", [-1.0, 0.0, 1000.0])
def test_a_wrong_vanishing_gradient_never_passes(layers: int, factor: float) -> None:
    net, X, Y = deep(layers)
    wrong = {**net.gradients(X, Y), "W1": factor * net.gradients(X, Y)["W1"]}

    report = gradcheck.check(net.loss_at(X, Y), wrong, net.parameters)

    assert report.verdict == ("fail" if layers <= 6 else "inconclusive")
    assert report["W1"].verdict == report.verdict


@pytest.mark.parametrize("layers", [4, 6, 8, 10])
def test_a_right_vanishing_gradient_passes(layers: int) -> None:
    net, X, Y = deep(layers)

    assert gradcheck.check(net.loss_at(X, Y), net.gradients(X, Y), net.parameters).verdict == "pass"


@pytest.mark.parametrize("seed", range(4))
def test_a_bias_before_a_normalisation_has_a_slope_of_zero_and_passes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, Y = rng.standard_normal((4, 12)), np.eye(3)[:, rng.integers(0, 3, 12)]
    layers = [
        numeric.Dense(5),
        numeric.BatchNorm(),
        numeric.ReLU(),
        numeric.Dense(4),
        numeric.LayerNorm(),
        numeric.Dense(3),
    ]
    model = numeric.Model(layers, input_shape=(4,), loss="softmax_cross_entropy", rng=seed)

    report = gradcheck.check(model.loss_at(X, Y), model.gradients(X, Y), model.parameters)

    assert report.verdict == "pass", str(report)


@pytest.mark.parametrize("scale", [1e-160, 1e-170, 1e-200])
def test_a_loss_that_underflows_condemns_no_right_gradient(scale: float) -> None:
    x = np.array([1.0, 2.0, 3.0]) * scale

    report = gradcheck.check(lambda x: float((x**2).sum()), lambda x: 2 * x, x)

    assert report.verdict == "inconclusive", str(report)


def test_a_wrong_gradient_of_tiny_numbers_still_fails() -> None:
    x = np.array([1.0, 2.0, 3.0]) * 1e-155

    report = gradcheck.check(lambda x: float((x**2).sum()), lambda x: 3 * x, x)

    assert report.verdict == "fail", str(report)


@pytest.mark.parametrize("structured", [True, False])
def test_what_rounding_leaves_where_all_examples_cancel_is_no_mistake(structured: bool) -> None:
    """An example twice, with opposite labels, within the margin: the hinges add up to a constant."""
    net = numeric.Network([6, 8, 2, 2], activation="relu", loss="hinge", rng=3)
    X = np.repeat(np.random.default_rng(7).standard_normal((6, 1)), 6, axis=1) * 0.3
    Y = np.array([[1.0, -1.0] * 3, [-1.0, 1.0] * 3])

    report = gradcheck.check(net.loss_at(X, Y), net.gradients(X, Y), net.parameters, structured=structured)

    assert report.verdict in {"pass", "inconclusive"}, str(report)
    assert "jumps" not in report.reason


def test_a_loss_that_rounds_to_nought_far_out_says_nothing_of_slopes_below_its_own_rounding() -> None:
    """The Dice loss of an empty mask: 1 - ε / (Σp + ε), which is exactly 0 where all p are below 1e-22."""
    z0 = np.random.default_rng(0).standard_normal((4, 4)) - 12

    def loss(p: dict[str, Any]) -> float:
        total = np.sum(1 / (1 + np.exp(-p["z"])))
        return float(1 - 1e-6 / (total + 1e-6))

    def gradient(p: dict[str, Any]) -> dict[str, Any]:
        s = 1 / (1 + np.exp(-p["z"]))
        return {"z": 1e-6 / (s.sum() + 1e-6) ** 2 * s * (1 - s)}

    report = gradcheck.check(loss, gradient, {"z": z0})
    wrong = gradcheck.check(loss, lambda p: {"z": 2 * gradient(p)["z"]}, {"z": z0})

    assert report.verdict == "pass", str(report)
    assert wrong.verdict == "fail"
