"""Softmax over axis 0, its Jacobian, log-softmax and log-sum-exp. Columns are examples: z is ``(n, m)``.

    A_k = exp(z_k) / sum_i exp(z_i)
    dA_k/dz_i = A_k (delta_ki - A_i)

The formulas that keep every digit are in `_softmax_kernels`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from numeric._arguments import check_out
from numeric._errors import ShapeError
from numeric.functions._compensated import Floats
from numeric.functions._elementwise import Array, as_floats
from numeric.functions._softmax_kernels import Shifted, column_blocks, shift

__all__ = ["log_softmax", "logsumexp", "softmax", "softmax_derivative", "softmax_jacobian"]


def softmax(z: ArrayLike, out: Array | None = None) -> Any:
    """Turn logits into probabilities along axis 0.

    At most 4 ulp from the truth in every entry, also the tiny ones.

    Parameters
    ----------
    z : (n,) or (n, ...) array_like of float32 or float64
        Logits; the axes after the first are examples. Minus infinity gives probability 0; entries of
        plus infinity share the column equally, which is the limit when they grow together.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray
        Probabilities that sum to 1 along axis 0, in the shape and dtype of ``z``.

    Raises
    ------
    ShapeError
        When ``z`` has no axis, or its first one is empty.

    Examples
    --------
    >>> import numpy as np
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    >>> softmax(np.array([[0.0, 1000.0], [0.0, 0.0]]))
    array([[0.5, 1. ],
           [0.5, 0. ]])
    """
    return _by_columns(lambda s: s.softmax(), z, out)


def log_softmax(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute log(softmax(z)) along axis 0, where the softmax itself would be 0 or round to 1.

    At most 4 ulp from the truth in every entry.

    Parameters
    ----------
    z : (n,) or (n, ...) array_like of float32 or float64
        Logits; the axes after the first are examples.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray
        Values of at most 0, in the shape and dtype of ``z``.

    Raises
    ------
    ShapeError
        When ``z`` has no axis, or its first one is empty.

    Examples
    --------
    >>> import numpy as np
    >>> log_softmax(np.array([0.0, -1000.0, -1000.0]))
    array([    0., -1000., -1000.])
    """
    return _by_columns(lambda s: s.d - (np.log1p(s.rest) - s.d_low), z, out)


def logsumexp(z: ArrayLike) -> Any:
    """Compute log(sum_k exp(z_k)) along axis 0, without overflow.

    At most 2 ulp from the truth where the maximum is positive. Where it is negative the maximum and the
    logarithm cancel near a sum of 1: there the error is at most 2 ulp of the maximum.

    Parameters
    ----------
    z : (n,) or (n, ...) array_like of float32 or float64
        Logits; the axes after the first are examples.

    Returns
    -------
    scalar or ndarray
        The shape of ``z`` without its first axis, in the dtype of ``z``.

    Raises
    ------
    ShapeError
        When ``z`` has no axis, or its first one is empty.

    Examples
    --------
    >>> import numpy as np
    >>> float(logsumexp(np.array([1000.0, 1000.0]))) == 1000.0 + float(np.log(2.0))
    True
    """
    array, columns = _columns(z)
    result = np.empty(columns.shape[1], array.dtype.type)
    with np.errstate(all="ignore"):
        for block in column_blocks(columns):
            s = shift(columns[:, block].astype(np.float64, copy=False))
            result[block] = s.largest + np.log1p(s.rest)
    return result.reshape(array.shape[1:])[()]


def softmax_jacobian(z: ArrayLike) -> Any:
    """Compute the Jacobian of softmax, diag(A) - A A^T, for one column of logits or for many.

    Parameters
    ----------
    z : (n,) or (n, m) array_like of float32 or float64
        Logits; columns are examples.

    Returns
    -------
    (n, n) or (n, n, m) ndarray
        ``J[k, i]`` (or ``J[k, i, j]``) is dA_k/dz_i (of example j): ``A_k (1 - A_k)`` on the diagonal,
        ``-A_k A_i`` off it. Rows and columns sum to 0. In the dtype of ``z``.

    Raises
    ------
    ShapeError
        When ``z`` does not have one or two axes, or its first one is empty.

    Notes
    -----
    At most 4 ulp from the truth in every entry: the diagonal never computes 1 - A where A is near 1.
    A backward pass needs only the product of this with dA, ``A * (dA - sum_i A_i dA_i)``, in n m steps.

    Examples
    --------
    >>> import numpy as np
    >>> softmax_jacobian(np.array([0.0, 0.0]))
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    array, columns = _columns(z)
    if array.ndim > 2:
        raise ShapeError(f"z has shape {array.shape}; expected (n,) or (n, m). Try z.reshape(n, -1).")
    n, m = columns.shape
    J = np.empty((n, n, m), array.dtype.type)
    with np.errstate(all="ignore"):
        for block in column_blocks(columns):
            # A product doubles the error of A, and there are n of them for each A: twice the digits cost little.
            s = shift(columns[:, block].astype(np.float64, copy=False), twice=True)
            A = s.softmax()
            J[:, :, block] = -A[:, None] * A[None]
            J[np.arange(n), np.arange(n), block] = A * s.complement()
    return J.reshape(n, n, *array.shape[1:])


def softmax_derivative(z: ArrayLike) -> Any:
    """Compute the derivative of softmax, which is its Jacobian: see `softmax_jacobian`.

    Parameters
    ----------
    z : (n,) or (n, m) array_like of float32 or float64
        Logits; columns are examples.

    Returns
    -------
    (n, n) or (n, n, m) ndarray
        ``J[k, i]`` is dA_k/dz_i; see `softmax_jacobian`.

    Raises
    ------
    ShapeError
        When ``z`` does not have one or two axes, or its first one is empty.

    Examples
    --------
    >>> import numpy as np
    >>> softmax_derivative(np.array([0.0, 0.0]))[0, 1]
    np.float64(-0.25)
    """
    return softmax_jacobian(z)


def _columns(z: ArrayLike) -> tuple[Array, Array]:
    """z, and the same as a matrix ``(n, m)``."""
    array = as_floats(z, "z")
    if array.ndim == 0 or array.shape[0] == 0:
        raise ShapeError(f"z has shape {array.shape}; expected (n, ...) with n >= 1 logits along axis 0.")
    return array, array.reshape(array.shape[0], int(np.prod(array.shape[1:], dtype=np.int64)))


def _by_columns(formula: Callable[[Shifted], Floats], z: ArrayLike, out: Array | None) -> Array:
    array, columns = _columns(z)
    dtype = array.dtype.type
    if out is not None:
        check_out(out, array.shape, np.dtype(dtype))
    result = np.empty(columns.shape, dtype)
    with np.errstate(all="ignore"):
        for block in column_blocks(columns):
            result[:, block] = formula(shift(columns[:, block].astype(np.float64, copy=False)))
    if out is None:
        return result.reshape(array.shape)
    np.copyto(out, result.reshape(array.shape))
    return out
