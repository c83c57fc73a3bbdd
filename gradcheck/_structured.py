"""The structured protocol: a network that says at once how the loss changes when each entry of a parameter moves.

A loss offers it by a method

    differences(name, h, parameters=None) -> (plus, minus, crossed)

three arrays shaped like `parameters[name]`: J(p + h e_ij) - J(p), J(p - h e_ij) - J(p), and whether a kink lies within
±h of the entry. `parameters` is the point, a dict; None means the network's current one.
Being differences of losses, summed as differences, they keep their digits however small h is; so h can be so small that
truncation does not matter, and one sweep tells.

The protocol is not believed: in the same run a random sample of entries is measured on the plain loss.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gradcheck import _ladder as ladder
from gradcheck._errors import ShapeError, StructureError
from gradcheck._ladder import Slopes
from gradcheck._objective import Objective
from gradcheck._point import Array
from gradcheck._richardson import EPS, Moves, Terms

# 2^-20 of the parameter's size: truncation h² is below 1e-12, kinks are rarely that near. Finer for those that are; where
# even the finest step meets one, it is at the point.
STEPS = (2.0**-20, 2.0**-28, 2.0**-36, 2.0**-44)
# So many entries of a parameter are measured on the plain loss as well.
AUDITED = 8
# More doubtful entries than this are first looked at with a finer step.
FEW = 64
# Doubtful entries of a parameter that the plain ladder visits at most.
MOST_LADDERS = 2000


class StructuredLoss(Protocol):
    """A loss that knows its own structure; see the module's docstring."""

    def __call__(self, parameters: Any) -> float:
        """Give the loss at a point."""
        ...

    def differences(
        self, name: str, h: float, parameters: Any = None
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Give the changes of the loss for every entry of a parameter moved by +h and -h, and where kinks are."""
        ...


@dataclass(frozen=True)
class Audit:
    """How the structured differences of one parameter fared against the plain loss."""

    name: str
    n_audited: int
    agrees: bool
    largest_deviation: float


@dataclass(frozen=True, eq=False)
class Sweep:
    """One call of `differences`: slopes, their bounds, the slopes on either side, and where a kink is near."""

    step: float
    numeric: Array
    bound: Array
    left: Array
    right: Array
    crossed: NDArray[np.bool_]

    def only(self, indices: NDArray[np.intp]) -> Sweep:
        """Give the same for the chosen entries."""
        k = indices
        return Sweep(self.step, self.numeric[k], self.bound[k], self.left[k], self.right[k], self.crossed[k])


def is_structured(loss: Any, template: Any) -> bool:
    """Say whether the protocol can be used: the loss offers it and the point is a plain dict of arrays."""
    return callable(getattr(loss, "differences", None)) and isinstance(template, dict)


def sweep(objective: Objective, arrays: Sequence[Array], place: int, h: float, size: float) -> Sweep:
    """Ask for all differences of one parameter and turn them into slopes."""
    name, shape = objective.layout.names[place], objective.layout.shapes[place]
    offered: Any = objective.loss
    with np.errstate(all="ignore"):
        answer = offered.differences(name, h, objective.layout.fold(objective.cast(arrays)))
        if not isinstance(answer, tuple | list) or len(answer) != 3:
            raise StructureError(
                f"loss.differences({name!r}, ...) gave {type(answer).__name__}; expected three arrays: plus, minus, crossed."
            )
        plus, minus, crossed = (np.asarray(a) for a in answer)
        for what, array in (("plus", plus), ("minus", minus), ("crossed", crossed)):
            if array.shape != shape:
                raise ShapeError(
                    f"loss.differences({name!r}, ...) gave `{what}` of shape {array.shape}; expected {shape}."
                )
        plus, minus = plus.reshape(-1), minus.reshape(-1)
        numeric = (plus - minus) / (2 * h)
        # The curvature h J'' is seen; J''' is about J'' / size, so truncation h² J''' / 6 is that times h / size.
        truncation = np.abs(plus + minus) / size + 1e-12 * np.abs(numeric)
        largest = float(np.max(np.abs(numeric), initial=0.0))
        rounding = 16 * EPS * (np.abs(plus) + np.abs(minus)) / h + 64 * EPS * largest
        bound = 2 * (truncation + rounding)
    bad = ~np.isfinite(numeric)
    numeric[bad], bound[bad] = np.nan, np.inf
    return Sweep(h, numeric, bound, -minus / h, plus / h, crossed.reshape(-1).astype(bool))


def judge_structured(
    objective: Objective,
    arrays: Sequence[Array],
    place: int,
    analytic: Array,
    indices: NDArray[np.intp],
    plain: Moves,
    terms: Terms,
    size: float,
    rng: np.random.Generator,
) -> tuple[Slopes, Audit]:
    """Judge entries by structured differences; what they leave doubtful is measured on the plain loss."""
    unit = 2.0 ** np.floor(np.log2(size))

    @functools.cache
    def swept(step: float) -> Sweep:
        return sweep(objective, arrays, place, unit * step, size).only(indices)

    first = swept(STEPS[0])
    numeric, bound = first.numeric.copy(), first.bound + terms.allowance
    step, crossed = np.full(indices.size, first.step), first.crossed.copy()
    audit = audited(objective.layout.names[place], plain, numeric, crossed, terms, rng)
    if not audited_kinks(plain, first, terms, rng):
        audit = replace(audit, agrees=False)
    for finer in STEPS[1:]:
        doubtful = _doubtful(analytic, numeric, bound)
        if not crossed[doubtful].any() and (doubtful.size <= FEW or finer != STEPS[1]):
            break
        s = swept(finer)
        # The finer step replaces the coarser one where that met a kink, or where the finer one settles the doubt.
        better = np.zeros(indices.size, dtype=bool)
        better[doubtful] = True
        better &= crossed | ~_is_off(analytic, s.numeric, s.bound + terms.allowance)
        numeric, bound = (
            np.where(better, s.numeric, numeric),
            np.where(better, s.bound + terms.allowance, bound),
        )
        step, crossed = np.where(better, s.step, step), np.where(better, s.crossed, crossed)
    doubtful = _doubtful(analytic, numeric, bound)
    status = np.full(indices.size, ladder.OK, dtype=np.int8)
    status[doubtful] = ladder.WRONG
    out = (numeric, bound, step, status)
    at_kink = doubtful[crossed[doubtful]]
    if at_kink.size:
        judge_kinks(swept(STEPS[-1]), analytic, terms, at_kink, out)
    doubtful = doubtful[~crossed[doubtful]]
    with np.errstate(invalid="ignore"):
        clear = (np.abs(analytic - numeric) > 10 * bound)[doubtful]
    waiting, urgent = doubtful[clear], doubtful[~clear]
    spread = np.unique(np.linspace(0, max(waiting.size - 1, 0), ladder.CONFIRMED).astype(int))
    shown = waiting[spread] if waiting.size else waiting
    climb_into(plain, analytic, terms, urgent, out)
    if shown.size:
        confirm(plain, analytic, terms, shown, out, lambda: swept(STEPS[1]))
        if not np.all(status[shown] == ladder.WRONG):
            confirm(plain, analytic, terms, np.setdiff1d(waiting, shown), out, lambda: swept(STEPS[1]))
    return Slopes(numeric, bound, step, status), audit


def judge_kinks(
    finest: Sweep,
    analytic: Array,
    terms: Terms,
    which: NDArray[np.intp],
    out: tuple[Array, Array, Array, NDArray[np.int8]],
) -> None:
    """Judge entries that stand at a kink by the slopes on its two sides, which a structured loss gives without noise."""
    numeric, bound, step, status = out
    low, high = np.fmin(finest.left, finest.right)[which], np.fmax(finest.left, finest.right)[which]
    # Rounding of the two changes, and of a sum of terms that may cancel.
    slack = 64 * EPS * (np.abs(low) + np.abs(high)) + terms.vanishing + terms.allowance
    value = analytic[which]
    with np.errstate(invalid="ignore"):
        between = (value >= low - slack) & (value <= high + slack)
    numeric[which], bound[which] = np.clip(value, low, high), slack
    step[which], status[which] = finest.step, np.where(between, ladder.KINK, ladder.KINK_OUTSIDE)


def _is_off(analytic: Array, numeric: Array, bound: Array) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray(~(np.abs(analytic - numeric) <= bound + ladder.AGREEMENT * np.abs(numeric)))


def _doubtful(analytic: Array, numeric: Array, bound: Array) -> NDArray[np.intp]:
    return np.flatnonzero(_is_off(analytic, numeric, bound))


def confirm(
    plain: Moves,
    analytic: Array,
    terms: Terms,
    which: NDArray[np.intp],
    out: tuple[Array, Array, Array, NDArray[np.int8]],
    finer: Callable[[], Sweep],
) -> None:
    """Put clearly wrong entries on the plain ladder too, which may contradict but not blur.

    Where slopes vanish (the first of ten sigmoid layers) the plain loss sees nothing: its bound holds both the structured
    slope and the gradient.  It has then not contradicted.  A finer structured step settles it: its slope stands, with the
    change from step to step in its bound.  An entry is then wrong, if the gradient is off by more than rounding can leave;
    undecided, if it could be rounding; right, where the slope is exactly zero and the gradient gives it as rounding (a
    bias before a normalisation).
    """
    numeric, bound, step, status = out
    sharp = numeric.copy()
    climb_into(plain, analytic, terms, which, out)
    with np.errstate(invalid="ignore"):
        blurred = which[(status[which] != ladder.WRONG) & (np.abs(numeric - sharp) <= bound)[which]]
    if not blurred.size:
        return
    again = finer()
    slope = again.numeric[blurred]
    tight = again.bound[blurred] + terms.allowance + 2 * np.abs(slope - sharp[blurred])
    off = np.abs(analytic[blurred] - slope)
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(slope) & ~again.crossed[blurred] & (tight < bound[blurred])
        wrong = usable & (off > tight + ladder.AGREEMENT * np.abs(slope))
        zero = np.abs(slope) <= tight
    left = np.fmax(np.abs(slope), np.abs(analytic[blurred])) <= terms.cancelled
    rounding = (off <= terms.vanishing) | left
    verdict = np.where(rounding, np.where(zero, ladder.OK, ladder.WIDE), ladder.WRONG)
    told = blurred[usable]
    numeric[told], bound[told], step[told] = slope[usable], tight[usable], again.step
    status[blurred[wrong]] = verdict[wrong]


def climb_into(
    plain: Moves,
    analytic: Array,
    terms: Terms,
    which: NDArray[np.intp],
    out: tuple[Array, Array, Array, NDArray[np.int8]],
) -> None:
    """Put entries on the plain ladder; beyond a limit they stay undecided."""
    numeric, bound, step, status = out
    climbing, left = which[:MOST_LADDERS], which[MOST_LADDERS:]
    status[left] = ladder.WIDE
    if climbing.size:
        full = ladder.climb_all(plain, analytic[climbing], terms, climbing)
        numeric[climbing], bound[climbing] = full.numeric, full.bound
        step[climbing], status[climbing] = full.step, full.status


def audited(
    name: str,
    plain: Moves,
    numeric: Array,
    crossed: NDArray[np.bool_],
    terms: Terms,
    rng: np.random.Generator,
) -> Audit:
    """Measure a random sample of entries, and the steepest one, on the plain loss."""
    usable = np.flatnonzero(np.isfinite(numeric) & ~crossed)
    if not usable.size:
        return Audit(name, 0, True, 0.0)
    sample = rng.choice(usable, size=min(AUDITED - 1, usable.size), replace=False)
    which = np.unique(np.append(sample, usable[np.abs(numeric[usable]).argmax()]))
    part = Terms(terms.noise, terms.allowance, terms.scale[which], terms.position[which], terms.largest)
    start = ladder.power_of_two(part.scale * 2.0**-10)
    slopes = ladder.judge(lambda w, h: plain(which[w], h), numeric[which], start, part)
    agrees = not bool(np.any(slopes.status == ladder.WRONG))
    off = np.abs(slopes.numeric - numeric[which])
    return Audit(name, int(which.size), agrees, float(np.max(off[np.isfinite(off)], initial=0.0)))


def audited_kinks(plain: Moves, found: Sweep, terms: Terms, rng: np.random.Generator) -> bool:
    """Whether the changes of a few entries that meet a kink are those of the plain loss for the same moves."""
    kinked = np.flatnonzero(np.isfinite(found.numeric) & found.crossed)
    if not kinked.size:
        return True
    which = rng.choice(kinked, size=min(AUDITED, kinked.size), replace=False)
    P, M = plain(which, np.full(which.size, found.step))
    # x + h is rounded by the plain loss only, and it jitters.
    blur = (
        16 * terms.noise
        + 4 * EPS * np.abs(terms.position[which]) * np.fmax(np.abs(found.left), np.abs(found.right))[which]
    )
    with np.errstate(invalid="ignore"):
        off = np.fmax(np.abs(P - found.right[which] * found.step), np.abs(M + found.left[which] * found.step))
        return bool(np.all((off <= blur + 1e-6 * np.fmax(np.abs(P), np.abs(M))) | ~np.isfinite(off)))
