"""What the search for a cause may look at: two gradients, the point, the calls before, and the cache if there is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck._point import Array

# Relations between the two gradients are believed when they hold to this part of the largest entry: a hundred times
# finer than any mistake one makes, a hundred times coarser than the measured slopes.
FIT = 1e-5


@dataclass(frozen=True, eq=False)
class Pair:
    """One parameter's two gradients. `known` marks measured entries, `wrong` those outside their bounds."""

    name: str
    value: Array
    analytic: Array
    numeric: Array
    bound: Array
    wrong: NDArray[np.bool_]
    is_wrong: bool

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Where a slope was measured."""
        return np.isfinite(self.numeric)

    @cached_property
    def size(self) -> float:
        """The largest entry of either gradient."""
        measured = np.where(self.known, np.abs(self.numeric), 0.0)
        return float(max(np.max(np.abs(self.analytic), initial=0.0), np.max(measured, initial=0.0)))

    @cached_property
    def noise(self) -> float:
        """How well the slopes are known: the median bound."""
        bounds = self.bound[np.isfinite(self.bound)]
        return float(np.median(bounds)) if bounds.size else float("inf")

    @cached_property
    def alive(self) -> NDArray[np.bool_]:
        """Where the slope, or what is said of it, is no rounding of zero."""
        return self.known & (np.abs(np.where(self.known, self.numeric, 0.0)) > 1e-6 * self.size)

    @property
    def layer(self) -> int | None:
        """The number in the name: 2 for W2, b2, fc2.weight, layers[2].W; none for x[2], the third of a list."""
        last = re.split(r"[.\]]\.?", self.name)[-1]
        if not last[:1].isalpha() or not (
            last[-1:].isdigit() or last.lower().startswith(("w", "b", "k", "g"))
        ):
            return None
        found = re.findall(r"\d+", self.name)
        return int(found[-1]) if found else None

    @property
    def is_bias(self) -> bool:
        """Whether it adds to Z: by name, or by having one column or one axis only."""
        last = self.name.split(".")[-1].lower()
        return last.startswith(("b", "beta")) or (
            self.value.ndim <= 1 and not last.startswith(("w", "gamma"))
        )

    @property
    def is_called_bias(self) -> bool:
        """Whether its name alone says that it adds to Z."""
        return re.fullmatch(r"(b|bias|beta|intercept)\d*", self.name.split(".")[-1].lower()) is not None

    @cached_property
    def discrepancy(self) -> float:
        """The largest difference of the two gradients."""
        return float(np.max(np.abs(self.analytic - self.numeric)[self.known], initial=0.0))

    def explains(self, predicted: Array) -> bool:
        """Whether a prediction meets the analytic gradient as closely as the slopes are known.

        For a wrong gradient it must also be much closer than the slopes themselves: a prediction that changes nothing
        explains nothing.
        """
        if predicted.shape != self.analytic.shape:
            return False
        usable = self.known & np.isfinite(predicted)
        if not usable.any():
            return False
        tolerance = max(FIT * self.size, 4 * self.noise)
        if self.is_wrong:
            tolerance = min(
                tolerance, max(0.03 * self.discrepancy, min(4 * self.noise, 0.3 * self.discrepancy))
            )
        # A slope that is known much worse than the others is asked no more than it can tell.
        own = np.where(self.bound > 16 * self.noise, np.fmax(tolerance, 2 * self.bound), tolerance)
        return bool(np.all(np.abs(predicted - self.analytic)[usable] <= own[usable]))


@dataclass(frozen=True, eq=False)
class Sight:
    """What was seen at another point than the one in question."""

    name: str
    loss: float
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that detectors look at."""

    pairs: tuple[Pair, ...]
    point: str
    first: tuple[Array, ...]  # the gradient at the point given, asked for the first time
    again: tuple[Array, ...] | None  # asked again
    after_move: tuple[Array, ...] | None  # asked once more, after the loss was called elsewhere
    loss: float  # at the point
    sights: tuple[Sight, ...]  # other points, the one given not among them
    frozen: bool  # whether the gradient is the same, and not zero, wherever it is asked
    ignored: tuple[str, ...]  # parameters that the slopes of the others depend on, and the gradient does not
    cache: Mapping[str, Any] | None  # A0, Z1, A1, ..., Y
    penalty: Mapping[str, float]  # coefficient of W² / 2 in the loss, where it could be measured

    @property
    def wrong(self) -> tuple[Pair, ...]:
        """Parameters whose gradient is wrong."""
        return tuple(pair for pair in self.pairs if pair.is_wrong)

    @property
    def right(self) -> tuple[Pair, ...]:
        """Parameters whose gradient is right."""
        return tuple(pair for pair in self.pairs if not pair.is_wrong)

    @property
    def m(self) -> int | None:
        """The number of examples, if the cache tells."""
        if self.cache is None:
            return None
        for key in ("A0", "X", "Y"):
            if key in self.cache and np.ndim(self.cache[key]) == 2:
                return int(np.shape(self.cache[key])[1])
        return None

    @property
    def top(self) -> int | None:
        """The highest layer with a wrong gradient: the mistake is there, what is below only inherits it."""
        layers = [pair.layer for pair in self.wrong if pair.layer is not None]
        return max(layers) if layers and len(layers) == len(self.wrong) else None


def holds_elsewhere(e: Evidence, pair: Pair, predicted: Callable[[Pair], Array]) -> bool | None:
    """Whether a relation found at the point holds at the other points too; None where no slope was measured at any."""
    place, answer = e.pairs.index(pair), None
    for sight in e.sights:
        other = sight.pairs[place]
        if other.known.any() and other.size:
            if not other.explains(predicted(other)):
                return False
            answer = True
    return answer


def slopes_vary(e: Evidence, name: str | None = None) -> bool:
    """Whether the slopes (of one parameter) at another point differ from those here: those of a linear loss do not."""
    for sight in e.sights:
        for pair, other in zip(e.pairs, sight.pairs, strict=True):
            if name is not None and pair.name != name:
                continue
            off = np.abs(other.numeric - pair.numeric)
            if np.any(off > 1e-3 * pair.size + 10 * np.nan_to_num(pair.bound, posinf=0.0)):
                return True
    return False


def gradients(names: list[str]) -> str:
    """Name the gradients of some parameters and give the verb that goes with them: "dW1 is", "dW1 and db1 are"."""
    return listed([f"d{name}" for name in names]) + (" are" if len(names) > 1 else " is")


def listed(names: list[str]) -> str:
    """Join names the way one says them."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
