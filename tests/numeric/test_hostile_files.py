"""Files of networks, models and trainings that somebody changed are refused with a sentence, before anything moves."""

from __future__ import annotations

import numpy as np
import pytest

import numeric

X, Y = numeric.make_spirals(60, rng=0)


def model():
    layers = [numeric.Dense(4), numeric.BatchNorm(), numeric.ReLU(), numeric.Dropout(0.2), numeric.Dense(3)]
    return numeric.Model(layers, input_shape=(2,), rng=0)


def snapshot(network):
    states = {name: array.copy() for name, array in network.layer_states().items()}
    return (
        network.parameters.copy()
        | states
        | {n: str(s.bit_generator.state) for n, s in network.streams().items()}
    )


def train(path, network, epochs=2):
    return network.fit(
        X[:, :45], Y[:, :45], validation=(X[:, 45:], Y[:, 45:]), patience=3, optimiser="adam", learning_rate=0.01,
        epochs=epochs, checkpoint=path,
    )  # fmt: skip


def network_file(path):
    numeric.Network([4, 3, 2], rng=0).save(path)
    return lambda: numeric.load_network(path), None


def model_file(path):
    model().save(path)
    network = model()
    return lambda: network.load(path), network


def checkpoint(path):
    train(path, model(), epochs=1)
    network = model()
    return lambda: train(path, network), network


FILES = pytest.mark.parametrize("write", [network_file, model_file, checkpoint])


def damaged(array):
    """The array as others than we would have written it."""
    shape = array.shape
    yield "of another shape", np.zeros((*shape, 2), array.dtype)
    yield "a scalar", np.array(1.5) if shape else np.zeros(1)
    yield "complex", np.full(shape, 1j)
    yield "a text", np.array("x" * 300)
    yield "bytes", np.array(b"zz")
    yield "a date", np.array("2020-01-01", "M8[s]")
    yield "a record", np.zeros(shape, [("a", "f8")])
    yield "half as wide", np.zeros(shape, "f2")
    yield "empty", np.zeros(0, "?")


@FILES
def test_a_file_that_is_changed_in_any_entry_is_refused_and_nothing_of_it_is_used(write, tmp_path):
    path = tmp_path / "file.npz"
    read, network = write(path)
    with np.load(path) as file:
        whole = dict(file)
    before = snapshot(network) if network else {}
    damages = {"with one more": whole | {"more": np.zeros(3)}}
    for name, array in whole.items():
        damages[f"without {name}"] = {n: a for n, a in whole.items() if n != name}
        damages |= {f"{name} {how}": whole | {name: bad} for how, bad in damaged(array)}

    said = {}
    for how, arrays in damages.items():
        np.savez(path, **arrays)
        try:
            said[how] = f"used, as {read()}"
        except numeric.NumericError as error:
            said[how] = str(error)

    assert {how: what for how, what in said.items() if "file.npz" not in what} == {}
    assert len(damages) > 100
    if network:
        np.testing.assert_equal(snapshot(network), before)


@FILES
def test_the_file_itself_is_read(write, tmp_path):
    read, _ = write(tmp_path / "file.npz")

    read()


@FILES
def test_a_compressed_file_is_refused_before_it_is_unpacked(write, tmp_path):
    path = tmp_path / "file.npz"
    read, _ = write(path)
    with np.load(path) as file:
        whole = dict(file)
    np.savez_compressed(path, **whole, bomb=np.zeros(10**6))

    with pytest.raises(numeric.NumericError, match="compressed"):
        read()


def test_a_network_file_that_tells_of_a_billion_units_asks_for_no_memory(tmp_path):
    path = tmp_path / "net.npz"
    network_file(path)
    with np.load(path) as file:
        np.savez(path, **(dict(file) | {"sizes": np.array([10**9, 10**9])}))

    with pytest.raises(numeric.NumericError, match="which is not what a network of"):
        numeric.load_network(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", -1),
        ("steps", 10**6),
        ("best_epoch", 7),
        ("best_cost", np.nan),
        ("array memory t", -3),
        ("array best 0", np.nan),
        ("epochs", np.nan),
    ],
)
def test_a_checkpoint_that_tells_what_cannot_have_been_is_refused(name, value, tmp_path):
    path = tmp_path / "run.npz"
    read, network = checkpoint(path)
    before = snapshot(network)
    with np.load(path) as file:
        whole = dict(file)
    whole[name] = np.full_like(whole[name], value)
    np.savez(path, **whole)

    with pytest.raises(numeric.NumericError):
        read()
    np.testing.assert_equal(snapshot(network), before)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "[]",
        "{}",
        '{"bit_generator": "MT19937"}',
        '{"bit_generator": "PCG64", "state": 3}',
        "[" * 100_000,
    ],
)
def test_a_checkpoint_without_a_state_of_its_random_stream_is_refused(text, tmp_path):
    path = tmp_path / "run.npz"
    read, network = checkpoint(path)
    before = snapshot(network)
    with np.load(path) as file:
        np.savez(path, **(dict(file) | {"rng layer 3": np.array(text)}))

    with pytest.raises(numeric.NumericError, match="no state of a PCG64"):
        read()
    np.testing.assert_equal(snapshot(network), before)
