"""Data to train on: scikit-learn's, or a file of the user's (CSV, NPZ, IDX), as columns with labels.

Nothing in a file is executed: NPZ is read without pickle, CSV and IDX by their grammar.
"""

from __future__ import annotations

import csv
import gzip
import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backproof._errors import BackproofError

__all__ = ["BUILT_IN", "Dataset", "load_dataset"]

BUILT_IN = ("digits", "breast_cancer", "iris", "diabetes", "moons", "spirals")
SEPARATORS = (",", ";", "\t")
LARGEST = 2_000_000_000  # bytes of a file's numbers once read; beyond it a laptop swaps


@dataclass(frozen=True)
class Dataset:
    """Examples as columns: X (n_x, m), Y (n_y, m), the loss that suits the labels, and what the classes are called."""

    name: str
    X: Any
    Y: Any
    loss: str
    classes: tuple[str, ...] = ()
    image_shape: tuple[int, ...] | None = None  # (channels, rows, columns) where an example is a picture


def load_dataset(source: str, label: str | None = None) -> Dataset:
    """Load one of the built-in sets by name, or a file by its path.

    Parameters
    ----------
    source : str
        A name of `BUILT_IN`, or a file: ``.csv`` (an example a row, a header line or none), ``.npz`` (arrays X and Y or
        y, examples as rows), or an IDX images file of MNIST beside its labels file.
    label : str, optional
        The label's column in a CSV file with a header; the last one by default.

    Raises
    ------
    BackproofError
        If the name is unknown, or the file cannot be read as data; it names the line and column.
    """
    if source in BUILT_IN:
        return _built_in(source)
    path = Path(source)
    readers: dict[str, Callable[[Path, str | None], Dataset]] = {".csv": _csv, ".npz": _npz}
    if path.suffix.lower() in readers:
        reader = readers[path.suffix.lower()]
    elif "idx3-ubyte" in path.name:
        reader = _idx
    else:
        raise BackproofError(
            f"{source!r} is no data I know; expected one of {', '.join(BUILT_IN)}, "
            "or a file .csv, .npz or ...-idx3-ubyte(.gz)."
        )
    if not path.is_file():
        raise BackproofError(f"{path} is no file; expected data at that path.")
    return reader(path, label)


def _built_in(name: str) -> Dataset:
    import numeric

    if name in ("moons", "spirals"):
        X, Y = numeric.make_moons(600, rng=0) if name == "moons" else numeric.make_spirals(600, rng=0)
        return Dataset(name, X, Y, "bce" if Y.shape[0] == 1 else "softmax_cross_entropy")
    X, Y = getattr(numeric, f"load_{name}")()
    if name == "digits":
        return Dataset(name, X, Y, "softmax_cross_entropy", tuple("0123456789"), (1, 8, 8))
    classes = {"breast_cancer": ("malignant", "benign"), "iris": ("setosa", "versicolor", "virginica")}.get(
        name, ()
    )
    loss = {"breast_cancer": "bce", "iris": "softmax_cross_entropy"}.get(name, "mse")
    return Dataset(name, X, Y, loss, classes)


def _labelled(name: str, X: Any, labels: list[str], image_shape: tuple[int, ...] | None = None) -> Dataset:
    """Turn label texts into Y: classes where they are few or words, numbers to fit otherwise."""
    import numpy as np

    import numeric

    classes = sorted(set(labels), key=_number_first)
    numbers = [_number(text) for text in labels]
    whole = all(v is not None and v == int(v) for v in numbers)
    if not whole and all(v is not None for v in numbers):
        return Dataset(name, X, np.array([numbers], dtype=float), "mse")
    if len(classes) > max(50, len(labels) // 2) and whole:
        return Dataset(name, X, np.array([numbers], dtype=float), "mse")
    if len(classes) > max(50, len(labels) // 2):
        odd = next(text for text, number in zip(labels, numbers, strict=True) if number is None)
        raise BackproofError(
            f"{name} has {len(classes)} different labels, some of them no numbers, such as {odd!r}; "
            "expected numbers to fit, or a few classes."
        )
    if len(classes) < 2:
        raise BackproofError(f"{name}: every label is {classes[0]!r}; expected at least two classes.")
    index = np.array([classes.index(text) for text in labels])
    if len(classes) == 2:
        return Dataset(name, X, index[None, :].astype(float), "bce", tuple(classes), image_shape)
    return Dataset(
        name, X, numeric.one_hot(index, len(classes)), "softmax_cross_entropy", tuple(classes), image_shape
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _is_no_label(text: str) -> bool:
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return not text.strip()


def _number_first(text: str) -> tuple[int, float, str]:
    value = _number(text)
    return (1, 0.0, text) if value is None else (0, value, text)


def _csv(path: Path, label: str | None) -> Dataset:
    import numpy as np

    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            separator = max(SEPARATORS, key=first.count)  # the comma, where none occurs
            file.seek(0)
            reader = csv.reader(file, delimiter=separator, strict=True)
            rows = [(reader.line_num, row) for row in reader if row]
    except (csv.Error, UnicodeDecodeError) as error:
        raise BackproofError(f"{path} is no CSV in UTF-8: {error}") from error
    if not rows:
        raise BackproofError(f"{path} is empty; expected an example a row.")
    header = (
        [cell.strip() for cell in rows[0][1]]
        if any(_number(cell) is None for cell in rows[0][1][:-1])
        else None
    )
    if label is not None and (header is None or label not in header):
        raise BackproofError(
            f"{path} has no column {label!r}; expected one of {header or 'none: the file has no header line'}."
        )
    width = len(rows[0][1])
    at = header.index(label) if header and label else width - 1
    rows = rows[1:] if header else rows
    if not rows or width < 2:
        raise BackproofError(
            f"{path} has {len(rows)} examples of {width} columns; expected at least one, of two or more columns "
            "separated by commas, semicolons or tabs."
        )
    X = np.empty((width - 1, len(rows)))
    for j, (line, row) in enumerate(rows):
        if len(row) != width:
            raise BackproofError(
                f"{path}, line {line}: {len(row)} columns; expected {width}, as in the first line."
            )
        features = [(i, cell) for i, cell in enumerate(row) if i != at]
        for k, (i, cell) in enumerate(features):
            value = _number(cell)
            if value is None:
                hint = "; expected a decimal point." if _number(cell.replace(",", ".")) is not None else "."
                raise BackproofError(
                    f"{path}, line {line}, column {i + 1}: {cell!r} is no finite number{hint}"
                )
            X[k, j] = value
        if _is_no_label(row[at]):
            raise BackproofError(
                f"{path}, line {line}: the label is {row[at]!r}; expected a class or a finite number."
            )
    return _labelled(path.name, X, [row[at].strip() for _, row in rows])


def _npz(path: Path, label: str | None) -> Dataset:
    import numpy as np

    try:
        # Opened here, because NumPy leaves a file open that only begins like an archive.
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            names = set(file.files)
            y_name = "Y" if "Y" in names else "y"
            if not {"X", y_name} <= names:
                raise BackproofError(
                    f"{path} holds {sorted(names)}; expected arrays named X and Y (or y), examples as rows."
                )
            size = sum(member.file_size for member in file.zip.infolist())
            if size > LARGEST:
                raise BackproofError(f"{path} unpacks into {size:,} bytes; the limit is {LARGEST:,}.")
            X, Y = np.asarray(file["X"]), np.asarray(file[y_name])
    except BackproofError:
        raise
    except (
        Exception
    ) as error:  # a broken archive raises one of zipfile's, zlib's, struct's or NumPy's many errors
        # NumPy's own words advise to unpickle, which may run anything.
        pickled = "pickle" in str(error)
        said = "it is no archive, or holds pickles" if pickled else f"{type(error).__name__}: {error}"
        raise BackproofError(f"{path} is no readable .npz without pickle: {said}.") from error
    if X.ndim < 2 or X.shape[0] != Y.shape[0] or X.dtype.kind not in "fiub":
        raise BackproofError(
            f"{path}: X is {X.dtype} of shape {X.shape}, {y_name} has shape {Y.shape}; "
            "expected numbers, an example a row in both."
        )
    for array, called in ((X, "X"), (Y, y_name)):
        if array.size == 0:
            raise BackproofError(
                f"{path}: {called} has shape {array.shape}: no {'column' if len(array) else 'example'}."
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            at = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
            raise BackproofError(f"{path}: {called}{at} is {array[tuple(at)]:g}; expected finite numbers.")
    image = X.shape[1:] if X.ndim == 4 else (1, *X.shape[1:]) if X.ndim == 3 else None
    columns = X.reshape(len(X), -1).T.astype(float)
    if Y.ndim == 2 and Y.shape[1] > 1:
        one_hot = bool(((Y == 0) | (Y == 1)).all() and (Y.sum(axis=1) == 1).all())
        return Dataset(
            path.name, columns, Y.T.astype(float), "softmax_cross_entropy" if one_hot else "mse", (), image
        )
    # As text, like the cells of a CSV: 2.0 is the class 2, and the answers of a regression keep their digits.
    texts = [str(int(v)) if Y.dtype.kind == "f" and v == int(v) else str(v) for v in Y.ravel().tolist()]
    return _labelled(path.name, columns, texts, image)


def _idx(path: Path, label: str | None) -> Dataset:
    import numpy as np

    labels = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if not labels.is_file():
        raise BackproofError(f"{labels} is missing; expected the labels beside the images.")
    images, answers = _idx_array(path, 3), _idx_array(labels, 1)
    if len(images) != len(answers):
        raise BackproofError(
            f"{path} holds {len(images)} images and {labels} {len(answers)} labels; expected as many."
        )
    X = images.reshape(len(images), -1).T / np.float64(255)
    return _labelled(path.name, X, [str(v) for v in answers], (1, *images.shape[1:]))


def _idx_array(path: Path, dimensions: int) -> Any:
    """IDX, as MNIST is published: two zero bytes, type 8 (unsigned byte), the number of dimensions, their sizes."""
    import numpy as np

    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(4 + 4 * dimensions)
            if len(head) < 4 + 4 * dimensions or head[:4] != bytes([0, 0, 8, dimensions]):
                raise BackproofError(f"{path} is no IDX file of unsigned bytes with {dimensions} dimensions.")
            shape = struct.unpack(f">{dimensions}I", head[4:])
            size = math.prod(shape)
            if size > LARGEST:
                raise BackproofError(
                    f"{path} declares shape {shape}, {size:,} bytes; the limit is {LARGEST:,}."
                )
            data = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BackproofError(f"{path} cannot be read: {error}") from error
    if len(data) != size:
        raise BackproofError(f"{path} holds {len(data)} bytes of data; expected {size} for shape {shape}.")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)
