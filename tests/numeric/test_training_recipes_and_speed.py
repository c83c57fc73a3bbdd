"""The networks that come with settings reach what they promise, and a step costs little more than its products."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import numeric


@pytest.fixture(autouse=True)
def one_thread():
    # Threads of OpenBLAS spin between calls: beside other processes they take the time that they wait.
    with threadpool_limits(1):
        yield


BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "training.py"


def digits():
    X, Y = numeric.load_digits()
    order = np.random.default_rng(0).permutation(1797)
    train, test = order[:1437], order[1437:]
    return X[:, train], Y[:, train], X[:, test], Y[:, test]


@pytest.mark.parametrize(
    ("make", "kind", "wanted"),
    [
        (lambda: numeric.mlp_classifier(64, 10), "mlp", 0.97),
        (lambda: numeric.conv_classifier((1, 8, 8), 10), "conv", 0.985),
    ],
    ids=["mlp", "conv"],
)
def test_the_recipes_reach_their_accuracy_on_digits_never_seen(make, kind, wanted):
    X, Y, X_test, Y_test = digits()
    net = make()

    net.fit(X, Y, **numeric.recipe(kind))

    assert net.accuracy(X_test, Y_test) >= wanted


def test_an_unknown_recipe_is_refused():
    with pytest.raises(numeric.NumericError, match="kind is 'rnn'; expected one of mlp, conv"):
        numeric.recipe("rnn")


@pytest.fixture(scope="module")
def training():
    spec = importlib.util.spec_from_file_location("benchmark_of_training", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.serial
@pytest.mark.parametrize(
    ("network", "most"),
    [
        ("784-512-256-10, 256, float32", 1.10),
        ("784-1024-1024-10, 256, float32", 1.10),
        ("20-15-10-5, 32, float32", 2.3),
        ("20-15-10-5, 32, float64", 2.3),
    ],
)
def test_a_step_costs_little_more_than_its_matrix_products(training, network, most):
    # The best of three, because another process can take the cache from one of the two for a while. The bar for the tiny
    # network is 2, measured by benchmarks/training.py at 1.93 to 2.07; this test guards what was won on any machine.
    ratios = [training.ratio(network, seconds=0.7)[1] for _ in range(3)]

    assert min(ratios) <= most


@pytest.mark.serial
def test_the_vectorised_gradient_leaves_the_loops_far_behind(training):
    times = training.regressions()
    assert times["loops"] > 20 * times["vectorised"]


@pytest.mark.serial
def test_structured_differences_are_a_hundred_times_faster_than_a_plain_loop():
    rng = np.random.default_rng(0)
    net = numeric.Network([784, 128, 10], rng=0)
    X, Y = rng.random((784, 32)), numeric.one_hot(rng.integers(0, 10, 32), 10)
    J, point = net.loss_at(X, Y), net.parameters.copy()

    start = time.perf_counter()
    for name in point:
        J.differences(name, 1e-7)
    structured = time.perf_counter() - start
    calls = 100
    start = time.perf_counter()
    for _ in range(calls):
        J(point)
    plain = (time.perf_counter() - start) / calls * 2 * net.n_parameters

    assert plain > 100 * structured
