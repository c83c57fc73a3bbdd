"""The logistic family: sigmoid, tanh, softplus, log-sigmoid, and their derivatives.

All are written in e = exp(-|z|), which cannot overflow, with a case for each sign::

    sigmoid(z)     = 1/(1 + e)  for z >= 0,   e/(1 + e)  for z < 0
    sigmoid'(z)    = e/(1 + e)^2
    tanh'(z)       = 4 q/(1 + q)^2            with q = exp(-2|z|)
    softplus(z)    = max(z, 0) + log(1 + e)   softplus'(z)    = sigmoid(z)
    log_sigmoid(z) = min(z, 0) - log(1 + e)   log_sigmoid'(z) = sigmoid(-z)

The textbook forms A (1 - A) and 1 - A^2 are the same numbers with fewer digits: where A rounds to 1 they are 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from numeric.functions import _single
from numeric.functions._compensated import Floats, decay, over_one_plus, over_one_plus_squared
from numeric.functions._elementwise import Array, apply, as_floats

__all__ = [
    "log_sigmoid",
    "log_sigmoid_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "sigmoid_kernel",
    "softplus",
    "softplus_derivative",
    "softplus_kernel",
    "tanh",
    "tanh_derivative",
]


def sigmoid_kernel(z: Floats) -> Floats:
    """1/(1 + e) where z >= 0, e/(1 + e) elsewhere."""
    e = np.exp(-np.abs(z))
    # e <= 1, so the maximum with 1.0 or 0.0 picks the numerator without a branch, and keeps NaN.
    return over_one_plus(np.maximum(e, z >= 0), e)


def _sigmoid_derivative(z: Floats) -> Floats:
    e = np.exp(-np.abs(z))
    return over_one_plus_squared(e, e)


def _tanh_derivative(z: Floats) -> Floats:
    # Beyond 400 the value is below the smallest subnormal.
    q, scale = decay(2.0 * np.minimum(np.abs(z), 400.0))
    slope: Floats = over_one_plus_squared(4.0 * q, q) * scale
    return slope


def softplus_kernel(z: Floats) -> Floats:
    """max(z, 0) + log(1 + e): two terms of one sign."""
    total: Floats = np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))
    return total


def _log_sigmoid(z: Floats) -> Floats:
    return -softplus_kernel(-z)


def _log_sigmoid_derivative(z: Floats) -> Floats:
    return sigmoid_kernel(-z)


def sigmoid(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute the logistic function 1/(1 + exp(-z)).

    At most 2 ulp from the truth for every float64, subnormal results included.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values in [0, 1], in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(sigmoid(0.0))
    0.5
    >>> 0 < float(sigmoid(-720.0)) < 1e-312
    True
    """
    return apply(sigmoid_kernel, as_floats(z, "z"), out=out, single=_single.sigmoid)


def sigmoid_derivative(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute sigmoid'(z) = sigmoid(z) (1 - sigmoid(z)).

    At most 2 ulp from the truth for every float64; the product as written is 0 from z = 37 on.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values in [0, 1/4], in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(sigmoid_derivative(0.0))
    0.25
    >>> float(sigmoid(40.0) * (1 - sigmoid(40.0))), float(sigmoid_derivative(40.0))
    (0.0, 4.248354255291589e-18)
    """
    return apply(_sigmoid_derivative, as_floats(z, "z"), out=out, single=_single.sigmoid_derivative)


def tanh(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute the hyperbolic tangent.

    At most 2 ulp from the truth for every float64.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values in [-1, 1], in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(tanh(0.0)), float(tanh(-100.0))
    (0.0, -1.0)
    """
    return apply(np.tanh, as_floats(z, "z"), out=out)


def tanh_derivative(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute tanh'(z) = 1 - tanh(z)^2.

    At most 2 ulp from the truth for every float64; the difference as written is 0 from z = 19 on.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values in [0, 1], in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(tanh_derivative(0.0))
    1.0
    >>> float(1 - tanh(20.0) ** 2), float(tanh_derivative(20.0))
    (0.0, 1.6993417021166355e-17)
    """
    return apply(_tanh_derivative, as_floats(z, "z"), out=out, single=_single.tanh_derivative)


def softplus(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute log(1 + exp(z)), the smooth ReLU.

    At most 2 ulp from the truth for every float64, without overflow.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values of at least 0, in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(softplus(1000.0))
    1000.0
    >>> float(softplus(-40.0)) == float(np.exp(-40.0))
    True
    """
    return apply(softplus_kernel, as_floats(z, "z"), out=out)


def softplus_derivative(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute softplus'(z) = sigmoid(z).

    At most 2 ulp from the truth for every float64.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values in [0, 1], in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(softplus_derivative(0.0))
    0.5
    """
    return apply(sigmoid_kernel, as_floats(z, "z"), out=out, single=_single.sigmoid)


def log_sigmoid(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute log(sigmoid(z)) = -softplus(-z).

    At most 2 ulp from the truth for every float64; the logarithm of the rounded sigmoid loses half the digits.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values of at most 0, in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(log_sigmoid(-1000.0))
    -1000.0
    >>> float(log_sigmoid(40.0)), float(np.log(sigmoid(40.0)))
    (-4.248354255291589e-18, 0.0)
    """
    return apply(_log_sigmoid, as_floats(z, "z"), out=out)


def log_sigmoid_derivative(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute log_sigmoid'(z) = 1 - sigmoid(z) = sigmoid(-z).

    At most 2 ulp from the truth for every float64.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values in [0, 1], in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(log_sigmoid_derivative(0.0))
    0.5
    """
    return apply(_log_sigmoid_derivative, as_floats(z, "z"), out=out)
