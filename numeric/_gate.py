"""The quick look at the data of a step: what passes needs no closer one, at the price of a few small products."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any
from weakref import ref

import numpy as np

from numeric._layer import Array

__all__ = ["Gate"]


class Gate:
    """Lets X and Y through when they are as `check_pair` would return them.

    False means only that it takes a closer look to know. X is looked at in every step. Labels are looked at when
    an array is first seen; as long as the same array comes again, a product with fixed random numbers tells whether
    it was changed in between.
    """

    __slots__ = (
        "_Y",
        "_by_columns",
        "_key",
        "_mark",
        "_ones",
        "_shape",
        "_strides",
        "dtype",
        "input_shape",
        "loss",
        "n_y",
    )

    def __init__(self, input_shape: tuple[int, ...], n_y: int, loss: str, dtype: np.dtype[Any]) -> None:
        self.input_shape, self.n_y, self.loss, self.dtype = input_shape, n_y, loss, dtype
        self._Y: Callable[[], Any] = lambda: None
        self._shape: tuple[int, ...] = ()
        self._strides: tuple[int, ...] = ()
        self._key = self._ones = np.empty(0)
        self._mark = 0.0
        self._by_columns = False  # whether examples lie one after the other, as in the transpose of a table

    def passes(self, X: Any, Y: Any) -> bool:
        """Answer whether X and Y can be used as they are."""
        if (
            Y is self._Y()
            and type(X) is np.ndarray
            and X.dtype is self.dtype
            and X.shape == self._shape
            and X.strides == self._strides
            and Y.shape == self._key.shape
            and float(np.vdot(Y, self._key)) == self._mark
        ):
            return _is_finite(X.T if self._by_columns else X)
        if not (type(X) is type(Y) is np.ndarray and X.dtype is Y.dtype is self.dtype and X.flags.forc):
            return False
        m = X.shape[-1] if X.ndim > 1 else 0
        if X.shape[:-1] != self.input_shape or Y.shape != (self.n_y, m) or m == 0 or not Y.flags.forc:
            return False
        self._by_columns = not X.flags.c_contiguous
        if not (_is_finite(X.T if self._by_columns else X) and self._are_labels(Y)):
            return False
        self._shape, self._strides = X.shape, X.strides
        if Y.flags.c_contiguous:
            self._mark = float(np.vdot(Y, self._key))
            self._Y = ref(Y)
        return True

    def _are_labels(self, Y: Array) -> bool:
        m = Y.shape[1]
        if self._key.shape != Y.shape:
            self._key = np.random.default_rng(0).standard_normal(Y.shape, dtype=self.dtype.type)
            self._ones = np.ones(max(Y.shape), self.dtype)
        if self.loss == "softmax_cross_entropy":
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
