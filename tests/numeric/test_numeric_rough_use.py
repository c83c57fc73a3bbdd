"""What a newcomer does to networks: odd arguments, shared layers, threads, spoilt files, trainings cut short."""

import contextlib
import pickle
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import numeric
from numeric import BatchNorm, Conv2d, Dense, Dropout, Flatten, MaxPool2d, Model, Network, ReLU, Residual

X, Y = numeric.load_digits()
X, Y = np.ascontiguousarray(X[:, :200]), np.ascontiguousarray(Y[:, :200])


def _layers() -> list[Any]:
    return [Conv2d(2, 3, padding=1), BatchNorm(), ReLU(), MaxPool2d(2), Flatten(), Dropout(0.3), Dense(10)]


def _model(**settings: Any) -> Model:
    return Model(_layers(), (1, 8, 8), rng=0, **settings)


def _snapshot(model: Model) -> list[bytes]:
    return [a.tobytes() for a in (*model.parameters.values(), *model.layer_states().values())]


# -- what is restored ---------------------------------------------------------------------------------------


def test_early_stopping_brings_back_the_running_statistics_of_the_best_epoch() -> None:
    model, seen = _model(), []

    history = model.fit(
        X[:, :150], Y[:, :150], epochs=40, validation=(X[:, 150:], Y[:, 150:]), patience=2, optimiser="adam",
        learning_rate=0.05, callback=lambda epoch: seen.append(_snapshot(model)),
    )  # fmt: skip

    best = history.epochs[(history.best_epoch or 0) - 1]
    assert history.best_epoch != len(history.epochs), "the case must have epochs after the best"
    assert _snapshot(model) == seen[best.number - 1]
    assert model.evaluate(X[:, 150:], Y[:, 150:])[0] == best.validation_cost


@pytest.mark.parametrize(("dtype", "rate"), [("float32", 1e30), ("float64", 1e200)])
def test_a_divergence_leaves_running_statistics_finite(dtype: str, rate: float) -> None:
    model = _model(dtype=dtype)

    with pytest.raises(numeric.Diverged):
        model.fit(X, Y, epochs=20, learning_rate=rate)

    assert all(np.isfinite(array).all() for array in model.layer_states().values())
    assert np.isfinite(model.evaluate(X, Y)[0])


def test_the_error_of_a_divergence_comes_home_from_another_process() -> None:
    with pytest.raises(numeric.Diverged) as caught:
        Network([64, 8, 10]).fit(X, Y, learning_rate=1e300)

    again = pickle.loads(pickle.dumps(caught.value))

    assert str(again) == str(caught.value)
    assert (again.step, again.layer, again.history) == (2, 2, caught.value.history)
    assert set(again.parameters) == {"W1", "b1", "W2", "b2"}


# -- the data, wherever they lie ----------------------------------------------------------------------------


def test_transposed_data_give_the_same_bits_and_are_not_copied_for_every_batch() -> None:
    rows = np.asfortranarray(np.random.default_rng(0).standard_normal((50, 20_000)))
    labels = numeric.one_hot(np.arange(20_000) % 10, 10)
    copied = []
    take = np.take

    def watched(array: Any, *args: Any, **kwargs: Any) -> Any:
        copied.append(not array.flags.c_contiguous)
        return take(array, *args, **kwargs)

    networks = [Network([50, 10], rng=0) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np, "take", watched)
        networks[0].fit(rows, labels, epochs=1)
        networks[1].fit(np.ascontiguousarray(rows), labels, epochs=1)

    assert not any(copied)  # np.take copies an array that is not C-contiguous, all of it
    assert (networks[0].parameters["W1"] == networks[1].parameters["W1"]).all()


# -- checkpoints --------------------------------------------------------------------------------------------

OTHERS: dict[str, tuple[Callable[[], Model], dict[str, Any], Any]] = {
    "l2": (lambda: _model(l2=0.5), {}, X),
    "class weights": (lambda: _model(class_weights=[2.0] * 10), {}, X),
    "label smoothing": (lambda: _model(label_smoothing=0.1), {}, X),
    "schedule": (_model, {"schedule": numeric.cosine()}, X),
    "data": (_model, {}, X + 1),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_checkpoint_of_another_training_is_refused(case: str, tmp_path: Any) -> None:
    make, settings, examples = OTHERS[case]
    _model().fit(X, Y, epochs=1, checkpoint=tmp_path / "c.npz")

    with pytest.raises(numeric.NumericError, match="another training"):
        make().fit(examples, Y, epochs=2, checkpoint=tmp_path / "c.npz", **settings)


def test_a_training_that_stops_and_resumes_with_early_stopping_ends_with_the_same_bits(tmp_path: Any) -> None:
    def run(epochs: int, path: Any) -> list[bytes]:
        model = _model()
        model.fit(
            X[:, :150], Y[:, :150], epochs=epochs, batch_size=32, validation=(X[:, 150:], Y[:, 150:]), patience=9,
            optimiser="adam", learning_rate=0.05, checkpoint=path,
        )  # fmt: skip
        return _snapshot(model)

    whole = run(6, None)
    run(4, tmp_path / "c.npz")

    assert run(6, tmp_path / "c.npz") == whole


@pytest.mark.parametrize("schedule", [None, numeric.staircase(every=3), numeric.cosine()])
def test_more_epochs_than_before_are_allowed_only_where_they_would_not_have_changed_the_first_ones(
    schedule: Any, tmp_path: Any
) -> None:
    Network([64, 10]).fit(X, Y, epochs=1, schedule=schedule, checkpoint=tmp_path / "c.npz")
    twice, whole = Network([64, 10]), Network([64, 10])

    if schedule is not None and schedule(3, 10) != schedule(3, 1000):
        with pytest.raises(numeric.NumericError, match="another training"):
            twice.fit(X, Y, epochs=2, schedule=schedule, checkpoint=tmp_path / "c.npz")
        return
    twice.fit(X, Y, epochs=2, schedule=schedule, checkpoint=tmp_path / "c.npz")

    whole.fit(X, Y, epochs=2, schedule=schedule)
    assert (twice.parameters["W1"] == whole.parameters["W1"]).all()


def test_a_checkpoint_that_cannot_be_written_is_found_out_before_training(tmp_path: Any) -> None:
    epochs: list[Any] = []

    for path in (tmp_path / "none" / "c.npz", tmp_path, 3):
        with pytest.raises(numeric.NumericError, match=r"folder|file name"):
            Network([64, 10]).fit(X, Y, checkpoint=path, callback=epochs.append)  # type: ignore[arg-type]

    assert not epochs


def test_a_network_file_with_any_flipped_bit_loads_or_is_refused_with_a_sentence(tmp_path: Any) -> None:
    net, path, rng = Network([4, 5, 3]), tmp_path / "net.npz", np.random.default_rng(0)
    net.save(path)
    whole = path.read_bytes()
    # The headers of the archive, where one bit claims another compression or encryption, and a sample of the rest.
    headers = range(len(whole) - 1200, len(whole))

    for place in (*rng.choice(headers, 150), *rng.integers(0, len(whole), 50)):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(spoilt)
        with contextlib.suppress(numeric.NumericError):
            numeric.load_network(path)


# -- threads and shared layers ------------------------------------------------------------------------------


def test_two_threads_get_their_own_answers_from_one_model() -> None:
    model = _model()
    wrong: list[int] = []
    parts = [X[:, :100], X[:, 100:]]
    expected = [model.logits(part) for part in parts]

    def ask(k: int) -> None:
        wrong.extend(1 for _ in range(100) if not np.array_equal(model.logits(parts[k]), expected[k]))

    threads = [threading.Thread(target=ask, args=(k,)) for k in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong


def test_threads_with_batches_of_different_sizes_take_steps_of_one_network() -> None:
    net, said = Network([64, 5, 10]), []

    def steps(m: int) -> None:
        try:
            for start in range(1000):
                net.step(X[:, :m], Y[:, start % 2 :][:, :m].copy(), 1e-6)
        except Exception as error:
            said.append(repr(error))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=steps, args=(m,)) for m in (7, 20, 33)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(interval)

    assert said == []


def test_layers_of_a_living_model_are_refused_and_copies_and_orphans_are_not() -> None:
    inner = Dense(64)
    layers: list[numeric.Layer] = [Flatten(), Residual(inner), Dense(10)]
    model = Model(layers, (1, 8, 8))

    stolen: tuple[list[Any], ...] = (layers, [inner])
    for some in stolen:
        with pytest.raises(numeric.NumericError, match="belongs to another model"):
            Model(some, (64,))

    del model
    assert Model(layers, (1, 8, 8)).n_parameters == 64 * 65 + 650


# -- one sentence for each mistake --------------------------------------------------------------------------

MISTAKES: dict[str, Any] = {
    "dtype is 'foo'": lambda: Network([4, 3], dtype="foo"),
    "rng is 'a'": lambda: Network([4, 3], rng="a"),  # type: ignore[arg-type]
    "rng is -1": lambda: Model([Dense(3)], (4,), rng=-1),
    "activation is None": lambda: Network([4, 5, 3], activation=None),  # type: ignore[arg-type]
    r"X has masked entries; .*Try X.filled": lambda: Network([64, 10]).step(np.ma.masked_less(X, 0.5), Y),
    r"holds 1e\+300 at \[0, 0\] .*too large for float32": lambda: Network([64, 10], dtype="float32").step(
        np.full_like(X, 1e300), Y
    ),
    r"class_weights is \{0: 1.0, 1: 2.0\}; expected a list": lambda: Model(
        [Dense(2)],
        (4,),
        class_weights={0: 1.0, 1: 2.0},  # type: ignore[arg-type]
    ),
    "class_weights is 2": lambda: Model([Dense(2)], (4,), class_weights=2),  # type: ignore[arg-type]
    r"loss is \[\]": lambda: Network([4, 3], loss=[]),  # type: ignore[arg-type]
    "labels need 1000000000001 rows": lambda: numeric.one_hot([10**12]),
    "^rng is -1": lambda: numeric.make_moons(20, rng=-1),
    "learning_rate is nan": lambda: Network([64, 10]).step(X, Y, float("nan")),
    "learning_rate is inf": lambda: Network([64, 10]).step(X, Y, float("inf")),
    "learning_rate is 'x'": lambda: Network([64, 10]).step(X, Y, "x"),  # type: ignore[arg-type]
    "learning_rate is -1": lambda: Network([64, 10]).step(X, Y, -1),
    "optimiser is <class": lambda: Network([64, 10]).fit(X, Y, optimiser=numeric.Adam),  # type: ignore[arg-type]
    "schedule is 'cosine'": lambda: Network([64, 10]).fit(X, Y, schedule="cosine"),  # type: ignore[arg-type]
    r"schedule\(0, 40\) is nan": lambda: Network([64, 10]).fit(X, Y, schedule=lambda s, n: float("nan")),
    "callback is 3": lambda: Network([64, 10]).fit(X, Y, callback=3),  # type: ignore[arg-type]
    "validation is a int": lambda: Network([64, 10]).fit(X, Y, validation=3),  # type: ignore[arg-type]
    "validation is a tuple": lambda: Network([64, 10]).fit(X, Y, validation=(X,)),  # type: ignore[arg-type]
    "fit rng is 's'": lambda: Network([64, 10]).fit(X, Y, rng="s"),  # type: ignore[arg-type]
    "labels holds something": lambda: numeric.confusion_matrix([np.nan], [0]),
    "class number 1000000000000": lambda: numeric.confusion_matrix([10**12], [0]),
    "labels has dtype float64": lambda: numeric.one_hot([np.inf], 3),
    "kernel is None": lambda: Conv2d(2, None),  # type: ignore[arg-type]
    "layer 1 of Residual is 3": lambda: Residual(3),  # type: ignore[arg-type]
    "layers is Dense": lambda: Model(Dense(3), (4,)),  # type: ignore[arg-type]
    "input_shape is 64": lambda: Model([Dense(3)], 64),  # type: ignore[arg-type]
    r"input_shape is \(\)": lambda: Model([Dense(3)], ()),
    "try another batch_size": lambda: _model_of_columns().fit(X[:, :33], Y[:, :33], batch_size=32),
    r"mask has shape \(3, 3\)": lambda: numeric.scaled_dot_product_attention(
        np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 1)), np.ones((3, 3), bool)
    ),
    r"ids\[0, 0\] is nan": lambda: _embedding().forward(np.full((6, 2), np.nan)),
}


def _model_of_columns() -> Model:
    return Model([Dense(4), BatchNorm(), Dense(10)], (64,))


def _embedding() -> numeric.Embedding:
    layer = numeric.Embedding(5, 4)
    layer.build((6,), np.random.default_rng(0), np.float64)
    return layer


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_gets_a_sentence(message: str) -> None:
    with pytest.raises(numeric.NumericError, match=message.removeprefix("fit ")):
        MISTAKES[message]()


def test_attention_takes_whole_numbers() -> None:
    ones = np.ones((2, 3), int)

    attended = numeric.scaled_dot_product_attention(ones, ones, np.array([[0], [1]]))

    assert attended.A.tolist() == [[0.5], [0.5]]
