"""The binary cross-entropy, of a probability and of a logit, and its derivatives with respect to the prediction.

No mean over the examples and no 1/m: that is the cost. The formulas are in `_losses_kernels`, the checks of the
labels in `_labels`; every function takes ``check=False`` to leave the latter out, when the labels are known to be
good.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from numeric._arguments import check_flag
from numeric.functions import _labels
from numeric.functions import _losses_kernels as kernels
from numeric.functions._elementwise import Array, apply, as_pair

__all__ = ["bce", "bce_derivative", "bce_logit", "bce_logit_derivative"]


def bce(a: ArrayLike, y: ArrayLike, out: Array | None = None, *, check: bool = True) -> Any:
    """Compute the binary cross-entropy -y log(a) - (1 - y) log(1 - a) of probabilities.

    At most 2 ulp from the truth for all a and y. Infinite where a certain prediction is wrong: y = 1, a = 0.
    Prefer `bce_logit` where the logit is known: near a = 1 the float a has lost what the logit still holds.

    Parameters
    ----------
    a : array_like of float32 or float64
        Predicted probabilities in [0, 1], any shape.
    y : array_like
        Labels in [0, 1], of the same shape.
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
    >>> float(bce(1.0, 1.0)), float(bce(0.0, 1.0))
    (0.0, inf)
    """
    pair = as_pair(a, y, ("a", "y"))
    if check_flag(check, "check"):
        _labels.check_bce(*pair)
    return apply(kernels.bce, *pair, out=out)


def bce_derivative(a: ArrayLike, y: ArrayLike, out: Array | None = None, *, check: bool = True) -> Any:
    """Compute the derivative of `bce` with respect to a: (a - y)/(a (1 - a)).

    At most 2 ulp from the truth for all a and y; -1/a for y = 1, and 1/(1 - a) for y = 0.

    Parameters
    ----------
    a : array_like of float32 or float64
        Predicted probabilities in [0, 1], any shape.
    y : array_like
        Labels in [0, 1], of the same shape.
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
    LabelError
        When a label lies outside its range; the message names the entry.

    Examples
    --------
    >>> float(bce_derivative(0.25, 1.0)), float(bce_derivative(0.0, 0.0))
    (-4.0, 1.0)
    """
    pair = as_pair(a, y, ("a", "y"))
    if check_flag(check, "check"):
        _labels.check_bce(*pair)
    return apply(kernels.bce_derivative, *pair, out=out)


def bce_logit(z: ArrayLike, y: ArrayLike, out: Array | None = None, *, check: bool = True) -> Any:
    """Compute the binary cross-entropy of the logit z: log(1 + exp(z)) - y z.

    Equals `bce` at a = sigmoid(z). At most 2 ulp from the truth for every float64 z and every y.

    Parameters
    ----------
    z : array_like of float32 or float64
        Logits, any shape.
    y : array_like
        Labels in [0, 1], of the same shape.
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
    >>> float(bce_logit(1000.0, 1.0)), float(bce_logit(1000.0, 0.0))
    (0.0, 1000.0)
    """
    pair = as_pair(z, y, ("z", "y"))
    if check_flag(check, "check"):
        _labels.check_bce_logit(*pair)
    return apply(kernels.bce_logit, *pair, out=out)


def bce_logit_derivative(z: ArrayLike, y: ArrayLike, out: Array | None = None, *, check: bool = True) -> Any:
    """Compute the derivative of `bce_logit` with respect to z: sigmoid(z) - y.

    At most 2 ulp from the truth for y = 0 and y = 1: ``bce_logit_derivative(40, 1)`` is not 0.
    For labels in between the same, as long as the slope is more than 1e-14 of the label; below, the error is at most
    1e-30 of the label.

    Parameters
    ----------
    z : array_like of float32 or float64
        Logits, any shape.
    y : array_like
        Labels in [0, 1], of the same shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of the prediction, and may be the prediction itself.
    check : bool
        Whether to look at the range of the labels; False for labels that were looked at before.

    Returns
    -------
    ndarray or scalar
        Slopes in [-1, 1].

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
    >>> float(bce_logit_derivative(0.0, 1.0))
    -0.5
    >>> float(bce_logit_derivative(40.0, 1.0))
    -4.248354255291589e-18
    """
    pair = as_pair(z, y, ("z", "y"))
    if check_flag(check, "check"):
        _labels.check_bce_logit(*pair)
    return apply(kernels.bce_logit_derivative, *pair, out=out)
