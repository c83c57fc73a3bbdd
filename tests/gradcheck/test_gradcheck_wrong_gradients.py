"""Every wrong gradient is caught, the report names the parameter, and the first cause is the true one."""

import re
from pathlib import Path

import numpy as np
import pytest

import gradcheck
from gradcheck._causes import CAUSES

SQUARE = {"sizes": (4, 4, 4, 4), "act": "tanh", "m": 6}
PENALISED = {"sizes": (5, 4, 3), "act": "sigmoid", "m": 9, "l2": 0.8}

# bug: (parameters that must be called wrong, cause, how the network is set up)
WRONG = {
    "Y - A": ("W1 b1 W2 b2", "sign", {}),
    "softmax diagonal": ("W1 b1 W2 b2", "softmax_diagonal", {}),
    "A (1 - A) too many": ("W1 b1 W2 b2", "extra_gprime", {"kind": "bce"}),
    "label missing": ("W1 b1 W2 b2", "missing_label", {}),
    "labels rolled": ("W1 b1 W2", "example_rolled", {}),
    "last example dropped": ("W1 b1 W2 b2", "example_dropped", {}),
    "examples weighted": ("W1 b1 W2 b2", "example_weights", {}),
    "g' missing": ("W1 b1", "missing_gprime", {}),
    "g' squared": ("W1 b1", "squared_gprime", {"act": "silu"}),
    "g' at A": ("W1 b1", "gprime_at_A", {"act": "softplus"}),
    "g' of the sigmoid": ("W1 b1", "wrong_gprime", {}),
    "dropout redrawn": ("W1 b1", "dropout", {}),
    "dropout fixed": ("W1 b1", "dropout", {}),
    "A1 for A0": ("W1", "wrong_A", SQUARE),
    "X rolled": ("W1", "example_rolled", {}),
    "no penalty": ("W1 W2", "missing_l2", PENALISED),
    "penalty twice": ("W1 W2", "doubled_l2", PENALISED),
    "penalty without m": ("W1 W2", "l2_scale", PENALISED),
    "bias penalised": ("b1 b2", "l2_on_bias", {}),
    "1/m missing": ("W1 b1 W2 b2", "missing_mean", {}),
    "1/m missing in dW2": ("W2", "missing_mean", {}),
    "1/m missing in db1": ("b1", "missing_mean", {}),
    "1/m twice": ("W1 b1 W2 b2", "extra_mean", {}),
    "m - 1": ("W1 b1 W2 b2", "bessel", {}),
    "sign": ("W1 b1 W2 b2", "sign", {}),
    "sign of dW1": ("W1", "sign", {}),
    "half": ("W1 b1 W2 b2", "factor", {}),
    "dW1 twice": ("W1", "factor", {}),
    "W2 transposed": ("W2", "transpose", SQUARE),
    "W not transposed": ("W1 b1 W2 b2", "transpose", SQUARE),
    "W rolled": ("W1 b1", "wrong_W", {}),
    "dW1 reshaped": ("W1", "reshape", {}),
    "rows of dW1 reversed": ("W1", "permuted", {}),
    "db1 zero": ("b1", "zero", {}),
    "db1 over the units": ("b1", "wrong_axis", {}),
    "db1 of the first example": ("b1", "example_dropped", {}),
    "one entry": ("W1", "one_entry", {}),
    "one row": ("W1", "one_row", {}),
    "one column": ("W1", "one_column", {}),
    "one unit": ("W1 b1", "one_unit", {}),
    "epsilon added": ("W1", "offset", {}),
    "values clipped": ("W1 W2", "clipping", {}),
    "norm clipped": ("W1 b1 W2 b2", "clipping", {}),
    "float32": ("W1 b1 W2 b2", "low_precision", {}),
    "float16": ("W1 b1 W2 b2", "low_precision", {}),
    "accumulator": ("W1 b1 W2 b2", "accumulator", {}),
    "momentum": ("W1 b1 W2 b2", "momentum", {}),
    "stale cache": ("W1 b1 W2 b2", "stale_cache", {}),
    "first cache": ("W1 b1 W2 b2", "stale_cache", {}),
}
# Without the forward pass these look alike; the report then names the place, not the cause.
NEEDS_CACHE = {
    "softmax diagonal", "A (1 - A) too many", "label missing", "labels rolled", "last example dropped", "examples weighted",
    "g' squared", "g' at A", "g' of the sigmoid", "dropout fixed", "A1 for A0", "X rolled", "W not transposed", "W rolled",
    "db1 of the first example", "g' missing",
}  # fmt: skip


@pytest.mark.parametrize("bug", WRONG)
def test_a_wrong_gradient_fails_names_its_parameters_and_its_cause(network, bug):
    wrong, cause, options = WRONG[bug]
    net = network(**options, bug=bug)

    report = gradcheck.check(net.loss, net.gradient, net.p, cache=net.cache)

    assert report.verdict == "fail"
    assert {row.name for row in report.parameters if row.verdict == "fail"} >= set(wrong.split())
    assert report.worst.parameter in report.reason or "asked again" in report.reason
    assert report.diagnosis[0].cause == cause
    assert (
        report.diagnosis[0].message in " ".join(str(report).split()).replace("- ", "- ")
        or len(str(report)) > 400
    )


@pytest.mark.parametrize("bug", [bug for bug in WRONG if bug not in NEEDS_CACHE])
def test_causes_that_show_in_the_gradients_alone_need_no_cache(network, bug):
    _, cause, options = WRONG[bug]
    net = network(**options, bug=bug)

    report = gradcheck.check(net.loss, net.gradient, net.p)

    found = {d.cause for d in report.diagnosis if d.score >= 0.4}
    assert cause in found


@pytest.mark.parametrize("bug", sorted(NEEDS_CACHE))
def test_without_a_cache_no_cause_is_claimed_that_the_numbers_do_not_support(network, bug):
    _, cause, options = WRONG[bug]
    net = network(**options, bug=bug)

    report = gradcheck.check(net.loss, net.gradient, net.p)

    assert report.verdict == "fail"
    assert report.diagnosis[0].cause in {"layer", "output", "bias", cause}


@pytest.mark.parametrize("bug", ["g' missing", "one entry", "half"])
@pytest.mark.parametrize(
    "setting", [{"scale": 1e-6}, {"scale": 1e6}, {"x_scale": 1e-6}, {"x_scale": 1e6}], ids=str
)
def test_the_verdict_does_not_depend_on_the_units_of_the_loss_or_the_inputs(network, bug, setting):
    net = network(**setting, bug=bug)

    assert gradcheck.check(net.loss, net.gradient, net.p).verdict == "fail"


@pytest.mark.parametrize("bug", ["sign", "g' missing", "one entry", "half", "float16"])
def test_float32_networks_hide_nothing(network, bug):
    net = network(dtype=np.float32, bug=bug)

    assert gradcheck.check(net.loss, net.gradient, net.p).verdict == "fail"


@pytest.mark.parametrize("bug", ["sign of dW1", "g' missing", "db1 zero"])
def test_a_network_saturated_at_the_point_is_looked_at_where_it_is_not(network, bug):
    net = network(act="sigmoid", init=60.0, bug=bug)

    assert gradcheck.check(net.loss, net.gradient, net.p).verdict == "fail"


def test_a_branch_that_sleeps_at_the_point_is_found_at_another(network):
    net = network(kind="mse")

    def clipped_beyond(p):
        return {k: np.clip(g, -2.0, 2.0) for k, g in net.gradient(p).items()}

    report = gradcheck.check(net.loss, clipped_beyond, net.p)

    assert report.verdict == "fail"
    assert report.points[0].verdict == "pass"
    assert report.diagnosis[0].cause == "clipping"
    assert "rare_branch" in {d.cause for d in report.diagnosis}


def test_a_gradient_that_ignores_its_argument_is_called_stale(network):
    net = network()
    frozen = net.gradient(net.p)

    report = gradcheck.check(net.loss, lambda p: frozen, net.p)

    assert report.verdict == "fail"
    assert report.diagnosis[0].cause == "stale_cache"
    assert "every point" in report.diagnosis[0].message


def test_the_message_reads_like_a_teachers(network):
    net = network(m=16, bug="1/m missing in dW2")

    report = gradcheck.check(net.loss, net.gradient, net.p, cache=net.cache)

    assert report.diagnosis[0].message == (
        "dW2 is m = 16 times too large in every entry: the mean over the examples (1/m) is missing."
    )
    assert "Likely cause" in str(report)
    assert report.diagnosis[0].message in report.to_html()
    assert report.to_dict()["diagnosis"][0]["cause"] == "missing_mean"


def test_a_right_gradient_has_no_diagnosis(network):
    net = network()

    assert gradcheck.check(net.loss, net.gradient, net.p, cache=net.cache).diagnosis == ()


def test_a_cache_that_does_not_belong_to_the_loss_leads_to_no_false_cause(network):
    net, other = network(bug="g' squared"), network(seed=5, act="sigmoid")

    report = gradcheck.check(net.loss, net.gradient, net.p, cache=other.cache)

    assert report.verdict == "fail"
    assert all(d.score < 0.5 for d in report.diagnosis)


def test_the_vocabulary_is_the_documented_one():
    text = (Path(__file__).parents[2] / "docs" / "diagnosis.md").read_text()

    assert sorted(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == sorted(CAUSES)


def test_a_diagonal_of_its_own_a_lone_bias_and_an_entry_at_an_optimum_are_named_for_what_they_are():
    rng = np.random.default_rng(5)
    X, t = rng.standard_normal((12, 3)), rng.standard_normal(12)
    T, off = rng.standard_normal((3, 3)), ~np.eye(3, dtype=bool)

    def scale(T):  # the diagonal of a scale is stored as its logarithm
        return np.where(off, T, np.exp(T))

    def residual(p):
        return X @ p["w"] + p["b"] - t

    best = np.linalg.lstsq(X, t, rcond=None)[0]
    line = {"w": rng.standard_normal(3), "b": np.array([0.2])}

    diagonal = gradcheck.check(lambda T: 0.5 * ((X @ scale(T)) ** 2).sum(), lambda T: X.T @ X @ scale(T), T)
    bias = gradcheck.check(
        lambda p: 0.5 * (residual(p) ** 2).mean(),
        lambda p: {"w": X.T @ residual(p) / 12, "b": residual(p)[:5].sum(keepdims=True) / 12},
        line,
    )
    optimum = gradcheck.check(
        lambda w: 1e6 * (0.5 * ((X @ w - t) ** 2).sum() + 0.1 * w[0]),
        lambda w: 1e6 * X.T @ (X @ w - t) * np.array([0, 1, 1]),
        best,
    )

    assert (diagonal.diagnosis[0].cause, diagonal.diagnosis[0].where) == (
        "some_entries",
        "the diagonal of x",
    )
    assert (bias.diagnosis[0].cause, bias.diagnosis[0].where) == ("bias", "b")
    assert optimum.diagnosis[0].cause == "one_entry"
