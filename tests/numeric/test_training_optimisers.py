"""Optimisers against their textbook lines, schedules, clipping, class weights, smoothing, and metrics."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numeric
from numeric._optimisers import Memory


def textbook(name, theta, gradients, alpha, weights):
    """One line of the notes after the other, in new arrays."""
    theta, v, s = theta.copy(), np.zeros_like(theta), np.zeros_like(theta)
    for t, g in enumerate(gradients, start=1):
        if name == "sgd":
            theta = theta - alpha * g
        elif name in ("momentum", "nesterov"):
            v = 0.9 * v + 0.1 * g
            theta = theta - alpha * (v if name == "momentum" else 0.9 * v + 0.1 * g)
        elif name == "rmsprop":
            s = 0.9 * s + 0.1 * g**2
            theta = theta - alpha * g / (np.sqrt(s) + 1e-8)
        else:
            if name == "adamw":
                theta = np.where(weights, theta * (1 - alpha * 0.01), theta)
            v, s = 0.9 * v + 0.1 * g, 0.999 * s + 0.001 * g**2
            theta = theta - alpha * (v / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
    return theta


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), n=st.sampled_from([1, 5, 40_000]), steps=st.integers(1, 5))
@pytest.mark.parametrize("name", sorted(numeric.OPTIMISERS))
def test_an_optimiser_follows_its_textbook_lines(name, seed, n, steps):
    rng = np.random.default_rng(seed)
    theta, gradients = rng.standard_normal(n), rng.standard_normal((steps, n))
    weights = np.arange(n) < n // 2
    expected = textbook(name, theta, gradients, 0.01, weights)

    memory = Memory(numeric.OPTIMISERS[name](), theta, [theta[: n // 2]])
    for g in gradients:
        memory(theta, g.copy(), 0.01)

    np.testing.assert_allclose(theta, expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", sorted(numeric.OPTIMISERS))
def test_every_optimiser_learns_two_moons(name):
    X, Y = numeric.make_moons(300, noise=0.1, rng=0)
    net = numeric.Network([2, 16, 1], activation="tanh", loss="bce", rng=0)

    net.fit(
        X, Y, epochs=40, optimiser=name, learning_rate=0.02 if name in ("rmsprop", "adam", "adamw") else 1.0
    )

    assert net.accuracy(X, Y) > 0.95


def test_plain_descent_is_the_same_by_both_paths():
    X, Y = numeric.make_moons(100, rng=0)
    fused, general = (numeric.Network([2, 8, 1], loss="bce") for _ in range(2))

    fused.fit(X, Y, epochs=3, learning_rate=0.5)
    general.fit(X, Y, epochs=3, learning_rate=0.5, clip_norm=1e9)  # never clips, but takes the general path

    for name, values in fused.parameters.items():
        np.testing.assert_allclose(values, general.parameters[name], atol=1e-14)


def test_clipping_shortens_the_gradient_and_keeps_its_direction():
    X, Y = numeric.make_moons(50, rng=0)
    net = numeric.Network([2, 8, 1], loss="bce")
    before, gradients = net.parameters.copy(), net.gradients(X, Y)
    norm = math.sqrt(sum(float((g**2).sum()) for g in gradients.values()))

    net.fit(X, Y, epochs=1, batch_size=None, learning_rate=1.0, clip_norm=norm / 4)

    for name, g in gradients.items():
        np.testing.assert_allclose(before[name] - net.parameters[name], g / 4, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gradient_whose_squares_overflow_is_clipped_like_any_other(dtype):
    X, Y = numeric.make_moons(50, rng=0)
    huge = 1e25 if dtype == np.float32 else 1e200
    plain, weighed = (
        numeric.Network([2, 8, 1], loss="bce", class_weights=[w, w], dtype=dtype) for w in (1, huge)
    )
    norm = math.sqrt(sum(float((g.astype(float) ** 2).sum()) for g in plain.gradients(X, Y).values()))

    for net in (plain, weighed):
        net.fit(X, Y, epochs=1, batch_size=None, learning_rate=1.0, clip_norm=norm / 4)

    for name, values in plain.parameters.items():
        np.testing.assert_allclose(weighed.parameters[name], values, rtol=0, atol=40 * np.finfo(dtype).eps)


def _big():
    return numeric.Network([200, 100, 2], l2=1e300, rng=0)


def _conv():
    layers = [numeric.Conv2d(2, 3), numeric.ReLU(), numeric.Flatten(), numeric.Dense(2)]
    return numeric.Model(layers, input_shape=(2, 10, 10), l2=1e300, rng=0)


@pytest.mark.parametrize("optimiser", ["rmsprop", "adam", "adamw"])
@pytest.mark.parametrize("make", [lambda: numeric.Network([200, 4, 2], l2=1e300), _big, _conv])
def test_an_optimiser_whose_averages_overflow_says_so_and_gives_back_what_was(make, optimiser):
    """Adam divided by the root of infinity and stood still, at a finite cost: nothing else would ever tell."""
    X, Y = np.random.default_rng(0).random((200, 8)), numeric.one_hot([0, 1] * 4, 2)
    net = make()
    if isinstance(net, numeric.Model):
        X = X.reshape(2, 10, 10, 8)
    before = net.parameters.copy()

    with pytest.raises(
        numeric.Diverged, match=r"step 1: the gradient of W1 is so large.*l2 below 1e\+300"
    ) as error:
        net.fit(X, Y, epochs=2, optimiser=optimiser, learning_rate=1e-3)

    assert error.value.step == 1
    assert math.isfinite(error.value.cost)
    for name, values in before.items():
        np.testing.assert_array_equal(net.parameters[name], values)
        np.testing.assert_array_equal(error.value.parameters[name], values)


def test_averages_that_overflow_later_name_the_step_and_the_parameter():
    """Only the last gradient overflows, and only at the third step."""
    net = numeric.Network([3, 4, 1], loss="mse", rng=0)
    X, Y = np.ones((3, 6)), np.zeros((1, 6))
    seen = []

    class Late(numeric.Adam):
        def move(self, theta, g, averages, scratch, alpha, t):
            seen.append(theta.copy())
            if t == 3:
                g[-1] = 1e200  # b2
            super().move(theta, g, averages, scratch, alpha, t)

    with pytest.raises(numeric.Diverged, match="step 3: the gradient of b2 is so large") as error:
        net.fit(X, Y, epochs=9, optimiser=Late(), learning_rate=1e-3)

    assert len(error.value.history.epochs) == 2
    last = np.concatenate([net.parameters[n].T.ravel() for n in ("W1", "b1", "W2", "b2")])
    np.testing.assert_array_equal(last, seen[-1])


def test_a_schedule_scales_each_step():
    X, Y = numeric.make_moons(64, rng=0)
    seen = []

    def schedule(step, steps):
        seen.append((step, steps))
        return 0.0 if step else 1.0

    once = numeric.Network([2, 4, 1], loss="bce")
    once.fit(X, Y, epochs=2, batch_size=32, schedule=schedule)
    first = numeric.Network([2, 4, 1], loss="bce")
    order = np.random.default_rng(0).permutation(64)[:32]
    first.step(X[:, order], Y[:, order], learning_rate=0.1)

    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4)]
    np.testing.assert_array_equal(once.parameters["W1"], first.parameters["W1"])


def test_a_staircase_that_rises_beyond_all_floats_is_refused_at_its_step():
    X, Y = numeric.make_moons(64, rng=0)
    net = numeric.Network([2, 4, 1], loss="bce")

    with pytest.raises(numeric.NumericError, match=r"schedule\(2, 5\) is inf; expected a finite number"):
        net.fit(
            X,
            Y,
            epochs=5,
            batch_size=None,
            learning_rate=1e-300,
            schedule=numeric.staircase(every=1, factor=1e300),
        )


@pytest.mark.parametrize(
    "make", [numeric.constant, numeric.cosine, lambda: numeric.warm_up(5, numeric.cosine())]
)
def test_schedules_stay_between_0_and_1(make):
    factors = [make()(step, 50) for step in range(60)]
    assert all(0 <= f <= 1 for f in factors)
    assert max(factors) == 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: numeric.Adam(beta1=1.0), "beta1 is 1.0; expected a number from 0 to below 1"),
        (lambda: numeric.Momentum(-0.1), "beta is -0.1"),
        (lambda: numeric.AdamW(weight_decay=-1), "weight_decay is -1"),
        (lambda: numeric.staircase(every=0), "every is 0"),
        (lambda: numeric.warm_up(0), "steps is 0"),
        (lambda: fit(optimiser="adamm"), "optimiser is 'adamm'; expected one of sgd, momentum"),
        (lambda: fit(optimiser=3), "optimiser is 3"),
        (lambda: fit(clip_norm=-1.0), "clip_norm is -1.0"),
        (lambda: numeric.Network([2, 2], label_smoothing=1.0), "label_smoothing is 1.0"),
        (lambda: numeric.Network([2, 2], loss="mse", label_smoothing=0.1), "works on probabilities"),
        (lambda: numeric.Network([2, 2], class_weights=[1.0]), "class_weights has 1 numbers; expected 2"),
        (lambda: numeric.Network([2, 2], loss="mse", class_weights=[1, 1]), "class_weights need classes"),
        (lambda: numeric.Network([2, 2], class_weights=[0, 0]), "class_weights are all 0"),
        (lambda: numeric.Network([2, 2], l1=-1), "l1 is -1"),
    ],
)
def test_impossible_settings_of_training_are_refused(make, message):
    with pytest.raises(numeric.NumericError, match=message):
        make()


def fit(**options):
    X, Y = numeric.make_moons(10)
    return numeric.Network([2, 2, 1], loss="bce").fit(X, Y, **options)


OBJECTIVES = [
    ("softmax_cross_entropy", {"label_smoothing": 0.1}),
    ("softmax_cross_entropy", {"class_weights": [0.5, 3.0, 1.0]}),
    ("softmax_cross_entropy", {"class_weights": [0.5, 3.0, 0.0], "label_smoothing": 0.2, "l2": 0.1}),
    ("bce", {"label_smoothing": 0.1, "l1": 0.3}),
    ("bce", {"class_weights": [2.0, 0.7]}),
    ("hinge", {"class_weights": [2.0, 0.7], "l1": 0.05, "l2": 0.2}),
    ("mse", {"l1": 0.4}),
]


@pytest.mark.parametrize(("loss", "options"), OBJECTIVES, ids=str)
def test_cost_gradient_step_and_structured_differences_agree_on_every_objective(loss, options):
    rng = np.random.default_rng(0)
    n_y, m = (3, 8) if loss == "softmax_cross_entropy" else (1, 8)
    X = rng.standard_normal((4, m))
    Y = numeric.one_hot(rng.integers(0, 3, m), 3) if n_y == 3 else rng.integers(0, 2, (1, m)) * 1.0
    Y = 2 * Y - 1 if loss == "hinge" else Y
    net = numeric.Network([4, 5, n_y], activation="tanh", loss=loss, rng=1, **options)
    J, gradients, point = net.loss_at(X, Y), net.gradients(X, Y), net.parameters.copy()

    for name, gradient in gradients.items():
        plus, minus, crossed = J.differences(name, 1e-7)
        assert np.abs((plus - minus) / 2e-7 - gradient)[~crossed].max() < 1e-12
        for index in np.ndindex(gradient.shape):
            ends = [{k: v.copy() for k, v in point.items()} for _ in range(2)]
            ends[0][name][index] += 1e-6
            ends[1][name][index] -= 1e-6
            # Rounding of J, a few eps, over 2e-6.
            assert (J(ends[0]) - J(ends[1])) / 2e-6 == pytest.approx(gradient[index], abs=3e-9)
    assert net.step(X, Y, learning_rate=0.5) == pytest.approx(J(point), rel=1e-13)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(point[name] - net.parameters[name], 0.5 * gradient, atol=1e-14)


def test_class_weights_count_an_example_as_often_as_they_say():
    X = np.array([[1.0, 2.0, -1.0]])
    Y = numeric.one_hot([0, 1, 1], 2)
    weighted = numeric.Network([1, 2], class_weights=[1, 3], rng=0)
    plain = numeric.Network([1, 2], rng=0)

    repeated = plain.cost(np.repeat(X, [1, 3, 3], axis=1), np.repeat(Y, [1, 3, 3], axis=1))

    # The mean is over the examples, not over their weights.
    assert 3 * weighted.cost(X, Y) == pytest.approx(7 * repeated)


def test_label_smoothing_is_training_on_smoothed_labels():
    X, Y = np.ones((2, 3)), numeric.one_hot([0, 1, 2], 3)
    smooth = numeric.Network([2, 3], label_smoothing=0.3, rng=0)
    plain = numeric.Network([2, 3], rng=0)

    assert smooth.cost(X, Y) == pytest.approx(plain.cost(X, 0.7 * Y + 0.1), rel=1e-14)


def test_the_confusion_matrix_counts_each_example_once():
    rng = np.random.default_rng(0)
    labels, answers = rng.integers(0, 4, 200), rng.integers(0, 4, 200)

    confusion = numeric.confusion_matrix(labels, answers)

    assert confusion.sum() == 200
    for i in range(4):
        for j in range(4):
            assert confusion[i, j] == ((labels == i) & (answers == j)).sum()


def test_precision_and_recall_of_an_example_worked_by_hand():
    # True 1: five examples, three found; answered 1: four times, three right.
    report = numeric.class_report([1, 1, 1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 1, 0, 0])

    assert report.precision[1] == 3 / 4
    assert report.recall[1] == 3 / 5
    assert report.f1[1] == pytest.approx(2 / 3)
    assert report.accuracy == 5 / 8
    assert "accuracy 0.6250" in str(report)


def test_a_class_never_answered_has_precision_zero_and_no_warning():
    report = numeric.class_report([0, 1, 2], [0, 0, 0], n_classes=4)
    np.testing.assert_array_equal(report.precision, [1 / 3, 0, 0, 0])
    np.testing.assert_array_equal(report.recall, [1, 0, 0, 0])


def test_one_hot_labels_and_rows_of_predictions_are_understood():
    Y = numeric.one_hot([0, 1, 2, 1])
    np.testing.assert_array_equal(
        numeric.confusion_matrix(Y, np.array([[0, 1, 2, 2]])), [[1, 0, 0], [0, 1, 1], [0, 0, 1]]
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0, 1], [0]), numeric.ShapeError, "answers has 1 examples; expected 2"),
        (([], []), numeric.ShapeError, r"labels has shape \(0,\)"),
        (([0, -1], [0, 0]), numeric.LabelError, "labels holds something"),
        (([0, 1], [0, 5], 3), numeric.LabelError, "There is a class number 5; expected numbers from 0 to 2"),
    ],
)
def test_metrics_refuse_what_are_not_classes(arguments, error, message):
    with pytest.raises(error, match=message):
        numeric.class_report(*arguments)
