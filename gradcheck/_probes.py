"""Other points: nearby, where ties and zeros are gone, and enlarged, where rare branches wake up.

A bug in clipping, in the linear branch of a Huber loss or in the penalty on a bias that happens to be zero does not show
at every point. Where nothing of a parameter can be seen (saturated units), shrunk points are tried as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradcheck._errors import GradcheckError
from gradcheck._examine import Comparison, compare, loss_noise, sizes_of
from gradcheck._gradient import Gradient
from gradcheck._objective import Objective
from gradcheck._point import Array
from gradcheck._selection import Coordinates, select, spread

# Entries compared at each further point; beyond, a sample and random directions stand for the rest.
MOST_ENTRIES = 2000
STANDARD = (("nearby", 1.0), ("enlarged", 2.5))
SHRUNK = (("shrunk", 0.3), ("shrunk further", 0.05))
NEARBY = 0.1


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
    n_directions: int,
    batched: bool,
    rng: np.random.Generator,
) -> list[ProbeOutcome]:
    """Compare at the standard points, then at shrunk ones while some parameter is unresolved everywhere."""
    outcomes = []
    for name, factor in STANDARD:
        outcomes.append(
            _visit(objective, gradient, main, name, factor, coordinates, n_directions, batched, rng)
        )
    for name, factor in SHRUNK:
        seen = [main, *(o.comparison for o in outcomes if o.comparison is not None)]
        if any(c.is_wrong for c in seen):
            break
        places = range(len(main.arrays))
        if all(any(c.blocks[p].is_resolved and not c.blocks[p].is_flat for c in seen) for p in places):
            break
        outcomes.append(
            _visit(objective, gradient, main, name, factor, coordinates, n_directions, batched, rng)
        )
    return outcomes


def _visit(
    objective: Objective,
    gradient: Gradient,
    main: Comparison,
    name: str,
    factor: float,
    coordinates: Coordinates,
    n_directions: int,
    batched: bool,
    rng: np.random.Generator,
) -> ProbeOutcome:
    arrays = displaced(main.arrays, factor, rng)
    description = f"every entry moved by about {NEARBY:.0%} of its parameter's size"
    if factor != 1.0:
        description += f", then multiplied by {factor:g}"
    layout = gradient.layout
    try:
        with np.errstate(all="ignore"):
            value = objective(arrays)
            analytic = gradient.at(arrays)
    except GradcheckError as error:
        return ProbeOutcome(name, description, None, str(error))
    except Exception as error:
        return ProbeOutcome(name, description, None, f"{type(error).__name__}: {error}")
    if not np.isfinite(value):
        return ProbeOutcome(name, description, None, f"the loss is {value} there")
    if layout.size <= MOST_ENTRIES:
        selection = select(layout, coordinates, analytic, rng)
    else:
        selection = spread([a.size for a in arrays], MOST_ENTRIES // 4, rng)
        n_directions = max(n_directions, 2)
    noise = loss_noise(objective, arrays, value, rng)
    allowances = gradient.allowances(analytic, sizes_of(arrays), value)
    comparison = compare(objective, arrays, value, analytic, selection, allowances=allowances, noise=noise,
                         n_directions=n_directions, batched=batched, rng=rng)  # fmt: skip
    return ProbeOutcome(name, description, comparison, "")


def displaced(arrays: list[Array], factor: float, rng: np.random.Generator) -> list[Array]:
    """Move every entry by about a tenth of its parameter's size, then scale."""
    return [
        np.asarray(
            factor * (a + NEARBY * size * rng.standard_normal(a.shape))
        )  # 0-d arithmetic gives bare numbers
        for a, size in zip(arrays, sizes_of(arrays), strict=True)
    ]
