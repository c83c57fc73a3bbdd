"""Embedding: a column of W for each token.

ids is ``(T, m)``, whole numbers 0 ... V - 1; W is ``(d, V)``, A is ``(d, T, m)``. With O the one-hot matrix of the ids,
A = W O, so the equations are those of a dense layer without bias; nobody forms O::

    A[:, t, j]  = W[:, ids[t, j]]
    dW[:, v]    = (1/m) sum of dA[:, t, j] over all places (t, j) with ids[t, j] = v

Derived line by line, each line proved: ``backproof derive embedding``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_positive_int
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
        new, shape = self.scratch, A_prev.shape
        ids, wrong = new("ids", shape, np.intp), new("wrong", shape, np.bool_)
        with np.errstate(invalid="ignore"):  # NaN becomes some number that is not equal to it
            np.copyto(ids, A_prev, casting="unsafe")
        whole = new("whole", shape, A_prev.dtype)
        np.copyto(whole, ids, casting="unsafe")
        np.not_equal(whole, A_prev, wrong)
        if wrong.any() or np.minimum.reduce(ids, None) < 0 or np.maximum.reduce(ids, None) >= self.tokens:
            wrong |= (ids < 0) | (ids >= self.tokens)
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise NumericError(
                f"ids{list(place)} is {A_prev[place]}; expected a whole number from 0 to {self.tokens - 1}."
            )
        W = self.parameters["W"]
        A = new("A", (self.width, *shape), W.dtype)
        np.take(W, ids, axis=1, out=A, mode="clip")  # clip: with its own check, take would go through a copy
        self._ids = ids
        return A

    def backward(self, dA: Array) -> Array:
        """Bring the places of each token together, and sum each run: NumPy does that by halves."""
        dW, d, N = self.gradients["W"], self.width, self._ids.size
        tokens, places, starts = self._runs()
        runs = len(tokens)
        together, sums = (self.scratch(name, (d, N), dA.dtype) for name in ("together", "sums"))
        np.take(dA.reshape(d, N), places, axis=1, out=together, mode="clip")
        sums = sums.reshape(-1)[: d * runs].reshape(d, runs)
        np.add.reduceat(together, starts, axis=1, out=sums)
        dW.fill(0)
        dW[:, tokens] = sums
        np.divide(dW, dA.shape[-1], dW)
        dX = self.scratch("dX", self._ids.shape, dA.dtype)
        dX.fill(0)
        return dX

    def _runs(self) -> tuple[Array, Array, Array]:
        """Return the tokens that occur, all places (t, j) in the order of their tokens, and where each token's begin."""
        N = self._ids.size
        number, key, token, is_new, run = (
            self.scratch(name, (N,), np.intp) for name in ("number", "key", "token", "is new", "run")
        )
        number.fill(1)
        np.add.accumulate(number, out=number)
        # One key for token and place: to sort places by token would need memory.
        np.multiply(self._ids.reshape(N), N + 1, key)
        np.add(key, number, key)
        key.sort()
        np.floor_divide(key, N + 1, token)
        is_new[:1] = 1
        np.copyto(
            is_new[1:], np.not_equal(token[1:], token[:-1], self.scratch("differs", (N - 1,), np.bool_))
        )
        np.add.accumulate(is_new, out=run)
        # The last place of run r is written last, and the one after it begins run r + 1.
        starts = self.scratch("starts", (N + 1,), np.intp)
        starts[0] = 0
        starts[run] = number
        runs = int(run[-1])
        occurring = np.take(token, starts[:runs], out=is_new[:runs], mode="clip")
        np.multiply(token, N + 1, token)
        np.subtract(key, token, key)
        np.subtract(key, 1, key)
        return occurring, key, starts[:runs]
