"""Every question of the benchmark: a case to be built afresh, its half, and for a wrong gradient its cause.

The families of the notes (`_dense`, `_blocks`) are divided by a hash of their names; the models of `_practice_*` and half of
`_hostile` are for tuning, those of `_science_*` and the other half for the report.  `_fresh_*`, `_modern_*`, `_applied_*` and `_daily_*` came, in
this order, after the tool was built: nothing was tuned on them before their figure was taken.
At first look, three seeds: `applied` 368 of 368 killed, 0 of 364 right ones alarmed, first cause 91 %; `daily` 399 of 399,
0 of 388, 97 %.  Since then seven labels were widened by a cause that says the same of the numbers.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import _applied_hostile
import _applied_layers
import _applied_losses
import _block_mutants
import _blocks
import _daily_hostile
import _daily_layers
import _daily_losses
import _dense
import _dense_mutants
import _fresh_layers
import _fresh_losses
import _fresh_models
import _hostile
import _hostile_practice
import _hostile_report
import _modern_keepers
import _modern_layers
import _modern_losses
import _modern_objectives
import _practice_cells
import _practice_losses
import _practice_shared
import _science_graphs
import _science_layers
import _science_models
import _science_physics
import _slips
from _case import Case, Mutant
from _correct import correct

HALVES = ("tune", "report", "fresh", "modern", "applied", "daily")
MODELS = {
    "tune": [*_practice_cells.CELLS, *_practice_losses.LOSSES, *_practice_shared.SHARED],
    "report": [
        *_science_models.LIKELIHOODS,
        *_science_physics.PHYSICS,
        *_science_layers.LAYERS,
        *_science_graphs.GRAPHS,
    ],
    "fresh": [*_fresh_models.MODELS, *_fresh_layers.MODELS],
    "modern": [*_modern_layers.LAYERS, *_modern_objectives.OBJECTIVES, *_modern_keepers.KEEPERS],
    "applied": [*_applied_layers.LAYERS, *_applied_losses.OBJECTIVES],
    "daily": [*_daily_layers.LAYERS, *_daily_losses.OBJECTIVES],
}
LOSSES = {
    "tune": _hostile_practice.PRACTICE,
    "report": _hostile_report.REPORT,
    "fresh": _fresh_losses.FRESH,
    "modern": _modern_losses.MODERN,
    "applied": _applied_hostile.HOSTILE,
    "daily": _daily_hostile.HOSTILE,
}
#: What is wrong in each of the ways in which a hostile loss's gradient is spoiled.
SPOILT = {
    "one per cent": ("factor",),
    "the steepest": ("one_entry", "factor"),
    "one missing": ("one_entry", "zero", "factor"),
}


@dataclass(frozen=True)
class Question:
    """A case, built by `make()`; some wrong gradients keep state, so each is built once and asked once."""

    name: str
    half: str
    seed: int
    make: Callable[[], Case]
    causes: tuple[str, ...] = ()
    """The true cause first, then those that describe the same numbers as truly; empty where the gradient is right."""


def half_of(name: str) -> str:
    return "tune" if zlib.crc32(name.encode()) % 2 else "report"


def edited(index: int, seed: int) -> Case:
    """Build a case of the notes' families with a fresh edit."""
    mutant = table()[index]
    make = _blocks.FAMILIES.get(mutant.family, _dense.make)
    return make(seed, mutant, **mutant.options)


def table() -> list[Mutant]:
    return [*_dense_mutants.mutants(), *_block_mutants.mutants()]


def wrong(seeds: int) -> Iterator[Question]:
    """Yield every mutant with every seed; a few edits change nothing at some seeds: ask `make().is_live()`."""
    for index, mutant in enumerate(table()):
        for seed in range(seeds):
            causes = (mutant.cause, *mutant.also)
            yield Question(mutant.name, half_of(mutant.name), seed, partial(edited, index, seed), causes)
    for half, models in MODELS.items():
        for model in models:
            for slip, causes in model.slips.items():
                for seed in range(seeds):
                    dress = _slips.DRESSES[seed % len(_slips.DRESSES)]
                    make = partial(_slips.make, model, seed, slip, dress)
                    yield Question(f"{model.name}: {slip}", half, seed, make, tuple(causes.split()))
    for half, losses in LOSSES.items():
        for loss in losses:
            for way, causes in SPOILT.items():
                for seed in range(seeds):
                    make = partial(_hostile.question, loss, seed, way)
                    yield Question(f"{loss.__name__}: {way}", half, seed, make, causes)


def right(seeds: int = 2) -> Iterator[Question]:
    """Yield every right gradient, with the condition that makes it hard."""
    for number, (condition, case) in enumerate(correct()):
        yield Question(
            f"{condition}: {case.name}", half_of(f"{condition} {number}"), number, partial(_same, case)
        )
    for half, models in MODELS.items():
        for model in models:
            for seed in range(seeds):
                for dress in _slips.HARD_DRESSES:
                    make = partial(_slips.make, model, 100 + seed, None, dress)
                    yield Question(f"{model.name}, {dress.__name__}", half, seed, make)
    for half, losses in LOSSES.items():
        for loss in losses:
            for seed in range(seeds):
                yield Question(loss.__name__, half, seed, partial(_hostile.question, loss, seed, None))


def _same(case: Case) -> Case:
    return case
