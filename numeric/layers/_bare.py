"""What every layer starts with, and the few sentences that layers share."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_positive, check_positive_int, shown
from numeric._checks import check_room
from numeric._errors import NumericError, ShapeError
from numeric._layer import Array, Workspace

__all__ = ["Bare", "Pair", "images", "normal", "pair", "positive", "sizes"]

Pair = tuple[int, int]


@dataclass(eq=False)
class Bare:
    """A layer without parameters, state or randomness: see `numeric.Layer` for what each member is."""

    parameters: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    gradients: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    state: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    rng: np.random.Generator | None = field(default=None, init=False, repr=False)
    scratch: Workspace = field(default_factory=Workspace, init=False, repr=False)

    def start(self, **values: Array) -> None:
        """Take these arrays as the parameters, with a gradient of the same shape for each."""
        self.parameters = dict(values)
        self.gradients = {name: np.zeros_like(value) for name, value in values.items()}

    def pieces(self) -> Array | None:
        """One smooth piece."""
        return None


def normal(
    rng: np.random.Generator, shape: tuple[int, ...], n_in: int, dtype: DTypeLike, gain: float = 2.0
) -> Array:
    """Random weights with variance gain / n_in: 2 makes up for the half that ReLU cuts off (He), 1 is for the rest."""
    check_room(prod(shape), 8, f"Weights of shape {shape} are {prod(shape)} numbers")
    drawn: Array = rng.standard_normal(shape) * np.sqrt(gain / n_in)
    return drawn.astype(dtype)


def pair(value: int | Pair, name: str, *, least: int = 1) -> Pair:
    """A number for both directions, or one each for rows and columns."""
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(both) != 2 or any(
        isinstance(v, bool) or not isinstance(v, (int, np.integer)) or v < least for v in both
    ):
        raise NumericError(
            f"{name} is {shown(value)}; expected a whole number of at least {least}, or two of them."
        )
    return int(both[0]), int(both[1])


def images(input_shape: tuple[int, ...], layer: object) -> tuple[int, int, int]:
    """Channels, height and width, or a sentence that says what was expected."""
    if len(input_shape) != 3:
        raise ShapeError(
            f"{layer} got input_shape {input_shape}; expected images (C, H, W), channels first. "
            f"Try input_shape=(1, 8, 8) for the 64 pixels of a digit."
        )
    channels, height, width = (check_positive_int(n, "input_shape") for n in input_shape)
    return channels, height, width


def sizes(n: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, layer: object) -> Pair:
    """How many windows fit along each direction: floor((n + 2 padding - dilation (kernel - 1) - 1) / stride) + 1."""
    out = []
    for size, k, s, p, d in zip(n, kernel, stride, padding, dilation, strict=True):
        reach = d * (k - 1) + 1
        if size + 2 * p < reach:
            raise ShapeError(
                f"{layer} got images of {n[0]} x {n[1]}: with padding {p} a side there is no room for a window of {reach}. "
                f"Expected at least {reach - 2 * p}; try a smaller kernel or more padding."
            )
        out.append((size + 2 * p - reach) // s + 1)
    return out[0], out[1]


def positive(value: float, name: str) -> float:
    """A positive finite number."""
    return check_positive(value, name)
