"""Model: a stack of layers is a network like any other."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import numeric


def data(m=24, shape=(1, 8, 8)):
    X, Y = numeric.load_digits()
    return X[:, :m].reshape(*shape, m), Y[:, :m]


def dense(**options):
    layers = [numeric.Dense(7), numeric.Tanh(), numeric.Dense(5), numeric.ReLU(), numeric.Dense(3)]
    return numeric.Model(layers, input_shape=(4,), **options)


def convolutional(**options):
    return numeric.Model(
        [
            numeric.Conv2d(4, 3, padding=1), numeric.BatchNorm(), numeric.ReLU(), numeric.MaxPool2d(2),
            numeric.Flatten(), numeric.Dropout(0.2), numeric.Residual(numeric.Dense(64), numeric.GELUTanh()),
            numeric.Dense(10),
        ],
        input_shape=(1, 8, 8), **options,
    )  # fmt: skip


def attentive(**options):
    return numeric.Model(
        [
            numeric.Embedding(6, 4), numeric.LayerNorm(), numeric.MultiHeadAttention(2),
            numeric.Residual(numeric.Dense(4), numeric.SiLU()), numeric.RMSNorm(), numeric.Flatten(), numeric.Dense(3),
        ],
        input_shape=(5,), **options,
    )  # fmt: skip


def problem(make, **options):
    rng = np.random.default_rng(0)
    if make is convolutional:
        X, Y = data(6)
    elif make is attentive:
        X, Y = rng.integers(0, 6, (5, 7)).astype(float), numeric.one_hot(rng.integers(0, 3, 7), 3)
    else:
        X, Y = rng.standard_normal((4, 9)), numeric.one_hot(rng.integers(0, 3, 9), 3)
    return make(**options), X, Y


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("make", [dense, convolutional, attentive])
def test_gradients_are_the_slopes_of_the_cost(make):
    model, X, Y = problem(make, l2=0.2, l1=0.01, label_smoothing=0.05)
    J, gradients, point = model.loss_at(X, Y), model.gradients(X, Y), model.parameters.copy()
    rng = np.random.default_rng(1)

    for name, gradient in gradients.items():
        for flat in rng.choice(gradient.size, min(6, gradient.size), replace=False):
            index = np.unravel_index(flat, gradient.shape)
            ends = [{k: v.copy() for k, v in point.items()} for _ in range(2)]
            ends[0][name][index] += 1e-6
            ends[1][name][index] -= 1e-6
            slope = (J(ends[0]) - J(ends[1])) / 2e-6
            # Rounding of J over 2e-6, and 1e-12 of truncation times third derivatives of some hundred.
            assert slope == pytest.approx(gradient[index], rel=1e-6, abs=3e-9), (name, index)


@pytest.mark.parametrize("make", [dense, convolutional, attentive])
def test_cost_loss_step_and_gradients_speak_of_one_function(make):
    model, X, Y = problem(make, l2=0.2)
    before, cost, gradients = model.parameters.copy(), model.cost(X, Y), model.gradients(X, Y)

    assert model.loss_at(X, Y)(before) == cost
    assert same(model.gradients_at(X, Y)(before), gradients)
    assert model.step(X, Y, learning_rate=0.5) == pytest.approx(cost, rel=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(before[name] - model.parameters[name], 0.5 * gradient, atol=1e-12)


def test_looking_changes_nothing():
    model, X, Y = problem(convolutional)
    twin = copy.deepcopy(model)

    first = model.cost(X, Y)
    model.gradients(X, Y)
    model.loss_at(X, Y)(model.parameters)
    model.predict(X)
    model.evaluate(X, Y)

    assert model.cost(X, Y) == first
    assert model.step(X, Y) == twin.step(X, Y)
    assert same(model.parameters, twin.parameters)
    assert same(model.layer_states(), twin.layer_states())


def test_each_step_draws_a_new_mask_and_answers_draw_none():
    model = numeric.Model([numeric.Dropout(0.5), numeric.Dense(2)], input_shape=(50,))
    X, Y = np.ones((50, 4)), numeric.one_hot([0, 1, 0, 1])

    first = model.cost(X, Y)
    model.step(X, Y, learning_rate=1e-12)

    assert model.cost(X, Y) != first
    np.testing.assert_array_equal(model.forward(X), model.forward(X))


def test_a_dense_model_is_the_network_of_the_same_sizes():
    net = numeric.Network([4, 6, 3], activation="tanh", l2=0.3, rng=3)
    model = numeric.Model([numeric.Dense(6), numeric.Tanh(), numeric.Dense(3)], input_shape=(4,), l2=0.3)
    model.parameters = net.parameters
    _, X, Y = problem(dense)

    assert model.cost(X, Y) == pytest.approx(net.cost(X, Y), rel=1e-14)
    np.testing.assert_allclose(model.forward(X), net.forward(X), rtol=1e-13)
    for optimiser in ("sgd", "adam"):
        net.fit(X, Y, epochs=5, batch_size=4, optimiser=optimiser)
        model.fit(X, Y, epochs=5, batch_size=4, optimiser=optimiser)
        for name, values in net.parameters.items():
            np.testing.assert_allclose(model.parameters[name], values, rtol=1e-9, atol=1e-12)


def test_flat_examples_are_taken_as_images():
    model, X, _ = problem(convolutional)
    np.testing.assert_array_equal(model.forward(X.reshape(64, -1)), model.forward(X))


def test_a_convolutional_model_learns_the_digits():
    X, Y = data(1000)
    Xv, Yv = numeric.load_digits()[0][:, 1000:1400], numeric.load_digits()[1][:, 1000:1400]
    model = numeric.Model(
        [
            numeric.Conv2d(8, 3, padding=1),
            numeric.ReLU(),
            numeric.MaxPool2d(2),
            numeric.Flatten(),
            numeric.Dense(10),
        ],
        input_shape=(1, 8, 8),
        dtype=np.float32,
    )

    model.fit(X, Y, epochs=12, optimiser="adam", learning_rate=0.005, batch_size=32)

    assert model.accuracy(Xv, Yv) > 0.93


@pytest.mark.parametrize("copier", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copied_model_trains_on_its_own(copier):
    model, X, Y = problem(convolutional)
    before = model.parameters.copy()

    other = copier(model)
    other.step(X, Y)

    assert same(model.parameters, before)
    model.step(X, Y)
    assert same(model.parameters, other.parameters)


def test_a_resumed_training_of_dropout_and_batch_norm_ends_with_the_same_bits(tmp_path):
    X, Y = data(40)

    def train(path, epochs):
        model = convolutional(rng=1)
        model.fit(X, Y, epochs=epochs, batch_size=16, optimiser="adam", learning_rate=0.01, checkpoint=path)
        return model

    train(tmp_path / "run.npz", 2)
    resumed, whole = train(tmp_path / "run.npz", 5), train(None, 5)

    assert same(resumed.parameters, whole.parameters)
    assert same(resumed.layer_states(), whole.layer_states())


def test_saved_numbers_go_back_into_a_model_of_the_same_layers_only(tmp_path):
    X, Y = data(40)
    model = convolutional(rng=1)
    model.fit(X, Y, epochs=2)
    model.save(tmp_path / "model.npz")

    again = convolutional(rng=2)
    again.load(tmp_path / "model.npz")

    np.testing.assert_array_equal(again.forward(X), model.forward(X))
    with pytest.raises(numeric.NumericError, match="holds Model"):
        dense().load(tmp_path / "model.npz")


def test_divergence_names_the_layer_and_keeps_the_last_good_parameters():
    model, X, Y = problem(dense, loss="mse")
    with pytest.raises(
        numeric.Diverged,
        match=r"diverged at step \d+: the cost is [\w.+]+, (first in layer \d|in the loss alone|more than a million)",
    ) as caught:
        model.fit(X, 100 * Y, epochs=500, learning_rate=10.0, batch_size=None)

    assert same(model.parameters, caught.value.parameters)
    assert np.isfinite(model.cost(X, Y))


def test_a_float32_model_is_differenced_in_float64():
    model, X, Y = problem(convolutional, dtype=np.float32)
    wide = {name: values.astype(np.float64) for name, values in model.parameters.items()}
    J = model.loss_at(X, Y)

    moved = {name: values.copy() for name, values in wide.items()}
    moved["W4"][3, 3] += 1e-9

    # float32 would not see the ninth digit.
    slope = (J(moved) - J(wide)) / 1e-9
    assert slope == pytest.approx(J.gradients(wide)["W4"][3, 3], rel=1e-4, abs=1e-6)
    assert J.gradients(model.parameters)["W4"].dtype == np.float32


def test_the_pieces_tell_whether_a_move_crosses_a_kink():
    model, X, Y = problem(dense)
    J, point = model.loss_at(X, Y), model.parameters.copy()
    here = J.pieces(point)
    flipped = point | {"W2": -point["W2"]}

    assert here.shape == (5, 9)
    np.testing.assert_array_equal(J.pieces(point), here)
    assert not np.array_equal(J.pieces(flipped), here)


@pytest.mark.parametrize(
    ("layers", "shape", "message"),
    [
        ([], (4,), "layers is empty"),
        ([numeric.Dense(3), "relu"], (4,), "layer 2 is 'relu'; expected a layer"),
        ([numeric.Conv2d(2, 3)], (4,), r"layer 1: .*expected images \(C, H, W\)"),
        ([numeric.Conv2d(2, 3), numeric.MaxPool2d(9)], (1, 8, 8), "layer 2: "),
        (
            [numeric.Conv2d(2, 3)],
            (1, 8, 8),
            r"The last layer gives \(2, 6, 6\); expected \(n_y,\). Try Flatten",
        ),
        ([numeric.Dense(1)], (4,), "needs at least 2 outputs"),
        ([numeric.Dense(2)], (0,), r"input_shape\[0\] is 0"),
    ],
)
def test_layers_that_do_not_fit_are_refused(layers, shape, message):
    with pytest.raises(numeric.NumericError, match=message):
        numeric.Model(layers, input_shape=shape)


def test_one_layer_cannot_stand_in_two_places():
    layer = numeric.Dense(4)
    with pytest.raises(numeric.NumericError, match="used twice"):
        numeric.Model([layer, layer], input_shape=(4,))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ones((5, 1, 8, 8)), r"expected \(1, 8, 8, m\) or \(64, m\).*np\.moveaxis\(X, 0, -1\)"),
        (np.ones((8, 8, 5)), r"X has shape \(8, 8, 5\)"),
        (np.ones((1, 8, 8, 0)), "an empty batch"),
    ],
)
def test_images_in_the_wrong_order_are_refused(X, message):
    with pytest.raises(numeric.ShapeError, match=message):
        convolutional().predict(X)


class Scale:
    """A layer of a user's own: no base class, only the members."""

    def __init__(self):
        self.parameters, self.gradients, self.state, self.rng = {}, {}, {}, None

    def build(self, input_shape, rng, dtype):
        self.parameters = {"s": np.full((1, 1), 2.0, dtype)}
        self.gradients = {"s": np.zeros((1, 1), dtype)}
        return input_shape

    def forward(self, A_prev, *, training=False):
        self.A_prev = A_prev
        return self.parameters["s"] * A_prev

    def backward(self, dA):
        self.gradients["s"][...] = (dA * self.A_prev).sum() / dA.shape[-1]
        return self.parameters["s"] * dA

    def pieces(self):
        return None


def test_any_object_with_the_members_of_the_protocol_is_a_layer():
    model = numeric.Model([numeric.Dense(3), Scale(), numeric.Dense(2)], input_shape=(4,), loss="mse")
    X, Y = np.random.default_rng(0).standard_normal((4, 5)), np.ones((2, 5))
    J, point = model.loss_at(X, Y), model.parameters.copy()

    assert isinstance(Scale(), numeric.Layer)
    assert list(point) == ["W1", "b1", "s2", "W3", "b3"]
    ends = [point | {"s2": point["s2"] + h} for h in (1e-6, -1e-6)]
    slope = (J(ends[0]) - J(ends[1])) / 2e-6
    assert slope == pytest.approx(model.gradients(X, Y)["s2"].item(), rel=1e-7)


def a_scale(**changed):
    """A layer of one's own in which some members are others."""
    return type("Mine", (Scale,), changed)()


def built(returned=(3,), **parts):
    def build(self, shape, rng, dtype):
        Scale.build(self, shape, rng, dtype)
        vars(self).update(parts)
        return returned

    return build


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"forward": lambda self, A, *, training=False: A[:2]},
            r"layer 2: Mine.forward returned shape \(2, 2\) for two examples; expected .* \(3, 2\)",
        ),
        (
            {"forward": lambda self, A, *, training=False: A.tolist()},
            "Mine.forward returned .*; expected an array",
        ),
        ({"backward": lambda self, dA: dA[1:]}, r"Mine.backward returned shape \(2, 2\) .* \(3, 2\)"),
        ({"backward": lambda self, dA: None}, "Mine.backward returned None"),
        ({"build": built(None)}, "Mine.build returned None; expected the output's shape"),
        ({"build": built((3.0,))}, r"Mine.build returned \(3.0,\)"),
        ({"build": built((0,))}, r"Mine.build returned \(0,\)"),
        (
            {"build": built(parameters={"s": [1.0]})},
            r"Mine.parameters\['s'\] is \[1.0\]; expected an array of floats",
        ),
        ({"build": built(parameters={"s": np.ones(1, int)})}, "expected an array of floats"),
    ],
)
def test_a_layer_of_ones_own_that_breaks_the_protocol_is_named_when_the_model_is_built(changed, says):
    with pytest.raises(numeric.NumericError, match=says):
        numeric.Model([numeric.Dense(3), a_scale(**changed), numeric.Dense(2)], input_shape=(4,))


def test_an_object_that_lacks_a_member_of_a_layer_is_told_which():
    layer = a_scale()
    del layer.rng

    with pytest.raises(numeric.NumericError, match="It has no rng"):
        numeric.Model([layer, numeric.Dense(2)], input_shape=(4,))
    for nonsense in (3, "Dense", None, numeric.Dense, np.ones(3)):
        with pytest.raises(numeric.NumericError, match=r"expected a layer, such as numeric.Dense\(10\)\.$"):
            numeric.Model([nonsense, numeric.Dense(2)], input_shape=(4,))


def test_looking_at_a_layer_of_ones_own_leaves_no_trace_in_it():
    class Noise(Scale):
        def build(self, shape, rng, dtype):
            self.rng, self.state = np.random.default_rng(5), {"seen": np.zeros(1)}
            return super().build(shape, rng, dtype)

        def forward(self, A_prev, *, training=False):
            self.state["seen"] += 1
            return super().forward(A_prev + self.rng.standard_normal(A_prev.shape))

    layer = Noise()

    numeric.Model([layer, numeric.Dense(2)], input_shape=(4,))

    assert layer.state["seen"] == 0
    assert layer.rng.standard_normal() == np.random.default_rng(5).standard_normal()
