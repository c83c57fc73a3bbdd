"""What each loss takes for a prediction and a label, apart from the formulas: a check that one can leave out."""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric._errors import LabelError, ShapeError
from numeric.functions._elementwise import Array

__all__ = ["check_bce", "check_bce_logit", "check_hinge", "check_nothing", "check_softmax_cross_entropy"]


def check_nothing(prediction: Array, y: Array) -> None:
    """Squared error and Huber loss take any numbers."""


def check_bce(a: Array, y: Array) -> None:
    """The prediction is a probability, and so is the label; NaN predictions stay NaN."""
    _within(
        y, "y", "labels of the binary cross-entropy lie in [0, 1]. Try (y > 0).astype(float) for -1 and +1"
    )
    wrong = (a < 0) | (a > 1)
    if wrong.any():
        raise LabelError(
            f"{_entry(a, wrong, 'a')}; expected a probability in [0, 1]. Try bce_logit if these are logits."
        )


def check_bce_logit(z: Array, y: Array) -> None:
    """The label is a probability."""
    _within(
        y, "y", "labels of the binary cross-entropy lie in [0, 1]. Try (y > 0).astype(float) for -1 and +1"
    )


def check_hinge(z: Array, y: Array) -> None:
    """The label is -1 or +1."""
    wrong = np.abs(y) != 1
    if wrong.any():
        raise LabelError(
            f"{_entry(y, wrong, 'y')}; expected -1 or +1 for the hinge loss. Try 2 * y - 1 for 0 and 1."
        )


def check_softmax_cross_entropy(Z: Array, Y: Array) -> None:
    """Labels are probabilities along axis 0; one-hot or soft, and a column may sum to less than 1."""
    if Z.ndim == 0 or Z.shape[0] == 0:
        raise ShapeError(f"Z has shape {Z.shape}; expected (n_y, ...) with n_y >= 1 logits along axis 0.")
    _within(Y, "Y", "labels are one-hot columns or probabilities. Try numeric.one_hot for class numbers")


def _within(y: Array, name: str, why: str) -> None:
    # Written so that NaN is outside too.
    wrong = ~((y >= 0) & (y <= 1))
    if wrong.any():
        raise LabelError(f"{_entry(y, wrong, name)}; {why}.")


def _entry(array: Array, wrong: Array, name: str) -> str:
    where: Any = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"[{', '.join(map(str, where))}]" if where else ""
    return f"{name}{place} is {float(array[where])!r}"
