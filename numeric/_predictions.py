"""From the last Z to an answer, and from answers to their accuracy."""

from __future__ import annotations

import numpy as np

from numeric._errors import NumericError
from numeric._layer import Array
from numeric._output import output

__all__ = ["accuracy_of", "has_accuracy", "prediction"]


def has_accuracy(loss: str) -> bool:
    """Answer whether the loss is one of classification."""
    return loss in ("softmax_cross_entropy", "bce", "hinge")


def prediction(loss: str, Z: Array) -> Array:
    """Return classes ``(m,)`` for softmax, 0/1 for bce, -1/+1 for hinge, and the outputs for regression.

    The classes come from Z: softmax and sigmoid are monotonic, but they may round two values to one.
    """
    if loss == "softmax_cross_entropy":
        classes: Array = np.argmax(Z, axis=0)
        return classes
    if loss == "bce":
        return (Z > 0).astype(np.int64)
    if loss == "hinge":
        return np.where(Z > 0, 1, -1)
    return output(loss, Z)


def accuracy_of(loss: str, Z: Array, Y: Array) -> float:
    """Return the fraction of right answers; for softmax of examples, else of the entries of Y."""
    if not has_accuracy(loss):
        raise NumericError(f"accuracy is not defined for the loss {loss!r}, a regression. Try cost(X, Y).")
    answers = prediction(loss, Z)
    if loss == "softmax_cross_entropy":
        return float(np.mean(answers == np.argmax(Y, axis=0)))
    if loss == "bce":
        return float(np.mean(answers == (Y > 0.5)))
    return float(np.mean(answers == Y))
