"""What a data set is, and how the texts of labels become classes or numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from backproof._errors import BackproofError

__all__ = ["LARGEST", "Dataset", "is_no_label", "labelled", "number"]

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
    label: str = ""  # the column of a table that is learned, in words
    held_out: tuple[int, int] = (
        0,
        0,
    )  # how many of the last examples the file keeps to validate, and then to test


def labelled(name: str, X: Any, labels: list[str], image_shape: tuple[int, ...] | None = None) -> Dataset:
    """Turn label texts into Y: classes where they are few or words, numbers to fit otherwise."""
    import numpy as np

    import numeric

    numbers = [number(text) for text in labels]
    whole = all(v is not None and v == int(v) for v in numbers)
    if whole:
        labels = [_without_point(text) for text in labels]
    classes = sorted(set(labels), key=_number_first)
    if not whole and all(v is not None for v in numbers):
        return Dataset(name, X, np.array([numbers], dtype=float), "mse")
    if len(classes) > max(50, len(labels) // 2) and whole:
        return Dataset(name, X, np.array([numbers], dtype=float), "mse")
    if len(classes) > max(50, len(labels) // 2):
        odd = next(text for text, value in zip(labels, numbers, strict=True) if value is None)
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


def _without_point(text: str) -> str:
    """Write a whole number in one way: 1, +1, 01 and 1.0 are one class."""
    try:
        return str(int(text))  # of any size: a float would take 2^53 + 1 for 2^53
    except ValueError:
        return str(int(float(text)))


def number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def is_no_label(text: str) -> bool:
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return not text.strip()


def _number_first(text: str) -> tuple[int, float, str]:
    value = number(text)
    return (1, 0.0, text) if value is None else (0, value, text)
