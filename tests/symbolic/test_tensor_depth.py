"""Deep networks, and functions of functions: what is alike on both sides is not taken apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from symbolic import replay
from symbolic.tensor import (
    axis,
    differentiate,
    elementwise,
    gelu,
    positive,
    prove_tensor,
    relu,
    sigmoid,
    softmax,
    sqrt,
    tanh,
    tensor,
)

m, n = axis("m"), axis("n")
LAYERS = 6


def network(g: Any) -> tuple[Any, Any]:
    """The gradient by the first weights, derived, and as the notes write it."""
    widths = [axis(f"n{layer}") for layer in range(LAYERS + 1)]
    A = X = tensor("X", widths[0], m)
    W, Z = [], []
    for layer in range(1, LAYERS + 1):
        W.append(tensor(f"W{layer}", widths[layer], widths[layer - 1]))
        Z.append(W[-1] @ A + tensor(f"b{layer}", widths[layer])[:, None])
        A = g(Z[-1])
    Y = tensor("Y", widths[-1], m)
    dZ = (A - Y) * g.derivative(Z[-1])
    for weights, below in zip(W[:0:-1], Z[-2::-1], strict=True):
        dZ = (weights.T @ dZ) * g.derivative(below)
    return differentiate(((A - Y) ** 2).sum() / (2 * m.size), W[0]), dZ @ X.T / m.size


@pytest.mark.parametrize("g", [tanh, sigmoid, relu, gelu, elementwise("g")], ids=lambda g: g.name)
def test_six_layers_are_proved_and_checked_and_a_factor_two_is_refuted(g: Any) -> None:
    dW, right = network(g)

    verdict = prove_tensor(dW, right)

    assert verdict.status == "proved"
    assert replay(json.loads(json.dumps(verdict.certificate)))
    assert prove_tensor(dW, 2 * right).status == "refuted"


def test_what_functions_have_in_common_is_still_used() -> None:
    Z, c = tensor("Z", n, m), tensor("c", m)

    assert prove_tensor(tanh(Z), 2 * sigmoid(2 * Z) - 1).status == "proved"
    assert prove_tensor(relu(Z) - relu(-Z), Z).status == "proved"
    assert prove_tensor(softmax(Z + c, axis=n), softmax(Z, axis=n)).status == "proved"
    assert prove_tensor(softmax(Z, axis=n).sum(axis=n), 1).status == "proved"
    assert prove_tensor(softmax(Z, axis=n).sum(axis=m), 1).status == "refuted"


def test_a_root_and_a_quotient_of_one_sum_are_powers_of_it() -> None:
    X, U, eps = tensor("X", m, n), tensor("U", m, n), tensor("eps")
    spread = X - X.mean(axis=1, keepdims=True)
    variance = (spread**2).mean(axis=1, keepdims=True) + eps
    hat, g = spread / sqrt(variance), elementwise("g")
    assume = (positive(eps),)

    slope = differentiate((U * hat).sum(), eps)
    right = prove_tensor(g(slope), g(-(U * hat / variance).sum() / 2), assume)
    mean = prove_tensor((hat**2).mean(axis=1), (1 - eps / variance).sum(axis=1), assume)

    assert (right.status, mean.status) == ("proved", "proved")
    assert replay(json.loads(json.dumps(right.certificate)))
    assert replay(json.loads(json.dumps(mean.certificate)))
    assert prove_tensor(slope, (U * hat / variance).sum() / 2, assume).status == "refuted"
