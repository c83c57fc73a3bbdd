"""Edits of a fully connected backward pass, and the setting in which they can be made."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array, Edit, Mutant

SQUARE: dict[str, Any] = {"sizes": (4, 4, 4), "m": 4}
DEEP: dict[str, Any] = {"sizes": (5, 6, 4, 3), "m": 9}
L2: dict[str, Any] = {"l2": 0.7}


def times(factor: float) -> Edit:
    return lambda v, c: v * factor


def one_entry(change: Edit) -> Edit:
    """Apply a change to the entry in the middle only."""

    def edit(v: Array, c: Any) -> Array:
        v = v.copy()
        index = tuple(n // 2 for n in v.shape)
        v[index] = change(v, c)[index]
        return v

    return edit


def one_row(change: Edit, axis: int = 0) -> Edit:
    def edit(v: Array, c: Any) -> Array:
        v = v.copy()
        where = (1, slice(None)) if axis == 0 else (slice(None), 1)
        v[where] = change(v, c)[where]
        return v

    return edit


def everywhere(change: Edit) -> Edit:
    """Apply a change to the gradient of every parameter."""
    return lambda grads, c: {k: change(v, c) for k, v in grads.items()}  # type: ignore[attr-defined, return-value]


def biases(change: Edit) -> Edit:
    return lambda grads, c: {k: change(v, {**c, "name": k}) if k[0] == "b" else v for k, v in grads.items()}  # type: ignore[attr-defined, return-value]


def remembers(change: Any) -> Edit:
    """An edit with state: it hands over what the first call saw."""
    memory: dict[Any, Any] = {}

    def edit(v: Any, c: Any) -> Any:
        return change(v, c, memory)

    return edit


def stale(v: Array, c: Any, memory: dict[Any, Any]) -> Array:
    """Compute with what was cached for the first batch of parameters ever seen (a fixed older point)."""
    rng = np.random.default_rng(1)
    return memory.setdefault(v.shape, v + 0.2 * rng.standard_normal(v.shape))


def rare(change: Edit, limit: float) -> Edit:
    """Wrong only where a pre-activation is large: a branch that few points take."""
    return lambda v, c: np.where(np.abs(c["Z1"]) > limit, change(v, c), v)


def at_A(v: Array, c: Any) -> Array:
    return c["slope"](c["A1"])


def M(
    name: str, cause: str, at: str, edit: Edit, options: dict[str, Any] | None = None, *also: str
) -> Mutant:
    return Mutant(name, cause, at, edit, "dense", options or {}, also)
