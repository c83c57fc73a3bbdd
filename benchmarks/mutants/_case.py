"""A case: a loss, a gradient that somebody wrote, and the point at which it is asked.

A *mutant* is a correct backward pass with one edit at one named intermediate (`dZ2`, `g'1`, `dW1`, ...), so that what is
wrong with it, and where, is known exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray
Parameters = dict[str, Array]
Gradient = Callable[[Parameters], Parameters]


@dataclass(frozen=True)
class Case:
    """One question to a gradient checker, with the answer known."""

    name: str
    loss: Callable[[Parameters], float]
    gradient: Gradient
    at: Parameters
    truth: Gradient | None = None
    """The gradient before the edit; None for a correct configuration."""

    def is_live(self) -> bool:
        """Whether the edit changes the gradient at this point, nearby, or from one call to the next."""
        assert self.truth is not None
        rng = np.random.default_rng(12345)
        for scale in (0.0, 0.3, 1.5):
            point = _each(lambda v: v + scale * np.std(v) * rng.standard_normal(v.shape), self.at)
            for _ in range(2):
                wrong, right = (_arrays(g(point)) for g in (self.gradient, self.truth))
                size = max(float(np.max(np.abs(g), initial=0)) for g in right)
                if any(np.max(np.abs(w - r), initial=0) > 3e-8 * size for w, r in zip(wrong, right, strict=True)):
                    return True
        return False


def _each(change: Callable[[Array], Array], point: Any) -> Any:
    """Change every array of a point."""
    if isinstance(point, dict):
        return {k: _each(change, v) for k, v in point.items()}
    return [_each(change, v) for v in point] if isinstance(point, list) else change(point)


def _arrays(point: Any) -> list[Array]:
    """The arrays of a point in their order, copied."""
    if isinstance(point, dict | list):
        return [a for v in (point.values() if isinstance(point, dict) else point) for a in _arrays(v)]
    return [np.array(point)]


Edit = Callable[[Array, Mapping[str, Any]], Array]
"""From the right value of an intermediate, and everything computed so far, to the wrong one."""


@dataclass(frozen=True)
class OpenLoss:
    """A loss that shows the intermediates of its forward pass, as `numeric` networks do: A0, Z1, A1, ..., Y."""

    value: Callable[[Parameters], float]
    cache: Callable[[Parameters], dict[str, Array]]

    def __call__(self, parameters: Parameters) -> float:
        return self.value(parameters)


@dataclass(frozen=True)
class Mutant:
    """An edit of one named intermediate of a family's backward pass."""

    name: str
    cause: str
    """The true cause, in the vocabulary of docs/diagnosis.md."""
    at: str
    edit: Edit
    family: str = "dense"
    options: Mapping[str, Any] = field(default_factory=dict)
    """How the family is set up so that the edit can be made (square shapes, L2, an activation...)."""
    also: tuple[str, ...] = ()
    """Causes that describe the same wrong numbers as truly as `cause` does."""


class Tape:
    """Names every intermediate of a backward pass, and applies the edit where its name comes by."""

    def __init__(self, mutant: Mutant | None, **seen: Any) -> None:
        self.mutant, self.seen = mutant, dict(seen)

    def __call__(self, name: str, value: Array) -> Array:
        if self.mutant is not None and self.mutant.at == name:
            value = self.mutant.edit(value, self.seen)
        self.seen[name] = value
        return value
