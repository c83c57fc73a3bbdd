"""The activations made of two pieces: identity, ReLU, leaky ReLU, ELU, and their derivatives.

    identity(z)   = z                        1
    relu(z)       = max(z, 0)                1 for z > 0, else 0
    leaky_relu(z) = z or slope z             1 for z > 0, else slope
    elu(z)        = z or alpha (e^z - 1)     1 for z > 0, else alpha e^z

At the kink z = 0 the derivative is the slope on the left, for all of them: 0 for ReLU.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from numeric._arguments import finite_number
from numeric.functions._compensated import Floats
from numeric.functions._elementwise import Array, apply, as_floats

__all__ = [
    "elu",
    "elu_derivative",
    "identity",
    "identity_derivative",
    "leaky_relu",
    "leaky_relu_derivative",
    "relu",
    "relu_derivative",
]


def _with_nan(z: Floats, values: Floats) -> Floats:
    """Values, but NaN where z is: comparisons alone would call NaN negative."""
    return np.where(np.isnan(z), z, values)


def identity(z: ArrayLike, out: Array | None = None) -> Any:
    """Return a copy of z: the activation of linear regression.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        z, in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(identity(3.0))
    3.0
    """
    return apply(lambda z: z, as_floats(z, "z"), out=out)


def identity_derivative(z: ArrayLike, out: Array | None = None) -> Any:
    """Return 1 for every entry of z.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Ones, in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(identity_derivative(3.0))
    1.0
    """
    return apply(lambda z: _with_nan(z, np.ones_like(z)), as_floats(z, "z"), out=out)


def relu(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute max(z, 0).

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
    >>> float(relu(-3.0)), float(relu(3.0))
    (0.0, 3.0)
    """
    return apply(lambda z: np.maximum(z, 0.0), as_floats(z, "z"), out=out)


def relu_derivative(z: ArrayLike, out: Array | None = None) -> Any:
    """Return 1 where z > 0 and 0 elsewhere.

    At the kink z = 0 this is 0, the slope on the left; no derivative exists there.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Zeros and ones, in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(relu_derivative(5e-324)), float(relu_derivative(0.0))
    (1.0, 0.0)
    """
    return apply(lambda z: _with_nan(z, (z > 0).astype(np.float64)), as_floats(z, "z"), out=out)


def leaky_relu(z: ArrayLike, slope: float = 0.01, out: Array | None = None) -> Any:
    """Return z where z > 0 and slope z elsewhere.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    slope : float
        The slope on the left of 0; 0.01, as in the paper that introduced it.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        In the shape and dtype of ``z``.

    Raises
    ------
    NumericError
        When ``slope`` is not a finite number.

    Examples
    --------
    >>> float(leaky_relu(-2.0)), float(leaky_relu(2.0))
    (-0.02, 2.0)
    """
    left = finite_number(slope, "slope")

    def kernel(z: Floats) -> Floats:
        below = (
            z if left else np.maximum(z, -1)
        )  # 0 * -inf would be NaN, and the line of slope 0 is 0 all the way
        return np.where(z > 0, z, left * below)

    return apply(kernel, as_floats(z, "z"), out=out)


def leaky_relu_derivative(z: ArrayLike, slope: float = 0.01, out: Array | None = None) -> Any:
    """Return 1 where z > 0 and the slope elsewhere, also at the kink z = 0.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    slope : float
        The slope on the left of 0; 0.01, as in the paper that introduced it.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        In the shape and dtype of ``z``.

    Raises
    ------
    NumericError
        When ``slope`` is not a finite number.

    Examples
    --------
    >>> float(leaky_relu_derivative(0.0)), float(leaky_relu_derivative(2.0))
    (0.01, 1.0)
    """
    left = finite_number(slope, "slope")
    return apply(lambda z: _with_nan(z, np.where(z > 0, 1.0, left)), as_floats(z, "z"), out=out)


def elu(z: ArrayLike, alpha: float = 1.0, out: Array | None = None) -> Any:
    """Return z where z > 0 and alpha (exp(z) - 1) elsewhere.

    At most 2 ulp from the truth for every float64.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    alpha : float
        Minus the limit on the left; 1, with which there is no kink at 0.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        In the shape and dtype of ``z``.

    Raises
    ------
    NumericError
        When ``alpha`` is not a finite number.

    Examples
    --------
    >>> float(elu(-1000.0)), float(elu(2.0))
    (-1.0, 2.0)
    """
    scale = finite_number(alpha, "alpha")
    return apply(
        lambda z: np.where(z > 0, z, scale * np.expm1(np.minimum(z, 0.0))), as_floats(z, "z"), out=out
    )


def elu_derivative(z: ArrayLike, alpha: float = 1.0, out: Array | None = None) -> Any:
    """Return 1 where z > 0 and alpha exp(z) elsewhere, also at z = 0.

    At most 2 ulp from the truth for every float64.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    alpha : float
        Minus the limit on the left; 1, with which there is no kink at 0.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        In the shape and dtype of ``z``.

    Raises
    ------
    NumericError
        When ``alpha`` is not a finite number.

    Examples
    --------
    >>> float(elu_derivative(0.0)), float(elu_derivative(-1.0)) == float(np.exp(-1.0))
    (1.0, True)
    """
    scale = finite_number(alpha, "alpha")
    return apply(
        lambda z: np.where(z > 0, 1.0, scale * np.exp(np.minimum(z, 0.0))), as_floats(z, "z"), out=out
    )
