"""Losses at which difference quotients go wrong: kinks, noise, flat and steep places, odd values, odd containers.

Each is asked with its right gradient, and with three wrong ones: everything 1 % off, the steepest entry 2 % off, and an
entry of ordinary size missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from _case import Case, leaves, rebuilt

Rng = np.random.Generator
Question = tuple[Callable[[Any], Any], Callable[[Any], Any], Any]


def spoiled(gradient: Callable[[Any], Any], how: str, at: Any) -> Callable[[Any], Any]:
    """The gradient, wrong in one of three ways; which entry, is settled at the point given."""
    sizes = [np.abs(np.asarray(a, dtype=float)).reshape(-1) for a in leaves(gradient(at))]
    largest = max(float(s.max(initial=0)) for s in sizes)
    which = max(range(len(sizes)), key=lambda k: sizes[k].max(initial=0))
    steepest = int(sizes[which].argmax())
    ordinary = [i for i in range(sizes[which].size) if sizes[which][i] >= 0.02 * largest]

    def changed(p: Any) -> Any:
        arrays = [np.array(a, order="C") for a in leaves(gradient(p))]
        if how == "one per cent":
            arrays = [a * a.dtype.type(1.01) for a in arrays]
        elif how == "the steepest":
            arrays[which].reshape(-1)[steepest] *= 1.02
        else:
            arrays[which].reshape(-1)[ordinary[-1]] = 0
        return rebuilt(gradient(p), iter(arrays))

    return changed


WAYS = ("one per cent", "the steepest", "one missing")


def question(build: Callable[[Rng], Question], seed: int, way: str | None) -> Case:
    loss, gradient, at = build(np.random.default_rng([seed, len(build.__name__)]))
    name = f"{build.__name__}, {way or 'right'}, seed {seed}"
    if way is None:
        return Case(name, loss, gradient, at)
    return Case(name, loss, spoiled(gradient, way, at), at, gradient)
