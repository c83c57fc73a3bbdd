"""What a layer does besides its slopes: ties, masks, buffers, dtypes, state, and memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import numeric
from numeric._layer import Layer
from numeric.layers import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    LayerNorm,
    MaxPool2d,
    MultiHeadAttention,
    Residual,
    RMSNorm,
    SwiGLU,
    scaled_dot_product_attention,
    scaled_dot_product_attention_backward,
)


def test_on_a_tie_the_first_tap_gets_the_whole_gradient() -> None:
    layer = MaxPool2d(2)
    layer.build((1, 2, 2), np.random.default_rng(0), np.float64)

    layer.forward(np.ones((1, 2, 2, 1)))

    assert layer.backward(np.full((1, 1, 1, 1), 7.0)).ravel().tolist() == [7.0, 0.0, 0.0, 0.0]


def test_the_pieces_of_max_pooling_tell_which_tap_won_and_nan_stays_nan() -> None:
    layer = MaxPool2d((1, 2))
    layer.build((1, 1, 4), np.random.default_rng(0), np.float64)

    A = layer.forward(np.array([1.0, 2.0, np.nan, 0.0]).reshape(1, 1, 4, 1))

    assert layer.pieces().ravel()[0] == 1
    assert np.isnan(A.ravel()[1])
    assert Flatten().pieces() is None
    nested = Residual(Conv2d(1, 3, padding=1), MaxPool2d(3, 1, 1))
    nested.build((1, 3, 4), np.random.default_rng(0), np.float64)
    nested.forward(np.random.default_rng(1).normal(size=(1, 3, 4, 5)))
    assert nested.pieces().shape == (12, 5)
    assert Residual(RMSNorm()).pieces() is None


LAYERS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "conv": (lambda: Conv2d(4, 3, padding=1, groups=2), (2, 6, 5)),
    "conv strided": (lambda: Conv2d(3, 3, stride=2, padding=1), (2, 6, 5)),
    "conv dilated": (lambda: Conv2d(3, 2, dilation=2, padding=1), (2, 6, 5)),
    "max pool": (lambda: MaxPool2d(2), (2, 6, 5)),
    "average pool": (lambda: AvgPool2d(3, 1, 1), (2, 6, 5)),
    "flatten": (Flatten, (2, 6, 5)),
    "dropout": (lambda: Dropout(0.2), (7,)),
    "batch norm": (BatchNorm, (2, 6, 5)),
    "layer norm": (LayerNorm, (7, 3)),
    "rms norm": (RMSNorm, (7,)),
    "attention": (lambda: MultiHeadAttention(2, causal=True), (6, 4)),
    "swiglu": (lambda: SwiGLU(5), (6, 4)),
    "residual": (lambda: Residual(LayerNorm(), MultiHeadAttention(2)), (6, 4)),
}


def run(layer: Any, X: Any, R: Any) -> dict[str, Any]:
    """One forward and backward pass, copied out of the layer's buffers."""
    for value in layer.state.values():
        value[...] = 0.5
    A = layer.forward(X, training=not isinstance(layer, Dropout)).copy()
    dX = layer.backward(R[: A.shape[0]].copy() if R.shape != A.shape else R.copy()).copy()
    return {"A": A, "dX": dX, **{name: g.copy() for name, g in layer.gradients.items()}}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_leaves_no_trace_of_earlier_batches_and_does_not_change_its_input(name: str) -> None:
    build, shape = LAYERS[name]
    layer, fresh, rng = build(), build(), np.random.default_rng(0)
    out = layer.build(shape, np.random.default_rng(1), np.float64)
    fresh.build(shape, np.random.default_rng(1), np.float64)
    batches = {m: (rng.normal(size=(*shape, m)), rng.normal(size=(*out, m))) for m in (5, 3, 8)}

    for m in (5, 3, 8, 3, 5):
        X, R = batches[m]
        kept = X.copy()
        used = run(layer, X, R)
        assert np.array_equal(X, kept)
        fresh.scratch = type(fresh.scratch)()
        for key, value in run(fresh, X, R).items():
            assert np.allclose(used[key], value, rtol=1e-13, atol=1e-13), key


@given(name=st.sampled_from(sorted(LAYERS)), m=st.integers(2, 40), seed=st.integers(0, 999))
@settings(deadline=None, max_examples=60)
def test_a_float32_layer_computes_in_float32_and_agrees_with_float64(name: str, m: int, seed: int) -> None:
    build, shape = LAYERS[name]
    single, double, rng = build(), build(), np.random.default_rng(seed)
    out = single.build(shape, np.random.default_rng(1), np.float32)
    double.build(shape, np.random.default_rng(1), np.float64)
    # Numbers of float32 for both, so that the same tap of a window wins.
    X, R = (rng.normal(size=(*size, m)).astype(np.float32) for size in (shape, out))

    of_single, of_double = run(single, X, R), run(double, X.astype(np.float64), R.astype(np.float64))

    assert isinstance(single, Layer)
    for key, value in of_single.items():
        assert value.dtype == np.float32, key
        # Sums of some hundred terms of order 1, each rounded at 6e-8.
        assert np.allclose(value, of_double[key], rtol=2e-4, atol=2e-4), key


@pytest.mark.parametrize("name", ["conv", "conv strided", "max pool", "average pool", "flatten", "swiglu"])
def test_a_warm_pass_makes_no_arrays(name: str, arrays_created: Callable[..., list[int]]) -> None:
    build, shape = LAYERS[name]
    layer, rng = build(), np.random.default_rng(0)
    out = layer.build(shape, rng, np.float64)
    X, R = rng.normal(size=(*shape, 5000)), rng.normal(size=(*out, 5000))
    for _ in range(2):
        layer.forward(X)
        layer.backward(R)

    # Arrays without axes are numbers.
    assert max(arrays_created(lambda: (layer.forward(X), layer.backward(R))), default=0) <= 8


def test_running_statistics_move_towards_the_batch_and_are_used_outside_training() -> None:
    layer = BatchNorm(momentum=0.5, eps=1e-12)
    layer.build((1,), np.random.default_rng(0), np.float64)
    X = np.array([[2.0, 6.0]])

    layer.forward(X, training=True)

    assert layer.state["mean"][0, 0] == 2.0
    assert layer.state["variance"][0, 0] == 0.5 + 0.5 * 8.0
    assert np.allclose(layer.forward(np.array([[2.0 + np.sqrt(4.5)]])), 1.0)


def test_a_row_that_may_look_nowhere_gives_zero_and_no_gradient() -> None:
    rng = np.random.default_rng(0)
    Q, K, V = rng.normal(size=(3, 2, 4))
    mask = np.array([[False, False], [True, False]])

    attended = scaled_dot_product_attention(Q, K, V, mask)
    dQ, dK, dV = scaled_dot_product_attention_backward(np.ones((2, 4)), attended)

    assert attended.A[0].tolist() == [0.0] * 4
    assert np.allclose(attended.A[1], V[0])
    assert not dQ[0].any()
    assert not dK[1].any()
    assert not dV[1].any()


def test_attention_stays_finite_for_huge_scores() -> None:
    Q = np.array([[1e4], [-1e4]])

    attended = scaled_dot_product_attention(Q, Q, np.array([[1.0], [2.0]]))

    assert attended.A.ravel().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("layer", [numeric.LayerNorm, numeric.RMSNorm])
def test_norms_do_not_care_in_which_unit_a_column_is_measured(layer, dtype):
    rng, top = np.random.default_rng(0), float(np.finfo(dtype).max)
    columns = rng.uniform(-1, 1, (7, 5)).astype(dtype)
    units = np.array([1e6, top**0.5 * 8, top**0.7, top / 4, top], dtype)
    tested, other = layer(eps=1e-30), layer(eps=1e-30)
    for one in (tested, other):
        one.build((7,), rng, dtype)

    A, expected = tested.forward(columns * units), other.forward(columns)

    # Both round sums of seven entries, squared, in their own unit.
    np.testing.assert_allclose(A, expected, rtol=0, atol=40 * np.finfo(dtype).eps)
    assert np.isfinite(A).all()


def test_a_column_of_one_large_number_is_no_different_from_its_mean():
    layer = numeric.LayerNorm()
    layer.build((3,), np.random.default_rng(0), np.float64)

    assert not layer.forward(np.full((3, 2), 1e300)).any()


@pytest.mark.parametrize(
    "mask",
    [
        np.where(
            np.tri(3, dtype=bool), 0.0, -np.inf
        ),  # what others add to the scores: here it would mean the opposite
        np.tri(3),
        np.full((3, 3), np.nan),
        2 * np.tri(3, dtype=int),
        -np.tri(3, dtype=int),
    ],
    ids=["additive", "floats", "nan", "twos", "negative"],
)
def test_a_mask_that_does_not_say_yes_or_no_is_refused(mask: Any) -> None:
    X = np.random.default_rng(0).normal(size=(3, 4))
    layer = MultiHeadAttention(2)
    layer.build((4, 3), np.random.default_rng(0), np.float64)
    layer.padding = mask

    for name, use in {
        "mask": lambda: scaled_dot_product_attention(X, X, X, mask),
        "padding": lambda: layer.forward(np.ones((4, 3, 3))),
        "padding ": lambda: numeric.attention_mask(3, padding=mask),
    }.items():
        with pytest.raises(numeric.DtypeError, match=rf"{name.strip()} .*; expected True or False"):
            use()


def test_a_mask_of_integers_or_lists_is_the_one_of_bools() -> None:
    rng = np.random.default_rng(0)
    layer = MultiHeadAttention(2, causal=True)
    layer.build((4, 3), rng, np.float64)
    X, real = rng.normal(size=(4, 3, 2)), np.array([[True, True], [True, False], [False, False]])
    layer.padding = real
    expected = layer.forward(X).copy()

    for same in (real.astype(np.int8), real.astype(np.uint64), real.tolist(), real.astype(int).tolist()):
        layer.padding = same

        assert np.array_equal(layer.forward(X), expected)


def test_padding_of_another_batch_says_how_to_train_with_it() -> None:
    layer = MultiHeadAttention(2)
    model = numeric.Model([layer, Flatten(), numeric.Dense(2)], input_shape=(4, 3), rng=0)
    X, Y = np.ones((4, 3, 5)), numeric.one_hot([0, 1, 0, 1, 1], 2)
    layer.padding = np.ones((3, 5), bool)

    with pytest.raises(numeric.ShapeError, match=r"another batch. Try .*batch_size=None"):
        model.fit(X, Y, epochs=1, batch_size=2)

    assert len(model.fit(X, Y, epochs=2, batch_size=None).epochs) == 2


def test_attention_to_no_key_at_all_is_refused() -> None:
    X = np.ones((3, 4))

    with pytest.raises(numeric.ShapeError, match=r"K has shape \(0, 4\); expected at least one"):
        scaled_dot_product_attention(X, X[:0], X[:0])
