"""Layer norm and RMS norm: bring each column to one size, then let training choose a scale and a shift.

X is ``(n, m)`` or ``(d, T, m)``; gamma and beta are ``(n, 1)``. Means run over the n features of one column: of one
example, at one position. Layer norm::

    sigma = sqrt(mean((X - mean(X))^2) + eps)      x_hat = (X - mean(X)) / sigma      A = gamma x_hat + beta

    dbeta  = (1/m) sum of dA        dgamma = (1/m) sum of dA x_hat        dx_hat = gamma dA
    dX     = (dx_hat - mean(dx_hat) - x_hat mean(dx_hat x_hat)) / sigma

RMS norm does not centre: sigma = sqrt(mean(X^2) + eps), x_hat = X / sigma, and beta and mean(dx_hat) drop out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from numeric._errors import ShapeError
from numeric._layer import Array
from numeric.layers._bare import Bare, positive

__all__ = ["LayerNorm", "RMSNorm"]


@dataclass(eq=False)
class _ColumnNorm(Bare):
    """What the two have in common: all but the centring."""

    eps: float = 1e-5
    _x_hat: Array = field(init=False, repr=False)
    _sigma: Array = field(init=False, repr=False)
    _centring = True

    def __post_init__(self) -> None:
        positive(self.eps, "eps")

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """gamma = 1 and, for layer norm, beta = 0."""
        if not input_shape:
            raise ShapeError(f"{self} got input_shape (); expected at least one axis of features.")
        gamma = np.ones((input_shape[0], 1), dtype)
        self.start(gamma=gamma, **({"beta": np.zeros_like(gamma)} if self._centring else {}))
        return input_shape

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """gamma x_hat + beta."""
        X, p = A_prev.reshape(A_prev.shape[0], -1), self.parameters
        x_hat, A = (self.scratch(name, X.shape, X.dtype) for name in ("x_hat", "A"))
        if self._centring:
            np.subtract(X, X.mean(axis=0), out=x_hat)
        else:
            np.copyto(x_hat, X)
        np.multiply(x_hat, x_hat, out=A)
        sigma = np.sqrt(A.mean(axis=0) + self.eps)
        np.divide(x_hat, sigma, out=x_hat)
        np.multiply(x_hat, p["gamma"], out=A)
        if self._centring:
            np.add(A, p["beta"], out=A)
        self._x_hat, self._sigma = x_hat, sigma
        return A.reshape(A_prev.shape)

    def backward(self, dA: Array) -> Array:
        """Through the statistics of each column."""
        m, dY, x_hat = dA.shape[-1], dA.reshape(dA.shape[0], -1), self._x_hat
        product, dX = (self.scratch(name, dY.shape, dY.dtype) for name in ("product", "dX"))
        np.multiply(dY, x_hat, out=product)
        np.divide(product.sum(axis=1, keepdims=True), m, out=self.gradients["gamma"])
        np.multiply(dY, self.parameters["gamma"], out=dX)
        # mean(dx_hat x_hat), from dA x_hat that is at hand.
        np.multiply(product, self.parameters["gamma"], out=product)
        along = product.mean(axis=0)
        if self._centring:
            np.divide(dY.sum(axis=1, keepdims=True), m, out=self.gradients["beta"])
            np.subtract(dX, dX.mean(axis=0), out=dX)
        np.multiply(x_hat, along, out=product)
        np.subtract(dX, product, out=dX)
        np.divide(dX, self._sigma, out=dX)
        return dX.reshape(dA.shape)


@dataclass(eq=False)
class LayerNorm(_ColumnNorm):
    """Normalise each column over its features: axis 0, for every example and position by itself.

    Parameters
    ----------
    eps : float
        Added to the variance, so that a constant column divides by something; 1e-5.

    References
    ----------
    Ba, Kiros & Hinton, arXiv:1607.06450.

    Examples
    --------
    >>> import numpy as np
    >>> layer = LayerNorm()
    >>> layer.build((2,), np.random.default_rng(0), np.float64)
    (2,)
    >>> layer.forward(np.array([[1.0, 5.0], [3.0, 5.0]])).round(3)
    array([[-1.,  0.],
           [ 1.,  0.]])
    """


@dataclass(eq=False)
class RMSNorm(_ColumnNorm):
    """Divide each column by the root of its mean square: layer norm without the centring.

    Parameters
    ----------
    eps : float
        Added to the mean square, so that a column of zeros divides by something; 1e-5.

    References
    ----------
    Zhang & Sennrich, NeurIPS 2019, arXiv:1910.07467.

    Examples
    --------
    >>> import numpy as np
    >>> layer = RMSNorm()
    >>> layer.build((2,), np.random.default_rng(0), np.float64)
    (2,)
    >>> layer.forward(np.array([[1.0], [7.0]])).round(3)
    array([[0.2],
           [1.4]])
    """

    _centring = False
