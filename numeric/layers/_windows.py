"""The windows of a convolution as one matrix, with a kernel-width of copies and no more.

For images X ``(C, H, W, m)`` and one group of channels, ``unfold`` fills R ``(rows, C, kw, W_out, m)``::

    R[r, c, v, j] = X~[c, r, j s + v d]          X~ is X with its padding

All that output row i looks at are the kh rows ``R[i s], ..., R[i s + kh - 1]``. They lie side by side, so the
matrix of output row i, ``(kh C kw) x (W_out m)``, is a *view* of R that costs nothing: its rows run through the
taps (u, c, v) and its columns through the pixels of the row and the examples. Neighbouring output rows share memory.
The columns are cut into tiles, for the speed of the products.
Where the rows of a window are not neighbours (dilation, or strides beyond the kernel) each window gets its own.

The backward pass is the same machine: dX is a convolution of dZ, spread out by the stride, with the filters turned
round. So an axis is described by both a stride of the windows and a spread (`up`) of the input.
"""

from __future__ import annotations

from dataclasses import dataclass

from numpy.lib.stride_tricks import as_strided

from numeric._layer import Array

__all__ = ["Axis", "rows_needed", "tiles", "unfold", "window_matrices"]

# Multiplications of a small product, by the measure of OpenBLAS.
_SMALL = 1_000_000


@dataclass(frozen=True)
class Axis:
    """One direction: input entry a stands at position ``a up + offset``, and window j reads ``j stride + v dilation``."""

    n_in: int
    n_out: int
    kernel: int
    stride: int
    dilation: int
    offset: int
    up: int = 1

    def turned(self) -> Axis:
        """The axis of the backward pass: windows over dZ, one for each input entry, and the taps in reverse."""
        reach = self.dilation * (self.kernel - 1)
        return Axis(self.n_out, self.n_in, self.kernel, 1, self.dilation, reach - self.offset, self.stride)

    @property
    def shared(self) -> bool:
        """Whether the windows along this axis are runs of neighbours, and worth sharing."""
        return self.dilation == 1 and self.stride < max(self.kernel, 2)

    def overlap(self, shift: int, n_windows: int, stride: int) -> tuple[slice, slice]:
        """Which windows j find an input entry at position ``j stride + shift``, and which entry: (entries, windows)."""
        start = shift - self.offset
        if self.up == 1:
            first = max(0, -(start // stride))
            last = min(n_windows, (self.n_in - 1 - start) // stride + 1)
            last = max(first, last)
            entries = slice(first * stride + start, last * stride + start, stride)
            return entries if last > first else slice(0, 0), slice(first, last)
        first = max(0, -(-start // self.up))
        last = max(first, min(self.n_in, (n_windows - 1 + start) // self.up + 1))
        return slice(first, last), slice(first * self.up - start, max(0, last * self.up - start), self.up)


def rows_needed(axis: Axis) -> int:
    """How many rows R has."""
    return (axis.n_out - 1) * axis.stride + axis.kernel if axis.shared else axis.n_out * axis.kernel


def unfold(X: Array, R: Array, rows: Axis, columns: Axis) -> None:
    """Copy images X ``(G, C, H, W, m)`` into R ``(G, rows, C, kw, W_out, m)``; what stands for padding is left as it is."""
    by_row = X.swapaxes(1, 2)
    for v in range(columns.kernel):
        entries, windows = columns.overlap(v * columns.dilation, columns.n_out, columns.stride)
        source, target = by_row[:, :, :, entries], R[:, :, :, v, windows]
        if rows.shared:
            taken, placed = rows.overlap(0, R.shape[1], 1)
            target[:, placed] = source[:, taken]
            continue
        for u in range(rows.kernel):
            taken, placed = rows.overlap(u * rows.dilation, rows.n_out, rows.stride)
            target[:, u :: rows.kernel][:, placed] = source[:, taken]


def tiles(rows: int, inner: int, axis: Axis, m: int) -> int:
    """Into how many tiles to cut the pixels of an output row for products of ``rows x inner`` by ``inner x pixels``.

    Up to a million multiplications OpenBLAS does not rearrange its operands first, which for a dozen rows costs as
    much as the product: small products are up to 1.7 times as fast. Tiles have equal widths, so they divide the row.
    """
    width = max(1, _SMALL // max(1, rows * inner * m))
    return next(
        n
        for n in range(1, axis.n_out + 1)
        if axis.n_out % n == 0 and (axis.n_out // n <= width or n == axis.n_out)
    )


def window_matrices(R: Array, axis: Axis, n_tiles: int) -> Array:
    """The view ``(G, H_out, tiles, kh C kw, pixels m)`` of R: one matrix for each tile, with shared memory."""
    groups, _, channels, kernel, width, m = R.shape
    step = axis.stride if axis.shared else axis.kernel
    row, entry, tile = R.strides[1], R.strides[5], width // n_tiles * m
    return as_strided(
        R,
        (groups, axis.n_out, n_tiles, axis.kernel * channels * kernel, tile),
        (R.strides[0], step * row, tile * entry, width * m * entry, entry),
        writeable=False,
    )
