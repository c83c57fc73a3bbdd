"""Embedding: a column of W for each token.

ids is ``(T, m)``, whole numbers 0 ... V - 1; W is ``(d, V)``, A is ``(d, T, m)``. With O the one-hot matrix of the ids,
A = W O, so the equations are those of a dense layer without bias; nobody forms O::

    A[:, t, j]  = W[:, ids[t, j]]
    dW[:, v]    = (1/m) sum of dA[:, t, j] over all places (t, j) with ids[t, j] = v
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from numeric._checks import check_positive_int
from numeric._errors import NumericError, ShapeError
from numeric._layer import Array
from numeric.layers._bare import Bare, normal

__all__ = ["Embedding"]


@dataclass(eq=False)
class Embedding(Bare):
    """Turn token ids into vectors; the first layer of a model on sequences.

    Parameters
    ----------
    tokens : int
        V, the size of the vocabulary: ids run from 0 to V - 1.
    width : int
        d, the length of a vector.

    Notes
    -----
    ``W`` (d, V) is drawn with variance 1/d. Ids may come as floats, as from a data file, as long as they are whole.
    The gradient with respect to the ids does not exist; ``backward`` returns zeros.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Embedding(5, 3)
    >>> layer.build((4,), np.random.default_rng(0), np.float64)
    (3, 4)
    >>> ids = np.array([[0], [2], [2], [4]])
    >>> A = layer.forward(ids)
    >>> A.shape, bool((A[:, 1] == A[:, 2]).all())
    ((3, 4, 1), True)
    >>> layer.backward(np.ones((3, 4, 1))).shape, layer.gradients["W"][0]
    ((4, 1), array([1., 0., 2., 0., 1.]))
    """

    tokens: int
    width: int
    _ids: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_positive_int(self.tokens, "tokens")
        check_positive_int(self.width, "width")

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Draw W for ids (T,), and return (d, T)."""
        if len(input_shape) != 1:
            raise ShapeError(f"{self} got input_shape {input_shape}; expected (T,), the number of positions.")
        self.start(W=normal(rng, (self.width, self.tokens), self.width, dtype, gain=1.0))
        return (self.width, *input_shape)

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """The columns of W, one for each id."""
        with np.errstate(invalid="ignore"):  # NaN becomes some number that is not equal to it
            ids = A_prev.astype(np.intp)
        wrong = (ids != A_prev) | (ids < 0) | (ids >= self.tokens)
        if wrong.any():
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise NumericError(
                f"ids{list(place)} is {A_prev[place]}; expected a whole number from 0 to {self.tokens - 1}."
            )
        W = self.parameters["W"]
        A = self.scratch("A", (self.width, *ids.shape), W.dtype)
        np.take(W, ids, axis=1, out=A, mode="clip")  # clip: with its own check, take would go through a copy
        self._ids = ids
        return A

    def backward(self, dA: Array) -> Array:
        """Sum dA over the places of each token: the places sorted by token, then one sum for each run."""
        ids = self._ids.reshape(-1)
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        by_token = dA.reshape(self.width, -1)[:, order]
        dW = self.gradients["W"]
        dW.fill(0)
        dW[:, ordered[starts]] = np.add.reduceat(by_token, starts, axis=1) / dA.shape[-1]
        return np.zeros(self._ids.shape, dA.dtype)
