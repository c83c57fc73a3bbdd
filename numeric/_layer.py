"""The protocol of a layer: what `Model` asks of it, and nothing more.

Shapes. Every array that flows between layers has the features (channels) on axis 0 and the examples on the
last axis, as in the notes, where columns are examples::

    dense         (n, m)          n features, m examples
    images        (C, H, W, m)    channels, height, width, examples
    sequences     (d, T, m)       width of a token, positions, examples
    token ids     (T, m)          integers, only into an embedding

So a weight matrix acts on axis 0 of all of them, and `Flatten` is a reshape that moves nothing.
``input_shape`` and ``output_shape`` are these shapes *without* the m: ``(64,)``, ``(1, 8, 8)``, ``(16, 5)``.

Gradients. ``dA`` is the gradient of the *per-example* losses (no 1/m); ``gradients`` belong to the cost J, so
each layer divides by m = ``A.shape[-1]`` exactly once, where it sums over the examples.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Array", "Layer", "Workspace", "zeros"]

Array: TypeAlias = NDArray[Any]


# A cache line, and the widest register: what begins there is read and written in whole ones.
_LINE = 64


def zeros(size: int, dtype: DTypeLike) -> Array:
    """Return zeros that begin at a cache line, which products and all else are a percent or two faster on."""
    itemsize = np.dtype(dtype).itemsize
    block = np.zeros(size + _LINE // itemsize, dtype)
    start = -block.__array_interface__["data"][0] % _LINE // itemsize
    aligned: Array = block[start : start + size]
    return aligned


@runtime_checkable
class Layer(Protocol):
    """One step of a model with a hand-written backward pass.

    A layer is any object with these members; no base class is needed.
    `Model` calls ``build`` once, then ``forward`` and ``backward`` in pairs.

    Attributes
    ----------
    parameters : dict of str to ndarray
        What training changes, by the name in the notes (``"W"``, ``"b"``, ``"gamma"``); filled by ``build``.
        Read them from this dict at every use and never keep another reference: after ``build`` the model puts
        arrays of its own there, which lie side by side in one block of memory.
    gradients : dict of str to ndarray
        The same names and shapes; ``backward`` writes *into* these arrays (``out=``), it never replaces them.
        Each is the gradient of the mean loss over the m examples.
    state : dict of str to ndarray
        What ``forward(training=True)`` updates in place and training does not (running statistics).
        Saved in checkpoints, and restored after a cost or a gradient was only looked at.
    rng : numpy.random.Generator or None
        The stream of a layer that draws (dropout); ``None`` for all others. Set by ``build``.
    """

    parameters: dict[str, Array]
    gradients: dict[str, Array]
    state: dict[str, Array]
    rng: np.random.Generator | None

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Create parameters, gradients and state for inputs of this shape, and return the output's shape.

        Both shapes are without the axis of the examples. A wrong ``input_shape`` raises a ``ShapeError``
        that says what would fit. Building again starts afresh.
        """
        ...

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """Return A from A_prev ``(*input_shape, m)``, and keep what ``backward`` needs.

        The result may be a buffer of the layer, valid until its next ``forward``; ``A_prev`` stays as it is.
        ``training`` switches dropout on and batch norm to the statistics of the batch.
        """
        ...

    def backward(self, dA: Array) -> Array:
        """Write ``gradients`` and return dA_prev, for the A_prev of the last ``forward``.

        ``dA`` has the shape of A and holds gradients of the per-example losses; it may be overwritten.
        The result may be a buffer of the layer, valid until its next ``backward``.
        """
        ...

    def pieces(self) -> Array | None:
        """Return which smooth piece each entry was on in the last ``forward``, or None if there is one piece.

        An integer or boolean array with the examples last: ``Z > 0`` for ReLU, the winner for max pooling.
        A finite difference whose two ends have unequal pieces straddles a kink, and proves nothing.
        """
        ...


class Workspace:
    """Arrays that are made once and used at every step.

    ``workspace("dZ", (10, 32), np.float32)`` returns the same memory at each call, as long as the array fits
    into what was asked under that name before: a smaller last batch is a view of the same block.
    The contents are whatever was there.

    Examples
    --------
    >>> import numpy as np
    >>> workspace = Workspace()
    >>> full = workspace("Z", (3, 4), np.float64)
    >>> last = workspace("Z", (3, 2), np.float64)
    >>> last.shape, last.flags.c_contiguous, np.shares_memory(full, last)
    ((3, 2), True, True)
    """

    __slots__ = ("_blocks", "_views")

    def __init__(self) -> None:
        self._blocks: dict[str, Array] = {}
        self._views: dict[tuple[str, tuple[int, ...], Any], Array] = {}

    def __call__(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Return a C-ordered array of this shape and dtype, reusing the memory kept under ``name``."""
        key = (name, shape, dtype)
        view = self._views.get(key)
        if view is None:
            size = int(np.prod(shape, dtype=np.int64))
            block = self._blocks.get(name)
            if block is None or block.size < size or block.dtype != np.dtype(dtype):
                # Views of the old block must go with it, or two shapes would live in two blocks.
                for old in [k for k in self._views if k[0] == name]:
                    del self._views[old]
                block = self._blocks[name] = zeros(size, dtype)
            view = self._views[key] = block[:size].reshape(shape)
        return view

    def constant(self, value: float, dtype: DTypeLike) -> Array:
        """Return a number as an array without axes, which costs an operation less than a number of Python's."""
        array = self("constant", (), dtype)
        array.fill(value)
        return array

    def __deepcopy__(self, memo: dict[int, Any]) -> Workspace:
        """A copied layer starts with an empty workspace: scratch memory is nobody's data."""
        return Workspace()
