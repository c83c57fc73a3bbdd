"""Points over the whole range of float64, and how many floats lie between two answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["pairs", "stratified", "ulp_distance"]

Array = NDArray[np.float64]

# Where formulas saturate, overflow or change branches: 2^-53 and log(2^53) for 1 + exp(-z), 709.78 for exp,
# 745.13 for its underflow, the ends of the normal and subnormal range.
EDGES = (0.0, 2.0**-53, 2.0**-26, 0.5, 1.0, 18.02, 19.06, 36.04, 36.74, 37.5, 708.4, 709.79, 744.5, 745.14, 760.0,
         np.finfo(np.float64).tiny, np.finfo(np.float64).smallest_subnormal, np.finfo(np.float64).max)  # fmt: skip


def stratified(rng: np.random.Generator) -> Array:
    """Return about 7,500 floats: each binade of both signs, the range where things happen, edges, infinities."""
    binades = np.arange(-1074, 1024)
    sizes = np.ldexp(rng.uniform(1.0, 2.0, binades.size), np.minimum(binades, 1022))
    middle = [rng.uniform(-reach, reach, 1000) for reach in (2.0, 40.0, 800.0)]
    edges = np.array(EDGES)
    near = np.concatenate([edges, np.nextafter(edges, -np.inf), np.nextafter(edges, 0.0)])
    return np.concatenate([sizes, -sizes, *middle, near, -near, [np.inf, -np.inf]])


def pairs(name: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return predictions and labels on which a loss is defined, the predictions stratified.

    Labels are hard where the loss is one of classes: next to a soft label the slope of a cross-entropy is a
    difference that neither witness claims to the last place.
    """
    z = stratified(rng)
    if name == "hinge":
        return z, rng.choice([-1.0, 1.0], z.size)
    if name in ("bce", "bce_logit"):
        y = rng.integers(0, 2, z.size).astype(np.float64)
        if name == "bce_logit":
            return z, y
        a = np.abs(z)
        near_one = 1.0 - 10.0 ** rng.uniform(-16, 0, a.size)
        return np.where(a <= 1.0, a, near_one), y
    finite = z[np.isfinite(z)]
    # Half the labels are of the prediction's size, so that their difference matters.
    alike = finite * rng.uniform(-1.0, 1.0, finite.size)
    return finite, np.where(rng.random(finite.size) < 0.5, rng.normal(size=finite.size), alike)


def ulp_distance(x: Any, y: Any) -> Array:
    """Count the floats from one number to the other.

    Returns
    -------
    ndarray
        0 where they are the same number (0 and -0 are); infinite where one is NaN and the other is not, or where
        the signs of infinities differ. Two NaNs agree on nothing: infinite as well.

    Examples
    --------
    >>> ulp_distance([1.0, 1.0, 0.0, float("inf")], [1.0, 1.0 + 2**-52, -0.0, float("nan")])
    array([ 0.,  1.,  0., inf])
    """
    x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    magnitude_x, magnitude_y = (np.ascontiguousarray(np.abs(v)).view(np.int64) for v in (x, y))
    same_sign = np.signbit(x) == np.signbit(y)
    # Magnitudes of floats count them in order. Across zero the distances to zero add, as floats: int64 could overflow.
    across = magnitude_x.astype(np.float64) + magnitude_y.astype(np.float64)
    along = np.abs(magnitude_x - magnitude_y).astype(np.float64)
    distance = np.where(same_sign, along, across)
    return np.where(np.isnan(x) | np.isnan(y), np.inf, distance)
