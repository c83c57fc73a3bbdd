"""The three edges for the models, on small random data: derived entry by entry, coded by hand, measured."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from backproof.triangle._check import Measured, Task, largest
from backproof.triangle._slopes import slopes_agree

__all__ = ["MOST_RELATIVE", "compare_gradients", "model_tasks"]

# Sums of up to 2,000 products, each rounded by half an eps: at most 2.2e-13 of the largest term, and two of them.
MOST_RELATIVE = 1e-12

# sizes, activation, loss as numeric calls it, m: sizes all different, so that no transposed matrix fits.
MODELS: dict[str, tuple[list[int], str, str, int]] = {
    "linear_regression": ([3, 1], "identity", "mse", 8),
    "logistic_regression": ([3, 1], "identity", "bce", 8),
    "shallow_network": ([3, 4, 1], "tanh", "bce", 7),
    "deep_network": ([2, 4, 3, 1], "relu", "bce", 5),
}


def model_tasks(name: str, seed: int) -> list[Task]:
    """Return the three edges of one model."""
    return [
        Task(name, "symbolic=numeric", "model", partial(_same_numbers, name, seed)),
        Task(name, "numeric~gradcheck", "model", partial(_hand_slopes, name, seed)),
        Task(name, "symbolic~gradcheck", "model", partial(_derived_slopes, name, seed)),
    ]


def _model(name: str, seed: int) -> tuple[Any, Any, Any]:
    """Build the network with random parameters (biases too: zeros would hide a missing one) and random data."""
    import numeric

    sizes, activation, loss, m = MODELS[name]
    rng = np.random.default_rng(seed)
    net = numeric.Network(sizes, activation=activation, loss=loss, rng=seed)
    net.parameters = {key: rng.normal(size=np.shape(value)) for key, value in net.parameters.items()}
    X = rng.normal(size=(sizes[0], m))
    if loss == "softmax_cross_entropy":
        Y = np.eye(sizes[-1])[:, rng.integers(0, sizes[-1], m)]
    elif loss == "bce":
        Y = rng.integers(0, 2, (sizes[-1], m)).astype(np.float64)
    else:
        Y = rng.normal(size=(sizes[-1], m))
    return net, X, Y


def _same_numbers(name: str, seed: int) -> Measured:
    import symbolic

    net, X, Y = _model(name, seed)
    parameters = dict(net.parameters)
    derived = {
        "J": symbolic.to_numpy(name)(parameters, X, Y),
        **symbolic.to_numpy(name, order=1)(parameters, X, Y),
    }
    by_hand = {"J": net.cost(X, Y), **net.gradients(X, Y)}
    return compare_gradients({"symbolic": derived, "numeric": by_hand})


def compare_gradients(said: dict[str, dict[str, Any]]) -> Measured:
    """Compare what several witnesses say of the same arrays, entry by entry, each with the first.

    Returns
    -------
    Measured
        The worst difference over the largest entry of its array.
    """
    (first, reference), *others = said.items()
    deviations, told = [], ""
    for other, arrays in others:
        if set(arrays) != set(reference):
            return Measured(
                np.inf, "relative", "fail", f"{first} gives {sorted(reference)}, {other} {sorted(arrays)}"
            )
        for key, expected in reference.items():
            a, b = np.asarray(expected, np.float64), np.asarray(arrays[key], np.float64)
            if a.shape != b.shape:
                return Measured(
                    np.inf, "relative", "fail", f"{key} has shape {a.shape} in {first}, {b.shape} in {other}"
                )
            scale = np.max(np.abs(a), initial=0.0)
            off = np.abs(a - b) / scale if scale > 0 else np.abs(a - b)
            deviations.append(off)
            if not told and not np.all(off <= MOST_RELATIVE):
                at = np.unravel_index(int(np.argmax(np.where(np.isnan(off), np.inf, off))), off.shape)
                entry = f"{key}{[int(i) for i in at]}" if at else key
                told = f"{entry}: {first} says {a[at]:.12g}, {other} {b[at]:.12g}"
    figure = largest(deviations, "entries of gradients")
    return Measured(figure, "relative", "pass" if figure <= MOST_RELATIVE else "fail", told)


def _hand_slopes(name: str, seed: int) -> Measured:
    net, X, Y = _model(name, seed)
    case = ("random parameters", net.loss_at(X, Y), net.gradients_at(X, Y), dict(net.parameters))
    return slopes_agree([case], f"numeric's gradient of {name}", seed)


def _derived_slopes(name: str, seed: int) -> Measured:
    import symbolic

    net, X, Y = _model(name, seed)
    cost, gradient = symbolic.to_numpy(name), symbolic.to_numpy(name, order=1)
    case = (
        "random parameters",
        lambda p: float(cost(p, X, Y)),
        lambda p: gradient(p, X, Y),
        dict(net.parameters),
    )
    return slopes_agree([case], f"symbolic's gradient of {name}", seed)
