"""Forward and backward propagation as the notes write them, over all m examples at once.

    Z[l] = W[l] A[l-1] + b[l]        dZ[L]  from the loss
    A[l] = g(Z[l])                   dW[l]  = (1/m) dZ[l] A[l-1]^T  (+ the penalty's)
                                     db[l]  = (1/m) sum over the examples of dZ[l]
                                     dA[l-1] = W[l]^T dZ[l],   dZ[l-1] = dA[l-1] * g'(Z[l-1])

dZ and dA belong to the per-example losses; dW and db to the cost J, so 1/m stands exactly where a sum over the
examples is taken. `over_examples` is the product dZ A^T. Every array here is new: this is the page to read. Training
runs `_step.py`, which does the same in buffers, and a test holds the two together.

Derived line by line, each line proved: ``backproof derive backprop_recursion`` or ``backprop_induction``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from numeric._layer import Array
from numeric._long_sums import over_examples
from numeric._objective import Objective
from numeric._output import output
from numeric.functions import ACTIVATIONS

__all__ = ["backward", "cost", "forward", "last_Z"]


def forward(
    parameters: Mapping[str, Array], X: Array, activations: Sequence[str], loss: str
) -> dict[str, Array]:
    """Return the cache ``{"A0": X, "Z1": ..., "A1": ..., ..., "ZL": ..., "AL": ...}``."""
    cache = {"A0": X}
    A = X
    for layer, name in enumerate(activations, start=1):
        Z = parameters[f"W{layer}"] @ A + parameters[f"b{layer}"]
        A = ACTIVATIONS[name].function(Z)
        cache[f"Z{layer}"], cache[f"A{layer}"] = Z, A
    layer = len(activations) + 1
    Z = parameters[f"W{layer}"] @ A + parameters[f"b{layer}"]
    cache[f"Z{layer}"], cache[f"A{layer}"] = Z, output(loss, Z)
    return cache


def last_Z(parameters: Mapping[str, Array], X: Array, activations: Sequence[str]) -> Array:
    """Return Z of the output layer, keeping nothing on the way."""
    A = X
    for layer, name in enumerate(activations, start=1):
        A = ACTIVATIONS[name].function(parameters[f"W{layer}"] @ A + parameters[f"b{layer}"])
    layer = len(activations) + 1
    Z: Array = parameters[f"W{layer}"] @ A + parameters[f"b{layer}"]
    return Z


def cost(parameters: Mapping[str, Array], Z: Array, Y: Array, objective: Objective) -> float:
    """Return J from Z of the output layer: the mean loss and the penalty."""
    weights = (W for name, W in parameters.items() if name[0] == "W")
    return objective.mean_loss(Z, Y) + objective.penalty(weights, Y.shape[1])


def backward(
    parameters: Mapping[str, Array],
    cache: Mapping[str, Array],
    Y: Array,
    activations: Sequence[str],
    objective: Objective,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the gradients of J by parameter, and the errors ``{"dZ1": ..., "dA1": ..., ..., "dZL": ...}``."""
    m = Y.shape[1]
    layers = len(activations) + 1
    gradients: dict[str, Array] = {}
    errors: dict[str, Array] = {}
    dZ = objective.slope(cache[f"Z{layers}"], Y)
    for layer in range(layers, 0, -1):
        W, A_prev = parameters[f"W{layer}"], cache[f"A{layer - 1}"]
        errors[f"dZ{layer}"] = dZ
        gradients[f"W{layer}"] = over_examples(dZ, A_prev, m) / m + objective.penalty_slope(W, m)
        gradients[f"b{layer}"] = dZ.sum(axis=1, keepdims=True) / m
        if layer > 1:
            dA = W.T @ dZ
            errors[f"dA{layer - 1}"] = dA
            dZ = _through(activations[layer - 2], dA, cache[f"Z{layer - 1}"], A_prev)
    return {name: gradients[name] for name in parameters}, errors


def _through(name: str, dA: Array, Z: Array, A: Array) -> Array:
    """Return dZ = dA * g'(Z); for softmax, whose outputs depend on every input, the Jacobian applied to dA."""
    if name == "softmax":
        slope: Array = dA - (dA * A).sum(axis=0, keepdims=True)
        return A * slope
    dZ: Array = dA * ACTIVATIONS[name].derivative(Z)
    return dZ
