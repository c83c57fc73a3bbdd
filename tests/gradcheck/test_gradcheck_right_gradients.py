"""Right gradients pass, wherever it is hard to tell; and where it cannot be told, the verdict says so."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck

SETTINGS = {
    "plain": {},
    "one example": {"m": 1},
    "one unit": {"sizes": (1, 1, 1), "kind": "mse"},
    "wide": {"sizes": (20, 25, 3)},
    "deep": {"sizes": (4, 5, 5, 5, 3)},
    "biases zero": {"bias": 0.0},
    "saturated": {"init": 15.0},
    "far saturated": {"init": 100.0},
    "tiny weights": {"init": 1e-3, "bias": 0.0},
    "inputs times 1e6": {"x_scale": 1e6},
    "inputs times 1e-6": {"x_scale": 1e-6},
    "loss times 1e6": {"scale": 1e6},
    "loss times 1e-6": {"scale": 1e-6},
    "float32": {"dtype": np.float32},
    "float32, saturated": {"dtype": np.float32, "init": 10.0},
    "penalised": {"l2": 0.7},
}


@pytest.mark.parametrize("act", ["relu", "tanh", "sigmoid", "softplus"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_right_gradient_passes(network, act, setting):
    net = network(**{"act": act, **SETTINGS[setting]}, seed=len(setting))

    report = gradcheck.check(net.loss, net.gradient, net.p)

    assert report.verdict == "pass", report


@pytest.mark.parametrize("seed", range(4))
def test_units_exactly_at_their_kink_are_reported_as_kinks_not_as_errors(network, seed):
    net = network(act="relu", seed=seed)
    net.p["b1"] -= (net.p["W1"] @ net.X + net.p["b1"])[:, :1]  # every unit at its kink for the first example

    report = gradcheck.check(net.loss, net.gradient, net.p)

    assert report.verdict == "pass"
    assert report["b1"].n_kinks > 0
    assert any("kink" in note for note in report.notes)


@pytest.mark.parametrize("distance", [1e-3, 1e-5, 1e-7, 1e-9, 1e-12])
def test_a_kink_nearby_is_no_error_and_hides_none(network, distance):
    net, wrong = (network(act="relu", bug=bug) for bug in (None, "one column"))
    for n in (net, wrong):
        n.p["b1"] -= (n.p["W1"] @ n.X + n.p["b1"])[:, :1] + distance

    assert gradcheck.check(net.loss, net.gradient, net.p).verdict == "pass"
    assert gradcheck.check(wrong.loss, wrong.gradient, wrong.p).verdict == "fail"


def test_weights_all_zero_put_several_kinks_at_one_point(network):
    net = network(act="relu", init=0.0, bias=0.0, seed=3)
    net.p["W2"] += 1.0

    assert gradcheck.check(net.loss, net.gradient, net.p).verdict == "pass"


HARD = {
    "hard tanh with a narrow middle": (lambda x: np.sum(np.clip(1e4 * x, -1, 1)), lambda x: 1e4 * (np.abs(1e4 * x) < 1),
                                       np.array([0.0, 1e-5, 1.0, -2.0])),
    "maximum": (np.max, lambda x: (x == x.max()) * 1.0, np.array([0.3, -1.2, 2.0])),
    "fast oscillation": (lambda x: np.sum(np.sin(1e5 * x)), lambda x: 1e5 * np.cos(1e5 * x), np.array([0.3, -1.2, 2.0])),
    "large offset": (lambda x: 1e8 + np.sum(np.sin(x)), np.cos, np.array([0.3, -1.2, 2.0])),
    "huge numbers": (lambda x: np.sum(x**2), lambda x: 2 * x, np.array([0.3e150, -1.2e150])),
    "tiny numbers": (lambda x: np.sum(x**2), lambda x: 2 * x, np.array([0.3e-150, -1.2e-150])),
    "units mixed in one array": (lambda x: np.sum(np.sin(x * [1, 1e6, 1e-6])),
                                 lambda x: np.cos(x * [1, 1e6, 1e-6]) * [1, 1e6, 1e-6], np.array([0.3, -1.2e-6, 2e6])),
    "edge of a domain": (lambda x: sum(math.sqrt(v) for v in x), lambda x: 0.5 / np.sqrt(x), np.array([1e-3, 1.0, 50.0])),
    "sharp softplus": (lambda x: np.sum(np.logaddexp(0, 1e6 * x) / 1e6), lambda x: 1 / (1 + np.exp(-1e6 * x)),
                       np.array([0, 1e-6, -2e-7])),
    "quartic at 0": (lambda x: np.sum(x**4), lambda x: 4 * x**3, np.zeros(3)),
    "constant": (lambda x: 3.0, lambda x: 0 * x, np.ones(3)),
    "single precision inside": (lambda x: float(np.sum(np.sin(x.astype(np.float32)))), np.cos, np.array([0.3, -1.2, 2.0])),
    "eight digits printed": (lambda x: round(float(np.sum(np.sin(x))), 8), np.cos, np.array([0.3, -1.2, 2.0])),
}  # fmt: skip


@pytest.mark.parametrize("case", HARD)
def test_hard_functions_pass_when_right_and_do_not_when_wrong(case):
    loss, gradient, at = HARD[case]

    right = gradcheck.check(loss, gradient, at)
    wrong = gradcheck.check(
        loss, lambda x: 1.1 * gradient(x) + (0.1 if case in ("constant", "quartic at 0") else 0.0), at
    )

    assert right.verdict == "pass", right
    assert wrong.verdict == "fail", wrong


def test_a_loss_that_takes_float32_only_is_differenced_there_with_honest_bounds():
    def loss(x):
        if x.dtype != np.float32:
            raise TypeError("float32 only")
        return np.sum(np.sin(x))

    at = np.array([0.3, -1.2, 2.0], dtype=np.float32)
    right = gradcheck.check(loss, np.cos, at)
    wrong = gradcheck.check(loss, lambda x: np.float32(1.01) * np.cos(x), at)

    assert right.verdict == "pass"
    assert right["x"].bound.max() > 1e-6
    assert any("precision" in note for note in right.notes)
    assert wrong.verdict == "fail"


def test_what_noise_hides_is_inconclusive_not_a_pass():
    def noisy(x):
        return float(np.sum(np.sin(x))) + 1e-2 * math.sin(1e9 * float(np.sum(x)))

    at = np.array([0.3, -1.2, 2.0])
    right = gradcheck.check(noisy, np.cos(at), at)
    wrong = gradcheck.check(noisy, 1.02 * np.cos(at), at)

    assert right.verdict == "inconclusive"
    assert wrong.verdict == "inconclusive"
    assert right.reason


def test_saturation_without_a_callable_gradient_is_inconclusive(network):
    net = network(act="sigmoid", init=60.0)
    g = net.gradient(net.p)
    tiny = {k: 3 * v if k == "W1" else v for k, v in g.items()}

    assert gradcheck.check(net.loss, tiny, net.p).verdict in ("inconclusive", "fail")


def test_outside_the_slopes_at_a_kink_is_not_a_pass():
    report = gradcheck.check(lambda x: np.abs(x).sum(), np.array([1.5]), np.zeros(1))

    assert report.verdict != "pass"
    assert "kink" in report.reason
    with pytest.raises(gradcheck.GradientInconclusive, match="kink"):
        gradcheck.assert_gradient(lambda x: np.abs(x).sum(), np.array([1.5]), np.zeros(1))


@settings(max_examples=25, deadline=None)
@given(
    shape=st.lists(st.integers(1, 4), min_size=0, max_size=4),
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
    units=st.sampled_from([1e-6, 1.0, 1e6]),
)
def test_any_shape_and_any_units_right_passes_and_one_wrong_entry_fails(shape, seed, scale, units):
    rng = np.random.default_rng(seed)
    at = np.asarray(units * (0.2 + rng.random(shape)) * rng.choice([-1.0, 1.0], size=shape))
    place = np.asarray(rng.permutation(at.size) == 0).reshape(at.shape)

    def loss(x):
        return scale * float(np.sum(np.sin(x / units) + (x / units) ** 3))

    def gradient(x):
        return np.asarray(scale / units * (np.cos(x / units) + 3 * (x / units) ** 2))

    right = gradcheck.check(loss, gradient, at)
    wrong = gradcheck.check(loss, lambda x: gradient(x) * (1 + 1e-3 * place), at)

    assert right.verdict == "pass"
    assert wrong.verdict == "fail"
    assert wrong["x"].n_wrong == 1
    assert wrong.worst.index == tuple(int(i) for i in np.argwhere(place)[0])


@settings(max_examples=20, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    m=st.integers(1, 6),
    act=st.sampled_from(["relu", "tanh", "softplus", "silu"]),
    seed=st.integers(0, 2**16),
)
def test_networks_of_any_shape_pass(network, sizes, m, act, seed):
    net = network(sizes=tuple(sizes), m=m, act=act, kind="mse", seed=seed)

    assert gradcheck.check(net.loss, net.gradient, net.p).verdict == "pass"
