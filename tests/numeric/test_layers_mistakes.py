"""Wrong uses of the layers are named, with the value that was found and the one expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numeric import NumericError, ShapeError
from numeric.layers import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    MaxPool2d,
    MultiHeadAttention,
    Residual,
    RMSNorm,
    SwiGLU,
    attention_mask,
    scaled_dot_product_attention,
)

WRONG_USES: dict[str, tuple[Callable[[], Any], str]] = {
    "images without channels": (
        lambda: built(Conv2d(2, 3, padding=1), (8, 8)),
        r"input_shape \(8, 8\); expected images \(C, H, W\)",
    ),
    "a window larger than the image": (
        lambda: built(Conv2d(1, 5), (1, 4, 8)),
        "no room for a window of 5. Expected at least 5",
    ),
    "channels not a multiple of groups": (
        lambda: built(Conv2d(2, 1, groups=2), (3, 4, 4)),
        "got 3 channels; expected a multiple of groups, which is 2",
    ),
    "filters not a multiple of groups": (
        lambda: Conv2d(3, 1, groups=2),
        "filters is 3; expected a multiple of groups, which is 2",
    ),
    "no filters": (
        lambda: Conv2d(0, 1),
        "filters is 0; expected a whole number of at least 1",
    ),
    "a kernel of zero": (
        lambda: Conv2d(1, 0),
        "kernel is 0; expected a whole number of at least 1",
    ),
    "a kernel of three numbers": (
        lambda: Conv2d(1, (1, 2, 3)),  # type: ignore[arg-type]
        r"kernel is \(1, 2, 3\)",
    ),
    "a stride of a half": (
        lambda: Conv2d(1, 1, stride=(1, 0.5)),  # type: ignore[arg-type]
        r"stride is \(1, 0.5\)",
    ),
    "a negative padding": (
        lambda: Conv2d(1, 1, padding=-1),
        "padding is -1; expected a whole number of at least 0",
    ),
    "more padding than window": (
        lambda: MaxPool2d(2, padding=2),
        r"padding is \(2, 2\); expected at most half of the size",
    ),
    "a pool larger than the image": (
        lambda: built(AvgPool2d(5), (1, 4, 8)),
        "no room for a window of 5",
    ),
    "all dropped": (
        lambda: Dropout(1.0),
        "p is 1.0; expected a probability of at least 0 and less than 1",
    ),
    "dropout before build": (
        lambda: Dropout().forward(np.ones((2, 2)), training=True),
        r"expected build\(",
    ),
    "no eps": (
        lambda: LayerNorm(0.0),
        "eps is 0.0; expected a finite number above 0",
    ),
    "momentum too large": (
        lambda: BatchNorm(momentum=2.0),
        "momentum is 2.0",
    ),
    "a batch of one": (
        lambda: built(BatchNorm(), (3,)).forward(np.ones((3, 1)), training=True),
        r"A_prev has shape \(3, 1\): one entry",
    ),
    "no features": (
        lambda: built(RMSNorm(), ()),
        r"input_shape \(\); expected at least one axis",
    ),
    "heads that do not divide": (
        lambda: built(MultiHeadAttention(2), (3, 4)),
        "width 3; expected a multiple of heads, which is 2",
    ),
    "attention to columns": (
        lambda: built(MultiHeadAttention(2), (4,)),
        r"expected sequences \(d, T\)",
    ),
    "the padding of another batch": (
        lambda: padded().forward(np.zeros((4, 3, 2))),
        r"padding has shape \(3, 5\); expected \(3, 2\)",
    ),
    "padding of another length": (
        lambda: attention_mask(4, padding=np.ones((3, 2), bool)),
        r"padding has shape \(3, 2\); expected \(4, m\)",
    ),
    "keys of another width": (
        lambda: scaled_dot_product_attention(np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 1))),
        r"K has shape \(2, 4\)",
    ),
    "values of another length": (
        lambda: scaled_dot_product_attention(np.ones((2, 3)), np.ones((2, 3)), np.ones((3, 1))),
        r"V has shape \(3, 1\)",
    ),
    "an id too large": (
        lambda: built(Embedding(3, 2), (2,)).forward(np.array([[0], [3]])),
        r"ids\[1, 0\] is 3; expected a whole number from 0 to 2",
    ),
    "half an id": (
        lambda: built(Embedding(3, 2), (2,)).forward(np.array([[0.5], [1]])),
        r"ids\[0, 0\] is 0.5",
    ),
    "an embedding of images": (
        lambda: built(Embedding(3, 2), (2, 2)),
        r"expected \(T,\)",
    ),
    "an empty vocabulary": (
        lambda: Embedding(0, 2),
        "tokens is 0",
    ),
    "no hidden units": (
        lambda: SwiGLU(0),
        "hidden is 0",
    ),
    "a residual of nothing": (
        lambda: Residual(),
        "Residual got no layers",
    ),
    "a residual that changes the shape": (
        lambda: built(Residual(Flatten()), (2, 3)),
        r"turns \(2, 3\) into \(6,\); expected the same shape",
    ),
}


def built(layer: Any, shape: tuple[int, ...]) -> Any:
    layer.build(shape, np.random.default_rng(0), np.float64)
    return layer


def padded() -> Any:
    layer = built(MultiHeadAttention(2), (4, 3))
    layer.padding = np.ones((3, 5), bool)
    return layer


@pytest.mark.parametrize("name", WRONG_USES)
def test_a_wrong_use_is_named(name: str) -> None:
    call, message = WRONG_USES[name]

    with pytest.raises(NumericError, match=message):
        call()


def test_a_layer_that_does_not_fit_raises_a_shape_error_and_says_which_layer() -> None:
    with pytest.raises(
        ShapeError, match=r"Conv2d\(filters=2, kernel=\(3, 3\), stride=\(1, 1\), padding=\(1, 1\)"
    ):
        built(Conv2d(2, 3, padding=1), (8, 8))


def test_a_residual_uses_the_arrays_that_the_model_put_into_its_dicts() -> None:
    layer = built(Residual(SwiGLU(3)), (2,))
    X = np.random.default_rng(0).normal(size=(2, 4))
    ones = {name: np.ones_like(value) for name, value in layer.parameters.items()}

    before = layer.forward(X).copy()
    layer.parameters = ones
    layer.gradients = {name: np.full_like(value, np.nan) for name, value in ones.items()}
    after = layer.forward(X).copy()
    layer.backward(np.ones_like(X))

    assert sorted(ones) == ["0.V", "0.W", "0.W2"]
    assert not np.allclose(before, after)
    assert all(np.isfinite(g).all() for g in layer.gradients.values())
