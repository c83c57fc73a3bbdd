"""The structured differences against the plain loss in higher precision, entry by entry."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import numeric
from numeric._changes import activation_change

LOSSES = ["softmax_cross_entropy", "bce", "mse", "hinge", "huber"]


def problem(sizes, activation, loss, seed=0, m=6, l2=0.0):
    rng = np.random.default_rng(seed)
    net = numeric.Network(sizes, activation=activation, loss=loss, rng=seed, l2=l2)
    X = rng.standard_normal((sizes[0], m))
    if loss == "softmax_cross_entropy":
        Y = numeric.one_hot(rng.integers(0, sizes[-1], m), sizes[-1])
    elif loss == "hinge":
        Y = rng.choice([-1.0, 1.0], (sizes[-1], m))
    else:
        Y = rng.random((sizes[-1], m))
    return net, X, Y


def plain(J, parameters, name, h):
    """The same changes from the plain loss: it loses eps * J / change, and so needs a large h."""
    change = np.empty(parameters[name].shape)
    for index in np.ndindex(change.shape):
        moved = {k: v.copy() for k, v in parameters.items()}
        moved[name][index] += h
        change[index] = J(moved) - J(parameters)
    return change


CASES = [
    *(([4, 3], "relu", loss) for loss in LOSSES),
    *(([4, 5, 3], name, loss) for name in sorted(numeric.ACTIVATIONS) for loss in LOSSES),
    *(([2, 3, 3, 3, 2], name, "softmax_cross_entropy") for name in sorted(numeric.ACTIVATIONS)),
    *(([2, 3, 3, 3, 2], "leaky_relu", loss) for loss in LOSSES),
]


@pytest.mark.parametrize(("sizes", "activation", "loss"), CASES, ids=str)
def test_structured_changes_are_the_changes_of_the_plain_loss(sizes, loss, activation):
    net, X, Y = problem(sizes, activation, loss, l2=0.4)
    J, point = net.loss_at(X, Y), net.parameters.copy()

    for h in (1e-3, 0.5):  # 0.5 drives many units across their corners, and the series out of their range
        for name in net.parameters:
            plus, minus, _ = J.differences(name, h)

            # The plain loss rounds at eps * J, a few sums deep.
            tolerance = 2e-14 * (1 + J(point))
            np.testing.assert_allclose(plus, plain(J, point, name, h), rtol=1e-11, atol=tolerance)
            np.testing.assert_allclose(minus, plain(J, point, name, -h), rtol=1e-11, atol=tolerance)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", sorted(numeric.ACTIVATIONS))
def test_a_tiny_step_loses_no_digits(activation, loss):
    net, X, Y = problem([4, 5, 4, 3], activation, loss, seed=2)
    J, gradients = net.loss_at(X, Y), net.gradients(X, Y)

    for name, gradient in gradients.items():
        plus, minus, crossed = J.differences(name, 1e-9)

        # Truncation is h^2 = 1e-18 of the third derivative: what is left is rounding of the changes themselves.
        assert np.abs((plus - minus) / 2e-9 - gradient)[~crossed].max() < 1e-13


def test_every_entry_of_a_network_for_digits_agrees_with_its_gradient():
    X, Y = numeric.load_digits()
    net, X, Y = numeric.Network([64, 24, 16, 10], rng=0), X[:, :16], Y[:, :16]
    J, gradients = net.loss_at(X, Y), net.gradients(X, Y)

    for name, gradient in gradients.items():
        plus, minus, crossed = J.differences(name, 1e-7)
        assert np.abs((plus - minus) / 2e-7 - gradient)[~crossed].max() < 1e-13
        assert crossed.mean() < 0.05


def test_a_wrong_gradient_is_seen_in_every_entry_that_is_wrong():
    net, X, Y = problem([4, 5, 3], "tanh", "softmax_cross_entropy")
    gradient = net.gradients(X, Y)["W1"]
    wrong = gradient.copy()
    wrong[2, 1] *= 1.001

    plus, minus, _ = net.loss_at(X, Y).differences("W1", 1e-6)

    off = np.abs((plus - minus) / 2e-6 - wrong) > 1e-9
    np.testing.assert_array_equal(np.argwhere(off), [[2, 1]])


def test_kinks_are_flagged_exactly_where_a_sign_changes():
    net, X, Y = problem([3, 6, 5, 2], "relu", "softmax_cross_entropy", m=5)
    J = net.loss_at(X, Y)
    h = 0.05

    def signs(parameters):
        twin = numeric.Network([3, 6, 5, 2])
        twin.parameters = parameters
        cache = twin.cache(X)
        return np.concatenate([(cache["Z1"] > 0).ravel(), (cache["Z2"] > 0).ravel()])

    here, point = signs(net.parameters), net.parameters.copy()
    for name in point:
        _, _, crossed = J.differences(name, h)
        for index in np.ndindex(crossed.shape):
            changed = False
            for sign in (1, -1):
                moved = {k: v.copy() for k, v in point.items()}
                moved[name][index] += sign * h
                changed |= not np.array_equal(signs(moved), here)
            assert crossed[index] == changed, (name, index)


def test_a_unit_exactly_at_its_kink_is_flagged_however_small_the_step():
    net = numeric.Network([2, 2, 1], activation="relu", loss="mse")
    net.parameters["W1"] = [[1.0, -1.0], [1.0, 1.0]]
    X = np.array([[1.0], [1.0]])  # Z1 = [0, 2]

    _, _, crossed = net.loss_at(X, [[1.0]]).differences("W1", 1e-12)

    np.testing.assert_array_equal(crossed, [[True, True], [False, False]])


def test_an_input_of_zero_moves_nothing_and_crosses_nothing():
    net = numeric.Network([2, 2, 1], activation="relu", loss="mse", init="zeros")

    plus, minus, crossed = net.loss_at(np.zeros((2, 1)), [[1.0]]).differences("W1", 0.1)

    assert not plus.any()
    assert not minus.any()
    assert not crossed.any()


def test_steps_may_differ_from_entry_to_entry_and_the_point_from_the_network():
    net, X, Y = problem([4, 5, 3], "sigmoid", "softmax_cross_entropy")
    J = net.loss_at(X, Y)
    elsewhere = {name: values + 0.3 for name, values in net.parameters.items()}
    h = np.random.default_rng(0).uniform(0.001, 0.1, (5, 4))

    plus, minus, _ = J.differences("W1", h, elsewhere)

    net.parameters = elsewhere
    for step in np.unique(h):
        where = h == step
        expected_plus, expected_minus, _ = J.differences("W1", float(step))
        np.testing.assert_allclose(plus[where], expected_plus[where], rtol=1e-12)
        np.testing.assert_allclose(minus[where], expected_minus[where], rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("W7", 1e-6), numeric.NumericError, "no parameter 'W7'; expected one of W1, b1"),
        (("W1", 0.0), numeric.NumericError, "expected finite positive"),
        (("W1", -1e-6), numeric.NumericError, "expected finite positive"),
        (("W1", np.nan), numeric.NumericError, "expected finite positive"),
        (("W1", np.ones((4, 5))), numeric.ShapeError, r"h has shape \(4, 5\); expected \(\) or \(5, 4\)"),
    ],
)
def test_impossible_steps_are_refused(arguments, error, message):
    net, X, Y = problem([4, 5, 3], "relu", "softmax_cross_entropy")
    with pytest.raises(error, match=message):
        net.loss_at(X, Y).differences(*arguments)


@settings(deadline=None, max_examples=150)
@example(name="gelu", z=1.0, d=0.4375)  # five points of Gauss were too few
@example(name="gelu_tanh", z=-22.0, d=0.375)  # 0/0 where tanh has rounded to -1
@example(name="tanh", z=-22.0, d=15.0)  # and no way back from there
@given(
    name=st.sampled_from(sorted(set(numeric.ACTIVATIONS) - {"softmax"})),
    z=st.floats(-30, 30),
    d=st.floats(-1, 1) | st.floats(-60, 60),
)
def test_an_activations_change_is_its_difference(name, z, d):
    g = numeric.ACTIVATIONS[name].function
    Z = np.array([z])

    change = activation_change(name, np.array([d]), Z, g(Z))

    # The subtraction rounds at eps of the larger value, z + d at eps of z, and the slopes are at most 1.13.
    assert abs(change[0] - (g(z + d) - g(z))) <= 4e-16 * (abs(z) + abs(d) + abs(g(z)) + abs(g(z + d)) + 1)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "softmax", "silu"])
def test_long_moves_from_one_saturated_end_to_the_other_are_followed(activation, loss):
    net, X, Y = problem([2, 3, 3, 2], activation, loss)
    net.parameters["b1"] = [[-60.0], [60.0], [0.0]]
    net.parameters["b3"] = [[40.0], [-40.0]]
    J, point = net.loss_at(X, Y), net.parameters.copy()

    for name in ("b1", "W3", "b3"):
        plus, minus, _ = J.differences(name, 100.0)

        np.testing.assert_allclose(plus, plain(J, point, name, 100.0), rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(minus, plain(J, point, name, -100.0), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "softmax"])
def test_steep_weights_and_long_steps_are_followed_where_polynomials_do_not_suffice(activation):
    net, X, Y = problem([3, 4, 3, 2], activation, "softmax_cross_entropy", seed=4)
    net.parameters["W2"] *= 1e3
    J, point = net.loss_at(X, Y), net.parameters.copy()

    for h in (1e-6, 1e-3, 2.0):
        plus, minus, _ = J.differences("W1", h)

        tolerance = 2e-14 * (1 + J(point)) * 1e3  # the weights amplify the rounding of Z1
        np.testing.assert_allclose(plus, plain(J, point, "W1", h), rtol=1e-9, atol=tolerance)
        np.testing.assert_allclose(minus, plain(J, point, "W1", -h), rtol=1e-9, atol=tolerance)


@pytest.mark.serial
def test_all_parameters_of_a_two_layer_network_take_less_time_than_a_hundredth_of_a_plain_loop():
    rng = np.random.default_rng(0)
    X, Y = rng.random((784, 32)), np.eye(10)[:, rng.integers(0, 10, 32)]
    net = numeric.Network([784, 128, 64, 10], activation="tanh", rng=0)
    J, n = net.loss_at(X, Y), sum(v.size for v in net.parameters.values())

    def seconds(function, repeats):
        times = []
        for _ in range(repeats):
            began = time.process_time()
            function()
            times.append(time.process_time() - began)
        return min(times)

    sweep = seconds(lambda: [J.differences(name, 1e-6) for name in net.parameters], 3)
    one_call = seconds(lambda: [J(net.parameters) for _ in range(50)], 3) / 50

    assert 2 * n * one_call >= 100 * sweep


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "bce"])
def test_changes_of_saturated_outputs_keep_their_digits_at_every_step(loss):
    """Subtracting losses of 1e9 would leave few digits of a slope."""
    scale = 1e3
    net, X, Y = problem([3, 5, 4, 3], "relu", loss, seed=1)
    Y = np.round(Y)
    net.parameters = {k: scale * v for k, v in net.parameters.items()}
    J, exact = net.loss_at(X, Y), net.gradients(X, Y)

    seen = 0
    for e in (8, 16, 24, 32, 40):
        h = scale * 2.0**-e
        for name, slope in exact.items():
            plus, minus, crossed = J.differences(name, h)

            # Outputs of 0 and 1 leave the loss straight, or another class wins in between and it bends visibly.
            straight = ~crossed & (np.abs(plus + minus) <= 1e-6 * np.abs(plus))
            seen += int(straight.sum())
            tolerance = 1e-11 * np.abs(slope).max()
            np.testing.assert_allclose(((plus - minus) / (2 * h))[straight], slope[straight], atol=tolerance)
    assert seen > 100


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "bce"])
@pytest.mark.parametrize("d", [1e-9, 0.3, 2.7, 41.3, 812.9, 1e6 / 3])
def test_a_change_of_loss_is_exact_to_its_own_size_for_moves_of_any_length(loss, d):
    """Against sixty digits."""
    mpmath = pytest.importorskip("mpmath", reason="mpmath comes with SymPy, which the tests install")
    from numeric._loss_changes import Moved, loss_change
    from numeric._output import output

    Z = np.array([[0.0, 9e10, -3.0], [1.0, 0.0, 2.0], [-30.0, 5.0, 2.0]])
    Y = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    moved = np.array([[1.0, -1.0, 0.0, 1.0], [0.0, 1.0, -1.0, -0.5], [0.0, 0.0, 1.0, 0.25]]) * d
    with mpmath.workdps(60):

        def cost(z, y):
            z = [mpmath.mpf(float(v)) for v in z]
            if loss == "bce":
                return mpmath.fsum(
                    mpmath.log1p(mpmath.exp(a)) - int(b) * a for a, b in zip(z, y, strict=True)
                )
            return mpmath.log(mpmath.fsum(mpmath.exp(a) for a in z)) - z[int(np.argmax(y))]

        def plus(z, d):
            return [mpmath.mpf(float(a)) + mpmath.mpf(float(b)) for a, b in zip(z, d, strict=True)]

        def exact(j, b):
            after = plus(Z[:, j], moved[:, b])
            if loss == "bce":
                after_cost = mpmath.fsum(
                    mpmath.log1p(mpmath.exp(a)) - int(y) * a for a, y in zip(after, Y[:, j], strict=True)
                )
            else:
                after_cost = (
                    mpmath.log(mpmath.fsum(mpmath.exp(a) for a in after)) - after[int(Y[:, j].argmax())]
                )
            return float(after_cost - cost(Z[:, j], Y[:, j]))

        truth = np.array([[exact(j, b) for b in range(4)] for j in range(3)])
    base = Moved(Z, output(loss, Z), Y, np.ones(3))

    change, _ = loss_change(loss, base, np.repeat(moved[:, None, :], 3, axis=1))

    # A change may be what is left of two moves that nearly cancel: then it is exact to the moves.
    np.testing.assert_allclose(change, truth, rtol=1e-13, atol=4e-16 * d)
