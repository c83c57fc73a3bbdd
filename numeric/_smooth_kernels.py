"""The activations whose slope is not to be had from A: both are made in the forward pass, where Z is at hand.

With sigma the sigmoid, phi and Phi the density and the distribution function of the normal distribution::

    softplus    A = max(Z, 0) + log(1 + exp(-|Z|))     g' = sigma(Z)
    elu         A = max(Z, 0) + exp(min(Z, 0)) - 1     g' = exp(min(Z, 0))
    silu        A = Z sigma(Z)                         g' = sigma(Z) + A (1 - sigma(Z))
    gelu_tanh   A = Z sigma(V)                         g' = sigma(V) + A V' (1 - sigma(V))
                V = a Z + b Z^3                        V' = a + 3 b Z^2
    gelu        A = Z Phi(Z)                           g' = Phi(Z) + Z phi(Z)

The catalogue has the same functions to the last bits for every float; here they are as good as float arithmetic makes
them where networks live, and nothing is allocated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from numeric._kernels import Operation, Pair, sigmoid_into
from numeric._layer import Array, Workspace
from numeric.functions._gelu import TANH_A, TANH_B
from numeric.functions._normal import mills_table

__all__ = ["SMOOTH"]

Slope = Callable[[], Array]


def _number(value: float, like: Array) -> Array:
    return np.array(value, like.dtype)


def _softplus(A: Array, dA: Array, slope: Slope, at: Workspace) -> Pair:
    kept, e, zero = slope(), at("scratch", A.shape, A.dtype), _number(0, A)
    operations: list[Operation] = [
        *sigmoid_into(A, kept, at),
        partial(np.abs, A, e),
        partial(np.negative, e, e),
        partial(np.exp, e, e),
        partial(np.log1p, e, e),
        partial(np.maximum, A, zero, out=A),
        partial(np.add, A, e, A),
    ]
    return operations, [partial(np.multiply, dA, kept, dA)]


def _elu(A: Array, dA: Array, slope: Slope, at: Workspace) -> Pair:
    kept, e, zero = slope(), at("scratch", A.shape, A.dtype), _number(0, A)
    operations: list[Operation] = [
        partial(np.minimum, A, zero, out=e),
        partial(np.exp, e, kept),
        partial(np.expm1, e, e),
        partial(np.maximum, A, zero, out=A),
        partial(np.add, A, e, A),
    ]
    return operations, [partial(np.multiply, dA, kept, dA)]


def _silu(A: Array, dA: Array, slope: Slope, at: Workspace) -> Pair:
    kept, value, one = slope(), at("scratch", A.shape, A.dtype), _number(1, A)
    operations: list[Operation] = [
        *sigmoid_into(A, kept, at),
        partial(np.multiply, A, kept, value),
        partial(np.subtract, one, kept, A),
        partial(np.multiply, A, value, A),
        partial(np.add, kept, A, kept),
        partial(np.copyto, A, value),
    ]
    return operations, [partial(np.multiply, dA, kept, dA)]


def _gelu_tanh(A: Array, dA: Array, slope: Slope, at: Workspace) -> Pair:
    kept, value, V_slope = slope(), at("scratch", A.shape, A.dtype), at("of V", A.shape, A.dtype)
    a, b, two_a, three = (_number(x, A) for x in (TANH_A, TANH_B, 2 * TANH_A, 3))
    operations: list[Operation] = [
        partial(np.multiply, A, A, kept),
        partial(np.multiply, kept, b, kept),
        partial(np.add, kept, a, kept),  # a + b Z^2
        partial(np.multiply, kept, three, V_slope),
        partial(np.subtract, V_slope, two_a, V_slope),  # V' = 3 (a + b Z^2) - 2 a
        partial(np.multiply, kept, A, kept),
        *sigmoid_into(kept, kept, at),
        partial(np.multiply, A, kept, value),
        partial(np.subtract, _number(1, A), kept, A),
        partial(np.multiply, A, value, A),
        partial(np.multiply, A, V_slope, A),
        partial(np.add, kept, A, kept),
        partial(np.copyto, A, value),
    ]
    return operations, [partial(np.multiply, dA, kept, dA)]


def _gelu(A: Array, dA: Array, slope: Slope, at: Workspace) -> Pair:
    # With x = |Z|, E = exp(-x^2/2) and Mills' ratio m: Phi(-x) = E m(x), and phi(x) = c E. Then
    # A = max(Z, 0) - x E m, and with q = E (m - c x) the slope is q where Z < 0 and 1 - q elsewhere.
    kept = slope()
    x, E, m, d = (at(name, A.shape, A.dtype) for name in ("scratch", "below", "m", "d"))
    j = at("j", A.shape, np.intp)
    half, zero = _number(0.5, A), _number(0, A)
    table = mills_table(A.dtype)
    operations: list[Operation] = [
        partial(np.abs, A, x),
        partial(np.minimum, x, _number(table.end, A), out=x),
        partial(np.multiply, x, x, E),
        partial(np.multiply, E, _number(-0.5, A), E),
        partial(np.exp, E, E),
        *table.operations(x, j, d, m, kept),
        partial(np.multiply, m, E, m),  # E m
        partial(np.multiply, E, _number(table.c, A), E),
        partial(np.multiply, E, x, E),
        partial(np.subtract, m, E, E),  # q
        partial(np.multiply, m, x, m),  # x E m
        partial(np.copysign, half, A, d),
        partial(np.multiply, E, d, E),
        partial(np.add, E, E, E),
        partial(np.add, d, half, kept),  # 1 where Z >= 0, else 0
        partial(np.subtract, kept, E, kept),
        partial(np.maximum, A, zero, out=A),
        partial(np.subtract, A, m, A),
    ]
    return operations, [partial(np.multiply, dA, kept, dA)]


SMOOTH: dict[str, Callable[[Array, Array, Slope, Workspace], Pair]] = {
    "elu": _elu,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "silu": _silu,
    "softplus": _softplus,
}
