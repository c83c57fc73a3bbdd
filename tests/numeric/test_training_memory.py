"""A warm training step creates no array, whatever the network is made of; and training holds little more than it must."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

import numeric
from numeric._optimisers import Memory

M = 256
NUMBER = 8  # bytes of the largest number: results such as the cost are arrays without axes for a moment
# NumPy's iterators, which this does not see as arrays, need some kB; where they convert between types, 64 kB and more.
MOST = 8192


@pytest.fixture
def largest(arrays_created: Callable[..., list[int]]) -> Callable[[Callable[[], object]], int]:
    """Give the bytes of the largest array that a step creates, once it is warm."""

    def measured(step: Callable[[], object]) -> int:
        for _ in range(3):
            step()
        return max(arrays_created(step), default=0)

    return measured


def scratch(step: Callable[[], object]) -> int:
    """Bytes of any kind that a warm step needs at its worst moment.

    All threads are counted, those of the test runner too, and what the garbage collector runs: what the step needs it
    needs every time, so the lowest of three counts.
    """
    peaks = []
    for _ in range(3):
        tracemalloc.start()
        step()
        base = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        step()
        peaks.append(tracemalloc.get_traced_memory()[1] - base)
        tracemalloc.stop()
    return min(peaks)


def digits(n, dtype, m=M):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, m)).astype(dtype), numeric.one_hot(rng.integers(0, 10, m), 10).astype(
        dtype
    )


DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])


@DTYPES
@pytest.mark.parametrize("hidden", [[12, 11], [300, 40]], ids=["biases folded", "biases apart"])
@pytest.mark.parametrize("activation", numeric.ACTIVATIONS)
def test_a_step_of_a_network_creates_no_array_for_any_activation(largest, activation, hidden, dtype):
    X, Y = digits(64, dtype)
    net = numeric.Network([64, *hidden, 10], activation=activation, dtype=dtype)

    assert largest(lambda: net.step(X, Y)) <= NUMBER
    assert scratch(lambda: net.step(X, Y)) < MOST


@DTYPES
@pytest.mark.parametrize("hidden", [[12, 11], [300, 40]], ids=["biases folded", "biases apart"])
def test_a_step_on_the_transpose_of_a_table_creates_no_array(largest, hidden, dtype):
    X, Y = digits(64, dtype)
    table = np.ascontiguousarray(X.T)
    net = numeric.Network([64, *hidden, 10], dtype=dtype)
    net.step(X, Y)  # in the other order first

    assert largest(lambda: net.step(table.T, Y)) <= NUMBER
    assert scratch(lambda: net.step(table.T, Y)) < MOST


@DTYPES
@pytest.mark.parametrize(
    "settings",
    [
        {"l1": 0.1},
        {"l2": 0.1},
        {"label_smoothing": 0.1},
        {"class_weights": range(1, 11)},
        {"label_smoothing": 0.1, "class_weights": range(1, 11), "l1": 0.1, "l2": 0.1},
    ],
    ids=str,
)
def test_a_step_creates_no_array_for_any_cost(largest, settings, dtype):
    X, Y = digits(64, dtype)
    net = numeric.Network([64, 300, 10], dtype=dtype, **settings)

    assert largest(lambda: net.step(X, Y)) <= NUMBER
    assert scratch(lambda: net.step(X, Y)) < MOST


@DTYPES
@pytest.mark.parametrize("weights", [None, (1.0, 2.0)])
@pytest.mark.parametrize("loss", ["bce", "mse", "hinge", "huber"])
def test_a_step_creates_no_array_for_any_loss(largest, loss, weights, dtype):
    X, Y = digits(64, dtype, m=4096)  # of one row only
    labels = 2 * Y[:1] - 1 if loss == "hinge" else Y[:1].copy()
    weighted = {"class_weights": weights} if loss in ("bce", "hinge") else {}
    net = numeric.Network([64, 300, 1], loss=loss, dtype=dtype, **weighted)

    assert largest(lambda: net.step(X, labels, 0.001)) <= NUMBER
    assert scratch(lambda: net.step(X, labels, 0.001)) < MOST


@DTYPES
@pytest.mark.parametrize("name", numeric.OPTIMISERS)
def test_an_update_creates_no_array_for_any_optimiser(largest, name, dtype):
    X, Y = digits(64, dtype)
    descent = numeric.Network([64, 300, 10], dtype=dtype).descent
    memory = Memory(numeric.OPTIMISERS[name](), descent.engine.theta, descent.engine.weights)

    assert largest(lambda: descent.update(X, Y, 0.001, memory)) <= NUMBER
    assert scratch(lambda: descent.update(X, Y, 0.001, memory)) < MOST


def padded(layer):
    layer.padding = np.arange(12)[:, None] < 12 - np.arange(64) % 5
    return layer


IMAGES, SEQUENCES = (4, 12, 12), (16, 12)
LAYERS = {
    "convolution": (IMAGES, lambda: [numeric.Conv2d(8, 3, padding=1)]),
    "convolution in groups": (IMAGES, lambda: [numeric.Conv2d(8, 3, 2, 1, dilation=2, groups=2)]),
    "max pool": (IMAGES, lambda: [numeric.MaxPool2d(2)]),
    "max pool overlapping": (IMAGES, lambda: [numeric.MaxPool2d(3, 2, 1)]),
    "average pool": (IMAGES, lambda: [numeric.AvgPool2d(2)]),
    "average pool overlapping": (IMAGES, lambda: [numeric.AvgPool2d(3, 2, 1)]),
    "batch norm of images": (IMAGES, lambda: [numeric.BatchNorm()]),
    "dropout": (IMAGES, lambda: [numeric.Dropout(0.3)]),
    "residual": (IMAGES, lambda: [numeric.Residual(numeric.Conv2d(4, 3, padding=1), numeric.ReLU())]),
    "dense": (SEQUENCES, lambda: [numeric.Dense(20)]),
    "batch norm": (SEQUENCES, lambda: [numeric.BatchNorm()]),
    "layer norm": (SEQUENCES, lambda: [numeric.LayerNorm()]),
    "rms norm": (SEQUENCES, lambda: [numeric.RMSNorm()]),
    "attention": (SEQUENCES, lambda: [numeric.MultiHeadAttention(4)]),
    "causal attention": (SEQUENCES, lambda: [numeric.MultiHeadAttention(4, causal=True)]),
    "padded attention": (SEQUENCES, lambda: [padded(numeric.MultiHeadAttention(4))]),
    "padded causal attention": (SEQUENCES, lambda: [padded(numeric.MultiHeadAttention(4, causal=True))]),
    "swiglu": (SEQUENCES, lambda: [numeric.SwiGLU(24)]),
    "embedding": ((12,), lambda: [numeric.Embedding(20, 16)]),
    **{name: (SEQUENCES, lambda name=name: [numeric.ActivationLayer(name)]) for name in numeric.ACTIVATIONS},
}


@DTYPES
@pytest.mark.parametrize("name", LAYERS)
def test_a_step_of_a_model_creates_no_array_for_any_layer(largest, name, dtype):
    shape, layers = LAYERS[name]
    rng = np.random.default_rng(0)
    X = rng.integers(0, 20, (*shape, 64)) if name == "embedding" else rng.standard_normal((*shape, 64))
    X, (_, Y) = X.astype(dtype), digits(1, dtype, 64)
    model = numeric.Model(
        [*layers(), numeric.Flatten(), numeric.Dense(10)], input_shape=shape, dtype=dtype, l1=0.01, l2=0.01
    )

    assert largest(lambda: model.step(X, Y, 0.001)) <= NUMBER
    assert scratch(lambda: model.step(X, Y, 0.001)) < MOST


@pytest.mark.parametrize(
    ("create", "size"),
    [
        (lambda x: np.ones((2, 3)), 48),
        (lambda x: np.zeros(3), 24),
        (lambda x: x[:, ::2] * 2, 40 * M),
        (lambda x: x.astype("float32"), 40 * M),
        (lambda x: np.dot(x[:, ::2], x[:, ::2].T), 40 * M),
        (lambda x: np.ascontiguousarray(x.T), 80 * M),
        (lambda x: x.T.reshape(-1), 80 * M),
    ],
)
def test_the_rulers_of_this_file_see_an_array(largest, create, size):
    X, Y = digits(64, "float64")
    net, x = numeric.Network([64, 300, 10]), np.ones((10, M))

    assert largest(lambda: (net.step(X, Y), create(x))) == size
    assert (scratch(lambda: (net.step(X, Y), create(x))) > MOST) == (size > MOST)


def test_the_rulers_of_this_file_see_no_view_and_no_work_in_place(largest):
    x = np.ones((10, M))

    assert largest(lambda: (x[:, ::2], x.T, x.reshape(-1), np.multiply(x, x, out=x))) == 0


@pytest.mark.parametrize("optimiser", ["sgd", "momentum", "adam"])
def test_training_holds_parameters_gradients_averages_and_the_activations_of_one_batch(optimiser):
    sizes, m = [784, 512, 256, 10], 256
    X, Y = digits(sizes[0], "float32", m)
    tracemalloc.start()

    net = numeric.Network(sizes, dtype="float32")
    net.fit(X, Y, epochs=2, batch_size=None, optimiser=optimiser, learning_rate=1e-3)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    slots = numeric.OPTIMISERS[optimiser].slots
    # Gradients of activations take turns in two places. The pieces in which arrays are worked on are 256 kB each,
    # six of them, however large the network.
    numbers = (2 + slots) * net.n_parameters + m * (sum(sizes[1:]) + 2 * max(sizes[1:]))
    assert held < 4 * numbers + 6 * 2**18


def model_of(shape, layers, dtype):
    return numeric.Model([*layers, numeric.Flatten(), numeric.Dense(2)], input_shape=shape, dtype=dtype)


LONG = {
    "biases folded in": ((3,), lambda dtype: numeric.Network([3, 4, 2], dtype=dtype)),
    "biases apart": ((3,), lambda dtype: numeric.Network([3, 2000, 2], dtype=dtype)),
    "dense": ((3,), lambda dtype: model_of((3,), [numeric.Dense(5), numeric.BatchNorm()], dtype)),
    "convolution": ((2, 3, 3), lambda dtype: model_of((2, 3, 3), [numeric.Conv2d(4, 2, groups=2)], dtype)),
    "attention": ((4, 2), lambda dtype: model_of((4, 2), [numeric.MultiHeadAttention(2)], dtype)),
    "swiglu": ((3,), lambda dtype: model_of((3,), [numeric.SwiGLU(4)], dtype)),
    "embedding": ((5,), lambda dtype: model_of((5,), [numeric.Embedding(9, 3)], dtype)),
}


@DTYPES
@pytest.mark.parametrize("name", LONG)
def test_a_step_on_so_many_examples_that_they_are_summed_by_halves_creates_no_array(largest, name, dtype):
    shape, build = LONG[name]
    net, m, rng = build(dtype), 9 * 512 + 3, np.random.default_rng(0)
    X = rng.integers(0, 9, (*shape, m)).astype(dtype)
    Y = numeric.one_hot(rng.integers(0, 2, m), 2).astype(dtype)

    assert largest(lambda: net.step(X, Y, 1e-6)) <= NUMBER
    assert scratch(lambda: net.step(X, Y, 1e-6)) < MOST
