"""The layouts in which people keep their data: each says the same examples, and each must be read as these."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backproof._datasets import load_dataset
from backproof._errors import BackproofError
from backproof._training import split

ROWS = [(5.1, 3.5, "cat"), (4.9, 3.0, "dog"), (6.2, 2.9, "cat"), (4.7, 3.1, "dog")]
X = np.array([row[:2] for row in ROWS]).T
Y = np.array([[0.0, 1.0, 0.0, 1.0]])


def table(columns: str, heading: str | None = None, separator: str = ",") -> str:
    """Write the examples as lines: n for the number of the line from 0, i from 1, a and b, and y for the label."""
    lines = [] if heading is None else [heading.replace(",", separator)]
    for k, (a, b, y) in enumerate(ROWS):
        cells = {"n": k, "i": k + 1, "a": a, "b": b, "y": y}
        lines.append(separator.join(str(cells[c]) for c in columns))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("name", "text", "label"),
    [
        ("heading.csv", table("aby", "length,width,kind"), None),
        ("none.data", table("aby"), None),
        ("label_first.csv", table("yab", "label,length,width"), None),
        ("class_in_the_middle.csv", table("ayb", "length,Class,width"), None),
        ("named.csv", table("yab", "kind,length,width"), "kind"),
        ("numbered.csv", table("yab", "kind,length,width"), "1"),
        ("first_without_heading.data", table("yab"), "1"),
        ("pandas.csv", table("naby", ",length,width,kind"), None),
        ("kaggle.csv", table("iaby", "Id,length,width,kind"), None),
        ("tabs.tsv", table("aby", "length,width,kind", "\t"), None),
        ("spaces.txt", table("aby", "length,width,kind", "   "), None),
        ("semicolons.csv", table("aby", "length,width,kind", ";"), None),
        ("windows.csv", table("aby", "length,width,kind").replace("\n", "\r\n"), None),
        ("excel.csv", "\ufeff" + table("aby", "length,width,kind"), None),
        ("quotes.csv", '"length","width","kind"\n' + table("aby"), None),
    ],
)
def test_a_table_is_read_as_it_is_meant(name: str, text: str, label: str | None, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")

    data = load_dataset(str(tmp_path / name), label)

    assert data.classes == ("cat", "dog")
    np.testing.assert_array_equal(data.X, X)
    np.testing.assert_array_equal(data.Y, Y)


def test_a_first_line_with_a_missing_value_is_no_heading(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("?,2,cat\n1,2,dog\n")

    with pytest.raises(BackproofError, match=r"line 1, column 1: '\?' is no finite number"):
        load_dataset(str(tmp_path / "a.csv"))


def test_a_column_called_id_that_does_not_count_the_lines_is_data(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,a,y\n3,1,u\n1,2,v\n2,3,u\n")

    np.testing.assert_array_equal(load_dataset(str(tmp_path / "a.csv")).X, [[3, 1, 2], [1, 2, 3]])


def test_the_label_that_was_learned_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(table("aby", "length,width,kind"))
    (tmp_path / "b.csv").write_text(table("aby"))

    assert load_dataset(str(tmp_path / "a.csv")).label == "'kind'"
    assert load_dataset(str(tmp_path / "b.csv")).label == "column 3"


@pytest.mark.parametrize(
    ("text", "label", "words"),
    [
        (table("yab"), None, "'cat' is no finite number; .*--label.*leave another column of words out"),
        (
            table("aby", "length,width,kind"),
            "kinds",
            "no column 'kinds'; expected one of length, width, kind",
        ),
        (table("aby"), "kind", "no header line"),
        (table("aby"), "0", "no column '0'; .* from 1 to 3"),
        (table("aby"), "4", "no column '4'"),
        (table("aby"), "²", "no column '²'"),
        ("id,y\n1,u\n2,v\n", None, "no column but the label"),
        ("a,b,y\n1,2,0\n3,,1\n", None, "line 3, column 2: the cell is empty; .*fill it in"),
        ("a,b,y\n1,2,0\n3,NA,1\n", None, "line 3, column 2: 'NA' is no finite number; .*leave the line out"),
        ("a,b,y\n1,2,0\n3,nan,1\n", None, "'nan' is no finite number; .*leave the line out"),
        ("kind\nyes\nno\n", None, "3 examples of 1 column;"),
    ],
)
def test_a_table_that_cannot_be_read_says_what_to_do(
    text: str, label: str | None, words: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(text)

    with pytest.raises(BackproofError, match=words):
        load_dataset(str(tmp_path / "a.csv"), label)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-16", "is written in UTF-16; expected UTF-8. Try `iconv -f UTF-16 -t UTF-8 .*CSV UTF-8"),
        ("utf-32", "is written in UTF-32; expected UTF-8. Try `iconv -f UTF-32"),
        ("utf-16-le", "holds zero bytes, .*expected UTF-8. Try `iconv -f UTF-16"),
        ("utf-16-be", "holds zero bytes, .*expected UTF-8. Try `iconv -f UTF-16"),
        ("latin-1", "line 3: .*0xe4.*expected UTF-8. Try `iconv -f LATIN1"),
    ],
)
def test_a_table_in_another_encoding_says_how_to_change_it(encoding: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("a,b,y\n1,2,no\n3,4,jä\n".encode(encoding))

    with pytest.raises(BackproofError, match=words):
        load_dataset(str(tmp_path / "a.csv"))


def digits(m: int, *shape: int) -> Any:
    return np.random.default_rng(m).integers(0, 256, (m, *shape), np.uint8)


def test_the_archive_of_keras_is_tested_on_what_it_keeps_for_that(tmp_path: Path) -> None:
    train, test = digits(40, 4, 4), digits(9, 4, 4)
    y = np.arange(49, dtype=np.uint8) % 3
    np.savez(tmp_path / "m.npz", x_train=train, y_train=y[:40], x_test=test, y_test=y[40:])

    data = load_dataset(str(tmp_path / "m.npz"))
    parts = split(data, seed=0)

    assert data.image_shape == (1, 4, 4)
    np.testing.assert_array_equal(parts.test[0], test.reshape(9, 16).T / 255)
    np.testing.assert_array_equal(parts.test[1].argmax(axis=0), y[40:])
    assert [part[0].shape[1] for part in (parts.train, parts.validation, parts.test)] == [36, 4, 9]
    seen = np.concatenate([parts.train[0], parts.validation[0]], axis=1)
    np.testing.assert_array_equal(np.unique(seen.T, axis=0), np.unique(train.reshape(40, 16) / 255, axis=0))


def test_an_archive_is_validated_on_what_it_keeps_for_that(tmp_path: Path) -> None:
    pictures, y = digits(30, 2, 2), np.arange(30)[:, None] % 2
    names = {"train": slice(0, 15), "val": slice(15, 22), "test": slice(22, 30)}
    arrays = {f"{part}_images": pictures[rows] for part, rows in names.items()}
    arrays |= {f"{part}_labels": y[rows] for part, rows in names.items()}
    np.savez(tmp_path / "m.npz", **arrays)

    parts = split(load_dataset(str(tmp_path / "m.npz")), seed=0)

    np.testing.assert_array_equal(parts.validation[0], pictures[15:22].reshape(7, 4).T / 255)
    np.testing.assert_array_equal(parts.test[1][0], y[22:, 0])
    assert parts.train[0].shape[1] == 15


def test_channels_may_stand_last_as_in_keras_or_first(tmp_path: Path) -> None:
    pictures, y = digits(12, 5, 6, 3), np.arange(12) % 2
    np.savez(tmp_path / "last.npz", X=pictures, y=y)
    np.savez(tmp_path / "first.npz", X=np.moveaxis(pictures, -1, 1), y=y)

    last, first = (load_dataset(str(tmp_path / f"{name}.npz")) for name in ("last", "first"))

    assert last.image_shape == first.image_shape == (3, 5, 6)
    np.testing.assert_array_equal(last.X, first.X)
    np.testing.assert_array_equal(first.X[:, 0].reshape(3, 5, 6)[2], pictures[0, :, :, 2] / 255)


@pytest.mark.parametrize("labels", [np.array(["u", "v"] * 6), np.array([b"u", b"v"] * 6)])
def test_the_labels_of_an_archive_may_be_words(labels: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", data=np.eye(12), target=labels)

    data = load_dataset(str(tmp_path / "a.npz"))

    assert data.classes == ("u", "v")
    np.testing.assert_array_equal(data.Y[0], np.arange(12) % 2)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x_test": np.eye(3), "y_test": np.eye(3)}, "expected arrays named X and y"),
        ({"x_train": np.eye(3), "y_test": np.eye(3)}, "expected arrays named X and y"),
        ({"X": np.eye(3), "y": np.zeros((3, 2, 2))}, "expected numbers, an example a row in both"),
        ({"X": np.eye(3), "y": np.array([["a", "b"]] * 3)}, "expected numbers"),
        (
            {"x_train": np.eye(3), "y_train": np.arange(3), "x_test": np.eye(2), "y_test": np.arange(2)},
            r"x_test and y_test has the shapes \(2,\) and \(\); expected \(3,\)",
        ),
        (
            {"x_train": np.eye(3), "y_train": np.arange(3), "x_test": np.eye(3), "y_test": np.array([0, 1, np.nan])},
            r"y_test\[2\] is nan",
        ),
    ],
)  # fmt: skip
def test_an_archive_that_cannot_be_read_names_its_arrays(
    arrays: dict[str, Any], words: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "a.npz", **arrays)

    with pytest.raises(BackproofError, match=words):
        load_dataset(str(tmp_path / "a.npz"))


@pytest.mark.parametrize("source", ["iris", "a.npz", "a-idx3-ubyte"])
def test_only_a_table_has_a_column_to_name(source: str) -> None:
    with pytest.raises(BackproofError, match=r"--label is 'kind', but .* is no table"):
        load_dataset(source, "kind")


def test_labels_without_their_images_point_to_the_images(tmp_path: Path) -> None:
    with pytest.raises(BackproofError, match="expected the images beside it"):
        load_dataset(str(tmp_path / "train-labels-idx1-ubyte.gz"))
