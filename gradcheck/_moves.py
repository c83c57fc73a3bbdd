"""Moving one entry, or one direction, and reading how much the loss changes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gradcheck._objective import Objective, require_unchanged
from gradcheck._point import Array
from gradcheck._richardson import Moves

# Points of a batch handed to `loss.many`: enough to amortise the call, little enough to stay in cache.
BATCH_NUMBERS = 2**18


def entry_moves(
    objective: Objective,
    arrays: Sequence[Array],
    value: float,
    place: int,
    indices: NDArray[np.intp],
    batched: bool,
) -> Moves:
    """Move entries `indices` (flat) of the array at `place`, one at a time, each restored at once."""

    def moves(which: NDArray[np.intp], steps: Array) -> tuple[Array, Array]:
        return _one_by_one(objective, arrays, value, place, indices[which], steps)

    def moves_in_batches(which: NDArray[np.intp], steps: Array) -> tuple[Array, Array]:
        chunk = max(1, BATCH_NUMBERS // (2 * max(1, arrays[place].size)))
        changes = np.empty((2, which.size))
        for begin in range(0, which.size, chunk):
            part = slice(begin, min(begin + chunk, which.size))
            points = []
            for sign in (1.0, -1.0):
                for i, h in zip(indices[which[part]].tolist(), steps[part].tolist(), strict=True):
                    moved = arrays[place].copy()
                    moved.reshape(-1)[i] += sign * h
                    points.append([moved if p == place else a for p, a in enumerate(arrays)])
            changes[:, part] = objective.many(points).reshape(2, -1) - value
        return changes[0], changes[1]

    if objective.n_jobs != 1 and not batched:
        from gradcheck._parallel import shared_moves

        measure = partial(_elsewhere, objective, list(arrays), value, place, indices)
        return _quiet(shared_moves(measure, objective.n_jobs, objective.account))
    return _quiet(_guarded(moves_in_batches if batched else moves, objective, arrays))


def _one_by_one(
    objective: Objective,
    arrays: Sequence[Array],
    value: float,
    place: int,
    indices: NDArray[np.intp],
    steps: Array,
) -> tuple[Array, Array]:
    plus, minus = np.empty(indices.size), np.empty(indices.size)
    flat = arrays[place].reshape(-1)
    for k, (i, h) in enumerate(zip(indices.tolist(), steps.tolist(), strict=True)):
        held = flat[i]
        try:
            flat[i] = held + h
            plus[k] = objective.attempt(arrays) - value
            flat[i] = held - h
            minus[k] = objective.attempt(arrays) - value
        finally:
            flat[i] = held
    return plus, minus


def _elsewhere(
    objective: Objective,
    arrays: list[Array],
    value: float,
    place: int,
    indices: NDArray[np.intp],
    which: NDArray[np.intp],
    steps: Array,
) -> tuple[Array, Array, int, list[str]]:
    """Do a worker's share, on copies: the changes, the number of calls, and where the loss had no value."""
    own = objective.counting_anew()
    kept = [a.copy() for a in arrays]
    with np.errstate(all="ignore"):
        moves = _guarded(lambda w, h: _one_by_one(own, kept, value, place, indices[w], h), own, kept)
        plus, minus = moves(which, steps)
    return plus, minus, own.n_evaluations, own.refusals


def direction_moves(
    objective: Objective, arrays: Sequence[Array], value: float, place: int, directions: Sequence[Array]
) -> Moves:
    """Move the whole array at `place` along given directions (arrays of its shape)."""
    pristine = arrays[place].copy()

    def moves(which: NDArray[np.intp], steps: Array) -> tuple[Array, Array]:
        plus, minus = np.empty(which.size), np.empty(which.size)
        try:
            for k, (d, h) in enumerate(zip(which.tolist(), steps.tolist(), strict=True)):
                arrays[place][...] = pristine + h * directions[d]
                plus[k] = objective.attempt(arrays) - value
                arrays[place][...] = pristine - h * directions[d]
                minus[k] = objective.attempt(arrays) - value
        finally:
            arrays[place][...] = pristine
        return plus, minus

    return _quiet(moves)


def _guarded(moves: Moves, objective: Objective, arrays: Sequence[Array]) -> Moves:
    """Make sure after every sweep that the loss left the parameters as it found them."""

    def watched(which: NDArray[np.intp], steps: Array) -> tuple[Array, Array]:
        before = [a.copy() for a in arrays]
        result = moves(which, steps)
        require_unchanged(arrays, before, objective.layout.names, "the loss")
        return result

    return watched


def _quiet(moves: Moves) -> Moves:
    """Far rungs may overflow; what they return is NaN or infinite and counts as no value, without a warning."""

    def quiet(which: NDArray[np.intp], steps: Array) -> tuple[Array, Array]:
        with np.errstate(all="ignore"):
            plus, minus = moves(which, steps)
        bad = ~(np.isfinite(plus) & np.isfinite(minus))
        plus[bad], minus[bad] = np.nan, np.nan
        return plus, minus

    return quiet
