"""How good the answers are, class by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from numeric._arguments import check_positive_int, real_array
from numeric._errors import LabelError, ShapeError
from numeric._layer import Array

__all__ = ["ClassReport", "class_report", "confusion_matrix"]


# A table of counts with this many rows takes 800 MB: whoever comes with more has no class numbers.
_MOST = 10_000


def confusion_matrix(labels: Any, answers: Any, n_classes: int | None = None) -> Array:
    """Count for every class how its examples were answered.

    Parameters
    ----------
    labels, answers : (m,) or (1, m) array_like of int, or (K, m) one-hot
        What is true, and what was answered: class numbers from 0, or one-hot columns.
    n_classes : int, optional
        K; by default one more than the largest number seen.

    Returns
    -------
    (K, K) ndarray of int
        Entry [i, j]: examples of class i that were answered j.

    Raises
    ------
    ShapeError
        When the two differ in length, or there are no examples.
    LabelError
        When an entry is not a class number.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1, 2], [0, 1, 1, 2])
    array([[1, 1, 0],
           [0, 1, 0],
           [0, 0, 1]])
    """
    true, said = _numbers(labels, "labels"), _numbers(answers, "answers")
    if true.shape != said.shape:
        raise ShapeError(f"answers has {said.size} examples; expected {true.size}, one for each label.")
    largest = int(max(true.max(), said.max()))
    K = largest + 1 if n_classes is None else check_positive_int(n_classes, "n_classes")
    if largest >= K:
        raise LabelError(f"There is a class number {largest}; expected numbers from 0 to {K - 1}.")
    if K > _MOST:
        raise LabelError(f"There is a class number {largest}; expected classes 0 to {_MOST - 1} at most.")
    return np.bincount(true * K + said, minlength=K * K).reshape(K, K)


@dataclass(frozen=True, eq=False)
class ClassReport:
    """Precision, recall and F1 of every class.

    Attributes
    ----------
    confusion : (K, K) ndarray of int
        Row: the true class; column: the answer.
    precision : (K,) ndarray
        Of the answers k, the fraction that is right; 0 where k was never answered.
    recall : (K,) ndarray
        Of the examples of class k, the fraction that was found; 0 where there are none.
    f1 : (K,) ndarray
        Their harmonic mean.
    accuracy : float
        The fraction of right answers.
    """

    confusion: Array
    precision: Array
    recall: Array
    f1: Array
    accuracy: float

    def __str__(self) -> str:
        lines = ["class  precision   recall       f1    count"]
        counts = self.confusion.sum(axis=1)
        for k, (p, r, f, n) in enumerate(zip(self.precision, self.recall, self.f1, counts, strict=True)):
            lines.append(f"{k:5d}{p:11.4f}{r:9.4f}{f:9.4f}{n:9d}")
        lines.append(f"accuracy {self.accuracy:.4f}")
        return "\n".join(lines)


def class_report(labels: Any, answers: Any, n_classes: int | None = None) -> ClassReport:
    """Compute precision and recall of every class; the arguments are those of `confusion_matrix`.

    Examples
    --------
    >>> report = class_report([0, 0, 1, 1], [0, 1, 1, 1])
    >>> report.precision.round(3), report.recall
    (array([1.   , 0.667]), array([0.5, 1. ]))
    """
    confusion = confusion_matrix(labels, answers, n_classes)
    right = np.diag(confusion).astype(np.float64)
    precision = right / np.maximum(confusion.sum(axis=0), 1)
    recall = right / np.maximum(confusion.sum(axis=1), 1)
    f1 = 2 * precision * recall / np.where(precision + recall == 0, 1, precision + recall)
    return ClassReport(confusion, precision, recall, f1, float(right.sum() / confusion.sum()))


def _numbers(values: Any, name: str) -> Array:
    array = real_array(values, name)
    if array.ndim == 2:
        array = array[0] if array.shape[0] == 1 else np.argmax(array, axis=0)
    if array.ndim != 1 or array.size == 0:
        raise ShapeError(f"{name} has shape {np.shape(values)}; expected (m,) or (K, m) with m >= 1.")
    with np.errstate(invalid="ignore"):  # NaN and infinity become numbers that are not equal to them
        numbers = array.astype(np.int64) if array.dtype.kind in "iufb" else None
    if numbers is None or (numbers != array).any() or numbers.min() < 0:
        raise LabelError(f"{name} holds something that is no class number; expected 0, 1, 2, ...")
    return numbers
