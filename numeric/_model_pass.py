"""A stack of layers whose parameters lie in one block, and one training pass through it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import DTypeLike

from numeric._errors import NumericError, ShapeError
from numeric._layer import Array, Layer, Workspace, zeros
from numeric._objective import Objective
from numeric._output import Finish
from numeric._own_layers import check_built, check_members, check_passes, is_own
from numeric._streams import rng_state, set_rng_state

__all__ = ["ModelPass", "Stack"]


class Stack:
    """Layers, built one on the other, with all parameters side by side.

    Parameters are named after the notes with the number of the layer among those that have some: ``W1``, ``b1``,
    ``gamma2``; what a composite layer calls ``0.W`` is ``3.0.W``.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: tuple[int, ...],
        dtype: DTypeLike,
        rng: np.random.Generator,
    ) -> None:
        self.layers = list(layers)
        self.shapes = [input_shape]
        for number, layer in enumerate(self.layers, start=1):
            check_members(layer, number)
            try:
                said = layer.build(self.shapes[-1], rng, dtype)
            except ShapeError as error:
                raise ShapeError(f"layer {number}: {error}") from error
            self.shapes.append(check_built(layer, number, said))
        sizes = [array.size for layer in self.layers for array in layer.parameters.values()]
        self.theta, self.gradient = zeros(sum(sizes), dtype), zeros(sum(sizes), dtype)
        self.named: dict[str, Array] = {}
        self.named_gradients: dict[str, Array] = {}
        self.weights: list[Array] = []
        self.owner: dict[str, tuple[int, str]] = {}
        self._adopt()
        with self.untouched():
            for number, (layer, shapes) in enumerate(zip(self.layers, pairwise(self.shapes), strict=True), 1):
                if is_own(layer):
                    check_passes(layer, number, shapes, dtype)

    def _adopt(self) -> None:
        """Put views of the two blocks in the place of the arrays that the layers made."""
        start, number = 0, 0
        for place, layer in enumerate(self.layers):
            number += bool(layer.parameters)
            for name, own in list(layer.parameters.items()):
                part = slice(start, start + own.size)
                value, slope = self.theta[part].reshape(own.shape), self.gradient[part].reshape(own.shape)
                value[...] = own
                layer.parameters[name], layer.gradients[name] = value, slope
                public = f"{name}{number}" if name.isalpha() else f"{number}.{name}"
                self.named[public], self.named_gradients[public] = value, slope
                self.owner[public] = (place, name)
                if is_weight(name):
                    self.weights.append(value)
                start += own.size

    def forward(self, X: Array, *, training: bool, first: int = 0) -> Array:
        """Return the last Z, from the input of layer ``first``."""
        A = X
        for layer in self.layers[first:]:
            A = layer.forward(A, training=training)
        return A

    def backward(self, dZ: Array) -> None:
        """Fill ``gradient`` from dZ of the per-example losses."""
        dA = dZ
        for layer in reversed(self.layers):
            dA = layer.backward(dA)

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Look without leaving a trace: random streams and states of layers are put back afterwards."""
        states = [(array, array.copy()) for layer in self.layers for array in layer.state.values()]
        rngs = [
            (layer.rng, rng_state(layer.rng)) for layer in self.streams().values() if layer.rng is not None
        ]
        try:
            yield
        finally:
            for array, before in states:
                np.copyto(array, before)
            for stream, text in rngs:
                set_rng_state(stream, text)

    def streams(self) -> dict[str, Layer]:
        """Return the layers that draw, by their place; those inside composite layers too."""
        found: dict[str, Layer] = {}

        def look(layers: Sequence[Layer], prefix: str) -> None:
            for place, layer in enumerate(layers):
                if layer.rng is not None:
                    found[f"{prefix}{place}"] = layer
                look(getattr(layer, "layers", ()), f"{prefix}{place}.")

        look(self.layers, "")
        return found

    def load(self, other: Stack) -> None:
        """Take over parameters, states and random streams of an equal stack, in this one's dtype."""
        np.copyto(self.theta, other.theta, casting="unsafe")
        for mine, theirs in zip(self.layers, other.layers, strict=True):
            for name, array in mine.state.items():
                np.copyto(array, theirs.state[name], casting="unsafe")
        for place, layer in self.streams().items():
            source = other.streams()[place].rng
            if layer.rng is not None and source is not None:
                set_rng_state(layer.rng, rng_state(source))


# Which stack each layer belongs to, for as long as both live.
_OWNERS: WeakKeyDictionary[Layer, ref[Stack]] = WeakKeyDictionary()


def every(layers: Sequence[Any]) -> Iterator[Any]:
    """All layers, and those inside composite ones."""
    for layer in layers:
        yield layer
        yield from every(getattr(layer, "layers", ()))


def claim(stack: Stack) -> None:
    """Note that the layers belong to this stack."""
    for layer in every(stack.layers):
        with suppress(TypeError):  # a layer of the user's with __slots__ has no weak references
            _OWNERS[layer] = ref(stack)


def check_free(layers: Sequence[Any]) -> None:
    """Refuse the layers of another model: built again, they would leave it with parameters that nothing reads."""
    for layer in every(layers):
        try:
            owner = _OWNERS.get(layer)
        except TypeError:
            continue
        if owner is not None and owner() is not None:
            raise NumericError(
                f"The layer {layer!r} belongs to another model; expected a layer of its own. "
                "Make the list of layers anew for each model, or try copy.deepcopy(layers)."
            )


def is_weight(name: str) -> bool:
    """Answer whether a penalty acts on a parameter: on matrices (W, V, ...), not on b, gamma, beta."""
    return name.rsplit(".", 1)[-1][:1].isupper()


class ModelPass:
    """Forward and backward through a stack over one batch, as `Descent` wants it."""

    provable = False

    def __init__(self, stack: Stack, objective: Objective) -> None:
        self.stack, self.objective = stack, objective
        self.theta, self.gradient, self.weights = stack.theta, stack.gradient, stack.weights
        self.slopes = [
            slope for name, slope in stack.named_gradients.items() if is_weight(stack.owner[name][1])
        ]
        self.ceiling = math.inf
        self.states = [array for layer in stack.layers for array in layer.state.values()]
        self.workspace = Workspace()
        self._ends: dict[int, tuple[Array, Finish]] = {}

    def buffer(self, m: int) -> Array:
        """Return an array ``(*input_shape, m)`` to gather a batch in, for `run`."""
        return self.workspace("X", (*self.stack.shapes[0], m), self.theta.dtype)

    def run(self, X: Array, Y: Array, factor: float) -> float:
        """Return the cost J of the batch, and fill ``gradient`` with factor * dJ/dtheta if all is finite."""
        m = X.shape[-1]
        Z, finish = self._end(self.stack.forward(X, training=True), m)
        # The layers divide by m themselves; the factor rides on dZ.
        J = finish(Y, factor) + self.objective.penalty(self.weights, m, self.workspace)
        if self.is_good(J):
            self.stack.backward(Z)
            self._penalise(factor / m)
        return J

    def stays_finite(self, X: Array, J: float) -> bool:
        """Nothing is known of layers in general."""
        return False

    def is_good(self, J: float) -> bool:
        """Answer whether a pass left everything finite: infinite running statistics hide behind a finite cost."""
        return self.ceiling > J and all(math.isfinite(np.add.reduce(state, None)) for state in self.states)

    def _end(self, out: Array, m: int) -> tuple[Array, Finish]:
        """Copy the last layer's output, which belongs to that layer, and return it with what finishes it."""
        end = self._ends.get(m)
        if end is None:
            if len(self._ends) == _KEPT or any(m > known for known in self._ends):
                self._ends.clear()
            end = self._ends[m] = self.objective.finish((len(out), m), out.dtype, self.workspace)
        np.copyto(end[0], out)
        return end

    def _penalise(self, scale: float) -> None:
        self.objective.penalise(self.weights, self.slopes, scale, self.workspace)

    def first_bad_layer(self, X: Array) -> int | None:
        """Return the first layer, counted from 1, whose output on this batch is not finite."""
        A: Any = X
        with self.stack.untouched(), np.errstate(all="ignore"):
            for number, layer in enumerate(self.stack.layers, start=1):
                A = layer.forward(A, training=True)
                if not all(np.isfinite(array).all() for array in (A, *layer.state.values())):
                    return number
        return None


# Batches come in one size, and a smaller one at the end of an epoch.
_KEPT = 4
