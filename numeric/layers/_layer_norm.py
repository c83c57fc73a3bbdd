"""Layer norm and RMS norm: bring each column to one size, then let training choose a scale and a shift.

X is ``(n, m)`` or ``(d, T, m)``; gamma and beta are ``(n, 1)``. Means run over the n features of one column: of one
example, at one position. Layer norm::

    sigma = sqrt(mean((X - mean(X))^2) + eps)      x_hat = (X - mean(X)) / sigma      A = gamma x_hat + beta

    dbeta  = (1/m) sum of dA        dgamma = (1/m) sum of dA x_hat        dx_hat = gamma dA
    dX     = (dx_hat - mean(dx_hat) - x_hat mean(dx_hat x_hat)) / sigma

RMS norm does not centre: sigma = sqrt(mean(X^2) + eps), x_hat = X / sigma, and beta and mean(dx_hat) drop out.

Derived line by line, each line proved: ``backproof derive layer_norm`` or ``rms_norm``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from numeric._errors import ShapeError
from numeric._layer import Array
from numeric._repeat import with_repeated
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
        X, p, new = A_prev.reshape(A_prev.shape[0], -1), self.parameters, self.scratch
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large for its square is done again
            x_hat, A, sigma = self._normalised(X)
            if not np.isfinite(np.add.reduce(sigma, axis=None)):
                _again(X, x_hat, sigma, centring=self._centring)
        with_repeated(np.multiply, x_hat, p["gamma"], A, new)
        if self._centring:
            with_repeated(np.add, A, p["beta"], A, new)
        self._x_hat, self._sigma = x_hat, sigma
        return A.reshape(A_prev.shape)

    def _normalised(self, X: Array) -> tuple[Array, Array, Array]:
        """Return x_hat, an array of its shape to use, and sigma."""
        new = self.scratch
        n, N = X.shape
        x_hat, A = (new(name, X.shape, X.dtype) for name in ("x_hat", "A"))
        mean, sigma = (new(name, (1, N), X.dtype) for name in ("mean", "sigma"))
        if self._centring:
            np.add.reduce(X, axis=0, keepdims=True, out=mean)
            np.divide(mean, n, mean)
            with_repeated(np.subtract, X, mean, x_hat, new)
        else:
            np.copyto(x_hat, X)
        np.multiply(x_hat, x_hat, A)
        np.add.reduce(A, axis=0, keepdims=True, out=sigma)
        np.divide(sigma, n, sigma)
        np.add(sigma, self.eps, sigma)
        np.sqrt(sigma, sigma)
        with_repeated(np.divide, x_hat, sigma, x_hat, new)
        return x_hat, A, sigma

    def backward(self, dA: Array) -> Array:
        """Through the statistics of each column."""
        dY, x_hat, g, new = dA.reshape(dA.shape[0], -1), self._x_hat, self.gradients, self.scratch
        (n, N), gamma = dY.shape, self.parameters["gamma"]
        product, dX = (new(name, dY.shape, dY.dtype) for name in ("product", "dX"))
        mean = new("mean", (1, N), dY.dtype)
        np.multiply(dY, x_hat, product)
        np.add.reduce(product, axis=1, keepdims=True, out=g["gamma"])
        with_repeated(np.multiply, dY, gamma, dX, new)
        if self._centring:
            np.add.reduce(dY, axis=1, keepdims=True, out=g["beta"])
            np.add.reduce(dX, axis=0, keepdims=True, out=mean)
            np.divide(mean, n, mean)
            with_repeated(np.subtract, dX, mean, dX, new)
        # mean(dx_hat x_hat), from dA x_hat that is at hand.
        with_repeated(np.multiply, product, gamma, product, new)
        np.add.reduce(product, axis=0, keepdims=True, out=mean)
        np.divide(mean, n, mean)
        with_repeated(np.multiply, x_hat, mean, product, new)
        np.subtract(dX, product, dX)
        with_repeated(np.divide, dX, self._sigma, dX, new)
        for gradient in g.values():
            np.divide(gradient, dA.shape[-1], gradient)
        return dX.reshape(dA.shape)


def _again(X: Array, x_hat: Array, sigma: Array, *, centring: bool) -> None:
    """Normalise the finite columns once more whose squares or whose sum no float holds, in units of 2^k."""
    far = np.isfinite(X).all(axis=0) & ~np.isfinite(sigma[0])
    if far.any():
        k = np.frexp(np.abs(X[:, far]).max(axis=0))[1]
        unit = np.ldexp(X[:, far], -k)
        if centring:
            unit -= unit.mean(axis=0)
        root = np.sqrt((unit * unit).mean(axis=0))  # beside which eps is nothing
        sigma[0, far] = np.ldexp(root, k)
        x_hat[:, far] = unit / np.where(root == 0, 1, root)


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
