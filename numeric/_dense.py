"""The fully connected layer: Z = W A_prev + b.

    dW = (1/m) dZ A_prev^T        db = (1/m) sum over the examples of dZ        dA_prev = W^T dZ

A_prev is ``(n_prev, m)``, or ``(n_prev, T, m)`` for sequences, where the same W and b act at every position; then
the sums run over the positions too.

Derived line by line, each line proved: ``backproof derive backprop_layer``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_choice, check_positive_int
from numeric._checks import check_room
from numeric._initialise import INITIALISATIONS, initial_scale
from numeric._layer import Array, Workspace
from numeric._long_sums import over_examples
from numeric._repeat import with_repeated

__all__ = ["Dense"]


@dataclass(eq=False)
class Dense:
    """A fully connected layer, without activation.

    Parameters
    ----------
    units : int
        n, the number of outputs.
    init : {"he", "xavier", "small", "zeros"}
        How W begins; b begins at 0.

    Notes
    -----
    Parameters ``W`` (n, n_prev) and ``b`` (n, 1). Input ``(n_prev, ..., m)``, output ``(n, ..., m)``.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Dense(2)
    >>> layer.build((3,), np.random.default_rng(0), np.float64)
    (2,)
    >>> layer.parameters["W"][...] = [[1, 2, 3], [0, 0, 1]]
    >>> layer.forward(np.ones((3, 1)))
    array([[6.],
           [1.]])
    >>> layer.backward(np.array([[1.0], [0.0]]))
    array([[1.],
           [2.],
           [3.]])
    """

    units: int
    init: str = "he"
    parameters: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    gradients: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    state: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    rng: np.random.Generator | None = field(default=None, init=False, repr=False)
    _scratch: Workspace = field(default_factory=Workspace, init=False, repr=False)
    _A_prev: Array = field(default_factory=lambda: np.empty((0, 0)), init=False, repr=False)

    def __post_init__(self) -> None:
        check_positive_int(self.units, "units")
        check_choice(self.init, "init", INITIALISATIONS)

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Draw W for inputs ``(n_prev, ...)``, and return ``(units, ...)``."""
        n_prev = input_shape[0]
        check_room(
            self.units * n_prev,
            8,
            f"Dense({self.units}) after {n_prev} rows has {self.units * n_prev} weights",
        )
        W = initial_scale(self.init, n_prev, self.units) * rng.standard_normal((self.units, n_prev))
        self.parameters = {"W": W.astype(dtype), "b": np.zeros((self.units, 1), dtype)}
        self.gradients = {name: np.zeros_like(value) for name, value in self.parameters.items()}
        return (self.units, *input_shape[1:])

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """Return Z = W A_prev + b."""
        W, b = self.parameters["W"], self.parameters["b"]
        self._A_prev = A_prev
        A = A_prev.reshape(len(A_prev), -1)
        Z = self._scratch("Z", (self.units, A.shape[1]), W.dtype)
        np.dot(W, A, Z)
        with_repeated(np.add, Z, b, Z, self._scratch)
        return Z.reshape(self.units, *A_prev.shape[1:])

    def backward(self, dA: Array) -> Array:
        """Write dW = dZ A_prev^T / m, db = sum dZ / m, dA_prev = W^T dZ."""
        W, dW, db = self.parameters["W"], self.gradients["W"], self.gradients["b"]
        A, dZ = self._A_prev.reshape(W.shape[1], -1), dA.reshape(self.units, -1)
        dA_prev = self._scratch("dA_prev", A.shape, W.dtype)
        np.dot(W.T, dZ, dA_prev)
        # 1/m on dZ, which nobody needs any more, and not on dW: it is smaller.
        np.multiply(dZ, self._scratch.constant(1 / dA.shape[-1], dZ.dtype), dZ)
        over_examples(dZ, A, dA.shape[-1], dW, self._scratch)
        np.add.reduce(dZ, axis=1, keepdims=True, out=db)
        return dA_prev.reshape(self._A_prev.shape)

    def pieces(self) -> Array | None:
        """One smooth piece."""
        return None
