"""Regressions with loops and without, and the data that come along."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numeric


@settings(deadline=None, max_examples=30)
@given(n=st.integers(1, 6), m=st.integers(1, 8), seed=st.integers(0, 10_000))
@pytest.mark.parametrize("kind", ["linear", "logistic"])
def test_loops_products_and_network_agree(kind, n, m, seed):
    rng = np.random.default_rng(seed)
    X, W, b = rng.standard_normal((n, m)), rng.standard_normal((1, n)), rng.standard_normal((1, 1))
    Y = rng.random((1, m))
    net = getattr(numeric, f"{kind}_regression")(n)
    net.parameters = {"W1": W, "b1": b}

    loops = getattr(numeric, f"{kind}_regression_gradients_loops")(W, b, X, Y)
    products = getattr(numeric, f"{kind}_regression_gradients")(W, b, X, Y)
    gradients = net.gradients(X, Y)

    # Sums of at most 8 terms of a few units, in another order.
    for a, b_, c in zip(loops, products, (net.cost(X, Y), gradients["W1"], gradients["b1"]), strict=True):
        np.testing.assert_allclose(a, b_, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(b_, c, rtol=1e-13, atol=1e-14)


def test_linear_regression_finds_the_least_squares_solution():
    X, Y = numeric.load_diabetes()
    best, *_ = np.linalg.lstsq(np.vstack([X, np.ones(442)]).T, Y[0], rcond=None)
    model = numeric.linear_regression(10)

    model.fit(X, Y, epochs=10000, batch_size=None, learning_rate=0.4, callback=_flat())

    # The smallest curvature of this bowl is 0.0086: what is left of the path is below 1e-4.
    np.testing.assert_allclose(model.parameters["W1"][0], best[:-1], atol=1e-4)


def _flat():
    last = [np.inf]

    def callback(epoch):
        fall = last[0] - epoch.train_cost
        last[0] = epoch.train_cost
        return fall < 1e-13

    return callback


def test_logistic_regression_separates_the_tumours():
    X, Y = numeric.load_breast_cancer()
    model = numeric.logistic_regression(30)

    model.fit(X[:, :400], Y[:, :400], epochs=50)

    assert model.accuracy(X[:, 400:], Y[:, 400:]) > 0.95


@pytest.mark.parametrize("wrong", ["W", "b", "X"])
def test_regressions_name_the_array_that_does_not_fit(wrong):
    arrays = {"W": np.ones((1, 2)), "b": np.ones((1, 1)), "X": np.ones((2, 3)), "Y": np.ones((1, 3))}
    arrays[wrong] = np.ones((2, 5, 1))

    with pytest.raises(numeric.ShapeError, match=rf"{wrong} has shape \(2, 5, 1\)"):
        numeric.linear_regression_gradients(**arrays)
    with pytest.raises(numeric.ShapeError, match=rf"{wrong} has shape \(2, 5, 1\)"):
        numeric.logistic_regression_gradients_loops(**arrays)


def test_gradient_descent_names_what_a_gradient_function_does_wrong():
    start = {"W": np.ones((2, 1))}

    def descend(gradient):
        return numeric.gradient_descent(gradient, start, learning_rate=0.1, steps=3)

    with pytest.raises(numeric.NumericError, match="gradient returned V; expected W"):
        descend(lambda p: {"V": p["W"]})
    with pytest.raises(numeric.ShapeError, match=r"gradient of W has shape \(2,\); expected \(2, 1\)"):
        descend(lambda p: {"W": p["W"][:, 0]})
    with pytest.raises(numeric.NumericError, match="not finite at step 1"):
        descend(lambda p: {"W": p["W"] * np.nan})
    np.testing.assert_array_equal(start["W"], 1)


@pytest.mark.parametrize(
    ("load", "x", "y"),
    [
        ("digits", (64, 1797), (10, 1797)),
        ("breast_cancer", (30, 569), (1, 569)),
        ("iris", (4, 150), (3, 150)),
        ("diabetes", (10, 442), (1, 442)),
    ],
)
def test_loaded_columns_are_examples(load, x, y):
    X, Y = getattr(numeric, f"load_{load}")()

    assert (X.shape, Y.shape) == (x, y)
    assert X.dtype == Y.dtype == np.float64
    assert np.isfinite(X).all()
    assert X.flags.c_contiguous


def test_digits_lie_in_the_unit_interval_and_their_labels_are_one_hot():
    X, Y = numeric.load_digits()
    assert X.min() == 0.0
    assert X.max() == 1.0
    np.testing.assert_array_equal(Y.sum(axis=0), 1)


def test_without_scikit_learn_a_loader_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(numeric.NumericError, match=r"load_digits .* pip install .backproof\[data\]"):
        numeric.load_digits()


@pytest.mark.parametrize("make", [numeric.make_moons, numeric.make_spirals])
def test_made_data_repeat_with_their_seed(make):
    first, again, other = make(50, rng=3), make(50, rng=3), make(50, rng=4)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_spirals_have_as_many_arms_as_asked():
    X, Y = numeric.make_spirals(100, arms=4, noise=0.0)
    assert Y.shape == (4, 100)
    assert (np.hypot(*X) <= 1).all()
