"""A training as the command line asks for it: split, scaled, built, run, measured on examples it never saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backproof._datasets import Dataset
from backproof._errors import BackproofError

__all__ = ["Parts", "Plan", "Trained", "TrainingDiverged", "build", "class_names", "run", "split", "untaught"]

# What `backproof train` does unless told otherwise, found on validation examples of the digits, never on the test ones.
DEFAULTS: dict[str, dict[str, Any]] = {
    "mlp": {"epochs": 60, "learning_rate": 2e-3, "batch_size": 32, "optimiser": "adam", "hidden": (128,)},
    # The falling rate: mean validation accuracy over seeds 0-3 was 99.6%, with a constant one 99.3%, with batch norm
    # and half the epochs 99.0%; and the last epoch is among the best ones, not wherever the noise has led.
    "conv": {
        "epochs": 30,
        "learning_rate": 2e-3,
        "batch_size": 32,
        "optimiser": "adam",
        "hidden": (64,),
        "schedule": "cosine",
    },
}


@dataclass(frozen=True)
class Plan:
    """Every choice of a training; two trainings of one plan end with the same bits."""

    model: str
    hidden: tuple[int, ...]
    activation: str
    epochs: int
    learning_rate: float
    batch_size: int
    optimiser: str
    l2: float
    patience: int | None
    seed: int
    schedule: str = "constant"
    schedule_every: int | None = None  # steps
    schedule_factor: float | None = None
    schedule_final: float | None = None
    warm_up: int | None = None  # steps
    clip_norm: float | None = None
    l1: float = 0.0
    weight_decay: float | None = None
    label_smoothing: float = 0.0
    class_weights: str | None = None  # "1,2.5", or "benign=2" where the classes have names


@dataclass(frozen=True)
class Scale:
    """Rows moved and stretched to mean 0 and deviation 1; a row that never varies is only moved."""

    centre: Any  # (n, 1)
    width: Any  # (n, 1), never 0

    @classmethod
    def of(cls, A: Any) -> Scale:
        """Measure rows (n, m) of any size: squares of what is divided by its largest value do not overflow."""
        import numpy as np

        largest = np.abs(A).max(axis=1, keepdims=True)
        largest[largest == 0] = 1.0
        width = (A / largest).std(axis=1, keepdims=True)
        width[width < 1e-12] = 1.0  # rounding of a constant row
        return cls((A / largest).mean(axis=1, keepdims=True) * largest, width * largest)

    def __call__(self, A: Any) -> Any:
        return A / self.width - self.centre / self.width


@dataclass(frozen=True)
class Parts:
    """The examples of training, validation and test, each (X, Y), and how X and Y were scaled, if they were."""

    train: tuple[Any, Any]
    validation: tuple[Any, Any]
    test: tuple[Any, Any]
    x_scale: Scale | None = None
    y_scale: Scale | None = None


@dataclass(frozen=True)
class Trained:
    """The network after training, its history, its cost on the test examples, and its score on all parts.

    The score is the accuracy, or for a regression R², the part of the variance that the network explains.
    """

    network: Any
    history: Any
    epoch: Any  # the record of the epoch that the network is of
    test_cost: float
    scores: tuple[float, float, float]  # training, validation, test
    parts: Parts

    def answers(self, n_classes: int) -> Any:
        """Return how each class of the test examples was answered, as a `numeric.ClassReport`."""
        import numeric

        X, Y = self.parts.test
        return numeric.class_report(Y, self.network.predict(X), n_classes)

    def for_raw_data(self) -> Any:
        """Return the network for X and Y as they stand in the data."""
        return for_raw_data(self.network, self.parts)


class TrainingDiverged(BackproofError):
    """A training that diverged; `network` is the last good one, for X and Y as they stand in the data."""

    def __init__(self, message: str, network: Any) -> None:
        super().__init__(message)
        self.network = network


def for_raw_data(network: Any, parts: Parts) -> Any:
    """Put the scaling of the data into the first and the last layer of a network; its penalties speak of other units."""
    import numeric

    if parts.x_scale is None and parts.y_scale is None:
        return network
    parameters = dict(network.parameters)
    if (scale := parts.x_scale) is not None:  # W (x - c)/w + b = (W/w) x + (b - (W/w) c)
        W = parameters["W1"] / scale.width.T
        parameters |= {"W1": W, "b1": parameters["b1"] - W @ scale.centre}
    if (scale := parts.y_scale) is not None:
        last = len(parameters) // 2
        W, b = parameters[f"W{last}"], parameters[f"b{last}"]
        parameters |= {f"W{last}": W * scale.width, f"b{last}": b * scale.width + scale.centre}
    cost = network.objective
    raw = numeric.Network(
        network.sizes,
        activation=network.activations,
        loss=network.loss,
        label_smoothing=cost.label_smoothing,
        class_weights=cost.class_weights,
        rng=0,
    )
    raw.parameters = parameters
    return raw


def split(data: Dataset, seed: int) -> Parts:
    """Shuffle and part the examples 70 : 10 : 20; scale features by the training part where they need it.

    What a file keeps to validate or to test is used for that, and nothing else is.

    Features that lie in [0, 1], and pictures, are left alone. The numbers that a regression fits are scaled too.
    """
    import numpy as np

    ends = np.cumsum([data.X.shape[1] - sum(data.held_out), *data.held_out])
    m = int(ends[0])
    if m < 10:
        raise BackproofError(
            f"{data.name} has {m} examples to train on; expected at least 10, to train, validate and test on "
            "different ones."
        )
    order = np.random.default_rng([seed, 70]).permutation(m)
    n_validation, n_test = (
        0 if kept else m // share for kept, share in zip(data.held_out, (10, 5), strict=True)
    )
    test, validation, train = np.split(order, [n_test, n_test + n_validation])
    if not n_validation:
        validation = np.arange(ends[0], ends[1])
    if not n_test:
        test = np.arange(ends[1], ends[2])
    X, Y = data.X, data.Y
    x_scale = y_scale = None
    if data.image_shape is None and ((X.min() < 0) or (X.max() > 1)):
        x_scale = Scale.of(X[:, train])
        X = x_scale(X)
    if data.loss == "mse" and data.image_shape is None:
        y_scale = Scale.of(Y[:, train])
        Y = y_scale(Y)
    pick = [(np.ascontiguousarray(X[:, i]), np.ascontiguousarray(Y[:, i])) for i in (train, validation, test)]
    return Parts(pick[0], pick[1], pick[2], x_scale, y_scale)


def untaught(data: Dataset, parts: Parts) -> list[str]:
    """Return the classes of which there is no training example: nothing can learn them."""
    if data.loss == "mse":
        return []
    Y = parts.train[1]
    occurs = Y.any(axis=1) if len(Y) > 1 else [(Y != 1).any(), (Y == 1).any()]
    return [name for name, here in zip(class_names(data), occurs, strict=True) if not here]


def class_names(data: Dataset) -> tuple[str, ...]:
    """Return what the classes are called: numbers from 0 where the data have no names."""
    return tuple(data.classes) or tuple(map(str, range(max(2, data.Y.shape[0]))))


def build(plan: Plan, data: Dataset) -> Any:
    """Build the network of a plan for the shapes of the data."""
    import numpy as np

    import numeric

    n_x, n_y = data.X.shape[0], data.Y.shape[0]
    cost: dict[str, Any] = {
        "loss": data.loss,
        "l1": plan.l1,
        "l2": plan.l2,
        "label_smoothing": plan.label_smoothing,
        "class_weights": _class_weights(plan.class_weights, data),
    }
    if plan.model == "mlp":
        init = "he" if plan.activation in ("relu", "leaky_relu", "elu", "silu", "gelu") else "xavier"
        return numeric.Network(
            [n_x, *plan.hidden, n_y],
            activation=plan.activation,
            init=init,
            dtype=np.float64,
            rng=plan.seed,
            **cost,
        )
    if data.image_shape is None:
        raise BackproofError(f"{data.name} holds no pictures, so nothing to convolve; try --model mlp.")
    _, rows, columns = data.image_shape
    if min(rows, columns) < 2:  # the size of the window of the pooling
        raise BackproofError(
            f"{data.name} holds pictures of {rows} x {columns}; --model conv needs 2 x 2 at least. Try --model mlp."
        )
    layers: list[Any] = [
        numeric.Conv2d(16, 3, padding=1),
        numeric.ReLU(),
        numeric.Conv2d(32, 3, padding=1),
        numeric.ReLU(),
        numeric.MaxPool2d(2),
        numeric.Flatten(),
        numeric.Dropout(0.25),
    ]
    for width in plan.hidden:
        layers += [numeric.Dense(width), numeric.ReLU()]
    layers.append(numeric.Dense(n_y))
    return numeric.Model(layers, input_shape=data.image_shape, dtype=np.float32, rng=plan.seed, **cost)


def _class_weights(text: str | None, data: Dataset) -> list[float] | None:
    """Read the weight of each class: all of them in order, or some by the names of their classes."""
    if text is None:
        return None
    classes = class_names(data)
    named = f"the classes of {data.name} are {', '.join(classes[:20])}{', ...' if len(classes) > 20 else ''}"
    if data.loss == "mse":
        raise BackproofError(f"--class-weights is {text!r}; {data.name} has no classes, but numbers to fit.")
    pairs = [part.rpartition("=") for part in text.split(",")]
    names = [name.strip() for name, equals, _ in pairs if equals]
    unknown = [name for name in names if name not in classes]
    try:
        weights = [float(weight) for _, _, weight in pairs]
    except ValueError:
        weights = []
    if not weights or unknown or len(names) not in (0, len(pairs)) or len(set(names)) < len(names):
        said = f" There is no class {unknown[0]!r}." if unknown else ""
        raise BackproofError(
            f"--class-weights is {text!r}; expected a number for each class, such as "
            f"{','.join(['1'] * (len(classes) - 1))},2, or NAME=NUMBER for some, once each; {named}.{said}"
        )
    if not names and len(weights) != len(classes):
        raise BackproofError(f"--class-weights has {len(weights)} numbers; expected {len(classes)}: {named}.")
    return weights if not names else [dict(zip(names, weights, strict=True)).get(c, 1.0) for c in classes]


def _schedule(plan: Plan) -> Any:
    """Make the schedule of a plan; what belongs to another one is refused, not ignored."""
    import numeric

    for flag, value, owner in (
        ("--schedule-every", plan.schedule_every, "staircase"),
        ("--schedule-factor", plan.schedule_factor, "staircase"),
        ("--schedule-final", plan.schedule_final, "cosine"),
    ):
        if value is not None and plan.schedule != owner:
            raise BackproofError(
                f"{flag} is {value:g}, but the schedule is {plan.schedule}; try --schedule {owner}."
            )
    if plan.schedule == "staircase":
        if plan.schedule_every is None:
            raise BackproofError("--schedule staircase needs --schedule-every STEPS: how long each stair is.")
        factor = 0.5 if plan.schedule_factor is None else plan.schedule_factor
        made = numeric.staircase(every=plan.schedule_every, factor=factor)
    elif plan.schedule == "cosine":
        made = numeric.cosine(final=plan.schedule_final or 0.0)
    else:
        made = None
    return made if plan.warm_up is None else numeric.warm_up(plan.warm_up, then=made)


def _optimiser(plan: Plan) -> Any:
    import numeric

    if plan.weight_decay is None:
        return plan.optimiser
    if plan.optimiser != "adamw":
        raise BackproofError(
            f"--weight-decay is {plan.weight_decay:g}, but the optimiser is {plan.optimiser}; "
            "try --optimiser adamw, or --l2 for a penalty in the cost."
        )
    return numeric.AdamW(weight_decay=plan.weight_decay)


def run(
    plan: Plan, data: Dataset, checkpoint: Path | None, on_epoch: Callable[[Any], object] | None
) -> Trained:
    """Train and measure; `on_epoch` hears of every epoch, and training stops when it returns true.

    Raises `TrainingDiverged` when a step's cost is no longer finite, or far above where it began.
    """
    import numeric

    parts = split(data, plan.seed)
    network = build(plan, data)
    try:
        history = network.fit(
            *parts.train,
            epochs=plan.epochs,
            batch_size=plan.batch_size,
            learning_rate=plan.learning_rate,
            optimiser=_optimiser(plan),
            schedule=_schedule(plan),
            clip_norm=plan.clip_norm,
            validation=parts.validation,
            patience=plan.patience,
            rng=plan.seed,
            callback=on_epoch,
            checkpoint=checkpoint,
        )
    except numeric.Diverged as error:
        raise TrainingDiverged(str(error), for_raw_data(network, parts)) from error
    train, validation, test = (_score(network, *part) for part in (parts.train, parts.validation, parts.test))
    # With patience the network went back to the epoch whose validation cost was least.
    epoch = history.epochs[-1 if plan.patience is None else history.best_epoch - 1]
    return Trained(
        network, history, epoch, float(network.cost(*parts.test)), (train, validation, test), parts
    )


def _score(network: Any, X: Any, Y: Any) -> float:
    import numpy as np

    if network.loss != "mse":
        return float(network.accuracy(X, Y))
    spread = float(np.sum((Y - Y.mean(axis=1, keepdims=True)) ** 2))
    return 1.0 - float(np.sum((network.predict(X) - Y) ** 2)) / spread if spread > 0 else float("nan")
