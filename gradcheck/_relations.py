"""Causes that show in the two gradients alone: ratios, transposes, penalties, lone rows and entries, rounding, clipping."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from gradcheck._chain import inner_derivative, line_factors, outer_derivative
from gradcheck._evidence import FIT, Evidence, Pair, gradients, listed, slopes_vary
from gradcheck._masks import masked
from gradcheck._paths import constant_error, lost_norm, lost_paths
from gradcheck._penalties import another_penalty, penalty_mistaken
from gradcheck._places import exchanged, lone_places, off_diagonal, several_places
from gradcheck._point import Array
from gradcheck._ratios import constant_ratio, ratio_of
from gradcheck._report import Diagnosis

# Lines among which any order is sought; of more than these, orders that have a name only.
MOST_LINES = 64


def shapes_mistaken(e: Evidence) -> Iterator[Diagnosis]:
    """A transpose, a reshape instead of a transpose, rows or columns in another order."""
    for pair in e.wrong:
        if pair.value.ndim < 1 or not pair.known.all():
            continue
        score = 0.95 if len(e.wrong) == 1 else 0.85
        # The penalty's gradient is added before the mistake, or after it (then it keeps its place), or lost with it.
        penalty = e.penalty.get(pair.name, 0.0) * pair.value
        for taken, given in ((0 * penalty, 0 * penalty), (penalty, penalty), (penalty, 0 * penalty)):
            found = misplaced(pair, pair.numeric - taken, given)
            if found is not None:
                yield Diagnosis(found[0], pair.name, found[1], {}, score)
                break


def misplaced(pair: Pair, n: Array, penalty: Array) -> tuple[str, str] | None:
    """Say how the right numbers came to the wrong places."""
    name, shape = pair.name, pair.value.shape
    if max(shape, default=0) == pair.value.size:  # a vector, perhaps with axes of length one
        return in_another_order(pair, n, penalty)
    if shape == shape[::-1] and pair.explains(n.T + penalty):
        return "transpose", f"d{name} is the transpose of what it should be: dW = dZ Aᵀ, not A dZᵀ."
    if pair.explains(n.T.reshape(shape) + penalty) or pair.explains(n.reshape(shape[::-1]).T + penalty):
        return "reshape", (
            f"d{name} holds the right numbers in the wrong places: it was reshaped to {shape} where it should have been "
            "transposed."
        )
    for axes in permutations(range(n.ndim)) if 2 < n.ndim < 5 else ():
        if tuple(shape[a] for a in axes) == shape and pair.explains(n.transpose(axes) + penalty):
            return (
                "transpose",
                f"d{name} has its axes exchanged: {list(axes)} stand where {list(range(n.ndim))} belong.",
            )
    return in_another_order(pair, n, penalty)


def in_another_order(pair: Pair, n: Array, penalty: Array) -> tuple[str, str] | None:
    """Say along which axis the right numbers stand in another order, and in which."""
    orders: dict[str, Array] = {}
    axes = [axis for axis in range(n.ndim) if n.shape[axis] > 1]
    for axis in axes:
        said = (
            "entries"
            if len(axes) == 1
            else ("rows", "columns")[axis]
            if n.ndim == 2
            else f"entries along axis {axis}"
        )
        orders[f"{said} reversed"] = np.flip(n, axis)
        for k in (1, -1):
            orders[f"{said} rolled by {k}"] = np.roll(n, k, axis=axis)
        order = _matched(np.moveaxis(pair.analytic - penalty, axis, 0), np.moveaxis(n, axis, 0))
        if order is not None:
            orders[f"{said} in the order {order.tolist()}"] = np.take(n, order, axis=axis)
    for one, other in combinations(range(n.ndim), 2) if 2 < n.ndim < 5 else ():
        orders[f"axes {one} and {other} reversed, as a kernel turned by 180 degrees"] = np.flip(
            n, (one, other)
        )
    for said, moved in orders.items():
        if pair.explains(moved + penalty):
            return "permuted", f"d{pair.name} has its {said}."
    return None


def _matched(lines: Array, right: Array) -> NDArray[np.intp] | None:
    """Give for each line the one of `right` that is nearest, if that is a permutation of a few lines."""
    count = len(lines)
    if not 2 < count <= MOST_LINES:
        return None
    a, b = lines.reshape(count, -1), right.reshape(count, -1)
    order = np.array([int(np.abs(b - line).max(axis=1).argmin()) for line in a])
    return order if len(set(order.tolist())) == count else None


def wrong_axes(e: Evidence) -> Iterator[Diagnosis]:
    """A bias gradient with all entries equal, or a matrix whose rows or columns are all equal."""
    for pair in e.wrong:
        a, n = pair.analytic, pair.numeric
        if a.size < 2 or not pair.known.all():
            continue
        for axis in [None, *range(a.ndim)] if a.ndim > 1 and min(a.shape) > 1 else [None]:
            total = np.sum(n, axis=axis, keepdims=True)
            count = a.size if axis is None else a.shape[axis]
            same = (
                bool(np.ptp(a, axis=axis).max() <= FIT * pair.size)
                and pair.explains(total / count + 0 * a) is not None
            )
            if not same or float(np.max(np.abs(a))) <= FIT * pair.size:
                continue
            square = float(np.sum(total * total))
            c = float(np.sum(np.broadcast_to(total, a.shape) * a)) / (square * count) if square else 0.0
            exact = bool(square) and pair.explains(c * np.broadcast_to(total, a.shape))
            yield Diagnosis(
                "wrong_axis",
                pair.name,
                f"d{pair.name} has the same number in "
                + ("every entry" if axis is None else f"every entry along axis {axis}")
                + ": a sum runs over the units instead of the examples.",
                {"axis": axis, "factor": c},
                0.95 if exact and len(e.wrong) == 1 else 0.7,
            )
            break


def rounding(e: Evidence) -> Iterator[Diagnosis]:
    """Small, unsystematic errors: single or half precision on the way."""
    if any(not p.known.any() for p in e.wrong) or all(ratio_of(p) is not None for p in e.wrong):
        return
    relative = [float(np.max(np.abs(p.analytic - p.numeric)[p.known])) / p.size for p in e.wrong if p.size]
    if not relative or max(relative) > 5e-3:
        return
    kind, score = "half", 0.4
    if max(relative) < 2e-5:
        kind, score = "single", 0.9
    for sight in e.sights:  # rounding is as large at other points; the error of a formula is not
        there = [
            p
            for p, here in zip(sight.pairs, e.pairs, strict=True)
            if here.is_wrong and p.size and p.known.any()
        ]
        if there and not 0.125 * max(relative) < max(p.discrepancy / p.size for p in there) < 8 * max(
            relative
        ):
            return
    for name, dtype in (("half", np.float16), ("single", np.float32)):
        with np.errstate(over="ignore"):
            stored = all(
                np.array_equal(p.analytic.astype(dtype).astype(np.float64), p.analytic) for p in e.wrong
            )
        if stored:
            kind, score = name, 0.96
            break
    where = listed([p.name for p in e.wrong])
    yield Diagnosis(
        "low_precision",
        where,
        f"{gradients([p.name for p in e.wrong])} right to {max(relative):.1e} only, with errors of no pattern: the backward "
        f"pass goes through {kind} precision.",
        {"relative_error": max(relative)},
        score,
    )


def clipped_entries(e: Evidence) -> Iterator[Diagnosis]:
    """Every wrong entry has the same size, and the slope is beyond it."""
    bounds: list[float] = []
    reached = uneven = False
    for pair in e.wrong:
        a, n = pair.analytic[pair.wrong], pair.numeric[pair.wrong]
        if not a.size:
            return
        cap = float(np.max(np.abs(a)))
        if (
            np.ptp(np.abs(a)) > 1e-9 * cap
            or np.any(np.abs(n) < cap)
            or np.any(np.sign(a) != np.sign(n))
            or not cap
        ):
            return
        bounds.append(cap)
        uneven |= bool(np.ptp(np.abs(n)) > 1e-3 * cap)
        place = e.pairs.index(pair)
        reached |= any(abs(np.max(np.abs(s.pairs[place].analytic)) - cap) <= 1e-9 * cap for s in e.sights)
    if not bounds or max(bounds) - min(bounds) > 1e-9 * max(bounds):
        return
    if not uneven and not slopes_vary(e):
        return  # equal slopes, equal answers: a factor
    cap = bounds[0]
    count = sum(int(p.wrong.sum()) for p in e.wrong)
    if (count == 1 or not uneven) and e.sights and not reached:
        return  # one entry, or equal ones, are always at their own limit; other points have not confirmed it
    certain = count > 1 or reached
    where = listed([p.name for p in e.wrong])
    yield Diagnosis(
        "clipping",
        where,
        f"Every wrong entry of {listed(['d' + p.name for p in e.wrong])} is exactly ±{cap:.6g}, and the slope is beyond: "
        "the gradient is clipped, and the loss knows nothing of it.",
        {"limit": cap},
        0.97 if certain else 0.6,
    )


def offset(e: Evidence) -> Iterator[Diagnosis]:
    """The difference is one number everywhere; what is known of one entry alone says nothing of every entry."""
    off = [(p.analytic - p.numeric)[p.known] for p in e.wrong if p.value.size > 1]
    if not off or any(d.size < 2 or np.ptp(d) > 0.02 * abs(float(d.flat[0])) for d in off):
        return
    c = float(off[0].flat[0])
    where = listed([p.name for p in e.wrong])
    yield Diagnosis(
        "offset",
        where,
        f"{c:.4g} is added to every entry of {listed(['d' + p.name for p in e.wrong])}.",
        {"offset": c},
        0.95,
    )


DETECTORS = (
    constant_ratio,
    shapes_mistaken,
    penalty_mistaken,
    another_penalty,
    lone_places,
    several_places,
    exchanged,
    off_diagonal,
    inner_derivative,
    outer_derivative,
    line_factors,
    lost_paths,
    lost_norm,
    constant_error,
    wrong_axes,
    rounding,
    clipped_entries,
    masked,
    offset,
)
