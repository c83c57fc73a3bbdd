r"""Building blocks of stable forms: each is a SymPy function with a plain definition and a NumPy method.

The definition is what the check sees, the method is what runs:

=================  ============================================  =======================================
block              definition                                    why the method is not the definition
=================  ============================================  =======================================
``Expm1(x)``       e^x - 1                                       no cancellation at 0
``Log1p(x)``       log(1 + x)                                    no cancellation at 0
``TimesSquare``    w e²                                          (w e) e: e² may underflow when w e² does not
``QuarterGauss``   e^{-z²/4}                                     z² rounded once costs z² ulp in the tail
``Mills(t)``       e^{t²/2} √(π/2) erfc(t/√2), for t ≥ 0         erfc underflows, its ratio to e^{-t²/2} does not
``GeluExp(z)``     e^{u(z)}, u = √(2/π)(z + c z³)                u rounded once costs |u| ulp in the tail
=================  ============================================  =======================================
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symbolic.catalogue._activations import GELU_C, GELU_CONSTANT, gelu_tanh_inner
from symbolic.catalogue._symbols import z as _z

__all__ = ["METHODS", "Expm1", "GeluExp", "Log1p", "Mills", "QuarterGauss", "TimesSquare", "plain"]

Array = npt.NDArray[np.float64]


class Expm1(sp.Function):  # type: ignore[misc]
    """e^x - 1."""

    nargs = 1


class Log1p(sp.Function):  # type: ignore[misc]
    """log(1 + x)."""

    nargs = 1


class TimesSquare(sp.Function):  # type: ignore[misc]
    """w e², for e > 0."""

    nargs = 2


class QuarterGauss(sp.Function):  # type: ignore[misc]
    """exp(-z²/4)."""

    nargs = 1


class Mills(sp.Function):  # type: ignore[misc]
    """Tail of the normal distribution over its density, at t ≥ 0."""

    nargs = 1


class GeluExp(sp.Function):  # type: ignore[misc]
    """e^{u(z)} of the tanh form of GELU."""

    nargs = 1


_INNER = gelu_tanh_inner()
DEFINITIONS: dict[Any, Callable[..., Any]] = {
    Expm1: lambda x: sp.exp(x) - 1,
    Log1p: lambda x: sp.log(1 + x),
    TimesSquare: lambda w, e: w * e**2,
    QuarterGauss: lambda x: sp.exp(-(x**2) / 4),
    Mills: lambda t: sp.exp(t**2 / 2) * sp.sqrt(sp.pi / 2) * (1 - sp.erf(t / sp.sqrt(2))),
    GeluExp: lambda x: sp.exp(_INNER.subs(_z, x)),
}


def plain(expr: Any) -> Any:
    """Put the definition of every block into a stable form."""
    for block, definition in DEFINITIONS.items():
        expr = expr.replace(block, definition)
    return expr


def _times_square(w: Array, e: Array) -> Array:
    return (w * e) * e


_SPLIT = 134217729.0  # 2^27 + 1: Veltkamp's constant for 53 bits


def _upper_half(x: Array) -> Array:
    """The 26 leading bits of x, so that their product with 26 others is exact."""
    c = _SPLIT * x
    return c - (c - x)


def _quarter_gauss(z: Array) -> Array:
    z = np.clip(z, -64.0, 64.0)  # e^{-64²/4} is 0 in float64 already after squaring
    high = _upper_half(z)  # high² is exact, so nothing of z²/4 is lost
    return np.exp(-0.25 * high * high) * np.exp(-0.25 * (z - high) * (z + high))


def _two_sum(x: Array, y: Array) -> tuple[Array, Array]:
    total = x + y
    back = total - x
    return total, (x - (total - back)) + (y - back)


def _two_product(x: Array, y: Array) -> tuple[Array, Array]:
    product = x * y
    xh, yh = _upper_half(x), _upper_half(y)
    xl, yl = x - xh, y - yh
    return product, ((xh * yh - product) + xh * yl + xl * yh) + xl * yl


@functools.cache
def _gelu_constants() -> tuple[float, float, float, float]:
    """√(2/π) and √(2/π)·0.044715, each as a float and the rest that the float leaves."""
    first = sp.sqrt(2 / sp.pi)
    second = first * GELU_CONSTANT[GELU_C]
    pairs = [(float(c), float(sp.N(c - sp.Rational(float(c)), 30))) for c in (first, second)]
    return (*pairs[0], *pairs[1])


def _gelu_exp(z: Array) -> Array:
    alpha, alpha_low, beta, beta_low = _gelu_constants()
    z = np.clip(z, -40.0, 40.0)  # beyond, e^{±u} is 0 or the caller uses the other sign
    square, square_low = _two_product(z, z)
    b, b_low = _two_product(np.full_like(z, beta), square)
    b_low = b_low + beta * square_low + beta_low * square
    factor, factor_low = _two_sum(np.full_like(z, alpha), b)
    factor_low = factor_low + b_low + alpha_low
    u, u_low = _two_product(factor, z)
    u_low = u_low + factor_low * z
    e: Array = np.exp(u)
    return e + e * u_low


_CUT = 3.0  # below, Taylor polynomials; above, the continued fraction
_DEPTH = 72  # its convergents enclose R(t); at t = 3 two neighbours differ by less than 1e-18 (tested)


def _mills(t: Array) -> Array:
    out = np.empty_like(t)
    near = t < _CUT
    out[near] = _mills_near(t[near])
    far = t[~near]
    below = far.copy()
    for k in range(_DEPTH, 0, -1):  # R(t) = 1/(t + 1/(t + 2/(t + 3/(t + ...))))
        below = far + k / below
    out[~near] = 1.0 / below
    return out


@functools.cache
def _mills_series() -> tuple[Array, Array]:
    """Taylor coefficients of R at the centres of twelve segments of [0, 3], from R' = t R - 1.

    (k + 1) r_{k+1} = c r_k + r_{k-1} for k ≥ 1 follows from the equation; r_0 is the definition at c.
    """
    centres = [sp.Rational(2 * i + 1, 8) for i in range(12)]
    rows = []
    for c in centres:
        r = [sp.N(DEFINITIONS[Mills](c), 60)]
        r.append(c * r[0] - 1)
        for k in range(1, 17):
            r.append((c * r[k] + r[k - 1]) / (k + 1))
        rows.append([float(v) for v in r])
    return np.array([float(c) for c in centres]), np.array(rows)


def _mills_near(t: Array) -> Array:
    centres, rows = _mills_series()
    segment = np.clip((t * 4.0).astype(np.intp), 0, 11)
    h = t - centres[segment]
    value: Array = rows[segment, -1]
    for k in range(rows.shape[1] - 2, -1, -1):
        value = value * h + rows[segment, k]
    return value


METHODS: dict[Any, Callable[..., Array]] = {
    Expm1: np.expm1,
    Log1p: np.log1p,
    TimesSquare: _times_square,
    QuarterGauss: _quarter_gauss,
    Mills: _mills,
    GeluExp: _gelu_exp,
    sp.exp: np.exp,
    sp.log: np.log,
    sp.tanh: np.tanh,
    sp.Abs: np.abs,
    sp.sign: np.sign,
}
