"""The cost function of a network shows its forward pass, for whoever wants to replay the backward pass from it."""

from __future__ import annotations

import numpy as np
import pytest

import numeric


@pytest.mark.parametrize("loss", ["bce", "mse", "hinge", "softmax_cross_entropy"])
def test_the_cache_is_the_forward_pass_at_the_given_parameters(loss: str) -> None:
    rng = np.random.default_rng(0)
    net = numeric.Network([3, 4, 5, 2], activation=["tanh", "relu"], loss=loss, rng=0)
    X = rng.standard_normal((3, 6))
    Y = np.eye(2)[:, rng.integers(0, 2, 6)] * (2 if loss == "hinge" else 1) - (loss == "hinge")
    at = {name: 1.5 * values for name, values in net.parameters.items()}
    J = net.loss_at(X, Y)
    cache = J.cache(at)
    assert list(cache) == ["A0", "Z1", "A1", "Z2", "A2", "Z3", "A3", "Y"]
    A = X
    for layer, g in ((1, numeric.tanh), (2, numeric.relu)):
        np.testing.assert_allclose(cache[f"Z{layer}"], at[f"W{layer}"] @ A + at[f"b{layer}"])
        A = g(cache[f"Z{layer}"])
        np.testing.assert_allclose(cache[f"A{layer}"], A)
    np.testing.assert_allclose(cache["Z3"], at["W3"] @ A + at["b3"])
    np.testing.assert_array_equal(cache["Y"], Y)


def test_asking_for_the_cache_changes_neither_the_network_nor_the_parameters() -> None:
    X, Y = numeric.make_moons(20, rng=0)
    net = numeric.Network([2, 3, 1], activation="tanh", loss="bce", rng=0)
    before = {name: values.copy() for name, values in net.parameters.items()}
    at = {name: values + 1 for name, values in before.items()}
    J = net.loss_at(X, Y)
    J.cache(at)
    assert J(net.parameters) == net.cost(X, Y)
    for name, values in before.items():
        np.testing.assert_array_equal(net.parameters[name], values)
        np.testing.assert_array_equal(at[name], values + 1)
