"""Squared error, hinge and Huber loss of one example, and their derivatives with respect to the prediction.

No mean over the examples and no 1/m: that is the cost. The formulas are in `_losses_kernels`, the checks of the
labels in `_labels`; every function takes ``check=False`` to leave the latter out, when the labels are known to be
good.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from numeric._arguments import check_flag, finite_number
from numeric.functions import _labels
from numeric.functions import _losses_kernels as kernels
from numeric.functions._elementwise import Array, apply, as_pair

__all__ = [
    "hinge",
    "hinge_derivative",
    "huber",
    "huber_derivative",
    "squared_error",
    "squared_error_derivative",
]


def squared_error(a: ArrayLike, y: ArrayLike, out: Array | None = None, *, check: bool = True) -> Any:
    """Compute (a - y)^2/2 for each entry.

    At most 2 ulp from the truth for all finite floats. The half makes the derivative a - y.

    Parameters
    ----------
    a : array_like of float32 or float64
        Predictions, any shape.
    y : array_like
        Labels, of the same shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of the prediction, and may be the prediction itself.
    check : bool
        Whether to look at the range of the labels; False for labels that were looked at before.

    Returns
    -------
    ndarray or scalar
        Losses of at least 0.

    Raises
    ------
    ShapeError
        When the two shapes differ and neither is a single number.
    DtypeError
        When one is not of float32, float64, whole numbers or booleans.

    Examples
    --------
    >>> float(squared_error(3.0, 1.0))
    2.0
    """
    pair = as_pair(a, y, ("a", "y"))
    if check_flag(check, "check"):
        _labels.check_nothing(*pair)
    return apply(kernels.squared_error, *pair, out=out)


def squared_error_derivative(
    a: ArrayLike, y: ArrayLike, out: Array | None = None, *, check: bool = True
) -> Any:
    """Compute the derivative of `squared_error` with respect to a: a - y.

    Parameters
    ----------
    a : array_like of float32 or float64
        Predictions, any shape.
    y : array_like
        Labels, of the same shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of the prediction, and may be the prediction itself.
    check : bool
        Whether to look at the range of the labels; False for labels that were looked at before.

    Returns
    -------
    ndarray or scalar
        Slopes.

    Raises
    ------
    ShapeError
        When the two shapes differ and neither is a single number.
    DtypeError
        When one is not of float32, float64, whole numbers or booleans.

    Examples
    --------
    >>> float(squared_error_derivative(3.0, 1.0))
    2.0
    """
    pair = as_pair(a, y, ("a", "y"))
    if check_flag(check, "check"):
        _labels.check_nothing(*pair)
    return apply(kernels.difference, *pair, out=out)


def hinge(z: ArrayLike, y: ArrayLike, out: Array | None = None, *, check: bool = True) -> Any:
    """Compute max(0, 1 - y z), the loss of support vector machines.

    At most 1 ulp from the truth for all finite floats.

    Parameters
    ----------
    z : array_like of float32 or float64
        Scores, any shape.
    y : array_like
        Labels, -1 or +1, of the same shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of the prediction, and may be the prediction itself.
    check : bool
        Whether to look at the range of the labels; False for labels that were looked at before.

    Returns
    -------
    ndarray or scalar
        Losses of at least 0.

    Raises
    ------
    ShapeError
        When the two shapes differ and neither is a single number.
    DtypeError
        When one is not of float32, float64, whole numbers or booleans.
    LabelError
        When a label lies outside its range; the message names the entry.

    Examples
    --------
    >>> float(hinge(0.25, 1)), float(hinge(2.0, 1))
    (0.75, 0.0)
    """
    pair = as_pair(z, y, ("z", "y"))
    if check_flag(check, "check"):
        _labels.check_hinge(*pair)
    return apply(kernels.hinge, *pair, out=out)


def hinge_derivative(z: ArrayLike, y: ArrayLike, out: Array | None = None, *, check: bool = True) -> Any:
    """Compute the derivative of `hinge` with respect to z: -y where y z < 1, else 0.

    At the kink y z = 1 this is 0, as for ReLU; no derivative exists there.

    Parameters
    ----------
    z : array_like of float32 or float64
        Scores, any shape.
    y : array_like
        Labels, -1 or +1, of the same shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of the prediction, and may be the prediction itself.
    check : bool
        Whether to look at the range of the labels; False for labels that were looked at before.

    Returns
    -------
    ndarray or scalar
        Slopes -1, 0 or +1.

    Raises
    ------
    ShapeError
        When the two shapes differ and neither is a single number.
    DtypeError
        When one is not of float32, float64, whole numbers or booleans.
    LabelError
        When a label lies outside its range; the message names the entry.

    Examples
    --------
    >>> float(hinge_derivative(0.25, 1)), float(hinge_derivative(1.0, 1))
    (-1.0, 0.0)
    """
    pair = as_pair(z, y, ("z", "y"))
    if check_flag(check, "check"):
        _labels.check_hinge(*pair)
    return apply(kernels.hinge_derivative, *pair, out=out)


def huber(
    a: ArrayLike, y: ArrayLike, delta: float = 1.0, out: Array | None = None, *, check: bool = True
) -> Any:
    """Compute the Huber loss: r^2/2 for |r| <= delta, delta (|r| - delta/2) beyond, with r = a - y.

    At most 2 ulp from the truth for all finite floats.

    Parameters
    ----------
    a : array_like of float32 or float64
        Predictions, any shape.
    y : array_like
        Labels, of the same shape.
    delta : float
        Where the parabola goes over into the line; 1, the textbook default.
    out : ndarray, optional
        Where to write the result: shape and dtype of the prediction, and may be the prediction itself.
    check : bool
        Whether to look at the range of the labels; False for labels that were looked at before.

    Returns
    -------
    ndarray or scalar
        Losses of at least 0.

    Raises
    ------
    ShapeError
        When the two shapes differ and neither is a single number.
    DtypeError
        When one is not of float32, float64, whole numbers or booleans.
    NumericError
        When ``delta`` is not a positive finite number.

    Examples
    --------
    >>> float(huber(0.5, 0.0)), float(huber(3.0, 0.0))
    (0.125, 2.5)
    """
    pair = as_pair(a, y, ("a", "y"))
    if check_flag(check, "check"):
        _labels.check_nothing(*pair)
    bend = finite_number(delta, "delta", above=0.0)
    return apply(lambda a, y: kernels.huber(a, y, bend), *pair, out=out)


def huber_derivative(
    a: ArrayLike, y: ArrayLike, delta: float = 1.0, out: Array | None = None, *, check: bool = True
) -> Any:
    """Compute the derivative of `huber` with respect to a: a - y, cut off at delta on both sides.

    Parameters
    ----------
    a : array_like of float32 or float64
        Predictions, any shape.
    y : array_like
        Labels, of the same shape.
    delta : float
        Where the parabola goes over into the line; 1, the textbook default.
    out : ndarray, optional
        Where to write the result: shape and dtype of the prediction, and may be the prediction itself.
    check : bool
        Whether to look at the range of the labels; False for labels that were looked at before.

    Returns
    -------
    ndarray or scalar
        Slopes in [-delta, delta].

    Raises
    ------
    ShapeError
        When the two shapes differ and neither is a single number.
    DtypeError
        When one is not of float32, float64, whole numbers or booleans.
    NumericError
        When ``delta`` is not a positive finite number.

    Examples
    --------
    >>> float(huber_derivative(0.5, 0.0)), float(huber_derivative(-3.0, 0.0))
    (0.5, -1.0)
    """
    pair = as_pair(a, y, ("a", "y"))
    if check_flag(check, "check"):
        _labels.check_nothing(*pair)
    bend = finite_number(delta, "delta", above=0.0)
    return apply(lambda a, y: kernels.huber_derivative(a, y, bend), *pair, out=out)
