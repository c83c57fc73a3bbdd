"""How much an activation changes when its input moves, without subtracting two nearly equal numbers.

g(z + d) - g(z) loses the digits that a difference quotient is made of. Each line below is an addition theorem
that yields the change itself, to a few units in its own last place::

    relu       max(d, -z) - max(-z, 0)
    tanh       t (1 - A^2) / (1 + A t),     t = tanh(d)
    sigmoid    s (1 - s) E / (1 + s E),     E = e^d - 1
    softplus   log(1 + s E)
    silu       z ds + d (s + ds)
    elu        dr + e^min(z,0) (e^(d - dr) - 1),  dr the change of relu
    gelu       z dPhi + d Phi(z + d),       dPhi the area under the normal density over the move
    softmax    A_k (E_k - S) / (1 + S),     S = sum_i A_i E_i

No derivative of the catalogue is used here: these numbers are to judge derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from numeric._kernels import CORNERS
from numeric._layer import Array
from numeric.functions import ACTIVATIONS, sigmoid

__all__ = [
    "CORNERS",
    "activation_change",
    "corner_within",
    "is_small",
    "relu_change",
]

_LEAK = 0.01
# With |d| below 1/2 no denominator is below exp(-1/2) or 1 - tanh(1/2).
_SMALL = 0.5
_FOR_SMALL_MOVES = frozenset({"tanh", "sigmoid", "softplus", "silu", "gelu", "gelu_tanh", "softmax"})
# sqrt(2/pi) and the cubic term of the tanh form of gelu.
_GELU_SCALE, _GELU_CUBIC = float(np.sqrt(2 / np.pi)), 0.044715

Change: TypeAlias = Callable[[Array, Array, Array], Array]


def activation_change(name: str, d: Array, Z: Array, A: Array) -> Array:
    """Return g(Z + d) - g(Z); ``d`` may be overwritten, and Z and A may broadcast against it.

    For softmax axis 0 holds the units, as everywhere.
    """
    if name in _FOR_SMALL_MOVES and not is_small(d):
        d += Z
        change: Array = ACTIVATIONS[name].function(d) - A
        return change
    return _CHANGES[name](d, Z, A)


def is_small(d: Array) -> bool:
    """Answer whether every move is small enough for the addition theorems.

    From the saturated end of a curve to the other their denominators vanish: 1 + A t, with A = -1 and t = 1.
    So long a way is a difference of unequal numbers, which may simply be subtracted.
    """
    return d.size == 0 or (float(d.max()) < _SMALL and float(d.min()) > -_SMALL)


def corner_within(name: str, d: Array, Z: Array) -> Array | None:
    """Return where a corner of the activation lies within Z - |d| ... Z + |d|; None when it has no corner."""
    if name not in CORNERS:
        return None
    reach = np.abs(d)
    return (reach >= np.abs(Z)) & (reach > 0)


def _identity(d: Array, Z: Array, A: Array) -> Array:
    return d


def relu_change(d: Array, Z: Array) -> Array:
    """Return max(Z + d, 0) - max(Z, 0), written into d."""
    # For Z > 0 this is max(d, -Z); for Z <= 0 it is max(d, |Z|) - |Z|: exactly 0 as long as d stays below.
    np.maximum(d, -Z, out=d)
    np.subtract(d, np.maximum(-Z, 0), out=d)
    return d


def _relu(d: Array, Z: Array, A: Array) -> Array:
    return relu_change(d, Z)


def _leaky_relu(d: Array, Z: Array, A: Array) -> Array:
    above = relu_change(d.copy(), Z)
    # What moves below zero is the rest of d.
    d -= above
    d *= _LEAK
    d += above
    return d


def _tanh(d: Array, Z: Array, A: Array) -> Array:
    return _tanh_change(d, Z, A)


def _tanh_change(d: Array, Z: Array, A: Array) -> Array:
    """tanh(Z + d) - A with A = tanh(Z), by the addition theorem: (1 - A^2) t / (1 + A t) with t = tanh(d)."""
    ends = np.abs(A) == 1  # where A has rounded to an end, it no longer says how far beyond Z lies
    back = np.tanh(Z + d) - A if ends.any() else None
    t = np.tanh(d, out=d)
    rest = A * t
    rest += 1
    t *= (1 - A) * (1 + A)
    if back is None:
        t /= rest
        return t
    np.divide(t, rest, where=~np.broadcast_to(ends, t.shape), out=t)
    change: Array = np.where(ends, back, t)
    return change


def _sigmoid(d: Array, Z: Array, A: Array) -> Array:
    E = np.expm1(d, out=d)
    rest = A * E
    rest += 1
    E *= A * sigmoid(-Z)
    E /= rest
    return E


def _softplus(d: Array, Z: Array, A: Array) -> Array:
    E = np.expm1(d, out=d)
    E *= sigmoid(Z)
    return np.log1p(E, out=E)


def _silu(d: Array, Z: Array, A: Array) -> Array:
    s = sigmoid(Z)
    ds = _sigmoid(d.copy(), Z, s)
    d *= s + ds
    ds *= Z
    d += ds
    return d


def _elu(d: Array, Z: Array, A: Array) -> Array:
    above = relu_change(d.copy(), Z)
    d -= above
    below = np.expm1(d, out=d)
    below *= np.exp(np.minimum(Z, 0))
    below += above
    return below


def _gelu_tanh(d: Array, Z: Array, A: Array) -> Array:
    # gelu = z (1 + tanh u) / 2 with u = c (z + k z^3), and (z + d)^3 - z^3 = d (3 z^2 + 3 z d + d^2).
    du = _GELU_SCALE * d * (1 + _GELU_CUBIC * (3 * Z * Z + 3 * Z * d + d * d))
    U = _GELU_SCALE * (Z + _GELU_CUBIC * Z * Z * Z)
    T = np.tanh(U)
    dT = _tanh_change(du, U, T)
    change: Array = 0.5 * (Z * dT + d * (1 + T + dT))
    return change


def _gelu(d: Array, Z: Array, A: Array) -> Array:
    # gelu = z Phi(z), so the change is z dPhi + d Phi(z + d), and dPhi is the area under the normal density
    # over the move: with six points of Gauss and Legendre the error is below 1e-16 for |d| < 1/2.
    area = np.zeros(np.broadcast_shapes(d.shape, Z.shape))
    for place, weight in _gauss():
        t = Z + d * place
        area += weight * np.exp(-0.5 * t * t)
    area *= d / np.sqrt(2 * np.pi)
    moved = Z + d
    at_zero = moved == 0
    Phi = np.where(at_zero, 0.5, ACTIVATIONS["gelu"].function(moved) / np.where(at_zero, 1.0, moved))
    change: Array = Z * area + d * Phi
    return change


@lru_cache(maxsize=1)
def _gauss() -> list[tuple[float, float]]:
    """Points and weights for the unit interval."""
    points, weights = np.polynomial.legendre.leggauss(6)
    return [((1 + x) / 2, w / 2) for x, w in zip(points.tolist(), weights.tolist(), strict=True)]


def _softmax(d: Array, Z: Array, A: Array) -> Array:
    E = np.expm1(d, out=d)
    S = (A * E).sum(axis=0, keepdims=True)
    E -= S
    E *= A
    E /= 1 + S
    return E


_CHANGES: dict[str, Change] = {
    "identity": _identity,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "silu": _silu,
    "elu": _elu,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "softmax": _softmax,
}
