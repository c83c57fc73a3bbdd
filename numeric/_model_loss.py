"""The cost of a `Model` as a function of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from numeric._arguments import check_items, check_point, shown
from numeric._errors import NumericError
from numeric._layer import Array
from numeric._layer_changes import Node, make_node
from numeric._loss_changes import Moved, check_steps, loss_change, penalty_change
from numeric._model_pass import Stack, is_weight
from numeric._objective import Objective

__all__ = ["ModelLoss", "StructuredModelLoss"]

# Doubles in one array of a block of moves: 512 kB.
_BLOCK = 65536


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
        # Made now: it keeps the random streams as they are now.
        self._current = {name: values.copy() for name, values in self._twin(dtype).named.items()}

    def __call__(self, parameters: Mapping[str, Array]) -> float:
        """Return J at these parameters."""
        stack, X, Y = self._at(parameters)
        with stack.untouched(), np.errstate(over="ignore", invalid="ignore"):
            Z = stack.forward(X, training=True)
            return self._objective.mean_loss(Z, Y) + self._objective.penalty(stack.weights, Y.shape[1])

    def many(self, points: Sequence[Mapping[str, Array]]) -> Array:
        """Return J at each of the points."""
        return np.array([self(point) for point in check_items(points, "points", "a list of parameters")])

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

    @property
    def current(self) -> dict[str, Array]:
        """The model's parameters when this loss was made."""
        return {name: values.copy() for name, values in self._current.items()}

    def _at(self, parameters: Mapping[str, Array]) -> tuple[Stack, Array, Array]:
        check_point(parameters, self._current)
        dtype = np.result_type(self._dtype, *(np.asarray(values) for values in parameters.values()))
        stack = self._twin(dtype)
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


class StructuredModelLoss(ModelLoss):
    """The same, for a model whose layers all know how their outputs change: it offers structured differences."""

    def differences(
        self, name: str, h: float | Array, parameters: Mapping[str, Array] | None = None
    ) -> tuple[Array, Array, Array]:
        """Return the changes of J when each entry of one parameter, alone, moves by +h and by -h.

        The arguments and results are those of `NetworkLoss.differences`; without ``parameters``, the point is
        where the model was when this loss was made.
        Every entry costs a pass through the layers from its own on, in blocks of moves at once.
        """
        point = self._current if parameters is None else parameters
        check_point(point, self._current)
        stack, X, Y = self._at({k: np.asarray(values, dtype=np.float64) for k, values in point.items()})
        if not isinstance(name, str) or name not in stack.named:
            raise NumericError(
                f"There is no parameter {shown(name)}; expected one of {', '.join(stack.named)}."
            )
        shape = stack.named[name].shape
        steps = np.broadcast_to(check_steps(h, name, shape), shape)
        with stack.untouched(), np.errstate(over="ignore", invalid="ignore"):
            sweep = _Sweep(stack, self._objective, X, Y, name)
            (plus, near), (minus, near_too) = (sweep.changes(sign * steps) for sign in (1, -1))
        crossed = near | near_too
        if is_weight(sweep.own_name):
            W = stack.named[name]
            plus += penalty_change(self._objective, W, steps) / sweep.m
            minus += penalty_change(self._objective, W, -steps) / sweep.m
            if self._objective.l1:
                crossed |= steps >= np.abs(W)
        return plus, minus, crossed


class _Sweep:
    """A forward pass, kept from the layer of one parameter on."""

    def __init__(self, stack: Stack, objective: Objective, X: Array, Y: Array, name: str) -> None:
        place, self.own_name = stack.owner[name]
        A: Array = X
        for layer in stack.layers[:place]:
            A = layer.forward(A, training=True)
        self.nodes: list[Node] = []
        for layer in stack.layers[place:]:
            self.nodes.append(make_node(layer, A))
            A = self.nodes[-1].A
        self.m = Y.shape[1]
        self.loss, self.base = objective.loss, Moved.at(objective, A, Y)

    def changes(self, steps: Array) -> tuple[Array, Array]:
        """Return the change of J and the corners for every entry, moved by its step."""
        change, near = np.empty(steps.size), np.zeros(steps.size, np.bool_)
        widest = max(node.A.size for node in self.nodes)
        indices, size = list(np.ndindex(steps.shape)), max(1, _BLOCK // widest)
        for start in range(0, steps.size, size):
            some = slice(start, start + size)
            answers = [self.nodes[0].own(self.own_name, i, float(steps[i])) for i in indices[some]]
            d = np.stack([moved for moved, _ in answers], axis=-2)
            near[some] |= [bool(corner is not None and corner.any()) for _, corner in answers]
            for node in self.nodes[1:]:
                d, corners = node.through(d)
                if corners is not None:
                    near[some] |= corners
            losses, at_loss = loss_change(self.loss, self.base, d.swapaxes(-1, -2))
            change[some] = losses.sum(axis=0)
            near[some] |= at_loss.any(axis=0)
        return (change / self.m).reshape(steps.shape), near.reshape(steps.shape)
