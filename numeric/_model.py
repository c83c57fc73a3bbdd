"""The long form: any stack of layers, with the cost, gradients and training of `Network`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_items, check_positive_int, shown
from numeric._checks import check_float_dtype, check_rng
from numeric._errors import NumericError, ShapeError
from numeric._gate import Gate
from numeric._layer import Array, Layer
from numeric._learner import Learner
from numeric._model_pass import ModelPass, Stack, check_free, claim, every
from numeric._objective import make_objective
from numeric._parameters import Parameters, as_parameter
from numeric._save import check_alike, read_npz, write_npz
from numeric._train import Descent

if TYPE_CHECKING:
    from pathlib import Path

    from numeric._model_loss import ModelLoss

__all__ = ["Model"]

_FORMAT = "numeric.Model 1"


class Model(Learner):
    """Layers one on the other, trained by their hand-written backward passes.

    Parameters
    ----------
    layers : sequence of Layer
        In order; the last gives Z ``(n_y, m)``, on which the loss puts its own softmax or sigmoid.
    input_shape : tuple of int
        The shape of one example: ``(64,)``, ``(1, 8, 8)`` channels first, ``(d, T)`` or ``(T,)`` for sequences.
        X is ``(*input_shape, m)``, examples last, or flat ``(n_x, m)``.
    loss, l2, l1, label_smoothing, class_weights, dtype
        As in `Network`. The penalties act on matrices, not on b, gamma and beta.
    rng : int or numpy.random.Generator, default 0
        Seed or stream for initial weights, and for the layers that draw.

    Raises
    ------
    ShapeError
        When a layer does not fit on the one before; the message says which, and what would fit.
    NumericError
        When a setting is impossible.

    Notes
    -----
    ``cost``, ``gradients``, ``loss_at`` and ``step`` speak of one function: J as a training step on these
    examples sees it, with the dropout mask that the next step would draw and the statistics of the batch.
    ``forward``, ``predict``, ``accuracy`` and ``evaluate`` are for answers: no dropout, running statistics.
    The layers belong to the model from then on.

    Examples
    --------
    >>> import numeric
    >>> model = Model(
    ...     [numeric.Conv2d(2, 3, padding=1), numeric.MaxPool2d(2), numeric.Flatten(), numeric.Dense(10)],
    ...     input_shape=(1, 8, 8), loss="softmax_cross_entropy", rng=0)
    >>> print(model.summary())
    layer                        output shape     parameters
    Conv2d                       (2, 8, 8)                20
    MaxPool2d                    (2, 4, 4)                 0
    Flatten                      (32,)                     0
    Dense                        (10,)                   330
    softmax_cross_entropy                                350
    >>> X, Y = numeric.load_digits()  # X is (64, 1797)
    >>> model.step(X[:, :32], Y[:, :32], learning_rate=0.1) > model.cost(X[:, :32], Y[:, :32])
    True
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: Sequence[int],
        *,
        loss: str = "softmax_cross_entropy",
        l2: float = 0.0,
        l1: float = 0.0,
        label_smoothing: float = 0.0,
        class_weights: Sequence[float] | None = None,
        dtype: DTypeLike = np.float64,
        rng: int | np.random.Generator = 0,
    ) -> None:
        wanted = "a list of layers, like [numeric.Dense(10)]"
        if isinstance(layers, Layer):
            raise NumericError(f"layers is {shown(layers)}; expected {wanted}.")
        layers = list(check_items(layers, "layers", wanted))
        if not layers:
            raise NumericError("layers is empty; expected at least one layer.")
        places = [id(layer) for layer in every(layers)]
        if len(set(places)) < len(places):
            raise NumericError("A layer is used twice; expected an object of its own for each place.")
        check_free(layers)
        input_shape = check_items(input_shape, "input_shape", "the shape of one example, like (64,)")
        if not input_shape:
            raise ShapeError("input_shape is (); expected the shape of one example, like (64,).")
        shape = tuple(check_positive_int(n, f"input_shape[{i}]") for i, n in enumerate(input_shape))
        self.dtype = check_float_dtype(dtype)
        self._stack = Stack(layers, shape, self.dtype, check_rng(rng))
        last = self._stack.shapes[-1]
        if len(last) != 1:
            raise ShapeError(
                f"The last layer gives {last}; expected (n_y,). Try Flatten() and Dense(n_y) at the end."
            )
        self.objective = make_objective(
            loss, last[0], l1=l1, l2=l2, label_smoothing=label_smoothing, class_weights=class_weights
        )
        self._wrap()

    def _wrap(self) -> None:
        claim(self._stack)
        self._parameters = Parameters(self._stack.named)
        self._descent = Descent(ModelPass(self._stack, self.objective), self._parameters)
        self._gate = Gate(self.input_shape, self.n_outputs, self.loss, self.dtype)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, in order."""
        return tuple(self._stack.layers)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self._stack.shapes[0]

    @property
    def n_outputs(self) -> int:
        """Rows of Y."""
        return self._stack.shapes[-1][0]

    def cost(self, X: Any, Y: Any) -> float:
        """Return J of these examples as the next training step sees them."""
        loss = self.loss_at(X, Y)
        self.logits(X)  # a softmax of infinite Z would look like any other
        return self._answer(lambda: loss(self._parameters))

    def gradients(self, X: Any, Y: Any) -> dict[str, Array]:
        """Return the gradient of `cost`, under the names and in the shapes of ``parameters``."""
        loss = self.loss_at(X, Y)
        self.logits(X)
        return self._answer(lambda: loss.gradients(self._parameters))

    def loss_at(self, X: Any, Y: Any) -> ModelLoss:
        """Return the cost as a function of the parameters, which leaves the model alone.

        When all layers know how their outputs change it also offers the structured differences of
        ``numeric/README.md``.
        """
        # Imported here, because training does without it, and the import of numeric shall stay near NumPy's.
        from numeric._layer_changes import is_supported
        from numeric._model_loss import ModelLoss, StructuredModelLoss

        X, Y = self._pair(X, Y)
        known = all(is_supported(layer) for layer in self.layers)
        kind = StructuredModelLoss if known else ModelLoss
        return kind(self._twin, self.objective, X.copy(), Y.copy(), self.dtype)

    def gradients_at(self, X: Any, Y: Any) -> Callable[[Mapping[str, Array]], dict[str, Array]]:
        """Return the gradients as a function of the parameters, which leaves the model alone."""
        return self.loss_at(X, Y).gradients

    def summary(self) -> str:
        """Return a table of the layers: what they give, and how many parameters they have."""
        lines = [f"{'layer':29}{'output shape':15}{'parameters':>12}"]
        for layer, shape in zip(self.layers, self._stack.shapes[1:], strict=True):
            count = sum(array.size for array in layer.parameters.values())
            title = getattr(layer, "title", type(layer).__name__)
            lines.append(f"{title:29}{shape!s:15}{count:12,}")
        lines.append(f"{self.loss:29}{'':15}{self.n_parameters:12,}")
        return "\n".join(lines)

    def save(self, path: str | Path) -> None:
        """Write parameters and running statistics to an .npz file, atomically and without pickle.

        The layers themselves are code: `load` puts the numbers into a model made by the same code.
        """
        write_npz(path, self._as_arrays())

    def load(self, path: str | Path) -> None:
        """Put in the numbers that `save` wrote for a model with the same layers; nothing else is accepted."""
        arrays, own = read_npz(path), self._as_arrays()
        if str(arrays.get("format")) != _FORMAT:
            raise NumericError(f"{path} was not written by Model.save.")
        if str(arrays.get("model")) != repr(self):
            raise NumericError(f"{path} holds {arrays.get('model')}; expected {self!r}.")
        check_alike(path, arrays, own)
        for name, array in arrays.items():
            if name.startswith("state "):
                as_parameter(name, array, own[name].shape)
        self.parameters = {n[10:]: a for n, a in arrays.items() if n.startswith("parameter ")}
        for name, array in self.layer_states().items():
            np.copyto(array, arrays[f"state {name}"])

    def _as_arrays(self) -> dict[str, Array]:
        arrays = {f"parameter {name}": array for name, array in self._parameters.items()}
        arrays |= {f"state {name}": array for name, array in self.layer_states().items()}
        return {"format": np.array(_FORMAT), "model": np.array(repr(self)), **arrays}

    # -- what the training loop asks for ----------------------------------------------------------------------

    def logits_of(self, X: Array) -> Array:
        """Return the last Z of checked examples, as for answers."""
        with self._descent.lock:  # the layers answer in buffers of their own
            return self._stack.forward(np.ascontiguousarray(X), training=False).copy()

    def cost_of(self, Z: Array, Y: Array) -> float:
        """Return J from the last Z."""
        return self.objective.mean_loss(Z, Y) + self.objective.penalty(self._stack.weights, Y.shape[1])

    def streams(self) -> dict[str, np.random.Generator]:
        """Return the random streams of the layers that draw."""
        return {place: layer.rng for place, layer in self._stack.streams().items() if layer.rng is not None}

    def layer_states(self) -> dict[str, Array]:
        """Return the running statistics of the layers, live."""
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self._stack.layers)
            for name, array in layer.state.items()
        }

    def _twin(self, dtype: Any) -> Stack:
        """Return an equal stack of its own in another dtype."""
        layers = copy.deepcopy(self._stack.layers)
        twin = Stack(layers, self.input_shape, dtype, np.random.default_rng(0))
        twin.load(self._stack)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("_parameters", "_descent", "_gate")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        old = self._stack
        layers = copy.deepcopy(old.layers)
        self._stack = Stack(layers, old.shapes[0], self.dtype, np.random.default_rng(0))
        self._stack.load(old)
        self._wrap()

    def __repr__(self) -> str:
        names = ", ".join(map(repr, self.layers))
        return (
            f"Model([{names}], input_shape={self.input_shape}, loss={self.loss!r}, dtype={self.dtype.name})"
        )
