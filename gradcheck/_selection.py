"""Which entries to visit: all, a number of them, or a stratified sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gradcheck._errors import OptionError, TooManyEntriesError
from gradcheck._point import Array, Layout

Coordinates = str | int
# A plain loop at a tenth of a millisecond a call would need a quarter of an hour for these.
MOST_ENTRIES = 2_000_000
# Entries a parameter that a stratified sample takes at random, besides one a row and one a column.
RANDOM_SHARE = 64
STRATIFIED_LIMIT = 512


def select(
    layout: Layout, coordinates: Coordinates, analytic: Sequence[Array], rng: np.random.Generator
) -> list[NDArray[np.intp]]:
    """Choose flat indices for every parameter."""
    sizes = [int(np.prod(shape, dtype=np.int64)) for shape in layout.shapes]
    if isinstance(coordinates, str):
        if coordinates == "all":
            if layout.size > MOST_ENTRIES:
                raise TooManyEntriesError(
                    f"the point has {layout.size:,} entries; coordinates='all' visits at most {MOST_ENTRIES:,}. "
                    "Use coordinates='stratified' or a number such as coordinates=1000, "
                    "or a loss that offers the structured protocol."
                )
            return [np.arange(size) for size in sizes]
        if coordinates == "stratified":
            return [stratified(a, STRATIFIED_LIMIT, rng) for a in analytic]
    elif isinstance(coordinates, int | np.integer) and not isinstance(coordinates, bool) and coordinates >= 0:
        return spread(sizes, int(coordinates), rng)
    raise OptionError(
        f"coordinates={coordinates!r}; expected 'all', 'stratified' or a number of entries (0 or more)."
    )


def stratified(analytic: Array, limit: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Take the largest and the smallest slope, every row and column once while they fit, and some at random."""
    size, shape = analytic.size, analytic.shape
    if size <= limit:
        return np.arange(size)
    order = np.argsort(np.abs(analytic.reshape(-1)))
    chosen = [order[:1], order[-4:], rng.choice(size, size=RANDOM_SHARE, replace=False)]
    for axis, length in enumerate(shape):
        lines = (
            np.arange(length) if length <= limit // 2 else rng.choice(length, size=limit // 2, replace=False)
        )
        places = [lines if a == axis else rng.integers(0, n, size=lines.size) for a, n in enumerate(shape)]
        chosen.append(np.ravel_multi_index(tuple(places), shape))
    return np.unique(np.concatenate(chosen))


def spread(sizes: Sequence[int], total: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """Share a number of entries out over the parameters, at least one each while they last, in proportion beyond."""
    alive = [k for k, size in enumerate(sizes) if size]
    counts = [0] * len(sizes)
    for k in alive[:total]:
        counts[k] = 1
    left = max(0, total - len(alive))
    room = [size - count for size, count in zip(sizes, counts, strict=True)]
    whole = sum(room)
    for k in alive:
        extra = min(room[k], left * room[k] // whole) if whole else 0
        counts[k] += extra
    return [np.sort(rng.choice(size, size=min(count, size), replace=False)) if count else np.empty(0, dtype=np.intp)
            for size, count in zip(sizes, counts, strict=True)]  # fmt: skip
