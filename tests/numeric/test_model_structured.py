"""Structured differences of a model: every layer's change against the plain loss, and against its gradient."""

from __future__ import annotations

import numpy as np
import pytest

import numeric

D = numeric.Dense
IMAGE, SEQUENCE, IDS = (2, 6, 5), (4, 3), (5,)


def padded():
    """Make attention to places that are there; one example has none."""
    layer = numeric.MultiHeadAttention(2)
    layer.padding = np.array([[1, 1, 0, 1, 0, 1], [1, 0, 0, 1, 1, 1], [0, 1, 0, 1, 0, 1]], dtype=bool)
    return layer


MODELS = {
    "dense": ([D(5), numeric.Tanh(), D(3)], (4,)),
    "convolution": (
        [numeric.Conv2d(3, 3, padding=1, stride=2), numeric.SiLU(), numeric.Flatten(), D(3)],
        IMAGE,
    ),
    "groups": ([numeric.Conv2d(4, (3, 2), groups=2, dilation=(1, 2)), numeric.Flatten(), D(3)], IMAGE),
    "max pooling": ([numeric.Conv2d(2, 3), numeric.MaxPool2d(2), numeric.Flatten(), D(3)], IMAGE),
    "overlapping windows": (
        [numeric.Conv2d(2, 1), numeric.MaxPool2d(3, stride=2, padding=1), numeric.Flatten(), D(3)],
        IMAGE,
    ),
    "mean pooling": ([numeric.Conv2d(2, 3), numeric.AvgPool2d(2), numeric.Flatten(), D(3)], IMAGE),
    "batch norm": ([D(5), numeric.BatchNorm(), numeric.Sigmoid(), D(3)], (4,)),
    "batch norm of images": (
        [numeric.Conv2d(2, 3), numeric.BatchNorm(), numeric.ReLU(), numeric.Flatten(), D(3)],
        IMAGE,
    ),
    "layer norm": ([D(5), numeric.LayerNorm(), numeric.GELUTanh(), D(3)], (4,)),
    "RMS norm of sequences": ([D(5), numeric.RMSNorm(), numeric.Flatten(), D(3)], SEQUENCE),
    "dropout": ([D(8), numeric.ReLU(), numeric.Dropout(0.5), D(3)], (4,)),
    "residual": (
        [D(4), numeric.Residual(D(4), numeric.Dropout(0.3), numeric.ELU(), D(4)), numeric.LayerNorm(), D(3)],
        (4,),
    ),
    "embedding": ([numeric.Embedding(6, 3), numeric.Softplus(), numeric.Flatten(), D(3)], IDS),
    "SwiGLU": ([D(4), numeric.SwiGLU(5), numeric.Flatten(), D(3)], SEQUENCE),
    "attention": ([numeric.MultiHeadAttention(2), numeric.Flatten(), D(3)], SEQUENCE),
    "causal attention": (
        [
            numeric.Embedding(6, 4),
            numeric.Residual(numeric.MultiHeadAttention(1, causal=True)),
            numeric.Flatten(),
            D(3),
        ],
        IDS,
    ),
    "padded attention": (
        [padded(), numeric.Flatten(), D(3)],
        SEQUENCE,
    ),
    "softmax": ([D(4), numeric.Softmax(), D(3)], (4,)),
    "gelu, leaky": ([D(5), numeric.GELU(), D(4), numeric.LeakyReLU(), D(3)], (4,)),
}


def problem(name, m=6, **options):
    layers, shape = MODELS[name]
    rng = np.random.default_rng(3)
    model = numeric.Model(layers, input_shape=shape, rng=1, **options)
    for key, values in model.parameters.items():
        if key[-2:].strip("0123456789") in ("b", "gamma", "beta") or values.shape[-1] == 1:
            model.parameters[key] = values + 0.3 * rng.standard_normal(values.shape)
    X = rng.integers(0, 6, (*shape, m)).astype(float) if shape == IDS else rng.standard_normal((*shape, m))
    return model, X, numeric.one_hot(rng.integers(0, 3, m), 3)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("h", [1e-3, 0.3])
def test_structured_changes_are_the_changes_of_the_plain_loss(name, h):
    model, X, Y = problem(name, l2=0.3, label_smoothing=0.1)
    J, point = model.loss_at(X, Y), model.parameters.copy()

    for key in point:
        plus, minus, _ = J.differences(key, h)
        for index in np.ndindex(plus.shape):
            for sign, change in ((1, plus), (-1, minus)):
                moved = {k: v.copy() for k, v in point.items()}
                moved[key][index] += sign * h
                # The plain loss rounds at eps * J, several sums deep.
                assert change[index] == pytest.approx(J(moved) - J(point), rel=1e-10, abs=3e-14), (key, index)


@pytest.mark.parametrize("name", MODELS)
def test_a_tiny_step_loses_no_digits(name):
    model, X, Y = problem(name, class_weights=[1.0, 2.0, 0.5])
    J, gradients = model.loss_at(X, Y), model.gradients(X, Y)

    for key, gradient in gradients.items():
        plus, minus, crossed = J.differences(key, 1e-8)

        # Truncation is h^2 = 1e-16 of the third derivative; the rest is rounding of the changes themselves.
        assert np.abs((plus - minus) / 2e-8 - gradient)[~crossed].max(initial=0) < 1e-12
        assert crossed.mean() < 0.1


def test_a_wrong_winner_of_max_pooling_is_flagged_before_it_changes():
    model = numeric.Model([numeric.Conv2d(1, 1), numeric.MaxPool2d(2), numeric.Flatten(), D(2)], (1, 2, 2))
    model.parameters["W1"] = np.ones((1, 1, 1, 1))
    X = np.array([[[1.0], [1.0 - 1e-6]], [[0.0], [-1.0]]])[None]  # two places nearly tie
    J = model.loss_at(X, [[1.0], [0.0]])

    assert J.differences("b1", 1e-3)[2].all()
    assert not J.differences("W2", 1e-3)[2].any()


def test_a_layer_of_which_nothing_is_known_leaves_the_plain_loss():
    class Own(numeric.Dense):
        pass

    model = numeric.Model([Own(2)], input_shape=(3,))
    X, Y = np.ones((3, 2)), numeric.one_hot([0, 1])

    assert not hasattr(model.loss_at(X, Y), "differences")
    assert np.isfinite(model.loss_at(X, Y)(model.parameters))


def test_a_point_elsewhere_is_measured_there_and_the_model_stays():
    model, X, Y = problem("batch norm")
    J, before = model.loss_at(X, Y), model.parameters.copy()
    elsewhere = {name: values + 0.2 for name, values in before.items()}

    plus, _, _ = J.differences("W1", 1e-3, elsewhere)

    moved = {k: v.copy() for k, v in elsewhere.items()}
    moved["W1"][1, 2] += 1e-3
    assert plus[1, 2] == pytest.approx(J(moved) - J(elsewhere), rel=1e-9)
    assert all(np.array_equal(before[k], model.parameters[k]) for k in before)
