"""The settings of `backproof train`: each ends with the very parameters that the same setting gives in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import gradcheck
import numeric
from backproof import _training
from backproof._cli import backproof
from backproof._datasets import load_dataset

WORDS = ("train", "--data", "moons", "--hidden", "5", "--epochs", "3", "--seed", "4")
IRIS = ("train", "--data", "iris", "--hidden", "5", "--epochs", "3", "--seed", "4")


def run(*words: str) -> Result:
    return CliRunner().invoke(backproof, words)


def in_python(network: dict[str, Any], fit: dict[str, Any]) -> tuple[Any, Any]:
    """Train as `WORDS` say, with numeric alone."""
    parts = _training.split(load_dataset("moons"), seed=4)
    net = numeric.Network([2, 5, 1], activation="relu", loss="bce", init="he", rng=4, **network)
    arguments = {"epochs": 3, "batch_size": 32, "learning_rate": 2e-3, "optimiser": "adam", "rng": 4} | fit
    net.fit(*parts.train, validation=parts.validation, **arguments)
    return net, _training.for_raw_data(net, parts)


@pytest.mark.parametrize(
    ("flags", "network", "fit"),
    [
        ("", {}, {}),
        ("--l1 0.3", {"l1": 0.3}, {}),
        ("--l2 0.3", {"l2": 0.3}, {}),
        ("--l1 0.3 --l2 0.2", {"l1": 0.3, "l2": 0.2}, {}),
        ("--label-smoothing 0.1", {"label_smoothing": 0.1}, {}),
        ("--class-weights 1,3", {"class_weights": [1, 3]}, {}),
        ("--class-weights 0=0.5", {"class_weights": [0.5, 1]}, {}),
        ("--schedule constant", {}, {"schedule": numeric.constant()}),
        ("--schedule cosine", {}, {"schedule": numeric.cosine()}),
        ("--schedule cosine --schedule-final 0.1", {}, {"schedule": numeric.cosine(final=0.1)}),
        ("--schedule staircase --schedule-every 9", {}, {"schedule": numeric.staircase(every=9)}),
        (
            "--schedule staircase --schedule-every 9 --schedule-factor 0.1",
            {},
            {"schedule": numeric.staircase(every=9, factor=0.1)},
        ),
        ("--warm-up 7", {}, {"schedule": numeric.warm_up(7)}),
        ("--warm-up 7 --schedule cosine", {}, {"schedule": numeric.warm_up(7, then=numeric.cosine())}),
        ("--clip-norm 0.01 --optimiser sgd", {}, {"clip_norm": 0.01, "optimiser": "sgd"}),
        ("--optimiser adamw", {}, {"optimiser": "adamw"}),
        ("--optimiser adamw --weight-decay 0.5", {}, {"optimiser": numeric.AdamW(weight_decay=0.5)}),
        ("--patience 1 --learning-rate 1", {}, {"patience": 1, "learning_rate": 1.0}),
    ],
)
def test_a_flag_gives_the_parameters_that_python_gives_bit_for_bit(
    flags: str, network: dict[str, Any], fit: dict[str, Any], tmp_path: Path
) -> None:
    _, expected = in_python(network, fit)
    _, plain = in_python({}, {})

    answer = run(*WORDS, *flags.split(), "--save", str(tmp_path / "net.npz"))

    assert answer.exit_code == 0, answer.output
    found = numeric.load_network(tmp_path / "net.npz").parameters
    for name, array in expected.parameters.items():
        np.testing.assert_array_equal(found[name], array)
    # A flag that changes nothing would pass: all of these do, but for those that say what is so anyway.
    same = all(np.array_equal(found[name], array) for name, array in plain.parameters.items())
    assert same == (flags in ("", "--schedule constant"))


@pytest.mark.parametrize(
    "changed",
    [
        {"l1": 0.4},
        {"l2": 0.4},
        {"label_smoothing": 0.2},
        {"class_weights": "1,2,3"},
        {"l1": 0.1, "l2": 0.2, "label_smoothing": 0.1, "class_weights": "b=2"},
    ],
)
def test_the_cost_that_a_plan_builds_has_the_slopes_of_finite_differences(changed: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    X, Y = rng.random((16, 12)), numeric.one_hot(np.arange(12) % 3, 3)
    data = _training.Dataset("d", X, Y, "softmax_cross_entropy", ("a", "b", "c"), (1, 4, 4))

    def build(model: str, settings: dict[str, Any]) -> Any:
        fixed: dict[str, Any] = {"l2": 0.0, "patience": None, "seed": 0}
        plan = _training.Plan(model, (4,), "tanh", 1, 0.1, 4, "sgd", **fixed | settings)
        return _training.build(plan, data)

    network, bare, conv = build("mlp", changed), build("mlp", {}), build("conv", changed)
    report = gradcheck.check(network.loss_at(X, Y), network.gradients(X, Y), network.parameters, rng=0)

    assert report.verdict == "pass", str(report)
    assert network.cost(X, Y) != bare.cost(X, Y)
    assert conv.objective == network.objective != bare.objective


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--l1 -1", "l1 is -1.0"),
        ("--l1 nan", "l1 is nan"),
        ("--l2 inf", "l2 is inf"),
        ("--label-smoothing 1", "label_smoothing is 1.0"),
        ("--label-smoothing x", "'x' is not a valid float"),
        ("--class-weights 1,2", "--class-weights has 2 numbers; expected 3: the classes of iris are setosa, vers"),
        ("--class-weights 1,2,-3", "class_weights[2] is -3.0"),
        ("--class-weights 0,0,0", "class_weights are all 0"),
        ("--class-weights 1,2,nan", "class_weights[2] is nan"),
        ("--class-weights a,b,c", "--class-weights is 'a,b,c'; expected a number for each class, such as 1,1,2"),
        ("--class-weights rose=2", "There is no class 'rose'"),
        ("--class-weights setosa=2,setosa=3", "once each"),
        ("--class-weights setosa=2,1,1", "expected a number for each class"),
        ("--schedule stairs", "'stairs' is not one of 'constant', 'staircase', 'cosine'"),
        ("--schedule staircase", "--schedule staircase needs --schedule-every STEPS"),
        ("--schedule staircase --schedule-every 0", "0 is not in the range"),
        ("--schedule staircase --schedule-every 5 --schedule-factor 0", "factor is 0.0"),
        ("--schedule staircase --schedule-every 5 --schedule-final 0.5", "--schedule-final is 0.5, but the schedule is"),
        ("--schedule-every 5", "--schedule-every is 5, but the schedule is constant; try --schedule staircase"),
        ("--schedule cosine --schedule-factor 0.5", "--schedule-factor is 0.5, but the schedule is cosine"),
        ("--schedule cosine --schedule-final nan", "final is nan"),
        ("--warm-up 0", "0 is not in the range"),
        ("--clip-norm 0", "clip_norm is 0.0"),
        ("--weight-decay 0.1", "--weight-decay is 0.1, but the optimiser is adam; try --optimiser adamw"),
        ("--weight-decay -1 --optimiser adamw", "weight_decay is -1.0"),
        ("--patience 0", "0 is not in the range"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_refused_with_its_value(flags: str, says: str) -> None:
    answer = run(*IRIS, *flags.split())

    assert answer.exit_code == 2
    assert says in answer.stderr
    assert "stumbled" not in answer.stderr


@pytest.mark.parametrize("flag", ["--class-weights=1,2", "--label-smoothing=0.1"])
def test_numbers_to_fit_have_no_classes_to_weigh_or_smooth(flag: str) -> None:
    answer = run("train", "--data", "diabetes", "--epochs", "1", flag)

    assert answer.exit_code == 2
    assert flag[2:7].replace("-", "_") in answer.stderr.replace("-", "_")


@pytest.mark.parametrize("flags", ["--l2 1e300", "--l1 1e300", "--l2 1e300 --optimiser rmsprop"])
def test_a_penalty_whose_squares_overflow_is_a_divergence_and_no_success(flags: str) -> None:
    answer = run(*IRIS, *flags.split())

    assert answer.exit_code == 2
    assert "Training diverged at step 1: the gradient of W1 is so large" in answer.stderr
    assert f"Try {flags[2:4]} below 1e+300" in answer.stderr


@pytest.mark.parametrize(
    "flags", ["--l2 1e308", "--l2 1e300 --optimiser sgd", "--learning-rate 1e300", "--l1 1e308"]
)
def test_other_settings_beyond_all_floats_are_divergences_too(flags: str) -> None:
    answer = run(*IRIS, *flags.split())

    assert answer.exit_code == 2
    assert "Training diverged at step" in answer.stderr


@pytest.mark.parametrize("data", ["iris", "digits"])
def test_a_saved_network_keeps_the_cost_that_it_was_trained_with(data: str, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="real data needs the [data] extra")
    weights = ",".join(["1"] * (2 if data == "iris" else 9) + ["2"])
    words = ("train", "--data", data, "--epochs", "1", "--label-smoothing", "0.1", "--class-weights", weights)

    assert run(*words, "--save", str(tmp_path / "net.npz")).exit_code == 0
    cost = numeric.load_network(tmp_path / "net.npz").objective

    assert cost.label_smoothing == 0.1
    assert cost.class_weights is not None
    assert cost.class_weights[-2:] == (1.0, 2.0)


def test_a_resumed_training_with_every_setting_ends_with_the_same_bits(tmp_path: Path) -> None:
    words_of_it = (
        "--l1 0.1 --label-smoothing 0.1 --class-weights 1,2,3 --schedule staircase --schedule-every 3 --warm-up 2 "
        "--clip-norm 0.5 --optimiser adamw --weight-decay 0.1"
    )
    settings = words_of_it.split()
    words = [w for w in IRIS if w not in ("--epochs", "3")]

    run(*words, *settings, "--epochs", "4", "--save", str(tmp_path / "whole.npz"))
    run(*words, *settings, "--epochs", "2", "--checkpoint", str(tmp_path / "c.npz"))
    rest = ("--checkpoint", str(tmp_path / "c.npz"), "--resume", "--epochs", "4")
    again = run(*words, *settings, *rest, "--save", str(tmp_path / "parts.npz"))
    other = run(*words, *settings, *rest, "--l1", "0.2")

    assert again.exit_code == 0, again.output
    whole, parts = (numeric.load_network(tmp_path / f"{name}.npz").parameters for name in ("whole", "parts"))
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name])
    assert other.exit_code == 2
    assert "l1=0.1" in other.stderr
