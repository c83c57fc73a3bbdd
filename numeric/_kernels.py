"""Activations in the buffers of a training step: no new arrays, and no more passes than needed.

A kernel is made once for the arrays it will work on, so that a step is nothing but calls on arrays:

    forward()     turns Z into A = g(Z), in the array ``A`` that holds Z
    backward()    turns dA into dZ = dA * g'(Z), in the array ``dA``, with g' written in terms of A

The derivative can be had from A for the activations below. For the others `exact` keeps a copy of Z and asks
the functions of the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from numeric._layer import Array, Workspace
from numeric.functions import ACTIVATIONS

__all__ = ["CORNERS", "Operation", "make_kernel", "sigmoid_in_place"]

# The activations that are put together from pieces, or whose slope is: all of them at z = 0.
CORNERS = frozenset({"relu", "leaky_relu", "elu"})

Operation: TypeAlias = Callable[[], object]
Pair: TypeAlias = tuple[list[Operation], list[Operation]]


def make_kernel(name: str, layer: int, A: Array, dA: Array, at: Workspace) -> Pair:
    """Return the operations of the forward and of the backward pass on A and dA of a layer, both ``(n, m)``.

    ``at`` lends scratch memory, which a kernel uses only inside one of its passes.
    """
    maker = _MAKERS.get(name)
    return _exact(name, layer, A, dA, at) if maker is None else maker(A, dA, at)


def _identity(A: Array, dA: Array, at: Workspace) -> Pair:
    return [], []


def _positive_bits(A: Array, at: Workspace) -> tuple[list[Operation], Array, Array]:
    """Return operations that make a bit mask, all ones where A > 0 and all zeros elsewhere; the mask; zeros.

    The sign bit of 0 - A, shifted through all places. (0 - 0 is +0; -A would be -0, whose sign bit is set.)
    Booleans would be the plainer way, but NumPy converts them through a buffer, at twice the time.
    """
    integer = np.dtype(f"i{A.itemsize}")
    # A zero for every entry: NumPy works faster on two arrays than on an array and a number.
    zeros = at("zeros", A.shape, A.dtype)
    zeros[...] = 0
    scratch = at("scratch", A.shape, A.dtype)
    bits = scratch.view(integer)
    all_places = np.array(8 * A.itemsize - 1, integer)
    operations: list[Operation] = [
        partial(np.subtract, zeros, A, out=scratch),
        partial(np.right_shift, bits, all_places, out=bits),
    ]
    return operations, bits, zeros


def _relu(A: Array, dA: Array, at: Workspace) -> Pair:
    positive, bits, zeros = _positive_bits(A, at)
    dA_bits = dA.view(bits.dtype)
    return (
        [partial(np.maximum, A, zeros, out=A)],
        # A > 0 exactly where Z > 0; there dA passes, and at 0 the slope on the left counts: nothing passes.
        [*positive, partial(np.bitwise_and, dA_bits, bits, out=dA_bits)],
    )


def _leaky_relu(A: Array, dA: Array, at: Workspace) -> Pair:
    positive, bits, _ = _positive_bits(A, at)
    slope, leak = bits.view(A.dtype), np.array(0.01, A.dtype)
    one = np.array(1, A.dtype).view(bits.dtype)
    return (
        # max(Z, Z/100) is Z where Z > 0 and Z/100 elsewhere.
        [partial(np.multiply, A, leak, out=slope), partial(np.maximum, A, slope, out=A)],
        # A > 0 exactly where Z > 0, because the slope is positive; at 0 the slope on the left counts.
        [
            *positive,
            partial(np.bitwise_and, bits, one, out=bits),  # 1.0 where A > 0, else 0.0
            partial(np.maximum, slope, leak, out=slope),
            partial(np.multiply, dA, slope, out=dA),
        ],
    )


def _tanh(A: Array, dA: Array, at: Workspace) -> Pair:
    slope = at("scratch", A.shape, A.dtype)
    return (
        [partial(np.tanh, A, out=A)],
        # dZ = dA (1 - A^2)
        [
            partial(np.multiply, A, A, out=slope),
            partial(np.subtract, 1, slope, out=slope),
            partial(np.multiply, dA, slope, out=dA),
        ],
    )


def _sigmoid(A: Array, dA: Array, at: Workspace) -> Pair:
    slope = at("scratch", A.shape, A.dtype)
    return (
        sigmoid_in_place(A, at),
        # dZ = dA A (1 - A)
        [
            partial(np.subtract, 1, A, out=slope),
            partial(np.multiply, slope, A, out=slope),
            partial(np.multiply, dA, slope, out=dA),
        ],
    )


def sigmoid_in_place(A: Array, at: Workspace) -> list[Operation]:
    """Return the operations that turn Z into sigmoid(Z) in the array A.

    With e = exp(-|Z|), which never overflows: A = 1 / (1 + e) for Z >= 0, and e / (1 + e) for Z < 0.
    """
    e, positive = at("scratch", A.shape, A.dtype), at("mask", A.shape, np.bool_)
    return [
        partial(np.greater_equal, A, 0, out=positive),
        partial(np.abs, A, out=A),
        partial(np.negative, A, out=A),
        partial(np.exp, A, out=A),
        partial(np.add, A, 1, out=e),
        partial(np.copyto, A, 1, where=positive),
        partial(np.divide, A, e, out=A),
    ]


def _softmax(A: Array, dA: Array, at: Workspace) -> Pair:
    n, m = A.shape
    row, spread = at("row", (1, m), A.dtype), at("scratch", A.shape, A.dtype)
    ones, column = np.ones((1, n), A.dtype), np.ones((n, 1), A.dtype)
    # A product with a column of ones repeats a row: NumPy would repeat it through a buffer, and no faster.
    repeat = partial(np.dot, column, row, spread)
    return (
        [
            partial(np.maximum.reduce, A, axis=0, keepdims=True, out=row),
            repeat,
            partial(np.subtract, A, spread, out=A),
            partial(np.exp, A, out=A),
            partial(np.dot, ones, A, row),
            repeat,
            partial(np.divide, A, spread, out=A),
        ],
        # dZ_k = A_k (dA_k - sum_i dA_i A_i): the Jacobian diag(A) - A A^T applied, never formed.
        [
            partial(np.multiply, dA, A, out=spread),
            partial(np.dot, ones, spread, row),
            repeat,
            partial(np.subtract, dA, spread, out=dA),
            partial(np.multiply, dA, A, out=dA),
        ],
    )


def _exact(name: str, layer: int, A: Array, dA: Array, at: Workspace) -> Pair:
    """Any activation of the catalogue, by its exact functions; Z is kept for the derivative."""
    Z = at(f"Z{layer}", A.shape, A.dtype)
    slope = at("scratch", A.shape, A.dtype)
    function, derivative = ACTIVATIONS[name].function, ACTIVATIONS[name].derivative
    return (
        [partial(np.copyto, Z, A), partial(function, Z, out=A)],
        [partial(derivative, Z, out=slope), partial(np.multiply, dA, slope, out=dA)],
    )


_MAKERS: dict[str, Callable[[Array, Array, Workspace], Pair]] = {
    "identity": _identity,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
}
