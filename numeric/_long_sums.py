"""Sums over many examples, by halves, which lose a few units in the last place of any number of terms.

    dW = sum over the examples j of dZ[:, j] A[:, j]^T

is a matrix product, and those add one term after the other: where examples are alike every rounding goes the same
way, and 10^6 of them lose a thousand units. From `LONG` examples on, `over_examples` makes a product of each block of
16, and adds those by halves. 16 terms lose 5 units at worst, and another few are lost on the way up.

Blocks that are small lie side by side, because one call for many costs what a call for one does. Beyond one such stack
each half is a sum of its own, so of n blocks about log2(n) sums are kept. In all the product takes about 2.3 times as
long, which is a third more for a step.
"""

from __future__ import annotations

import numpy as np

from numeric._layer import Array, Workspace

__all__ = ["LONG", "add_by_halves", "over_examples", "row_products"]

# Examples from which on the gradients of weights are summed by halves: far above the batches that training is made of.
LONG = 4096
_BLOCK = 16
# Numbers in a stack: 128 kB of float32, which stay in the cache.
_STACK = 2**15


def over_examples(
    dZ: Array, A: Array, m: int, out: Array | None = None, new: Workspace | None = None
) -> Array:
    """Return dZ A^T, where dZ is ``(..., n, N)``, A is ``(..., k, N)``, and the N columns belong to m examples."""
    if m < LONG:
        return np.matmul(dZ, A.swapaxes(-1, -2), out=out)
    if out is None:
        out = np.empty((*dZ.shape[:-1], A.shape[-2]), np.result_type(dZ, A))
    new = new or Workspace()
    blocks, rest = divmod(dZ.shape[-1], _BLOCK)
    together = min(blocks, max(1, _STACK // out.size))
    stack = new("stack of products", (together, *out.shape), out.dtype)
    levels = (-(-blocks // together)).bit_length()
    sums = new("sums of halves", (levels, *out.shape), out.dtype)
    whole = blocks * _BLOCK
    _sum(_in_blocks(dZ[..., :whole]), _in_blocks(A[..., :whole]).swapaxes(-1, -2), out, stack, sums)
    if rest:
        np.matmul(dZ[..., whole:], A[..., whole:].swapaxes(-1, -2), out=sums[0])
        np.add(out, sums[0], out)
    return out


def _in_blocks(A: Array) -> Array:
    """``(..., n, N)`` as the view ``(blocks, ..., n, 16)``."""
    return np.moveaxis(A.reshape(*A.shape[:-1], -1, _BLOCK), -2, 0)


def _sum(dZ: Array, A_T: Array, out: Array, stack: Array, sums: Array) -> None:
    """Write the sum of the products of blocks; what each half needs on the way is in ``stack`` and ``sums``."""
    n, together = len(dZ), len(stack)
    if n == 1:
        np.matmul(dZ[0], A_T[0], out=out)
        return
    if n <= together:
        np.matmul(dZ, A_T, out=stack[:n])
        add_by_halves(stack[:n], out)
        return
    half = (n // 2 + together - 1) // together * together  # whole stacks
    _sum(dZ[:half], A_T[:half], out, stack, sums[1:])
    _sum(dZ[half:], A_T[half:], sums[0], stack, sums[1:])
    np.add(out, sums[0], out)


def add_by_halves(terms: Array, out: Array) -> None:
    """Write the sum of the terms, which stand along the first axis and are overwritten."""
    n = len(terms)
    while n > 1:
        half = n // 2
        np.add(terms[:half], terms[n - half : n], terms[:half])
        n -= half
    np.copyto(out, terms[0])


def row_products(X: Array, Y: Array, m: int, out: Array, free: Array) -> None:
    """Write the sum over each row of X Y, both ``(n, N)`` of m examples; ``free`` is of their shape, to be used."""
    if m < LONG:
        np.vecdot(X, Y, out)
    else:
        np.multiply(X, Y, free)
        np.add.reduce(free, axis=1, out=out)
