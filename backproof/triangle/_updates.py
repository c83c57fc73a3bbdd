"""The optimisers: the symbolic updates, chained from zero averages, beside a training by numeric."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from backproof.triangle._check import Measured, Task
from backproof.triangle._models import compare_gradients

__all__ = ["update_tasks"]

# Settings of each, none of them the usual one; beta is the one letter of the rules with a single average.
RULES: dict[str, dict[str, float]] = {
    "sgd": {},
    "momentum": {"beta": 0.75},
    "nesterov": {"beta": 0.75},
    "rmsprop": {"beta": 0.75, "epsilon": 1e-3},
    "adam": {"beta1": 0.75, "beta2": 0.875, "epsilon": 1e-3},
    "adamw": {"beta1": 0.75, "beta2": 0.875, "epsilon": 1e-3, "weight_decay": 0.5},
}
UPDATES = 3
RATE = 0.125


def update_tasks(name: str, seed: int) -> list[Task]:
    """Return the comparison of an optimiser with its symbolic update; none for other derivations."""
    if name not in RULES:
        return []
    return [Task(name, "symbolic=numeric", "library", partial(_same_updates, name, seed))]


def _same_updates(name: str, seed: int) -> Measured:
    """Train three steps; apply the derived update to the gradients at each place; compare every parameter."""
    import numeric

    rng = np.random.default_rng(seed)
    net = numeric.Network([3, 5, 2], activation="tanh", loss="mse", rng=seed)
    X, Y = rng.normal(size=(3, 7)), rng.normal(size=(2, 7))
    derived = {key: {"theta": array.ravel().copy()} for key, array in net.parameters.items()}
    update = _update(name)
    slopes = [net.gradients(X, Y)]
    rule = numeric.OPTIMISERS[name](**RULES[name])
    net.fit(
        X,
        Y,
        epochs=UPDATES,
        batch_size=None,
        learning_rate=RATE,
        optimiser=rule,
        callback=lambda _: slopes.append(net.gradients(X, Y)),
    )
    for t, gradients in enumerate(slopes[:UPDATES], start=1):
        for key, state in derived.items():
            update(state, gradients[key].ravel(), t, decays=key.startswith("W"))
    said = {key: state["theta"].reshape(net.parameters[key].shape) for key, state in derived.items()}
    return compare_gradients({"symbolic": said, "numeric": dict(net.parameters)})


def _update(name: str) -> Any:
    """Return the derived update: it moves theta and the averages v and s, whose start is 0."""
    from symbolic import library
    from symbolic.tensor import lambdify
    from symbolic.tensor._nodes import Symbol, in_order

    claims = {claim.label: claim.rhs for claim in library.claims(name)}
    wanted = [label for label in ("change of v", "change of s") if label in claims]
    settings = RULES[name]
    known = {
        "alpha": RATE,
        "beta": settings.get("beta", 0.0),
        "beta_1": settings.get("beta1", 0.0),
        "beta_2": settings.get("beta2", 0.0),
        "epsilon": settings.get("epsilon", 0.0),
    }

    def value(label: str, letters: dict[str, Any]) -> Any:
        symbols = [node for node in in_order([claims[label]]) if isinstance(node, Symbol)]
        return lambdify(claims[label], symbols)(*[letters[symbol.name] for symbol in symbols])

    def update(state: dict[str, Any], g: Any, t: int, *, decays: bool) -> None:
        letters = {**known, **state, "g": g, "lambda": settings.get("weight_decay", 0.0) * decays}
        letters |= {f"c_{i}": 1 - known[f"beta_{i}"] ** t for i in (1, 2)}
        for label in wanted:
            letter = label[-1]
            letters.setdefault(letter, np.zeros_like(g))
            letters[letter + "_{t+1}"] = letters[letter] + value(label, letters)
        state["theta"] = value("theta_{t+1}", letters)
        state |= {label[-1]: letters[label[-1] + "_{t+1}"] for label in wanted}

    return update
