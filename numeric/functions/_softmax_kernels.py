"""Softmax over axis 0 with every digit: what softmax, its Jacobian and the cross-entropy share.

Columns are examples: Z is ``(n, m)``. With M = max_k Z_k in each column, and its first place k*::

    d_k = Z_k - M <= 0        rest = sum over k != k* of exp(d_k)        S = 1 + rest
    softmax_k     = exp(d_k)/S
    1 - softmax_k* = rest/S              where 1 - A would lose what matters most
    log softmax_k = d_k - log(1 + rest)  two terms of one sign

Each d_k is kept as two doubles: the last bit of Z - M at 700 is a hundred last bits of exp(Z - M).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numeric.functions._compensated import Floats, sum_rows, two_sum
from numeric.functions._elementwise import Array
from numeric.functions._exponential import exp_pair

__all__ = ["Shifted", "column_blocks", "shift"]

# exp(-746) is 0, so the low part of a difference below this is of no use, and may be infinite.
_FAR = -800.0
# Entries in a block of columns: a dozen temporaries of this many doubles stay in the L2 cache.
_BLOCK = 8192


@dataclass(frozen=True, eq=False, repr=False)
class Shifted:
    """One block of columns, shifted by their maxima."""

    largest: Floats  # (m,): M
    top: Floats  # (n, m), 1.0 at the first place of the maximum, else 0.0
    d: Floats  # (n, m): Z - M, high part
    d_low: Floats  # (n, m): and low part
    e: Floats  # (n, m): exp(Z - M)
    e_low: Floats  # (n, m): and its low part, 0 unless asked for
    rest: Floats  # (m,): the sum of e but for the top
    rest_low: Floats  # (m,): and its low part

    def softmax(self) -> Floats:
        """e / (1 + rest), with the rounding error of the denominator put right."""
        S, lost = self.denominator()
        q = self.e / S
        corrected: Floats = q + (self.e_low - q * lost) / S
        return corrected

    def complement(self) -> Floats:
        """1 - softmax: for the top as rest / (1 + rest), elsewhere as the difference, which loses nothing."""
        S, lost = self.denominator()
        q = self.rest / S
        q = q - q * (lost / S)
        return np.where(self.top == 1.0, q, 1.0 - self.softmax())

    def denominator(self) -> tuple[Floats, Floats]:
        """1 + rest as two doubles."""
        S, lost = two_sum(np.ones_like(self.rest), self.rest)
        return S, lost + self.rest_low


def shift(Z: Floats, *, twice: bool = False) -> Shifted:
    """Shift the columns of Z ``(n, m)`` by their maxima; with ``twice``, the exponentials have twice the digits.

    Infinite logits mean the limit: minus infinity takes no part, and several of plus infinity share equally.
    """
    largest = Z.max(axis=0)
    top = np.zeros_like(Z)
    np.put_along_axis(top, Z.argmax(axis=0)[None], 1.0, axis=0)
    d, d_low = two_sum(Z, -largest)
    tied = largest == Z
    d = np.where(tied, 0.0, d)
    d_low = np.where(tied | (d < _FAR), 0.0, d_low)
    if twice:
        e, e_low = exp_pair((np.maximum(d, _FAR), d_low))
    else:
        e = np.exp(d)
        e, e_low = e + e * d_low, np.broadcast_to(0.0, e.shape)
    rest, rest_low = sum_rows(np.where(top == 1.0, 0.0, e))
    rest_low = rest_low + np.where(top == 1.0, 0.0, e_low).sum(axis=0)
    return Shifted(largest, top, d, d_low, e, e_low, rest, rest_low)


def column_blocks(Z: Array) -> list[slice]:
    """Slices of columns that each fit the cache."""
    width = max(1, _BLOCK // max(1, Z.shape[0]))
    return [slice(start, start + width) for start in range(0, Z.shape[1], width)]
