"""What people get wrong in the passes of a fully connected network: the batch, one pass only, arithmetic, state, branches."""

from __future__ import annotations

import numpy as np
from _case import Mutant
from _edits import DEEP, M, everywhere, rare, remembers, stale, times


def mutants() -> list[Mutant]:
    """The table; a fresh one each time, since some edits keep state."""
    return [
        # the batch
        M(
            "the last example dropped in dW1",
            "example_dropped",
            "dW1 before 1/m",
            lambda v, c: c["dZ"][:, :-1] @ c["X"][:, :-1].T,
        ),
        M(
            "the last example dropped everywhere",
            "example_dropped",
            "dZout",
            lambda v, c: v * (np.arange(c["m"]) < c["m"] - 1),
        ),
        M(
            "the first example dropped, deep",
            "example_dropped",
            "dZout",
            lambda v, c: v * (np.arange(c["m"]) > 0),
            DEEP,
        ),
        M(
            "labels rolled by one example",
            "example_rolled",
            "labels",
            lambda v, c: np.roll(v, 1, axis=1),
            {"m": 10},
        ),
        M(
            "A1 rolled by one example in dW2",
            "example_rolled",
            "A1 in dW2",
            lambda v, c: np.roll(v, 1, axis=1),
        ),
        M(
            "X rolled by one example in dW1",
            "example_rolled",
            "A0 in dW1",
            lambda v, c: np.roll(v, -1, axis=1),
            {"loss": "bce"},
        ),
        M(
            "labels not smoothed in the backward pass",
            "output",
            "labels",
            lambda v, c: np.eye(v.shape[0])[:, v.argmax(axis=0)],
            {"smoothing": 0.2},
        ),
        M(
            "class weights forgotten",
            "example_weights",
            "weighted",
            lambda v, c: v / c["weights"],
            {"class_weights": True},
            "output",
        ),
        # one pass only
        M(
            "dropout's mask forgotten in the backward pass",
            "dropout",
            "mask1",
            lambda v, c: np.ones_like(v),
            {"dropout": True, "m": 12},
            "layer",
        ),
        M(
            "dropout's 1/keep forgotten",
            "dropout",
            "mask1",
            lambda v, c: (v > 0).astype(float),
            {"dropout": True},
            "factor",
            "layer",
        ),
        M(
            "the skip path forgotten",
            "lost_path",
            "skip",
            times(0),
            {"sizes": (5, 4, 4, 3), "skip": True},
            "layer",
        ),
        M(
            "one use of the tied weights forgotten",
            "lost_path",
            "tied",
            times(0),
            {"sizes": (4, 3, 4), "tied": True, "loss": "mse"},
            "layer",
        ),
        M("gradient clipped by value", "clipping", "all", everywhere(lambda v, c: np.clip(v, -0.05, 0.05))),
        M(
            "gradient clipped by norm",
            "clipping",
            "all",
            lambda g, c: {
                k: v * min(1.0, 0.1 / np.sqrt(sum((u**2).sum() for u in g.values()))) for k, v in g.items()
            },
            {},
            "factor",
        ),  # type: ignore[attr-defined, arg-type, return-value]
        M("delta clipped", "clipping", "dZ1", lambda v, c: np.clip(v, -0.02, 0.02), {}, "layer"),
        # arithmetic and state
        M(
            "accumulated in float16",
            "low_precision",
            "all",
            everywhere(lambda v, c: v.astype(np.float16).astype(float)),
        ),
        M(
            "accumulated in float32",
            "low_precision",
            "all",
            everywhere(lambda v, c: v.astype(np.float32).astype(float)),
        ),
        M(
            "dW1 accumulated in float16",
            "low_precision",
            "dW1 before 1/m",
            lambda v, c: v.astype(np.float16).astype(float),
        ),
        M("a cache from an earlier step in dW2", "stale_cache", "A1 in dW2", remembers(stale)),
        M("a cache from an earlier step in g'", "stale_cache", "g'1", remembers(stale), {}, "layer"),
        M(
            "an accumulator that is not zeroed",
            "accumulator",
            "dW1",
            remembers(lambda v, c, s: s.__setitem__(0, s.get(0, 0) + v) or s[0]),
        ),
        M(
            "an accumulator that is not zeroed, biases",
            "accumulator",
            "db2",
            remembers(lambda v, c, s: s.__setitem__(0, s.get(0, 0) + v) or s[0]),
        ),
        M(
            "momentum mixed into the gradient",
            "momentum",
            "all",
            remembers(
                lambda g, c, s: {k: s.__setitem__(k, 0.9 * s.get(k, 0) + v) or s[k] for k, v in g.items()}
            ),
            {},
            "accumulator",
        ),
        M("the learning rate in the gradient", "factor", "all", everywhere(times(0.01))),
        # rare branches
        M(
            "wrong where a unit is large",
            "rare_branch",
            "g'1",
            rare(times(0), 2.0),
            {"weight_scale": 1.2, "m": 12},
            "layer",
            "wrong_gprime",
            "example_dropped",
        ),
        M(
            "wrong where a unit is large, silu",
            "rare_branch",
            "g'1",
            rare(lambda v, c: np.ones_like(v), 2.2),
            {"activation": "silu", "m": 12},
            "layer",
            "wrong_gprime",
            "example_dropped",
        ),
        M(
            "wrong for one class only",
            "rare_branch",
            "dZout",
            lambda v, c: np.where(c["Y"][:1] > 0, 0, v),
            {"m": 12},
            "output",
            "example_dropped",
        ),
    ]
