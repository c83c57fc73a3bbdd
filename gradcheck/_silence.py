"""Where a mistake lies, found by taking parameters out one at a time: does it vanish where one of them is zero?

A mistake on the way back through W does no harm where W is zero, since nothing comes back through it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck import _ladder as ladder
from gradcheck._evidence import Evidence, listed
from gradcheck._examine import Comparison, How, compare, loss_noise, sizes_of
from gradcheck._gradient import Gradient
from gradcheck._objective import Objective
from gradcheck._report import Diagnosis

# Parameters that are taken out, each at a few directions through every other one.
MOST_SILENCED = 12
DIRECTIONS = 2


def silent_paths(
    e: Evidence, main: Comparison, objective: Objective, gradient: Gradient
) -> Iterator[Diagnosis]:
    """Name the parameters without which everything that was wrong is right, and still has slopes."""
    if not gradient.callable or not 1 < len(e.pairs) <= MOST_SILENCED:
        return
    names = [
        pair.name
        for place, pair in enumerate(e.pairs)
        if np.any(pair.value) and is_right_without(place, e, main, objective, gradient)
    ]
    if names and len(names) < len(e.pairs):
        which = listed(names) if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
        where = listed([f"the path through {name}" for name in names])
        yield Diagnosis(
            "layer",
            where,
            f"Where {which} is zero everything is right: the mistake lies on the way back through {listed(names)}.",
            {"silenced": names},
            0.4,
        )


def is_right_without(
    place: int, e: Evidence, main: Comparison, objective: Objective, gradient: Gradient
) -> bool:
    """Whether, with one parameter zero, all that was wrong is right along random directions, and still has slopes."""
    arrays = [a.copy() for a in main.arrays]
    arrays[place][...] = 0.0
    rng = np.random.default_rng(2)
    nothing = [np.empty(0, dtype=np.intp)] * len(arrays)
    try:
        with np.errstate(all="ignore"):
            value, analytic = objective(arrays), gradient.at(arrays)
            noise = loss_noise(objective, arrays, value, rng)
            found = compare(
                objective, arrays, value, analytic, nothing, How(n_directions=DIRECTIONS, confirm=False),
                allowances=gradient.allowances(arrays, analytic, sizes_of(arrays), value), noise=noise, ratios=None, rng=rng,
            )  # fmt: skip
    except Exception:  # the point is ours: where nothing can be computed nothing is learnt
        return False
    seen = [
        b.directions
        for b, pair in zip(found.blocks, e.pairs, strict=True)
        if pair.is_wrong and b.directions is not None
    ]
    alive = [
        b.directions
        for b, pair in zip(found.blocks, e.pairs, strict=True)
        if pair.is_wrong and b.place != place and b.directions is not None
        and np.all(np.abs(b.directions.numeric) > 1e3 * b.directions.bound)
    ]  # fmt: skip
    return bool(alive) and all(np.all(d.status == ladder.OK) for d in seen)
