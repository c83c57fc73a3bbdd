"""Every layer type, activation and loss of numeric offers structured differences, and gradcheck's verdict rests on them."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import gradcheck
import numeric

D = numeric.Dense
IMAGE, SEQUENCE, VECTOR, IDS = (2, 5, 5), (4, 3), (5,), (4,)
#: class -> (layers of a small model around it, shape of an input)
AROUND: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "AvgPool2d": ([numeric.Conv2d(2, 2), numeric.AvgPool2d(2), numeric.Flatten(), D(3)], IMAGE),
    "BatchNorm": ([D(4), numeric.BatchNorm(), numeric.Tanh(), D(3)], VECTOR),
    "Conv2d": ([numeric.Conv2d(3, 3, stride=2, padding=1), numeric.ReLU(), numeric.Flatten(), D(3)], IMAGE),
    "Dense": ([D(4), numeric.Sigmoid(), D(3)], VECTOR),
    "Dropout": ([D(8), numeric.Tanh(), numeric.Dropout(0.4), D(3)], VECTOR),
    "Embedding": ([numeric.Embedding(6, 3), numeric.Flatten(), D(3)], IDS),
    "Flatten": ([numeric.Flatten(), D(3)], IMAGE),
    "LayerNorm": ([D(4), numeric.LayerNorm(), D(3)], VECTOR),
    "MaxPool2d": ([numeric.Conv2d(2, 2), numeric.MaxPool2d(2), numeric.Flatten(), D(3)], IMAGE),
    "MultiHeadAttention": ([numeric.MultiHeadAttention(2, causal=True), numeric.Flatten(), D(3)], SEQUENCE),
    "RMSNorm": ([D(4), numeric.RMSNorm(), D(3)], VECTOR),
    "Residual": ([numeric.Residual(D(5), numeric.SiLU(), D(5)), D(3)], VECTOR),
    "SwiGLU": ([numeric.SwiGLU(4), numeric.Flatten(), D(3)], SEQUENCE),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "penalised": {"l2": 0.3, "l1": 0.1},
    "weighted": {"label_smoothing": 0.1, "class_weights": [1.0, 2.0, 0.5]},
    "float32": {"dtype": np.float32},
}


def problem(name: str, options: dict[str, Any]) -> tuple[Any, Any, Any]:
    layers, shape = AROUND[name]
    rng = np.random.default_rng(7)
    model = numeric.Model(layers, input_shape=shape, rng=1, **options)
    X = rng.integers(0, 6, (*shape, 5)).astype(float) if shape == IDS else rng.standard_normal((*shape, 5))
    return model, X.astype(options.get("dtype", np.float64)), numeric.one_hot(rng.integers(0, 3, 5), 3)


def test_no_layer_type_is_left_out() -> None:
    classes = [
        name
        for name in numeric.layers.__all__
        if inspect.isclass(getattr(numeric.layers, name))
        and hasattr(getattr(numeric.layers, name), "backward")
    ]
    assert sorted({*classes, "Dense"}) == sorted(AROUND)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", AROUND)
def test_a_layer_is_checked_to_its_last_entry_by_structured_differences(name: str, options: str) -> None:
    model, X, Y = problem(name, OPTIONS[options])
    right, loss = model.gradients(X, Y), model.loss_at(X, Y)
    key = max(right, key=lambda k: float(np.abs(right[k]).max()))
    wrong = {k: v.copy() for k, v in right.items()}
    wrong[key].reshape(-1)[np.abs(right[key]).argmax()] *= np.float32(1.01)

    passed = gradcheck.check(loss, right, model.parameters)
    failed = gradcheck.check(loss, wrong, model.parameters)

    assert (passed.verdict, passed.method) == ("pass", "structured"), passed
    assert any("audited" in note for note in passed.notes)
    assert (failed.verdict, failed[key].n_wrong) == ("fail", 1)


@pytest.mark.parametrize("activation", sorted(numeric.ACTIVATIONS))
@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "bce", "mse", "hinge", "huber"])
def test_a_network_of_any_activation_and_loss_is_checked_by_structured_differences(
    activation: str, loss: str
) -> None:
    rng = np.random.default_rng(3)
    X, classes = rng.standard_normal((4, 6)), rng.integers(0, 3, 6)
    Y = {
        "hinge": rng.choice([-1.0, 1.0], (3, 6)),
        "mse": rng.standard_normal((3, 6)),
        "huber": 2 * rng.standard_normal((3, 6)),
    }
    net = numeric.Network([4, 5, 4, 3], activation=activation, loss=loss, l2=0.2, rng=2)
    labels = Y.get(loss, numeric.one_hot(classes, 3))

    report = gradcheck.check(net.loss_at(X, labels), net.gradients(X, labels), net.parameters)

    assert (report.verdict, report.method) == ("pass", "structured"), report
