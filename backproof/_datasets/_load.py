"""Data to train on: scikit-learn's, or a file of the user's (CSV, NPZ, IDX), as columns with labels.

Nothing in a file is executed: NPZ is read without pickle, CSV and IDX by their grammar.
"""

from __future__ import annotations

from pathlib import Path

from backproof._datasets._csv import SUFFIXES, read_csv
from backproof._datasets._dataset import Dataset
from backproof._datasets._idx import read_idx
from backproof._datasets._npz import read_npz
from backproof._errors import BackproofError

__all__ = ["BUILT_IN", "load_dataset"]

BUILT_IN = ("digits", "breast_cancer", "iris", "diabetes", "moons", "spirals")


def load_dataset(source: str, label: str | None = None) -> Dataset:
    """Load one of the built-in sets by name, or a file by its path.

    Parameters
    ----------
    source : str
        A name of `BUILT_IN`, or a file: a table as text (``.csv``, ``.tsv``, ``.txt`` or ``.data``; an example a row, a
        header line or none), ``.npz`` (arrays such as X and y, or x_train, y_train, x_test and y_test, examples as
        rows), or an IDX images file of MNIST beside its labels file.
    label : str, optional
        The label's column in a table, by its name or its number from 1; by default the one that is called label, target
        or class, else the last.

    Raises
    ------
    BackproofError
        If the name is unknown, or the file cannot be read as data; it names the line and column.
    """
    path = Path(source)
    name = path.name.lower()
    if label is not None and (source in BUILT_IN or not name.endswith(SUFFIXES)):
        raise BackproofError(f"--label is {label!r}, but {source} is no table with columns; leave it out.")
    if source in BUILT_IN:
        return _built_in(source)
    if "idx1-ubyte" in name:
        raise BackproofError(f"{path} holds labels; expected the images beside it, ...-idx3-ubyte(.gz).")
    if not name.endswith((*SUFFIXES, ".npz")) and "idx3-ubyte" not in name:
        raise BackproofError(
            f"{source!r} is no data I know; expected one of {', '.join(BUILT_IN)}, "
            f"or a file {', '.join(SUFFIXES)}, .npz or ...-idx3-ubyte(.gz)."
        )
    if not path.is_file():
        raise BackproofError(f"{path} is no file; expected data at that path.")
    if name.endswith(SUFFIXES):
        return read_csv(path, label)
    return read_npz(path) if name.endswith(".npz") else read_idx(path)


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
