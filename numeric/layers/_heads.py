"""Multi-head attention of a sequence with itself.

X is ``(d, T, m)``. With H heads of width d/H each, for every example::

    [Q; K; V] = W X + b                       W is (3 d, d), b is (3 d, 1): three maps in one
    A_h       = attention of Q_h, K_h, V_h    the rows of head h; see `_attention`
    A         = W_out [A_1; ...; A_H] + b_out

Backward, with dA the gradient of the per-example losses::

    dW_out = (1/m) sum dA [A_1; ...; A_H]^T       d[A_1; ...] = W_out^T dA
    dW     = (1/m) sum [dQ; dK; dV] X^T           dX = W^T [dQ; dK; dV]

Inside, examples come first and the width last, because that is how the products of one head lie side by side.

Derived line by line, each line proved: ``backproof derive multi_head_attention``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_mask, check_positive_int
from numeric._errors import ShapeError
from numeric._layer import Array
from numeric._long_sums import add_by_halves, over_examples
from numeric._repeat import with_repeated
from numeric.layers._attention import (
    Attended,
    attention_mask,
    scaled_dot_product_attention,
    scaled_dot_product_attention_backward,
)
from numeric.layers._bare import Bare, normal

__all__ = ["MultiHeadAttention"]


@dataclass(eq=False)
class MultiHeadAttention(Bare):
    """Let every position of a sequence look at the others, in several ways at once.

    Parameters
    ----------
    heads : int
        H; the width of the sequence must be a multiple of it.
    causal : bool
        Whether a position may look at itself and those before it only; False.

    Attributes
    ----------
    padding : (T, m) ndarray of bool, or of the integers 0 and 1, or None
        True where an example has a token, False where it was filled up, and nobody may look. Set it before
        ``forward``, or before a step; None (the start) for sequences of full length.

    Notes
    -----
    Parameters ``W`` (3d, d), ``b`` (3d, 1), ``W_out`` (d, d), ``b_out`` (d, 1). Matrices are drawn with variance 1/d.

    Examples
    --------
    >>> import numpy as np
    >>> layer = MultiHeadAttention(2, causal=True)
    >>> layer.build((4, 3), np.random.default_rng(0), np.float64)
    (4, 3)
    >>> X = np.random.default_rng(1).normal(size=(4, 3, 1))
    >>> A = layer.forward(X).copy()
    >>> X[:, 2] = 9.0  # the future changes nothing before it
    >>> (layer.forward(X) == A).all(axis=(0, 2))
    array([ True,  True, False])
    """

    heads: int
    causal: bool = False
    padding: Array | None = field(default=None, init=False, repr=False)
    _X: Array = field(init=False, repr=False)
    _joined: Array = field(init=False, repr=False)
    _attended: Attended = field(init=False, repr=False)
    _before: Array | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        check_positive_int(self.heads, "heads")

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Draw the matrices for sequences (d, T), and return the same shape."""
        if len(input_shape) != 2:
            raise ShapeError(
                f"{self} got input_shape {input_shape}; expected sequences (d, T), the width first."
            )
        d = input_shape[0]
        if d % self.heads:
            raise ShapeError(
                f"{self} got sequences of width {d}; expected a multiple of heads, which is {self.heads}."
            )
        self.start(
            W=normal(rng, (3 * d, d), d, dtype, gain=1.0),
            b=np.zeros((3 * d, 1), dtype),
            W_out=normal(rng, (d, d), d, dtype, gain=1.0),
            b_out=np.zeros((d, 1), dtype),
        )
        return input_shape

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """Queries, keys and values; attention; and the way out."""
        p, (d, T, m) = self.parameters, A_prev.shape
        X = self.scratch("X", (m, T, d), A_prev.dtype)
        np.copyto(X, A_prev.transpose(2, 1, 0))
        joined = self.scratch("joined", (m, T, 3 * d), A_prev.dtype)
        np.matmul(X.reshape(m * T, d), p["W"].T, out=joined.reshape(m * T, 3 * d))
        rows = joined.reshape(m * T, 3 * d)
        with_repeated(np.add, rows, p["b"].T, rows, self.scratch)
        self._X, self._joined = X, joined
        mask = self._allowed(T, m)
        Q, K, V = (self._by_head(part) for part in np.split(joined, 3, axis=2))
        self._attended = scaled_dot_product_attention(Q, K, V, mask, scratch=self.scratch)
        side_by_side = self.scratch("side by side", (m, T, d), A_prev.dtype)
        np.copyto(self._by_head(side_by_side), self._attended.A)
        out = self.scratch("out", (m, T, d), A_prev.dtype)
        np.matmul(side_by_side.reshape(m * T, d), p["W_out"].T, out=out.reshape(m * T, d))
        A = self.scratch("A", A_prev.shape, A_prev.dtype)
        np.copyto(A, out.transpose(2, 1, 0))
        columns = A.reshape(d, T * m)
        with_repeated(np.add, columns, p["b_out"], columns, self.scratch)
        return A

    def _allowed(self, T: int, m: int) -> Array | None:
        """What `attention_mask` says, in memory that is there already."""
        if self._before is None or len(self._before) != T:
            self._before = attention_mask(T, causal=True)
        padding = None if self.padding is None else check_mask(self.padding, "padding")
        if padding is not None and padding.shape != (T, m):
            raise ShapeError(
                f"padding has shape {padding.shape}; expected {(T, m)}: it belongs to another batch. "
                "Try to set it before each step, or fit(..., batch_size=None) without validation."
            )
        if padding is None:
            return self._before if self.causal else None
        places = self.scratch("allowed", (m, 1, T if self.causal else 1, T), np.bool_)
        np.copyto(places, padding.T[:, None, None, :])
        if self.causal and self._before is not None:
            with_repeated(np.logical_and, places, self._before[None, None], places, self.scratch)
        return places

    def backward(self, dA: Array) -> Array:
        """The same way back."""
        p, g, (d, T, m) = self.parameters, self.gradients, dA.shape
        dout = self.scratch("dout", (m, T, d), dA.dtype)
        np.copyto(dout, dA.transpose(2, 1, 0))
        flat = dout.reshape(m * T, d)
        side_by_side = self.scratch("side by side", (m, T, d), dA.dtype).reshape(m * T, d)
        over_examples(flat.T, side_by_side.T, m, g["W_out"], self.scratch)
        dX = self.scratch("dX", (m, T, d), dA.dtype)  # which is free until the end
        _sum_rows(flat, g["b_out"][:, 0], dX.reshape(m * T, d))
        dheads = self.scratch("dheads", (m, T, d), dA.dtype)
        np.matmul(flat, p["W_out"], out=dheads.reshape(m * T, d))
        parts = scaled_dot_product_attention_backward(
            self._by_head(dheads), self._attended, scratch=self.scratch
        )
        djoined = self.scratch("djoined", (m, T, 3 * d), dA.dtype)
        for place, part in zip(np.split(djoined, 3, axis=2), parts, strict=True):
            np.copyto(self._by_head(place), part)
        flat = djoined.reshape(m * T, 3 * d)
        over_examples(flat.T, self._X.reshape(m * T, d).T, m, g["W"], self.scratch)
        for third in range(3):
            own = slice(third * d, (third + 1) * d)
            _sum_rows(flat[:, own], g["b"][own, 0], dX.reshape(m * T, d))
        for gradient in g.values():
            np.divide(gradient, m, gradient)
        np.matmul(flat, p["W"], out=dX.reshape(m * T, d))
        back = self.scratch("dX in columns", dA.shape, dA.dtype)
        np.copyto(back, dX.transpose(2, 1, 0))
        return back

    def _by_head(self, x: Array) -> Array:
        """``(m, T, d)`` as the view ``(m, H, T, d/H)``."""
        m, T, d = x.shape
        return x.reshape(m, T, self.heads, d // self.heads).swapaxes(1, 2)


def _sum_rows(A: Array, out: Array, free: Array) -> None:
    """Write the sum of the rows of A, in memory like A's: one after the other they would lose thousands of ulp."""
    np.copyto(free, A)  # all: a sum of rows that lie apart would go through a buffer of NumPy's
    add_by_halves(free, out)
