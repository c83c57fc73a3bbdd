"""A training as a file: written whole or not at all, and enough to go on from bit by bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from numeric._errors import NumericError
from numeric._history import Epoch
from numeric._layer import Array
from numeric._save import read_npz, write_npz

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
        What was asked for, in words; a training goes on only under the same settings.
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
    nan = float("nan")
    rows = [
        [
            nan if v is None else v
            for v in (e.train_cost, e.train_accuracy, e.validation_cost, e.validation_accuracy)
        ]
        for e in state.epochs
    ]
    write_npz(
        path,
        {
            "format": np.array(_FORMAT),
            "settings": np.array(state.settings),
            "epochs": np.array(rows, dtype=np.float64).reshape(-1, 4),
            "steps": np.array(state.steps),
            "best_cost": np.array(state.best[0]),
            "best_epoch": np.array(state.best[1]),
            **{f"rng {name}": np.array(text) for name, text in state.rngs.items()},
            **{f"array {name}": array for name, array in state.arrays.items()},
        },
    )


def read_checkpoint(path: str | Path, settings: str, of: int) -> Checkpoint:
    """Read a checkpoint that was written under the same settings; ``of`` is the number of epochs asked for now."""
    found = read_npz(path)
    if str(found.get("format")) != _FORMAT:
        raise NumericError(f"{path} is not a checkpoint of a training. Try another path, or remove the file.")
    if str(found["settings"]) != settings:
        raise NumericError(
            f"{path} is a checkpoint of another training: it was made with {found['settings']}; this one has "
            f"{settings}. Use the same settings, or another path."
        )
    rows = [[None if np.isnan(v) else float(v) for v in row] for row in found["epochs"]]
    epochs = [
        Epoch(number, of, float(found["epochs"][number - 1][0]), *row[1:])
        for number, row in enumerate(rows, start=1)
    ]
    return Checkpoint(
        settings=settings,
        arrays={name[6:]: array for name, array in found.items() if name.startswith("array ")},
        rngs={name[4:]: str(text) for name, text in found.items() if name.startswith("rng ")},
        epochs=epochs,
        steps=int(found["steps"]),
        best=(float(found["best_cost"]), int(found["best_epoch"])),
    )
