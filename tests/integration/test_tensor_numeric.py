"""Two witnesses on the same gradients: the library's formulas for any size, run, against numeric's hand-written code.

numeric keeps examples on the last axis, its dA is that of the per-example losses, and its parameter gradients are
means over the examples; the library's formulas sum, so each is divided by m here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import numeric
from symbolic import library
from symbolic.tensor import Tensor, axis, gradients, lambdify, logsumexp, tanh, tensor

Arrays = dict[str, Any]
RNG = np.random.default_rng(11)


def _run(name: str, labels: tuple[str, ...], arrays: Arrays) -> list[Any]:
    """Run formulas of a derivation on arrays given by name."""
    from symbolic.tensor._nodes import Symbol, in_order

    found: dict[str, Tensor] = {claim.label: claim.rhs for claim in library.claims(name)}
    formulas = [found[label] for label in labels]
    symbols = [node for node in in_order(formulas) if isinstance(node, Symbol)]
    sizes = {}
    for claim in library.claims(name):  # the axes that only windows have
        for node in in_order([claim.lhs, claim.rhs]):
            if isinstance(node, Symbol) and node.name in arrays:
                sizes.update(zip(node.axes, np.shape(arrays[node.name]), strict=True))
    return list(lambdify(formulas, symbols, sizes=sizes)(*[arrays[symbol.name] for symbol in symbols]))


def _close(mine: Any, theirs: Any) -> None:
    np.testing.assert_allclose(np.reshape(mine, np.shape(theirs)), theirs, rtol=1e-11, atol=1e-12)


def _layer(layer: Any, X: Any) -> tuple[Any, Any]:
    layer.build(X.shape[:-1], np.random.default_rng(1), np.float64)
    for array in layer.parameters.values():
        array[...] = RNG.normal(size=array.shape)
    A = layer.forward(X, training=True).copy()
    dA = RNG.normal(size=A.shape)
    dX = layer.backward(dA.copy()).copy()
    return dA, dX


def test_attention_agrees() -> None:
    Q, K, V, dO = (RNG.normal(size=shape) for shape in ((5, 3), (6, 3), (6, 4), (5, 4)))
    attended = numeric.scaled_dot_product_attention(Q, K, V)

    mine = _run("attention", ("dJ/dQ", "dJ/dK", "dJ/dV"), {"Q": Q, "K": K, "V": V, "dO": dO})

    for left, right in zip(mine, numeric.scaled_dot_product_attention_backward(dO, attended), strict=True):
        _close(left, right)


def test_causal_attention_agrees() -> None:
    Q, K, V, dO = (RNG.normal(size=shape) for shape in ((5, 3), (5, 3), (5, 4), (5, 4)))
    mask = np.tri(5)
    attended = numeric.scaled_dot_product_attention(Q, K, V, mask.astype(bool))

    mine = _run(
        "causal_attention", ("dJ/dQ", "dJ/dK", "dJ/dV"), {"Q": Q, "K": K, "V": V, "dO": dO, "C": mask}
    )

    for left, right in zip(mine, numeric.scaled_dot_product_attention_backward(dO, attended), strict=True):
        _close(left, right)


@pytest.mark.parametrize(
    ("name", "layer", "labels"),
    [
        ("batch_norm", numeric.BatchNorm(), {"gamma": "dJ/dgamma", "beta": "dJ/dbeta"}),
        ("layer_norm", numeric.LayerNorm(), {"gamma": "dJ/dgamma", "beta": "dJ/dbeta"}),
        ("rms_norm", numeric.RMSNorm(), {"gamma": "dJ/dgamma"}),
    ],
)
def test_normalisation_agrees(name: str, layer: Any, labels: dict[str, str]) -> None:
    X = RNG.normal(size=(4, 7))
    dA, dX = _layer(layer, X)
    arrays = {
        "X": X,
        "dZ": dA,
        "epsilon": layer.eps,
        **{key: array.ravel() for key, array in layer.parameters.items()},
    }

    mine = _run(name, ("dJ/dX", *labels.values()), arrays)

    _close(mine[0], dX)
    for key, value in zip(labels, mine[1:], strict=True):
        _close(value / 7, layer.gradients[key])


def test_convolution_agrees() -> None:
    layer = numeric.Conv2d(3, (3, 2), stride=2, padding=1)
    X = RNG.normal(size=(2, 7, 8, 4))
    dA, dX = _layer(layer, X)
    first = (3, 0, 1, 2)  # examples last in numeric, first in the library
    arrays = {
        "X": X.transpose(first),
        "dZ": dA.transpose(first),
        "K": layer.parameters["W"],
        "b": np.zeros(3),
    }

    mine = _run("conv2d", ("dJ/dX", "dJ/dK", "dJ/db"), arrays)

    _close(mine[0].transpose(1, 2, 3, 0), dX)
    _close(mine[1] / 4, layer.gradients["W"])
    _close(mine[2] / 4, layer.gradients["b"])


@pytest.mark.parametrize(("name", "kind"), [("max_pool", numeric.MaxPool2d), ("avg_pool", numeric.AvgPool2d)])
def test_pooling_agrees(name: str, kind: Callable[..., Any]) -> None:
    X = RNG.normal(size=(2, 7, 8, 4))
    dA, dX = _layer(kind((3, 2), stride=2), X)
    first = (3, 0, 1, 2)
    claim = library.claims(name)[-1]
    from symbolic.tensor._nodes import Symbol, in_order

    sizes = {axis("k_h"): 3, axis("k_w"): 2, axis("h"): 7, axis("w"): 8}
    symbols = [node for node in in_order([claim.rhs]) if isinstance(node, Symbol)]
    arrays = {"X": X.transpose(first), "dA": dA.transpose(first)}
    mine = lambdify(claim.rhs, symbols, sizes=sizes)(*[arrays[symbol.name] for symbol in symbols])

    _close(mine.transpose(1, 2, 3, 0), dX)


def test_swiglu_agrees() -> None:
    layer = numeric.SwiGLU(6, 3)
    X = RNG.normal(size=(4, 5))
    dA, dX = _layer(layer, X)
    p = layer.parameters

    mine = _run(
        "swiglu_block",
        ("dJ/dX", "dJ/dW", "dJ/dV", "dJ/dU"),
        {"X": X, "dO": dA, "W": p["W"], "V": p["V"], "U": p["W2"]},
    )

    _close(mine[0], dX)
    for value, key in zip(mine[1:], ("W", "V", "W2"), strict=True):
        _close(value / 5, layer.gradients[key])


def test_embedding_agrees() -> None:
    layer = numeric.Embedding(5, 3)
    ids = np.array([[0], [2], [2], [4]])
    layer.build((4,), np.random.default_rng(1), np.float64)
    layer.forward(ids)
    dA = RNG.normal(size=(3, 4, 1))
    layer.backward(dA)

    (mine,) = _run("embedding", ("dJ/dE",), {"T": np.eye(5)[ids[:, 0]], "dX": dA[:, :, 0].T})

    _close(mine.T, layer.gradients["W"])


@pytest.mark.parametrize("name", ["linear_regression", "logistic_regression"])
def test_regression_agrees(name: str) -> None:
    X, w, b = RNG.normal(size=(3, 6)), RNG.normal(size=3), RNG.normal()
    y = (RNG.random(6) > 0.5).astype(float)
    _, dW, db = getattr(numeric, f"{name}_gradients")(w[None, :], [[b]], X, y[None, :])

    mine = _run(f"{name}_any_size", ("dJ/dw", "dJ/db"), {"X": X, "y": y, "w": w, "b": b})

    _close(mine[0], dW)
    _close(mine[1], db)


def _network(batch: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """The gradient of a 784-128-10 network: generated, and numeric's."""
    n_x, n_1, n_2, m = axis("n_x"), axis("n_1"), axis("n_2"), axis("m")
    X, Y = tensor("X", n_x, m), tensor("Y", n_2, m)
    W1, b1, W2, b2 = tensor("W1", n_1, n_x), tensor("b1", n_1), tensor("W2", n_2, n_1), tensor("b2", n_2)
    Z2 = W2 @ tanh(W1 @ X + b1[:, None]) + b2[:, None]
    J = (logsumexp(Z2, axis=n_2) - (Y * Z2).sum(axis=n_2)).mean()
    run = lambdify(gradients(J, [W1, b1, W2, b2]), [X, Y, W1, b1, W2, b2])
    network = numeric.Network([784, 128, 10], activation="tanh", loss="softmax_cross_entropy", rng=0)
    x, y = RNG.normal(size=(784, batch)), np.eye(10)[RNG.integers(0, 10, batch)].T.copy()
    p = network.parameters
    w1, c1, w2, c2 = p["W1"], p["b1"].ravel(), p["W2"], p["b2"].ravel()
    return lambda: run(x, y, w1, c1, w2, c2), lambda: tuple(network.gradients(x, y).values())


@pytest.mark.parametrize("batch", [32, 256])
def test_the_generated_gradient_of_a_784_128_10_network_agrees(batch: int) -> None:
    generated, by_numeric = _network(batch)

    for mine, theirs in zip(generated(), by_numeric(), strict=True):
        np.testing.assert_allclose(mine.reshape(theirs.shape), theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.serial
@pytest.mark.parametrize("batch", [32, 256])
def test_the_generated_gradient_costs_at_most_twice_what_numeric_does(batch: int) -> None:
    generated, by_numeric = _network(batch)
    best = [float("inf"), float("inf")]

    for _ in range(60):  # interleaved, so that what else the machine does meets both alike
        for place, run in enumerate((generated, by_numeric)):
            start = time.perf_counter()
            run()
            best[place] = min(best[place], time.perf_counter() - start)

    assert best[0] <= 2 * best[1], best
