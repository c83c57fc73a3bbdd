"""Batch norm: centre and scale each feature over the batch, then let training choose a scale and a shift of its own.

X is ``(n, m)``, ``(C, H, W, m)`` or ``(d, T, m)``; gamma and beta are ``(n, 1)``. Mean and variance of a feature (a
channel) run over everything it has in the batch: N entries, all pixels of all examples. With X_c = X - mean::

    sigma = sqrt(mean(X_c^2) + eps)       x_hat = X_c / sigma       A = gamma x_hat + beta

    dbeta  = (1/m) sum of dA              dgamma = (1/m) sum of dA x_hat
    dX     = (gamma / sigma) (dA - mean(dA) - x_hat mean(dA x_hat))

The two means come from the derivatives of mean and sigma: dX of one example depends on all the others. In use (not
training) the running mean and variance stand in for those of the batch; they are constants, and the two means drop out.

Derived line by line, each line proved: ``backproof derive batch_norm`` or ``batch_norm_in_use``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import shown
from numeric._errors import NumericError, ShapeError
from numeric._layer import Array
from numeric._long_sums import row_products
from numeric._repeat import with_repeated
from numeric.layers._bare import Bare, positive

__all__ = ["BatchNorm"]

# Numbers of a feature, in memory of their own.
_COLUMNS = ("mean", "variance", "sigma", "factor")


@dataclass(eq=False)
class BatchNorm(Bare):
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

    References
    ----------
    Ioffe & Szegedy, ICML 2015, arXiv:1502.03167.

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

    eps: float = 1e-5
    momentum: float = 0.1
    _centred: Array = field(init=False, repr=False)
    _sigma: Array = field(init=False, repr=False)
    _of_batch: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        positive(self.eps, "eps")
        if positive(self.momentum, "momentum") > 1:
            raise NumericError(
                f"momentum is {shown(self.momentum)}; expected a number above 0 and at most 1."
            )

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """gamma = 1 and beta = 0; running mean 0 and variance 1."""
        if not input_shape:
            raise ShapeError(f"{self} got input_shape (); expected at least one axis of features.")
        zeros, ones = np.zeros((input_shape[0], 1), dtype), np.ones((input_shape[0], 1), dtype)
        self.start(gamma=ones, beta=zeros)
        self.state = {"mean": zeros.copy(), "variance": ones.copy()}
        return input_shape

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """gamma x_hat + beta, with the statistics of the batch while training."""
        n, p = A_prev.shape[0], self.parameters
        X = A_prev.reshape(n, -1)
        N = X.shape[1]
        if training and N < 2:
            raise ShapeError(
                f"A_prev has shape {A_prev.shape}: one entry for each feature has no spread. "
                "Expected a batch of at least 2 in training; when it is the last of an epoch, try another batch_size."
            )
        new = self.scratch
        centred, A = new("centred", X.shape, X.dtype), new("A", X.shape, X.dtype)
        mean, variance, sigma, factor = (new(name, (n, 1), X.dtype) for name in _COLUMNS)
        if training:
            np.add.reduce(X, axis=1, keepdims=True, out=mean)
            np.divide(mean, N, mean)
            with_repeated(np.subtract, X, mean, centred, new)
            row_products(centred, centred, A_prev.shape[-1], variance[:, 0], A)
            np.divide(variance, N, variance)
            np.multiply(variance, N / (N - 1), factor)
            for name, now in (("mean", mean), ("variance", factor)):
                running = self.state[name]
                np.multiply(running, 1 - self.momentum, running)
                np.multiply(now, self.momentum, sigma)
                np.add(running, sigma, running)
        else:
            with_repeated(np.subtract, X, self.state["mean"], centred, new)
            np.copyto(variance, self.state["variance"])
        np.add(variance, self.eps, sigma)
        np.sqrt(sigma, sigma)
        self._centred, self._sigma, self._of_batch = centred, sigma, training
        np.divide(p["gamma"], sigma, factor)
        with_repeated(np.multiply, centred, factor, A, new)
        with_repeated(np.add, A, p["beta"], A, new)
        return A.reshape(A_prev.shape)

    def backward(self, dA: Array) -> Array:
        """Through the statistics too, where they were those of the batch."""
        m, dY, centred, sigma = dA.shape[-1], dA.reshape(dA.shape[0], -1), self._centred, self._sigma
        (n, N), g, new = dY.shape, self.gradients, self.scratch
        dX, factor = new("dX", dY.shape, dY.dtype), new("factor", (n, 1), dY.dtype)
        np.add.reduce(dY, axis=1, keepdims=True, out=g["beta"])
        row_products(dY, centred, m, g["gamma"][:, 0], dX)
        np.divide(g["gamma"], sigma, g["gamma"])
        if self._of_batch:
            # dA - mean(dA) - x_hat mean(dA x_hat), with x_hat = centred / sigma
            np.divide(g["gamma"], sigma, factor)
            np.divide(factor, N, factor)
            with_repeated(np.multiply, centred, factor, dX, new)
            np.subtract(dY, dX, dX)
            np.divide(g["beta"], N, factor)
            with_repeated(np.subtract, dX, factor, dX, new)
            dY = dX
        np.divide(self.parameters["gamma"], sigma, factor)
        with_repeated(np.multiply, dY, factor, dX, new)
        for gradient in g.values():
            np.divide(gradient, m, gradient)
        return dX.reshape(dA.shape)
