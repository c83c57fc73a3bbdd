"""Mini-batch training with a validation set: the loop that `Network.fit` and `Model.fit` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from numeric._checks import check_pair, check_positive, check_positive_int
from numeric._errors import NumericError
from numeric._history import Diverged, Epoch, History
from numeric._layer import Array
from numeric._predictions import accuracy_of, has_accuracy
from numeric._train import Descent

__all__ = ["Trainable", "evaluate", "train"]

# Examples evaluated at once: enough for the matrix products, little enough for the cache and for big data.
_BLOCK = 1024


class Trainable(Protocol):
    """What the loop needs of a network."""

    dtype: np.dtype[Any]

    @property
    def loss(self) -> str: ...

    @property
    def input_shape(self) -> tuple[int, ...]: ...

    @property
    def n_outputs(self) -> int: ...

    @property
    def descent(self) -> Descent: ...

    def logits_of(self, X: Array) -> Array: ...

    def cost_of(self, Z: Array, Y: Array) -> float: ...


def evaluate(network: Trainable, X: Array, Y: Array) -> tuple[float, float | None]:
    """Return cost and accuracy on checked data, block by block."""
    Z = np.empty((network.n_outputs, X.shape[-1]), network.dtype)
    for start in range(0, X.shape[-1], _BLOCK):
        Z[:, start : start + _BLOCK] = network.logits_of(X[..., start : start + _BLOCK])
    accuracy = accuracy_of(network.loss, Z, Y) if has_accuracy(network.loss) else None
    return network.cost_of(Z, Y), accuracy


def train(
    network: Trainable,
    X: Any,
    Y: Any,
    *,
    epochs: int,
    batch_size: int | None,
    learning_rate: float,
    validation: tuple[Any, Any] | None,
    patience: int | None,
    rng: int | np.random.Generator,
    callback: Callable[[Epoch], object] | None,
) -> History:
    """Train, and return the learning curves; the arguments are those of `Network.fit`."""
    shape, n_y, loss, dtype = network.input_shape, network.n_outputs, network.loss, network.dtype
    X, Y = check_pair(X, Y, shape, n_y, loss, dtype)
    held_out = None
    if validation is not None:
        held_out = check_pair(*validation, shape, n_y, loss, dtype, ("validation[0]", "validation[1]"))
    epochs = check_positive_int(epochs, "epochs")
    m = X.shape[-1]
    size = m if batch_size is None else min(check_positive_int(batch_size, "batch_size"), m)
    if patience is not None:
        check_positive_int(patience, "patience")
        if held_out is None:
            raise NumericError("patience needs a validation set: pass validation=(Xv, Yv), or patience=None.")
    learning_rate = check_positive(learning_rate, "learning_rate")

    stream = np.random.default_rng(rng)
    seed = int(rng) if isinstance(rng, (int, np.integer)) else None
    descent = network.descent
    records: list[Epoch] = []
    best_cost, best_epoch, best_theta = np.inf, 0, descent.engine.theta.copy() if patience else None
    steps, stopped = 0, False
    labels = np.empty((n_y, size), dtype)
    try:
        for number in range(1, epochs + 1):
            order = stream.permutation(m) if size < m else None
            for start in range(0, m, size):
                _load(X, Y, order, start, min(size, m - start), descent, labels, learning_rate)
                steps += 1
            record = _record(network, number, epochs, X, Y, held_out)
            if not np.isfinite(record.train_cost):
                # The last update of the epoch went over the edge, and no later step is there to see it.
                descent.accept(record.train_cost, learning_rate)
            records.append(record)
            if best_theta is not None and record.validation_cost is not None:
                if record.validation_cost < best_cost:
                    best_cost, best_epoch = record.validation_cost, number
                    np.copyto(best_theta, descent.engine.theta)
                stopped = number - best_epoch >= (patience or 0)
            stopped = bool(callback is not None and callback(record)) or stopped
            if stopped:
                break
    except Diverged as error:
        error.history = History(tuple(records), steps, False, seed)
        raise
    if best_theta is not None:
        np.copyto(descent.engine.theta, best_theta)
    return History(tuple(records), steps, stopped and len(records) < epochs, seed)


def _load(
    X: Array,
    Y: Array,
    order: Array | None,
    start: int,
    size: int,
    descent: Descent,
    labels: Array,
    learning_rate: float,
) -> None:
    """Copy one batch into the buffers, without a copy of the data set in a new order, and take the step."""
    target = descent.engine.bind(size)
    chosen = labels[:, :size]
    if order is None:
        np.copyto(target, X)
        np.copyto(chosen, Y)
    else:
        columns = order[start : start + size]
        np.take(X, columns, axis=-1, out=target, mode="clip")  # "clip" writes straight into out
        if size == labels.shape[1]:
            np.take(Y, columns, axis=-1, out=chosen, mode="clip")
        else:
            chosen[...] = Y[:, columns]
    descent.descend(chosen, learning_rate)


def _record(
    network: Trainable, number: int, of: int, X: Array, Y: Array, held_out: tuple[Array, Array] | None
) -> Epoch:
    with np.errstate(over="ignore", invalid="ignore"):
        cost, accuracy = evaluate(network, X, Y)
        if held_out is None:
            return Epoch(number, of, cost, accuracy)
        return Epoch(number, of, cost, accuracy, *evaluate(network, *held_out))
