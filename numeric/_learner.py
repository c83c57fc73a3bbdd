"""What `Network` and `Model` share: parameters, one step, training, answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from numeric._arguments import check_not_negative
from numeric._checks import check_examples, check_finite, check_pair
from numeric._errors import NonFiniteError
from numeric._gate import Gate
from numeric._history import Epoch, History
from numeric._layer import Array
from numeric._objective import Objective
from numeric._optimisers import Optimiser
from numeric._output import output
from numeric._parameters import Parameters
from numeric._predictions import accuracy_of, prediction
from numeric._schedules import Schedule
from numeric._train import Descent

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Learner"]

_INFINITY = float("inf")
Answer = TypeVar("Answer")


class Learner:
    """Parameters that learn from examples; `Network` and `Model` say how they get from X to Z."""

    objective: Objective
    dtype: np.dtype[Any]
    _parameters: Parameters
    _descent: Descent
    _gate: Gate

    # -- what a subclass says -------------------------------------------------------------------------------

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        raise NotImplementedError

    @property
    def n_outputs(self) -> int:
        """Rows of Y."""
        raise NotImplementedError

    def logits_of(self, X: Array) -> Array:
        """Return the last Z of checked examples, as for answers: no dropout, no statistics of the batch."""
        raise NotImplementedError

    def cost_of(self, Z: Array, Y: Array) -> float:
        """Return J from the last Z."""
        raise NotImplementedError

    def streams(self) -> Mapping[str, np.random.Generator]:
        """Return the random streams of the layers, for checkpoints."""
        return {}

    def layer_states(self) -> Mapping[str, Array]:
        """Return what layers remember besides their parameters, as live arrays, for checkpoints."""
        return {}

    # -- parameters -----------------------------------------------------------------------------------------

    @property
    def parameters(self) -> Parameters:
        """Live arrays by name; assigning one, or the whole dict, copies values in after checking them."""
        return self._parameters

    @parameters.setter
    def parameters(self, values: Mapping[str, Any]) -> None:
        self._parameters.assign(values)

    @property
    def n_parameters(self) -> int:
        """How many numbers training changes."""
        return self._descent.engine.theta.size

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.objective.loss

    @property
    def descent(self) -> Descent:
        """The buffers and the last good parameters of training."""
        return self._descent

    # -- training -------------------------------------------------------------------------------------------

    def step(self, X: Any, Y: Any, learning_rate: float = 0.1) -> float:
        """Take one step of gradient descent on all of X, in place, and return the cost *before* it.

        Parameters
        ----------
        X : (n_0, m) array_like
            Examples.
        Y : (n_L, m) array_like
            Labels.
        learning_rate : float, default 0.1
            How far to go against the gradient.

        Returns
        -------
        float
            J at the parameters before the step.

        Raises
        ------
        Diverged
            When J is NaN or infinite. The parameters are then the last of which a finite cost is known.

        Notes
        -----
        A warm step creates no array when X and Y have the dtype of the parameters, X in C or Fortran order and Y in C
        order. Training holds the parameters, their gradients, what the optimiser remembers,
        the activations of one batch, and some pieces of 256 kB.
        """
        if not (type(learning_rate) is float and 0 <= learning_rate < _INFINITY):
            learning_rate = check_not_negative(learning_rate, "learning_rate")
        descent = self._descent
        with descent.lock:  # the gate, too, remembers one pair at a time
            if not self._gate.passes(X, Y):
                X, Y = self._pair(X, Y)
                self._gate.remember(X, Y)
            return descent.silently(descent.descend, X, Y, learning_rate)

    def fit(
        self,
        X: Any,
        Y: Any,
        *,
        epochs: int = 10,
        batch_size: int | None = 64,
        learning_rate: float = 0.1,
        optimiser: str | Optimiser = "sgd",
        schedule: Schedule | None = None,
        clip_norm: float | None = None,
        validation: tuple[Any, Any] | None = None,
        patience: int | None = None,
        rng: int | np.random.Generator = 0,
        callback: Callable[[Epoch], object] | None = None,
        checkpoint: str | Path | None = None,
    ) -> History:
        """Train by mini-batches.

        Parameters
        ----------
        X : (n_0, m) array_like
            Training examples.
        Y : (n_L, m) array_like
            Their labels.
        epochs : int, default 10
            Passes over the training set.
        batch_size : int or None, default 64
            Examples a step; None for all of them. The last batch of an epoch may be smaller.
        learning_rate : float, default 0.1
            How far each step goes; for Adam and its kin a hundredth of this is usual.
        optimiser : str or Optimiser, default "sgd"
            ``"sgd"``, ``"momentum"``, ``"nesterov"``, ``"rmsprop"``, ``"adam"``, ``"adamw"`` with their usual
            settings, or a record such as ``numeric.Momentum(0.95)``.
        schedule : callable, optional
            ``schedule(step, steps)`` is a factor on the learning rate: `cosine`, `staircase`, `warm_up`.
        clip_norm : float, optional
            Gradients longer than this are shortened to it, all parameters together.
        validation : (X, Y), optional
            Examples that are measured after every epoch and never trained on.
        patience : int, optional
            Stop when the validation cost has not fallen for so many epochs, and go back to the best ones.
        rng : int or numpy.random.Generator, default 0
            Seed or stream of the shuffling; the same one gives the same parameters, bit for bit.
        callback : callable, optional
            Called as ``callback(epoch)`` with an `Epoch` after each; training stops when it returns true.
        checkpoint : path, optional
            An .npz file that is written after every epoch, whole or not at all. When it is there already, training
            goes on from it, and ends with the same bits as if it had never been interrupted. It is refused when the
            data or the settings are others; more epochs are fine unless the schedule depends on their number.

        Returns
        -------
        History
            Cost and accuracy on both sets after each epoch.

        Raises
        ------
        Diverged
            When a cost is NaN or infinite, or in every batch together more than a million times that of the first
            batch and that of answering 0: it says at which step, and layer. The parameters are then the last good
            ones, of which a lower cost is known; the error carries them, and the epochs before.

        Examples
        --------
        >>> import numeric
        >>> X, Y = numeric.make_moons(400, noise=0.1, rng=0)
        >>> net = numeric.Network([2, 16, 1], activation="tanh", loss="bce", rng=0)
        >>> history = net.fit(X[:, :300], Y[:, :300], epochs=60, validation=(X[:, 300:], Y[:, 300:]),
        ...                   optimiser="adam", learning_rate=0.01)
        >>> history.train_cost[-1] < history.train_cost[0] / 2
        True
        """
        # Imported here and in `evaluate`, because the import of numeric shall stay near NumPy's.
        from numeric._fit import Options, train

        options = Options(
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            optimiser=optimiser,
            schedule=schedule,
            clip_norm=clip_norm,
            patience=patience,
            rng=rng,
            callback=callback,
            checkpoint=checkpoint,
        )
        return train(self, X, Y, validation, options)

    # -- answers --------------------------------------------------------------------------------------------

    def forward(self, X: Any) -> Array:
        """Return A_L ``(n_L, m)``: probabilities for the cross-entropies, else the last Z."""
        return output(self.loss, self.logits(X))

    def logits(self, X: Any) -> Array:
        """Return Z_L ``(n_L, m)``, before the output's activation."""
        X = self._examples(X)
        return self._answer(lambda: self.logits_of(X))

    def predict(self, X: Any) -> Array:
        """Return the answer for each example.

        Returns
        -------
        ndarray
            softmax_cross_entropy: class numbers ``(m,)``. bce: 0 or 1, ``(n_L, m)``. hinge: -1 or +1,
            ``(n_L, m)``. mse and huber: the outputs ``(n_L, m)``.
        """
        return prediction(self.loss, self.logits(X))

    def accuracy(self, X: Any, Y: Any) -> float:
        """Return the fraction of right answers; a NumericError for the losses of regression, which have none."""
        X, Y = self._pair(X, Y)
        return accuracy_of(self.loss, self._answer(lambda: self.logits_of(X)), Y)

    def evaluate(self, X: Any, Y: Any) -> tuple[float, float | None]:
        """Return cost and accuracy (None for regression) as for answers: no dropout, no statistics of the batch."""
        from numeric._fit import evaluate

        X, Y = self._pair(X, Y)
        return self._answer(lambda: evaluate(self, X, Y))

    def _answer(self, compute: Callable[[], Answer], X: Any = None) -> Answer:
        """Return what is computed from finite parameters; numbers that left the floats on the way are no answer.

        A cost may be infinite: one beyond the largest float is. Where anything overflowed, the last Z of the examples
        X is looked at too: a softmax of infinite ones would look like any other.
        """
        self._parameters.check_finite()
        overflows: list[str] = []
        with np.errstate(over="call", invalid="ignore", call=lambda kind, _: overflows.append(kind)):
            answer = compute()
        if overflows and X is not None:
            self.logits(X)
        if isinstance(answer, np.ndarray):
            check_finite(answer, f"The last Z, computed in {self.dtype},")
        elif isinstance(answer, dict):
            for name, array in answer.items():
                check_finite(array, f"{name}, computed in {self.dtype},")
        else:
            cost = answer[0] if isinstance(answer, tuple) else answer
            if cost != cost:
                raise NonFiniteError(
                    f"The cost is nan: sums left the range of {self.dtype} on the way; expected a number. "
                    "Try smaller parameters, or scale X to about 1."
                )
        return answer

    def _examples(self, X: Any) -> Array:
        return check_examples(X, self.input_shape, self.dtype)

    def _pair(self, X: Any, Y: Any) -> tuple[Array, Array]:
        return check_pair(X, Y, self.input_shape, self.n_outputs, self.loss, self.dtype)
