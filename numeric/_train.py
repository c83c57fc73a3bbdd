"""The descent shared by `Network` and `Model`: one step, and what to do when it leaves the finite numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NoReturn, Protocol, TypeAlias

import numpy as np

from numeric._checks import check_finite
from numeric._history import Cause, Diverged
from numeric._kernels import PIECE, Operation, pieces
from numeric._layer import Array, zeros
from numeric._objective import Objective
from numeric._parameters import Parameters

__all__ = ["Descent", "Pass"]

Rule: TypeAlias = Callable[[Array, Array, float], int | None]


class Pass(Protocol):
    """Forward and backward over one batch: what `Network` and `Model` each do in their own buffers.

    ``theta`` holds all parameters and ``gradient`` what ``run`` found, entry by entry beside it.
    ``weights`` are views into theta: the arrays that a penalty or a decay acts on, so no biases.
    ``states`` are what ``run`` changes besides: running statistics.
    ``provable`` says whether ``stays_finite`` ever answers yes.
    ``run(X, Y, factor)`` returns J, and fills ``gradient`` with factor times the gradient of J.
    It leaves ``gradient`` alone when the cost is not good: not finite, or not below ``ceiling``, which `fit` sets.
    Examples are
    finite, or the cost is NaN.
    """

    objective: Objective
    theta: Array
    gradient: Array
    weights: list[Array]
    states: list[Array]
    provable: bool
    ceiling: float

    def buffer(self, m: int) -> Array: ...

    def run(self, X: Array, Y: Array, factor: float) -> float: ...

    def is_good(self, J: float) -> bool: ...

    def stays_finite(self, X: Array, J: float) -> bool: ...

    def first_bad_layer(self, X: Array) -> int | None: ...


class Descent:
    """Steps that go downhill from a known point: the last parameters of which a finite cost is known are kept.

    They are kept where nobody else needs the memory. Once a gradient has moved the parameters it is used up, and
    the parameters before the move take its place, until the next backward pass, which begins only when the cost of
    the new ones is known to be finite. Where norms show that before the move, the new ones are as good, and nothing
    is kept. A few parameters have a place of their own to be kept in, which saves a copy.

    Attributes
    ----------
    good : 1-D ndarray
        The parameters before the last move, when ``kept``.
    """

    def __init__(self, engine: Pass, parameters: Parameters) -> None:
        self.engine, self.parameters = engine, parameters
        self.good_states = [array.copy() for array in engine.states]
        theta, step = engine.theta, engine.gradient
        self.few = theta.size <= PIECE
        self.good = zeros(theta.size, theta.dtype) if self.few else step
        self.moves, self.safe_moves = ([], []) if self.few else _moves(theta, step)
        # For small networks it counts to look each up at every step.
        self._run, self._is_good, self._provable = engine.run, engine.is_good, engine.provable
        self._keep = partial(self.good.__setitem__, ..., theta)
        self._move = partial(np.subtract, theta, step, theta)
        self._plain = self.few and not self.good_states and not engine.provable
        # How many steps were taken, and how many of them before the parameters were given.
        self.steps = self.given = 0
        self.kept = False  # whether there are parameters to go back to
        parameters.tell(self.forget)
        # Here, because the import of numeric shall stay near NumPy's.
        import contextvars
        import threading

        # One buffer for each Z and A: two threads take turns, a step or an answer each.
        self.lock = threading.RLock()
        # Infinities are met by a look at the cost. NumPy keeps in a context variable what it warns of, and to run in
        # a context that has it set costs nothing beside setting it at every step, as numpy.errstate does.
        context = contextvars.copy_context()
        context.run(np.seterr, over="ignore", invalid="ignore", divide="ignore")
        self.silently = context.run

    def step(self, X: Array, Y: Array, learning_rate: float) -> float:
        """Take one step of gradient descent and return the cost before it."""
        with self.lock:
            return self.silently(self.descend, X, Y, learning_rate)

    def descend(self, X: Array, Y: Array, learning_rate: float) -> float:
        """Do what `step` does, for who holds the lock already and is silent."""
        if self.good_states:
            self.remember()
        # The learning rate rides on 1/m: what comes out is the step itself.
        J = self._run(X, Y, learning_rate)
        if self._plain and self.engine.ceiling > J:  # what comes below, for a small network
            self._keep()
            self._move()
            self.steps += 1
            self.kept = True
            return J
        # Without states a look at the cost is all there is to know whether it is good.
        if not self.engine.ceiling > J or (self.good_states and not self._is_good(J)):
            self.refuse(J, learning_rate, X)
        self.steps += 1
        self.kept = not (self._provable and self.engine.stays_finite(X, J))
        if self.few:
            if self.kept:
                self._keep()
            self._move()
        else:
            for operation in self.moves if self.kept else self.safe_moves:
                operation()
        return J

    def update(self, X: Array, Y: Array, learning_rate: float, rule: Rule) -> float:
        """Take one step by another rule.

        ``rule(theta, gradient, learning_rate)`` works in place, leaves in ``gradient`` what theta was, and returns the
        first entry of which it remembers something infinite, if there is one: a step would never move that again.
        """
        with self.lock:
            return self.silently(self._update, X, Y, learning_rate, rule)

    def _update(self, X: Array, Y: Array, learning_rate: float, rule: Rule) -> float:
        self.remember()
        J = self._run(X, Y, 1.0)
        if not self._is_good(J):
            self.refuse(J, learning_rate, X)
        if self.few:
            self._keep()
        stuck = rule(self.engine.theta, self.engine.gradient, learning_rate)
        self.kept = True
        if stuck is not None:
            self._stop(J, learning_rate, None, self._owner(stuck))
        self.steps += 1
        return J

    def _owner(self, entry: int) -> str:
        """Return the name of the parameter to which an entry of theta belongs."""
        place = self.engine.theta[entry : entry + 1]
        return next(name for name, array in self.parameters.items() if np.may_share_memory(array, place))

    def remember(self) -> None:
        """Keep the running statistics as they are before a batch that may spoil them."""
        for kept, state in zip(self.good_states, self.engine.states, strict=True):
            np.copyto(kept, state)

    def forget(self) -> None:
        """Never go back to parameters from before the ones that were given now."""
        self.kept, self.given = False, self.steps

    def refuse(self, J: float, learning_rate: float, X: Array) -> NoReturn:
        """Go back to the last good parameters, and say at which step the cost was none, and in which layer that began.

        Good are those whose cost is known to be finite and below the ceiling.
        """
        check_finite(X, "X")
        self._stop(J, learning_rate, self.engine.first_bad_layer(X))

    def _stop(self, J: float, learning_rate: float, layer: int | None, stuck: str | None = None) -> NoReturn:
        if self.kept and np.isfinite(self.good).all():
            np.copyto(self.engine.theta, self.good)
        for kept, state in zip(self.good_states, self.engine.states, strict=True):
            np.copyto(state, kept)
        self.parameters.check_finite()  # before the first step there is nothing to go back to
        given = self.steps == self.given
        cause = Cause(J, layer, learning_rate, self.engine.objective.penalties(), stuck)
        raise Diverged.at(self.steps + 1, cause, self.parameters.copy(), given)


def _moves(theta: Array, step: Array) -> tuple[list[Operation], list[Operation]]:
    """Return the operations of theta <- theta - step, piece by piece: with step <- theta before it, and without."""
    kept: list[Operation] = []
    moves: list[Operation] = []
    new = zeros(PIECE, theta.dtype)
    for rows, part in pieces(theta):
        after = new[: part.size]
        moves.append(partial(np.subtract, part, step[rows], part))
        kept += [
            partial(np.subtract, part, step[rows], after),
            partial(step[rows].__setitem__, ..., part),
            partial(part.__setitem__, ..., after),
        ]
    return kept, moves
