"""A `numeric.Network` shows its forward pass to the diagnosis, which then names the mistake and its place.

The backward pass is written out here, as a learner would write it, with one mistake at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import gradcheck
import numeric

Array = np.ndarray
M = 6
RNG = np.random.default_rng(5)


def softmax_net(sizes: tuple[int, ...] = (6, 6, 6), activation: str = "tanh") -> tuple[Any, Array, Array]:
    net = numeric.Network(list(sizes), activation=activation, loss="softmax_cross_entropy", rng=1)
    X = RNG.standard_normal((sizes[0], M))
    Y = np.eye(sizes[-1])[:, RNG.integers(0, sizes[-1], M)]
    return net, X, Y


def backward(
    net: Any, X: Array, Y: Array, mistake: str, point: Mapping[str, Array] | None = None
) -> Callable[[Mapping[str, Array]], dict[str, Array]]:
    """Return the gradient of a network with one hidden layer of tanh units, and one mistake."""
    kept = net.loss_at(X, Y).cache(point) if point is not None else None

    def gradient(p: Mapping[str, Array]) -> dict[str, Array]:
        c = net.loss_at(X, Y).cache(p) if kept is None else kept
        A2, A1, m = c["A2"], c["A1"], X.shape[1]
        dZ2 = -Y * (1 - A2) if mistake == "softmax diagonal" else A2 - Y
        at = A1 if mistake == "g' at A" else c["Z1"]
        slope = np.ones_like(at) if mistake == "no g'" else 1 - np.tanh(at) ** 2
        W2 = p["W2"].T if mistake == "W2 not transposed" else p["W2"]
        dZ1 = W2.T @ dZ2 * slope
        dW2 = dZ2 @ A1.T / (1 if mistake == "no mean in dW2" else m)
        dW1 = dZ1 @ X.T / m
        return {
            "W1": dW1.T if mistake == "dW1 transposed" else dW1,
            "b1": dZ1.mean(axis=1, keepdims=True),
            "W2": dW2,
            "b2": dZ2.mean(axis=1, keepdims=True),
        }

    return gradient


@pytest.mark.parametrize(
    ("mistake", "cause", "where"),
    [
        ("g' at A", "gprime_at_A", "g'(Z1)"),
        ("no g'", "missing_gprime", "g'(Z1)"),
        ("no mean in dW2", "missing_mean", "W2"),
        ("dW1 transposed", "transpose", "W1"),
        ("W2 not transposed", "transpose", "dA1"),
        ("softmax diagonal", "softmax_diagonal", "dZ2"),
    ],
)
def test_the_first_cause_is_the_mistake_that_was_made(mistake: str, cause: str, where: str) -> None:
    net, X, Y = softmax_net()
    report = gradcheck.check(net.loss_at(X, Y), backward(net, X, Y, mistake), net.parameters)
    assert report.verdict == "fail"
    assert report.method == "structured"
    assert (report.diagnosis[0].cause, report.diagnosis[0].where) == (cause, where)


def test_the_same_backward_pass_without_a_mistake_passes() -> None:
    net, X, Y = softmax_net()
    report = gradcheck.check(net.loss_at(X, Y), backward(net, X, Y, "none"), net.parameters)
    assert report.verdict == "pass"


def test_activations_kept_from_another_point_are_a_stale_cache() -> None:
    net, X, Y = softmax_net()
    older = {name: 0.9 * values for name, values in net.parameters.items()}
    gradient = backward(net, X, Y, "none", point=older)
    report = gradcheck.check(net.loss_at(X, Y), gradient, net.parameters)
    assert report.verdict == "fail"
    assert report.diagnosis[0].cause == "stale_cache"


def test_the_mean_missing_in_a_large_network_is_named_with_its_number_of_examples() -> None:
    net, X, Y = softmax_net((20, 12, 4), "relu")
    gradients = net.gradients(X, Y)
    gradients["W1"] = M * gradients["W1"]
    report = gradcheck.check(net.loss_at(X, Y), gradients, net.parameters)
    assert report.diagnosis[0].cause == "missing_mean"
    assert f"m = {M} times too large" in report.diagnosis[0].message
