"""What the gradients of weights lose when they are summed over a million examples.

Examples that are all alike are the worst: whatever a sum loses, it loses the same way each time. Layers are set up so
that everything but the sum over the examples is exact; what a sum of equal terms should give is then known exactly.
"""

from __future__ import annotations

import numpy as np
import pytest

import numeric
from numeric._long_sums import over_examples

M = 1_000_000
FEW = 8  # units in the last place
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def column(n, dtype, seed):
    """Positive numbers with all the digits that they can have, so that no sum of products cancels."""
    return np.random.default_rng(seed).random(n).astype(dtype)


def repeated(example, m):
    return np.repeat(example[..., None], m, axis=-1)


def ulps(found, exact):
    """The worst distance, in units of the entry that was found."""
    exact = np.asarray(exact, np.longdouble)
    return float((np.abs(found.astype(np.longdouble) - exact) / np.spacing(np.abs(found))).max())


def outer(dz, a):
    return np.multiply.outer(dz.astype(np.longdouble), a.astype(np.longdouble))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "k"), [(4096, 1), (4097, 200), (16 * 2**15 + 5, 3), (100_000, 30), (17 * 4096, 1), (4111, 3000)]
)
def test_a_product_by_halves_leaves_nothing_out_and_takes_nothing_twice(n, k, dtype):
    """Small whole numbers: every order gives the same sum, without rounding."""
    rng = np.random.default_rng(0)
    dZ, A = (rng.integers(-2, 3, (rows, n)).astype(dtype) for rows in (2, k))

    assert np.array_equal(over_examples(dZ, A, n), dZ.astype(int) @ A.T.astype(int))


def gradients(layer, x, dz, m):
    """The gradients of a layer over m examples x, each with the error dz."""
    X = repeated(x, m)
    if not layer.parameters:
        layer.build(x.shape, np.random.default_rng(0), x.dtype)
    layer.forward(X, training=True)
    layer.backward(repeated(dz, m))
    return layer.gradients


@DTYPES
@pytest.mark.parametrize(("n", "k", "m"), [(1, 1, M), (7, 5, M), (33, 65, 50_001), (3, 2, 4096)])
def test_the_gradient_of_a_dense_layer_loses_a_few_ulp(n, k, m, dtype):
    x, dz = column(k, dtype, 1), column(n, dtype, 2)

    found = gradients(numeric.Dense(n), x, dz, m)

    assert ulps(found["W"], outer(dz, x)) <= FEW
    assert ulps(found["b"][:, 0], dz) <= FEW


@DTYPES
def test_the_gradient_of_a_dense_layer_over_sequences_loses_a_few_ulp(dtype):
    x, dz, m = column((3, 5), dtype, 1), column((2, 5), dtype, 2), 100_000

    found = gradients(numeric.Dense(2), x, dz, m)

    assert ulps(found["W"], dz.astype(np.longdouble) @ x.T.astype(np.longdouble)) <= FEW
    assert ulps(found["b"][:, 0], dz.astype(np.longdouble).sum(axis=1)) <= FEW


@DTYPES
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("k", "n", "m"), [(3, 4, M), (120, 80, 20_000)], ids=["biases folded in", "apart"])
def test_the_gradients_of_a_network_lose_a_few_ulp(k, n, m, order, dtype):
    """With W = 0 the error of each example is -y."""
    x, y = column(k, dtype, 1), column(n, dtype, 2)
    net = numeric.Network([k, n], loss="mse", dtype=dtype)
    net.parameters["W1"] = np.zeros((n, k))
    X, Y = np.asarray(repeated(x, m), order=order), repeated(y, m)

    answer = net.gradients(X, Y)
    net.step(X, Y, 1.0)

    assert ulps(answer["W1"], -outer(y, x)) <= FEW
    assert ulps(answer["b1"][:, 0], -y) <= FEW
    assert ulps(net.parameters["W1"], outer(y, x)) <= FEW
    assert ulps(net.parameters["b1"][:, 0], y) <= FEW


@DTYPES
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("size", "m"), [((4, 5), 20_000), ((2, 2), 200_000)], ids=["images", "windows"])
def test_the_gradient_of_a_convolution_loses_a_few_ulp(size, m, groups, dtype):
    x, dz = column((2, *size), dtype, 1), column((2, size[0] - 1, size[1] - 1), dtype, 2)

    found = gradients(numeric.Conv2d(2, 2, groups=groups), x, dz, m)

    X, dZ = x.astype(np.longdouble), dz.astype(np.longdouble)
    windows = np.lib.stride_tricks.sliding_window_view(X, (2, 2), axis=(1, 2))
    exact = np.einsum("fij,cijuv->fcuv", dZ, windows)
    if groups == 2:
        exact = exact[[0, 1], [0, 1]][:, None]
    assert ulps(found["W"], exact) <= FEW
    assert ulps(found["b"][:, 0], dZ.sum(axis=(1, 2))) <= FEW


@DTYPES
@pytest.mark.parametrize("layer", [numeric.LayerNorm, numeric.RMSNorm])
def test_the_gradients_of_norms_over_features_lose_a_few_ulp(layer, dtype):
    x, dz = column(3, dtype, 1), column(3, dtype, 2)
    one = {name: array.copy() for name, array in gradients(layer(), x, dz, 1).items()}

    found = gradients(layer(), x, dz, M)

    for name, exact in one.items():
        assert ulps(found[name], exact) <= FEW


@DTYPES
def test_the_gradients_and_statistics_of_batch_norm_lose_a_few_ulp(dtype):
    """Two examples in turn, a and -a, whose mean is 0 and whose variance is a^2."""
    a, dz = column((3, 1), dtype, 1), column((3, 1), dtype, 2)
    layer = numeric.BatchNorm(momentum=1.0)
    layer.build((3,), np.random.default_rng(0), dtype)

    layer.forward(np.tile(np.hstack([a, -a]), M // 2), training=True)
    layer.backward(np.tile(np.hstack([dz, -dz]), M // 2))

    square = a.astype(np.longdouble) ** 2
    assert ulps(layer.state["variance"], square * M / (M - 1)) <= FEW
    assert ulps(layer.gradients["gamma"], dz * a / np.sqrt(square + layer.eps)) <= FEW


@DTYPES
def test_the_gradients_of_attention_lose_a_few_ulp(dtype):
    """With one place a head passes its value on; with matrices of ones and zeros so do the maps around it."""
    d, m = 3, 200_000
    x, dz = column((d, 1), dtype, 1), column((d, 1), dtype, 2)
    layer = numeric.MultiHeadAttention(1)
    layer.build((d, 1), np.random.default_rng(0), dtype)
    layer.parameters["W"][:] = np.tile(np.eye(d), (3, 1))
    layer.parameters["W_out"][:] = np.eye(d)

    found = gradients(layer, x, dz, m)

    assert ulps(found["W_out"], outer(dz[:, 0], x[:, 0])) <= FEW
    assert ulps(found["W"][2 * d :], outer(dz[:, 0], x[:, 0])) <= FEW
    assert ulps(found["b_out"], dz) <= FEW
    assert ulps(found["b"][2 * d :], dz) <= FEW


@DTYPES
def test_the_gradients_of_swiglu_lose_a_few_ulp(dtype):
    """Over equal examples they are those of one, up to the roundings of the products of a few terms."""
    x, dz = column(2, dtype, 1), column(2, dtype, 2)
    layer = numeric.SwiGLU(2)
    layer.build((2,), np.random.default_rng(0), dtype)
    for W, seed in zip(layer.parameters.values(), (3, 4, 5), strict=True):
        W[:] = column((2, 2), dtype, seed)
    one = {name: array.copy() for name, array in gradients(layer, x, dz, 1).items()}

    found = gradients(layer, x, dz, M)

    for name, exact in one.items():
        assert ulps(found[name], exact) <= FEW + 4


@DTYPES
@pytest.mark.parametrize(("tokens", "m"), [([0], M), ([0, 2, 2, 0], 100_000), ([1] * 400, 1000)])
def test_the_gradient_of_an_embedding_loses_a_few_ulp(tokens, m, dtype):
    dz = column((3, len(tokens)), dtype, 2)
    layer = numeric.Embedding(4, 3)
    layer.build((len(tokens),), np.random.default_rng(0), dtype)

    found = gradients(layer, np.asarray(tokens), dz, m)["W"]

    exact = np.zeros((3, 4), np.longdouble)
    for place, token in enumerate(tokens):
        exact[:, token] += dz[:, place]
    assert ulps(found, exact) <= FEW


@pytest.mark.parametrize(
    "gradients_of", [numeric.logistic_regression_gradients, numeric.linear_regression_gradients]
)
def test_the_gradients_of_regressions_lose_a_few_ulp(gradients_of):
    x, W, b = column(5, float, 1), np.zeros((1, 5)), np.zeros((1, 1))
    Y = np.ones((1, M))
    slope = -0.5 if gradients_of is numeric.logistic_regression_gradients else -1.0

    _, dW, db = gradients_of(W, b, repeated(x, M), Y)

    assert ulps(dW[0], slope * x.astype(np.longdouble)) <= FEW
    assert ulps(db, slope) <= FEW
