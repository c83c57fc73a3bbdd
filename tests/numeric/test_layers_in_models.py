"""Models of all layers: their gradients pass gradcheck, they learn, and what they leave behind is what they promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
import numeric
from numeric import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    MaxPool2d,
    Model,
    MultiHeadAttention,
    ReLU,
    Residual,
    RMSNorm,
    SwiGLU,
)


def images() -> tuple[Model, Any, Any]:
    rng = np.random.default_rng(0)
    layers = [
        Conv2d(3, 3, padding=1),
        BatchNorm(),
        ReLU(),
        MaxPool2d(2),
        Residual(Conv2d(3, 3, padding=1, groups=3), ReLU()),
        AvgPool2d(2),
        Flatten(),
        Dense(3),
    ]
    model = Model(layers, input_shape=(2, 6, 5), loss="softmax_cross_entropy", rng=0)
    return model, rng.normal(size=(2, 6, 5, 7)), numeric.one_hot(rng.integers(0, 3, 7), 3)


def sequences() -> tuple[Model, Any, Any]:
    rng = np.random.default_rng(0)
    layers = [
        Embedding(4, 4),
        Residual(LayerNorm(), MultiHeadAttention(2, causal=True)),
        Residual(RMSNorm(), SwiGLU(3)),
        Flatten(),
        Dense(2),
    ]
    model = Model(layers, input_shape=(3,), loss="softmax_cross_entropy", rng=0)
    ids = rng.integers(0, 4, (3, 40))
    return model, ids, numeric.one_hot((ids[0] > ids[2]).astype(int), 2)


MODELS: dict[str, Callable[[], tuple[Model, Any, Any]]] = {"images": images, "sequences": sequences}


@pytest.mark.parametrize("name", MODELS)
def test_every_gradient_of_a_model_is_the_slope_of_its_cost(name: str) -> None:
    model, X, Y = MODELS[name]()

    def put(p: Any) -> None:
        for key, value in p.items():
            model.parameters[key] = value

    def cost(p: Any) -> float:
        put(p)
        return float(model.cost(X, Y))

    def gradient(p: Any) -> Any:
        put(p)
        return {key: np.array(g) for key, g in model.gradients(X, Y).items()}

    at = {key: np.array(value) for key, value in model.parameters.items()}
    report = gradcheck.check(cost, gradient, at, rng=0)

    assert report.verdict == "pass", str(report)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_learns_its_examples(name: str) -> None:
    model, X, Y = MODELS[name]()
    before = model.cost(X, Y)

    model.fit(X, Y, epochs=60, batch_size=7, learning_rate=0.1, rng=0)

    assert model.cost(X, Y) < before / 4


def test_dropout_in_a_model_draws_the_same_masks_from_the_same_seed_only() -> None:
    def trained(seed: int) -> Any:
        rng = np.random.default_rng(0)
        model = Model([Dense(8), ReLU(), Dropout(0.5), Dense(2)], input_shape=(4,), rng=seed)
        X, Y = rng.normal(size=(4, 20)), numeric.one_hot(rng.integers(0, 2, 20), 2)
        model.fit(X, Y, epochs=2, batch_size=5, learning_rate=0.1, rng=0)
        return np.concatenate([np.ravel(value) for value in model.parameters.values()])

    assert np.array_equal(trained(1), trained(1))
    assert not np.array_equal(trained(1), trained(2))
