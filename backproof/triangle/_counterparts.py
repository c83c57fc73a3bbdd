"""One of numeric's layers under the letters of its derivation, and a pass through it.

The derivations sum over the examples where numeric takes means, so a parameter's gradient is compared times m.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counterpart", "Passed"]

Array = NDArray[Any]
View = Callable[[Array], Array]
Letters = Mapping[str, tuple[str, View]]


@dataclass(frozen=True)
class Passed:
    """A forward and a backward pass of numeric: the arrays by name, and the gradients that numeric states.

    Names are ``X``, ``A``, ``dA``, and for the parameters the place of the layer and the name there: ``0.W``.
    """

    layers: list[Any]
    at: dict[str, Array]
    stated: dict[str, Array]


@dataclass(frozen=True)
class Counterpart:
    """A stack of numeric's layers, and the letters that a derivation gives to its arrays.

    Attributes
    ----------
    layers : callable
        Makes the layers.
    shape, m
        Of one example, and how many.
    letters : mapping of str to (str, callable)
        Letter of the derivation -> name of the array in `Passed`, and how it is turned.
    arrives : str
        The letter of the gradient that comes from above.
    given : callable
        Letters that are no array of the layer: windows, masks.
    read : mapping of str to callable
        Letter -> how the derivation's gradient shows numeric's, where the letter holds more than the parameter.
    mean : bool
        Whether the cost of the derivation holds the 1/m.
    fixed : tuple of str
        Parameters that the derivation does not have; they are 0.
    training : bool
    sizes : mapping
        Of axes that no array of the derivation has.
    functions : mapping
        What an unknown function of the derivation is here.
    """

    layers: Callable[[], list[Any]]
    shape: tuple[int, ...]
    m: int
    letters: Letters
    arrives: str = "dZ"
    given: Callable[[Passed], dict[str, Any]] = lambda _: {}
    read: Mapping[str, View] = field(default_factory=dict)
    mean: bool = False
    fixed: tuple[str, ...] = ()
    training: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)
    functions: Mapping[str, Any] | None = None

    def build(self, seed: int) -> tuple[list[Any], dict[str, Array]]:
        """Build the layers with random parameters, and draw X and dA: all that a pass depends on."""
        rng = np.random.default_rng(seed)
        layers, shape, at = self.layers(), self.shape, {}
        for place, layer in enumerate(layers):
            shape = layer.build(shape, rng, np.float64)
            for name, array in layer.parameters.items():
                key = f"{place}.{name}"
                array[...] = 0.0 if key in self.fixed else 1 / 2 * rng.normal(size=array.shape)
                at[key] = array.copy()
            for array in layer.state.values():
                array[...] = rng.uniform(0.5, 2.0, array.shape)  # running means and variances
        tokens = getattr(layers[0], "tokens", 0)
        size = (*self.shape, self.m)
        at["X"] = rng.integers(0, tokens, size).astype(float) if tokens else rng.normal(size=size)
        at["dA"] = rng.normal(size=(*shape, self.m))
        return layers, at

    def run(self, layers: list[Any], at: Mapping[str, Array]) -> Passed:
        """Go forward and back. Random streams and running statistics are as before: a pass is a function."""
        before = [({k: v.copy() for k, v in one.state.items()}, _stream(one)) for one in layers]
        for place, layer in enumerate(layers):
            for name, array in layer.parameters.items():
                array[...] = at[f"{place}.{name}"]
        A = np.asarray(at["X"])
        for layer in layers:
            A = layer.forward(A, training=self.training)
        A = A.copy()
        dA = np.array(at["dA"])
        for layer in reversed(layers):
            dA = layer.backward(dA)
        stated = {"X": dA.copy()}
        for place, layer in enumerate(layers):
            stated |= {f"{place}.{name}": self.m * array for name, array in layer.gradients.items()}
        for layer, (state, stream) in zip(layers, before, strict=True):
            for name, array in state.items():
                layer.state[name][...] = array
            if stream is not None:
                layer.rng.bit_generator.state = stream
        return Passed(layers, {**at, "A": A}, stated)


def _stream(layer: Any) -> Any:
    return None if layer.rng is None else layer.rng.bit_generator.state
