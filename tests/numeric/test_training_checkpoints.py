"""A training that is killed and started again ends with the same bits as one that never stopped."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

import numeric
from numeric import _save


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


# Everything that must be in a checkpoint: averages, random masks, running statistics, a schedule, the best epoch so far.
LIFE = """
import sys, numeric
X, Y = numeric.make_spirals(600, rng=0)
layers = [numeric.Dense(16), numeric.BatchNorm(), numeric.ReLU(), numeric.Dropout(0.2), numeric.Dense(3)]
model = numeric.Model(layers, input_shape=(2,), rng=0)
started = open(sys.argv[3], "w") if len(sys.argv) > 3 else None
model.fit(
    X[:, :500], Y[:, :500], epochs=60, batch_size=16, optimiser="adamw", learning_rate=0.01, clip_norm=1.0,
    schedule=numeric.cosine(), validation=(X[:, 500:], Y[:, 500:]), patience=60, checkpoint=sys.argv[1] or None,
)
model.save(sys.argv[2])
"""


def test_a_training_killed_at_random_moments_until_it_is_done_ends_with_the_same_bits(tmp_path):
    rng = np.random.default_rng()  # other moments at every run: each of them must do
    path, killed, kills = tmp_path / "run.npz", tmp_path / "killed.npz", 0
    subprocess.run([sys.executable, "-c", LIFE, "", str(tmp_path / "whole.npz")], check=True)

    while not killed.exists():
        started = tmp_path / f"started{kills}"
        arguments = [sys.executable, "-c", LIFE, str(path), str(killed), str(started)]
        with subprocess.Popen(arguments) as process:
            while not started.exists() and process.poll() is None:
                time.sleep(0.001)
            # A moment while it reads, trains or writes; later ones when many came early, so that this ends.
            time.sleep(rng.uniform(0, 0.1 + 0.02 * kills))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            else:
                assert process.returncode == 0

    with np.load(tmp_path / "whole.npz") as whole, np.load(killed) as resumed:
        assert kills > 1
        assert set(whole) == set(resumed)
        for name in whole:
            np.testing.assert_array_equal(resumed[name], whole[name], err_msg=f"{name}, after {kills} kills")


def test_the_next_checkpoint_removes_what_a_killed_training_left_and_nothing_else(tmp_path):
    from numeric._part import open_part, part_of

    left = tmp_path / ".run[1].npz.abc.part"
    left.write_bytes(b"half")
    another = tmp_path / ".other.npz.abc.part"
    another.write_bytes(b"half")
    being_written = part_of(tmp_path / "run[1].npz")
    handle = open_part(being_written)

    numeric.Network([2, 3, 1], loss="mse").save(tmp_path / "run[1].npz")

    assert not left.exists()
    assert another.exists()
    assert being_written.exists()
    os.close(handle)
    numeric.Network([2, 3, 1], loss="mse").save(tmp_path / "run[1].npz")
    assert not being_written.exists()


def test_an_interruption_while_a_part_is_being_made_leaves_none(tmp_path, monkeypatch):
    from numeric import _part

    made = []

    def interrupted(handle):
        made.append(handle)
        raise KeyboardInterrupt

    monkeypatch.setattr(_part, "_lock", interrupted)
    with pytest.raises(KeyboardInterrupt):
        numeric.Network([2, 3, 1], loss="mse").save(tmp_path / "run.npz")
    os.close(*made)

    assert list(tmp_path.iterdir()) == []


def test_a_part_that_was_taken_for_a_left_one_is_made_anew(tmp_path, monkeypatch):
    from numeric import _part

    lock, made = _part._lock, []

    def robbed(handle):
        if not made:
            for part in tmp_path.iterdir():
                part.unlink()
        made.append(handle)
        return lock(handle)

    monkeypatch.setattr(_part, "_lock", robbed)
    part = _part.part_of(tmp_path / "run.npz")
    os.close(_part.open_part(part))

    assert len(made) == 2
    assert part.exists()


def test_an_interruption_while_an_entry_is_closed_stays_one(tmp_path, monkeypatch):
    close = zipfile._ZipWriteFile.close
    interruptions = [KeyboardInterrupt()]

    def interrupted(entry):
        if interruptions:
            raise interruptions.pop()
        close(entry)

    monkeypatch.setattr(zipfile._ZipWriteFile, "close", interrupted)
    # The archive that was never closed would complain once more when it is thrown away.
    monkeypatch.setattr(zipfile.ZipFile, "__del__", lambda archive: None)

    # Without the mend it is a ValueError of the archive, and the command ends as if its input were at fault.
    with pytest.raises(KeyboardInterrupt):
        _save.write_npz(tmp_path / "run.npz", {"x": np.zeros(3)})

    gc.collect()
    assert not list(tmp_path.iterdir())
