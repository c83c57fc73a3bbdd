"""Networks on real data: derived entry by entry, derived for every size, coded by hand, and measured."""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from backproof.triangle._check import Measured, Task
from backproof.triangle._models import compare_gradients
from backproof.triangle._slopes import slopes_agree

__all__ = ["DATA_SETS", "network_tasks"]

# data -> sizes, activation, loss
DATA_SETS: dict[str, tuple[tuple[int, ...], str, str]] = {
    "digits": ((64, 6, 10), "relu", "softmax_cross_entropy"),
    "breast_cancer": ((30, 8, 4, 1), "tanh", "bce"),
}
L2 = Fraction(3, 8)  # an exact float, so that every witness takes the same number
STEPS = 40  # of gradient descent: gradients are compared where training begins and where it has led
EXAMPLES = 64  # whose slopes are measured, for every parameter


def network_tasks(data: str, seed: int) -> list[Task]:
    """Return the checks of one data set: the gradients compared, and the gradients measured."""
    row = f"{data} {'-'.join(map(str, DATA_SETS[data][0]))}"
    return [
        Task(
            f"{row}: derived = by hand",
            "network",
            "network",
            functools.partial(_agree, data, seed),
            row,
            "symbolic=numeric",
        ),
        Task(
            f"{row}: by hand ~ measured",
            "network",
            "network",
            functools.partial(_measured, data, seed),
            row,
            "numeric~gradcheck",
        ),
    ]


def _trained(data: str, seed: int) -> tuple[list[dict[str, Any]], Any, Any, Any]:
    """Return the network, its data, and its parameters before and after some steps of training."""
    import numeric

    sizes, activation, loss = DATA_SETS[data]
    X, Y = getattr(numeric, f"load_{data}")()
    net = numeric.Network(list(sizes), activation=activation, loss=loss, l2=float(L2), rng=seed)
    places = [{key: value.copy() for key, value in net.parameters.items()}]
    for _ in range(STEPS):
        net.step(X, Y, learning_rate=0.3)
    places.append({key: value.copy() for key, value in net.parameters.items()})
    return places, net, X, Y


def _agree(data: str, seed: int) -> Measured:
    """Compare cost and every entry of the gradients, on all examples, at both places."""
    import symbolic

    places, net, X, Y = _trained(data, seed)
    sizes, activation, loss = DATA_SETS[data]
    entry_by_entry = symbolic.network_gradients(list(sizes), activation, loss, l2=net.l2)
    any_size = _for_every_size(len(sizes) - 1, activation, loss, L2)
    found = []
    for parameters in places:
        net.parameters = parameters
        cost, derived = entry_by_entry(parameters, X, Y)
        said = {
            "numeric by hand": {"J": net.cost(X, Y), **net.gradients(X, Y)},
            "symbolic entry by entry": {"J": cost, **derived},
            "symbolic for every size": any_size(parameters, X, Y),
        }
        found.append(compare_gradients(said))
    worst = max(found, key=lambda one: one.figure)
    return next((one for one in found if one.verdict != "pass"), worst)


def _measured(data: str, seed: int) -> Measured:
    places, net, X, Y = _trained(data, seed)
    X, Y = X[:, :EXAMPLES], Y[:, :EXAMPLES]
    net.parameters = places[-1]
    case = (f"{EXAMPLES} examples", net.loss_at(X, Y), net.gradients_at(X, Y), dict(net.parameters))
    return slopes_agree([case], f"numeric's gradient on {data}", seed)


@functools.cache
def _for_every_size(n_layers: int, activation: str, loss: str, l2: Fraction) -> Callable[..., dict[str, Any]]:
    """Derive cost and gradients once with symbolic sizes, and return them as a NumPy function."""
    from symbolic import tensor as calculus

    n = [calculus.axis(f"n_{k}") for k in range(n_layers + 1)]
    m = calculus.axis("m")
    X, Y = calculus.tensor("X", n[0], m), calculus.tensor("Y", n[-1], m)
    parameters: dict[str, Any] = {}
    squares: Any = 0
    A: Any = X
    Z: Any = X
    for k in range(1, n_layers + 1):
        W, b = calculus.tensor(f"W{k}", n[k], n[k - 1]), calculus.tensor(f"b{k}", n[k])
        parameters |= {f"W{k}": W, f"b{k}": b}
        squares = squares + (W * W).sum()
        Z = W @ A + b[:, None]
        A = getattr(calculus, activation)(Z)
    if loss == "softmax_cross_entropy":
        losses = -(Y * calculus.log_softmax(Z, axis=n[-1])).sum()
    else:
        losses = (calculus.softplus(Z) - Y * Z).sum()
    cost = losses / m.size + l2 / 2 * squares / m.size
    slopes = [calculus.differentiate(cost, p) for p in parameters.values()]
    run = calculus.lambdify([cost, *slopes], [*parameters.values(), X, Y])

    def function(values: dict[str, Any], X: Any, Y: Any) -> dict[str, Any]:
        arrays = [v[:, 0] if key[0] == "b" else v for key, v in values.items()]  # one axis: b has no columns
        J, *gradients = run(*arrays, X, Y)
        named = dict(zip(values, gradients, strict=True))
        return {"J": J, **{key: g[:, None] if key[0] == "b" else g for key, g in named.items()}}

    return function
