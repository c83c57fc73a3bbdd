"""Layers of the user's own: what they must have, and whether they keep to the shapes that they tell.

An object that nobody here wrote is called once with two examples of zeros when a model is built: what it returns in a
wrong shape would otherwise come to light in the layer after it, or before it, as an error of NumPy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import shown
from numeric._errors import DtypeError, NumericError, ShapeError
from numeric._layer import Array, Layer

__all__ = ["check_built", "check_members", "check_passes", "is_own"]

_MEMBERS = ("parameters", "gradients", "state", "rng", "build", "forward", "backward", "pieces")


def is_own(layer: object) -> bool:
    """Answer whether a layer is none of `numeric`'s."""
    return type(layer).__module__.split(".")[0] != "numeric"


def check_members(layer: object, number: int) -> None:
    """Raise when an object is no layer, and say what it lacks."""
    if isinstance(layer, Layer) and not isinstance(layer, type):
        return
    lacks = [name for name in _MEMBERS if getattr(layer, name, None) is None and not hasattr(layer, name)]
    what = f"layer {number} is {shown(layer)}; expected a layer, such as numeric.Dense(10)."
    if isinstance(layer, type) or len(lacks) > len(_MEMBERS) // 2:
        raise NumericError(what)
    raise NumericError(f"{what} It has no {' and no '.join(lacks)}." if lacks else what)


def check_built(layer: Layer, number: int, output_shape: Any) -> tuple[int, ...]:
    """Return what ``build`` said the output's shape is; raise when that, or a parameter, is none."""
    name = f"layer {number}: {type(layer).__name__}"
    sizes = output_shape if isinstance(output_shape, (tuple, list)) else (None,)
    if not all(isinstance(n, (int, np.integer)) and n > 0 for n in sizes):
        raise ShapeError(
            f"{name}.build returned {shown(output_shape)}; expected the output's shape, like (10,)."
        )
    for key, value in layer.parameters.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            raise DtypeError(f"{name}.parameters[{key!r}] is {shown(value)}; expected an array of floats.")
    return tuple(map(int, sizes))


def check_passes(layer: Layer, number: int, shapes: tuple[tuple[int, ...], ...], dtype: DTypeLike) -> None:
    """Send two examples forward and back; raise when one of the passes returns no array of its shape."""
    before, after = ((*shape, 2) for shape in shapes)
    A = layer.forward(np.zeros(before, dtype), training=False)
    _check_shape(A, after, f"layer {number}: {type(layer).__name__}.forward")
    dA = layer.backward(np.zeros(after, dtype))
    _check_shape(dA, before, f"layer {number}: {type(layer).__name__}.backward")


def _check_shape(array: Array, shape: tuple[int, ...], what: str) -> None:
    if not isinstance(array, np.ndarray) or array.shape != shape:
        got = f"shape {array.shape}" if isinstance(array, np.ndarray) else shown(array)
        raise ShapeError(f"{what} returned {got} for two examples; expected an array of shape {shape}.")
