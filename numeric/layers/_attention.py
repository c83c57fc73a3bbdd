"""Scaled dot-product attention, forward and backward, for any number of heads at once.

Rows are positions, as in the paper: Q is ``(..., T, d)``, K ``(..., S, d)``, V ``(..., S, e)``; the axes before are
examples and heads. Forward::

    S = Q K^T / sqrt(d)     P = softmax of S along its rows, over the places that the mask allows     A = P V

    dV = P^T dA             dP = dA V^T             dS = P * (dP - delta)       delta_i = sum_j dP_ij P_ij
    dQ = dS K / sqrt(d)     dK = dS^T Q / sqrt(d)

Nothing of the size of S is divided by the sums: with P = E / s (E the exponentials, s their sum along a row) the
division moves to arrays of the size of A::

    A = (E V) / s           dV = E^T (dA / s)       dS = E * ((dA / s) V^T - delta / s)       delta = sum_e dA * A

A row whose places are all masked attends to nothing: its A is 0, and so is its gradient.

Derived line by line, each line proved: ``backproof derive attention`` or ``causal_attention``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_flag, check_mask, check_positive_int, real_array, shown
from numeric._errors import NumericError, ShapeError
from numeric._layer import Array, Workspace
from numeric._repeat import with_repeated

__all__ = [
    "Attended",
    "attention_mask",
    "scaled_dot_product_attention",
    "scaled_dot_product_attention_backward",
]


@dataclass(frozen=True, eq=False)
class Attended:
    """What `scaled_dot_product_attention` returns, and what its backward pass needs.

    Attributes
    ----------
    A : (..., T, e) ndarray
        The output.
    E : (..., T, S) ndarray
        Exponentials of the scores, 0 where the mask forbids; the weights P are ``E * inverse_sum``.
    inverse_sum : (..., T, 1) ndarray
        1 over the sum of each row of E; 1 for a row whose places are all masked.
    Q, K, V : ndarray
        The inputs.
    """

    A: Array
    E: Array
    inverse_sum: Array
    Q: Array
    K: Array
    V: Array


def attention_mask(length: int, *, causal: bool = False, padding: Array | None = None) -> Array | None:
    """Say which places each position may look at.

    Parameters
    ----------
    length : int
        T, the number of positions.
    causal : bool
        Whether position i may look at positions 0 ... i only.
    padding : (T, m) ndarray of bool, optional
        True where example j has a token at position t, False where it was filled up.

    Returns
    -------
    (T, T) or (m, 1, T, T) or (m, 1, 1, T) ndarray of bool, or None
        True where looking is allowed, with an axis for the heads; None if everything is.

    Raises
    ------
    ShapeError
        When ``padding`` does not have T rows.
    DtypeError
        When it holds anything but True and False, or 1 and 0.

    Examples
    --------
    >>> attention_mask(3, causal=True).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])
    """
    T = check_positive_int(length, "length")
    before = np.tri(T, dtype=bool) if check_flag(causal, "causal") else None
    if padding is None:
        return before
    real = check_mask(padding, "padding")
    if real.ndim != 2 or real.shape[0] != length:
        raise ShapeError(
            f"padding has shape {real.shape}; expected ({length}, m), True where there is a token."
        )
    places = real.T[:, None, None, :]
    return places if before is None else places & before


def scaled_dot_product_attention(
    Q: Array, K: Array, V: Array, mask: Array | None = None, *, scratch: Workspace | None = None
) -> Attended:
    """Compute softmax(Q K^T / sqrt(d)) V.

    Parameters
    ----------
    Q : (..., T, d) ndarray
        Queries, one a row.
    K : (..., S, d) ndarray
        Keys.
    V : (..., S, e) ndarray
        Values.
    mask : ndarray of bool, or of the integers 0 and 1, optional
        True where position i may look at place j; broadcasts to (..., T, S). See `attention_mask`. Floats are refused:
        0 in a mask that is added to the scores would mean the opposite.
    scratch : Workspace, optional
        Memory to use again at the next call; without it, new arrays.

    Returns
    -------
    Attended
        The output ``A``, and what the backward pass needs.

    Raises
    ------
    ShapeError
        When the widths of Q and K, or the lengths of K and V, differ, or there is no key.
    DtypeError
        When the mask holds anything but True and False, or 1 and 0.

    Examples
    --------
    >>> import numpy as np
    >>> same = np.zeros((2, 3))
    >>> scaled_dot_product_attention(same, same, np.array([[0.0], [1.0]]), np.tri(2, dtype=bool)).A
    array([[0. ],
           [0.5]])
    """
    Q, K, V = (_matrices(array, name) for array, name in ((Q, "Q"), (K, "K"), (V, "V")))
    if Q.shape[-1] != K.shape[-1]:
        raise ShapeError(f"K has shape {K.shape}; expected rows of {Q.shape[-1]}, as in Q {Q.shape}.")
    if K.shape[-2] != V.shape[-2]:
        raise ShapeError(f"V has shape {V.shape}; expected {K.shape[-2]} rows, one for each of K {K.shape}.")
    if K.shape[-2] == 0:
        raise ShapeError(f"K has shape {K.shape}; expected at least one key to look at.")
    dtype = np.result_type(Q, K, V, np.float32)
    Q, K, V = (np.asarray(array, dtype) for array in (Q, K, V))
    shape = (*np.broadcast_shapes(Q.shape[:-2], K.shape[:-2]), Q.shape[-2], K.shape[-2])
    mask = None if mask is None else check_mask(mask, "mask")
    if mask is not None and not _fits(mask.shape, shape):
        raise ShapeError(f"mask has shape {mask.shape}; expected one that broadcasts to {shape}.")
    new = _workspace(scratch)
    scaled = new("Q scaled", Q.shape, dtype)
    np.copyto(scaled, Q)
    np.multiply(scaled, Q.shape[-1] ** -0.5, scaled)
    E, row = new("E", shape, dtype), new("row", (*shape[:-1], 1), dtype)
    np.matmul(scaled, K.swapaxes(-1, -2), out=E)
    if mask is not None:
        with_repeated(np.add, E, _as_scores(mask, E.ndim, new, dtype), E, new)
    np.maximum.reduce(E, axis=-1, keepdims=True, out=row)
    # The maximum of a row without places is -inf, and -inf - -inf is NaN: any number does as well.
    np.maximum(row, np.finfo(dtype).min, out=row)
    with_repeated(np.subtract, E, row, E, new)
    np.exp(E, E)
    np.add.reduce(E, axis=-1, keepdims=True, out=row)
    # The largest of the exponentials is 1, so a sum below 1 is that of a row without places, all of it 0.
    np.maximum(row, 1, out=row)
    np.divide(1, row, row)
    A = new("A of heads", (*shape[:-1], V.shape[-1]), dtype)
    np.matmul(E, V, out=A)
    with_repeated(np.multiply, A, row, A, new)
    return Attended(A, E, row, Q, K, V)


def _matrices(values: Array, name: str) -> Array:
    array = real_array(values, name)
    if array.ndim < 2:
        raise ShapeError(f"{name} has shape {array.shape}; expected (..., positions, width).")
    return array


def _workspace(scratch: Workspace | None) -> Workspace:
    if scratch is not None and not isinstance(scratch, Workspace):
        raise NumericError(f"scratch is {shown(scratch)}; expected a Workspace, or None for new arrays.")
    return scratch or Workspace()


def _as_scores(mask: Array, ndim: int, new: Workspace, dtype: DTypeLike) -> Array:
    """What to add to a score: 0 where the mask allows to look, and minus infinity elsewhere."""
    scores = new("mask", (1,) * (ndim - mask.ndim) + mask.shape, dtype)
    np.copyto(scores, mask)
    with np.errstate(divide="ignore"):
        np.log(scores, scores)
    return scores


def _fits(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    return len(shape) <= len(target) and all(
        a in (1, b) for a, b in zip(shape[::-1], target[::-1], strict=False)
    )


def scaled_dot_product_attention_backward(
    dA: Array, attended: Attended, *, scratch: Workspace | None = None
) -> tuple[Array, Array, Array]:
    """Compute dQ, dK and dV from dA.

    Parameters
    ----------
    dA : (..., T, e) ndarray
        The gradient with respect to the output.
    attended : Attended
        What the forward pass returned.
    scratch : Workspace, optional
        Memory to use again at the next call; without it, new arrays.

    Returns
    -------
    dQ, dK, dV : ndarray
        In the shapes of Q, K and V.

    Raises
    ------
    ShapeError
        When dA does not have the shape of the output.

    Examples
    --------
    >>> import numpy as np
    >>> Q, K, V = np.zeros((1, 2)), np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0], [3.0]])
    >>> attended = scaled_dot_product_attention(Q, K, V)
    >>> dQ, dK, dV = scaled_dot_product_attention_backward(np.ones((1, 1)), attended)
    >>> dV.ravel(), (dQ * np.sqrt(2)).round(3)
    (array([0.5, 0.5]), array([[-0.5,  0.5]]))
    """
    new = _workspace(scratch)
    if not isinstance(attended, Attended):
        raise NumericError(
            f"attended is {shown(attended)}; expected what scaled_dot_product_attention returned."
        )
    dA = real_array(dA, "dA")
    if dA.shape != attended.A.shape:
        raise ShapeError(f"dA has shape {dA.shape}; expected {attended.A.shape}, that of A.")
    s, dtype = attended, attended.E.dtype
    (T, d), S, batch = s.Q.shape[-2:], s.K.shape[-2], s.E.shape[:-2]
    over_sum, delta = new("dA over sum", dA.shape, dtype), new("delta", (*dA.shape[:-1], 1), dtype)
    np.copyto(over_sum, dA)
    with_repeated(np.multiply, over_sum, s.inverse_sum, over_sum, new)
    np.vecdot(over_sum, s.A, delta[..., 0])
    dV, dS = new("dV", (*batch, S, s.V.shape[-1]), dtype), new("dS", s.E.shape, dtype)
    np.matmul(s.E.swapaxes(-1, -2), over_sum, out=dV)
    np.matmul(over_sum, s.V.swapaxes(-1, -2), out=dS)
    with_repeated(np.subtract, dS, delta, dS, new)
    np.multiply(dS, s.E, dS)
    dQ, dK = new("dQ", (*batch, T, d), dtype), new("dK", (*batch, S, d), dtype)
    np.matmul(dS, s.K, out=dQ)
    np.matmul(dS.swapaxes(-1, -2), s.Q, out=dK)
    for gradient in (dQ, dK):
        np.multiply(gradient, d**-0.5, gradient)
    return dQ, dK, dV
