"""Every mistake of a user gets an error that names the array, what it has, what was expected, what to try."""

from __future__ import annotations

import numpy as np
import pytest

import numeric

X = np.ones((3, 5))
Y = numeric.one_hot([0, 1, 0, 1, 1], 2)


def classifier(**options):
    return numeric.Network([3, 4, 2], **options)


def changed(array, index, value):
    array = array.copy()
    array[index] = value
    return array


MISTAKES = {
    "transposed X": (X.T, Y, numeric.ShapeError, r"X has shape \(5, 3\); expected \(3, m\).*try X\.T"),
    "wrong rows of X": (np.ones((4, 5)), Y, numeric.ShapeError, r"X has shape \(4, 5\); expected \(3, m\)"),
    "one example": (np.ones(3), Y, numeric.ShapeError, r"X has shape \(3,\); .*X\[:, None\]"),
    "empty batch": (np.ones((3, 0)), Y[:, :0], numeric.ShapeError, r"X has shape \(3, 0\): an empty batch"),
    "ragged": ([[1.0], [1.0, 2.0]], Y, numeric.ShapeError, "X is not an array"),
    "scalar": (1.0, Y, numeric.ShapeError, r"X has shape \(\)"),
    "text": (np.full((3, 5), "a"), Y, numeric.DtypeError, "X has dtype <U1; expected real numbers"),
    "complex": (X * 1j, Y, numeric.DtypeError, "X has dtype complex128"),
    "objects": (X.astype(object), Y, numeric.DtypeError, "X has dtype object"),
    "NaN": (changed(X, (1, 2), np.nan), Y, numeric.NonFiniteError, r"X has shape .*holds nan at \[1, 2\].*1 entr"),
    "infinity": (changed(X, (2, 4), -np.inf), Y, numeric.NonFiniteError, r"X has .*holds -inf at \[2, 4\]"),
    "transposed Y": (X, Y.T, numeric.ShapeError, r"Y has shape \(5, 2\); expected \(2, 5\).*try Y\.T"),
    "class numbers": (X, np.array([0, 1, 0, 1, 1]), numeric.ShapeError, r"Try numeric\.one_hot\(Y, 2\)"),
    "too few labels": (X, Y[:, :4], numeric.ShapeError, r"Y has shape \(2, 4\); expected \(2, 5\).*X has 5 columns"),
    "NaN label": (X, changed(Y, (0, 0), np.nan), numeric.NonFiniteError, r"Y has .* holds nan at \[0, 0\]"),
    "label 2": (X, 2 * Y, numeric.LabelError, r"Y\[0, 0\] is 2\.0; expected one-hot"),
    "two classes": (X, changed(Y, (1, 0), 1), numeric.LabelError, "not one-hot: column 0 sums to 2"),
    "no class": (X, changed(Y, (1, 4), 0), numeric.LabelError, "not one-hot: column 4 sums to 0"),
    "sums to 1 by a negative": (X, changed(changed(Y, (0, 0), 1.5), (1, 0), -0.5), numeric.LabelError, r"Y\[0, 0\]"),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "method", ["cost", "gradients", "step", "loss_at", "gradients_at", "accuracy", "fit", "cache"]
)
@pytest.mark.parametrize("name", MISTAKES)
def test_wrong_data_are_refused_with_a_reason(name, method, dtype):
    X, Y, error, message = MISTAKES[name]
    net = classifier(dtype=dtype)
    before = net.parameters.copy()
    if isinstance(X, np.ndarray) and X.dtype == np.float64:
        X = X.astype(dtype)  # the quick check of a step looks at arrays of the network's own dtype

    with pytest.raises(error, match=message):
        getattr(net, method)(X, Y.astype(dtype))

    assert all(np.array_equal(before[k], net.parameters[k]) for k in before)


@pytest.mark.parametrize(
    ("loss", "Y", "message"),
    [
        ("bce", [[0.0, 1.0, 1.2]], r"Y\[0, 2\] is 1\.2; labels of the binary cross-entropy lie in \[0, 1\]"),
        ("bce", [[0.0, -1.0, 1.0]], r"Y\[0, 1\] is -1\.0"),
        ("hinge", [[1.0, 0.0, -1.0]], r"Y\[0, 1\] is 0\.0; expected -1 or \+1 .*Try 2 \* Y - 1"),
    ],
)
@pytest.mark.parametrize("method", ["step", "cost"])
def test_labels_outside_the_range_of_the_loss_are_refused(loss, Y, message, method):
    net = numeric.Network([2, 1], loss=loss)

    with pytest.raises(numeric.LabelError, match=message):
        getattr(net, method)(np.ones((2, 3)), np.array(Y))


@pytest.mark.parametrize("method", ["forward", "predict", "logits"])
def test_wrong_examples_are_refused_without_labels_too(method):
    with pytest.raises(numeric.ShapeError, match=r"try X\.T"):
        getattr(classifier(), method)(X.T)


def test_wrong_validation_data_are_named_as_such():
    with pytest.raises(numeric.ShapeError, match=r"validation\[0\] has shape \(5, 3\)"):
        classifier().fit(X, Y, validation=(X.T, Y))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "relo"}, "activation is 'relo'; expected one of identity, sigmoid"),
        ({"activation": ["relu", "relu"]}, "activation has 2 names; expected 1"),
        ({"loss": "mae"}, "loss is 'mae'; expected one of softmax_cross_entropy"),
        ({"init": "random"}, "init is 'random'; expected one of zeros, small, xavier, he"),
        ({"l2": -1.0}, "l2 is -1.0; expected a finite number of at least 0"),
        ({"l2": float("nan")}, "l2 is nan"),
        ({"dtype": np.float16}, "dtype is float16; expected float32 or float64"),
        ({"dtype": "int64"}, "dtype is int64"),
    ],
)
def test_impossible_settings_are_refused(options, message):
    with pytest.raises(numeric.NumericError, match=message):
        classifier(**options)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([3], r"sizes is \[3\]; expected at least"),
        (784, r"sizes is 784; expected a list like \[784, 128, 10\]"),
        ([3, 0, 2], r"sizes\[1\] is 0"),
        ([3, 2.5, 2], r"sizes\[1\] is 2.5"),
        ([3, 1], "needs at least 2 outputs"),
    ],
)
def test_impossible_sizes_are_refused(sizes, message):
    with pytest.raises(numeric.NumericError, match=message):
        numeric.Network(sizes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; expected a finite number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"patience": 3}, "patience needs a validation set"),
        ({"patience": 0, "validation": (X, Y)}, "patience is 0"),
    ],
)
def test_impossible_trainings_are_refused(options, message):
    with pytest.raises(numeric.NumericError, match=message):
        classifier().fit(X, Y, **options)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (np.ones((3, 4)), numeric.ShapeError, r"W1 has shape \(3, 4\); expected \(4, 3\). Try its transpose"),
        (1.0, numeric.ShapeError, r"W1 has shape \(\); expected \(4, 3\)"),
        (np.full((4, 3), np.nan), numeric.NonFiniteError, r"W1 holds nan at \[0, 0\]"),
        (np.full((4, 3), "x"), numeric.DtypeError, "W1 has dtype <U1"),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_refused_and_nothing_changes(values, error, message):
    net = classifier()
    before = net.parameters.copy()

    with pytest.raises(error, match=message):
        net.parameters["W1"] = values
    with pytest.raises(error, match=message):
        net.parameters = before | {"b2": np.ones((2, 1)), "W1": values}

    assert all(np.array_equal(before[k], net.parameters[k]) for k in before)


def test_names_of_parameters_are_fixed():
    net = classifier()
    with pytest.raises(
        numeric.NumericError, match="There is no parameter 'W9'; expected one of W1, b1, W2, b2"
    ):
        net.parameters["W9"] = 1
    with pytest.raises(numeric.NumericError, match="missing b1, b2"):
        net.parameters = {"W1": np.ones((4, 3)), "W2": np.ones((2, 4))}
    with pytest.raises(numeric.NumericError, match="unknown W3"):
        net.parameters = net.parameters.copy() | {"W3": 1}
    with pytest.raises(numeric.NumericError, match="fixed"):
        del net.parameters["W1"]
    with pytest.raises(numeric.NumericError, match="expected a dict"):
        net.parameters = [1, 2]


def test_parameters_are_copied_on_assignment_and_live_on_reading():
    net = classifier()
    ours = np.ones((4, 3))

    net.parameters["W1"] = ours
    ours[...] = 7
    assert (net.parameters["W1"] == 1).all()

    before = net.cost(X, Y)
    net.parameters["W2"][0, 0] += 1
    assert net.cost(X, Y) != before

    other = classifier(rng=5)
    net.parameters = other.parameters
    other.parameters["W1"][...] = 0
    assert net.parameters["W1"].any()


def test_whole_numbers_and_booleans_are_welcome():
    assert classifier().cost(X.astype(int), Y.astype(bool)) == classifier().cost(X, Y)


def test_soft_labels_are_distributions_and_welcome():
    soft = 0.9 * Y + 0.05
    assert np.isfinite(classifier().step(X, soft))


@pytest.mark.parametrize(
    ("labels", "n", "error", "message"),
    [
        ([0, 1, 3], 3, numeric.LabelError, "labels holds 3; expected class numbers from 0 to 2"),
        ([0, -1], 3, numeric.LabelError, "labels holds -1"),
        ([0.5, 1], None, numeric.LabelError, "expected class numbers"),
        (["a"], None, numeric.LabelError, "expected class numbers"),
        ([[0, 1]], None, numeric.ShapeError, r"labels has shape \(1, 2\)"),
        ([], None, numeric.ShapeError, r"labels has shape \(0,\)"),
    ],
)
def test_one_hot_refuses_what_is_not_a_class_number(labels, n, error, message):
    with pytest.raises(error, match=message):
        numeric.one_hot(labels, n)


@pytest.mark.parametrize("sizes", [[10**12, 10**12], [10**7, 10**7], [3, 10**13, 2]])
def test_a_network_that_no_memory_holds_is_refused_before_anything_is_allocated(sizes):
    with pytest.raises(numeric.NumericError, match=r"sizes is .* parameters .* GB and this machine has"):
        numeric.Network(sizes)


def test_a_layer_that_no_memory_holds_is_refused_before_anything_is_allocated():
    with pytest.raises(numeric.NumericError, match=r"Dense\(1000000000000\) .* GB and this machine has"):
        numeric.Model([numeric.Dense(10**12)], input_shape=(10**6,))
    with pytest.raises(numeric.NumericError, match=r"m is 1000000000000: .* GB"):
        numeric.make_moons(10**12)


@pytest.mark.parametrize(
    "ask",
    [
        lambda net: net.cost(X, Y),
        lambda net: net.gradients(X, Y),
        lambda net: net.predict(X),
        lambda net: net.forward(X),
        lambda net: net.logits(X),
        lambda net: net.accuracy(X, Y),
        lambda net: net.evaluate(X, Y),
        lambda net: net.cache(X),
        lambda net: net.step(X, Y),
        lambda net: net.fit(X, Y, epochs=1),
    ],
)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_spoilt_parameter_is_named_and_spoils_no_answer(ask, value):
    net = classifier()
    net.parameters["W1"][1, 2] = value

    with pytest.raises(numeric.NonFiniteError, match=rf"W1 .* holds {value} at \[1, 2\].*expected finite"):
        ask(net)


def test_a_spoilt_parameter_of_a_model_is_named():
    model = numeric.Model([numeric.Dense(2)], input_shape=(3,))
    model.parameters["W1"][0, 0] = np.nan

    for ask in (model.cost, model.gradients, model.accuracy, model.evaluate):
        with pytest.raises(numeric.NonFiniteError, match=r"W1 .* holds nan"):
            ask(X, Y)


@pytest.mark.parametrize("rng", ["z", -1, None, 1.5, True, [1, 2], np.nan])
def test_what_is_no_seed_is_named(rng):
    for ask in (
        lambda: classifier(rng=rng),
        lambda: classifier().fit(X, Y, rng=rng),
        lambda: numeric.make_moons(10, rng=rng),
        lambda: numeric.make_spirals(10, rng=rng),
        lambda: numeric.Model([numeric.Dense(2)], input_shape=(3,), rng=rng),
    ):
        with pytest.raises(numeric.NumericError, match=r"rng is .*; expected a seed"):
            ask()


def test_what_leaves_the_floats_on_the_way_is_no_answer():
    model = numeric.Model([numeric.Dense(4), numeric.Dense(2)], input_shape=(3,))
    for learner in (classifier(), model):
        learner.parameters = {name: np.full_like(value, 1e300) for name, value in learner.parameters.items()}

        for ask in (learner.predict, learner.forward, learner.logits):
            with pytest.raises(
                numeric.NonFiniteError, match=r"The last Z, computed in float64, .* holds inf"
            ):
                ask(X)
        # Two infinite Z have a softmax, and it is no answer.
        for ask in (learner.accuracy, learner.evaluate, learner.cost, learner.gradients):
            with pytest.raises(numeric.NonFiniteError, match=r"computed in float64|The cost is nan"):
                ask(X, Y)


def test_a_cost_beyond_all_floats_is_infinite():
    net = numeric.Network([3, 1], loss="mse")
    net.parameters["W1"] = np.full((1, 3), 1e200)

    assert net.cost(X, np.ones((1, 5))) == np.inf
