"""The quick look at the data of a step: what passes needs no closer one, at the price of a few small products."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any
from weakref import ref

import numpy as np

from numeric._layer import Array

__all__ = ["Gate"]

# Bytes of labels up to which a copy of them is kept.
_FEW = 2**12


class Gate:
    """Lets X and Y through when they are as `check_pair` would return them.

    False means only that it takes a closer look to know.

    X is looked at in every step, unless ``careful`` says that whoever makes the step does so.
    Labels are looked at when they are first seen. Whether they are the same in the next step tells a copy of them where
    they are few; else, as long as the same array comes again, a product with fixed random numbers.
    """

    __slots__ = (
        "_Y",
        "_Y_shape",
        "_by_columns",
        "_copy",
        "_key",
        "_mark",
        "_ones",
        "_shape",
        "_strides",
        "careful",
        "dtype",
        "input_shape",
        "loss",
        "n_y",
    )

    def __init__(
        self,
        input_shape: tuple[int, ...],
        n_y: int,
        loss: str,
        dtype: np.dtype[Any],
        *,
        careful: bool = False,
    ) -> None:
        self.input_shape, self.n_y, self.loss, self.dtype, self.careful = (
            input_shape,
            n_y,
            loss,
            dtype,
            careful,
        )
        self._Y: Callable[[], Any] = lambda: None
        self._copy = b""
        self._shape: tuple[int, ...] = ()
        self._Y_shape: tuple[int, ...] = ()
        self._strides: tuple[int, ...] = ()
        self._key = self._ones = np.empty(0)
        self._mark = 0.0
        self._by_columns = False  # whether examples lie one after the other, as in the transpose of a table

    def passes(self, X: Any, Y: Any) -> bool:
        """Answer whether X and Y can be used as they are."""
        if not (
            type(X) is type(Y) is np.ndarray
            and X.dtype is Y.dtype is self.dtype
            and X.shape == self._shape
            and Y.shape == self._Y_shape
            and X.strides == self._strides
            and (Y.tobytes() == self._copy if self._copy else self._is_marked(Y))
        ):
            if not (self._fit(X, Y) and self._are_labels(Y)):
                return False
            self.remember(X, Y)
        return self.careful or _is_finite(X.T if self._by_columns else X)

    def remember(self, X: Array, Y: Array) -> None:
        """Take note that Y are labels, after a closer look; and how X lies in memory."""
        self._by_columns = not X.flags.c_contiguous
        if X.flags.forc and Y.flags.c_contiguous:
            self._shape, self._Y_shape, self._strides = X.shape, Y.shape, X.strides
            self._copy = Y.tobytes() if Y.nbytes <= _FEW else b""
            if not self._copy:
                self._make_constants(Y.shape)
                self._mark, self._Y = float(np.vdot(Y, self._key)), ref(Y)

    def _is_marked(self, Y: Array) -> bool:
        return Y is self._Y() and float(np.vdot(Y, self._key)) == self._mark

    def _fit(self, X: Any, Y: Any) -> bool:
        """Answer whether shapes and types are right, and the entries in an order that products read as they are."""
        if not (type(X) is type(Y) is np.ndarray and X.dtype is Y.dtype is self.dtype and X.flags.forc):
            return False
        m = X.shape[-1] if X.ndim else 0
        return m > 0 and X.shape[:-1] == self.input_shape and Y.shape == (self.n_y, m) and Y.flags.forc

    def _make_constants(self, shape: tuple[int, ...]) -> None:
        if self._key.shape != shape:
            self._key = np.random.default_rng(0).standard_normal(shape, dtype=self.dtype.type)
            self._ones = np.ones(max(shape), self.dtype)

    def _are_labels(self, Y: Array) -> bool:
        m = Y.shape[1]
        if self.loss == "softmax_cross_entropy":
            self._make_constants(Y.shape)
            # With sums s_j of m columns: sum s_j = sum s_j^2 = m only when every s_j is 1 (Cauchy and Schwarz).
            s = np.dot(self._ones[: self.n_y], Y)
            ones = np.vdot(s, s) == m == np.dot(s, self._ones[:m])
            return bool(ones and np.minimum.reduce(Y, None) >= 0)
        if self.loss == "bce":
            return bool(np.minimum.reduce(Y, None) >= 0 and np.maximum.reduce(Y, None) <= 1)
        if self.loss == "hinge":
            return bool((np.abs(Y) == 1).all())
        return _is_finite(Y)


def _is_finite(array: Array) -> bool:
    """Answer for an array in C order: another one would be copied. A finite sum of squares has finite terms."""
    return isfinite(np.vdot(array, array))  # one pass, which warns of nothing
