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

EPS = float(np.finfo(np.float64).eps)
UNCHECKED, OK, WRONG, KINK, KINK_OUTSIDE, WIDE = range(6)

#: moves(which, steps): P and M for the entries `which` (positions in this block's list), a step for each.
Moves = Callable[[NDArray[np.intp], Array], tuple[Array, Array]]

# 2^-4 to 2^-34 of the scale: from visible curvature down to where rounding leaves five digits.
RUNGS = 2.0 ** -np.arange(4.0, 35.0, 2.0)
# A value that agrees with its slope to nine digits is right: no mistake is that small, and discretised losses,
# iterated to convergence, are no sharper.
AGREEMENT = 1e-9
# A bar so many times wider than noise explains is due to the shape of the function.
UNEXPLAINED = 100.0
# A bound above this part of the parameter's largest slope says nothing of an entry.
HIDING = 0.1
# An entry this much smaller than its neighbours may count in another unit, or stand at a kink at zero.
STRANGE = 2.0**-13
# An analytic slope so many times steeper than the measured one may be that of ripples finer than every step.
STEEPER = 16.0
# So many suspicious entries of a block see the whole ladder; the others are judged on four rungs.
CONFIRMED = 24


@dataclass(frozen=True, eq=False)
class Slopes:
    """Slopes of one block of entries: all arrays of the same length."""

    numeric: Array
    bound: Array
    step: Array
    status: NDArray[np.int8]


@dataclass(frozen=True)
class Terms:
    """What the bounds of a block are made of."""

    noise: float  # absolute jitter of the loss
    allowance: float  # rounding that the analytic gradient itself is entitled to
    scale: Array  # size of the entry or its block: the unit of the steps
    position: Array  # the entries' own values; x + h rounds when x is large
    largest: float = 0.0  # largest analytic slope of the whole parameter
    vanishing: float = 0.0  # below this, a slope may be what rounding leaves of terms that cancel
    negligible: float = 0.0  # below this, a slope is nothing beside those of the other parameters

    def hides(self, bound: Array, analytic: Array) -> NDArray[np.bool_]:
        """Where a bound is so wide that it would hide a wrong entry as well as a right one."""
        largest = max(float(np.max(np.abs(analytic), initial=0.0)), self.largest)
        return np.asarray((bound > max(HIDING * largest, self.negligible)) & (largest > 0))

    def strangers(self, which: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which entries are so much smaller than the others that they may count in another unit."""
        own = np.abs(self.position[which])
        return np.asarray((own > 0) & (own < STRANGE * self.scale[which]))


def power_of_two(steps: Array) -> Array:
    """Round steps down to powers of two, so that x + h and h/2 are exact."""
    return np.exp2(np.floor(np.log2(steps)))


def judge(moves: Moves, analytic: Array, start: Array, terms: Terms, *, confirm: bool = True) -> Slopes:
    """Compare analytic slopes with measured ones, spending steps only where they disagree.

    Parameters
    ----------
    moves : callable
        `moves(which, steps) -> (P, M)`, changes of the loss, NaN where it has no value.
    analytic : array (n,)
        The slopes to be judged.
    start : array (n,)
        First step of each entry, a power of two.
    terms : Terms
        Noise, allowance, scales.
    confirm : bool
        Whether disagreements go on the whole ladder; without, four rungs must do, and wide bars stay wide.

    Returns
    -------
    Slopes
        Estimate, bound (two error bars plus the allowance), step and status of every entry.
    """
    n = analytic.size
    everyone = np.arange(n)
    steps = np.stack([start, start / 2])
    plus, minus = _climb(moves, everyone, steps)
    estimate, bar = _pair(steps, plus, minus, terms, everyone)
    bar = np.where(np.isfinite(bar), bar, np.inf)
    numeric, bound, used = estimate.copy(), 2 * bar + terms.allowance, steps[1].copy()
    status = np.full(n, OK, dtype=np.int8)
    with np.errstate(invalid="ignore"):
        near = AGREEMENT * np.abs(estimate) + _noise_bar(terms, everyone, steps[1], plus[1], minus[1])
        agree = np.abs(analytic - estimate) <= near + terms.allowance
        gap, finer_gap = np.abs(plus[0] + minus[0]), 2 * np.abs(plus[1] + minus[1])
        # Where J is smooth, halving h quarters P + M; at a kink it only halves.
        crooked = (finer_gap > 0.75 * gap) & (
            finer_gap > 1e-5 * np.abs(plus[1] - minus[1]) + 40 * terms.noise
        )
        strange = terms.strangers(everyone)
        doubtful = np.flatnonzero(~agree | crooked | strange | terms.hides(bound, analytic))
    if doubtful.size:
        more = np.stack([start / 4, start / 8])[:, doubtful]
        extra_plus, extra_minus = _climb(moves, doubtful, more)
        h = np.concatenate([steps[:, doubtful], more])
        p = np.concatenate([plus[:, doubtful], extra_plus])
        m = np.concatenate([minus[:, doubtful], extra_minus])
        est, bar4, h4 = best_triple(h, p, m, 2.0, terms, doubtful)
        with np.errstate(invalid="ignore"):
            inside = np.abs(analytic[doubtful] - est) <= 2 * bar4 + terms.allowance + AGREEMENT * np.abs(est)
        numeric[doubtful], bound[doubtful], used[doubtful] = est, 2 * bar4 + terms.allowance, h4
        # Inside is agreement only where the bar is narrow; a kink widens it and needs the whole ladder.
        largest = float(np.max(np.abs(analytic), initial=0.0))
        narrow = (2 * bar4 <= 1e-5 * np.maximum(np.abs(est), 1e-3 * largest)) & ~strange[doubtful]
        status[doubtful] = np.where(inside & narrow, OK, WRONG)
        suspects = doubtful[~(inside & narrow)]
        if confirm:
            _confirm(moves, analytic, terms, suspects, (numeric, bound, used, status))
        else:
            status[doubtful] = np.where(inside, np.where(narrow, OK, WIDE), WRONG)
    return Slopes(numeric, bound, used, status)


def _confirm(
    moves: Moves,
    analytic: Array,
    terms: Terms,
    suspects: NDArray[np.intp],
    out: tuple[Array, Array, Array, NDArray[np.int8]],
) -> None:
    """Put suspects on the whole ladder: first a few; the rest too unless all of those turned out wrong."""
    numeric, bound, used, status = out
    with np.errstate(invalid="ignore"):
        clear = np.abs(analytic[suspects] - numeric[suspects]) > 4 * bound[suspects]
    order = np.argsort(~clear, kind="stable")  # clear-cut ones may wait, the others may not
    clear_ones, others = suspects[order][: int(clear.sum())], suspects[order][int(clear.sum()) :]
    spread = np.unique(np.linspace(0, max(clear_ones.size - 1, 0), CONFIRMED).astype(int))
    first = clear_ones[spread] if clear_ones.size else clear_ones
    rest = np.setdiff1d(clear_ones, first)
    for group in (np.concatenate([others, first]), rest):
        if group is rest and (first.size and bool(np.all(status[first] == WRONG))):
            break
        if group.size:
            full = climb_all(moves, analytic[group], terms, group)
            numeric[group], bound[group] = full.numeric, full.bound
            used[group], status[group] = full.step, full.status


def climb_all(moves: Moves, analytic: Array, terms: Terms, which: NDArray[np.intp]) -> Slopes:
    """Judge entries on the whole ladder, kinks included; tiny entries among large ones on a ladder of their own too."""
    found, reach = _judge_ladder(moves, analytic, terms, which, terms.scale[which])
    own = np.abs(terms.position[which])
    tiny = np.flatnonzero(
        ((own > 0) & (own < 2.0**-8 * terms.scale[which]) & (found.status != OK)) | terms.strangers(which)
    )
    if tiny.size:
        # An entry may count in another unit than its neighbours: finer steps, scaled to itself, are the better witness.
        finer, _ = _judge_ladder(moves, analytic[tiny], terms, which[tiny], 16 * own[tiny])
        sharper = (finer.step < found.step[tiny]) & (
            (finer.status == WRONG) | ((finer.status == OK) & (found.status[tiny] != OK))
        )
        _replace(found, finer, tiny, sharper)
    _look_closer(moves, analytic, terms, which, found, reach)
    return found


def _look_closer(
    moves: Moves, analytic: Array, terms: Terms, which: NDArray[np.intp], found: Slopes, reach: Array
) -> None:
    """Give a gradient far steeper than the measured slopes its chance: it may be that of ripples finer than every step.

    A loss that changes by `reach` at most shows a slope g only in steps below reach / |g|.  Where even such a step is below
    the spacing of the numbers, and the loss looks like noise, nothing can be said.
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ripple = reach / np.abs(analytic)
        steep = np.flatnonzero(
            (found.status == WRONG)
            & (np.abs(analytic) > STEEPER * np.abs(found.numeric))
            & (ripple < RUNGS[-1] * terms.scale[which])
            & (reach > 0)
        )
    seen = ripple[steep] > 64 * EPS * np.abs(terms.position[which[steep]])
    blind = steep[~seen & (terms.noise > reach[steep] / 64)]
    found.status[blind] = WIDE
    steep = steep[seen]
    if steep.size:
        finer, _ = _judge_ladder(moves, analytic[steep], terms, which[steep], 16 * ripple[steep])
        _replace(found, finer, steep, np.isin(finer.status, (OK, KINK)))


def _replace(found: Slopes, better: Slopes, places: NDArray[np.intp], chosen: NDArray[np.bool_]) -> None:
    """Put the chosen ones of a better measurement in their places."""
    place = places[chosen]
    found.numeric[place], found.bound[place] = better.numeric[chosen], better.bound[chosen]
    found.step[place], found.status[place] = better.step[chosen], better.status[chosen]


def _judge_ladder(
    moves: Moves, analytic: Array, terms: Terms, which: NDArray[np.intp], scale: Array
) -> tuple[Slopes, Array]:
    """Judge on the whole ladder; give also the largest change of the loss that was seen."""
    h = power_of_two(scale)[None, :] * RUNGS[:, None]
    plus, minus = _climb(moves, which, h)
    t = _triples(h, plus, minus, 4.0, terms, which)
    left, right, gap_bar = _one_sided(h, plus, minus, terms, which)
    gap = np.abs(right - left)
    with np.errstate(invalid="ignore"):
        kink = (gap > 2 * gap_bar) & ~(t.bar < gap / 4)
        bound = 2 * t.bar + terms.allowance
        off, slack = np.abs(analytic - t.estimate), terms.allowance + AGREEMENT * np.abs(t.estimate)
        outside = off > 2 * t.bar + slack
        excluded = (np.abs(analytic - t.estimates) > 2 * t.bars + slack) & np.isfinite(t.bars)
        # A finer triple that contains the analytic value, and is sharp enough to tell the two apart, forbids "wrong".
        finer = h[2:] < t.step
        torn = (finer & ~excluded & (t.bars < off / 4)).any(axis=0)
        # One triple may be fooled; two that agree are evidence.
        twice = excluded.sum(axis=0) >= 2
        # A bar that noise does not explain, and that is no small part of the slopes: no step gives anything to rely on.
        largest = max(float(np.max(np.abs(analytic), initial=0.0)), terms.largest)
        vague = ((bound > 0.01 * largest) & (t.bar > UNEXPLAINED * t.noise_bar)) | terms.hides(bound, analytic)
    status = np.full(which.size, OK, dtype=np.int8)
    status[~np.isfinite(t.bar) | vague | (outside & (torn | ~twice))] = WIDE
    status[outside & twice & ~torn] = WRONG
    slack = 2 * gap_bar + terms.allowance
    low, high = np.minimum(left, right), np.maximum(left, right)
    between = (analytic >= low - slack) & (analytic <= high + slack)
    status[kink] = np.where(between[kink], KINK, KINK_OUTSIDE)
    numeric = np.where(kink, np.clip(analytic, low, high), t.estimate)
    reach = np.nanmax(np.fmax(np.abs(plus), np.abs(minus)), axis=0, initial=0.0)
    return Slopes(numeric, np.where(kink, slack, bound), t.step, status), reach


def best_step(moves: Moves, terms: Terms, which: NDArray[np.intp]) -> Array:
    """Find the step with the narrowest bar for each of a few entries; NaN where the loss does not move."""
    h = power_of_two(terms.scale[which])[None, :] * RUNGS[:, None]
    plus, minus = _climb(moves, which, h)
    t = _triples(h, plus, minus, 4.0, terms, which)
    still = ~(np.abs(plus) + np.abs(minus) > 0).any(axis=0)
    return np.where(still | ~np.isfinite(t.bar), np.nan, 4 * t.step)


def best_triple(
    h: Array, plus: Array, minus: Array, ratio: float, terms: Terms, which: NDArray[np.intp]
) -> tuple[Array, Array, Array]:
    """Choose, for each entry, the Richardson estimate with the narrowest error bar."""
    t = _triples(h, plus, minus, ratio, terms, which)
    return t.estimate, t.bar, t.step


def _climb(moves: Moves, which: NDArray[np.intp], steps: Array) -> tuple[Array, Array]:
    """Visit the rungs: rows are rungs, columns entries."""
    pairs = [moves(which, row) for row in steps]
    return np.stack([p for p, _ in pairs]), np.stack([m for _, m in pairs])


def _noise_bar(terms: Terms, which: NDArray[np.intp], h: Array, plus: Array, minus: Array) -> Array:
    """Rounding part of the error bar: 4 noise / h, and x + h rounded to a neighbour."""
    reach = np.fmax(np.abs(plus), np.abs(minus))
    jitter = terms.noise + EPS * reach
    return 4 * jitter / h + 2 * EPS * (np.abs(terms.position[which]) / h) * (reach / h)


def _pair(h: Array, plus: Array, minus: Array, terms: Terms, which: NDArray[np.intp]) -> tuple[Array, Array]:
    """Estimate from two rungs h and h/2; its bar is the whole extrapolated correction, which is far too wide."""
    with np.errstate(all="ignore"):
        centred, gap = (plus - minus) / (2 * h), (plus + minus) / h
        estimate = centred[1] + (centred[1] - centred[0]) / 3
        bar = np.abs(estimate - centred[1]) + np.abs(2 * gap[1] - gap[0])
        return estimate, bar + _noise_bar(terms, which, h[1], plus[1], minus[1])


@dataclass(frozen=True, eq=False)
class Triples:
    """Richardson estimates of every three neighbouring rungs (rows) and the best of each entry."""

    estimates: Array
    bars: Array
    estimate: Array
    bar: Array
    noise_bar: Array
    step: Array


def _triples(
    h: Array, plus: Array, minus: Array, ratio: float, terms: Terms, which: NDArray[np.intp]
) -> Triples:
    with np.errstate(all="ignore"):
        centred, gap = (plus - minus) / (2 * h), (plus + minus) / h
        estimates = centred[1:] + (centred[1:] - centred[:-1]) / (ratio**2 - 1)
        crooked = np.abs(ratio * gap[1:] - gap[:-1])
        shape = np.abs(np.diff(estimates, axis=0)) + crooked[1:]
        noise = _noise_bar(terms, which, h[2:], plus[2:], minus[2:])
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


def _one_sided(
    h: Array, plus: Array, minus: Array, terms: Terms, which: NDArray[np.intp]
) -> tuple[Array, Array, Array]:
    """Left and right slopes, extrapolated once (ratio 4), at the rung where both are sharpest."""
    with np.errstate(all="ignore"):
        right, left = plus / h, -minus / h
        right, left = (4 * right[1:] - right[:-1]) / 3, (4 * left[1:] - left[:-1]) / 3
        bars = np.abs(np.diff(right, axis=0)) + np.abs(np.diff(left, axis=0))
        bars = bars + 4 * _noise_bar(terms, which, h[2:], plus[2:], minus[2:])
        bars = np.where(np.isfinite(bars), bars, np.inf)
    best = bars.argmin(axis=0)
    columns = np.arange(h.shape[1])
    return left[1:][best, columns], right[1:][best, columns], bars[best, columns]
