"""The categorical cross-entropy after softmax, in terms of the logits; and the L2 penalty.

Columns are examples: Z and Y are ``(n_y, m)``. With A = softmax(Z)::

    L_j     = -sum_k Y_kj log(A_kj)                    (m,)
    dL/dZ   = A sum_k Y_kj - Y                         (n_y, m), A - Y for one-hot Y
    penalty = (lam/2) sum W^2                          dpenalty/dW = lam W
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from numeric._arguments import check_flag, finite_number
from numeric.functions._compensated import Floats, add, multiply, sum_rows
from numeric.functions._elementwise import Array, apply, as_floats, as_pair
from numeric.functions._labels import check_softmax_cross_entropy
from numeric.functions._softmax_kernels import column_blocks, shift

__all__ = ["l2", "l2_derivative", "softmax_cross_entropy", "softmax_cross_entropy_derivative"]


def softmax_cross_entropy(Z: ArrayLike, Y: ArrayLike, *, check: bool = True) -> Any:
    """Compute the cross-entropy of softmax(Z) and the labels Y, one loss for each column.

    At most 4 ulp from the truth for all finite logits: the losses of well-fitted examples keep their digits.

    Parameters
    ----------
    Z : (n_y, m) or (n_y,) array_like of float32 or float64
        Logits; columns are examples.
    Y : array_like
        Labels of the same shape, in [0, 1]; one-hot columns, or probabilities.
    check : bool
        Whether to look at the range of the labels; False for labels that were looked at before.

    Returns
    -------
    (m,) ndarray or scalar
        Losses of at least 0, in the dtype of ``Z``.

    Raises
    ------
    ShapeError
        When the two shapes differ.
    DtypeError
        When one is not of float32, float64, whole numbers or booleans.
    LabelError
        When a label lies outside [0, 1]; the message names the entry.

    Notes
    -----
    ``L = sum_k Y_k (log(1 + rest) - (Z_k - M))``: all terms have one sign (see `softmax`).

    Examples
    --------
    >>> import numpy as np
    >>> Z = np.array([[0.0, 1000.0, 40.0], [0.0, 0.0, 0.0]])
    >>> softmax_cross_entropy(Z, [[1, 0, 1], [0, 1, 0]])
    array([6.93147181e-01, 1.00000000e+03, 4.24835426e-18])
    """
    logits, labels, shape = _pair(Z, Y, check)
    losses = np.empty(logits.shape[1], logits.dtype)
    with np.errstate(all="ignore"):
        for block in column_blocks(logits):
            s = shift(logits[:, block].astype(np.float64, copy=False))
            y = labels[:, block].astype(np.float64, copy=False)
            # 0 times infinity is 0 here: a label of 0 silences its term.
            terms = np.where(y == 0.0, 0.0, y * (np.log1p(s.rest) - s.d_low - s.d))
            losses[block] = sum_rows(terms)[0]
    return losses.reshape(shape[1:])[()]


def softmax_cross_entropy_derivative(Z: ArrayLike, Y: ArrayLike, *, check: bool = True) -> Any:
    """Compute the derivative of `softmax_cross_entropy` with respect to Z: softmax(Z) sum(Y) - Y.

    At most 4 ulp from the truth for one-hot labels, also where softmax(Z) rounds to 1.
    For soft labels the same, as long as the slope is more than 1e-14 of the label; below, the error is at most
    1e-30 of the label.

    Parameters
    ----------
    Z : (n_y, m) or (n_y,) array_like of float32 or float64
        Logits; columns are examples.
    Y : array_like
        Labels of the same shape, in [0, 1]; one-hot columns, or probabilities.
    check : bool
        Whether to look at the range of the labels; False for labels that were looked at before.

    Returns
    -------
    ndarray
        dZ, in the shape of ``Z``: the gradient of the per-example losses, with no 1/m.

    Raises
    ------
    ShapeError
        When the two shapes differ.
    DtypeError
        When one is not of float32, float64, whole numbers or booleans.
    LabelError
        When a label lies outside [0, 1]; the message names the entry.

    Notes
    -----
    ``A_k sum(Y) - Y_k = A_k (sum over i != k of Y_i) - Y_k (1 - A_k)``, with 1 - A from the other entries, where
    a column has one label; a difference to twice the digits where it has several.

    Examples
    --------
    >>> import numpy as np
    >>> softmax_cross_entropy_derivative(np.array([0.0, 0.0]), [1, 0])
    array([-0.5,  0.5])
    >>> softmax_cross_entropy_derivative(np.array([40.0, 0.0]), [1, 0])
    array([-4.24835426e-18,  4.24835426e-18])
    """
    logits, labels, shape = _pair(Z, Y, check)
    slopes = np.empty(logits.shape, logits.dtype)
    with np.errstate(all="ignore"):
        for block in column_blocks(logits):
            s = shift(logits[:, block].astype(np.float64, copy=False))
            y = labels[:, block].astype(np.float64, copy=False)
            slope = s.softmax() * (sum_rows(y)[0] - y) - y * s.complement()
            soft = ((y != 0.0).sum(axis=0) > 1) & np.isfinite(s.largest)
            if soft.any():
                slope[:, soft] = _soft_slope(logits[:, block][:, soft].astype(np.float64), y[:, soft])
            slopes[:, block] = slope
    return slopes.reshape(shape)


def _soft_slope(Z: Floats, y: Floats) -> Floats:
    """(e_k sum(Y) - Y_k S)/S, with the numerator as two doubles: it vanishes where the prediction is right."""
    s = shift(Z, twice=True)
    S = s.denominator()
    numerator = add(multiply((s.e, s.e_low), sum_rows(y)), multiply((-y, 0.0), S))
    slope: Floats = numerator[0] / S[0]
    return slope


def l2(W: ArrayLike, lam: float = 1.0) -> Any:
    """Compute the penalty (lam/2) sum of W^2 of one weight matrix.

    At most 2 ulp from the truth, for any number of entries; no square overflows or vanishes on the way.

    Parameters
    ----------
    W : array_like of float32 or float64
        Weights, any shape.
    lam : float
        The strength of the penalty, at least 0. The cost adds this divided by m.

    Returns
    -------
    scalar
        In the dtype of ``W``.

    Raises
    ------
    NumericError
        When ``lam`` is negative or not finite.

    Examples
    --------
    >>> float(l2([3.0, 4.0], lam=0.1)), float(l2([1e200], lam=1e-300)) > 4e99
    (1.25, True)
    """
    weights, strength = as_floats(W, "W"), finite_number(lam, "lam", least=0.0)
    flat = weights.astype(np.float64, copy=False).reshape(-1)
    with np.errstate(all="ignore"):
        # Squares of W / 2^k lie in [0, 1]; both powers of two come back at the end, without rounding.
        k = int(np.frexp(np.abs(flat).max(initial=0.0))[1])
        unit = np.ldexp(flat, -k)
        total = np.float64(sum_rows(unit * unit)[0])
        mantissa, exponent = np.frexp(strength)
        penalty = np.ldexp(mantissa * total, int(exponent) + 2 * k - 1)
        return weights.dtype.type(penalty)


def l2_derivative(W: ArrayLike, lam: float = 1.0, out: Array | None = None) -> Any:
    """Compute the derivative of `l2` with respect to W: lam W.

    Parameters
    ----------
    W : array_like of float32 or float64
        Weights, any shape.
    lam : float
        The strength of the penalty, at least 0.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``W``, and may be ``W`` itself.

    Returns
    -------
    ndarray or scalar
        In the shape and dtype of ``W``.

    Raises
    ------
    NumericError
        When ``lam`` is negative or not finite.

    Examples
    --------
    >>> l2_derivative([3.0, 4.0], lam=0.5)
    array([1.5, 2. ])
    """
    strength = finite_number(lam, "lam", least=0.0)
    return apply(lambda w: strength * w, as_floats(W, "W"), out=out)


def _pair(Z: ArrayLike, Y: ArrayLike, check: bool) -> tuple[Array, Array, tuple[int, ...]]:
    """Z and Y as matrices ``(n_y, m)``, and the shape that Z had."""
    logits, labels = as_pair(Z, Y, ("Z", "Y"))
    if check_flag(check, "check") or logits.ndim == 0 or logits.shape[0] == 0:
        check_softmax_cross_entropy(logits, labels)
    matrix = (logits.shape[0], int(np.prod(logits.shape[1:], dtype=np.int64)))
    return logits.reshape(matrix), labels.reshape(matrix), logits.shape
