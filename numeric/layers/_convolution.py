"""Convolution of images: every output pixel is the same weighted sum of the pixels around it.

X is ``(C, H, W, m)``, Z is ``(F, H_out, W_out, m)``, W is ``(F, C/G, kh, kw)``, b is ``(F, 1)``: F filters, G groups,
stride s, padding p (zeros), dilation d. Forward::

    Z[f, i, j] = b[f] + sum over c, u, v of W[f, c, u, v] X~[c, i s + u d, j s + v d]

where X~ is X with p zeros on each side, and c runs through the channels of the group that f belongs to.
Backward, from dZ, the gradient of the per-example losses::

    dW[f, c, u, v] = (1/m) sum over i, j, examples of dZ[f, i, j] X~[c, i s + u d, j s + v d]
    db[f]          = (1/m) sum over i, j, examples of dZ[f, i, j]
    dX[c, r, t]    = sum over f, u, v of W[f, c, u, v] dZ[f, i, j]   where i s + u d = r + p,  j s + v d = t + p

The last is a convolution of dZ, spread out by s, with the filters turned round and their two channel axes swapped.
All three are matrix products, of whole rows of pixels and all examples at once: `_windows` lays them out.

Derived line by line, each line proved: ``backproof derive conv2d``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_positive_int
from numeric._errors import NumericError, ShapeError
from numeric._layer import Array
from numeric._long_sums import add_by_halves, over_examples
from numeric._repeat import with_repeated
from numeric.layers._bare import Bare, Pair, images, normal, pair, sizes
from numeric.layers._windows import Axis, rows_needed, tiles, unfold, window_matrices

__all__ = ["Conv2d"]


@dataclass(eq=False)
class Conv2d(Bare):
    """A two-dimensional convolution.

    Parameters
    ----------
    filters : int
        Number of output channels.
    kernel : int or pair of int
        Height and width of the filters.
    stride : int or pair of int
        Steps from one window to the next; 1.
    padding : int or pair of int
        Zeros on each side; 0. With an odd kernel k, ``(k - 1) // 2`` keeps the size of the image.
    dilation : int or pair of int
        Steps from one tap of a window to the next; 1.
    groups : int
        The channels are cut into this many groups, each with its own filters; 1. ``groups`` equal to the number
        of channels is a depthwise convolution.
    bias : bool
        Whether each filter adds a number; True.

    Notes
    -----
    Parameters ``W`` (filters, channels / groups, kh, kw), drawn with variance 2 / (inputs of one output), and ``b``
    (filters, 1), which starts at 0. It computes a cross-correlation, as every deep learning library does: the
    filter is not turned round. Memory: the kernel's width times the input, kept from the forward to the backward pass.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Conv2d(1, 3, padding=1)
    >>> layer.build((1, 3, 3), np.random.default_rng(0), np.float64)
    (1, 3, 3)
    >>> layer.parameters["W"][:] = 1.0
    >>> layer.forward(np.ones((1, 3, 3, 1)))[0, :, :, 0]
    array([[4., 6., 4.],
           [6., 9., 6.],
           [4., 6., 4.]])
    """

    filters: int
    kernel: int | Pair
    stride: int | Pair = 1
    padding: int | Pair = 0
    dilation: int | Pair = 1
    groups: int = 1
    bias: bool = True
    _rows: Axis = field(init=False, repr=False)
    _columns: Axis = field(init=False, repr=False)
    _channels: int = field(init=False, repr=False)
    _R: Array = field(init=False, repr=False)
    _zeroed: dict[str, Array] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        check_positive_int(self.filters, "filters")
        check_positive_int(self.groups, "groups")
        self.kernel, self.stride = pair(self.kernel, "kernel"), pair(self.stride, "stride")
        self.padding, self.dilation = pair(self.padding, "padding", least=0), pair(self.dilation, "dilation")
        if self.filters % self.groups:
            raise NumericError(
                f"filters is {self.filters}; expected a multiple of groups, which is {self.groups}."
            )

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Draw W for images (C, H, W), and return (filters, H_out, W_out)."""
        channels, *n = images(input_shape, self)
        if channels % self.groups:
            raise ShapeError(
                f"{self} got {channels} channels; expected a multiple of groups, which is {self.groups}."
            )
        kernel, stride, padding, dilation = (
            cast(Pair, v) for v in (self.kernel, self.stride, self.padding, self.dilation)
        )
        n_out = sizes((n[0], n[1]), kernel, stride, padding, dilation, self)
        self._rows, self._columns = (
            Axis(n[k], n_out[k], kernel[k], stride[k], dilation[k], padding[k]) for k in (0, 1)
        )
        self._channels = channels
        inputs = channels // self.groups * kernel[0] * kernel[1]
        W = normal(rng, (self.filters, channels // self.groups, *kernel), inputs, dtype)
        self.start(W=W, **({"b": np.zeros((self.filters, 1), dtype)} if self.bias else {}))
        return (self.filters, *n_out)

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """Z = W * A_prev + b."""
        m, W = A_prev.shape[-1], self.parameters["W"]
        self._R = self._unfolded("R", A_prev, self._channels, self._rows, self._columns)
        Z = self.scratch("Z", (self.filters, self._rows.n_out, self._columns.n_out, m), W.dtype)
        filters = self._by_tap(W)[:, None, None]
        n = tiles(filters.shape[-2], filters.shape[-1], self._columns, m)
        np.matmul(filters, window_matrices(self._R, self._rows, n), out=self._by_tile(Z, n))
        if self.bias:
            rows = Z.reshape(self.filters, -1)
            with_repeated(np.add, rows, self.parameters["b"], rows, self.scratch)
        return Z

    def backward(self, dA: Array) -> Array:
        """dW and db from dZ = dA and the windows; dX by a convolution of dZ."""
        W, m = self.parameters["W"], dA.shape[-1]
        dZ = np.ascontiguousarray(dA)
        if self.bias:
            np.add.reduce(dZ.reshape(self.filters, -1), axis=1, keepdims=True, out=self.gradients["b"])
            np.divide(self.gradients["b"], m, self.gradients["b"])
        # One product for each tile, and their sum.
        F, inner = self.filters // self.groups, W[0].size
        n = tiles(inner, F, self._columns, m)
        of_tiles = self.scratch("dW of tiles", (self.groups, self._rows.n_out, n, inner, F), W.dtype)
        windows = window_matrices(self._R, self._rows, n)
        over_examples(windows, self._by_tile(dZ, n), m, of_tiles, self.scratch)
        dW = self.scratch("dW", (self.groups, inner, F), W.dtype)
        add_by_halves(of_tiles.reshape(self.groups, -1, inner, F).swapaxes(0, 1), dW)
        np.copyto(*self._by_filter(self.gradients["W"], dW))
        np.divide(self.gradients["W"], m, self.gradients["W"])
        return self._spread(dZ)

    def _spread(self, dZ: Array) -> Array:
        """dX: the windows of dZ times the filters turned round."""
        W, m = self.parameters["W"], dZ.shape[-1]
        rows, columns = self._rows.turned(), self._columns.turned()
        R = self._unfolded("dR", dZ, self.filters, rows, columns)
        F, c, kh, kw = W.shape
        turned = self.scratch("turned", (self.groups, c, kh, F // self.groups, kw), W.dtype)
        np.copyto(turned, W.reshape(self.groups, -1, c, kh, kw)[..., ::-1, ::-1].transpose(0, 2, 3, 1, 4))
        dX = self.scratch("dX", (self._channels, rows.n_out, columns.n_out, m), W.dtype)
        filters = turned.reshape(self.groups, 1, 1, c, -1)
        n = tiles(filters.shape[-2], filters.shape[-1], columns, m)
        np.matmul(filters, window_matrices(R, rows, n), out=self._by_tile(dX, n))
        return dX

    def _unfolded(self, name: str, X: Array, channels: int, rows: Axis, columns: Axis) -> Array:
        """The windows of X, in memory whose padding was set to zero when it was last reshaped."""
        m, c = X.shape[-1], channels // self.groups
        shape = (self.groups, rows_needed(rows), c, columns.kernel, columns.n_out, m)
        R = self.scratch(name, shape, X.dtype)
        if self._zeroed.get(name) is not R:
            R.fill(0)
            self._zeroed[name] = R
        unfold(X.reshape(self.groups, c, *X.shape[1:]), R, rows, columns)
        return R

    def _by_tap(self, W: Array) -> Array:
        """W as ``(G, F/G, kh C/G kw)``: the order of the window matrices."""
        F, c, kh, kw = W.shape
        ordered = self.scratch("W by tap", (F, kh, c, kw), W.dtype)
        np.copyto(ordered, W.swapaxes(1, 2))
        return ordered.reshape(self.groups, F // self.groups, kh * c * kw)

    def _by_filter(self, ours: Array, dW: Array) -> tuple[Array, Array]:
        """The gradient ``(F, C/G, kh, kw)`` and dW ``(G, kh C/G kw, F/G)`` as views ``(G, F/G, C/G, kh, kw)``."""
        F, c, kh, kw = ours.shape
        by_tap = dW.reshape(self.groups, kh, c, kw, F // self.groups)
        return ours.reshape(self.groups, -1, c, kh, kw), by_tap.transpose(0, 4, 2, 1, 3)

    def _by_tile(self, Z: Array, n_tiles: int) -> Array:
        """Images ``(F, H, W, m)`` as the view ``(G, H, tiles, F/G, pixels m)``."""
        F, H, width, m = Z.shape
        by_group = Z.reshape(self.groups, F // self.groups, H, n_tiles, width // n_tiles * m)
        return by_group.transpose(0, 2, 3, 1, 4)
