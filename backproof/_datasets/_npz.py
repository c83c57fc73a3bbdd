"""NPZ archives of arrays, read without pickle, under the names that are usual for examples and labels.

    X, y        data, target        images, labels        features, labels

in capitals or not, and each with a part before or after it: x_train and y_train, test_images and test_labels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from backproof._datasets._dataset import LARGEST, Dataset, labelled
from backproof._errors import BackproofError

__all__ = ["read_npz"]


INPUTS = ("x", "data", "images", "features", "inputs")
ANSWERS = ("y", "target", "targets", "label", "labels")
PARTS = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 2, "testing": 2}
CHANNELS = (1, 3, 4)  # grey, colours, colours and opacity


def read_npz(path: Path) -> Dataset:
    """Read an archive; where it keeps examples to validate or test, they stand last."""
    import numpy as np

    parts = _arrays(path)
    for (x_name, X), (y_name, Y) in parts.values():
        _check(path, x_name, X, y_name, Y)
    names = [" and ".join(name for name, _ in pair) for pair in parts.values()]
    pairs = [(_pictures(X), Y) for (_, X), (_, Y) in parts.values()]
    for name, (X, Y) in zip(names[1:], pairs[1:], strict=True):
        first = pairs[0]
        if X.shape[1:] != first[0].shape[1:] or Y.shape[1:] != first[1].shape[1:]:
            raise BackproofError(
                f"{path}: an example of {name} has the shapes {X.shape[1:]} and {Y.shape[1:]}; "
                f"expected {first[0].shape[1:]} and {first[1].shape[1:]}, as in {names[0]}."
            )
    X, Y = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    size = {part: len(pair[0]) for part, pair in zip(parts, pairs, strict=True)}
    data = _columns(path.name, X, Y)
    return replace(data, held_out=(size.get(1, 0), size.get(2, 0)))


def _arrays(path: Path) -> dict[int, tuple[tuple[str, Any], tuple[str, Any]]]:
    """Return names and arrays of examples and labels: 0 to train, 1 to validate, 2 to test."""
    import numpy as np

    try:
        # Opened here, because NumPy leaves a file open that only begins like an archive.
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            chosen = _chosen(file.files)
            if 0 not in chosen:
                raise BackproofError(
                    f"{path} holds {sorted(file.files)}; expected arrays named X and y (or Y; data and target; images "
                    "and labels; x_train, y_train, x_test and y_test), examples as rows."
                )
            size = sum(member.file_size for member in file.zip.infolist())
            if size > LARGEST:
                raise BackproofError(f"{path} unpacks into {size:,} bytes; the limit is {LARGEST:,}.")
            return {
                part: ((x, np.asarray(file[x])), (y, np.asarray(file[y])))
                for part, (x, y) in sorted(chosen.items())
            }
    except BackproofError:
        raise
    except (
        Exception
    ) as error:  # a broken archive raises one of zipfile's, zlib's, struct's or NumPy's many errors
        # NumPy's own words advise to unpickle, which may run anything.
        pickled = "pickle" in str(error)
        said = "it is no archive, or holds pickles" if pickled else f"{type(error).__name__}: {error}"
        raise BackproofError(f"{path} is no readable .npz without pickle: {said}.") from error


def _chosen(names: Iterable[str]) -> dict[int, tuple[str, str]]:
    """Return the names of examples and labels of each part that has both; of several the most usual."""
    found: dict[tuple[int, bool], list[tuple[int, str]]] = {}
    for name in sorted(names):
        words = name.lower().split("_")
        part = [PARTS[word] for word in words if word in PARTS]
        rest = "_".join(word for word in words if word not in PARTS)
        for role in (INPUTS, ANSWERS):
            if rest in role and len(part) < 2:
                # What is said to be for training goes before what is said to be for nothing.
                rank = role.index(rest) + (0 if part else len(role))
                found.setdefault((part[0] if part else 0, role is ANSWERS), []).append((rank, name))
    return {
        part: (min(found[part, False])[1], min(found[part, True])[1])
        for part in range(3)
        if (part, False) in found and (part, True) in found
    }


def _check(path: Path, x_name: str, X: Any, y_name: str, Y: Any) -> None:
    """Raise where these are no examples with labels."""
    import numpy as np

    numbers, words = "fiub", "US" if Y.ndim == 1 or Y.shape[1:] == (1,) else ""
    fits = X.ndim >= 2 and Y.ndim in (1, 2) and len(X) == len(Y)
    if not fits or X.dtype.kind not in numbers or Y.dtype.kind not in numbers + words:
        raise BackproofError(
            f"{path}: {x_name} is {X.dtype} of shape {X.shape}, {y_name} {Y.dtype} of shape {Y.shape}; "
            "expected numbers, an example a row in both."
        )
    for array, called in ((X, x_name), (Y, y_name)):
        if array.size == 0:
            raise BackproofError(
                f"{path}: {called} has shape {array.shape}: no {'column' if len(array) else 'example'}."
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            at = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
            raise BackproofError(f"{path}: {called}{at} is {array[tuple(at)]:g}; expected finite numbers.")


def _pictures(X: Any) -> Any:
    """Return examples with the channels of pictures first, and grey levels of a byte from 0 to 1."""
    import numpy as np

    if X.ndim == 4 and X.shape[-1] in CHANNELS and X.shape[1] not in CHANNELS:
        X = np.moveaxis(X, -1, 1)
    return X / 255.0 if X.ndim > 2 and X.dtype == np.uint8 else X


def _columns(name: str, X: Any, Y: Any) -> Dataset:
    """Lay out the examples as columns, and the labels as the loss wants them."""
    import numpy as np

    image = X.shape[1:] if X.ndim == 4 else (1, *X.shape[1:]) if X.ndim == 3 else None
    columns = X.reshape(len(X), -1).T.astype(float)
    if Y.ndim == 2 and Y.shape[1] > 1:
        one_hot = bool(((Y == 0) | (Y == 1)).all() and (Y.sum(axis=1) == 1).all())
        return Dataset(
            name, columns, Y.T.astype(float), "softmax_cross_entropy" if one_hot else "mse", (), image
        )
    if Y.dtype.kind == "S":
        Y = np.char.decode(Y, "utf-8", "replace")
    # As text, like the cells of a CSV: 2.0 is the class 2, and the answers of a regression keep their digits.
    texts = [str(int(v)) if Y.dtype.kind == "f" and v == int(v) else str(v) for v in Y.ravel().tolist()]
    return labelled(name, columns, texts, image)
