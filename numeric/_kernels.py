"""Activations in the buffers of a training step: no new arrays, and no more passes than needed.

Each kernel works on Z, A, dA of shape ``(n, m)``:

    forward(Z, scratch)            turns Z into A = g(Z), in place
    backward(dA, A, scratch)       turns dA into dZ = dA * g'(Z), in place, with g' written in terms of A

A derivative in terms of A is possible for these activations only; for the others (`keeps_z`) the step keeps a
copy of Z beside A and asks the exact functions of the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from numeric._layer import Array, Workspace

__all__ = ["KERNELS", "Kernel"]

Forward: TypeAlias = Callable[[Array, Workspace], None]
Backward: TypeAlias = Callable[[Array, Array, Workspace], None]


@dataclass(frozen=True)
class Kernel:
    """The two passes of an activation, in place."""

    forward: Forward
    backward: Backward


def _identity(Z: Array, scratch: Workspace) -> None:
    """A = Z."""


def _identity_backward(dA: Array, A: Array, scratch: Workspace) -> None:
    """dZ = dA."""


def _relu(Z: Array, scratch: Workspace) -> None:
    np.maximum(Z, 0, out=Z)


def _relu_backward(dA: Array, A: Array, scratch: Workspace) -> None:
    # A > 0 exactly where Z > 0. A product with a mask of the same dtype is twice as fast as one with booleans.
    mask = scratch("mask", A.shape, A.dtype)
    np.greater(A, 0, out=mask)
    np.multiply(dA, mask, out=dA)


def _leaky_relu(Z: Array, scratch: Workspace) -> None:
    # max(Z, Z/100) is Z where Z > 0 and Z/100 elsewhere.
    leak = scratch("mask", Z.shape, Z.dtype)
    np.multiply(Z, 0.01, out=leak)
    np.maximum(Z, leak, out=Z)


def _leaky_relu_backward(dA: Array, A: Array, scratch: Workspace) -> None:
    # A <= 0 exactly where Z <= 0, because the slope is positive; at 0 the slope on the left counts.
    slope = scratch("mask", A.shape, A.dtype)
    np.greater(A, 0, out=slope)
    np.maximum(slope, 0.01, out=slope)
    np.multiply(dA, slope, out=dA)


def _tanh(Z: Array, scratch: Workspace) -> None:
    np.tanh(Z, out=Z)


def _tanh_backward(dA: Array, A: Array, scratch: Workspace) -> None:
    # dZ = dA (1 - A^2)
    slope = scratch("mask", A.shape, A.dtype)
    np.multiply(A, A, out=slope)
    np.subtract(1, slope, out=slope)
    np.multiply(dA, slope, out=dA)


def _sigmoid(Z: Array, scratch: Workspace) -> None:
    # e = exp(-|Z|) never overflows: A = 1 / (1 + e) for Z >= 0, and e / (1 + e) for Z < 0.
    e = scratch("mask", Z.shape, Z.dtype)
    positive = scratch("positive", Z.shape, np.bool_)
    np.greater_equal(Z, 0, out=positive)
    np.abs(Z, out=Z)
    np.negative(Z, out=Z)
    np.exp(Z, out=Z)
    np.add(Z, 1, out=e)
    np.copyto(Z, 1, where=positive)
    np.divide(Z, e, out=Z)


def _sigmoid_backward(dA: Array, A: Array, scratch: Workspace) -> None:
    # dZ = dA A (1 - A)
    slope = scratch("mask", A.shape, A.dtype)
    np.subtract(1, A, out=slope)
    np.multiply(slope, A, out=slope)
    np.multiply(dA, slope, out=dA)


def _softmax(Z: Array, scratch: Workspace) -> None:
    row = scratch("row", (1, Z.shape[1]), Z.dtype)
    np.maximum.reduce(Z, axis=0, keepdims=True, out=row)
    np.subtract(Z, row, out=Z)
    np.exp(Z, out=Z)
    np.add.reduce(Z, axis=0, keepdims=True, out=row)
    np.divide(Z, row, out=Z)


def _softmax_backward(dA: Array, A: Array, scratch: Workspace) -> None:
    # dZ_k = A_k (dA_k - sum_i dA_i A_i): the Jacobian diag(A) - A A^T applied, never formed.
    row = scratch("row", (1, A.shape[1]), A.dtype)
    product = scratch("mask", A.shape, A.dtype)
    np.multiply(dA, A, out=product)
    np.add.reduce(product, axis=0, keepdims=True, out=row)
    np.subtract(dA, row, out=dA)
    np.multiply(dA, A, out=dA)


KERNELS: dict[str, Kernel] = {
    "identity": Kernel(_identity, _identity_backward),
    "relu": Kernel(_relu, _relu_backward),
    "leaky_relu": Kernel(_leaky_relu, _leaky_relu_backward),
    "tanh": Kernel(_tanh, _tanh_backward),
    "sigmoid": Kernel(_sigmoid, _sigmoid_backward),
    "softmax": Kernel(_softmax, _softmax_backward),
}
