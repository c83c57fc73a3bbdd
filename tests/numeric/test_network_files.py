"""Saving and loading: the same bits, no pickle, never half a file."""

from __future__ import annotations

import numpy as np
import pytest

import numeric
from numeric import _save


def network(**options):
    return numeric.Network([3, 4, 2], activation="gelu", l2=0.5, init="xavier", rng=4, **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_loaded_network_is_the_saved_one_bit_for_bit(tmp_path, dtype):
    net = network(dtype=dtype)

    net.save(tmp_path / "net.npz")
    again = numeric.load_network(tmp_path / "net.npz")

    assert repr(again) == repr(net)
    for name, values in net.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], values)
        assert again.parameters[name].dtype == dtype


def test_a_network_of_one_layer_is_saved_too(tmp_path):
    net = numeric.logistic_regression(3)
    net.save(tmp_path / "net.npz")
    assert repr(numeric.load_network(tmp_path / "net.npz")) == repr(net)


def test_a_crash_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "net.npz"
    network().save(path)
    before = path.read_bytes()

    def crash(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(_save.np, "savez", crash)
    with pytest.raises(KeyboardInterrupt):
        network().save(path)

    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]


def test_a_file_with_pickled_objects_is_refused_unread(tmp_path):
    path = tmp_path / "evil.npz"
    np.savez(path, format=np.array([print], dtype=object))

    with pytest.raises(numeric.NumericError, match=r"not an \.npz file of plain arrays"):
        numeric.load_network(path)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "file.npz"
    path.write_bytes(content)
    with pytest.raises(numeric.NumericError, match=r"not an \.npz file"):
        numeric.load_network(path)


def test_an_archive_of_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", W1=np.ones(3))
    with pytest.raises(numeric.NumericError, match=r"not written by Network\.save"):
        numeric.load_network(tmp_path / "other.npz")

    np.save(tmp_path / "bare.npy", np.ones(3))
    with pytest.raises(numeric.NumericError, match="one bare array"):
        numeric.load_network(tmp_path / "bare.npy")


def test_a_missing_file_is_reported_as_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        numeric.load_network(tmp_path / "none.npz")
