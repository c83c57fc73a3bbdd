"""Normalisation: centre, divide by the spread, then scale and shift by what training finds best.

X is ``(n, m)``, ``(C, H, W, m)`` or ``(d, T, m)``; gamma and beta are ``(n, 1)``, one entry for each feature or channel.
With mean and variance over a set of N entries::

    x_hat = (X - mean) / sigma        sigma = sqrt(variance + eps)        A = gamma x_hat + beta

    dbeta  = (1/m) sum of dA          dgamma = (1/m) sum of dA x_hat
    dx_hat = gamma dA
    dX     = (dx_hat - mean(dx_hat) - x_hat mean(dx_hat x_hat)) / sigma        (means over the same set)

Batch norm takes the set of one channel: all pixels of all examples. So dX of one example depends on the others.
Layer norm takes the set of one column: all features of one example (at one position, for sequences).
RMS norm takes the same set and does not centre: sigma = sqrt(mean(X^2) + eps), and mean(dx_hat) and beta drop out.
In use (not training) batch norm takes the running mean and variance, which are constants: dX = dx_hat / sigma.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from numeric._errors import NumericError, ShapeError
from numeric._layer import Array
from numeric.layers._bare import Bare

__all__ = ["BatchNorm", "LayerNorm", "RMSNorm"]


@dataclass(eq=False)
class _Norm(Bare):
    """What the three have in common: the last two steps, and how they go back."""

    eps: float = 1e-5
    _x_hat: Array = field(init=False, repr=False)
    _sigma: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.eps, (int, float)) or not 0 < self.eps < np.inf:
            raise NumericError(f"eps is {self.eps!r}; expected a small positive number.")

    def _features(self, input_shape: tuple[int, ...], dtype: DTypeLike, *, beta: bool = True) -> None:
        if not input_shape:
            raise ShapeError(f"{self} got input_shape (); expected at least one axis of features.")
        gamma = np.ones((input_shape[0], 1), dtype)
        self.start(gamma=gamma, **({"beta": np.zeros_like(gamma)} if beta else {}))

    def _along(self, name: str, like: Array) -> Array:
        """gamma or beta, shaped to go with every entry of a feature."""
        return self.parameters[name].reshape(-1, *(1,) * (like.ndim - 1))

    def _scaled(self, X: Array, mean: Array | None, sigma: Array) -> Array:
        """gamma x_hat + beta."""
        x_hat = self.scratch("x_hat", X.shape, X.dtype)
        if mean is None:
            np.divide(X, sigma, out=x_hat)
        else:
            np.subtract(X, mean, out=x_hat)
            np.divide(x_hat, sigma, out=x_hat)
        self._x_hat, self._sigma = x_hat, sigma
        A = self.scratch("A", X.shape, X.dtype)
        np.multiply(x_hat, self._along("gamma", X), out=A)
        if "beta" in self.parameters:
            np.add(A, self._along("beta", X), out=A)
        return A

    def _back(self, dA: Array, axes: tuple[int, ...] | None, *, centred: bool = True) -> Array:
        """dgamma, dbeta, and dX; the means are over these axes, or None where mean and sigma are constants."""
        m, n = dA.shape[-1], dA.shape[0]
        x_hat = self._x_hat
        product = self.scratch("product", dA.shape, dA.dtype)
        np.multiply(dA, x_hat, out=product)
        np.divide(product.reshape(n, -1).sum(axis=1, keepdims=True), m, out=self.gradients["gamma"])
        if "beta" in self.gradients:
            np.divide(dA.reshape(n, -1).sum(axis=1, keepdims=True), m, out=self.gradients["beta"])
        dX = self.scratch("dX", dA.shape, dA.dtype)
        np.multiply(dA, self._along("gamma", dA), out=dX)
        if axes is not None:
            np.multiply(dX, x_hat, out=product)
            correction = product.mean(axis=axes, keepdims=True)
            mean = dX.mean(axis=axes, keepdims=True) if centred else None
            np.multiply(x_hat, correction, out=product)
            np.subtract(dX, product, out=dX)
            if mean is not None:
                np.subtract(dX, mean, out=dX)
        np.divide(dX, self._sigma, out=dX)
        return dX


@dataclass(eq=False)
class BatchNorm(_Norm):
    """Normalise each feature or channel over the batch.

    Parameters
    ----------
    eps : float
        Added to the variance, so that a constant feature divides by something; 1e-5.
    momentum : float
        How much of the batch goes into the running statistics at each training step; 0.1.

    Notes
    -----
    While training, mean and variance are those of the batch, and the running ones move towards them (the variance
    with N - 1 in the denominator, as an estimate for all data). Otherwise the running ones are used.

    Examples
    --------
    >>> import numpy as np
    >>> layer = BatchNorm()
    >>> layer.build((1,), np.random.default_rng(0), np.float64)
    (1,)
    >>> layer.forward(np.array([[1.0, 3.0]]), training=True).round(3)
    array([[-1.,  1.]])
    >>> layer.state["mean"], layer.state["variance"]
    (array([[0.2]]), array([[1.1]]))
    """

    momentum: float = 0.1
    _axes: tuple[int, ...] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.momentum, (int, float)) or not 0 < self.momentum <= 1:
            raise NumericError(f"momentum is {self.momentum!r}; expected a number above 0 and at most 1.")

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """gamma = 1 and beta = 0; running mean 0 and variance 1."""
        self._features(input_shape, dtype)
        n = (input_shape[0], 1)
        self.state = {"mean": np.zeros(n, dtype), "variance": np.ones(n, dtype)}
        return input_shape

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """gamma x_hat + beta, with the statistics of the batch while training."""
        shape = (-1, *(1,) * (A_prev.ndim - 1))
        if not training:
            self._axes = None
            sigma = np.sqrt(self.state["variance"] + self.eps).reshape(shape).astype(A_prev.dtype, copy=False)
            return self._scaled(A_prev, self.state["mean"].reshape(shape), sigma)
        N = A_prev.size // A_prev.shape[0]
        if N < 2:
            raise ShapeError(
                f"A_prev has shape {A_prev.shape}: one entry for each feature has no spread. "
                "Expected a batch of at least 2 in training."
            )
        self._axes = tuple(range(1, A_prev.ndim))
        mean = A_prev.mean(axis=self._axes, keepdims=True)
        variance = A_prev.var(axis=self._axes, keepdims=True)
        for name, now in (("mean", mean), ("variance", variance * (N / (N - 1)))):
            self.state[name] *= 1 - self.momentum
            self.state[name] += self.momentum * now.reshape(-1, 1)
        return self._scaled(A_prev, mean, np.sqrt(variance + self.eps))

    def backward(self, dA: Array) -> Array:
        """Through the statistics too, where they were those of the batch."""
        return self._back(dA, self._axes)


@dataclass(eq=False)
class LayerNorm(_Norm):
    """Normalise each column over its features: axis 0, for every example and position by itself.

    Parameters
    ----------
    eps : float
        Added to the variance, so that a constant column divides by something; 1e-5.

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

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """gamma = 1 and beta = 0."""
        self._features(input_shape, dtype)
        return input_shape

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """gamma x_hat + beta."""
        mean = A_prev.mean(axis=0, keepdims=True)
        sigma = np.sqrt(A_prev.var(axis=0, keepdims=True) + self.eps)
        return self._scaled(A_prev, mean, sigma)

    def backward(self, dA: Array) -> Array:
        """Through the mean and the variance of each column."""
        return self._back(dA, (0,))


@dataclass(eq=False)
class RMSNorm(_Norm):
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

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """gamma = 1."""
        self._features(input_shape, dtype, beta=False)
        return input_shape

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """gamma x_hat."""
        square = self.scratch("product", A_prev.shape, A_prev.dtype)
        np.multiply(A_prev, A_prev, out=square)
        return self._scaled(A_prev, None, np.sqrt(square.mean(axis=0, keepdims=True) + self.eps))

    def backward(self, dA: Array) -> Array:
        """Through the mean square of each column."""
        return self._back(dA, (0,), centred=False)
