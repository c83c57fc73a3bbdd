"""SiLU, also called swish, and its derivative.

With e = exp(-|z|)::

    silu(z)  = z sigmoid(z)
    silu'(z) = sigmoid(z) (1 + z (1 - sigmoid(z)))
             = (1 + e (1 + z))/(1 + e)^2   for z >= 0
             = e (1 + e + z)/(1 + e)^2     for z < 0

The last form cancels at its zero r = -1.278..., where 1 + exp(r) + r = 0.
With d = z - r it is ``1 + e + z = d + exp(r) (exp(d) - 1)``: two terms of one sign, and the zero is as exact as z.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from numeric.functions import _single
from numeric.functions._compensated import Floats, add, decay, over_one_plus, over_one_plus_squared, two_sum
from numeric.functions._elementwise import Array, apply, as_floats

__all__ = ["silu", "silu_derivative"]

# The zero r of silu', as the sum of two doubles, and exp(r) = -1 - r.
_ROOT, _ROOT_LOW = -1.2784645427610737, -1.0946994183093437e-16
_EXP_ROOT = 0.2784645427610738
# silu(-800) is below the smallest subnormal; the cap keeps inf * 0 away.
_FAR = 800.0


def _silu(z: Floats) -> Floats:
    x = np.minimum(np.abs(z), _FAR)
    e, scale = decay(x)
    return np.where(z < 0, over_one_plus(-x * e, e) * scale, z * over_one_plus(1.0, e))


def _silu_derivative(z: Floats) -> Floats:
    x = np.minimum(np.abs(z), _FAR)
    e, scale = decay(x)
    d, d_low = add((-x, 0.0), (-_ROOT, -_ROOT_LOW))
    one_plus_e_plus_z, low = two_sum(d, _EXP_ROOT * np.expm1(d))
    negative = over_one_plus_squared(e * one_plus_e_plus_z, e, e * (low + d_low)) * scale
    one_plus_z, low = two_sum(1.0, x)
    rising, lower = two_sum(1.0, e * one_plus_z)
    return np.where(z < 0, negative, over_one_plus_squared(rising, e, lower + e * low))


def silu(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute the SiLU or swish, z sigmoid(z).

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
        Values of at least -0.2785, in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(silu(0.0)), float(silu(100.0))
    (0.0, 100.0)
    >>> float(silu(-750.0))  # exp(-750) is 0 in double precision, 750 times the true one is not
    -1.5e-323
    """
    return apply(_silu, as_floats(z, "z"), out=out, single=_single.silu)


def silu_derivative(z: ArrayLike, out: Array | None = None) -> Any:
    """Compute silu'(z) = sigmoid(z) (1 + z (1 - sigmoid(z))).

    At most 4 ulp from the truth for every float64, also beside the zero at -1.278.

    Parameters
    ----------
    z : array_like of float32 or float64
        Any shape.
    out : ndarray, optional
        Where to write the result: shape and dtype of ``z``, and may be ``z`` itself.

    Returns
    -------
    ndarray or scalar
        Values in [-0.0998, 1.0998], in the shape and dtype of ``z``.

    Examples
    --------
    >>> float(silu_derivative(0.0))
    0.5
    >>> float(silu_derivative(-1.2784645427610737))  # the double nearest to the zero
    2.384...e-17
    """
    return apply(_silu_derivative, as_floats(z, "z"), out=out, single=_single.silu_derivative)
