"""Comparing a gradient with the measured slopes at one point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gradcheck import _ladder as ladder
from gradcheck._complex import judge_complex
from gradcheck._ladder import Slopes
from gradcheck._moves import direction_moves, entry_moves
from gradcheck._noise import measure_noise
from gradcheck._objective import Objective
from gradcheck._point import Array
from gradcheck._richardson import Moves, Terms
from gradcheck._structured import Audit, judge_structured

EPS = float(np.finfo(np.float64).eps)
# A bound above a hundredth of the largest slope of its parameter says too little about that parameter.
RESOLVED = 0.01
# A slope is nothing beside the others if moving its parameter by its own size changes the loss by this part of theirs.
NEGLIGIBLE = 1e-6
# A gradient that changes the loss by less than a few of its roundings, in all parameters, may be rounding itself.
CANCELLED = 8 * EPS
# Entries of a parameter on which the best step is sought before the sweep.
CALIBRATION = 3
# eps**(1/5): balances h⁴ against eps/h for the extrapolated centred difference.
USUAL = 2.0**-10


@dataclass(frozen=True, eq=False)
class Block:
    """What was compared of one parameter at one point."""

    place: int
    indices: NDArray[np.intp]  # flat indices of the entries compared
    analytic: Array  # all entries, flat
    slopes: Slopes  # of the entries compared
    directions: Slopes | None  # of random directions through the whole parameter
    along: Array  # analytic slopes along these directions
    scale: float  # size of the parameter: the unit of its steps
    ratio: float  # first step relative to the scale
    audit: Audit | None  # how structured or complex slopes fared against the plain loss

    @property
    def compared(self) -> Array:
        """Analytic slopes of the entries compared."""
        return self.analytic[self.indices]

    @property
    def largest(self) -> float:
        """The largest slope of the parameter, by either account."""
        measured = np.where(np.isfinite(self.slopes.numeric), np.abs(self.slopes.numeric), 0.0)
        return float(max(np.max(np.abs(self.analytic), initial=0.0), np.max(measured, initial=0.0)))

    @property
    def n_wrong(self) -> int:
        """Number of entries outside their bounds."""
        return int(np.count_nonzero(self.slopes.status == ladder.WRONG))

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which of the entries compared lie outside their bounds."""
        return np.asarray(self.slopes.status == ladder.WRONG)

    @property
    def undecided(self) -> NDArray[np.intp]:
        """Flat indices of entries of which nothing could be said."""
        return self.indices[np.isin(self.slopes.status, (ladder.WIDE, ladder.KINK_OUTSIDE))]

    @property
    def decided(self) -> NDArray[np.intp]:
        """Flat indices of entries that were seen to be right."""
        return self.indices[np.isin(self.slopes.status, (ladder.OK, ladder.KINK))]

    @property
    def direction_wrong(self) -> bool:
        """Whether a random direction contradicts the gradient."""
        return self.directions is not None and bool(np.any(self.directions.status == ladder.WRONG))

    @property
    def is_flat(self) -> bool:
        """Whether the gradient is exactly zero and the loss does not move at all."""
        return self.largest == 0.0

    @property
    def is_resolved(self) -> bool:
        """Whether some entry's bound is narrow against the largest slope."""
        if self.is_flat:
            return True
        bounds = np.where(self.slopes.status == ladder.WIDE, np.inf, self.slopes.bound)
        big = np.fmax(np.abs(self.compared), np.abs(self.slopes.numeric)) >= 0.5 * self.largest
        if self.directions is not None:
            size = np.fmax(np.abs(self.along), np.abs(self.directions.numeric))
            if np.any(self.directions.bound <= RESOLVED * size):
                return True
        return bool(np.any(big & (bounds <= RESOLVED * self.largest)))


@dataclass(frozen=True, eq=False)
class Comparison:
    """A gradient compared with slopes at one point."""

    arrays: list[Array]
    value: float
    noise: float
    blocks: list[Block]

    @property
    def n_checked(self) -> int:
        """Number of entries compared."""
        return sum(block.indices.size for block in self.blocks)

    @property
    def is_wrong(self) -> bool:
        """Whether anything lies outside its bound."""
        return any(block.n_wrong or block.direction_wrong for block in self.blocks)


def root_mean_square(array: Array) -> float:
    """Give the typical size of an array's entries, also where their squares overflow or vanish."""
    largest = float(np.max(np.abs(array), initial=0.0))
    return largest * float(np.sqrt(np.mean((array / largest) ** 2))) if largest else 0.0


def sizes_of(arrays: Sequence[Array]) -> list[float]:
    """Give each parameter's root mean square; a parameter that is all zero borrows the others' median, or 1."""
    sizes = [root_mean_square(a) for a in arrays]
    known = [s for s in sizes if s > 0]
    typical = float(np.median(known)) if known else 1.0
    return [s if s > 0 else typical for s in sizes]


@dataclass(frozen=True)
class How:
    """By which means slopes are measured."""

    batched: bool = False
    structured: bool = False
    complex_step: bool = False
    n_directions: int = 0
    confirm: bool = True  # whether disagreements are measured on the whole ladder
    chosen: bool = False  # whether the point is of our choosing

    @property
    def method(self) -> str:
        """The word for it in a report."""
        if self.complex_step:
            return "complex"
        return "structured" if self.structured else "many" if self.batched else "plain"


def loss_noise(
    objective: Objective, arrays: list[Array], value: float, rng: np.random.Generator, *, each: bool = False
) -> float:
    """Measure the noise of the loss: all parameters moved together, then perhaps each alone; the loudest counts."""
    sizes = sizes_of(arrays)
    # Each entry by its own size: one that counts in micro-units must not be thrown across the room.
    directions = [
        np.where(a == 0, size, np.abs(a)) * rng.choice([-1.0, 1.0], size=a.shape)
        for size, a in zip(sizes, arrays, strict=True)
    ]

    def shifted(places: Sequence[int], t: float) -> float:
        moved = [np.asarray(a + t * directions[p]) if p in places else a for p, a in enumerate(arrays)]
        with np.errstate(all="ignore"):
            return objective.attempt(moved)

    groups = [list(range(len(arrays)))]
    if each and 1 < len(arrays) <= 12:
        groups += [[place] for place in range(len(arrays))]
    return max(measure_noise(partial(shifted, group), value, objective.eps) for group in groups)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def compare(
    objective: Objective,
    arrays: list[Array],
    value: float,
    analytic: Sequence[Array],
    selection: Sequence[NDArray[np.intp]],
    how: How,
    *,
    allowances: Sequence[float],
    noise: float,
    ratios: Sequence[float] | None,
    rng: np.random.Generator,
) -> Comparison:
    """Compare the gradient with measured slopes for the selected entries of every parameter.

    `ratios` are first steps relative to the scale, one a parameter; None: they are sought.
    """
    blocks = []
    sizes = sizes_of(arrays)
    # The steepest parameter, as the change of the loss when it moves by its own size: what rounding is relative to.
    steepest = max(
        (float(np.max(np.abs(a), initial=0.0)) * s for a, s in zip(analytic, sizes, strict=True)), default=0.0
    )
    # All that is left of terms as large as the loss may be rounding: two examples with opposite labels cancel.
    cancelled = CANCELLED * abs(value) if steepest <= CANCELLED * abs(value) else 0.0
    for place, (array, size) in enumerate(zip(arrays, sizes, strict=True)):
        indices = selection[place]
        flat = analytic[place].reshape(-1)
        position = array.reshape(-1)[indices]
        reach = float(np.max(np.abs(flat), initial=0.0))
        beside = steepest / size
        scale = np.fmax(np.abs(position), size)
        terms = Terms(
            noise, allowances[place], scale, position, reach, 64 * EPS * beside,
            cancelled=cancelled / size, negligible=NEGLIGIBLE * beside, chosen=how.chosen,
        )  # fmt: skip
        moves = entry_moves(objective, arrays, value, place, indices, how.batched)
        ratio, audit, slopes = USUAL, None, None
        if (how.structured or how.complex_step) and indices.size:
            special = judge_structured if how.structured else judge_complex
            slopes, audit = special(objective, arrays, place, flat[indices], indices, moves, terms, size, rng)
        if slopes is None or (audit is not None and not audit.agrees):
            ratio = ratios[place] if ratios is not None else _ratio(moves, flat[indices], terms, rng)
            start = ladder.power_of_two(terms.scale * ratio) if indices.size else np.empty(0)
            slopes = ladder.judge(moves, flat[indices], start, terms, confirm=how.confirm)
        directions, along = None, np.empty(0)
        if how.n_directions and array.size:
            units = [rng.choice([-1.0, 1.0], size=array.shape) for _ in range(how.n_directions)]
            along = np.array([float(np.sum(u * analytic[place])) for u in units])
            directions = _judge_directions(
                objective, arrays, value, place, units, along, terms, size, how.confirm
            )
        blocks.append(Block(place, indices, flat.copy(), slopes, directions, along, size, ratio, audit))
    return Comparison([a.copy() for a in arrays], value, noise, blocks)


def _judge_directions(
    objective: Objective,
    arrays: list[Array],
    value: float,
    place: int,
    units: list[Array],
    along: Array,
    terms: Terms,
    size: float,
    confirm: bool,
) -> Slopes:
    """Judge slopes along random directions through one parameter: every entry moves by the same amount."""
    count, root = len(units), float(np.sqrt(arrays[place].size))
    spread = Terms(
        terms.noise,
        terms.allowance * root,
        np.full(count, size / root),
        np.full(count, size),
        chosen=terms.chosen,
    )
    ways = direction_moves(objective, arrays, value, place, units)
    return ladder.judge(ways, along, ladder.power_of_two(spread.scale * USUAL), spread, confirm=confirm)


def _ratio(moves: Moves, analytic: Array, terms: Terms, rng: np.random.Generator) -> float:
    """Choose the first step relative to the scale: the best step of a few entries, the steepest among them."""
    n = analytic.size
    if not n:
        return USUAL
    largest = int(np.abs(analytic).argmax())
    sample = np.unique(
        np.concatenate([[largest], rng.choice(n, size=min(n, CALIBRATION - 1), replace=False)])
    )
    best = ladder.best_step(moves, terms, sample) / terms.scale[sample]
    best = best[np.isfinite(best)]
    return float(np.median(best)) if best.size else USUAL
