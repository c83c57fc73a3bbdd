"""The activations of the catalogue as layers: A = g(A_prev), dA_prev = dA * g'(A_prev).

Softmax mixes the entries of a column: dA_prev_k = A_k (dA_k - sum_i dA_i A_i).

Derived line by line, each line proved: ``backproof derive relu``, and so for the others; ``softmax_jvp`` for softmax.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_choice
from numeric._errors import NumericError, ShapeError
from numeric._kernels import CORNERS, Operation, make_kernel
from numeric._layer import Array, Workspace
from numeric.functions import ACTIVATIONS

__all__ = [
    "ELU",
    "GELU",
    "ActivationLayer",
    "GELUTanh",
    "Identity",
    "LeakyReLU",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]

# Shapes whose operations are kept: batches come in one size, and a smaller one at the end of an epoch.
_KEPT = 4


@dataclass(frozen=True)
class _Prepared:
    """The two passes over arrays of one shape."""

    A: Array
    dA: Array
    forward: list[Operation]
    backward: list[Operation]


@dataclass(eq=False)
class ActivationLayer:
    """An activation of the catalogue, entry by entry; softmax acts along axis 0.

    Parameters
    ----------
    name : str
        Its name in the catalogue. `ReLU()` is short for ``ActivationLayer("relu")``, and so for the others.

    Examples
    --------
    >>> import numpy as np
    >>> layer = ReLU()
    >>> layer.build((3,), np.random.default_rng(0), np.float64)
    (3,)
    >>> layer.forward(np.array([[-1.0], [0.0], [2.0]])).ravel()
    array([0., 0., 2.])
    >>> layer.backward(np.ones((3, 1))).ravel(), layer.pieces().ravel()
    (array([0., 0., 1.]), array([False, False,  True]))
    """

    name: str
    parameters: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    gradients: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    state: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    rng: np.random.Generator | None = field(default=None, init=False, repr=False)
    _scratch: Workspace = field(default_factory=Workspace, init=False, repr=False)
    _prepared: dict[tuple[int, ...], _Prepared] = field(default_factory=dict, init=False, repr=False)
    _last: _Prepared | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        check_choice(self.name, "activation", ACTIVATIONS)

    def build(
        self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype: DTypeLike
    ) -> tuple[int, ...]:
        """Return the same shape."""
        if not input_shape:
            raise ShapeError(f"{self!r} got input_shape (); expected at least one axis.")
        self._prepared, self._last, self._scratch = {}, None, Workspace()
        return input_shape

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """Return A = g(A_prev)."""
        prepared = self._last = self._prepare(A_prev)
        np.copyto(prepared.A, A_prev)
        with np.errstate(over="ignore", invalid="ignore"):  # infinities may meet
            for operation in prepared.forward:
                operation()
        return prepared.A

    def backward(self, dA: Array) -> Array:
        """Return dA_prev = dA * g'(A_prev)."""
        prepared = self._last
        if prepared is None:
            raise NumericError(f"{self!r} has no forward pass to go back from.")
        np.copyto(prepared.dA, dA)
        with np.errstate(over="ignore", invalid="ignore"):
            for operation in prepared.backward:
                operation()
        return prepared.dA

    def pieces(self) -> Array | None:
        """Return where the input was positive, for the activations with a corner at 0."""
        if self.name not in CORNERS or self._last is None:
            return None
        # Each of them is positive exactly where its input is.
        return self._last.A > 0

    def _prepare(self, A_prev: Array) -> _Prepared:
        shape, dtype = A_prev.shape, A_prev.dtype
        prepared = self._prepared.get(shape)
        if prepared is None or prepared.A.dtype != dtype:
            if len(self._prepared) == _KEPT or any(A_prev.size > p.A.size for p in self._prepared.values()):
                self._prepared.clear()
            A, dA = self._scratch("A", shape, dtype), self._scratch("dA", shape, dtype)
            flat = (len(A), -1)
            forward, backward = make_kernel(self.name, "", A.reshape(flat), dA.reshape(flat), self._scratch)
            prepared = self._prepared[shape] = _Prepared(A, dA, forward, backward)
        return prepared

    @property
    def title(self) -> str:
        """The name under which it is made: ReLU, GELUTanh, ..."""
        return _TITLES[self.name]

    def __repr__(self) -> str:
        return f"{self.title}()"

    def __deepcopy__(self, memo: dict[int, object]) -> ActivationLayer:
        # What is prepared are operations on this layer's own arrays.
        return ActivationLayer(self.name)

    def __reduce__(self) -> tuple[type[ActivationLayer], tuple[str]]:
        return ActivationLayer, (self.name,)


ELU = partial(ActivationLayer, "elu")
GELU = partial(ActivationLayer, "gelu")
GELUTanh = partial(ActivationLayer, "gelu_tanh")
Identity = partial(ActivationLayer, "identity")
LeakyReLU = partial(ActivationLayer, "leaky_relu")
ReLU = partial(ActivationLayer, "relu")
SiLU = partial(ActivationLayer, "silu")
Sigmoid = partial(ActivationLayer, "sigmoid")
Softmax = partial(ActivationLayer, "softmax")
Softplus = partial(ActivationLayer, "softplus")
Tanh = partial(ActivationLayer, "tanh")

_TITLES = {
    "elu": "ELU",
    "gelu": "GELU",
    "gelu_tanh": "GELUTanh",
    "identity": "Identity",
    "leaky_relu": "LeakyReLU",
    "relu": "ReLU",
    "silu": "SiLU",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
    "softplus": "Softplus",
    "tanh": "Tanh",
}
