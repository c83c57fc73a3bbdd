"""Slopes with bounds: ladders of steps, Richardson extrapolation, and kinks recognised for what they are.

For one entry let P(h) = J(p + h) - J(p) and M(h) = J(p - h) - J(p). Then

- the centred slope is D(h) = (P - M) / 2h = J' + O(h²), and R = D(h/r) + (D(h/r) - D(h)) / (r² - 1) = J' + O(h⁴);
- the gap of the one-sided slopes is G(h) = (P + M) / h = h J'' + O(h³), so E = r G(h/r) - G(h) = O(h³) where J is
  smooth, and E is as large as the jump of the slope where a kink stands closer than h.

The error bar of R is |R(h/r) - R(h)| + |E| + 4 noise / h: a kink at any distance moves R by less than the first two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck._point import Array

#: moves(which, steps): P and M for the entries `which` (positions in this block's list), a step for each.
Moves = Callable[[NDArray[np.intp], Array], tuple[Array, Array]]

EPS = float(np.finfo(np.float64).eps)
# A bar so many times wider than noise explains is due to the shape of the function.
UNEXPLAINED = 100.0
# A bound above this part of the parameter's largest slope says nothing of an entry.
HIDING = 0.1
# An entry this much smaller than its neighbours may count in another unit, or stand at a kink at zero.
STRANGE = 2.0**-13


@dataclass(frozen=True)
class Terms:
    """What the bounds of a block are made of."""

    noise: float  # absolute jitter of the loss
    allowance: float  # rounding that the analytic gradient itself is entitled to
    scale: Array  # size of the entry or its block: the unit of the steps
    position: Array  # the entries' own values; x + h rounds when x is large
    largest: float = 0.0  # largest analytic slope of the whole parameter
    vanishing: float = 0.0  # below this, a slope may be what rounding leaves of terms that cancel
    cancelled: float = 0.0  # both below this: perhaps only what rounding leaves of terms as large as the loss
    negligible: float = 0.0  # below this, a slope is nothing beside those of the other parameters
    chosen: bool = False  # the point is of our choosing: where the loss jumps it proves nothing

    def hides(self, bound: Array, analytic: Array) -> NDArray[np.bool_]:
        """Where a bound is so wide that it would hide a wrong entry as well as a right one."""
        largest = max(float(np.max(np.abs(analytic), initial=0.0)), self.largest)
        return np.asarray((bound > max(HIDING * largest, self.negligible)) & (largest > 0))

    def strangers(self, which: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which entries are so much smaller than the others that they may count in another unit."""
        own = np.abs(self.position[which])
        return np.asarray((own > 0) & (own < STRANGE * self.scale[which]))


def best_triple(
    h: Array, plus: Array, minus: Array, ratio: float, terms: Terms, which: NDArray[np.intp]
) -> tuple[Array, Array, Array]:
    """Choose, for each entry, the Richardson estimate with the narrowest error bar."""
    t = triples(h, plus, minus, ratio, terms, which)
    return t.estimate, t.bar, t.step


def noise_bar(terms: Terms, which: NDArray[np.intp], h: Array, plus: Array, minus: Array) -> Array:
    """Rounding part of the error bar: 4 noise / h, and x + h rounded to a neighbour."""
    reach = np.fmax(np.abs(plus), np.abs(minus))
    jitter = terms.noise + EPS * reach
    return 4 * jitter / h + 2 * EPS * (np.abs(terms.position[which]) / h) * (reach / h)


def pair_estimate(
    h: Array, plus: Array, minus: Array, terms: Terms, which: NDArray[np.intp]
) -> tuple[Array, Array]:
    """Estimate from two rungs h and h/2; its bar is the whole extrapolated correction, which is far too wide."""
    with np.errstate(all="ignore"):
        centred, gap = (plus - minus) / (2 * h), (plus + minus) / h
        estimate = centred[1] + (centred[1] - centred[0]) / 3
        bar = np.abs(estimate - centred[1]) + np.abs(2 * gap[1] - gap[0])
        return estimate, bar + noise_bar(terms, which, h[1], plus[1], minus[1])


@dataclass(frozen=True, eq=False)
class Triples:
    """Richardson estimates of every three neighbouring rungs (rows) and the best of each entry."""

    estimates: Array
    bars: Array
    estimate: Array
    bar: Array
    noise_bar: Array
    step: Array


def triples(
    h: Array, plus: Array, minus: Array, ratio: float, terms: Terms, which: NDArray[np.intp]
) -> Triples:
    with np.errstate(all="ignore"):
        centred, gap = (plus - minus) / (2 * h), (plus + minus) / h
        estimates = centred[1:] + (centred[1:] - centred[:-1]) / (ratio**2 - 1)
        crooked = np.abs(ratio * gap[1:] - gap[:-1])
        shape = np.abs(np.diff(estimates, axis=0)) + crooked[1:]
        noise = noise_bar(terms, which, h[2:], plus[2:], minus[2:])
        estimates, bars = estimates[1:], shape + noise
        bars = np.where(np.isfinite(bars) & np.isfinite(estimates), bars, np.inf)
        columns = np.arange(h.shape[1])
        # Steps so small that rounding exceeds the measured noise betray themselves by scatter: |D - R| h is that noise.
        best = bars.argmin(axis=0)
        if len(h) > 8:
            scatter = np.abs(centred[-3:] - estimates[best, columns]) * h[-3:]
            bars = bars + 2 * np.nanmax(np.where(np.isfinite(scatter), scatter, 0.0), axis=0) / h[2:]
        # Going finer, bars shrink until noise takes over. Where they grow beyond that, the function has a finer grain
        # than the coarse triple saw (it oscillates, or two kinks hide each other), and the coarse triple does not count.
        unexplained = np.where(bars > UNEXPLAINED * noise, bars, 0.0)
        finest_first = np.maximum.accumulate(unexplained[::-1], axis=0)[::-1]
        finer = np.vstack([finest_first[1:], np.zeros((1, h.shape[1]))])
        usable = np.where(finer <= 2 * bars, bars, np.inf)
        best = usable.argmin(axis=0)
    pick = (best, columns)
    return Triples(estimates, usable, estimates[pick], usable[pick], noise[pick], h[2:][pick])


def one_sided(
    h: Array, plus: Array, minus: Array, terms: Terms, which: NDArray[np.intp]
) -> tuple[Array, Array, Array]:
    """Left and right slopes, extrapolated once (ratio 4), at the rung where both are sharpest."""
    with np.errstate(all="ignore"):
        right, left = plus / h, -minus / h
        right, left = (4 * right[1:] - right[:-1]) / 3, (4 * left[1:] - left[:-1]) / 3
        bars = np.abs(np.diff(right, axis=0)) + np.abs(np.diff(left, axis=0))
        bars = bars + 4 * noise_bar(terms, which, h[2:], plus[2:], minus[2:])
        bars = np.where(np.isfinite(bars), bars, np.inf)
    best = bars.argmin(axis=0)
    columns = np.arange(h.shape[1])
    return left[1:][best, columns], right[1:][best, columns], bars[best, columns]
