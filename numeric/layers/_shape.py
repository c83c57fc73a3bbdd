"""Layers that compute nothing new: flatten, dropout, and the residual connection.

flatten   A = X, as (C H W, m)            dX = dA, as (C, H, W, m)
dropout   A = X D/(1 - p)                 dX = dA D/(1 - p)        D = 0 with probability p, else 1
residual  A = X + F(X)                    dX = dA + F'(dA)         F' the backward pass of F

Derived line by line, each line proved: ``backproof derive dropout`` or ``residual``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import shown
from numeric._errors import NumericError, ShapeError
from numeric._layer import Array, Layer
from numeric.layers._bare import Bare

__all__ = ["Dropout", "Flatten", "Residual"]


@dataclass(eq=False)
class Flatten(Bare):
    """Images or sequences as columns: a reshape that moves nothing.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Flatten()
    >>> layer.build((2, 3, 4), np.random.default_rng(0), np.float64)
    (24,)
    >>> layer.forward(np.zeros((2, 3, 4, 5))).shape
    (24, 5)
    """

    _shape: tuple[int, ...] = field(init=False, repr=False)

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Return (n,), n the product of the sizes."""
        self._shape = input_shape
        return (int(np.prod(input_shape, dtype=np.int64)),)

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """The same numbers, features on axis 0."""
        return A_prev.reshape(-1, A_prev.shape[-1])

    def backward(self, dA: Array) -> Array:
        """The same numbers in their old shape."""
        return dA.reshape(*self._shape, dA.shape[-1])


@dataclass(eq=False)
class Dropout(Bare):
    """Set entries to zero at random while training, and enlarge the rest so that the mean stays (inverted dropout).

    Parameters
    ----------
    p : float
        The probability of being dropped, at least 0 and less than 1; 0.5.

    Notes
    -----
    The mask is drawn in ``forward(training=True)`` from the layer's own ``rng`` and kept for the backward pass.
    Without training nothing is dropped, and nothing needs to be scaled.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Dropout(0.5)
    >>> layer.build((4,), np.random.default_rng(0), np.float64)
    (4,)
    >>> layer.forward(np.ones((4, 2)), training=True)
    array([[2., 2.],
           [0., 0.],
           [2., 2.],
           [0., 0.]])
    >>> layer.backward(np.ones((4, 2)))[0], layer.forward(np.ones((4, 2)))[0]
    (array([2., 2.]), array([1., 1.]))
    """

    p: float = 0.5
    _mask: Array | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if (
            not isinstance(self.p, (int, float, np.floating))
            or isinstance(self.p, bool)
            or not 0 <= self.p < 1
        ):
            raise NumericError(f"p is {shown(self.p)}; expected a probability of at least 0 and less than 1.")

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Take a stream of random numbers, and return the same shape."""
        (self.rng,) = rng.spawn(1)
        return input_shape

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """A_prev times the mask, or A_prev."""
        self._mask = None
        if not training or self.p == 0:
            return A_prev
        if self.rng is None:
            raise NumericError("Dropout has no rng yet; expected build(input_shape, rng, dtype) first.")
        mask = self.scratch("mask", A_prev.shape, A_prev.dtype)
        # Drawn in single precision whatever the model's: the same step in float64 has the same mask.
        u = self.scratch("u", A_prev.shape, np.dtype(np.float32))
        self.rng.random(dtype=np.float32, out=u)
        # The whole part of u + (1 - p) is 1 where u >= p, and 0 elsewhere.
        np.add(u, 1 - self.p, u)
        np.floor(u, u)
        np.copyto(mask, u)
        np.multiply(mask, 1 / (1 - self.p), mask)
        A = self.scratch("A", A_prev.shape, A_prev.dtype)
        np.multiply(A_prev, mask, out=A)
        self._mask = mask
        return A

    def backward(self, dA: Array) -> Array:
        """dA times the mask of the last forward pass."""
        if self._mask is None:
            return dA
        dX = self.scratch("dX", dA.shape, dA.dtype)
        np.multiply(dA, self._mask, out=dX)
        return dX


class Residual(Bare):
    """Add what a few layers compute to what they got: A = X + F(X).

    Parameters
    ----------
    *layers : Layer
        F, in order; its output must have the shape of its input.

    Notes
    -----
    The parameters are those of the layers, named ``"0.W"`` for the W of the first.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Residual(Dropout(0.0))
    >>> layer.build((3,), np.random.default_rng(0), np.float64)
    (3,)
    >>> layer.forward(np.ones((3, 1))).ravel(), layer.backward(np.ones((3, 1))).ravel()
    (array([2., 2., 2.]), array([2., 2., 2.]))
    """

    def __init__(self, *layers: Layer) -> None:
        super().__init__()
        if not layers:
            raise NumericError("Residual got no layers; expected at least one.")
        for number, layer in enumerate(layers, start=1):
            if not isinstance(layer, Layer):
                raise NumericError(
                    f"layer {number} of Residual is {shown(layer)}; expected a layer, such as numeric.ReLU()."
                )
        self.layers = layers

    def __repr__(self) -> str:
        return f"Residual({', '.join(map(repr, self.layers))})"

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Build the layers one after the other, and return the same shape."""
        shape = input_shape
        for layer in self.layers:
            shape = layer.build(shape, rng, dtype)
        if shape != input_shape:
            raise ShapeError(
                f"{self} turns {input_shape} into {shape}; expected the same shape, because the two are added."
            )
        self.parameters, self.gradients, self.state = {}, {}, {}
        for mine, theirs in self._members():
            mine.update(
                {self._name(k, name): value for k, own in enumerate(theirs) for name, value in own.items()}
            )
        return shape

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """A_prev + F(A_prev)."""
        self._hand_out()
        F = A_prev
        for layer in self.layers:
            F = layer.forward(F, training=training)
        A = self.scratch("A", A_prev.shape, A_prev.dtype)
        np.add(A_prev, F, out=A)
        return A

    def backward(self, dA: Array) -> Array:
        """dA + F'(dA)."""
        self._hand_out()
        through = self.scratch("through", dA.shape, dA.dtype)
        # A layer may overwrite what it gets, and dA is needed once more.
        np.copyto(through, dA)
        for layer in reversed(self.layers):
            through = layer.backward(through)
        dX = self.scratch("dX", dA.shape, dA.dtype)
        np.add(dA, through, out=dX)
        return dX

    def pieces(self) -> Array | None:
        """The pieces of all layers, one example a column."""
        found = [
            p.reshape(-1, p.shape[-1]) for p in (layer.pieces() for layer in self.layers) if p is not None
        ]
        return np.concatenate([p.astype(np.int64) for p in found]) if found else None

    def _members(self) -> list[tuple[dict[str, Array], list[dict[str, Array]]]]:
        return [
            (self.parameters, [layer.parameters for layer in self.layers]),
            (self.gradients, [layer.gradients for layer in self.layers]),
            (self.state, [layer.state for layer in self.layers]),
        ]

    @staticmethod
    def _name(k: int, name: str) -> str:
        return f"{k}.{name}"

    def _hand_out(self) -> None:
        """Give the layers the arrays that now stand in this layer's dicts: the model may have put its own there."""
        for mine, theirs in self._members():
            for k, own in enumerate(theirs):
                own.update({name: mine[self._name(k, name)] for name in own})
