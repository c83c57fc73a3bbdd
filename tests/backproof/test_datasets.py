"""Data from files: read as columns, and every defect named with its line and column."""

from __future__ import annotations

import contextlib
import gc
import gzip
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backproof._datasets import BUILT_IN, _npz, load_dataset
from backproof._errors import BackproofError


def csv(folder: Path, text: str) -> str:
    (folder / "data.csv").write_text(text)
    return str(folder / "data.csv")


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_data_has_columns_labels_and_a_loss(name: str) -> None:
    pytest.importorskip("sklearn", reason="real data needs the [data] extra")

    data = load_dataset(name)

    assert data.X.shape[1] == data.Y.shape[1] > 100
    assert {"digits": "softmax_cross_entropy", "breast_cancer": "bce", "diabetes": "mse"}.get(
        name, data.loss
    ) == data.loss


def test_a_csv_with_two_words_is_a_binary_problem(tmp_path: Path) -> None:
    data = load_dataset(csv(tmp_path, "length,width,kind\n1,2,cat\n3,4,dog\n5,6,cat\n"))

    assert data.loss == "bce"
    assert data.classes == ("cat", "dog")
    np.testing.assert_array_equal(data.X, [[1, 3, 5], [2, 4, 6]])
    np.testing.assert_array_equal(data.Y, [[0, 1, 0]])


def test_a_csv_without_header_and_three_numbers_is_a_one_hot_problem(tmp_path: Path) -> None:
    data = load_dataset(csv(tmp_path, "1,2,10\n3,4,9\n5,6,2\n7,8,9\n"))

    assert data.classes == ("2", "9", "10")
    np.testing.assert_array_equal(data.Y, [[0, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 0]])


def test_a_csv_with_decimal_labels_is_a_regression(tmp_path: Path) -> None:
    data = load_dataset(csv(tmp_path, "1,2.5\n3,4.5\n"))

    assert data.loss == "mse"
    np.testing.assert_array_equal(data.Y, [[2.5, 4.5]])


def test_a_class_written_in_two_ways_is_one_class(tmp_path: Path) -> None:
    data = load_dataset(csv(tmp_path, "1,1\n2,1.0\n3,0\n4,00\n5,+1\n6,-0.0\n"))

    assert data.classes == ("0", "1")
    np.testing.assert_array_equal(data.Y, [[1, 1, 0, 0, 1, 0]])


def test_large_numbers_that_no_float_tells_apart_are_classes_of_their_own(tmp_path: Path) -> None:
    data = load_dataset(csv(tmp_path, "1,9007199254740993\n2,9007199254740992\n3,9007199254740993\n"))

    assert data.classes == ("9007199254740992", "9007199254740993")
    np.testing.assert_array_equal(data.Y, [[1, 0, 1]])


def test_the_label_column_can_be_named(tmp_path: Path) -> None:
    data = load_dataset(csv(tmp_path, "kind,a,b\nx,1,2\ny,3,4\n"), label="kind")

    np.testing.assert_array_equal(data.X, [[1, 3], [2, 4]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("1,2,3\n1,2\n", "line 2: 2 columns; expected 3"),
        ("a,b,c\n1,2,x\n1,oops,y\n", "line 3, column 2: 'oops' is no finite number"),
        ("1,2,3\nnan,2,4\n", "line 2, column 1: 'nan'"),
        ("1\n2\n", "two or more columns"),
        ("1,a\n2,a\n", "every label is 'a'"),
        ('1,"2\n', "is no CSV"),
        ("1|2|0\n3|4|1\n", "separated by commas, semicolons, tabs or spaces"),
        ("a;b;y\n1,5;2;0\n2;3;1\n", "line 2, column 1: '1,5' is no finite number; .*a decimal point"),
        ("1,2,0\n3,4,\n", "line 2: the label is ''"),
        ("1,2,0.5\n3,4,nan\n", "line 2: the label is 'nan'"),
        ("x,y\n1,inf\n2,3\n", "line 2: the label is 'inf'"),
        (
            "x,y\n" + "".join(f"{i},{i}.5\n" for i in range(99)) + "99,oops\n",
            "100 different labels.*such as 'oops'",
        ),
    ],
)
def test_a_defect_in_a_csv_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BackproofError, match=words):
        load_dataset(csv(tmp_path, text))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_csv_may_be_separated_by_semicolons_or_tabs(separator: str, tmp_path: Path) -> None:
    text = "length,width,kind\n1,2,cat\n3,4,dog\n".replace(",", separator)

    data = load_dataset(csv(tmp_path, text))

    assert data.classes == ("cat", "dog")
    np.testing.assert_array_equal(data.X, [[1, 3], [2, 4]])


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        ([[1.0, np.nan], [2, 3]], [0, 1], r"X\[0, 1\] is nan"),
        ([[1.0, 4.0], [2, -np.inf]], [0, 1], r"X\[1, 1\] is -inf"),
        ([[1.0, 4.0], [2, 3]], [0.5, np.nan], r"y\[1\] is nan"),
        (np.zeros((0, 3)), np.zeros(0), "no example"),
        (np.zeros((3, 0)), np.zeros(3), "no column"),
        ([[1j, 2], [3, 4]], [0, 1], "expected numbers"),
        ([[1.0, 4.0], [2, 3]], [[0.0, 1.0], [np.nan, 1.0]], r"y\[1, 0\] is nan"),
    ],
)
def test_a_defect_in_an_npz_is_named_with_its_place(X: Any, y: Any, words: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", X=np.array(X), y=np.array(y))

    with pytest.raises(BackproofError, match=words):
        load_dataset(str(tmp_path / "data.npz"))


def test_an_npz_holds_examples_as_rows(tmp_path: Path) -> None:
    X, y = np.arange(12.0).reshape(3, 2, 2), np.array([0, 1, 1])
    np.savez(tmp_path / "data.npz", X=X, y=y)

    data = load_dataset(str(tmp_path / "data.npz"))

    assert data.X.shape == (4, 3)
    assert data.image_shape == (1, 2, 2)
    np.testing.assert_array_equal(data.Y, [[0, 1, 1]])


class Bomb:
    def __reduce__(self) -> Any:
        return (Path("pwned").touch, ())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_answers_of_a_regression_in_an_npz_keep_their_digits(dtype: str, tmp_path: Path) -> None:
    y = (np.random.default_rng(0).standard_normal(100) + 12345).astype(dtype)
    np.savez(tmp_path / "data.npz", X=np.ones((100, 2)), y=y)

    data = load_dataset(str(tmp_path / "data.npz"))

    assert data.loss == "mse"
    np.testing.assert_array_equal(data.Y[0], y)


def test_classes_in_an_npz_are_named_without_a_point(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", X=np.ones((4, 2)), y=[0.0, 1.0, 2.0, 1.0])

    assert load_dataset(str(tmp_path / "data.npz")).classes == ("0", "1", "2")


def test_an_npz_that_unpacks_into_gigabytes_is_refused_before_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_npz, "LARGEST", 10**6)
    np.savez_compressed(tmp_path / "data.npz", X=np.zeros((200_000, 2)), y=np.zeros(200_000))

    with pytest.raises(BackproofError, match=r"unpacks into .* bytes; the limit is 1,000,000"):
        load_dataset(str(tmp_path / "data.npz"))


def test_a_gzip_of_images_with_any_spoilt_byte_raises_nothing_but_a_told_error(tmp_path: Path) -> None:
    whole = gzip.compress(idx((40, 5, 5), np.random.default_rng(0).integers(0, 9, 1000, np.uint8).tobytes()))
    labels = gzip.compress(idx((40,), bytes(20) + b"\x01" * 20))
    (tmp_path / "labels-idx1-ubyte.gz").write_bytes(labels)
    refused = 0

    for place in range(len(whole)):
        (tmp_path / "images-idx3-ubyte.gz").write_bytes(
            whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        )
        try:
            load_dataset(str(tmp_path / "images-idx3-ubyte.gz"))
        except BackproofError:
            refused += 1

    assert refused > 0.9 * len(whole)


def test_an_npz_with_a_pickle_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bomb = np.empty(1, object)
    bomb[0] = Bomb()
    np.savez("data.npz", X=bomb, y=np.zeros(1))
    Path("pwned").unlink(missing_ok=True)

    with pytest.raises(BackproofError, match="without pickle"):
        load_dataset("data.npz")
    assert not Path("pwned").exists()


def idx(shape: tuple[int, ...], data: bytes) -> bytes:
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + data


def test_idx_files_of_images_and_labels_are_read(tmp_path: Path) -> None:
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(
        gzip.compress(idx((3, 2, 2), bytes(range(0, 240, 20))))
    )
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx((3,), bytes([7, 1, 7]))))

    data = load_dataset(str(tmp_path / "train-images-idx3-ubyte.gz"))

    assert data.X.shape == (4, 3)
    assert data.X.max() == 220 / 255
    assert data.classes == ("1", "7")


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (b"junk", "no IDX file"),
        (idx((3, 2, 2), b"short"), "5 bytes of data; expected 12"),
        (idx((4_000_000_000, 28, 28), b""), "the limit is"),
    ],
)
def test_a_defect_in_an_idx_file_is_named(tmp_path: Path, images: bytes, words: str) -> None:
    (tmp_path / "t-images-idx3-ubyte").write_bytes(images)
    (tmp_path / "t-labels-idx1-ubyte").write_bytes(idx((1,), b"\x00"))

    with pytest.raises(BackproofError, match=words):
        load_dataset(str(tmp_path / "t-images-idx3-ubyte"))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.npz", "a-images-idx3-ubyte"]))
def test_random_bytes_raise_nothing_but_a_told_error(tmp_path: Path, data: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "a-labels-idx1-ubyte").write_bytes(data)
    with contextlib.suppress(BackproofError):  # anything else fails the test
        load_dataset(str(tmp_path / name))


def test_a_file_that_only_begins_like_an_archive_is_closed(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(BackproofError, match=r"no readable \.npz"):
            load_dataset(str(tmp_path / "a.npz"))
        gc.collect()

    assert [w for w in caught if issubclass(w.category, ResourceWarning)] == []


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(BackproofError, match="digits, breast_cancer, iris"):
        load_dataset("mnits")
