"""Other points: nearby, where ties and zeros are gone, and enlarged, where rare branches wake up.

A bug in clipping, in the linear branch of a Huber loss or in the penalty on a bias that happens to be zero does not show
at every point. Where nothing of a parameter can be seen (saturated units), shrunk points are tried as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck._errors import InputChangedError
from gradcheck._examine import Comparison, How, compare, loss_noise, sizes_of
from gradcheck._gradient import Gradient
from gradcheck._objective import Objective
from gradcheck._point import Array
from gradcheck._richardson import EPS, STRANGE
from gradcheck._selection import Coordinates, select, spread

# Entries compared at each further point; beyond, a sample and random directions stand for the rest.
MOST_ENTRIES = 2000
# A structured sweep is cheap enough for so many.
MOST_STRUCTURED = 20_000
STANDARD = (("nearby", 1.0), ("enlarged", 2.5))
EXPLAIN = (*STANDARD, ("shrunk", 0.4))
# Looked at along one random direction a parameter: (name, factor, whether signs are drawn anew).
GLANCES = (
    ("signs redrawn", 1.0, True),
    ("far out", 7.0, False),
    ("shrunk", 0.3, False),
    ("far and redrawn", 20.0, True),
)
# Patterns of signs that are turned, besides: all, and then halves by the digits of an entry's number.  Every single sign is
# turned in one of them, and in one that of every product of two entries, up to 2^6 entries; beyond, nearly every.
DIGITS = 6
SHRUNK = (("shrunk, all entries", 0.3), ("shrunk further", 0.05), ("shrunk to almost nothing", 1e-3))
NEARBY = 0.1
# A point at which the loss jitters by so much of itself, and so many times more than at the point given, shows nothing.
NOISY, NOISIER = 1e-3, 1e6


@dataclass(frozen=True, eq=False)
class ProbeOutcome:
    """What happened at one further point."""

    name: str
    description: str
    comparison: Comparison | None  # None: the loss or the gradient has no value there
    why_not: str


def visit_probes(
    objective: Objective,
    gradient: Gradient,
    main: Comparison,
    coordinates: Coordinates,
    how: How,
    rng: np.random.Generator,
) -> list[ProbeOutcome]:
    """Compare at the standard points, glance at far ones, and shrink while some parameter is unresolved everywhere."""
    outcomes = []
    layout = gradient.layout
    said = f"every entry moved by about {NEARBY:.0%} of its parameter's size"
    small = layout.size <= (MOST_STRUCTURED if how.structured else MOST_ENTRIES)
    how = replace(how, chosen=True)

    def visit(
        name: str, factor: float, redraw: bool, glance: bool, signs: Sequence[Array] | None = None
    ) -> ProbeOutcome:
        arrays = displaced(main.arrays, factor, redraw, rng)
        text = (
            said + (", signs drawn anew" if redraw else "") + (f", times {factor:g}" if factor != 1 else "")
        )
        if signs is not None:
            arrays, text = [a * s for a, s in zip(arrays, signs, strict=True)], f"{said}, {name}"
        if glance or (how.structured and not small):
            spent, wanted = (
                replace(how, n_directions=1 if glance else 2, structured=False, complex_step=False),
                0,
            )
        elif small:
            spent, wanted = how, -1
        else:
            spent, wanted = replace(how, n_directions=max(how.n_directions, 2)), MOST_ENTRIES // 4
        blank = ProbeOutcome(name, text, None, "")
        outcome = _visit(objective, gradient, main, blank, arrays, coordinates, spent, wanted, rng)
        if glance and outcome.comparison is not None and outcome.comparison.is_wrong:
            # A direction says wrong: look at entries there, which name the culprit, or clear the gradient.
            spent = replace(how, n_directions=0 if small else 2, structured=how.structured and small)
            wanted, which = (-1, "all") if small else (MOST_ENTRIES, coordinates)
            outcome = _visit(objective, gradient, main, blank, arrays, which, spent, wanted, rng)
        return outcome

    if main.is_wrong:  # the verdict stands; more points help to say why
        how = replace(how, confirm=False)
        return [visit(name, factor, False, False) for name, factor in EXPLAIN]
    for name, factor in STANDARD:
        outcomes.append(visit(name, factor, False, False))
    for name, factor, redraw in GLANCES:
        outcomes.append(visit(name, factor, redraw, True))
    for name, signs in turned_signs([a.shape for a in main.arrays]):
        if any(o.comparison is not None and o.comparison.is_wrong for o in outcomes):
            break
        outcomes.append(visit(name, 1.0, False, True, signs))
    for name, factor in SHRUNK:
        seen = [main, *(o.comparison for o in outcomes if o.comparison is not None)]
        if any(c.is_wrong for c in seen):
            break
        places = range(len(main.arrays))
        if all(any(c.blocks[p].is_resolved and not c.blocks[p].is_flat for c in seen) for p in places):
            break
        outcomes.append(visit(name, factor, False, False))
    return outcomes


def _visit(
    objective: Objective,
    gradient: Gradient,
    main: Comparison,
    blank: ProbeOutcome,
    arrays: list[Array],
    coordinates: Coordinates,
    how: How,
    wanted: int,
    rng: np.random.Generator,
) -> ProbeOutcome:
    """Compare at one further point: `wanted` entries, or what `coordinates` says if that is negative."""
    try:
        with np.errstate(all="ignore"):
            value = objective(arrays)
            analytic = gradient.at(arrays)
    except InputChangedError:
        raise
    except Exception as error:  # the point is ours, not the user's: the loss need not have a value there
        return replace(blank, why_not=f"{type(error).__name__}: {error}")
    if not np.isfinite(value):
        return replace(blank, why_not=f"the loss is {value} there")
    if wanted < 0:
        selection = select(gradient.layout, coordinates, analytic, rng)
    else:
        selection = spread([a.size for a in arrays], wanted, rng)
    ratios = [b.ratio for b in main.blocks]
    sizes = sizes_of(arrays)
    try:
        # Noise beyond rounding (a loss in single precision, or printed to eight digits) does not end at the point.
        noise = max(
            loss_noise(objective, arrays, value, rng),
            main.noise if main.noise > 64 * EPS * abs(main.value) else 0.0,
            # A loss of exactly 0 is what is left of terms that are as large as it is elsewhere.
            EPS * abs(main.value) if value == 0 else 0.0,
        )
        if noise > NOISY * (abs(value) + abs(main.value)) and noise > NOISIER * main.noise:
            return replace(blank, why_not=f"the loss is mostly noise there, it jitters by {noise:.1g}")
        comparison = compare(objective, arrays, value, analytic, selection, how, ratios=ratios, noise=noise, rng=rng,
                             allowances=gradient.allowances(arrays, analytic, sizes, value))  # fmt: skip
    except Exception as error:
        return replace(blank, why_not=f"{type(error).__name__}: {error}")
    return replace(blank, comparison=comparison)


def turned_signs(shapes: Sequence[tuple[int, ...]]) -> Iterator[tuple[str, list[Array]]]:
    """Give patterns of signs: all negative, then by each digit of the entries' numbers, counted through all parameters."""
    sizes = [int(np.prod(s)) for s in shapes]
    number = np.arange(sum(sizes))
    patterns: list[tuple[str, Array]] = [("all signs turned", -np.ones(number.size))]
    for digit in range(min(DIGITS, max(number.size - 1, 0).bit_length())):
        patterns.append((f"signs turned by digit {digit}", np.where(number >> digit & 1, -1.0, 1.0)))
    for name, pattern in patterns:
        parts = np.split(pattern, np.cumsum(sizes)[:-1])
        yield name, [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def displaced(arrays: list[Array], factor: float, redraw: bool, rng: np.random.Generator) -> list[Array]:
    """Move every entry by about a tenth of its parameter's size, then scale; perhaps draw the signs anew."""
    moved = []
    for a, size in zip(arrays, sizes_of(arrays), strict=True):
        # An entry far smaller than its neighbours may count in another unit: nearby, it moves by a part of itself.
        strange = (a != 0) & (np.abs(a) < STRANGE * size) & (factor == 1.0)
        reach = np.where(strange, np.abs(a), size)
        near = factor * (a + NEARBY * reach * rng.standard_normal(a.shape))
        if redraw:
            near = near * rng.choice([-1.0, 1.0], size=a.shape)
        moved.append(np.asarray(near))  # 0-d arithmetic gives bare numbers
    return moved
