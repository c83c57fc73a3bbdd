"""network_gradients: generated from SymPy's derivatives, right on data, honest about shapes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbolic

HIDDEN = [n for n in symbolic.names("activation") if n != "softmax"]


def _problem(sizes, loss, m, seed=0):
    rng = np.random.default_rng(seed)
    p = {}
    for k in range(1, len(sizes)):
        p[f"W{k}"] = rng.normal(size=(sizes[k], sizes[k - 1]))
        p[f"b{k}"] = rng.normal(size=(sizes[k], 1))
    X = rng.normal(size=(sizes[0], m))
    if loss == "softmax_cross_entropy":
        Y = np.eye(sizes[-1])[rng.integers(0, sizes[-1], m)].T
    else:
        Y = rng.integers(0, 2, (sizes[-1], m)).astype(float)
    return p, X, Y


@pytest.mark.parametrize("loss", ["squared_error", "bce", "softmax_cross_entropy"])
@pytest.mark.parametrize("activation", HIDDEN)
def test_gradients_are_the_slopes_of_the_cost(activation, loss):
    sizes = [3, 4, 2]
    p, X, Y = _problem(sizes, loss, 5)
    f = symbolic.network_gradients(sizes, activation, loss, l2=0.3)

    _, gradients = f(p, X, Y)

    h = 1e-5
    for key, value in p.items():
        for index in np.ndindex(value.shape):
            up, down = ({**p, key: value.copy()} for _ in range(2))
            up[key][index] += h
            down[key][index] -= h
            slope = (f(up, X, Y)[0] - f(down, X, Y)[0]) / (2 * h)
            # Truncation h²·f'''/6 and rounding eps·J/h are both below 1e-9 here.
            assert abs(slope - gradients[key][index]) < 1e-8, (key, index)


@settings(deadline=None, max_examples=15)
@given(
    sizes=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    activation=st.sampled_from(["tanh", "sigmoid", "relu"]),
    m=st.integers(1, 6),
    seed=st.integers(0, 99),
)
def test_the_order_of_the_examples_does_not_matter_and_db_is_a_mean(sizes, activation, m, seed):
    p, X, Y = _problem(sizes, "squared_error", m, seed)
    f = symbolic.network_gradients(sizes, activation, "mse")
    order = np.random.default_rng(seed).permutation(m)

    cost, gradients = f(p, X, Y)
    again, permuted = f(p, X[:, order], Y[:, order])
    doubled = f(p, np.hstack([X, X]), np.hstack([Y, Y]))[1]

    assert np.isclose(cost, again, rtol=1e-13)
    for key in gradients:
        assert np.allclose(gradients[key], permuted[key], rtol=1e-10, atol=1e-13)
        assert np.allclose(gradients[key], doubled[key], rtol=1e-10, atol=1e-13)  # 1/m: a mean, not a sum


def test_the_models_of_the_catalogue_run_on_arrays_of_any_size():
    p, X, Y = _problem([5, 1], "bce", 7)

    cost = symbolic.to_numpy("logistic_regression")(p, X, Y)
    gradients = symbolic.to_numpy("logistic_regression", 1)(p, X, Y)

    A = 1 / (1 + np.exp(-(p["W1"] @ X + p["b1"])))
    assert np.isclose(cost, -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A)), rtol=1e-12)
    assert np.allclose(gradients["W1"], (A - Y) @ X.T / 7, rtol=1e-12)
    assert np.allclose(gradients["b1"], (A - Y).mean(), rtol=1e-12)


def test_saturated_networks_give_finite_gradients():
    p, X, Y = _problem([3, 4, 1], "bce", 5)
    p = {k: v * 1e4 for k, v in p.items()}

    with np.errstate(all="raise", under="ignore"):
        cost, gradients = symbolic.network_gradients([3, 4, 1], "tanh", "bce")(p, X, Y)

    assert np.isfinite(cost)
    assert all(np.isfinite(v).all() for v in gradients.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W1": np.zeros((3, 4))}, r"W1 has shape \(3, 4\); expected \(4, 3\)"),
        ({"b2": np.zeros(2)}, r"b2 has shape \(2,\); expected \(2, 1\)"),
        ({"W3": np.zeros((1, 1))}, "keys"),
    ],
)
def test_a_parameter_of_the_wrong_shape_is_named(change, message):
    p, X, Y = _problem([3, 4, 2], "mse", 5)
    f = symbolic.network_gradients([3, 4, 2], "tanh", "mse")

    with pytest.raises(symbolic.ShapeMismatch, match=message):
        f({**p, **change}, X, Y)


def test_data_of_the_wrong_shape_is_named():
    p, X, Y = _problem([3, 4, 2], "mse", 5)
    f = symbolic.network_gradients([3, 4, 2], "tanh", "mse")

    with pytest.raises(symbolic.ShapeMismatch, match="columns are examples"):
        f(p, X.T, Y)
    with pytest.raises(symbolic.ShapeMismatch, match="columns are examples"):
        f(p, X[:, :0], Y[:, :0])
    with pytest.raises(symbolic.ShapeMismatch, match="Y has shape"):
        f(p, X, Y[:1])


def test_a_network_too_large_to_derive_entry_by_entry_says_so_at_once():
    with pytest.raises(symbolic.LimitReached, match="101770 parameters"):
        symbolic.network_gradients([784, 128, 10], "relu", "softmax_cross_entropy")
