"""Mini-batch training with a validation set: the loop that `Network.fit` and `Model.fit` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from numeric._arguments import check_not_negative, check_positive, check_positive_int, shown
from numeric._checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from numeric._checks import check_pair, check_rng
from numeric._errors import NumericError
from numeric._history import Diverged, Epoch, History
from numeric._layer import Array, Workspace
from numeric._objective import Objective
from numeric._optimisers import SGD, Memory, Optimiser, resolve_optimiser
from numeric._predictions import accuracy_of, has_accuracy
from numeric._save import check_writable
from numeric._schedules import Schedule, constant
from numeric._streams import check_rng_state, rng_state, set_rng_state
from numeric._train import Descent

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Options", "Trainable", "evaluate", "train"]

# A training whose cost is a million times what it began with, and what answering 0 costs, does not come back. Of 220
# small ones over all rates, those that ended below their beginning had cost at most 8,000 times as much on the way, but
# for one whose units all died.
_FAR = 1e6
_HIGHEST = float(np.finfo(np.float64).max)
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

    @property
    def objective(self) -> Objective: ...

    def streams(self) -> Mapping[str, np.random.Generator]: ...

    def layer_states(self) -> Mapping[str, Array]: ...


@dataclass(frozen=True)
class Options:
    """How to train: the arguments of `Network.fit`."""

    epochs: int
    batch_size: int | None
    learning_rate: float
    optimiser: str | Optimiser
    schedule: Schedule | None
    clip_norm: float | None
    patience: int | None
    rng: int | np.random.Generator
    callback: Callable[[Epoch], object] | None
    checkpoint: str | Path | None


def evaluate(network: Trainable, X: Array, Y: Array) -> tuple[float, float | None]:
    """Return cost and accuracy on checked data, block by block."""
    Z = np.empty((network.n_outputs, X.shape[-1]), network.dtype)
    for start in range(0, X.shape[-1], _BLOCK):
        Z[:, start : start + _BLOCK] = network.logits_of(X[..., start : start + _BLOCK])
    if not np.isfinite(Z).all():
        return np.nan, None  # a softmax of infinite Z would look like any other
    accuracy = accuracy_of(network.loss, Z, Y) if has_accuracy(network.loss) else None
    return network.cost_of(Z, Y), accuracy


def train(
    network: Trainable, X: Any, Y: Any, validation: tuple[Any, Any] | None, options: Options
) -> History:
    """Train, and return the learning curves."""
    shape, n_y, loss, dtype = network.input_shape, network.n_outputs, network.loss, network.dtype
    X, Y = check_pair(X, Y, shape, n_y, loss, dtype)
    held_out = None
    if validation is not None:
        if not isinstance(validation, (tuple, list)) or len(validation) != 2:
            raise NumericError(
                f"validation is a {type(validation).__name__}; expected a pair (X, Y) of arrays."
            )
        held_out = check_pair(*validation, shape, n_y, loss, dtype, ("validation[0]", "validation[1]"))
    training = _Training(network, X, Y, held_out, options)
    engine = network.descent.engine
    engine.ceiling = _HIGHEST  # until the first step has a cost
    try:
        training.run()
    except Diverged as error:
        error.history = training.history()
        raise
    finally:
        engine.ceiling = np.inf
    return training.history()


class _Training:
    """A training under way: all that changes from epoch to epoch."""

    def __init__(
        self, network: Trainable, X: Array, Y: Array, held_out: tuple[Array, Array] | None, options: Options
    ) -> None:
        self.network, self.X, self.Y, self.held_out, self.options = network, X, Y, held_out, options
        self.m = X.shape[-1]
        self.epochs = check_positive_int(options.epochs, "epochs")
        wanted = (
            self.m if options.batch_size is None else check_positive_int(options.batch_size, "batch_size")
        )
        self.size = min(wanted, self.m)
        self.steps_per_epoch = -(-self.m // self.size)
        if options.patience is not None:
            check_positive_int(options.patience, "patience")
            if held_out is None:
                raise NumericError(
                    "patience needs a validation set: pass validation=(Xv, Yv), or patience=None."
                )
        self.learning_rate = check_positive(options.learning_rate, "learning_rate")
        self.clip = None if options.clip_norm is None else check_positive(options.clip_norm, "clip_norm")
        self.schedule = constant() if options.schedule is None else options.schedule
        callback = constant if options.callback is None else options.callback
        for name, value in (("schedule", self.schedule), ("callback", callback)):
            if not callable(value) or isinstance(value, type):
                raise NumericError(f"{name} is {shown(value)}; expected a function, like numeric.cosine().")
        self.stream = check_rng(options.rng)
        self.seed = int(options.rng) if isinstance(options.rng, (int, np.integer)) else None
        self.descent = network.descent
        engine = self.descent.engine
        self.memory = Memory(resolve_optimiser(options.optimiser), engine.theta, engine.weights)
        # Plain descent has a faster path: the learning rate rides through the backward pass.
        self.plain = type(self.memory.optimiser) is SGD and self.clip is None
        self._labels = Workspace()
        self.records: list[Epoch] = []
        self.steps, self.stopped = 0, False
        self.best_cost, self.best_epoch = np.inf, 0
        # The best parameters, and the running statistics that belong to them.
        self.live = [engine.theta, *network.layer_states().values()]
        self.best = [array.copy() for array in self.live] if options.patience else None

    def history(self) -> History:
        return History(
            tuple(self.records), self.steps, self.stopped and len(self.records) < self.epochs, self.seed
        )

    def labels(self, size: int) -> Array:
        """Return the array for the labels of a batch."""
        return self._labels("Y", (self.network.n_outputs, size), self.network.dtype)

    def run(self) -> None:
        path = self.options.checkpoint
        if path is not None:
            check_writable(path)  # now, not after an epoch
            self._resume(path)
        while len(self.records) < self.epochs and not self.stopped:
            self._epoch()
            self._judge()
            if path is not None:
                write_checkpoint(path, self._state())
            callback = self.options.callback
            self.stopped = bool(callback is not None and callback(self.records[-1])) or self.stopped
        if self.best is not None:
            for array, best in zip(self.live, self.best, strict=True):
                np.copyto(array, best)

    def _epoch(self) -> None:
        """Take one step for each batch, without a copy of the data in their new order."""
        order = self.stream.permutation(self.m) if self.size < self.m else None
        total = self.epochs * self.steps_per_epoch
        for start in range(0, self.m, self.size):
            size = min(self.size, self.m - start)
            columns = None if order is None else order[start : start + size]
            alpha = self.learning_rate * check_not_negative(
                self.schedule(self.steps, total), f"schedule({self.steps}, {total})"
            )
            self._step(columns, size, alpha)
            self.steps += 1

    def _step(self, columns: Array | None, size: int, alpha: float) -> None:
        if columns is None:
            inputs, labels = self.X, self.Y
        else:
            inputs, labels = self.descent.engine.buffer(size), self.labels(size)
            _gather(self.X, columns, inputs)
            _gather(self.Y, columns, labels)
        if self.plain:
            J = self.descent.step(inputs, labels, alpha)
        else:
            J = self.descent.update(inputs, labels, alpha, self._move)
        if self.descent.engine.ceiling == _HIGHEST:
            self.descent.engine.ceiling = self._ceiling(J)

    def _ceiling(self, J: float) -> float:
        """Return what no batch may cost, from what the first one did: all that it all can cost may be in one batch."""
        with np.errstate(over="ignore"):
            nothing = self.network.objective.mean_loss(np.zeros_like(self.Y), self.Y)
        # A cost of 0 that nothing can make larger has no such factor.
        return min(_FAR * self.steps_per_epoch * max(J, nothing), _HIGHEST / 2) or _HIGHEST / 2

    def _move(self, theta: Array, gradient: Array, alpha: float) -> int | None:
        if self.clip is not None:
            norm = float(np.sqrt(np.dot(gradient, gradient)))
            if (
                norm == np.inf
            ):  # its squares overflow, but perhaps not what is left of them beside the largest entry
                np.divide(gradient, max(gradient.max(), -gradient.min()), out=gradient)
                norm = float(np.sqrt(np.dot(gradient, gradient)))
                np.multiply(gradient, self.clip / norm, out=gradient)
            elif norm > self.clip:
                np.multiply(gradient, self.clip / norm, out=gradient)
        return self.memory(theta, gradient, alpha)

    def _judge(self) -> None:
        """Measure the epoch, and decide whether it was the best, and whether it was the last."""
        number = len(self.records) + 1
        with np.errstate(over="ignore", invalid="ignore"):
            cost, accuracy = evaluate(self.network, self.X, self.Y)
            if not cost < self.descent.engine.ceiling:
                # The last update of the epoch went over the edge, and no later step is there to see it.
                self.descent.refuse(cost, self.learning_rate, self.X)
            held_out = (None, None) if self.held_out is None else evaluate(self.network, *self.held_out)
        self.records.append(Epoch(number, self.epochs, cost, accuracy, *held_out))
        if self.best is not None and held_out[0] is not None:
            if held_out[0] < self.best_cost:
                self.best_cost, self.best_epoch = held_out[0], number
                for best, array in zip(self.best, self.live, strict=True):
                    np.copyto(best, array)
            self.stopped = number - self.best_epoch >= (self.options.patience or 0)

    def _settings(self) -> str:
        """Return what was asked for, a line each."""
        return "\n".join(
            (
                f"{self.descent.engine.theta.size} parameters",
                f"{self.m} examples",
                f"batch_size {self.size}",
                f"learning_rate {self.learning_rate!r}",
                repr(self.memory.optimiser),
                f"clip_norm {self.clip!r}",
                f"patience {self.options.patience!r}",
                f"seed {self.seed!r}",
                f"schedule {self._rates()}",
                f"data of checksum {self._checksum():08x}",
                repr(self.network),
                repr(self.network.objective),
            )
        )

    def _rates(self) -> list[float]:
        """A schedule is a function without a name: what it says here and there tells two apart.

        One that depends on how many steps there are goes on only with the same number of epochs: with another the
        epochs before would have been other ones.
        """
        said = [self.schedule(step, steps) for step in (0, 3, 9) for steps in (10, 1000)]
        return said if said[::2] == said[1::2] else [*said, float(self.epochs)]

    def _checksum(self) -> int:
        """Of all examples, in the order of the memory they lie in."""
        import zlib  # here, because only checkpoints need it

        total = 0
        for array in (self.X, self.Y, *(self.held_out or ())):
            in_order = np.ascontiguousarray(array if array.flags.c_contiguous else array.T)
            total = zlib.crc32(in_order.data, total)
        return total

    def _state(self) -> Checkpoint:
        arrays = {
            "theta": self.descent.engine.theta,
            "good": self.descent.good,
            "kept": np.array(self.descent.kept),
        }
        arrays |= {f"memory {name}": array for name, array in self.memory.state().items()}
        arrays |= {f"layer {name}": array for name, array in self.network.layer_states().items()}
        for place, array in enumerate(self.best or ()):
            arrays[f"best {place}"] = array
        rngs = {"batches": rng_state(self.stream)}
        rngs |= {f"layer {name}": rng_state(stream) for name, stream in self.network.streams().items()}
        arrays["stopped"] = np.array(self.stopped)
        best = (self.best_cost, self.best_epoch)
        return Checkpoint(self._settings(), arrays, rngs, self.records, self.steps, best)

    def _resume(self, path: str | Path) -> None:
        """Go on from a checkpoint, if there is one."""
        try:
            state = read_checkpoint(path, self._state(), self.epochs)
        except FileNotFoundError:
            return
        # All is looked at before anything is put in.
        streams = {f"layer {name}": stream for name, stream in self.network.streams().items()}
        streams["batches"] = self.stream
        for name, stream in streams.items():
            check_rng_state(stream, state.rngs[name], path)
        arrays, engine = state.arrays, self.descent.engine
        if (
            state.steps != len(state.epochs) * self.steps_per_epoch
            or not 0 <= arrays["memory t"] <= state.steps
        ):
            raise NumericError(
                f"{path} is spoilt: {state.steps} steps in {len(state.epochs)} epochs; expected "
                f"{self.steps_per_epoch} in each. Try another path, or remove the file."
            )
        for name, stream in streams.items():
            set_rng_state(stream, state.rngs[name])
        np.copyto(engine.theta, arrays["theta"])
        np.copyto(self.descent.good, arrays["good"])
        self.descent.kept = bool(arrays["kept"])
        self.memory.restore({name[7:]: a for name, a in arrays.items() if name.startswith("memory ")})
        for name, array in self.network.layer_states().items():
            np.copyto(array, arrays[f"layer {name}"])
        for place, array in enumerate(self.best or ()):
            np.copyto(array, arrays[f"best {place}"])
        self.records, self.steps, self.stopped = list(state.epochs), state.steps, bool(arrays["stopped"])
        self.descent.steps = state.steps
        self.best_cost, self.best_epoch = state.best


def _gather(data: Array, columns: Array, out: Array) -> None:
    """Write the examples of a batch into its buffer."""
    if data.flags.c_contiguous:
        np.take(data, columns, axis=-1, out=out, mode="clip")  # "clip" writes straight into out
    else:
        out[...] = data[..., columns]  # take would copy all of the data first, for every batch
