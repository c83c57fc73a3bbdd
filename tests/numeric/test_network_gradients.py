"""The gradients of a network against slopes that share no code with them: complex steps and differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numeric

ACTIVATIONS = sorted(numeric.ACTIVATIONS)
LOSSES = ["softmax_cross_entropy", "bce", "mse", "hinge", "huber"]


def labels(loss, n_y, m, rng):
    if loss == "softmax_cross_entropy":
        return numeric.one_hot(rng.integers(0, n_y, m), n_y)
    if loss == "bce":
        return rng.random((n_y, m))
    if loss == "hinge":
        return rng.choice([-1.0, 1.0], (n_y, m))
    return rng.standard_normal((n_y, m))


def problem(sizes, activation, loss, m=7, l2=0.0, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    net = numeric.Network(sizes, activation=activation, loss=loss, l2=l2, rng=seed, dtype=dtype)
    for name in net.parameters:
        if name[0] == "b":
            net.parameters[name] = 0.3 * rng.standard_normal(net.parameters[name].shape)
    return (
        net,
        rng.standard_normal((sizes[0], m)).astype(dtype),
        labels(loss, sizes[-1], m, rng).astype(dtype),
    )


def differences(J, parameters, h=1e-6):
    slopes = {}
    for name, values in parameters.items():
        slopes[name] = np.empty_like(values)
        for index in np.ndindex(values.shape):
            ends = []
            for sign in (1, -1):
                moved = {k: v.copy() for k, v in parameters.items()}
                moved[name][index] += sign * h
                ends.append(J(moved))
            slopes[name][index] = (ends[0] - ends[1]) / (2 * h)
    return slopes


def furthest(a, b):
    assert a.keys() == b.keys()
    return max(float(np.abs(a[name] - b[name]).max()) for name in a)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_the_slopes_of_the_cost(activation, loss):
    net, X, Y = problem([4, 5, 3, 2], activation, loss, l2=0.3, seed=3)

    slopes = differences(net.loss_at(X, Y), net.parameters.copy())

    # Truncation is about h^2 = 1e-12; rounding is a few units of eps * J / h, and J is evaluated with sums.
    assert furthest(net.gradients(X, Y), slopes) < 10 * 2.2e-16 * (1 + net.cost(X, Y)) / 1e-6


@settings(deadline=None, max_examples=25)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    m=st.integers(1, 6),
    loss=st.sampled_from(LOSSES),
    activation=st.sampled_from(["tanh", "sigmoid", "softplus", "silu", "gelu"]),
    l2=st.sampled_from([0.0, 0.7]),
    seed=st.integers(0, 1000),
)
def test_a_step_goes_against_the_gradient_by_the_learning_rate(sizes, m, loss, activation, l2, seed):
    sizes = [*sizes[:-1], max(sizes[-1], 2)]
    net, X, Y = problem(sizes, activation, loss, m, l2, seed)
    before, gradients, cost = net.parameters.copy(), net.gradients(X, Y), net.cost(X, Y)

    returned = net.step(X, Y, learning_rate=0.25)

    assert returned == pytest.approx(cost, rel=1e-12, abs=1e-14)
    moved = {name: (before[name] - net.parameters[name]) / 0.25 for name in before}
    # The buffers use 1 - A^2 and A (1 - A), which round at eps; a layer multiplies that by a few units.
    assert furthest(moved, gradients) < 1e-13 * max(1.0, *(np.abs(g).max() for g in gradients.values()))


@settings(deadline=None, max_examples=150)
@given(
    hidden=st.lists(st.integers(1, 5) | st.sampled_from([70, 150]), max_size=3),
    n_y=st.integers(1, 6) | st.just(70),
    m=st.integers(1, 6) | st.just(40),
    loss=st.sampled_from(LOSSES),
    activation=st.sampled_from(ACTIVATIONS),
    dtype=st.sampled_from(["float64", "float32"]),
    scale=st.sampled_from([1e-3, 1.0, 30.0, 1e3]),
    shift=st.sampled_from([0.0, 45.0, -45.0, 80.0, -95.0, -110.0, 280.0, -725.0]),
    rate=st.sampled_from([1.0, 0.01, 1e-30, 1e20]),  # gradients of up to 1e12 stay inside float32
    cost=st.sampled_from([{}, {"l2": 0.7}, {"l1": 0.3}, {"label_smoothing": 0.2}]),
    weighted=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_the_pass_in_buffers_is_the_page_of_the_notes_for_all_networks_and_costs(
    hidden, n_y, m, loss, activation, dtype, scale, shift, rate, cost, weighted, seed
):
    n_y, cost = max(n_y, 2) if loss == "softmax_cross_entropy" else n_y, dict(cost)
    if loss not in ("softmax_cross_entropy", "bce"):
        cost.pop("label_smoothing", None)
    if weighted and (loss == "softmax_cross_entropy" or (loss in ("bce", "hinge") and n_y == 1)):
        cost["class_weights"] = [1 + k / 2 for k in range(max(n_y, 2))]
    sizes = [3, *hidden, n_y]
    rng = np.random.default_rng(seed)
    tested = numeric.Network(sizes, activation=activation, loss=loss, dtype=dtype, rng=seed, **cost)
    for values in tested.parameters.values():
        values += 0.3 * rng.standard_normal(values.shape).astype(dtype)
    if loss == "softmax_cross_entropy":  # which does not care, but its exponentials do
        tested.parameters[f"b{len(sizes) - 1}"][...] += shift
    else:
        shift = 0.0
    X = (scale * rng.standard_normal((3, m))).astype(dtype)
    Y = labels(loss, n_y, m, rng).astype(dtype)
    page = numeric.Network(sizes, activation=activation, loss=loss, **cost)
    page.parameters = tested.parameters.copy()

    J = tested.descent.silently(tested.descent.engine.run, X, Y, rate)

    wide = X.astype(np.float64)
    gradients, eps = page.gradients(wide, Y), float(np.finfo(dtype).eps)
    # What rounding does to a gradient shows in that of points so near that the dtype hardly tells them apart. Each
    # layer rounds sums of up to 150 products, each in its own way, so every number moves by itself, too. A logit of the
    # size of the shift is rounded by half of its eps, a slope moves by at most as much, and gradients sum it over
    # activations of their own size.
    near = [page.gradients(wide * (1 + t * eps), Y) for t in (-64, -8, 8, 64)]
    for t in (8, 64):
        moved = {
            name: v * (1 + t * eps * rng.standard_normal(v.shape)) for name, v in page.parameters.items()
        }
        near.append(page.gradients_at(wide, Y)(moved))
    found = {}
    for l, slopes in enumerate(tested.descent.engine.slopes, start=1):
        found |= {f"W{l}": slopes.W, f"b{l}": slopes.b}
    size = max(1.0, *(float(np.abs(g).max()) for g in gradients.values()))
    large = max(1.0, *(float(np.abs(a).max()) for n, a in page.cache(wide).items() if n[0] == "A"))
    large *= max(1.0, *(float(np.abs(W).sum(axis=0).max()) for W in page.parameters.values())) ** len(hidden)
    for name, g in gradients.items():
        spread = max(float(np.abs(other[name] - g).max()) for other in near)
        assert (
            np.abs(found[name] / rate - g).max() <= (500 * size + 4 * abs(shift) * large) * eps + 4 * spread
        ), name
    # The cost is a difference of logits, which are rounded at their own size: of inputs of 1000 far above the cost's.
    cost_there = page.cost(wide, Y)
    spread = max(abs(page.cost(wide * (1 + t * eps), Y) - cost_there) for t in (-64, -8, 8, 64))
    assert abs(J - cost_there) <= 500 * eps * (1 + abs(J)) + 4 * eps * abs(shift) + 4 * spread


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_buffers_of_training_compute_what_the_page_of_the_notes_computes(activation):
    net, X, Y = problem([6, 5, 4, 3], activation, "softmax_cross_entropy", m=9, l2=0.1)
    before, gradients = net.parameters.copy(), net.gradients(X, Y)

    net.step(X, Y, learning_rate=1.0)

    assert furthest({k: before[k] - net.parameters[k] for k in before}, gradients) < 1e-14


@pytest.mark.parametrize("loss", LOSSES)
def test_saturated_outputs_keep_finite_costs_and_gradients(loss):
    net, X, Y = problem([3, 4, 2], "relu", loss)
    net.parameters = {name: 1e3 * values for name, values in net.parameters.items()}

    assert np.isfinite(net.cost(X, Y))
    assert all(np.isfinite(g).all() for g in net.gradients(X, Y).values())
    assert np.isfinite(net.step(X, Y, learning_rate=1e-9))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_of_the_whole_batch_is_the_mean_over_its_examples(loss):
    net, X, Y = problem([4, 5, 2], "gelu", loss, m=8)

    each = [net.gradients(X[:, [j]], Y[:, [j]]) for j in range(8)]

    mean = {name: np.mean([g[name] for g in each], axis=0) for name in each[0]}
    assert furthest(net.gradients(X, Y), mean) < 1e-15 * 8


def test_the_order_of_the_examples_does_not_matter():
    net, X, Y = problem([4, 6, 3], "tanh", "softmax_cross_entropy", m=20)
    order = np.random.default_rng(1).permutation(20)

    assert furthest(net.gradients(X, Y), net.gradients(X[:, order], Y[:, order])) < 1e-15


def test_db_is_the_mean_of_dz_and_the_cache_holds_every_array_of_the_notes():
    net, X, Y = problem([4, 5, 3], "tanh", "softmax_cross_entropy")

    cache, gradients = net.cache(X, Y), net.gradients(X, Y)

    assert list(cache) == ["A0", "Z1", "A1", "Z2", "A2", "dZ2", "dA1", "dZ1"]
    np.testing.assert_allclose(cache["dZ2"], cache["A2"] - Y, atol=1e-15)
    np.testing.assert_array_equal(cache["A2"], net.forward(X))
    for layer in (1, 2):
        np.testing.assert_allclose(
            gradients[f"b{layer}"][:, 0], cache[f"dZ{layer}"].mean(axis=1), rtol=0, atol=1e-16
        )


def test_the_penalty_counts_weights_and_not_biases():
    with_penalty, X, Y = problem([3, 4, 2], "tanh", "mse", l2=0.8, m=5)
    without, _, _ = problem([3, 4, 2], "tanh", "mse", l2=0.0, m=5)

    extra = {k: with_penalty.gradients(X, Y)[k] - without.gradients(X, Y)[k] for k in without.parameters}

    squares = sum(float((with_penalty.parameters[k] ** 2).sum()) for k in ("W1", "W2"))
    assert with_penalty.cost(X, Y) - without.cost(X, Y) == pytest.approx(0.8 / (2 * 5) * squares)
    for name in ("W1", "W2"):
        np.testing.assert_allclose(extra[name], 0.8 / 5 * with_penalty.parameters[name], atol=1e-15)
    assert not extra["b1"].any()
    assert not extra["b2"].any()


def test_loss_at_leaves_the_network_alone_and_sees_its_own_copy_of_the_data():
    net, X, Y = problem([3, 4, 2], "relu", "softmax_cross_entropy")
    before = net.parameters.copy()
    J = net.loss_at(X, Y)
    at_first = J(net.parameters)

    J({name: values + 1 for name, values in before.items()})
    X += 100

    assert J(net.parameters) == at_first
    assert furthest(before, net.parameters) == 0.0


def test_a_float32_network_is_evaluated_in_float64_where_its_parameters_are():
    net, X, Y = problem([3, 4, 2], "tanh", "softmax_cross_entropy", dtype=np.float32)
    wide = {name: values.astype(np.float64) for name, values in net.parameters.items()}

    slopes = differences(net.loss_at(X, Y), wide)

    assert furthest(net.gradients_at(X, Y)(wide), slopes) < 3e-9
    assert all(g.dtype == np.float32 for g in net.gradients(X, Y).values())
    # float32 has 7 digits.
    assert furthest(net.gradients(X, Y), slopes) < 1e-6


def test_numerical_gradient_and_backprop_train_a_two_layer_network_to_the_same_parameters():
    net, X, Y = problem([2, 4, 1], "tanh", "bce", m=12)
    J = net.loss_at(X, Y)

    by_backprop = numeric.gradient_descent(
        net.gradients_at(X, Y), net.parameters, learning_rate=0.5, steps=60
    )
    by_slopes = numeric.gradient_descent(
        lambda p: differences(J, p), net.parameters, learning_rate=0.5, steps=60
    )
    for _ in range(60):
        net.step(X, Y, learning_rate=0.5)

    # 60 steps of half a difference's error, 2e-10 each, on a contracting path.
    assert furthest(by_backprop, by_slopes) < 1e-8
    assert furthest(by_backprop, net.parameters) < 1e-12


def test_three_layers_with_given_weights_forward():
    net = numeric.Network([2, 3, 2, 2], activation="sigmoid", loss="mse")
    net.parameters = {
        "W1": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], "b1": [[0.1], [0.2], [0.3]],
        "W2": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], "b2": [[0.1], [0.2]],
        "W3": [[0.1, 0.2], [0.3, 0.4]], "b3": [[0.1], [0.2]],
    }  # fmt: skip

    Y = net.forward([[1.0], [0.5]])

    # The three-layer example of Saito, Deep Learning from Scratch, ch. 3, to its eight digits.
    np.testing.assert_allclose(Y[:, 0], [0.31682708, 0.69627909], atol=5e-9)
