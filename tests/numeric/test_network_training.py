"""Training: it learns, repeats itself, stops when it should, and survives its own divergence."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numeric


def moons(m=400, split=300):
    X, Y = numeric.make_moons(m, noise=0.15, rng=1)
    return (X[:, :split], Y[:, :split]), (X[:, split:], Y[:, split:])


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in a)


def test_a_network_learns_the_digits():
    X, Y = numeric.load_digits()
    net = numeric.Network([64, 48, 10], rng=0)

    history = net.fit(X[:, :1400], Y[:, :1400], epochs=30, validation=(X[:, 1400:], Y[:, 1400:]))

    assert net.accuracy(X[:, :1400], Y[:, :1400]) > 0.97
    assert history.validation_accuracy[-1] > 0.88
    assert history.validation_accuracy[-1] == net.accuracy(X[:, 1400:], Y[:, 1400:])
    assert history.train_cost[-1] == pytest.approx(net.cost(X[:, :1400], Y[:, :1400]), rel=1e-12)
    assert len(history.epochs) == 30
    assert history.steps == 30 * 22
    assert not history.stopped_early


@pytest.mark.parametrize("loss", ["bce", "hinge"])
def test_a_network_learns_two_moons(loss):
    (X, Y), (Xv, Yv) = moons()
    if loss == "hinge":
        Y, Yv = 2 * Y - 1, 2 * Yv - 1
    net = numeric.Network([2, 16, 1], activation="tanh", loss=loss, rng=0)

    net.fit(X, Y, epochs=100, learning_rate=0.5)

    assert net.accuracy(Xv, Yv) > 0.95


def test_regression_reports_costs_and_no_accuracy():
    X = np.linspace(-2, 2, 50)[None, :]
    net = numeric.Network([1, 20, 1], activation="tanh", loss="mse", rng=0)

    history = net.fit(X, np.sin(X), epochs=200, batch_size=10, learning_rate=0.1)

    assert history.train_cost[-1] < 1e-3
    assert history.train_accuracy[-1] is None
    with pytest.raises(numeric.NumericError, match="accuracy is not defined"):
        net.accuracy(X, np.sin(X))


def test_the_same_seed_trains_the_same_bits_and_another_does_not():
    (X, Y), _ = moons()

    def trained(seed):
        net = numeric.Network([2, 8, 1], loss="bce", rng=0)
        net.fit(X, Y, epochs=3, batch_size=32, rng=seed)
        return net.parameters

    assert same(trained(5), trained(5))
    assert not same(trained(5), trained(6))


def test_one_epoch_of_full_batch_training_is_one_step():
    (X, Y), _ = moons()
    fitted = numeric.Network([2, 8, 1], loss="bce")
    stepped = numeric.Network([2, 8, 1], loss="bce")

    fitted.fit(X, Y, epochs=1, batch_size=None, learning_rate=0.3)
    stepped.step(X, Y, learning_rate=0.3)

    assert same(fitted.parameters, stepped.parameters)


def test_every_example_is_used_once_an_epoch_also_in_a_smaller_last_batch():
    X = np.eye(7)
    net = numeric.Network([7, 1], loss="mse", init="zeros")

    net.fit(X, np.ones((1, 7)), epochs=1, batch_size=3, learning_rate=0.03)

    # One-hot examples: only the batch that holds example j moves W[0, j], by lr / (size of the batch) * error.
    sizes = np.sort(np.round(0.03 / net.parameters["W1"][0]))
    np.testing.assert_array_equal(sizes, [1, 3, 3, 3, 3, 3, 3])


def test_patience_stops_and_returns_to_the_best_epoch():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((10, 40)), (rng.random((1, 40)) > 0.5).astype(float)  # pure noise overfits
    Xv, Yv = rng.standard_normal((10, 200)), (rng.random((1, 200)) > 0.5).astype(float)
    net = numeric.Network([10, 32, 1], loss="bce", rng=0)

    history = net.fit(X, Y, epochs=200, validation=(Xv, Yv), patience=4, learning_rate=0.5)

    assert history.stopped_early
    assert len(history.epochs) == history.best_epoch + 4
    assert net.cost(Xv, Yv) == min(history.validation_cost)


def test_a_callback_sees_every_epoch_and_may_stop():
    (X, Y), _ = moons()
    seen = []

    history = numeric.Network([2, 4, 1], loss="bce").fit(
        X, Y, epochs=10, callback=lambda epoch: seen.append(epoch) or epoch.number == 3
    )

    assert [epoch.number for epoch in seen] == [1, 2, 3]
    assert history.stopped_early
    assert history.epochs == tuple(seen)


def test_divergence_names_the_step_and_the_layer_and_keeps_the_last_good_parameters():
    X, Y = numeric.load_diabetes()
    net = numeric.Network([10, 20, 1], loss="mse", rng=0)
    good = []

    def descend():
        for _ in range(1000):
            before = net.parameters.copy()
            net.step(X, Y, learning_rate=50.0)
            good.append(before)

    with pytest.raises(numeric.Diverged, match=r"diverged at step \d+: the cost is (nan|inf)") as caught:
        descend()

    error = caught.value
    assert "learning rate below 50" in str(error)
    assert error.step == len(good) + 1
    assert error.layer in (1, 2)
    assert same(error.parameters, good[-1])
    assert same(net.parameters, good[-1])
    assert np.isfinite(net.cost(X, Y))


def test_divergence_inside_fit_carries_the_epochs_before():
    X, Y = numeric.load_diabetes()
    net = numeric.Network([10, 20, 1], loss="mse", rng=0, dtype=np.float32)

    with pytest.raises(numeric.Diverged) as caught:
        net.fit(X, Y, epochs=500, batch_size=None, learning_rate=5.0)

    assert caught.value.history is not None
    assert len(caught.value.history.epochs) < 500
    assert np.isfinite(net.cost(X, Y))


@pytest.mark.parametrize(
    ("optimiser", "batch_size", "build"),
    [
        ("sgd", 64, lambda: numeric.Network([64, 20, 10], rng=0)),
        ("sgd", 64, lambda: numeric.Network([64, 128, 128, 10], rng=0)),  # one that norms could vouch for
        ("adam", 64, lambda: numeric.Network([64, 20, 10], rng=0, l2=0.1)),
        (
            "sgd",
            None,
            lambda: numeric.Network([64, 20, 10], rng=0, dtype=np.float32),
        ),  # seen after the only step
        ("momentum", 64, lambda: numeric.Model([numeric.Dense(10)], input_shape=(64,), rng=0)),
    ],
)
def test_a_cost_a_million_times_the_first_is_a_divergence_though_it_is_finite(optimiser, batch_size, build):
    X, Y = numeric.load_digits()
    net = build()
    before, cost = net.parameters.copy(), net.cost(X, Y)

    with pytest.raises(
        numeric.Diverged, match=r"at step 2: the cost is .*, more than a million times"
    ) as caught:
        net.fit(X, Y, epochs=1, batch_size=batch_size, learning_rate=1e15, optimiser=optimiser)

    assert caught.value.step == 2
    assert caught.value.layer is None
    assert np.isfinite(caught.value.cost)
    assert caught.value.cost > 1e6 * cost
    assert same(net.parameters, before)
    assert same(caught.value.parameters, before)
    # The ceiling belongs to that training, and goes with it.
    net.step(X, Y, learning_rate=1e15)
    assert net.step(X, Y, learning_rate=0.0) > 1e6 * cost


def test_a_training_that_begins_badly_and_gets_better_is_none_that_diverges():
    X, Y = numeric.load_digits()
    net = numeric.Network([64, 20, 10], rng=0)
    net.parameters = {name: 1e6 * value for name, value in net.parameters.items()}

    cost = net.cost(X, Y)

    history = net.fit(X, Y, epochs=2, learning_rate=1e3)

    assert history.train_cost[-1] < cost / 100


def test_nothing_to_learn_is_no_divergence():
    X, _ = numeric.load_digits()
    net = numeric.Network([64, 5, 1], loss="mse", init="zeros")

    history = net.fit(X, np.zeros((1, X.shape[1])), epochs=2)

    assert history.train_cost == (0.0, 0.0)


def test_zeros_never_break_the_symmetry_of_hidden_units():
    (X, Y), _ = moons()
    units = {}

    for init in numeric.INITIALISATIONS:
        net = numeric.Network([2, 8, 1], activation="tanh", loss="bce", init=init, rng=0)
        net.fit(X, Y, epochs=20, learning_rate=1.0)
        units[init] = numeric.distinct_units(net.parameters)

    assert units == {"zeros": 1, "small": 8, "xavier": 8, "he": 8}


@pytest.mark.parametrize(
    ("init", "scale"), [("small", 0.01), ("xavier", (2 / 700) ** 0.5), ("he", (2 / 400) ** 0.5)]
)
def test_initial_weights_have_the_scale_of_their_scheme_and_biases_are_zero(init, scale):
    net = numeric.Network([400, 300, 2], init=init, rng=3)

    # 120,000 draws know their standard deviation to 0.2%; five of those are 1%.
    assert net.parameters["W1"].std() == pytest.approx(scale, rel=0.01)
    assert abs(net.parameters["W1"].mean()) < 5 * scale / 120_000**0.5
    assert not net.parameters["b1"].any()


def test_batches_of_changing_size_share_the_buffers_and_agree_with_fresh_networks():
    rng = np.random.default_rng(0)
    net = numeric.Network([5, 7, 6, 3], rng=0)
    for m in (8, 3, 8, 20, 5, 1, 20):
        X, Y = rng.standard_normal((5, m)), numeric.one_hot(rng.integers(0, 3, m), 3)
        fresh = numeric.Network([5, 7, 6, 3])
        fresh.parameters = net.parameters

        assert net.step(X, Y) == fresh.step(X, Y)

        assert same(net.parameters, fresh.parameters)


def test_each_step_takes_its_own_learning_rate():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((5, 8)), numeric.one_hot(rng.integers(0, 3, 8), 3)
    net = numeric.Network([5, 7, 6, 3], rng=0)
    for rate in (0.1, 0.2, 0.0, 0.2, 1e-200, 0.1):
        fresh = numeric.Network([5, 7, 6, 3])
        fresh.parameters = net.parameters

        assert net.step(X, Y, rate) == fresh.step(X, Y, rate)

        assert same(net.parameters, fresh.parameters)


@pytest.mark.parametrize("hidden", [4, 2000], ids=["biases folded", "biases apart"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("warm", [False, True])
def test_a_step_refuses_examples_that_relu_would_hide(hidden, bad, warm):
    X, Y = np.ones((3, 4)), numeric.one_hot([0, 1, 0, 1], 2)
    net = numeric.Network([3, hidden, 2])
    net.parameters["W1"][...] = np.abs(net.parameters["W1"]) + 0.1  # so that -inf becomes a 0
    if warm:
        net.step(X, Y)
    before = net.parameters.copy()
    X[1, 2] = bad

    with pytest.raises(numeric.NonFiniteError, match=r"X .*holds -?(nan|inf) at \[1, 2\]"):
        net.step(X, Y)

    assert same(net.parameters, before)
    X[1, 2] = 1.0
    other = numeric.Network([3, hidden, 2])
    other.parameters = before
    assert net.step(X, Y) == other.step(X, Y)


@pytest.mark.parametrize("m", [4, 900], ids=["few labels", "many labels"])
@pytest.mark.parametrize(
    ("loss", "wrong"), [("softmax_cross_entropy", 2.0), ("bce", -1e-9), ("hinge", 0.0), ("mse", np.nan)]
)
def test_a_warm_step_sees_labels_that_were_changed_in_place(loss, wrong, m):
    X, Y = np.ones((3, m)), np.tile(np.eye(2), m // 2)
    Y = 2 * Y - 1 if loss == "hinge" else Y
    net = numeric.Network([3, 4, 2], loss=loss)
    net.step(X, Y)
    net.step(X, Y)
    before, right = net.parameters.copy(), Y[0, 3]
    Y[0, 3] = wrong

    with pytest.raises(numeric.NumericError, match="Y"):
        net.step(X, Y)

    assert same(net.parameters, before)
    Y[0, 3] = right
    assert np.isfinite(net.step(X, Y))


def test_a_warm_step_takes_the_labels_as_they_are_now():
    X, Y = np.eye(3, 4), numeric.one_hot([0, 1, 0, 1], 2)
    net, other = numeric.Network([3, 4, 2]), numeric.Network([3, 4, 2])
    net.step(X, Y)
    other.step(X, Y)
    Y[...] = Y[::-1].copy()

    assert net.step(X, Y) == other.step(X, Y.copy())
    assert same(net.parameters, other.parameters)


def test_the_data_are_never_changed():
    (X, Y), (Xv, Yv) = moons()
    kept = [a.copy() for a in (X, Y, Xv, Yv)]
    net = numeric.Network([2, 4, 1], loss="bce")

    net.fit(X, Y, epochs=2, validation=(Xv, Yv))
    net.step(X, Y)
    net.gradients(X, Y)

    for array, before in zip((X, Y, Xv, Yv), kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_what_was_returned_before_is_never_changed():
    (X, Y), _ = moons()
    net = numeric.Network([2, 4, 1], loss="bce")
    forward, gradients, cache = net.forward(X), net.gradients(X, Y), net.cache(X, Y)
    kept = [forward.copy(), gradients["W1"].copy(), cache["A1"].copy()]

    net.fit(X, Y, epochs=1)

    for array, before in zip((forward, gradients["W1"], cache["A1"]), kept, strict=True):
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("copier", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copied_network_trains_on_its_own(copier):
    (X, Y), _ = moons()
    net = numeric.Network([2, 4, 1], loss="bce")
    before = net.parameters.copy()

    other = copier(net)
    other.step(X, Y, learning_rate=1.0)

    assert same(net.parameters, before)
    net.step(X, Y, learning_rate=1.0)
    assert same(net.parameters, other.parameters)


@pytest.mark.parametrize(
    ("train", "validation", "since"),
    [
        ([0.9, 0.5, 0.3, 0.2], [0.9, 0.6, 0.7, 0.8], 2),
        ([0.9, 0.5, 0.3, 0.2], [0.9, 0.6, 0.62, 0.65], None),  # within a tenth
        ([0.9, 0.5, 0.6, 0.7], [0.9, 0.6, 0.7, 0.8], None),  # both rose: it diverges
        ([0.9, 0.5, 0.3, 0.2], [0.9, 0.7, 0.6, 0.5], None),
        ([0.9, 0.5, 0.3, 0.2], [None] * 4, None),
        ([], [], None),
    ],
)
def test_overfitting_is_a_validation_cost_that_rose_while_the_training_cost_fell(train, validation, since):
    epochs = [
        numeric.Epoch(k, 4, t, None, v) for k, (t, v) in enumerate(zip(train, validation, strict=True), 1)
    ]

    assert numeric.History(tuple(epochs)).overfits_since == since


@pytest.mark.parametrize(
    ("costs", "still"),
    [
        ([0.9], False),
        ([], False),
        ([0.9, 0.7], True),
        ([0.9, 0.85], False),
        ([0.9, 0.2, 0.5], False),
        ([*np.linspace(2, 1, 18), 0.94, 0.89], True),  # two epochs are the last tenth
        ([*np.linspace(2, 1, 19), 0.97], False),
    ],
)
@pytest.mark.parametrize("held_out", [True, False])
def test_underfitting_is_a_cost_that_still_falls_at_the_end(costs, still, held_out):
    epochs = [
        numeric.Epoch(k, 20, 1.0 if held_out else J, None, J if held_out else None)
        for k, J in enumerate(costs, 1)
    ]

    assert numeric.History(tuple(epochs)).underfits is still


def test_history_prints_a_table_and_becomes_plain_data():
    (X, Y), held_out = moons()
    history = numeric.Network([2, 4, 1], loss="bce").fit(X, Y, epochs=2, validation=held_out)

    assert len(str(history).splitlines()) == 3
    assert history.to_dict()["train_cost"] == list(history.train_cost)
    assert history.seed == 0


@settings(max_examples=60, deadline=None)
@given(
    activation=st.sampled_from(sorted(numeric.ACTIVATIONS)),
    loss=st.sampled_from(["mse", "huber", "softmax_cross_entropy"]),
    dtype=st.sampled_from(["float32", "float64"]),
    size=st.integers(-6, 300),
    step=st.integers(-6, 300),
    deep=st.integers(0, 6),
    seed=st.integers(0, 99),
)
def test_where_no_parameters_are_kept_to_go_back_to_the_new_ones_have_a_finite_cost(
    activation, loss, dtype, size, step, deep, seed
):
    rng, room = np.random.default_rng(seed), 38 if dtype == "float32" else 300
    X = rng.standard_normal((95, 7)).astype(dtype)
    Y = numeric.one_hot(rng.integers(0, 3, 7), 3).astype(dtype)
    net = numeric.Network([95, 90, *[20] * deep, 3], activation=activation, loss=loss, dtype=dtype, rng=seed)
    for W in net.parameters.values():
        W *= 10.0 ** min(size, room - 2)
    alpha = 10.0 ** min(step, room)

    try:
        net.step(X, Y, learning_rate=alpha)
    except numeric.Diverged:
        return

    if not net.descent.kept:
        net.step(X, Y, learning_rate=0.0)  # raises Diverged when the cost is not finite


def test_a_large_network_at_rest_keeps_no_parameters_to_go_back_to():
    X, Y = numeric.load_digits()
    net = numeric.Network([64, 200, 10])

    net.step(X, Y)

    assert not net.descent.kept


def test_examples_that_break_a_large_network_leave_its_last_parameters():
    X, Y = numeric.load_digits()
    net = numeric.Network([64, 200, 10], loss="mse", dtype="float32")
    net.step(X, Y)
    before = net.parameters.copy()

    with pytest.raises(numeric.Diverged):
        net.step(np.full_like(X, 1e30), Y)

    assert same(net.parameters, before)
    assert np.isfinite(net.cost(X, Y))


@pytest.mark.parametrize("hidden", [4, 200], ids=["few parameters", "many parameters"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_divergence_never_brings_back_what_was_there_before_an_assignment(hidden, whole):
    X, Y = numeric.load_digits()
    net = numeric.Network([64, hidden, 10], loss="mse")
    net.step(X, Y, learning_rate=1e-3)
    ours = {name: np.full_like(values, 1e200) for name, values in net.parameters.items()}

    if whole:
        net.parameters = ours
    else:
        net.parameters.update(ours)
    with pytest.raises(numeric.Diverged, match="as they were given"):
        net.step(X, Y)

    assert same(net.parameters, ours)
