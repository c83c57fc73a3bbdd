"""Activations in the buffers of a training step: no new arrays, and no more passes than needed.

A kernel is made once for the arrays it will work on, so that a step is nothing but calls on arrays:

    forward     turns Z into A = g(Z), in the array ``A`` that holds Z
    backward    turns dA into dZ = dA * g'(Z), in the array ``dA``

For the activations of this file g' is had from A; `_smooth_kernels` has those that make g' where Z is at hand.
They work piece by piece, so that what one operation writes is in the cache when the next one reads it.
Where a result goes stands last, without ``out=``, which would cost as much again as a small operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

import numpy as np

from numeric._layer import Array, Workspace

__all__ = [
    "CORNERS",
    "PIECE",
    "Operation",
    "Pair",
    "make_kernel",
    "pieces",
    "relu_with",
    "sigmoid_into",
    "where_positive",
]

# The activations that are put together from pieces, or whose slope is: all of them at z = 0.
CORNERS = frozenset({"relu", "leaky_relu", "elu"})

Operation: TypeAlias = Callable[[], object]
Pair: TypeAlias = tuple[list[Operation], list[Operation]]
# Z or A, dA, the slope to keep from the forward to the backward pass, scratch memory.
Maker: TypeAlias = Callable[[Array, Array, Callable[[], Array], Workspace], Pair]

# Entries of a piece: three of them in float32 stay in a second-level cache of 1 MB.
PIECE = 65536


def pieces(array: Array) -> Iterator[tuple[slice, Array]]:
    """Yield slices of rows and the views they select, each of them small enough to stay in the cache."""
    rows = max(1, PIECE // max(1, array[:1].size))
    for start in range(0, len(array), rows):
        part = slice(start, start + rows)
        yield part, array[part]


def make_kernel(
    name: str,
    layer: str,
    A: Array,
    dA: Array,
    at: Workspace,
    before: Callable[[slice, Array], list[Operation]] | None = None,
) -> Pair:
    """Return the operations of the forward and of the backward pass on A and dA of a layer, both ``(n, m)``.

    ``at`` lends memory: scratch, which a kernel uses only inside one of its passes, and what it keeps for ``layer``
    from the forward to the backward pass. ``before(rows, part)`` are operations on each piece of A ahead of the
    activation: the bias.
    """
    from numeric._smooth_kernels import SMOOTH

    maker = _MAKERS.get(name) or SMOOTH.get(name, _identity)
    forward: list[Operation] = []
    backward: list[Operation] = []
    for rows, part in pieces(A):

        def slope(rows: slice = rows) -> Array:
            kept = at(f"slope of {layer}", A.shape, A.dtype)
            return kept[rows]

        ahead, back = maker(part, dA[rows], slope, at)
        forward += [*(before(rows, part) if before else ()), *ahead]
        backward += back
    if name == "softmax":  # which looks at all rows at once
        ahead, back = _softmax(A, dA, at)
        return [*forward, *ahead], back
    return forward, backward


def _identity(A: Array, dA: Array, slope: Callable[[], Array], at: Workspace) -> Pair:
    return [], []


def _constants(value: float, like: Array, at: Workspace) -> Array:
    """An array full of one value: NumPy works faster on two arrays than on an array and a number."""
    array = at(f"all {value}", like.shape, like.dtype)
    array[...] = value
    return array


def _relu(A: Array, dA: Array, slope: Callable[[], Array], at: Workspace) -> Pair:
    look, mask = where_positive(A, at)
    ahead, back = relu_with(A, dA, mask, at)
    return ahead, [look, *back]


def where_positive(A: Array, at: Workspace) -> tuple[Operation, Array]:
    """Return an operation, and the integers into which it writes 1 where A > 0 and 0 where A = 0.

    Floats of one sign are ordered as the integers of their bits, so it is the sign of these integers; and the bits
    of dA times that are those of dA or of 0. No other way is as fast.
    """
    bits = A.view(f"i{A.itemsize}")
    mask = at("scratch", A.shape, A.dtype).view(bits.dtype)
    return partial(np.sign, bits, mask), mask


def relu_with(A: Array, dA: Array, mask: Array, at: Workspace) -> Pair:
    """Return the operations of ReLU, for a mask that is 1 where A > 0 and 0 where A = 0 when the backward pass begins.

    A > 0 exactly where Z > 0; there dA passes, and at 0 the slope on the left counts: nothing passes.
    """
    passed, zeros, maximum, out = dA.view(mask.dtype), _constants(0, A, at), np.maximum, (A,)
    return (
        # A third faster for small arrays than `partial` with a keyword, and a tenth than with A in no tuple.
        [lambda: maximum(A, zeros, out=out)],
        [partial(np.multiply, passed, mask, passed)],
    )


def _leaky_relu(A: Array, dA: Array, slope: Callable[[], Array], at: Workspace) -> Pair:
    leak, scratch = np.array(0.01, A.dtype), at("scratch", A.shape, A.dtype)
    return (
        # max(Z, Z/100) is Z where Z > 0 and Z/100 elsewhere.
        [partial(np.multiply, A, leak, scratch), partial(np.maximum, A, scratch, out=A)],
        # A > 0 exactly where Z > 0: its sign, but at least 1/100, is the slope; at 0 the one on the left counts.
        [
            partial(np.sign, A, scratch),
            partial(np.maximum, scratch, leak, out=scratch),
            partial(np.multiply, dA, scratch, dA),
        ],
    )


def _tanh(A: Array, dA: Array, slope: Callable[[], Array], at: Workspace) -> Pair:
    scratch, one = at("scratch", A.shape, A.dtype), np.array(1, A.dtype)
    return (
        [partial(np.tanh, A, A)],
        # dZ = dA (1 - A^2)
        [
            partial(np.multiply, A, A, scratch),
            partial(np.subtract, one, scratch, scratch),
            partial(np.multiply, dA, scratch, dA),
        ],
    )


def _sigmoid(A: Array, dA: Array, slope: Callable[[], Array], at: Workspace) -> Pair:
    scratch, one = at("scratch", A.shape, A.dtype), np.array(1, A.dtype)
    return (
        sigmoid_into(A, A, at),
        # dZ = dA A (1 - A)
        [
            partial(np.subtract, one, A, scratch),
            partial(np.multiply, scratch, A, scratch),
            partial(np.multiply, dA, scratch, dA),
        ],
    )


def sigmoid_into(Z: Array, S: Array, at: Workspace) -> list[Operation]:
    """Return the operations that write sigmoid(Z) into S, which may be Z.

    exp(min(Z, 0)) / (1 + exp(-|Z|)): no exponential overflows, and neither end loses a digit.
    """
    below, zero, one = at("below", Z.shape, Z.dtype), np.array(0, Z.dtype), np.array(1, Z.dtype)
    return [
        partial(np.abs, Z, below),
        partial(np.negative, below, below),
        partial(np.exp, below, below),
        partial(np.add, below, one, below),
        partial(np.minimum, Z, zero, out=S),
        partial(np.exp, S, S),
        partial(np.divide, S, below, S),
    ]


def _softmax(A: Array, dA: Array, at: Workspace) -> Pair:
    n, m = A.shape
    row, spread = at("row", (1, m), A.dtype), at("spread", A.shape, A.dtype)
    ones, column = np.ones((1, n), A.dtype), np.ones((n, 1), A.dtype)
    # A product with a column of ones repeats a row: NumPy would repeat it through a buffer, and no faster.
    repeat = partial(column.dot, row, spread)
    return (
        [
            partial(np.maximum.reduce, A, axis=0, keepdims=True, out=row),
            repeat,
            partial(np.subtract, A, spread, A),
            partial(np.exp, A, A),
            partial(ones.dot, A, row),
            repeat,
            partial(np.divide, A, spread, A),
        ],
        # dZ_k = A_k (dA_k - sum_i dA_i A_i): the Jacobian diag(A) - A A^T applied, never formed.
        [
            partial(np.multiply, dA, A, spread),
            partial(ones.dot, spread, row),
            repeat,
            partial(np.subtract, dA, spread, dA),
            partial(np.multiply, dA, A, dA),
        ],
    )


_MAKERS: dict[str, Maker] = {
    "identity": _identity,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
}
