"""What people get wrong in a fully connected backward pass: one edit a line."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array, Edit, Mutant

SQUARE: dict[str, Any] = {"sizes": (4, 4, 4), "m": 4}
DEEP: dict[str, Any] = {"sizes": (5, 6, 4, 3), "m": 9}
L2: dict[str, Any] = {"l2": 0.7}


def times(factor: float) -> Edit:
    return lambda v, c: v * factor


def one_entry(change: Edit) -> Edit:
    """Apply a change to the entry in the middle only."""

    def edit(v: Array, c: Any) -> Array:
        v = v.copy()
        index = tuple(n // 2 for n in v.shape)
        v[index] = change(v, c)[index]
        return v

    return edit


def one_row(change: Edit, axis: int = 0) -> Edit:
    def edit(v: Array, c: Any) -> Array:
        v = v.copy()
        where = (1, slice(None)) if axis == 0 else (slice(None), 1)
        v[where] = change(v, c)[where]
        return v

    return edit


def everywhere(change: Edit) -> Edit:
    """Apply a change to the gradient of every parameter."""
    return lambda grads, c: {k: change(v, c) for k, v in grads.items()}  # type: ignore[attr-defined, return-value]


def biases(change: Edit) -> Edit:
    return lambda grads, c: {k: change(v, {**c, "name": k}) if k[0] == "b" else v for k, v in grads.items()}  # type: ignore[attr-defined, return-value]


def remembers(change: Any) -> Edit:
    """An edit with state: it hands over what the first call saw."""
    memory: dict[Any, Any] = {}

    def edit(v: Any, c: Any) -> Any:
        return change(v, c, memory)

    return edit


def stale(v: Array, c: Any, memory: dict[Any, Any]) -> Array:
    """Compute with what was cached for the first batch of parameters ever seen (a fixed older point)."""
    rng = np.random.default_rng(1)
    return memory.setdefault(v.shape, v + 0.2 * rng.standard_normal(v.shape))


def rare(change: Edit, limit: float) -> Edit:
    """Wrong only where a pre-activation is large: a branch that few points take."""
    return lambda v, c: np.where(np.abs(c["Z1"]) > limit, change(v, c), v)


def at_A(v: Array, c: Any) -> Array:
    return c["slope"](c["A1"])


def M(
    name: str, cause: str, at: str, edit: Edit, options: dict[str, Any] | None = None, *also: str
) -> Mutant:
    return Mutant(name, cause, at, edit, "dense", options or {}, also)


def mutants() -> list[Mutant]:
    """The table; a fresh one each time, since some edits keep state."""
    return [
        # a constant factor
        M("sign of everything", "sign", "all", everywhere(times(-1))),
        M("sign of dZ2: Y - A", "sign", "dZout", times(-1)),
        M("sign of dW2", "sign", "dW2", times(-1)),
        M("sign of db1", "sign", "db1", times(-1)),
        M("sign of dZ1", "sign", "dZ1", times(-1)),
        M("dW2 without 1/m", "missing_mean", "dW2", lambda v, c: v * c["m"], {"m": 16}),
        M("dW1 without 1/m", "missing_mean", "dW1", lambda v, c: v * c["m"]),
        M("db2 without 1/m", "missing_mean", "db2", lambda v, c: v * c["m"]),
        M("db1 without 1/m, deep", "missing_mean", "db1", lambda v, c: v * c["m"], DEEP),
        M("no 1/m anywhere", "missing_mean", "all", everywhere(lambda v, c: v * c["m"])),
        M(
            "no 1/m anywhere, bce",
            "missing_mean",
            "all",
            everywhere(lambda v, c: v * c["m"]),
            {"loss": "bce", "m": 5},
        ),
        M("1/m twice in dW1", "extra_mean", "dW1", lambda v, c: v / c["m"]),
        M("1/m twice, from dZ on", "extra_mean", "dZout", lambda v, c: v / c["m"], {"m": 11}),
        M("1/(m-1) for 1/m", "bessel", "all", everywhere(lambda v, c: v * c["m"] / (c["m"] - 1))),
        M("1/(m-1) for 1/m in dW2", "bessel", "dW2", lambda v, c: v * c["m"] / (c["m"] - 1), {"m": 12}),
        M("factor 2: derivative of the square", "factor", "dZout", times(2), {"loss": "mse"}),
        M("factor 1/2 in dW1", "factor", "dW1", times(0.5)),
        M(
            "the loss is scaled by 128, the gradient is not",
            "factor",
            "all",
            everywhere(times(1 / 128)),
            {"loss_scale": 128.0},
        ),
        M("factor 1.001 in dW2", "factor", "dW2", times(1.001)),
        M("factor 1 + 1e-5 everywhere", "factor", "all", everywhere(times(1 + 1e-5))),
        # transposes and reshapes
        M("dW2 transposed", "transpose", "dW2", lambda v, c: v.T, SQUARE),
        M("dW1 transposed", "transpose", "dW1", lambda v, c: v.T, SQUARE),
        M("dA1 = W2 dZ2, not W2' dZ2", "transpose", "dA1", lambda v, c: c["W"][2] @ c["dZ"], SQUARE, "layer"),
        M(
            "dA1 = W2 dZ2, sigmoid",
            "transpose",
            "dA1",
            lambda v, c: c["W"][2] @ c["dZ"],
            {**SQUARE, "activation": "sigmoid"},
            "layer",
        ),
        M("dW1 reshaped instead of transposed", "reshape", "dW1", lambda v, c: v.T.copy().reshape(v.shape)),
        M(
            "dW2 reshaped instead of transposed",
            "reshape",
            "dW2",
            lambda v, c: v.T.copy().reshape(v.shape),
            {"sizes": (3, 6, 4)},
        ),
        M(
            "dW1 in Fortran order",
            "reshape",
            "dW1",
            lambda v, c: v.ravel(order="F").reshape(v.shape),
            {"sizes": (7, 3, 2)},
        ),
        # g'
        M("g' forgotten", "missing_gprime", "g'1", lambda v, c: np.ones_like(v)),
        M(
            "g' forgotten, sigmoid",
            "missing_gprime",
            "g'1",
            lambda v, c: np.ones_like(v),
            {"activation": "sigmoid"},
        ),
        M(
            "g' forgotten, relu",
            "missing_gprime",
            "g'1",
            lambda v, c: np.ones_like(v),
            {"activation": "relu", "m": 12},
        ),
        M("g' forgotten in layer 2 of 3", "missing_gprime", "g'2", lambda v, c: np.ones_like(v), DEEP),
        M("g' squared", "squared_gprime", "g'1", lambda v, c: v * v),
        M("g' squared, sigmoid", "squared_gprime", "g'1", lambda v, c: v * v, {"activation": "sigmoid"}),
        M("g' at A instead of Z", "gprime_at_A", "g'1", at_A),
        M("g' at A instead of Z, sigmoid", "gprime_at_A", "g'1", at_A, {"activation": "sigmoid"}),
        M("g' at A instead of Z, layer 2 of 3", "gprime_at_A", "g'2", lambda v, c: c["slope"](c["A2"]), DEEP),
        M("g' at A instead of Z, softplus", "gprime_at_A", "g'1", at_A, {"activation": "softplus"}),
        M("sigmoid's g' for tanh", "wrong_gprime", "g'1", lambda v, c: c["A1"] * (1 - c["A1"]), {}, "layer"),
        M("1 - A for 1 - A^2", "wrong_gprime", "g'1", lambda v, c: 1 - c["A1"], {}, "layer"),
        M(
            "leaky slope 0 for 0.01",
            "wrong_gprime",
            "g'1",
            lambda v, c: np.where(v < 1, 0, v),
            {"activation": "leaky_relu", "m": 12},
            "layer",
        ),
        M(
            "gelu's cubic constant in g': 0.0447 for 0.044715 x 3",
            "wrong_gprime",
            "g'1",
            lambda v, c: v + 1e-3 * c["Z1"] ** 2,
            {"activation": "gelu"},
            "layer",
        ),
        M(
            "silu: sigma(z) for its slope",
            "wrong_gprime",
            "g'1",
            lambda v, c: 1 / (1 + np.exp(-c["Z1"])),
            {"activation": "silu"},
            "layer",
        ),
        M(
            "elu: 1 on both sides",
            "missing_gprime",
            "g'1",
            lambda v, c: np.ones_like(v),
            {"activation": "elu"},
            "wrong_gprime",
            "layer",
        ),
        M(
            "bce: an extra A(1 - A) at the output",
            "extra_gprime",
            "dZout",
            lambda v, c: v * (v + c["Y"]) * (1 - v - c["Y"]),
            {"loss": "bce", "sizes": (5, 4, 1)},
            "output",
        ),
        M(
            "softmax Jacobian's diagonal only",
            "softmax_diagonal",
            "dZout",
            lambda v, c: -c["Y"] * (1 - (v + c["Y"])),
        ),
        M(
            "softmax Jacobian's diagonal only, deep",
            "softmax_diagonal",
            "dZout",
            lambda v, c: -c["Y"] * (1 - (v + c["Y"])),
            DEEP,
        ),
        M("softmax: P, without - Y", "missing_label", "dZout", lambda v, c: v + c["Y"], {}, "output"),
        M(
            "hinge: margin ignored",
            "output",
            "dZout",
            lambda v, c: -c["Y"],
            {"loss": "hinge", "sizes": (5, 4, 1), "m": 20},
        ),
        M(
            "huber: never clipped",
            "output",
            "dZout",
            lambda v, c: c["Z2"] - c["Y"],
            {"loss": "huber", "m": 12},
        ),
        # the wrong matrix
        M("A2 for A1 in dW2", "wrong_A", "A1 in dW2", lambda v, c: c["A2"], SQUARE),
        M("A1 for X in dW1", "wrong_A", "A0 in dW1", lambda v, c: c["A1"], SQUARE),
        M("Z1 for A1 in dW2", "wrong_A", "A1 in dW2", lambda v, c: c["Z1"]),
        M("A2 for A1 in dW2, deep", "wrong_A", "A1 in dW2", lambda v, c: c["A2"], {"sizes": (5, 4, 4, 3)}),
        M("W1 for W2 in dA1", "wrong_W", "dA1", lambda v, c: c["W"][1].T @ c["dZ"], SQUARE, "layer"),
        # sums over the wrong axis
        M(
            "db1 over the wrong axis",
            "wrong_axis",
            "db1",
            lambda v, c: c["dZ"].sum(axis=0)[:, None] / c["m"],
            SQUARE,
        ),
        M(
            "db2 over the wrong axis",
            "wrong_axis",
            "db2",
            lambda v, c: c["dZ"].sum(axis=0)[:, None] / c["m"],
            SQUARE,
        ),
        M(
            "db1 takes the first example",
            "example_dropped",
            "db1",
            lambda v, c: c["dZ"][:, :1] / c["m"],
            {},
            "bias",
        ),
        M(
            "db2 sums everything",
            "wrong_axis",
            "db2",
            lambda v, c: np.full_like(v, c["dZ"].sum() / c["m"]),
            {"loss": "bce"},
            "bias",
        ),
        M("db1 is zero", "zero", "db1", times(0)),
        M("dW1 is zero", "zero", "dW1", times(0)),
        M("dW2 is zero, deep", "zero", "dW2", times(0), DEEP),
        # one place
        M("one entry of dW1 doubled", "one_entry", "dW1", one_entry(times(2))),
        M("one entry of dW2 with the other sign", "one_entry", "dW2", one_entry(times(-1))),
        M("one entry of dW2 off by 1e-4", "one_entry", "dW2", one_entry(times(1 + 1e-4))),
        M("one entry of db1 zero", "one_entry", "db1", one_entry(times(0))),
        M("one row of dW1 zero", "one_row", "dW1", one_row(times(0)), {}, "one_unit"),
        M("one row of dW2 with the other sign", "one_row", "dW2", one_row(times(-1)), {}, "one_unit"),
        M("one column of dW1 zero", "one_column", "dW1", one_row(times(0), 1)),
        M("one column of dW2 halved", "one_column", "dW2", one_row(times(0.5), 1)),
        M("one unit's delta dropped", "one_unit", "dZ1", one_row(times(0))),
        M("one unit's delta doubled, deep", "one_unit", "dZ2", one_row(times(2)), DEEP, "layer"),
        # the penalty
        M(
            "L2 forgotten",
            "missing_l2",
            "all",
            lambda g, c: {k: v - c["l2"] / c["m"] * c["p"][k] if k[0] == "W" else v for k, v in g.items()},
            L2,
        ),  # type: ignore[attr-defined, arg-type, return-value]
        M("L2 forgotten in W2", "missing_l2", "penalty2", times(0), L2),
        M(
            "L2 doubled",
            "doubled_l2",
            "all",
            lambda g, c: {k: v + c["l2"] / c["m"] * c["p"][k] if k[0] == "W" else v for k, v in g.items()},
            L2,
        ),  # type: ignore[attr-defined, arg-type, return-value]
        M("L2 doubled in W1", "doubled_l2", "penalty1", times(2), L2),
        M("L2 without 1/m", "l2_scale", "penalty1", lambda v, c: v * c["m"], L2, "doubled_l2"),
        M("L2 with the other sign", "l2_scale", "penalty2", times(-1), L2, "missing_l2"),
        M(
            "L2 on the biases",
            "l2_on_bias",
            "all",
            biases(lambda v, c: v + c["l2"] / c["m"] * c["p"][c["name"]]),
            L2,
        ),
        M(
            "L2 on the biases, deep",
            "l2_on_bias",
            "all",
            biases(lambda v, c: v + c["l2"] / c["m"] * c["p"][c["name"]]),
            {**DEEP, **L2},
        ),
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
