"""The descent shared by `Network` and `Model`: one step, and what to do when it leaves the finite numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from numeric._history import Diverged
from numeric._layer import Array
from numeric._parameters import Parameters

__all__ = ["Descent", "Pass"]

# Entries moved at once: three arrays of 256 kB in float32.
_BLOCK = 65536


class Pass(Protocol):
    """Forward and backward over one batch: what `Network` and `Model` each do in their own buffers.

    ``theta`` holds all parameters and ``gradient`` what ``run`` found, entry by entry beside it.
    ``weights`` are views into theta: the arrays that a penalty or a decay acts on, so no biases.
    ``states`` are what ``run`` changes besides: running statistics.
    """

    theta: Array
    gradient: Array
    weights: list[Array]
    states: list[Array]

    def bind(self, m: int) -> Array: ...

    def run(self, Y: Array, scale: float) -> float: ...

    def first_bad_layer(self) -> int | None: ...


class Descent:
    """Steps that go downhill from a known point: the last parameters whose cost was finite are kept."""

    def __init__(self, engine: Pass, parameters: Parameters) -> None:
        self.engine, self.parameters = engine, parameters
        self.good = engine.theta.copy()
        self.good_states = [array.copy() for array in engine.states]
        # Parameters move in blocks that are still in the cache when they are read again.
        self.blocks = [
            tuple(array[start : start + _BLOCK] for array in (engine.theta, engine.gradient, self.good))
            for start in range(0, engine.theta.size, _BLOCK)
        ]
        self.steps = 0
        # One buffer for each Z and A: two threads take turns, a step or an answer each.
        import threading  # here, because the import of numeric shall stay near NumPy's

        self.lock = threading.RLock()

    def step(self, X: Array, Y: Array, learning_rate: float) -> float:
        """Take one step of gradient descent and return the cost before it."""
        with self.lock:
            np.copyto(self.engine.bind(X.shape[-1]), X)
            return self.descend(Y, learning_rate)

    def descend(self, Y: Array, learning_rate: float) -> float:
        """Take one step on the batch that is already in the buffer of ``bind``."""
        with np.errstate(over="ignore", invalid="ignore"):
            if self.good_states:
                self.remember()
            # The learning rate rides on 1/m: what comes out is the step itself.
            J = self.engine.run(Y, learning_rate / Y.shape[-1])
            if not self.is_finite(J):
                self.accept(J, learning_rate)
            self.steps += 1
            for theta, step, good in self.blocks:
                np.copyto(good, theta)
                np.subtract(theta, step, out=theta)
        return J

    def update(self, Y: Array, learning_rate: float, rule: Callable[[Array, Array, float], None]) -> float:
        """Take one step by another rule, ``rule(theta, gradient, learning_rate)``, which works in place."""
        with np.errstate(over="ignore", invalid="ignore"):
            self.remember()
            J = self.engine.run(Y, 1.0 / Y.shape[-1])
            self.accept(J, learning_rate)
            rule(self.engine.theta, self.engine.gradient, learning_rate)
        return J

    def remember(self) -> None:
        """Keep the running statistics as they are before a batch that may spoil them."""
        for kept, state in zip(self.good_states, self.engine.states, strict=True):
            np.copyto(kept, state)

    def is_finite(self, J: float) -> bool:
        """Answer whether the cost and the running statistics are; infinite statistics hide behind a finite cost."""
        if not self.good_states:
            return math.isfinite(J)
        return math.isfinite(J) and all(
            math.isfinite(np.add.reduce(state, None)) for state in self.engine.states
        )

    def accept(self, J: float, learning_rate: float) -> None:
        """Keep the parameters whose cost is J, or go back to the last good ones and say so."""
        self.steps += 1
        if self.is_finite(J):
            np.copyto(self.good, self.engine.theta)
            return
        layer = self.engine.first_bad_layer()
        if np.isfinite(self.good).all():
            np.copyto(self.engine.theta, self.good)
        for kept, state in zip(self.good_states, self.engine.states, strict=True):
            np.copyto(state, kept)
        raise Diverged.at(self.steps, J, layer, self.parameters.copy(), learning_rate)
