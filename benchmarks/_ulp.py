"""The ruler of exactness: points over all floats, the truth from mpmath, and the distance in units in the last place.

The formulas here are the textbook's, evaluated to 300 bits or more; they share nothing with `numeric`.
Used by `benchmarks/exactness.py` and by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np
from mpmath.libmp import to_float
from numpy.typing import NDArray

BITS = 300
# Zeros of derivatives, where relative accuracy is hardest, and points where a saturating formula changes its mind.
ROOTS = {"silu": -1.2784645427610738, "gelu": -0.7517915246935645, "gelu_tanh": -0.7524614220710163}
EDGES = (
    0.0, 0.0625, 0.125, 0.34657359027997264, 0.5, 0.6931471805599453, 1.0, 2.0, 8.0, 17.3, 18.7, 19.06, 36.04, 36.7368,
    37.43, 38.0, 38.4, 38.6, 40.0, 300.0, 354.9, 372.6, 600.0, 708.396, 709.7827, 710.47, 744.44, 745.1332, 745.2, 751.0, 752.0,
    760.0, 800.0, 1.7976931348623157e308, 2.2250738585072014e-308, 5e-324,
)  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """Exact values: the nearest double, and how far from it the truth is, in ulp."""

    nearest: NDArray[np.float64]
    beyond: NDArray[np.float64]


def points(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """At least n finite floats: every binade of both signs, the range where things happen, edges, and both infinities."""
    per_binade = max(1, n // 8000)
    binades = np.repeat(np.arange(-1074, 1024), per_binade)
    sizes = np.ldexp(rng.uniform(1.0, 2.0, binades.size), np.minimum(binades, 1023))
    middle = [rng.uniform(-reach, reach, n // 8) for reach in (2.0, 40.0, 800.0)]
    close = np.concatenate([_around(c, rng, max(4, n // 400)) for c in (*EDGES, *ROOTS.values())])
    close = np.concatenate([close, -close])
    return np.concatenate([sizes, -sizes, *middle, close, [0.0, -0.0, np.inf, -np.inf]])


def _around(centre: float, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """The centre, its next few floats, and points at every distance from it."""
    steps = [centre]
    for direction in (-1e308, 1e308):
        x = centre
        for _ in range(n // 4 if abs(centre) < 1e308 else 0):
            x = float(np.nextafter(x, direction))
            steps.append(x)
    factors = 1.0 - 10.0 ** rng.uniform(-17, -1, n)
    if abs(centre) < 1e308:
        factors = np.where(rng.random(n) < 0.5, factors, 1.0 / factors)
    return np.concatenate([steps, centre * factors])


def truth(
    formula: Callable[..., Any], *arguments: Iterable[float], dtype: Any = np.float64, bits: int = BITS
) -> Truth:
    """The exact values of a formula of mpmath numbers at these points."""
    nearest, beyond = [], []
    with mp.workprec(bits):
        for values in zip(*arguments, strict=True):
            exact = formula(*(mp.mpf(float(v)) for v in values))
            near = to_float(exact._mpf_, strict=False) if mp.isfinite(exact) else float(exact)
            with np.errstate(over="ignore", under="ignore"):
                near = float(dtype(near))
            nearest.append(near)
            unit = float(_unit(near, dtype)) if np.isfinite(near) else np.inf
            beyond.append(float((exact - mp.mpf(near)) / mp.mpf(unit)) if np.isfinite(near) else 0.0)
    return Truth(np.array(nearest), np.array(beyond))


def _unit(x: Any, dtype: Any) -> Any:
    """The distance between neighbouring floats of this type, from x away from 0."""
    info = np.finfo(dtype)
    exponents = np.frexp(np.where(np.isfinite(x), x, 1.0))[1]
    return np.ldexp(1.0, np.maximum(exponents - 1, info.minexp) - info.nmant)


def distance(values: Any, exact: Truth, dtype: Any = np.float64) -> NDArray[np.float64]:
    """How far the values are from the truth, in units in the last place of the truth; infinite for a NaN.

    Beyond the largest float the truth counts as infinity, and the largest float as one ulp below it.
    """
    values = np.asarray(values, np.float64)
    with np.errstate(all="ignore"):
        error = np.abs((values - exact.nearest) / _unit(exact.nearest, dtype) - exact.beyond)
    same = (values == exact.nearest) & ~np.isfinite(exact.nearest)
    top = np.isinf(exact.nearest) & (values == np.copysign(float(np.finfo(dtype).max), exact.nearest))
    error = np.where(same, 0.0, np.where(top, 1.0, error))
    return np.where(np.isnan(error), np.inf, error)


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + mp.exp(-z))


def _normal(z: Any) -> Any:
    return mp.erfc(-z / mp.sqrt(2)) / 2 if abs(z) < 1000 else mp.mpf(z > 0)


def _density(z: Any) -> Any:
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi) if abs(z) < 1000 else mp.mpf(0)


def _gelu_argument(z: Any) -> Any:
    return mp.sqrt(2 / mp.pi) * (z + mp.mpf(44715) / 1000000 * z**3)


def _one_plus_tanh(u: Any) -> Any:
    return 2 * _sigmoid(2 * u)


def _gelu_tanh_derivative(z: Any) -> Any:
    if abs(z) > 1000:
        return mp.mpf(z > 0)
    u = _gelu_argument(z)
    slope = mp.sqrt(2 / mp.pi) * (1 + 3 * mp.mpf(44715) / 1000000 * z**2)
    return _one_plus_tanh(u) / 2 + z / 2 * mp.sech(u) ** 2 * slope


# The limits at both infinities; everything else of the formulas below holds for finite z.
_AT_INFINITY: dict[str, tuple[float, float]] = {
    "identity": (-np.inf, np.inf),
    "identity_derivative": (1, 1),
    "relu": (0, np.inf),
    "relu_derivative": (0, 1),
    "leaky_relu": (-np.inf, np.inf),
    "leaky_relu_derivative": (0.01, 1),
    "elu": (-1, np.inf),
    "elu_derivative": (0, 1),
    "sigmoid": (0, 1),
    "sigmoid_derivative": (0, 0),
    "tanh": (-1, 1),
    "tanh_derivative": (0, 0),
    "softplus": (0, np.inf),
    "softplus_derivative": (0, 1),
    "log_sigmoid": (-np.inf, 0),
    "log_sigmoid_derivative": (1, 0),
    "silu": (0, np.inf),
    "silu_derivative": (0, 1),
    "gelu": (0, np.inf),
    "gelu_derivative": (0, 1),
    "gelu_tanh": (0, np.inf),
    "gelu_tanh_derivative": (0, 1),
}

_FINITE: dict[str, Callable[[Any], Any]] = {
    "identity": lambda z: z,
    "identity_derivative": lambda z: mp.mpf(1),
    "relu": lambda z: max(z, mp.mpf(0)),
    "relu_derivative": lambda z: mp.mpf(z > 0),
    "leaky_relu": lambda z: z if z > 0 else z / 100,
    "leaky_relu_derivative": lambda z: mp.mpf(1) if z > 0 else mp.mpf(1) / 100,
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "elu_derivative": lambda z: mp.mpf(1) if z > 0 else mp.exp(z),
    "sigmoid": _sigmoid,
    "sigmoid_derivative": lambda z: mp.sech(z / 2) ** 2 / 4,
    "tanh": mp.tanh,
    "tanh_derivative": lambda z: mp.sech(z) ** 2,
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "softplus_derivative": _sigmoid,
    "log_sigmoid": lambda z: -mp.log1p(mp.exp(-z)),
    "log_sigmoid_derivative": lambda z: _sigmoid(-z),
    "silu": lambda z: z * _sigmoid(z),
    "silu_derivative": lambda z: _sigmoid(z) * (1 + z * _sigmoid(-z)),
    "gelu": lambda z: z * _normal(z),
    "gelu_derivative": lambda z: _normal(z) + z * _density(z),
    "gelu_tanh": lambda z: z / 2 * _one_plus_tanh(_gelu_argument(z)),
    "gelu_tanh_derivative": _gelu_tanh_derivative,
}


def _with_limits(name: str) -> Callable[[Any], Any]:
    at_minus, at_plus = _AT_INFINITY[name]
    finite = _FINITE[name]

    def formula(z: Any) -> Any:
        if mp.isinf(z):
            return mp.mpf(at_plus if z > 0 else at_minus)
        return finite(z)

    return formula


# Every function of one real number, by its name in numeric.
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {name: _with_limits(name) for name in _FINITE}


def _bce(a: Any, y: Any) -> Any:
    return -(y * mp.log(a) if y else 0) - ((1 - y) * mp.log1p(-a) if y != 1 else 0)


def _bce_derivative(a: Any, y: Any) -> Any:
    below = (mp.mpf("-inf") if a == 0 else -y / a) if y else mp.mpf(0)
    above = (mp.mpf("inf") if a == 1 else (1 - y) / (1 - a)) if y != 1 else mp.mpf(0)
    return below + above


def _bce_logit(z: Any, y: Any) -> Any:
    if mp.isinf(z):
        return mp.mpf(0) if y == (z > 0) else mp.mpf("inf")
    return y * mp.log1p(mp.exp(-z)) + (1 - y) * mp.log1p(mp.exp(z))


def _huber(a: Any, y: Any) -> Any:
    r = abs(a - y)
    return r * r / 2 if r <= 1 else r - mp.mpf(1) / 2


# Every loss of a prediction and a label, and its slope.
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "squared_error": lambda a, y: (a - y) ** 2 / 2,
    "squared_error_derivative": lambda a, y: a - y,
    "bce": _bce,
    "bce_derivative": _bce_derivative,
    "bce_logit": _bce_logit,
    "bce_logit_derivative": lambda z, y: (
        ACTIVATIONS["sigmoid"](z) - y if y != 1 else -ACTIVATIONS["sigmoid"](-z)
    ),
    "hinge": lambda z, y: max(mp.mpf(0), 1 - y * z),
    "hinge_derivative": lambda z, y: -y if y * z < 1 else mp.mpf(0),
    "huber": _huber,
    "huber_derivative": lambda a, y: max(mp.mpf(-1), min(mp.mpf(1), a - y)),
}
# Bits for softmax as the textbook has it: a sum or difference of any two floats, and a logarithm of it.
WIDE = 2400


def softmax(z: Sequence[Any]) -> list[Any]:
    """The textbook's softmax of mpmath numbers, whose exponents have no end."""
    e = [mp.exp(x) for x in z]
    return [x / mp.fsum(e) for x in e]


def loss_points(
    name: str, n: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predictions and labels for a loss: all binades, labels at the ends and between, predictions beside labels."""
    z = points(n, rng)
    if name.startswith("hinge"):
        y = rng.choice([-1.0, 1.0], z.size)
        return np.concatenate([z, 1.0 / y]), np.concatenate([y, y])
    if name.startswith(("squared_error", "huber")):
        z = z[np.isfinite(z)]
        y = np.where(rng.random(z.size) < 0.3, rng.permutation(z), rng.normal(size=z.size))
        near = y * (1.0 - 10.0 ** rng.uniform(-17, 0, z.size))
        away = y + np.where(rng.random(z.size) < 0.5, 1.0, -1.0) * (1.0 + rng.normal(0, 1e-8, z.size))
        a = np.concatenate([z, near, away])
        y = np.concatenate([y, y, y])
        return a[np.isfinite(a)], y[np.isfinite(a)]
    z = np.concatenate([z, z])
    soft = np.where(rng.random(z.size) < 0.5, rng.random(z.size), 10.0 ** rng.uniform(-320, 0, z.size))
    y = np.where(rng.random(z.size) < 0.5, rng.integers(0, 2, z.size).astype(float), np.minimum(soft, 1.0))
    if name.startswith("bce_logit"):
        # And labels beside the prediction, where the slope vanishes.
        usual = z[np.abs(z) < 600.0]
        beside = 1.0 / (1.0 + np.exp(-usual)) * (1.0 - 10.0 ** rng.uniform(-14, 0, usual.size))
        return np.concatenate([z, usual]), np.concatenate([y, beside])
    a = np.abs(z)
    a = np.where(a > 1.0, 1.0 - np.minimum(10.0 ** rng.uniform(-17, 0, z.size), 1.0), a)
    return a, y
