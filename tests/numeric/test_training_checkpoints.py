"""A training that is killed and started again ends with the same bits as one that never stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import numeric


class Killed(Exception):
    pass


def data():
    X, Y = numeric.make_spirals(120, rng=0)
    return X[:, :90], Y[:, :90], (X[:, 90:], Y[:, 90:])


def train(path, optimiser="adam", kill_after=None, **options):
    X, Y, validation = data()
    net = numeric.Network([2, 12, 3], activation="tanh", rng=0)

    def callback(epoch):
        if epoch.number == kill_after:
            raise Killed

    history = net.fit(
        X, Y, validation=validation, checkpoint=path, optimiser=optimiser, callback=callback,
        **({"epochs": 8, "batch_size": 16, "learning_rate": 0.02, "patience": 6} | options),
    )  # fmt: skip
    return net, history


@pytest.mark.parametrize("optimiser", sorted(numeric.OPTIMISERS))
@pytest.mark.parametrize("kill_after", [1, 5])
def test_a_resumed_training_ends_with_the_same_bits(tmp_path, optimiser, kill_after):
    whole, history = train(None, optimiser)
    with pytest.raises(Killed):
        train(tmp_path / "run.npz", optimiser, kill_after)

    resumed, again = train(tmp_path / "run.npz", optimiser)

    for name, values in whole.parameters.items():
        np.testing.assert_array_equal(resumed.parameters[name], values)
    assert again == history


def test_a_finished_training_is_not_trained_again(tmp_path):
    net, history = train(tmp_path / "run.npz")
    seen = (tmp_path / "run.npz").stat().st_mtime_ns

    again, same = train(tmp_path / "run.npz")

    np.testing.assert_array_equal(again.parameters["W1"], net.parameters["W1"])
    assert same == history
    assert (tmp_path / "run.npz").stat().st_mtime_ns == seen


def test_a_training_can_be_prolonged(tmp_path):
    whole, _ = train(None, epochs=8, patience=None)
    train(tmp_path / "run.npz", epochs=3, patience=None)

    longer, history = train(tmp_path / "run.npz", epochs=8, patience=None)

    np.testing.assert_array_equal(longer.parameters["W1"], whole.parameters["W1"])
    assert len(history.epochs) == 8


@pytest.mark.parametrize(
    "other", [{"learning_rate": 0.03}, {"batch_size": 8}, {"optimiser": "rmsprop"}, {"patience": 2}], ids=str
)
def test_a_checkpoint_of_another_training_is_refused(tmp_path, other):
    train(tmp_path / "run.npz")
    with pytest.raises(numeric.NumericError, match="is a checkpoint of another training"):
        train(tmp_path / "run.npz", **other)


def test_another_file_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "net.npz"
    numeric.Network([2, 12, 3]).save(path)
    before = path.read_bytes()

    with pytest.raises(numeric.NumericError, match="not a checkpoint"):
        train(path)

    assert path.read_bytes() == before


FOREVER = """
import sys, numeric
X, Y = numeric.make_spirals(120, rng=0)
net = numeric.Network([2, 12, 3], activation="tanh", rng=0)
net.fit(X[:, :90], Y[:, :90], epochs=1_000_000, batch_size=16, optimiser="adam", checkpoint=sys.argv[1])
"""


def test_a_process_killed_at_any_moment_leaves_a_whole_checkpoint(tmp_path):
    path = tmp_path / "run.npz"
    for delay in (0.0, 0.01, 0.03):
        with subprocess.Popen([sys.executable, "-c", FOREVER, str(path)]) as process:
            before = path.stat().st_mtime_ns if path.exists() else 0
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not (path.exists() and path.stat().st_mtime_ns > before):
                time.sleep(0.002)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)

    with np.load(path, allow_pickle=False) as file:
        epochs = len(file["epochs"])
    X, Y, _ = data()
    resumed = numeric.Network([2, 12, 3], activation="tanh", rng=0)
    resumed.fit(X, Y, epochs=epochs + 2, batch_size=16, optimiser="adam", checkpoint=path)
    whole = numeric.Network([2, 12, 3], activation="tanh", rng=0)
    whole.fit(X, Y, epochs=epochs + 2, batch_size=16, optimiser="adam")

    for name, values in whole.parameters.items():
        np.testing.assert_array_equal(resumed.parameters[name], values)
