"""From evidence to a ranked list of causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from gradcheck import _ladder as ladder
from gradcheck._evidence import Evidence, Pair, Sight
from gradcheck._examine import Comparison, root_mean_square, sizes_of
from gradcheck._fits import FITS
from gradcheck._gradient import Gradient
from gradcheck._habits import memory, suspicions
from gradcheck._mutations import replayed
from gradcheck._objective import Objective
from gradcheck._point import Array, Layout
from gradcheck._relations import DETECTORS
from gradcheck._repeat import Repeatability
from gradcheck._replay import read_tape
from gradcheck._report import Diagnosis, ParameterReport
from gradcheck._silence import silent_paths

# Causes shown to the reader.
SHOWN = 5
# A cause this likely stands on numbers that fit, not on suspicion.
STRONG = 0.85
# A call of the loss may take so many times as long as at the point, or milliseconds, before its places are left alone.
PATIENCE = 20.0
# Points drawn anew at which a gradient that never changes is asked.
REDRAWN = 4
# Parameters that are drawn anew one by one, at one call of the gradient each.
MOST_REDRAWN = 12


PLACES = {"one_entry", "one_row", "one_column", "one_unit", "some_entries", "some_lines"}


def diagnose(
    layout: Layout,
    rows: tuple[ParameterReport, ...],
    seen: list[tuple[str, Comparison]],
    repeat: Repeatability,
    objective: Objective,
    gradient: Gradient,
    cache: Any,
) -> tuple[Diagnosis, ...]:
    """Rank the causes of a wrong gradient, the likeliest first."""
    point, comparison = next(((p, c) for p, c in seen if c.is_wrong and c.n_checked), seen[0])
    e = gather(layout, point, comparison, seen, repeat, objective, gradient, cache)
    found = list(memory(e))
    if e.wrong:
        tape = read_tape(e)
        if tape is not None:
            e = replace(e, penalty={**e.penalty, **tape.penalties})
            found += replayed(e, tape)
            for fit in FITS:
                found += fit(e, tape)
        for detector in DETECTORS:
            found += detector(e)
        found += suspicions(e, tape is not None)
        if point != "given":
            found += elsewhere_only(point, seen)
        if max((d.score for d in found), default=0.0) < STRONG:
            found += silent_paths(e, comparison, objective, gradient)
    found.append(Diagnosis("unknown", "", "Nothing in the numbers points to one cause.", {}, 0.05))
    best: dict[str, Diagnosis] = {}
    for candidate in sorted(found, key=lambda d: -d.score):
        best.setdefault(candidate.cause, candidate)
    ranked = list(best.values())
    if point != "given" and ranked[0].cause in PLACES and "rare_branch" in best:
        # A place that is wrong at one point and right at another says where; the branch says why.
        ranked.sort(key=lambda d: d.cause != "rare_branch")
        ranked[0] = replace(ranked[0], score=max(d.score for d in ranked))
    if ranked[0].score >= STRONG:
        ranked = [d for d in ranked if d.score >= 0.3]
    return tuple(ranked[:SHOWN])


def elsewhere_only(point: str, seen: list[tuple[str, Comparison]]) -> Iterator[Diagnosis]:
    """Right at the point given and wrong at others: at all others, or at some."""
    if not was_right(seen[0][1], next(c for p, c in seen if p == point)):
        return
    others = [comparison.is_wrong for _, comparison in seen[1:]]
    if len(others) > 2 and all(others):
        yield Diagnosis(
            "stale_cache",
            "the whole gradient",
            "The gradient is right at the point given and wrong at every other: it keeps activations of the first point it "
            "was asked at.",
            {"points": len(others)},
            0.8,
        )
    yield Diagnosis(
        "rare_branch",
        point,
        f"At the point given all is right; at the point {point!r} the gradient is wrong: some branch (a clip, a threshold, "
        "a case for large values) is taken there that the loss does not take.",
        {},
        0.5,
    )


def was_right(given: Comparison, other: Comparison) -> bool:
    """Whether something that is wrong at another point was seen to be right at the point given, not merely excused.

    At a kink, or where nothing could be decided, no slope speaks for the gradient.
    """
    for here, there in zip(given.blocks, other.blocks, strict=True):
        silent = here.indices[here.slopes.status != ladder.OK]
        if there.direction_wrong or np.setdiff1d(there.indices[there.wrong], silent).size:
            return True
    return False


def gather(
    layout: Layout,
    point: str,
    comparison: Comparison,
    seen: list[tuple[str, Comparison]],
    repeat: Repeatability,
    objective: Objective,
    gradient: Gradient,
    cache: Any,
) -> Evidence:
    """Collect the evidence at the first point where something is wrong."""
    pairs = pairs_of(layout, comparison)
    shown = None
    if cache is not None:
        shown = (
            cache(layout.fold(objective.cast([a.copy() for a in comparison.arrays])))
            if callable(cache)
            else cache
        )
        if point != "given" and not callable(cache):
            shown = None
    penalty = {p.name: c for p in pairs if p.is_wrong and (c := penalty_of(p, pairs, objective)) is not None}
    sights = [Sight(n, c.value, tuple(pairs_of(layout, c))) for n, c in seen if n != point and n != "given"]
    return Evidence(
        tuple(pairs),
        point,
        tuple(repeat.analytic),
        None if repeat.again is None else tuple(repeat.again),
        None if repeat.after_move is None else tuple(repeat.after_move),
        comparison.value,
        tuple(sights),
        is_frozen(pairs, repeat, gradient),
        ignored(pairs, repeat, objective, gradient),
        shown if isinstance(shown, Mapping) else None,
        penalty,
    )


def pairs_of(layout: Layout, comparison: Comparison) -> list[Pair]:
    """Give what was compared at a point, each array in its parameter's shape, NaN where no slope was measured."""
    pairs = []
    for place, block in enumerate(comparison.blocks):
        shape, size = layout.shapes[place], block.analytic.size
        numeric, bound, wrong = np.full(size, np.nan), np.full(size, np.nan), np.zeros(size, dtype=bool)
        # At a kink there is no slope to compare with, only two sides; where nothing could be said, none at all.
        smooth = np.isin(block.slopes.status, (ladder.OK, ladder.WRONG))
        numeric[block.indices[smooth]] = block.slopes.numeric[smooth]
        bound[block.indices] = block.slopes.bound
        wrong[block.indices] = block.wrong
        pairs.append(
            Pair(
                layout.names[place],
                comparison.arrays[place],
                block.analytic.reshape(shape),
                numeric.reshape(shape),
                bound.reshape(shape),
                wrong.reshape(shape),
                bool(wrong.any()) or block.direction_wrong,
            )
        )
    return pairs


def is_frozen(pairs: list[Pair], repeat: Repeatability, gradient: Gradient) -> bool:
    """Whether the gradient gives the same numbers, not all zero, at points drawn anew."""
    if not gradient.callable or repeat.changed or not any(np.any(g) for g in repeat.analytic):
        return False
    rng = np.random.default_rng(1)
    for _ in range(REDRAWN):
        moved = [
            np.asarray(size * rng.standard_normal(p.value.shape))
            for p, size in zip(pairs, sizes_of([p.value for p in pairs]), strict=True)
        ]
        try:
            with np.errstate(all="ignore"):
                answer = gradient.at(moved)
        except Exception:  # the point is ours: where the gradient has no value it does depend on it
            return False
        if not all(np.array_equal(a, g) for a, g in zip(answer, repeat.analytic, strict=True)):
            return False
    return True


def ignored(
    pairs: list[Pair], repeat: Repeatability, objective: Objective, gradient: Gradient
) -> tuple[str, ...]:
    """Find parameters that may be drawn anew without any answer changing, although the slopes of the others change.

    Such a gradient does not run through the parameter: the activations it uses were kept from another point.
    Biases alone say less: without g', say, no bias counts.
    """
    if not gradient.callable or repeat.changed or not 1 < len(pairs) <= MOST_REDRAWN:
        return ()
    rng = np.random.default_rng(0)
    here = [p.value for p in pairs]
    found = []
    with np.errstate(all="ignore"):
        for place, pair in enumerate(pairs):
            moved = [v.copy() for v in here]
            moved[place] = np.asarray(root_mean_square(pair.value) * rng.standard_normal(pair.value.shape))
            try:
                answer = gradient.at(moved)
            except (
                Exception
            ):  # the point is ours: where the gradient has no value it does depend on the parameter
                answer = [np.full_like(v, np.nan) for v in here]
            if not all(np.array_equal(a, p.analytic) for a, p in zip(answer, pairs, strict=True)):
                continue
            along = [
                root_mean_square(v) * rng.standard_normal(v.shape) * (k != place) for k, v in enumerate(here)
            ]
            one, other = (slope_along(objective, point, along) for point in (here, moved))
            if abs(one - other) > 1e-3 * max(abs(one), abs(other)):
                found.append(pair.name)
    return tuple(found) if any(p.name in found and not p.is_bias for p in pairs) else ()


def slope_along(objective: Objective, point: list[Array], direction: list[Array]) -> float:
    """Measure one slope roughly."""
    h = 2.0**-14
    ahead, behind = (
        objective.attempt([np.asarray(a + t * d) for a, d in zip(point, direction, strict=True)])
        for t in (h, -h)
    )
    return (ahead - behind) / (2 * h)


def far_is_near(objective: Objective, arrays: list[Array], place: int) -> bool:
    """Whether the loss takes about as long far out as here: an adaptive one may take a million times longer."""
    here, patience = arrays[place], np.inf
    for t in (1.0, 1e2, 1e4, 1e6):
        arrays[place] = np.asarray(t * here)
        taken = min(time_of(objective, arrays) for _ in range(2))
        if taken > patience:
            break
        patience = min(patience, PATIENCE * max(taken, 2e-3))
    arrays[place] = here
    return taken <= patience


def time_of(objective: Objective, arrays: list[Array]) -> float:
    """Give the seconds that one call of the loss takes."""
    began = perf_counter()
    with np.errstate(all="ignore"):
        objective.attempt(arrays)
    return perf_counter() - began


def penalty_of(pair: Pair, pairs: list[Pair], objective: Objective) -> float | None:
    """Measure the coefficient c of c W² / 2 in the loss from far out, where every other term grows more slowly.

    Two directions must agree: a penalty does not care about direction; a squared error does.
    """
    if pair.value.size < 2:
        return None
    arrays = [p.value.copy() for p in pairs]
    place = [p.name for p in pairs].index(pair.name)
    if not far_is_near(objective, arrays, place):
        return None
    rng = np.random.default_rng(0)
    found = []
    for direction in (pair.value, rng.standard_normal(pair.value.shape)):
        square = float(np.sum(direction * direction))
        if not square:
            return None
        values = []
        for t in (1e6, 2e6, 3e6):
            arrays[place] = t * direction
            with np.errstate(all="ignore"):
                values.append(objective.attempt(arrays))
        found.append((values[2] - 2 * values[1] + values[0]) / (1e12 * square))
    if not np.isfinite(found).all() or abs(found[0] - found[1]) > 1e-3 * abs(found[0]) + 1e-12:
        return None
    return float(found[0])
