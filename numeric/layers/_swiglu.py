"""SwiGLU: the feed-forward block of today's language models.

X is ``(n, m)`` or ``(d, T, m)``; W and V are ``(h, n)``, W2 is ``(n_out, h)``. With swish(u) = u sigmoid(u)::

    U = W X      G = V X      H = swish(U) * G      A = W2 H

    dW2 = (1/m) dA H^T        dH = W2^T dA
    dG  = dH * swish(U)       dU = dH * G * swish'(U)      swish'(u) = sigmoid(u) (1 + u (1 - sigmoid(u)))
    dW  = (1/m) dU X^T        dV = (1/m) dG X^T            dX = W^T dU + V^T dG

where the products sum over all examples (and positions).

Derived line by line, each line proved: ``backproof derive swiglu_block``.

References
----------
Shazeer, GLU variants improve transformer, arXiv:2002.05202.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_positive_int
from numeric._errors import ShapeError
from numeric._kernels import sigmoid_into
from numeric._layer import Array
from numeric._long_sums import over_examples
from numeric.layers._bare import Bare, normal

__all__ = ["SwiGLU"]


@dataclass(eq=False)
class SwiGLU(Bare):
    """A gated feed-forward block: W2 (swish(W X) * (V X)).

    Parameters
    ----------
    hidden : int
        h, the number of gated units.
    width : int, optional
        n_out, the number of rows of the output; by default that of the input.

    Notes
    -----
    Parameters ``W`` (h, n), ``V`` (h, n), ``W2`` (n_out, h), no biases, as in the paper; drawn with variance 1/n and 1/h.

    Examples
    --------
    >>> import numpy as np
    >>> layer = SwiGLU(8)
    >>> layer.build((3, 5), np.random.default_rng(0), np.float64)
    (3, 5)
    >>> layer.forward(np.zeros((3, 5, 2))).any()
    np.False_
    """

    hidden: int
    width: int | None = None
    _X: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_positive_int(self.hidden, "hidden")
        if self.width is not None:
            check_positive_int(self.width, "width")

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Draw W, V and W2 for n features, and return the shape with n_out in place of n."""
        if not input_shape:
            raise ShapeError(f"{self} got input_shape (); expected (n,) or (d, T).")
        n, h, n_out = input_shape[0], self.hidden, self.width or input_shape[0]
        self.start(
            W=normal(rng, (h, n), n, dtype, gain=1.0),
            V=normal(rng, (h, n), n, dtype, gain=1.0),
            W2=normal(rng, (n_out, h), h, dtype, gain=1.0),
        )
        return (n_out, *input_shape[1:])

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """W2 (swish(U) * G)."""
        p = self.parameters
        X = A_prev.reshape(A_prev.shape[0], -1)
        U, G, S, H = (self.scratch(name, (self.hidden, X.shape[1]), X.dtype) for name in "UGSH")
        np.matmul(p["W"], X, out=U)
        np.matmul(p["V"], X, out=G)
        for operation in sigmoid_into(U, S, self.scratch):
            operation()
        np.multiply(U, S, H)
        np.multiply(H, G, H)
        self._X = X
        A = self.scratch("A", (p["W2"].shape[0], X.shape[1]), X.dtype)
        np.matmul(p["W2"], H, out=A)
        return A.reshape(-1, *A_prev.shape[1:])

    def backward(self, dA: Array) -> Array:
        """The equations above, from the last to the first."""
        p, g, X, m = self.parameters, self.gradients, self._X, dA.shape[-1]
        dY = dA.reshape(dA.shape[0], -1)
        U, G, S, H, dH, dU = (
            self.scratch(name, (self.hidden, X.shape[1]), X.dtype) for name in (*"UGSH", "dH", "dU")
        )
        over_examples(dY, H, m, g["W2"], self.scratch)
        np.matmul(p["W2"].T, dY, out=dH)
        # swish'(U) = S (1 + U (1 - S)); then dU, and dG in the place of dH.
        np.subtract(1, S, out=dU)
        np.multiply(dU, U, out=dU)
        np.add(dU, 1, out=dU)
        np.multiply(dU, S, out=dU)
        np.multiply(dU, G, out=dU)
        np.multiply(dU, dH, out=dU)
        np.multiply(dH, S, out=dH)
        np.multiply(dH, U, out=dH)
        over_examples(dU, X, m, g["W"], self.scratch)
        over_examples(dH, X, m, g["V"], self.scratch)
        for gradient in g.values():
            np.divide(gradient, m, out=gradient)
        dX = self.scratch("dX", X.shape, X.dtype)
        through_gate = self.scratch("through gate", X.shape, X.dtype)
        np.matmul(p["W"].T, dU, out=dX)
        np.matmul(p["V"].T, dH, out=through_gate)
        np.add(dX, through_gate, out=dX)
        return dX.reshape(-1, *dA.shape[1:])
