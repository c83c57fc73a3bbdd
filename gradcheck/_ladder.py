"""Judging slopes: few steps where a gradient agrees, the whole ladder where it does not, kinks for what they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck._jumps import jumped
from gradcheck._point import Array
from gradcheck._richardson import (
    EPS,
    UNEXPLAINED,
    Moves,
    Terms,
    best_triple,
    noise_bar,
    one_sided,
    pair_estimate,
    triples,
)

UNCHECKED, OK, WRONG, KINK, KINK_OUTSIDE, WIDE = range(6)

# 2^-4 to 2^-34 of the scale: from visible curvature down to where rounding leaves five digits.
RUNGS = 2.0 ** -np.arange(4.0, 35.0, 2.0)
# A value that agrees with its slope to nine digits is right: no mistake is that small, and discretised losses,
# iterated to convergence, are no sharper.
AGREEMENT = 1e-9
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
    estimate, bar = pair_estimate(steps, plus, minus, terms, everyone)
    bar = np.where(np.isfinite(bar), bar, np.inf)
    numeric, bound, used = estimate.copy(), 2 * bar + terms.allowance, steps[1].copy()
    status = np.full(n, OK, dtype=np.int8)
    with np.errstate(invalid="ignore"):
        near = AGREEMENT * np.abs(estimate) + noise_bar(terms, everyone, steps[1], plus[1], minus[1])
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
        if not confirm:
            status[doubtful] = np.where(inside, np.where(narrow, OK, WIDE), WRONG)
            suspects = suspects[strange[suspects]]
        if suspects.size:
            _confirm(moves, analytic, terms, suspects, (numeric, bound, used, status))
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
    t = triples(h, plus, minus, 4.0, terms, which)
    left, right, gap_bar = one_sided(h, plus, minus, terms, which)
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
        vague = ((bound > 0.01 * largest) & (t.bar > UNEXPLAINED * t.noise_bar)) | terms.hides(
            bound, analytic
        )
    status = np.full(which.size, OK, dtype=np.int8)
    status[~np.isfinite(t.bar) | vague | (outside & (torn | ~twice))] = WIDE
    status[outside & twice & ~torn] = WRONG
    accused = np.flatnonzero(status == WRONG)
    if terms.chosen and accused.size:
        leaps = jumped(
            moves, which[accused], h[:, accused], plus[:, accused], minus[:, accused],
            t.estimate[accused], analytic[accused], terms.noise,
        )  # fmt: skip
        status[accused[leaps]] = WIDE
    slack = 2 * gap_bar + terms.allowance
    low, high = np.minimum(left, right), np.maximum(left, right)
    between = (analytic >= low - slack) & (analytic <= high + slack)
    status[kink] = np.where(between[kink], KINK, KINK_OUTSIDE)
    numeric = np.where(kink, np.clip(analytic, low, high), t.estimate)
    reach = np.fmax.reduce(np.fmax(np.abs(plus), np.abs(minus)), axis=0, initial=0.0)
    return Slopes(numeric, np.where(kink, slack, bound), t.step, status), reach


def best_step(moves: Moves, terms: Terms, which: NDArray[np.intp]) -> Array:
    """Find the step with the narrowest bar for each of a few entries; NaN where the loss does not move."""
    h = power_of_two(terms.scale[which])[None, :] * RUNGS[:, None]
    plus, minus = _climb(moves, which, h)
    t = triples(h, plus, minus, 4.0, terms, which)
    still = ~(np.abs(plus) + np.abs(minus) > 0).any(axis=0)
    return np.where(still | ~np.isfinite(t.bar), np.nan, 4 * t.step)


def _climb(moves: Moves, which: NDArray[np.intp], steps: Array) -> tuple[Array, Array]:
    """Visit the rungs: rows are rungs, columns entries."""
    pairs = [moves(which, row) for row in steps]
    return np.stack([p for p, _ in pairs]), np.stack([m for _, m in pairs])
