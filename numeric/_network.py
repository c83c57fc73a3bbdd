"""The fully connected network of the notes: sizes in, hand-vectorised cost, gradients and training out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from numeric import _backprop
from numeric._arguments import check_choice, check_items, check_point, check_positive_int
from numeric._checks import (
    check_float_dtype,
    check_rng,
    check_room,
)
from numeric._errors import NumericError
from numeric._gate import Gate
from numeric._initialise import initial_scale
from numeric._layer import Array
from numeric._learner import Learner
from numeric._objective import make_objective
from numeric._parameters import Parameters
from numeric._save import save_network
from numeric._step import Engine
from numeric._train import Descent
from numeric.functions import ACTIVATIONS

if TYPE_CHECKING:
    from pathlib import Path

    from numeric._structured import NetworkLoss

__all__ = ["Network"]


class Network(Learner):
    """A fully connected network with L layers, trained by hand-vectorised backprop.

    Columns are examples: X is ``(n_0, m)``, Y is ``(n_L, m)``, W of layer l is ``(n_l, n_{l-1})``.
    Nothing loops over examples. The network never changes X, Y or what it returned before.

    Parameters
    ----------
    sizes : sequence of int
        ``[n_0, ..., n_L]``, at least two: the inputs, the hidden layers, the outputs.
    activation : str or sequence of str, default "relu"
        Name from the catalogue for all hidden layers, or one name for each.
        The activation of the output follows from the loss.
    loss : {"softmax_cross_entropy", "bce", "mse", "hinge", "huber"}
        What is minimised. Its output: softmax, sigmoid, and the identity for the last three.
        ``mse`` is ``(a - y)^2 / 2`` summed over the outputs, so that dZ = A - Y.
    l2, l1 : float, default 0.0
        The penalties ``(l2 / (2 m)) sum W^2`` and ``(l1 / m) sum |W|`` on the weights, not on the biases.
    label_smoothing : float, default 0.0
        How much of each label is spread evenly over the classes; for the two cross-entropies.
    class_weights : sequence of float, optional
        Factors on the losses of the examples of each class; two for a network with one output.
    init : {"he", "xavier", "small", "zeros"}, default "he"
        How weights begin; the biases begin at 0. See `initial_scale`.
    dtype : dtype, default float64
        float64 or float32, of the parameters and the arithmetic.
    rng : int or numpy.random.Generator, default 0
        Seed or stream for the initial weights.

    Raises
    ------
    NumericError
        When a size, a name or l2 is impossible; the message lists what is possible.

    Notes
    -----
    `gradients` runs the equations as the notes write them (`_backprop.py`); `step` and `fit` run the same
    equations in buffers that are made once (`_step.py`).

    Examples
    --------
    >>> import numpy as np
    >>> net = Network([2, 3, 1], activation="tanh", loss="bce", rng=0)
    >>> X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
    >>> Y = np.array([[0.0, 1.0, 1.0, 0.0]])
    >>> {name: array.shape for name, array in net.parameters.items()}
    {'W1': (3, 2), 'b1': (3, 1), 'W2': (1, 3), 'b2': (1, 1)}
    >>> for _ in range(500):
    ...     cost = net.step(X, Y, learning_rate=1.0)
    >>> net.predict(X)
    array([[0, 1, 1, 0]])

    A mistake gets a sentence of its own:

    >>> net.cost(X.T, Y)
    Traceback (most recent call last):
    ...
    numeric._errors.ShapeError: X has shape (4, 2); expected (2, m). Columns are examples: try X.T.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str | Sequence[str] = "relu",
        loss: str = "softmax_cross_entropy",
        l2: float = 0.0,
        l1: float = 0.0,
        label_smoothing: float = 0.0,
        class_weights: Sequence[float] | None = None,
        init: str = "he",
        dtype: DTypeLike = np.float64,
        rng: int | np.random.Generator = 0,
    ) -> None:
        sizes = check_items(sizes, "sizes", "a list like [784, 128, 10]")
        self.sizes = tuple(check_positive_int(n, f"sizes[{i}]") for i, n in enumerate(sizes))
        if len(self.sizes) < 2:
            raise NumericError(f"sizes is {list(sizes)}; expected at least [n_inputs, n_outputs].")
        self.objective = make_objective(
            loss,
            self.sizes[-1],
            l1=l1,
            l2=l2,
            label_smoothing=label_smoothing,
            class_weights=class_weights,
        )
        self.activations = _activations(activation, len(self.sizes) - 2)
        self.init = init
        self.dtype = check_float_dtype(dtype)
        stream = check_rng(rng)
        n_parameters = sum(n_out * (n_in + 1) for n_in, n_out in pairwise(self.sizes))
        check_room(
            2 * n_parameters,
            self.dtype.itemsize,
            f"sizes is {list(self.sizes)}, {n_parameters} parameters and as many gradients",
        )
        self._lay_out()
        for layer, (n_in, n_out) in enumerate(pairwise(self.sizes), start=1):
            scale = initial_scale(init, n_in, n_out)
            if scale:
                self._parameters[f"W{layer}"] = scale * stream.standard_normal((n_out, n_in))

    def _lay_out(self) -> None:
        """Make the block of parameters and the views into it."""
        engine = Engine(self.sizes, self.activations, self.objective, self.dtype)
        named = {}
        for l, layer in enumerate(engine.layers, start=1):
            named[f"W{l}"], named[f"b{l}"] = layer.W, layer.b
        self._parameters = Parameters(named)
        self._descent = Descent(engine, self._parameters)
        self._gate = Gate(self.input_shape, self.n_outputs, self.loss, self.dtype, careful=engine.folded)

    @property
    def l2(self) -> float:
        """The factor of the squared penalty."""
        return self.objective.l2

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one example: ``(n_0,)``."""
        return (self.sizes[0],)

    @property
    def n_outputs(self) -> int:
        """n_L."""
        return self.sizes[-1]

    # -- what a pass computes ---------------------------------------------------------------------------------

    def cache(self, X: Any, Y: Any | None = None) -> dict[str, Array]:
        """Return all that a forward pass computes, and with Y the backward pass too.

        Parameters
        ----------
        X : (n_0, m) array_like
            Examples.
        Y : (n_L, m) array_like, optional
            Labels.

        Returns
        -------
        dict of str to ndarray
            ``A0`` (X), ``Z1``, ``A1``, ..., ``ZL``, ``AL``; with Y also ``dZL``, ``dA{L-1}``, ..., ``dZ1``.

        Examples
        --------
        >>> net = Network([2, 3, 1], loss="mse")
        >>> list(net.cache([[1.0], [2.0]], [[0.5]]))
        ['A0', 'Z1', 'A1', 'Z2', 'A2', 'dZ2', 'dA1', 'dZ1']
        """
        self._parameters.check_finite()
        if Y is None:
            return _backprop.forward(self._parameters, self._examples(X), self.activations, self.loss)
        X, Y = self._pair(X, Y)
        cache = _backprop.forward(self._parameters, X, self.activations, self.loss)
        _, errors = _backprop.backward(self._parameters, cache, Y, self.activations, self.objective)
        return cache | errors

    # -- cost and gradients -------------------------------------------------------------------------------

    def cost(self, X: Any, Y: Any) -> float:
        """Return J: the mean loss of the m examples, plus the penalty."""
        X, Y = self._pair(X, Y)
        return self._answer(lambda: self.cost_at(self._parameters, X, Y), X)

    def gradients(self, X: Any, Y: Any) -> dict[str, Array]:
        """Return dJ/dW and dJ/db of every layer, under the names and in the shapes of ``parameters``."""
        X, Y = self._pair(X, Y)
        return self._answer(lambda: self.gradients_from(self._parameters, X, Y), X)

    def loss_at(self, X: Any, Y: Any) -> NetworkLoss:
        """Return the cost as a function of the parameters: ``net.loss_at(X, Y)(parameters) -> float``.

        The function leaves the network alone and computes in the widest dtype among the parameters and X, so
        that a float32 network can be differenced in float64. It also offers the structured differences of
        ``numeric/README.md``.
        """
        # Imported here, because training does without it, and the import of numeric shall stay near NumPy's.
        from numeric._structured import NetworkLoss

        X, Y = self._pair(X, Y)
        return NetworkLoss(self, X.copy(), Y.copy())

    def gradients_at(self, X: Any, Y: Any) -> Callable[[Mapping[str, Array]], dict[str, Array]]:
        """Return the gradients as a function of the parameters, which leaves the network alone."""
        X, Y = self._pair(X, Y)
        X, Y = X.copy(), Y.copy()

        def gradients(parameters: Mapping[str, Array]) -> dict[str, Array]:
            check_point(parameters, self._parameters)
            return self.gradients_from(parameters, X, Y)

        return gradients

    def save(self, path: str | Path) -> None:
        """Write sizes, names and parameters to an .npz file, atomically and without pickle."""
        save_network(self, path)

    # -- what the training loop and the loss function ask for ---------------------------------------------

    def logits_of(self, X: Array) -> Array:
        """Return Z_L of checked examples."""
        with self._descent.lock:  # not while a step moves the parameters
            return _backprop.last_Z(self._parameters, X, self.activations)

    def cost_of(self, Z: Array, Y: Array) -> float:
        """Return J from Z_L."""
        return _backprop.cost(self._parameters, Z, Y, self.objective)

    def cost_at(self, parameters: Mapping[str, Array], X: Array, Y: Array) -> float:
        """Return J at other parameters, on checked examples."""
        Z = _backprop.last_Z(parameters, X, self.activations)
        return _backprop.cost(parameters, Z, Y, self.objective)

    def gradients_from(self, parameters: Mapping[str, Array], X: Array, Y: Array) -> dict[str, Array]:
        """Return the gradients at other parameters, on checked examples."""
        cache = _backprop.forward(parameters, X, self.activations, self.loss)
        gradients, _ = _backprop.backward(parameters, cache, Y, self.activations, self.objective)
        return gradients

    def __repr__(self) -> str:
        names = set(self.activations)
        activation = names.pop() if len(names) == 1 else list(self.activations)
        return (
            f"Network({list(self.sizes)}, activation={activation!r}, loss={self.loss!r}, l2={self.l2:g}, "
            f"init={self.init!r}, dtype={self.dtype.name})"
        )

    def __getstate__(self) -> dict[str, Any]:
        # Views into one block do not survive a copy: settings and values do.
        settings = {k: v for k, v in vars(self).items() if k not in ("_parameters", "_descent", "_gate")}
        return settings | {"values": self._parameters.copy()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        values = state.pop("values")
        vars(self).update(state)
        self._lay_out()
        self.parameters = values


def _activations(activation: str | Sequence[str], hidden: int) -> tuple[str, ...]:
    names = (
        (activation,) * hidden
        if isinstance(activation, str)
        else check_items(activation, "activation", "a name, or one for each hidden layer")
    )
    if len(names) != hidden:
        raise NumericError(
            f"activation has {len(names)} names; expected {hidden}, one for each hidden layer. "
            "The activation of the output follows from the loss."
        )
    for name in names if names else (activation,) if isinstance(activation, str) else ():
        check_choice(name, "activation", ACTIVATIONS)
    return names
