"""`backproof train`: curves, checkpoints that resume to the same bits, and interruptions that lose nothing finished."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import numeric
from backproof._cli import backproof
from backproof._datasets import load_dataset
from backproof._training import Plan, split
from backproof._training import run as train

ROOT = Path(__file__).parents[2]


def run(*words: str) -> Result:
    return CliRunner().invoke(backproof, ["train", *words])


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def test_training_on_real_data_prints_the_learning_curve_and_writes_its_picture(tmp_path: Path) -> None:
    picture = tmp_path / "curve.svg"

    answer = run("--data", "iris", "--hidden", "8", "--epochs", "4", "--plot", str(picture))

    assert answer.exit_code == 0, answer.output
    assert "learning curve" in answer.stdout
    assert any(bar in answer.stdout for bar in "▁▂▃▄▅▆▇█")
    assert "<svg" in picture.read_text()


@pytest.mark.parametrize(
    ("last", "names"),
    [
        ([0, 0, 5, 6], "'5', '6': the network cannot have learned them."),
        ([0, 0, 5, 1], "'5': the network cannot have learned it."),
        ([0, 1, 1, 0], None),
    ],
)
def test_classes_that_no_training_example_has_are_named(
    last: list[int], names: str | None, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    table = {"x_train": rng.random((40, 3)), "y_train": np.arange(40) % 2}
    np.savez(tmp_path / "a.npz", **table, x_test=rng.random((4, 3)), y_test=np.array(last))

    answer = run("--data", str(tmp_path / "a.npz"), "--epochs", "1", "--hidden", "2")

    assert answer.exit_code == 0, answer.output
    said = " ".join(answer.stdout.split())
    assert (f"No training example is of class {names}" in said) if names else ("No training" not in said)


def test_costs_and_accuracies_with_patience_are_of_the_network_that_is_kept(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="real data needs the [data] extra")
    words = ("--data", "breast_cancer", "--hidden", "16", "--learning-rate", "0.02", "--patience", "3")
    checkpoint = tmp_path / "run.npz"

    answer = run(*words, "--checkpoint", str(checkpoint), "--save", str(tmp_path / "net.npz"))

    parts = split(load_dataset("breast_cancer", None), 0)
    network = numeric.load_network(tmp_path / "net.npz")
    assert parts.x_scale is not None
    for name, (X, Y) in {"training": parts.train, "validation": parts.validation, "test": parts.test}.items():
        raw = X * parts.x_scale.width + parts.x_scale.centre
        line = next(text for text in answer.stdout.splitlines() if text.startswith(name))
        assert line.split()[1:3] == [f"{network.cost(raw, Y):.4f}", f"{network.accuracy(raw, Y):.1%}"]
    assert "The network is that of epoch " in answer.stdout


def test_precision_recall_and_confusion_of_the_test_examples_are_printed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.random((200, 2)), rng.integers(0, 3, 200)
    np.savez(tmp_path / "a.npz", X=X, y=y)

    answer = run("--data", str(tmp_path / "a.npz"), "--epochs", "2", "--metrics")

    data = load_dataset(str(tmp_path / "a.npz"), None)
    plan = Plan("mlp", (128,), "relu", 2, 2e-3, 32, "adam", 0.0, None, 0)
    trained = train(plan, data, None, None)
    labels = trained.parts.test[1].argmax(axis=0)
    answers = trained.network.predict(trained.parts.test[0])
    lines = [line.split() for line in answer.stdout.split("F1", 1)[1].splitlines()[1:]]
    assert answer.exit_code == 0, answer.output
    for k in range(3):
        here = labels == k
        said = [int(((answers == j) & here).sum()) for j in range(3)]
        precision = f"{(here & (answers == k)).sum() / (answers == k).sum():.1%}" if k in answers else "-"
        assert lines[k][:4] == [str(k), str(here.sum()), precision, f"{said[k] / here.sum():.1%}"]
        assert lines[k][5:] == [str(n) if n else "·" for n in said]


def test_pictures_too_small_to_convolve_are_refused_with_what_to_try(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=np.random.default_rng(0).random((40, 1, 8)), y=np.arange(40) % 2)

    answer = run("--data", str(tmp_path / "a.npz"), "--model", "conv", "--epochs", "1")

    assert answer.exit_code == 2
    assert "pictures of 1 x 8; --model conv needs 2 x 2 at least. Try --model mlp" in answer.output


def test_the_names_of_classes_cannot_command_the_terminal(tmp_path: Path) -> None:
    odd = ["[/]", "\x1b[31mred", "[bold]b"]
    lines = "".join(f"{k},{k % 7},{odd[k % 3]}\n" for k in range(90))
    (tmp_path / "a\x1b[1m.csv").write_text("a,b,label\n" + lines)

    answer = run("--data", str(tmp_path / "a\x1b[1m.csv"), "--epochs", "1", "--metrics")

    assert answer.exit_code == 0, answer.output
    assert r"a\x1b[1m.csv" in answer.stdout
    assert "\x1b" not in answer.output
    assert all(name in answer.stdout for name in ("[/]", "[bold]b", "\\x1b[31mred"))


def test_of_many_classes_each_says_what_it_was_taken_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "a.npz", X=rng.random((300, 2)), y=np.arange(300) % 12)

    answer = run("--data", str(tmp_path / "a.npz"), "--epochs", "1", "--metrics")

    rows = [line.split() for line in answer.stdout.split("taken for", 1)[1].splitlines()[1:] if line.strip()]
    wrong = sum(int(n) for row in rows for n in re.findall(r"\((\d+)\)", " ".join(row)))
    right = round(float(re.search(r"test +\S+ +(\S+)%", answer.stdout)[1]) / 100 * 60)  # type: ignore[index]
    assert len(rows) == 12
    assert wrong == 60 - right


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--epochs", "150", "--learning-rate", "0.02", "--l2", "30"),
            "Underfitting: 54.8% of the answers",
        ),
        (("--epochs", "2", "--seed", "2"), "Underfitting: the cost was still falling"),
        (("--epochs", "150", "--learning-rate", "0.03", "--hidden", "64,64"), "Overfitting: the validation"),
        (("--epochs", "40", "--learning-rate", "0.01", "--hidden", "2"), None),
    ],
)
def test_curves_that_show_over_or_underfitting_are_told(
    words: tuple[str, ...], says: str | None, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 4))
    y = (X[:, 0] + X[:, 1] + rng.normal(0, 0.8, 300) > 0).astype(int)
    np.savez(tmp_path / "a.npz", X=X, y=y)

    answer = run("--data", str(tmp_path / "a.npz"), *words)

    said = " ".join(answer.stdout.split())
    assert (says in said) if says else ("fitting" not in said), said


def test_a_resumed_training_ends_with_the_same_bits_as_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.npz", tmp_path / "parts.npz"
    settings = ("--data", "iris", "--hidden", "8", "--seed", "3")

    run(*settings, "--epochs", "5", "--checkpoint", str(tmp_path / "a.npz"), "--save", str(whole))
    run(*settings, "--epochs", "2", "--checkpoint", str(tmp_path / "b.npz"))
    again = run(
        *settings, "--epochs", "5", "--checkpoint", str(tmp_path / "b.npz"), "--resume", "--save", str(parts)
    )

    assert again.exit_code == 0, again.output
    first, second = arrays(whole), arrays(parts)
    assert set(first) == set(second)
    assert all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("label", ["number", "word"])
def test_a_saved_network_answers_for_the_data_as_it_stands_in_the_file(tmp_path: Path, label: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal([50.0, -3e4], [9.0, 4e3], size=(300, 2))
    y = 7.0 * X[:, 0] - 0.02 * X[:, 1] + 1e4
    texts = [f"{v:.6f}" if label == "number" else "high" if v > np.median(y) else "low" for v in y]
    rows = [f"{a:.6f},{b:.6f},{text}" for (a, b), text in zip(X, texts, strict=True)]
    (tmp_path / "data.csv").write_text("a,b,y\n" + "\n".join(rows) + "\n")

    answer = run(
        "--data", str(tmp_path / "data.csv"), "--hidden", "16", "--epochs", "80",
        "--save", str(tmp_path / "net.npz"),
    )  # fmt: skip

    assert answer.exit_code == 0, answer.output
    said = numeric.load_network(tmp_path / "net.npz").predict(X.T)
    if label == "number":
        assert "R²" in answer.stdout
        assert np.corrcoef(said[0], y)[0, 1] > 0.99
        assert abs(said.mean() - y.mean()) < 0.1 * y.std()
    else:
        assert np.mean(said[0] == (np.array(texts) == "low")) > 0.95


def test_features_of_any_size_are_scaled_without_a_warning(tmp_path: Path) -> None:
    rows = [f"{i}e300,{i}e-300,0.1,{i % 2}" for i in range(50)]
    (tmp_path / "data.csv").write_text("\n".join(rows))

    parts = split(load_dataset(str(tmp_path / "data.csv")), seed=0)

    X = parts.train[0]
    np.testing.assert_allclose(X.mean(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(X.std(axis=1), [1.0, 1.0, 0.0], atol=1e-9)


def test_what_a_killed_training_left_half_written_is_removed_when_it_goes_on(tmp_path: Path) -> None:
    words = ("--data", "iris", "--hidden", "4", "--checkpoint", str(tmp_path / "run.npz"))
    run(*words, "--epochs", "1")
    (tmp_path / ".run.npz.abc123.part").write_bytes(b"half")
    (tmp_path / ".other.npz.abc123.part").write_bytes(b"somebody else's")

    answer = run(*words, "--epochs", "2", "--resume")

    assert answer.exit_code == 0, answer.output
    assert sorted(p.name for p in tmp_path.iterdir()) == [".other.npz.abc123.part", "run.npz"]


def test_a_checkpoint_is_neither_overwritten_nor_invented(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.npz"
    checkpoint.write_bytes(b"precious")

    over = run("--data", "iris", "--epochs", "1", "--checkpoint", str(checkpoint))
    broken = run("--data", "iris", "--epochs", "1", "--checkpoint", str(checkpoint), "--resume")
    nothing = run("--data", "iris", "--epochs", "1", "--checkpoint", str(tmp_path / "no.npz"), "--resume")

    assert over.exit_code == broken.exit_code == nothing.exit_code == 2
    assert checkpoint.read_bytes() == b"precious"
    assert "nothing to resume" in nothing.stderr
    assert "Traceback" not in over.stderr + broken.stderr + nothing.stderr
    assert "stumbled" not in broken.stderr


def test_a_strangers_checkpoint_cannot_command_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    run("--data", "iris", "--epochs", "1", "--checkpoint", str(path))
    evil = "\x1b]0;owned\x07\r\x9b31m" + "x" * 10_000
    np.savez(path, **arrays(path) | {"settings": np.array(evil)})

    result = run("--data", "iris", "--epochs", "2", "--checkpoint", str(path), "--resume")

    assert result.exit_code == 2
    assert r"it was made with \x1b]0;owned\x07" in result.output
    assert all(c.isprintable() or c == "\n" for c in result.output)
    assert len(result.output) < 5000


def test_an_interruption_keeps_the_checkpoint_and_says_how_to_go_on(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.npz"
    words = ["--data", "iris", "--hidden", "8", "--epochs", "100000", "--checkpoint", str(checkpoint)]
    process = subprocess.Popen(
        [sys.executable, "-m", "backproof", "train", *words],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        # a shell starts its background jobs deaf to Ctrl-C, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "--resume" in errors
    assert arrays(checkpoint)
    assert list(tmp_path.iterdir()) == [checkpoint]  # no half-written file is left beside it


@pytest.mark.parametrize(
    ("text", "place"),
    [("a,b,y\n1,2,0\n3,oops,1\n", "line 3, column 2"), ("a,b,y\n1,2,0\n3,4\n", "line 3")],
)
def test_a_csv_that_cannot_be_read_names_line_and_column(text: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(text)

    answer = run("--data", str(file))

    assert answer.exit_code == 2
    assert place in answer.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--data", "digitz"), "digits"),
        (("--data", "iris", "--hidden", "a,b"), "--hidden is 'a,b'"),
        (("--data", "iris", "--resume"), "--checkpoint"),
        (("--data", "iris", "--activation", "relux", "--epochs", "1"), "relux"),
        (("--data", "iris", "--epochs", "1", "--plot", "curve.docx"), ".docx"),
    ],
)
def test_a_wrong_call_names_what_is_wrong(words: tuple[str, ...], says: str) -> None:
    answer = run(*words)

    assert answer.exit_code == 2
    assert says in answer.stderr
    assert "stumbled" not in answer.stderr


def test_training_uses_one_thread_unless_the_user_set_a_number() -> None:
    code = (
        "import os, sys; from backproof._cli import backproof\n"
        "try: backproof(['train', '--data', 'iris', '--epochs', '1'])\n"
        "except SystemExit as end: assert not end.code\n"
        "print('threads', os.environ['OPENBLAS_NUM_THREADS'])"
    )
    for given, used in ((None, "1"), ("2", "2")):
        environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
        environment |= {} if given is None else {"OPENBLAS_NUM_THREADS": given}

        answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)

        assert answer.stdout.endswith(f"threads {used}\n"), answer.stderr


@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_a_training_that_diverges_says_so_at_the_step_and_keeps_the_last_good_network(
    tmp_path: Path, optimiser: str
) -> None:
    kept = tmp_path / "good.npz"
    settings = ("--data", "iris", "--hidden", "8", "--epochs", "3", "--optimiser", optimiser)

    answer = run(*settings, "--learning-rate", "1e30", "--save", str(kept))
    silent = run(*settings, "--learning-rate", "1e30")

    assert answer.exit_code == silent.exit_code == 2
    for said in (answer.stderr, silent.stderr):
        assert "Training diverged at step 2" in said
        assert "Try a learning rate below 1e+30" in said
    assert f"They are in {kept}." in answer.stderr
    assert "Add --save FILE" in silent.stderr
    assert max(np.abs(v).max() for v in numeric.load_network(kept).parameters.values()) < 100


def test_the_learning_curves_are_marked_at_whole_epochs() -> None:
    from backproof.plots import plot_learning

    curve = [0.3, 0.2, 0.1]
    figure = plot_learning(
        dict.fromkeys(("train_cost", "validation_cost", "train_accuracy", "validation_accuracy"), curve)
    )

    assert len(figure.axes) == 2
    for axes in figure.axes:
        np.testing.assert_array_equal(np.asarray(axes.get_xticks()) % 1, 0)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_names_and_channels_of_any_kind_can_be_drawn(channels: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    odd = np.array(["$\\frac{", "$x^$", "a_b"])
    data = tmp_path / "$x^$.npz"
    np.savez(data, X=rng.random((60, channels, 5, 7)), y=odd[np.arange(60) % 3])
    curves, pictures = tmp_path / "c.svg", tmp_path / "p.svg"

    answer = run(
        "--data",
        str(data),
        "--epochs",
        "1",
        "--model",
        "conv",
        "--plot",
        str(curves),
        "--pictures",
        str(pictures),
    )

    assert answer.exit_code == 0, answer.output
    assert curves.exists()
    assert pictures.exists()


@pytest.mark.parametrize(("channels", "ink"), [(1, "ink"), (3, "the first of 3 channels")])
def test_the_filters_say_what_their_colours_mean(channels: int, ink: str) -> None:
    from matplotlib.text import Text

    from backproof.plots import plot_pictures

    X, Y = np.random.default_rng(0).random((channels * 16, 12)), numeric.one_hot(np.arange(12) % 2, 2)
    net = numeric.Model(
        [numeric.Conv2d(2, 3), numeric.Flatten(), numeric.Dense(2)], input_shape=(channels, 4, 4), rng=0
    )

    figure = plot_pictures(net, X.reshape(channels, 4, 4, 12), Y, (channels, 4, 4), ("a", "b"))

    said = " ".join(text.get_text() for text in figure.findobj(Text))
    assert f"blue for {ink}, red against it" in said
