"""Pooling: one number for each window of an image, channel by channel.

X is ``(C, H, W, m)``, A is ``(C, H_out, W_out, m)``; window (i, j) covers X~[i s + u, j s + v] for the taps
u < kh, v < kw. Forward and backward::

    max      A[i, j] = max over u, v          dX[i s + u, j s + v] += dA[i, j]  for the tap that won, 0 for the rest
    average  A[i, j] = mean over u, v         dX[i s + u, j s + v] += dA[i, j] / (kh kw)  for every tap

Ties. Where two taps of a window are equal and largest, the maximum has a kink and no derivative. The first tap in
reading order wins and gets all of dA; this is what PyTorch does too. The padding of max pooling never wins; that of
average pooling counts as zeros.

Derived line by line, each line proved: ``backproof derive max_pool`` or ``avg_pool``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import shown
from numeric._errors import NumericError
from numeric._layer import Array
from numeric.layers._bare import Bare, Pair, images, pair, sizes
from numeric.layers._windows import Axis

__all__ = ["AvgPool2d", "MaxPool2d"]

# What one tap of every window reads, and which windows read inside the image.
Tap = tuple[tuple[slice, slice, slice], tuple[slice, slice, slice]]


@dataclass(eq=False)
class _Pool(Bare):
    """The geometry that both have in common."""

    size: int | Pair
    stride: int | Pair | None = None
    padding: int | Pair = 0
    _shape: tuple[int, int, int] = field(init=False, repr=False)
    _out: tuple[int, int, int] = field(init=False, repr=False)
    _axes: tuple[Axis, Axis] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.size = pair(self.size, "size")
        self.stride = self.size if self.stride is None else pair(self.stride, "stride")
        self.padding = pair(self.padding, "padding", least=0)
        if any(2 * p > k for p, k in zip(self.padding, self.size, strict=True)):
            raise NumericError(
                f"padding is {shown(self.padding)}; expected at most half of the size, which is {self.size}."
            )

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Return (C, H_out, W_out) for images (C, H, W)."""
        self._shape = images(input_shape, self)
        size, stride, padding = (cast(Pair, v) for v in (self.size, self.stride, self.padding))
        n = self._shape[1:]
        n_out = sizes(n, size, stride, padding, (1, 1), self)
        rows, columns = (Axis(n[k], n_out[k], size[k], stride[k], 1, padding[k]) for k in (0, 1))
        self._axes = (rows, columns)
        self._out = (self._shape[0], *n_out)
        return self._out

    def _taps(self) -> Iterator[Tap]:
        """For each tap: the pixels it reads, and the windows in which it reads a pixel and no padding."""
        rows, columns = self._axes
        for u in range(rows.kernel):
            for v in range(columns.kernel):
                i, into_i = rows.overlap(u, rows.n_out, rows.stride)
                j, into_j = columns.overlap(v, columns.n_out, columns.stride)
                everything = slice(None)
                yield (everything, i, j), (everything, into_i, into_j)

    def _read(self, X: Array, tap: Tap, outside: float) -> Array:
        """The pixels of one tap side by side, with a value for those in the padding."""
        (pixels, windows), shape = tap, (*self._out, X.shape[-1])
        side_by_side = self.scratch("tap", shape, X.dtype)
        part = side_by_side[windows]
        if part.shape != shape:
            side_by_side.fill(outside)
        np.copyto(part, X[pixels])
        return side_by_side

    def _blank(self, dA: Array) -> Array:
        """Memory for dX, zero everywhere."""
        dX = self.scratch("dX", (*self._shape, dA.shape[-1]), dA.dtype)
        dX.fill(0)
        return dX

    def _give(self, dX: Array, tap: Tap, share: Array) -> None:
        """Add a share of dA to the pixels of one tap."""
        pixels, windows = tap
        if all(axis.stride >= axis.kernel for axis in self._axes):
            np.copyto(dX[pixels], share[windows])  # no other window reads them
            return
        gathered = self.scratch("tap", share.shape, share.dtype)
        np.copyto(gathered[windows], dX[pixels])
        np.add(gathered, share, gathered)
        np.copyto(dX[pixels], gathered[windows])


@dataclass(eq=False)
class MaxPool2d(_Pool):
    """The largest entry of each window.

    Parameters
    ----------
    size : int or pair of int
        Height and width of the windows.
    stride : int or pair of int, optional
        Steps from one window to the next; by default the size, so that windows do not overlap.
    padding : int or pair of int
        Places on each side that never win; 0, and at most half of the size.

    Notes
    -----
    On a tie the first tap in reading order wins, and gets the whole gradient.

    Examples
    --------
    >>> import numpy as np
    >>> layer = MaxPool2d(2)
    >>> layer.build((1, 2, 4), np.random.default_rng(0), np.float64)
    (1, 1, 2)
    >>> layer.forward(np.array([[1.0, 2.0, 5.0, 5.0], [3.0, 0.0, 5.0, 1.0]]).reshape(1, 2, 4, 1)).ravel()
    array([3., 5.])
    >>> layer.backward(np.ones((1, 1, 2, 1)))[0, :, :, 0]  # of three fives, the first
    array([[0., 0., 1., 0.],
           [1., 0., 0., 0.]])
    """

    _winner: Array = field(init=False, repr=False)

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """The running maximum over the taps, and which tap it came from."""
        new, shape = self.scratch, (*self._out, A_prev.shape[-1])
        A, better = new("A", shape, A_prev.dtype), new("better", shape, np.bool_)
        winner, challenger = (new(name, shape, self._numbers()) for name in ("winner", "challenger"))
        winner.fill(0)
        for number, tap in enumerate(self._taps()):
            pixels = self._read(A_prev, tap, -np.inf)
            if number == 0:
                np.copyto(A, pixels)
                continue
            np.greater(pixels, A, better)
            # Taps come in order: the last that was better than all before it has the largest number.
            np.copyto(challenger, better)
            np.multiply(challenger, challenger.dtype.type(number), challenger)
            np.maximum(winner, challenger, out=winner)
            # The maximum keeps NaN, which a comparison would pass over.
            np.maximum(A, pixels, out=A)
        self._winner = winner
        return A

    def backward(self, dA: Array) -> Array:
        """Hand dA to the tap that won."""
        new, bits = self.scratch, np.dtype(f"i{dA.itemsize}")
        dX = self._blank(dA)
        won, share = new("won", dA.shape, np.bool_), new("share", dA.shape, dA.dtype)
        for number, tap in enumerate(self._taps()):
            np.equal(self._winner, self._winner.dtype.type(number), won)
            # The bits of dA times 1 or 0.
            np.copyto(share.view(bits), won)
            np.multiply(share.view(bits), dA.view(bits), share.view(bits))
            self._give(dX, tap, share)
        return dX

    def _numbers(self) -> type[np.unsignedinteger[Any]]:
        """The smallest whole numbers that count the taps."""
        return np.uint8 if self._axes[0].kernel * self._axes[1].kernel <= 256 else np.uint32

    def pieces(self) -> Array | None:
        """Which tap won in each window."""
        return self._winner.copy()


@dataclass(eq=False)
class AvgPool2d(_Pool):
    """The mean of each window.

    Parameters
    ----------
    size : int or pair of int
        Height and width of the windows.
    stride : int or pair of int, optional
        Steps from one window to the next; by default the size, so that windows do not overlap.
    padding : int or pair of int
        Zeros on each side, which count in the mean; 0, and at most half of the size.

    Examples
    --------
    >>> import numpy as np
    >>> layer = AvgPool2d(2)
    >>> layer.build((1, 2, 4), np.random.default_rng(0), np.float64)
    (1, 1, 2)
    >>> layer.forward(np.array([[1.0, 2.0, 5.0, 5.0], [3.0, 0.0, 5.0, 1.0]]).reshape(1, 2, 4, 1)).ravel()
    array([1.5, 4. ])
    """

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """The sum over the taps, divided by their number."""
        A = self.scratch("A", (*self._out, A_prev.shape[-1]), A_prev.dtype)
        A.fill(0)
        for tap in self._taps():
            np.add(A, self._read(A_prev, tap, 0.0), A)
        np.divide(A, self._axes[0].kernel * self._axes[1].kernel, A)
        return A

    def backward(self, dA: Array) -> Array:
        """An equal share of dA for each tap."""
        dX, share = self._blank(dA), self.scratch("share", dA.shape, dA.dtype)
        np.divide(dA, self._axes[0].kernel * self._axes[1].kernel, share)
        for tap in self._taps():
            self._give(dX, tap, share)
        return dX
