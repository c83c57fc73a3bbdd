"""What sums over a million examples lose: the cost of a step and of an answer, and the gradient of a bias."""

from __future__ import annotations

import math

import numpy as np
import pytest

import numeric

M = 1_000_000
LOSSES = {
    "bce": numeric.bce_logit,
    "mse": numeric.squared_error,
    "hinge": numeric.hinge,
    "huber": numeric.huber,
    "softmax_cross_entropy": numeric.softmax_cross_entropy,
}


def examples(loss, kind, dtype):
    """Logits and labels; those that are all alike are the worst: whatever a sum loses it loses the same way each time."""
    rng = np.random.default_rng(0)
    n = 3 if loss == "softmax_cross_entropy" else 1
    Z = (
        rng.standard_normal((n, M)) * 3
        if kind == "random"
        else np.full((n, M), 0.1) + np.arange(n)[:, None] * 0.3
    )
    Y = np.zeros((n, M))
    Y[0] = {"softmax_cross_entropy": 1.0, "hinge": -1.0}.get(loss, 0.0)
    return Z.astype(dtype), Y.astype(dtype)


def ulps(found, exact, dtype):
    return abs(float(found) - exact) / float(np.spacing(dtype(abs(exact))))


@pytest.mark.parametrize(
    ("kind", "dtype"), [("alike", np.float32), ("alike", np.float64), ("random", np.float32)]
)
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_cost_over_a_million_examples_loses_a_few_ulp(loss, kind, dtype):
    """Each loss is within 2 ulp, the sum by halves within 16 + log2(10^6 / 128) roundings of half an ulp at worst."""
    Z, Y = examples(loss, kind, dtype)
    n = len(Z)
    net = numeric.Network([n, n], loss=loss, dtype=dtype)
    net.parameters["W1"], net.parameters["b1"] = np.eye(n), np.zeros((n, 1))
    each = Z[:, :1] if kind == "alike" else Z, Y[:, :1] if kind == "alike" else Y
    losses = np.ravel(LOSSES[loss](*(A.astype(float) for A in each)))
    exact = math.fsum(losses) / losses.size

    answer, step = net.cost(Z, Y), net.step(Z, Y, 1e-3)

    assert ulps(answer, exact, dtype) <= 3
    assert ulps(step, exact, dtype) <= 8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("hidden", "m"), [([], M), ([100, 100], 20_000)], ids=["biases folded in", "apart"])
def test_the_gradient_of_a_bias_over_many_equal_examples_loses_a_few_ulp(hidden, m, dtype):
    net = numeric.Network([1, *hidden, 1], loss="mse", dtype=dtype, rng=0)
    X = np.full((1, m), 0.1, dtype)
    Y = np.full((1, m), -1, dtype)
    exact = float((net.predict(X[:, :1]) - Y[:, :1])[0, 0])
    name = f"b{len(hidden) + 1}"

    answer = net.gradients(X, Y)[name][0, 0]
    net.step(X, Y, 1.0)

    # The output of one example alone may differ from that of all by the rounding of a product of 100 terms.
    few = 8 if not hidden else 8 + 8
    assert ulps(answer, exact, dtype) <= few
    assert ulps(-net.parameters[name][0, 0], exact, dtype) <= few


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m", [1, 3, 6001])
def test_the_gradients_of_attentions_biases_over_many_equal_examples_lose_a_few_ulp(m, dtype):
    """One after the other, 24,000 places lose about a thousand."""
    layers = [numeric.MultiHeadAttention(2), numeric.Flatten(), numeric.Dense(1)]
    model = numeric.Model(layers, input_shape=(4, 4), loss="mse", dtype=dtype, rng=0)
    X = np.repeat(np.random.default_rng(0).random((4, 4, 1)), m, axis=-1).astype(dtype)
    Y = np.ones((1, m), dtype)

    found, exact = model.gradients(X, Y), model.gradients(X[..., :1].copy(), Y[:, :1])

    for name in ("b1", "1.b_out"):
        unit = float(np.spacing(np.abs(exact[name]).max()))
        assert np.abs(found[name].astype(float) - exact[name]).max() <= 16 * unit
