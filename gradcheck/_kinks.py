"""Values at a point where kinks meet: no single kink explains them, and yet they are slopes of some piece around.

With relu'(0) = 0 every unit at its kink contributes nothing, although on either side some contribute; and two kinks one
after the other can hide each other, so that the loss is smooth along an entry while the gradient is that of another piece.
Such a value is excused where it lies between the slopes that the loss has along this entry at points a hair around.
A gradient in single precision is excused likewise where rounding puts it on the other side of a kink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gradcheck import _ladder as ladder
from gradcheck._examine import Block, Comparison, sizes_of
from gradcheck._gradient import Gradient
from gradcheck._objective import Objective
from gradcheck._point import Array
from gradcheck._structured import sweep

# Points around lie at a millionth of the parameters' sizes; steps there are 64 times shorter, to stay on one piece.
HAIR = 2.0**-20
SHORTER = 64.0
# Gaussian displacements, and before them all entries of one parameter up, or down: pieces where whole layers are silent.
GAUSSIAN = 48
MOST_PARAMETERS = 8
# Entries of a parameter that are looked at so closely.
MOST_ENTRIES = 96
# Of a parameter larger than this one entry is looked at on the plain loss, before all are.
LARGE = 4096
# Looked at twice, in hairs: where a smooth loss bends quickly, its slopes have drawn together at the second look; those on
# two sides of a kink have not.  Noise may ask for more: it must not exceed a thousandth, then a twentieth, of the largest.
LOOKS = ((1.0, 1e-3), (2.0**-10, 0.05))
# Where every slope around is the same but for this part of the error, no piece that is active or not makes the difference.
SAME = 0.01
# Draws of the gradient around a kink: enough to meet the sides of a few kinks that coincide.
DRAWS = 128

Sides = tuple[Array, Array, Array]


def soften_kinks(
    objective: Objective, gradient: Gradient, main: Comparison, structured: bool, rng: np.random.Generator
) -> Comparison:
    """Excuse values that are slopes of a piece next to the point; stop where one is wrong that is not."""
    if not any(_suspects(b).size for b in main.blocks):
        return main
    around = list(_around(main.arrays, rng))
    if structured:
        main = replace(main, blocks=[_accused(b, objective, around, main) for b in main.blocks])
    if gradient.callable:
        main = spanned_by_gradient(gradient, main, rng)
    blocks = list(main.blocks)
    for place, block in enumerate(main.blocks):
        if not _suspects(block).size:
            continue
        looks = [_sides_structured if structured else _sides]
        if structured and block.analytic.size > LARGE:
            looks.insert(0, _first_side)
        for look in looks:
            blocks[place] = _looked_at(block, objective, around, main, look)
            if blocks[place].n_wrong and blocks[place].n_wrong == block.n_wrong:
                break
        if blocks[place].n_wrong:
            break  # one is really wrong, and the verdict stands
    return replace(main, blocks=blocks)


def _accused(block: Block, objective: Objective, around: list[list[Array]], main: Comparison) -> Block:
    """Call values at kinks wrong where all pieces around have one slope, and the value is another.

    The units at their kinks then contribute nothing, whatever their derivative there is taken for.  Only a structured loss
    shows so much: it knows the slopes on both sides of every unit exactly.
    """
    which = np.flatnonzero(block.slopes.status == ladder.KINK_OUTSIDE)
    if not which.size:
        return block
    low, high, slack = _sides_structured(objective, around, main, block, which, LOOKS[0])
    low, high = np.fmin(low, block.slopes.numeric[which]), np.fmax(high, block.slopes.numeric[which])
    off = np.fmax(low - block.compared[which], block.compared[which] - high)
    status = block.slopes.status.copy()
    status[which[(high - low <= SAME * off) & (off > 4 * slack)]] = ladder.WRONG
    return replace(block, slopes=replace(block.slopes, status=status))


def _looked_at(
    block: Block,
    objective: Objective,
    around: list[list[Array]],
    main: Comparison,
    look: Callable[..., Sides],
) -> Block:
    """Excuse what two looks excuse, one from nearer: a loss that merely bends quickly has one slope there."""
    which = _suspects(block)
    value, own = block.compared[which], block.slopes.numeric[which]
    fine = np.ones(which.size, dtype=bool)
    spans: list[Array] = []
    for distance in LOOKS:
        low, high, slack = look(objective, around, main, block, which[fine], distance)
        with np.errstate(invalid="ignore"):
            there = (value[fine] >= low - slack) & (value[fine] <= high + slack)
            if distance == LOOKS[0]:
                # A search that ended at a piece of just this slope has seen a kink if the point's own slope is another.
                apart = np.fmax(high, own) - np.fmin(low, own) > 2 * slack
                if sees_kink(main):
                    block = _undecided(block, which[there & ~apart])
                there &= apart
        spans = [span[there] for span in (spans or [low, high, slack])]
        fine[fine] = there
        if not there.any():
            return block
    low, high, slack = spans  # of the first look, which is the sharper one
    slopes, k = block.slopes, which[fine]
    status, numeric, bound = slopes.status.copy(), slopes.numeric.copy(), slopes.bound.copy()
    status[k], numeric[k], bound[k] = ladder.KINK, np.clip(value[fine], low, high), slack
    return replace(block, slopes=replace(slopes, status=status, numeric=numeric, bound=bound))


def sees_kink(comparison: Comparison) -> bool:
    """Whether some entry stands visibly at a kink."""
    return any(np.isin(b.slopes.status, (ladder.KINK, ladder.KINK_OUTSIDE)).any() for b in comparison.blocks)


def _undecided(block: Block, which: NDArray[np.intp]) -> Block:
    """Call wrong values undecided: at a kink, pieces around may differ by less than can be resolved; other points tell."""
    status = block.slopes.status.copy()
    status[which[status[which] == ladder.WRONG]] = ladder.WIDE
    return replace(block, slopes=replace(block.slopes, status=status))


def _suspects(block: Block) -> NDArray[np.intp]:
    return np.flatnonzero(np.isin(block.slopes.status, (ladder.WRONG, ladder.KINK_OUTSIDE)))


def _around(arrays: Sequence[Array], rng: np.random.Generator) -> Iterator[list[Array]]:
    """Displacements of all parameters, in units of a hair: one parameter up and down after the other, then at random."""
    sizes = sizes_of(arrays)
    for place in range(min(len(arrays), MOST_PARAMETERS)):
        for sign in (1.0, -1.0):
            yield [
                np.asarray(s * (0.1 * rng.standard_normal(a.shape) + sign * (p == place)))
                for p, (a, s) in enumerate(zip(arrays, sizes, strict=True))
            ]
    for _ in range(GAUSSIAN):
        yield [np.asarray(s * rng.standard_normal(a.shape)) for a, s in zip(arrays, sizes, strict=True)]


def _sides(
    objective: Objective,
    around: list[list[Array]],
    main: Comparison,
    block: Block,
    which: NDArray[np.intp],
    distance: tuple[float, float],
) -> Sides:
    """Give the lowest and the highest slope along each entry at the points around, and how well they are known.

    Entries beyond a limit, and those after a wrong one that stays wrong, are not looked at: NaN.
    """
    size, largest = block.scale, block.largest
    hair, part = HAIR * distance[0], distance[1]
    if part * largest * size > 0:  # the product of tiny numbers may be zero
        hair = max(hair, min(8 * SHORTER * main.noise / (part * largest * size), 2.0**-10))
    h = float(ladder.power_of_two(np.array([hair * size / SHORTER]))[0])
    low, high = np.full(which.size, np.nan), np.full(which.size, np.nan)
    # 1e-5: the points lie a millionth away, so that smooth parts differ by about that.
    slack = block.slopes.bound[which] + 8 * main.noise / h + 1e-5 * largest
    points = [
        [np.asarray(a + hair * d) for a, d in zip(main.arrays, displacement, strict=True)]
        for displacement in around
    ]
    for n, k in enumerate(which[:MOST_ENTRIES].tolist()):
        index, value = int(block.indices[k]), float(block.compared[k])
        low[n], high[n] = np.inf, -np.inf
        for point in points:
            flat = point[block.place].reshape(-1)
            held, values = flat[index], []
            for move in (0.0, h, -h):
                flat[index] = held + move
                with np.errstate(all="ignore"):
                    values.append(objective.attempt(point))
            flat[index] = held
            for slope in ((values[1] - values[0]) / h, (values[0] - values[2]) / h):
                low[n], high[n] = np.fmin(low[n], slope), np.fmax(high[n], slope)
            if low[n] <= value <= high[n]:
                break
        between = low[n] - slack[n] <= value <= high[n] + slack[n]
        if block.slopes.status[k] == ladder.WRONG and not between:
            break
    return low, high, slack


def _first_side(
    objective: Objective,
    around: list[list[Array]],
    main: Comparison,
    block: Block,
    which: NDArray[np.intp],
    distance: tuple[float, float],
) -> Sides:
    """Give the same for one entry, the one that is most off."""
    off = np.abs(block.compared[which] - block.slopes.numeric[which])
    first = int(np.argmax(np.where(np.isfinite(off), off, 0.0)))
    sides = tuple(np.full(which.size, np.nan) for _ in range(3))
    for whole, one in zip(
        sides, _sides(objective, around, main, block, which[[first]], distance), strict=True
    ):
        whole[first] = one[0]
    return sides[0], sides[1], sides[2]


def _sides_structured(
    objective: Objective,
    around: list[list[Array]],
    main: Comparison,
    block: Block,
    which: NDArray[np.intp],
    distance: tuple[float, float],
) -> Sides:
    """Give the same for all entries at once, from structured differences, which know the slopes on both sides."""
    entries = block.indices[which]
    low, high = np.full(which.size, np.inf), np.full(which.size, -np.inf)
    hair = HAIR * distance[0]
    h = float(ladder.power_of_two(np.array([hair * block.scale / SHORTER]))[0])
    for displacement in around:
        point = [np.asarray(a + hair * d) for a, d in zip(main.arrays, displacement, strict=True)]
        s = sweep(objective, point, block.place, h, block.scale).only(entries)
        low, high = np.fmin(low, np.fmin(s.left, s.right)), np.fmax(high, np.fmax(s.left, s.right))
    return low, high, block.slopes.bound[which] + 1e-5 * np.fmax(np.abs(low), np.abs(high))


def spanned_by_gradient(gradient: Gradient, main: Comparison, rng: np.random.Generator) -> Comparison:
    """Leave values at a visible kink, outside both one-sided slopes, to other points where the gradient around spans them.

    That is the gradient's own word, which proves nothing: what no other point shows to be right stays undecided.
    """
    if not any(np.any(b.slopes.status == ladder.KINK_OUTSIDE) for b in main.blocks):
        return main
    sizes = sizes_of(main.arrays)
    low = [np.full(b.analytic.size, np.inf) for b in main.blocks]
    high = [np.full(b.analytic.size, -np.inf) for b in main.blocks]
    for _ in range(DRAWS):
        near = [
            np.asarray(a + 1e-7 * s * rng.standard_normal(a.shape))
            for a, s in zip(main.arrays, sizes, strict=True)
        ]
        for place, g in enumerate(gradient.at(near)):
            low[place] = np.minimum(low[place], g.reshape(-1))
            high[place] = np.maximum(high[place], g.reshape(-1))
    blocks = []
    for b in main.blocks:
        status = b.slopes.status.copy()
        # 1e-6: the points around lie a ten-millionth away, so smooth parts differ by about that.
        slack = b.slopes.bound + 1e-6 * b.largest
        spanned = (b.compared >= low[b.place][b.indices] - slack) & (
            b.compared <= high[b.place][b.indices] + slack
        )
        status[(status == ladder.KINK_OUTSIDE) & spanned] = ladder.WIDE
        blocks.append(replace(b, slopes=replace(b.slopes, status=status)))
    return replace(main, blocks=blocks)
