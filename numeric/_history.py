"""What training leaves behind: one record an epoch, and the error of a training that left the finite numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from numeric._arguments import shown
from numeric._errors import DivergenceError, NumericError
from numeric._layer import Array

__all__ = ["Cause", "Diverged", "Epoch", "History"]

# A part of a cost: less than this it also moves up and down from one epoch to the next.
_WORTH_SAYING = 0.1


@dataclass(frozen=True)
class Epoch:
    """One pass over the training set, as measured after it.

    Attributes
    ----------
    number, of : int
        This epoch, counted from 1, and how many were asked for.
    train_cost : float
        J on the whole training set.
    train_accuracy : float or None
        Fraction of right answers; None for the losses of regression.
    validation_cost, validation_accuracy : float or None
        The same on the validation set; None without one.
    """

    number: int
    of: int
    train_cost: float
    train_accuracy: float | None = None
    validation_cost: float | None = None
    validation_accuracy: float | None = None


@dataclass(frozen=True)
class History:
    """The learning curves of a training.

    Attributes
    ----------
    epochs : tuple of Epoch
        One record an epoch, in order; an epoch that a divergence cut short is not among them.
    steps : int
        How many updates of the parameters were made.
    best_epoch : int or None
        The epoch with the least validation cost (without validation: train cost); None before the first.
    stopped_early : bool
        Whether training ended before its last epoch because the validation cost no longer fell, or because
        the callback asked for it.
    seed : int or None
        The seed of the shuffling, when it was given as a number.

    Examples
    --------
    >>> history = History((Epoch(1, 2, 0.7), Epoch(2, 2, 0.4)), steps=20)
    >>> history.train_cost, history.best_epoch
    ((0.7, 0.4), 2)
    """

    epochs: tuple[Epoch, ...] = ()
    steps: int = 0
    stopped_early: bool = False
    seed: int | None = None
    best_epoch: int | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if not isinstance(self.epochs, (tuple, list)) or not all(isinstance(e, Epoch) for e in self.epochs):
            raise NumericError(f"epochs is {shown(self.epochs)}; expected a tuple of Epoch.")
        if self.epochs:
            best = min(
                self.epochs, key=lambda e: e.train_cost if e.validation_cost is None else e.validation_cost
            )
            object.__setattr__(self, "best_epoch", best.number)

    @property
    def overfits_since(self) -> int | None:
        """The epoch since which the network learns the training examples by heart, or None.

        It is `best_epoch`, when the validation cost ended more than a tenth above the one of that epoch while the
        training cost fell. Nothing is said of a training without validation.

        Examples
        --------
        >>> train, validation = (0.7, 0.4, 0.2), (0.8, 0.5, 0.6)
        >>> epochs = [Epoch(k, 3, t, None, v) for k, t, v in zip((1, 2, 3), train, validation)]
        >>> History(tuple(epochs)).overfits_since, History(tuple(epochs[:2])).overfits_since
        (2, None)
        """
        if self.best_epoch is None:
            return None
        best, last = self.epochs[self.best_epoch - 1], self.epochs[-1]
        if best.validation_cost is None or last.validation_cost is None:
            return None
        rose = last.validation_cost > (1 + _WORTH_SAYING) * best.validation_cost
        return self.best_epoch if rose and last.train_cost < best.train_cost else None

    @property
    def underfits(self) -> bool:
        """Whether the training ended while the cost still fell: on the validation set, where there is one.

        The last tenth of the epochs, at least one, must have brought it more than a tenth below all before. A cost
        that is high and falls no more shows nothing of itself: compare it with that of a constant answer.

        Examples
        --------
        >>> History((Epoch(1, 2, 0.7), Epoch(2, 2, 0.4))).underfits
        True
        >>> History((Epoch(1, 2, 0.7), Epoch(2, 2, 0.69))).underfits
        False
        """
        costs = [e.train_cost if e.validation_cost is None else e.validation_cost for e in self.epochs]
        before = costs[: -max(1, len(costs) // 10)]
        return bool(before and costs[-1] < (1 - _WORTH_SAYING) * min(before))

    @property
    def train_cost(self) -> tuple[float, ...]:
        """J on the training set after each epoch."""
        return tuple(epoch.train_cost for epoch in self.epochs)

    @property
    def validation_cost(self) -> tuple[float | None, ...]:
        """J on the validation set after each epoch."""
        return tuple(epoch.validation_cost for epoch in self.epochs)

    @property
    def train_accuracy(self) -> tuple[float | None, ...]:
        """Fraction of right answers on the training set after each epoch."""
        return tuple(epoch.train_accuracy for epoch in self.epochs)

    @property
    def validation_accuracy(self) -> tuple[float | None, ...]:
        """Fraction of right answers on the validation set after each epoch."""
        return tuple(epoch.validation_accuracy for epoch in self.epochs)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers, as for JSON."""
        return {
            "train_cost": list(self.train_cost),
            "train_accuracy": list(self.train_accuracy),
            "validation_cost": list(self.validation_cost),
            "validation_accuracy": list(self.validation_accuracy),
            "steps": self.steps,
            "best_epoch": self.best_epoch,
            "stopped_early": self.stopped_early,
            "seed": self.seed,
        }

    def __str__(self) -> str:
        def cell(value: float | None) -> str:
            return f"{'-':>12}" if value is None else f"{value:12.6g}"

        lines = ["epoch        cost    accuracy  validation    accuracy"]
        lines += [
            f"{e.number:5d}"
            + "".join(map(cell, (e.train_cost, e.train_accuracy, e.validation_cost, e.validation_accuracy)))
            for e in self.epochs
        ]
        return "\n".join(lines)


class Cause(NamedTuple):
    """Why a training diverged: the cost of the step, and what else there is to know."""

    cost: float
    layer: int | None
    learning_rate: float
    penalties: str = ""  # what would make them smaller, such as "l2 below 0.1"
    stuck: str | None = None  # the parameter of which an optimiser's average is infinite

    def sentence(self) -> str:
        """Say what went wrong, what was expected, and what to try."""
        rate, penalties = f"a learning rate below {self.learning_rate:g}", self.penalties
        ways = [rate, penalties, "or scale X to about 1"]
        if self.stuck is not None:
            what = (
                f"the gradient of {self.stuck} is so large that the optimiser's averages of it are infinite"
            )
            wanted, ways = "finite ones", [penalties, "clip_norm", "or scale X to about 1"]
        elif self.layer is None and np.isfinite(self.cost):
            what = f"the cost is {self.cost:.3g}, more than a million times what it began with"
            wanted = "one that falls"
        else:
            alone = "in the loss or its penalty" if penalties else "in the loss alone"
            where = alone if self.layer is None else f"first in layer {self.layer}"
            bad = "a running statistic is infinite" if np.isfinite(self.cost) else f"the cost is {self.cost}"
            what, wanted = f"{bad}, {where}", "a finite number"
        return f"{what}; expected {wanted}. Try {', '.join(filter(None, ways))}."


class Diverged(DivergenceError):
    """Training left the finite numbers, or a cost a million times what it began with.

    Attributes
    ----------
    step : int
        The step whose cost is not finite, or far above the first, counted from 1.
    cost : float
        That cost. It is finite when a running statistic is not, or the squares of the gradient that an optimiser
        averages, and in `fit` when it is more than a million times the cost of the first batch and of answering 0.
    layer : int or None
        The first layer whose values are not finite; None when all are.
    parameters : mapping of str to ndarray
        Copies of the last good parameters, of which a finite cost is known: those of the last step whose cost was
        finite, or the ones it led to where norms show that they cannot overflow. The network holds them too.
    history : History or None
        The epochs before, when training ran in `fit`.
    """

    def __init__(
        self,
        message: str,
        *,
        step: int,
        cost: float,
        layer: int | None,
        parameters: Mapping[str, Array],
        history: History | None = None,
    ) -> None:
        super().__init__(message)
        self.step, self.cost, self.layer = step, cost, layer
        self.parameters, self.history = dict(parameters), history

    @classmethod
    def at(cls, step: int, cause: Cause, parameters: Mapping[str, Array], given: bool = False) -> Diverged:
        """Say it in one sentence; ``given`` says that no step was taken from the parameters that were given."""
        which = (
            "The parameters are as they were given"
            if given
            else "The parameters of the last good step are kept"
        )
        largest = max((float(np.abs(p).max()) for p in parameters.values() if p.size), default=0.0)
        return cls(
            f"Training diverged at step {step}: {cause.sentence()} {which} (largest entry {largest:.3g}).",
            step=step,
            cost=cause.cost,
            layer=cause.layer,
            parameters=parameters,
        )

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are built again from their positional arguments alone, and a worker's could not come home.
        return _diverged, (str(self), {k: v for k, v in vars(self).items() if not k.startswith("__")})


def _diverged(message: str, values: dict[str, Any]) -> Diverged:
    return Diverged(message, **values)
