"""The cost of a `Model` as a function of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from numeric._errors import NumericError
from numeric._layer import Array
from numeric._model_pass import Stack
from numeric._objective import Objective

__all__ = ["ModelLoss"]


class ModelLoss:
    """J as a function of the parameters, on fixed examples, as one training step sees it.

    Dropout draws the mask that the model's next step would draw, the same at every call; batch norm takes the
    statistics of the batch. Calling never changes the model. It computes in the widest dtype among the
    parameters and the model's own: a float32 model can be differenced in float64.
    """

    def __init__(
        self, twin: Callable[[Any], Stack], objective: Objective, X: Array, Y: Array, dtype: np.dtype[Any]
    ) -> None:
        self._make, self._objective, self._X, self._Y, self._dtype = twin, objective, X, Y, dtype
        self._twins: dict[Any, Stack] = {}
        self._twin(dtype)  # made now: it keeps the random streams as they are now

    def __call__(self, parameters: Mapping[str, Array]) -> float:
        """Return J at these parameters."""
        stack, X, Y = self._at(parameters)
        with stack.untouched(), np.errstate(over="ignore", invalid="ignore"):
            Z = stack.forward(X, training=True)
            return self._objective.mean_loss(Z, Y) + self._objective.penalty(stack.weights, Y.shape[1])

    def many(self, points: Sequence[Mapping[str, Array]]) -> Array:
        """Return J at each of the points."""
        return np.array([self(point) for point in points])

    def gradients(self, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """Return the gradient of J at these parameters, by the layers' hand-written backward passes."""
        stack, X, Y = self._at(parameters)
        with stack.untouched():
            Z = stack.forward(X, training=True)
            stack.backward(self._objective.slope(Z, Y))
        m = Y.shape[1]
        result = {}
        for name, slope in stack.named_gradients.items():
            result[name] = slope.copy()
            if any(stack.named[name] is W for W in stack.weights):
                result[name] += self._objective.penalty_slope(stack.named[name], m)
        return result

    def pieces(self, parameters: Mapping[str, Array]) -> Array:
        """Return which smooth piece every kinked unit is on at these parameters: one column for each example."""
        stack, X, Y = self._at(parameters)
        with stack.untouched():
            stack.forward(X, training=True)
            found = [
                p.reshape(-1, p.shape[-1])
                for p in (layer.pieces() for layer in stack.layers)
                if p is not None
            ]
        if not found:
            return np.empty((0, Y.shape[1]), np.int64)
        return np.concatenate([p.astype(np.int64) for p in found])

    def _at(self, parameters: Mapping[str, Array]) -> tuple[Stack, Array, Array]:
        dtype = np.result_type(self._dtype, *(np.asarray(values) for values in parameters.values()))
        stack = self._twin(dtype)
        if set(parameters) != set(stack.named):
            raise NumericError(f"parameters has {', '.join(parameters)}; expected {', '.join(stack.named)}.")
        for name, target in stack.named.items():
            target[...] = parameters[name]
        return stack, self._X.astype(dtype, copy=False), self._Y.astype(dtype, copy=False)

    def _twin(self, dtype: Any) -> Stack:
        """Return a copy of the model's layers in this dtype."""
        stack = self._twins.get(dtype)
        if stack is None:
            stack = self._make(dtype)
            if self._twins:
                stack.load(self._twins[self._dtype])
            self._twins[dtype] = stack
        return stack
