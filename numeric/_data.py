"""Real data from inside scikit-learn's package: no network is used, and columns are examples.

This is the one file of numeric that knows scikit-learn, and only when a loader is called.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric._checks import one_hot
from numeric._errors import NumericError
from numeric._layer import Array

__all__ = ["load_breast_cancer", "load_diabetes", "load_digits", "load_iris"]


def load_digits() -> tuple[Array, Array]:
    """Load 1797 handwritten digits of 8 x 8 pixels.

    Returns
    -------
    X : (64, 1797) ndarray of float64
        Grey values in [0, 1], row by row of the picture.
    Y : (10, 1797) ndarray of float64
        One-hot labels.

    Raises
    ------
    NumericError
        When scikit-learn is not installed.

    Examples
    --------
    >>> X, Y = load_digits()
    >>> X.shape, Y.shape, float(X.min()), float(X.max())
    ((64, 1797), (10, 1797), 0.0, 1.0)
    """
    data = _load("digits")
    return _columns(data.data) / 16.0, one_hot(data.target, 10)


def load_breast_cancer() -> tuple[Array, Array]:
    """Load 569 tumours, described by 30 measurements.

    Returns
    -------
    X : (30, 569) ndarray of float64
        Measurements, each with mean 0 and standard deviation 1.
    Y : (1, 569) ndarray of float64
        1 for benign, 0 for malignant.

    Raises
    ------
    NumericError
        When scikit-learn is not installed.

    Examples
    --------
    >>> X, Y = load_breast_cancer()
    >>> X.shape, Y.shape, int(Y.sum())
    ((30, 569), (1, 569), 357)
    """
    data = _load("breast_cancer")
    return _standardised(_columns(data.data)), data.target[None, :].astype(np.float64)


def load_iris() -> tuple[Array, Array]:
    """Load 150 irises of three species, described by four lengths.

    Returns
    -------
    X : (4, 150) ndarray of float64
        Lengths and widths of sepals and petals, each with mean 0 and standard deviation 1.
    Y : (3, 150) ndarray of float64
        One-hot species; the examples are sorted by species, so shuffle them before you split.

    Raises
    ------
    NumericError
        When scikit-learn is not installed.

    Examples
    --------
    >>> X, Y = load_iris()
    >>> X.shape, Y.sum(axis=1)
    ((4, 150), array([50., 50., 50.]))
    """
    data = _load("iris")
    return _standardised(_columns(data.data)), one_hot(data.target, 3)


def load_diabetes() -> tuple[Array, Array]:
    """Load 442 patients, with ten measurements and the progress of the disease a year later.

    Returns
    -------
    X : (10, 442) ndarray of float64
        Measurements, each with mean 0 and standard deviation 1.
    Y : (1, 442) ndarray of float64
        Progress, with mean 0 and standard deviation 1.

    Raises
    ------
    NumericError
        When scikit-learn is not installed.

    Examples
    --------
    >>> X, Y = load_diabetes()
    >>> X.shape, Y.shape
    ((10, 442), (1, 442))
    """
    data = _load("diabetes")
    return _standardised(_columns(data.data)), _standardised(_columns(data.target[:, None]))


def _load(name: str) -> Any:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise NumericError(
            f"load_{name} reads data from inside scikit-learn, which is not installed. "
            'Try: pip install "backproof[data]"'
        ) from error
    return getattr(datasets, f"load_{name}")()


def _columns(rows: Array) -> Array:
    """Return (n, m) from scikit-learn's (m, n)."""
    return np.ascontiguousarray(rows.T, dtype=np.float64)


def _standardised(X: Array) -> Array:
    scaled: Array = (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)
    return scaled
