"""GELU, exact and in its tanh form, and their derivatives.

Exact, with the normal distribution Phi and its density phi::

    gelu(z)  = z Phi(z)                 gelu'(z) = Phi(z) + z phi(z)

and Phi(z) = 1 - Phi(-z) for z > 0, so that only the small tail of `_normal` is ever computed.

The tanh form is a sigmoid, because (1 + tanh u)/2 = sigmoid(2u)::

    gelu_tanh(z)  = z sigmoid(v)        v  = a z + b z^3,   a = 2 sqrt(2/pi),   b = 0.044715 a
    gelu_tanh'(z) = sigmoid(v) (1 + z v' sigmoid(-v))       v' = a + 3 b z^2

v is computed to twice the digits: an error in its last bit would be an error in the last ten of exp(-v).
For z = -x < 0 the derivative is ``e (1 + e - x v')/(1 + e)^2`` with e = exp(-v(x)), and has a zero at x = r.
Written in d = x - r, its middle factor is a sum of two terms of one sign, so the zero is as exact as z::

    1 + e - x v' = -[e_r (1 - exp(-(v(x) - v(r)))) + d (a + 3 b q)]
    v(x) - v(r)  = d (a + b q),    q = x^2 + x r + r^2
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from numeric.functions import _single
from numeric.functions._compensated import (
    Floats,
    Pair,
    add,
    decay,
    multiply,
    over_one_plus,
    over_one_plus_squared,
    two_product,
    two_sum,
)
from numeric.functions._elementwise import Array, apply, as_floats
from numeric.functions._normal import tail, tail_minus_density

__all__ = ["TANH_A", "TANH_B", "gelu", "gelu_derivative", "gelu_tanh", "gelu_tanh_derivative"]

# Beyond these |z| both tails are below the smallest subnormal.
_FAR, _FAR_TANH = 40.0, 24.0
# a = 2 sqrt(2/pi) and b = 0.044715 a, each as the sum of two doubles.
TANH_A, TANH_B = 1.5957691216057308, 0.07135481627260025
_A = (TANH_A, -9.96930880911092e-17)
_B = (TANH_B, -6.175149918155315e-19)
_3B = multiply((3.0, 0.0), _B)
# The zero r of 1 + e - x v', as the sum of two doubles, and e there.
_ROOT = (0.7524614220710163, -3.635560509207687e-17)
_E_ROOT = 0.29195521191476714


def _gelu(z: Floats) -> Floats:
    # z Phi(z) = z - z Phi(-z) on the right; on the left only the tail remains.
    right: Floats = np.maximum(z, 0.0) - tail(np.minimum(np.abs(z), _FAR))
    return right


def _gelu_derivative(z: Floats) -> Floats:
    left = tail_minus_density(np.minimum(np.abs(z), _FAR))
    return np.where(z < 0, left, 1.0 - left)


def _gelu_single(z: Floats) -> Floats:
    right: Floats = np.maximum(z, 0.0) - tail(np.minimum(np.abs(z), _FAR), single=True)
    return right


def _gelu_derivative_single(z: Floats) -> Floats:
    left = tail_minus_density(np.minimum(np.abs(z), _FAR), single=True)
    return np.where(z < 0, left, 1.0 - left)


def _exponential(x: Floats, square: Pair) -> tuple[Floats, Any]:
    """exp(-v) for v = x (a + b x^2) and x >= 0, as e and its scale."""
    v, v_low = multiply((x, 0.0), add(_A, multiply(_B, square)))
    e, scale = decay(v)
    return e - e * v_low, scale


def _gelu_tanh(z: Floats) -> Floats:
    x = np.minimum(np.abs(z), _FAR_TANH)
    e, scale = _exponential(x, two_product(x, x))
    return np.where(z < 0, over_one_plus(-x * e, e) * scale, z * over_one_plus(1.0, e))


def _gelu_tanh_derivative(z: Floats) -> Floats:
    x = np.minimum(np.abs(z), _FAR_TANH)
    square = two_product(x, x)
    e, scale = _exponential(x, square)
    d = add((x, 0.0), (-_ROOT[0], -_ROOT[1]))
    q = add(square, multiply(add((x, 0.0), _ROOT), _ROOT))
    line, line_low = multiply(d, add(_A, multiply(_3B, q)))
    factor, low = two_sum(-line, _E_ROOT * np.expm1(-d[0] * (_A[0] + _B[0] * q[0])))
    left = over_one_plus_squared(e * factor, e, e * (low - line_low)) * scale
    slope, slope_low = multiply((x, 0.0), add(_A, multiply(_3B, square)))
    rising, low = two_sum(1.0, slope)
    right, lower = two_sum(1.0, e * rising)
    return np.where(z < 0, left, over_one_plus_squared(right, e, lower + e * (low + slope_low)))


def gelu(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute the exact GELU, z Phi(z), with Phi the normal distribution.

    At most 4 ulp from the truth for every float64; at minus infinity the limit, 0.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values of at least -0.17, in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(gelu(0.0)), float(gelu(100.0))
    (0.0, 100.0)
    >>> float(gelu(-38.0)) < 0  # z (1 + erf(z/sqrt 2))/2 as written is 0 from -8.3 on
    True
    """
    return apply(_gelu, as_floats(z, "z"), out=out, single=_gelu_single)


def gelu_derivative(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute gelu'(z) = Phi(z) + z phi(z).

    At most 4 ulp from the truth for every float64, also beside the zero at -0.7518.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values in [-0.129, 1.129], in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(gelu_derivative(0.0)), float(gelu_derivative(100.0))
    (0.5, 1.0)
    """
    return apply(_gelu_derivative, as_floats(z, "z"), out=out, single=_gelu_derivative_single)


def gelu_tanh(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute the tanh form of GELU, z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))).

    At most 4 ulp from the truth for every float64; it differs from `gelu` by up to 5e-4.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values of at least -0.1701, in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(gelu_tanh(0.0)), float(gelu_tanh(100.0))
    (0.0, 100.0)
    """
    return apply(_gelu_tanh, as_floats(z, "z"), out=out, single=_single.gelu_tanh)


def gelu_tanh_derivative(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute the derivative of `gelu_tanh`.

    At most 4 ulp from the truth for every float64, also beside the zero at -0.7525.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values in [-0.129, 1.129], in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(gelu_tanh_derivative(0.0)), float(gelu_tanh_derivative(100.0))
    (0.5, 1.0)
    """
    return apply(_gelu_tanh_derivative, as_floats(z, "z"), out=out, single=_single.gelu_tanh_derivative)
