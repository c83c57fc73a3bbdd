"""A training as a file: written whole or not at all, and enough to go on from bit by bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from numeric._errors import NumericError
from numeric._history import Epoch
from numeric._layer import Array
from numeric._save import check_alike, read_npz, write_npz

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint"]

_FORMAT = "numeric.fit 1"


@dataclass(frozen=True)
class Checkpoint:
    """Where a training stands after an epoch.

    Attributes
    ----------
    settings : str
        What was asked for, a line each; a training goes on only under the same settings.
    arrays : mapping of str to ndarray
        Parameters, averages of the optimiser, states of layers, the best parameters.
    rngs : mapping of str to str
        States of the random streams, as JSON.
    epochs : sequence of Epoch
        The history.
    steps : int
        How many updates were made.
    best : (float, int)
        The best validation cost and its epoch.
    """

    settings: str
    arrays: Mapping[str, Array]
    rngs: Mapping[str, str]
    epochs: Sequence[Epoch]
    steps: int
    best: tuple[float, int]


def write_checkpoint(path: str | Path, state: Checkpoint) -> None:
    """Write a checkpoint in one go."""
    write_npz(path, _as_arrays(state))


def read_checkpoint(path: str | Path, like: Checkpoint, of: int) -> Checkpoint:
    """Read a checkpoint of the training that stands at ``like``; ``of`` is the number of epochs asked for now.

    Nothing but what that training would write is accepted: its settings, and arrays of the same names, shapes and
    dtypes.
    """
    found = read_npz(path)
    if str(found.get("format")) != _FORMAT:
        raise NumericError(f"{path} is not a checkpoint of a training. Try another path, or remove the file.")
    theirs, ours = str(found.get("settings")).splitlines(), like.settings.splitlines()
    if theirs != ours:
        old, new = (
            ", ".join(line for line in a if line not in b) for a, b in ((theirs, ours), (ours, theirs))
        )
        raise NumericError(
            f"{path} is a checkpoint of another training: it was made with {old or 'fewer settings'}; this one has "
            f"{new or 'fewer'}. Use the same settings, or another path."
        )
    table = found.get("epochs", np.empty(0))
    check_alike(path, found, _as_arrays(like) | {"epochs": table})
    steps, best = int(found["steps"]), (float(found["best_cost"]), int(found["best_epoch"]))
    if not (
        table.dtype == np.float64
        and table.shape[1:] == (4,)
        and np.isfinite(table[:, 0]).all()
        and len(table) <= steps
        and not np.isnan(best[0])
        and 0 <= best[1] <= len(table)
        and all(np.isfinite(found[name]).all() for name in found if name.startswith("array best "))
    ):
        raise NumericError(
            f"{path} tells of epochs that cannot have been. Try another path, or remove the file."
        )
    epochs = [
        Epoch(number, of, float(cost), *(None if np.isnan(v) else float(v) for v in rest))
        for number, (cost, *rest) in enumerate(table, start=1)
    ]
    return Checkpoint(
        settings=like.settings,
        arrays={name[6:]: array for name, array in found.items() if name.startswith("array ")},
        rngs={name[4:]: str(text) for name, text in found.items() if name.startswith("rng ")},
        epochs=epochs,
        steps=steps,
        best=best,
    )


def _as_arrays(state: Checkpoint) -> dict[str, Array]:
    nan = float("nan")
    rows = [
        [
            nan if v is None else v
            for v in (e.train_cost, e.train_accuracy, e.validation_cost, e.validation_accuracy)
        ]
        for e in state.epochs
    ]
    return {
        "format": np.array(_FORMAT),
        "settings": np.array(state.settings),
        "epochs": np.array(rows, dtype=np.float64).reshape(-1, 4),
        "steps": np.array(state.steps),
        "best_cost": np.array(state.best[0]),
        "best_epoch": np.array(state.best[1]),
        **{f"rng {name}": np.array(text) for name, text in state.rngs.items()},
        **{f"array {name}": array for name, array in state.arrays.items()},
    }
