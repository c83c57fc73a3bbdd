"""Optimisers: how a step is made from a gradient.

With g the gradient, alpha the learning rate and t the number of the step, counted from 1::

    SGD        theta <- theta - alpha g
    Momentum   v <- beta v + (1 - beta) g              theta <- theta - alpha v
    Nesterov   v <- beta v + (1 - beta) g              theta <- theta - alpha (beta v + (1 - beta) g)
    RMSProp    s <- beta s + (1 - beta) g^2            theta <- theta - alpha g / (sqrt(s) + epsilon)
    Adam       v <- beta1 v + (1 - beta1) g            s <- beta2 s + (1 - beta2) g^2
               theta <- theta - alpha (v / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon)
    AdamW      W <- W - alpha decay W, on the weights only, and then Adam

An optimiser is a record of settings; what it remembers (v, s, t) is a `Memory`, which belongs to a training.
Everything is in place, in blocks that stay in the cache.

Derived line by line, each line proved: ``backproof derive sgd``, ``momentum``, ``nesterov``, ``rmsprop``, ``adam`` or
``adamw``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Protocol

import numpy as np

from numeric._arguments import check_not_negative, shown
from numeric._errors import NumericError
from numeric._layer import Array

__all__ = [
    "OPTIMISERS",
    "SGD",
    "Adam",
    "AdamW",
    "Memory",
    "Momentum",
    "Nesterov",
    "Optimiser",
    "RMSProp",
    "resolve_optimiser",
]

# Entries moved at once: six arrays of 128 kB in float64.
_BLOCK = 16384


class Optimiser(Protocol):
    """A rule with its settings.

    Attributes
    ----------
    slots : int
        How many averages the rule keeps for each parameter.
    """

    slots: ClassVar[int]

    def move(
        self, theta: Array, g: Array, averages: Sequence[Array], scratch: Array, alpha: float, t: int
    ) -> None:
        """Move theta in place, and update the averages; g may be overwritten, all arrays are alike."""
        ...


class _Rule:
    """Settings by name, checked; a plain class, because six dataclasses would slow the import of numeric."""

    def __init__(self, **settings: float) -> None:
        for name, value in settings.items():
            high = 1.0 if name.startswith("beta") else np.inf
            if not isinstance(value, (int, float, np.integer, np.floating)) or not 0 <= value < high:
                raise NumericError(f"{name} is {shown(value)}; expected a number from 0 to below {high:g}.")
            setattr(self, name, check_not_negative(value, name))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"
        )


class SGD(_Rule):
    """Plain gradient descent."""

    slots: ClassVar[int] = 0

    def move(
        self, theta: Array, g: Array, averages: Sequence[Array], scratch: Array, alpha: float, t: int
    ) -> None:
        """Go alpha against the gradient."""
        np.multiply(g, alpha, out=g)
        np.subtract(theta, g, out=theta)


class Momentum(_Rule):
    """Gradient descent along an exponential average of the gradients."""

    slots: ClassVar[int] = 1
    beta: float

    def __init__(self, beta: float = 0.9) -> None:
        super().__init__(beta=beta)

    def move(
        self, theta: Array, g: Array, averages: Sequence[Array], scratch: Array, alpha: float, t: int
    ) -> None:
        """Go alpha against v."""
        (v,) = averages
        _average(v, g, self.beta, scratch)
        np.multiply(v, alpha, out=scratch)
        np.subtract(theta, scratch, out=theta)


class Nesterov(_Rule):
    """Momentum that looks one step ahead."""

    slots: ClassVar[int] = 1
    beta: float

    def __init__(self, beta: float = 0.9) -> None:
        super().__init__(beta=beta)

    def move(
        self, theta: Array, g: Array, averages: Sequence[Array], scratch: Array, alpha: float, t: int
    ) -> None:
        """Go alpha against the next v, were the gradient to stay."""
        (v,) = averages
        _average(v, g, self.beta, scratch)
        np.multiply(v, alpha * self.beta, out=scratch)
        np.subtract(theta, scratch, out=theta)
        np.multiply(g, alpha * (1 - self.beta), out=g)
        np.subtract(theta, g, out=theta)


class RMSProp(_Rule):
    """Gradients over their root mean square."""

    slots: ClassVar[int] = 1
    beta: float
    epsilon: float

    def __init__(self, beta: float = 0.9, epsilon: float = 1e-8) -> None:
        super().__init__(beta=beta, epsilon=epsilon)

    def move(
        self, theta: Array, g: Array, averages: Sequence[Array], scratch: Array, alpha: float, t: int
    ) -> None:
        """Go alpha against g / (sqrt(s) + epsilon)."""
        (s,) = averages
        _average_square(s, g, self.beta, scratch)
        np.sqrt(s, out=scratch)
        np.add(scratch, self.epsilon, out=scratch)
        np.divide(g, scratch, out=g)
        np.multiply(g, alpha, out=g)
        np.subtract(theta, g, out=theta)


class Adam(_Rule):
    """Momentum over root mean square, both corrected for their start at zero."""

    slots: ClassVar[int] = 2
    beta1: float
    beta2: float
    epsilon: float

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        super().__init__(beta1=beta1, beta2=beta2, epsilon=epsilon)

    def move(
        self, theta: Array, g: Array, averages: Sequence[Array], scratch: Array, alpha: float, t: int
    ) -> None:
        """Go alpha against the corrected v over the root of the corrected s."""
        v, s = averages
        _average(v, g, self.beta1, scratch)
        _average_square(s, g, self.beta2, scratch)
        np.multiply(s, 1 / (1 - self.beta2**t), out=scratch)
        np.sqrt(scratch, out=scratch)
        np.add(scratch, self.epsilon, out=scratch)
        np.divide(v, scratch, out=g)
        np.multiply(g, alpha / (1 - self.beta1**t), out=g)
        np.subtract(theta, g, out=theta)


class AdamW(Adam):
    """Adam with a decay of the weights that does not pass through its averages; biases do not decay."""

    weight_decay: float

    def __init__(
        self, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, weight_decay: float = 0.01
    ) -> None:
        _Rule.__init__(self, beta1=beta1, beta2=beta2, epsilon=epsilon, weight_decay=weight_decay)


class Memory:
    """What an optimiser remembers during one training: its averages, and how many steps it made."""

    def __init__(self, optimiser: Optimiser, theta: Array, weights: Sequence[Array]) -> None:
        self.optimiser, self.theta = optimiser, theta
        self.averages = [np.zeros_like(theta) for _ in range(optimiser.slots)]
        decays = bool(getattr(optimiser, "weight_decay", 0.0))
        self._parts = list(_parts(theta, weights if decays else ()))
        self._scratch, self._before = np.empty((2, min(theta.size, _BLOCK)), theta.dtype)
        self.t = 0

    def __call__(self, theta: Array, gradient: Array, alpha: float) -> int | None:
        """Take one step in place; the gradient is used up, and theta before the step is left there.

        The first entry with an infinite average is returned, if there is one. A gradient whose squares overflow
        makes one, and from then on Adam and RMSProp divide by it and stand still, while the cost looks well.
        """
        self.t += 1
        stuck = None
        keep = 1 - alpha * getattr(self.optimiser, "weight_decay", 0.0)
        for part, decays in self._parts:
            moved, g = theta[part], gradient[part]
            before, scratch = self._before[: moved.size], self._scratch[: moved.size]
            np.copyto(before, moved)
            if decays:
                np.multiply(moved, keep, out=moved)
            averages = [average[part] for average in self.averages]
            self.optimiser.move(moved, g, averages, scratch, alpha, self.t)
            np.copyto(g, before)
            if stuck is None and any(np.maximum.reduce(average) == np.inf for average in averages):
                stuck = part.start + int(np.argmax([a == np.inf for a in averages]) % moved.size)
        return stuck

    def state(self) -> dict[str, Array]:
        """Return copies of all that the next step depends on."""
        kept = {f"average{i}": average.copy() for i, average in enumerate(self.averages)}
        return kept | {"t": np.array(self.t)}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from what `state` returned."""
        for i, average in enumerate(self.averages):
            np.copyto(average, state[f"average{i}"])
        self.t = int(state["t"])


def _parts(theta: Array, weights: Sequence[Array]) -> Iterator[tuple[slice, bool]]:
    """Yield the pieces of theta, and whether each belongs to the weights, which are views of theta."""
    origin, size = theta.__array_interface__["data"][0], theta.itemsize
    cuts = {0: False}
    for W in (W for W in weights if W.size):
        start = (W.__array_interface__["data"][0] - origin) // size
        cuts[start] = True
        cuts.setdefault(start + W.size, False)
    edges = [*sorted(cuts), theta.size]
    for start, end in pairwise(edges):
        for first in range(start, end, _BLOCK):
            yield slice(first, min(first + _BLOCK, end)), cuts[start]


OPTIMISERS: dict[str, type[Any]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}


def resolve_optimiser(optimiser: str | Optimiser) -> Optimiser:
    """Return an optimiser from its name, with the usual settings, or from itself."""
    if isinstance(optimiser, str):
        if optimiser not in OPTIMISERS:
            raise NumericError(f"optimiser is {shown(optimiser)}; expected one of {', '.join(OPTIMISERS)}.")
        made: Optimiser = OPTIMISERS[optimiser]()
        return made
    if isinstance(optimiser, type) or not hasattr(optimiser, "move"):
        raise NumericError(
            f"optimiser is {shown(optimiser)}; expected a name or a record like numeric.Adam()."
        )
    return optimiser


def _average(v: Array, g: Array, beta: float, scratch: Array) -> None:
    np.multiply(v, beta, out=v)
    np.multiply(g, 1 - beta, out=scratch)
    np.add(v, scratch, out=v)


def _average_square(s: Array, g: Array, beta: float, scratch: Array) -> None:
    np.multiply(g, g, out=scratch)
    np.multiply(scratch, 1 - beta, out=scratch)
    np.multiply(s, beta, out=s)
    np.add(s, scratch, out=s)
