"""A case: a loss, a gradient that somebody wrote, and the point at which it is asked.

A *mutant* is a correct backward pass with one edit at one named intermediate (`dZ2`, `g'1`, `dW1`, ...), so that what is
wrong with it, and where, is known exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
            moved = [
                v + scale * (np.std(v) if np.size(v) else 0) * rng.standard_normal(np.shape(v))
                for v in leaves(self.at)
            ]
            point = rebuilt(self.at, iter(moved))
            for _ in range(2):
                self.loss(self.at)  # some answer from what the loss kept at its last call
                wrong, right = ([np.array(a) for a in leaves(g(point))] for g in (self.gradient, self.truth))
                size = max(float(np.max(np.abs(g), initial=0)) for g in right)
                if any(
                    np.max(np.abs(w - r), initial=0) > 3e-8 * size for w, r in zip(wrong, right, strict=True)
                ):
                    return True
        return False


def leaves(point: Any) -> list[Any]:
    """The arrays and numbers of a point, in their order."""
    if isinstance(point, dict):
        return [a for v in point.values() for a in leaves(v)]
    if isinstance(point, list | tuple):
        return [a for v in point for a in leaves(v)]
    return [point]


def rebuilt(point: Any, arrays: Iterator[Any]) -> Any:
    """A structure like `point`, of other arrays."""
    if isinstance(point, dict):
        return {k: rebuilt(v, arrays) for k, v in point.items()}
    if isinstance(point, tuple) and hasattr(point, "_fields"):
        return type(point)(*(rebuilt(v, arrays) for v in point))
    if isinstance(point, list | tuple):
        return type(point)(rebuilt(v, arrays) for v in point)
    return next(arrays)


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
