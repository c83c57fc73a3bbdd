"""An operation on an array and a smaller one that is repeated along it: a bias, a mean, a mask.

NumPy repeats by itself, but where the rows are short it does so through a buffer, a new one at every call. A copy
into memory that is there already takes no longer, and creates nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric._kernels import pieces
from numeric._layer import Array, Workspace

__all__ = ["with_repeated"]

# Entries in NumPy's buffer: longer rows do without it.
_BUFFER = 8192


def with_repeated(operation: Any, X: Array, small: Array, out: Array, at: Workspace) -> None:
    """Write operation(X, small) into ``out``, which may be X; ``small`` has as many axes and lengths of 1 or of X's."""
    if X.shape[-1] >= _BUFFER or X.shape == small.shape:
        operation(X, small, out)
        return
    for rows, part in pieces(X):
        spread = at(f"spread {part.dtype.char}", part.shape, part.dtype)
        np.copyto(spread, small if len(small) == 1 else small[rows])
        operation(part, spread, out[rows])
