"""Every layer's backward pass equals the measured slope of its forward pass, for shapes and settings of all kinds.

The ruler is a centred difference written here, of the loss ``sum(R * A)/m`` with a fixed random R: in every entry of
every parameter, and of the input. With h = 1e-5 and values of order 1 the truncation is about h^2 = 1e-10 and the
rounding about 1e-16/h = 1e-11 for each term of the sum, so 1e-7 is a wide bound; wrong passes miss by 1e-2 and more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gradcheck
from numeric import Dense, ShapeError
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
)

STEP, BOUND = 1e-5, 1e-7


class Trial:
    """A layer with random parameters and a random loss, at one point."""

    def __init__(
        self, layer: Any, shape: tuple[int, ...], m: int, *, training: bool = False, seed: int = 0
    ) -> None:
        rng = np.random.default_rng(seed)
        self.layer, self.m, self.training = layer, m, training
        self.out = layer.build(shape, rng, np.float64)
        for value in layer.parameters.values():
            value += 0.5 * rng.normal(size=value.shape)
        self.X = rng.normal(size=(*shape, m))
        self.state = {name: value.copy() for name, value in layer.state.items()}
        self.R = rng.normal(size=(*self.out, m))

    def forward(self) -> np.ndarray:
        for name, value in self.state.items():
            self.layer.state[name][...] = value
        return self.layer.forward(self.X, training=self.training)

    def loss(self) -> float:
        A = self.forward()
        assert A.shape == self.R.shape
        return float((self.R * A).sum() / self.m)

    def gradients(self) -> dict[str, np.ndarray]:
        """By the layer: of the parameters, and dX/m, because dA and dX carry no 1/m."""
        self.forward()
        dX = self.layer.backward(self.R.copy())
        assert dX.shape == self.X.shape
        return {**{name: g.copy() for name, g in self.layer.gradients.items()}, "X": dX / self.m}

    def slopes(self) -> dict[str, np.ndarray]:
        """By centred differences."""
        return {name: centred(self.loss, value) for name, value in self.values().items()}

    def values(self) -> dict[str, np.ndarray]:
        return {**self.layer.parameters, "X": self.X}


def centred(loss: Callable[[], float], x: np.ndarray) -> np.ndarray:
    slope = np.empty_like(x)
    for place in np.ndindex(x.shape):
        kept = x[place]
        x[place] = kept + STEP
        above = loss()
        x[place] = kept - STEP
        below = loss()
        x[place] = kept
        slope[place] = (above - below) / (2 * STEP)
    return slope


def worst(trial: Trial) -> float:
    """The largest difference between gradient and slope, in units of 1 + |slope|."""
    gradients, slopes = trial.gradients(), trial.slopes()
    assert gradients.keys() == slopes.keys()
    return max(
        float(np.max(np.abs(gradients[k] - slopes[k]) / (1 + np.abs(slopes[k])), initial=0.0)) for k in slopes
    )


CASES: dict[str, Callable[[], Trial]] = {
    "conv": lambda: Trial(Conv2d(3, 3), (2, 5, 4), 2),
    "conv padded": lambda: Trial(Conv2d(2, 3, padding=1), (2, 3, 4), 3),
    "conv strided": lambda: Trial(Conv2d(2, 3, stride=2, padding=1), (2, 5, 6), 2),
    "conv dilated": lambda: Trial(Conv2d(2, 2, dilation=2, padding=1), (1, 5, 4), 2),
    "conv depthwise": lambda: Trial(Conv2d(6, 3, groups=3, padding=1), (3, 4, 3), 2),
    "conv without bias": lambda: Trial(Conv2d(2, (1, 3), bias=False), (1, 3, 4), 2),
    "conv padded far": lambda: Trial(Conv2d(2, 2, padding=3, stride=(3, 2)), (1, 3, 4), 2),
    "max pool": lambda: Trial(MaxPool2d(2), (2, 4, 5), 2),
    "max pool overlapping": lambda: Trial(MaxPool2d(3, stride=2, padding=1), (2, 5, 4), 2),
    "average pool": lambda: Trial(AvgPool2d(2), (2, 4, 5), 2),
    "average pool overlapping": lambda: Trial(AvgPool2d(3, stride=1, padding=1), (2, 4, 3), 2),
    "flatten": lambda: Trial(Flatten(), (2, 3, 2), 2),
    "batch norm training": lambda: Trial(BatchNorm(), (3,), 5, training=True),
    "batch norm of images training": lambda: Trial(BatchNorm(), (2, 3, 2), 3, training=True),
    "batch norm in use": lambda: Trial(BatchNorm(), (2, 3, 2), 3),
    "layer norm": lambda: Trial(LayerNorm(), (4,), 3),
    "layer norm of sequences": lambda: Trial(LayerNorm(), (4, 3), 2),
    "rms norm": lambda: Trial(RMSNorm(), (4, 3), 2),
    "attention": lambda: Trial(MultiHeadAttention(2), (4, 3), 2),
    "attention causal": lambda: Trial(MultiHeadAttention(1, causal=True), (3, 4), 2),
    "swiglu": lambda: Trial(SwiGLU(5), (3,), 4),
    "swiglu of sequences": lambda: Trial(SwiGLU(4, width=2), (3, 3), 2),
    "residual": lambda: Trial(Residual(LayerNorm(), MultiHeadAttention(2, causal=True)), (4, 3), 2),
    "residual of a residual": lambda: Trial(
        Residual(Residual(RMSNorm(), SwiGLU(3)), BatchNorm()), (3, 2), 2, training=True
    ),
    "residual convolution": lambda: Trial(
        Residual(Conv2d(2, 3, padding=1), BatchNorm()), (2, 3, 3), 2, training=True
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_a_layer_is_the_slope_of_its_output_in_every_entry(case: str) -> None:
    assert worst(CASES[case]()) < BOUND


@pytest.mark.parametrize("case", CASES)
def test_gradcheck_finds_no_fault_in_a_layer(case: str) -> None:
    trial = CASES[case]()

    def load(p: Any) -> None:
        for name, value in trial.values().items():
            value[...] = p[name]

    def loss(p: Any) -> float:
        load(p)
        return trial.loss()

    def gradient(p: Any) -> dict[str, np.ndarray]:
        load(p)
        return trial.gradients()

    report = gradcheck.check(loss, gradient, {k: v.copy() for k, v in trial.values().items()}, rng=0)

    assert report.verdict == "pass", str(report)


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(
    filters=st.integers(1, 2), channels=st.integers(1, 2), groups=st.integers(1, 3), kernel=pairs, stride=pairs,
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)), dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)), m=st.integers(1, 3), seed=st.integers(0, 9),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_a_convolution_is_its_definition_and_its_backward_pass_the_transposed_map(
    filters: int, channels: int, groups: int, kernel: tuple[int, int], stride: tuple[int, int],
    padding: tuple[int, int], dilation: tuple[int, int], size: tuple[int, int], m: int, seed: int,
) -> None:  # fmt: skip
    layer = Conv2d(filters * groups, kernel, stride, padding, dilation, groups)
    try:
        trial = Trial(layer, (channels * groups, *size), m, seed=seed)
    except ShapeError:
        assume(False)
    W, b = layer.parameters["W"], layer.parameters["b"]

    def by_definition(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
        return convolve(X, W, b, stride, padding, dilation)

    A, gradients = trial.forward().copy(), trial.gradients()

    # The map is linear in X, in W and in b: one random direction of each determines the transposed map.
    rng = np.random.default_rng(seed)
    dX, dW = rng.normal(size=trial.X.shape), rng.normal(size=W.shape)
    bound = 1e-12 * (1 + np.abs(trial.R).sum() * 30)
    assert np.abs(A - by_definition(trial.X, W, b)).max() < 1e-12 * 30
    assert abs((gradients["X"] * dX).sum() - (trial.R * by_definition(dX, W, 0 * b)).sum() / m) < bound
    assert abs((gradients["W"] * dW).sum() - (trial.R * by_definition(trial.X, dW, 0 * b)).sum() / m) < bound
    assert np.allclose(gradients["b"][:, 0], trial.R.sum(axis=(1, 2, 3)) / m, rtol=0, atol=bound)


def convolve(X: np.ndarray, W: np.ndarray, b: np.ndarray, s: Any, p: Any, d: Any) -> np.ndarray:
    """By definition, a window at a time."""
    F, c, kh, kw = W.shape
    groups = X.shape[0] // c
    X = np.pad(X, [(0, 0), (p[0], p[0]), (p[1], p[1]), (0, 0)])
    H = (X.shape[1] - d[0] * (kh - 1) - 1) // s[0] + 1
    width = (X.shape[2] - d[1] * (kw - 1) - 1) // s[1] + 1
    Z = np.empty((F, H, width, X.shape[3]))
    for f, i, j in np.ndindex(F, H, width):
        g = f // (F // groups)
        rows = slice(i * s[0], i * s[0] + d[0] * (kh - 1) + 1, d[0])
        columns = slice(j * s[1], j * s[1] + d[1] * (kw - 1) + 1, d[1])
        Z[f, i, j] = np.tensordot(W[f], X[g * c : (g + 1) * c, rows, columns], 3) + b[f]
    return Z


@given(
    kind=st.sampled_from([MaxPool2d, AvgPool2d]), size=pairs, stride=pairs, padded=st.booleans(),
    image=st.tuples(st.integers(1, 2), st.integers(1, 6), st.integers(1, 6)), m=st.integers(1, 2), seed=st.integers(0, 9),
)  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_pooling_is_its_definition_for_all_sizes_strides_and_paddings(
    kind: Any, size: tuple[int, int], stride: tuple[int, int], padded: bool, image: Any, m: int, seed: int
) -> None:
    padding = (size[0] // 2, size[1] // 2) if padded else (0, 0)
    try:
        trial = Trial(kind(size, stride, padding), image, m, seed=seed)
    except ShapeError:
        assume(False)
    fill = -np.inf if kind is MaxPool2d else 0.0
    X = np.pad(
        trial.X, [(0, 0), (padding[0], padding[0]), (padding[1], padding[1]), (0, 0)], constant_values=fill
    )
    expected = np.empty((*trial.out, m))
    for i, j in np.ndindex(*trial.out[1:]):
        window = X[:, i * stride[0] : i * stride[0] + size[0], j * stride[1] : j * stride[1] + size[1]]
        expected[:, i, j] = window.max(axis=(1, 2)) if kind is MaxPool2d else window.mean(axis=(1, 2))

    assert np.allclose(trial.forward(), expected, rtol=1e-14, atol=1e-14)
    assert worst(trial) < BOUND


@given(
    heads=st.integers(1, 3), per_head=st.integers(1, 3), length=st.integers(1, 4), m=st.integers(1, 3),
    causal=st.booleans(), padded=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
@settings(deadline=None, max_examples=25)
def test_attention_is_its_definition_for_all_masks(
    heads: int, per_head: int, length: int, m: int, causal: bool, padded: bool, seed: int
) -> None:
    layer = MultiHeadAttention(heads, causal=causal)
    trial = Trial(layer, (heads * per_head, length), m, seed=seed)
    real = np.random.default_rng(seed).random((length, m)) < 0.6 if padded else np.ones((length, m), bool)
    layer.padding = real if padded else None
    p = layer.parameters

    expected = np.empty_like(trial.X)
    for j in range(m):
        Q, K, V = np.split(p["W"] @ trial.X[:, :, j] + p["b"], 3)
        joined = np.zeros_like(Q)
        for h in range(heads):
            rows = slice(h * per_head, (h + 1) * per_head)
            for i in range(length):
                places = [t for t in range(length) if real[t, j] and (t <= i or not causal)]
                if places:
                    e = np.exp([Q[rows, i] @ K[rows, t] / np.sqrt(per_head) for t in places])
                    joined[rows, i] = V[rows][:, places] @ (e / e.sum())
        expected[:, :, j] = p["W_out"] @ joined + p["b_out"]

    assert np.allclose(trial.forward(), expected, rtol=1e-12, atol=1e-12)
    assert worst(trial) < BOUND


@given(
    kind=st.sampled_from([BatchNorm, LayerNorm, RMSNorm]),
    shape=st.one_of(st.tuples(st.integers(1, 4)), st.tuples(st.integers(1, 3), st.integers(1, 3)),
                    st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 2))),
    m=st.integers(2, 4), training=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_normalisation_is_its_definition_for_all_shapes(
    kind: Any, shape: tuple[int, ...], m: int, training: bool, seed: int
) -> None:
    # A larger eps keeps two nearly equal entries from making slopes of a thousand.
    trial = Trial(kind(eps=0.1), shape, m, training=training, seed=seed)
    X, axes = trial.X, tuple(range(1, len(shape) + 1)) if kind is BatchNorm else (0,)
    mean, square = X.mean(axis=axes, keepdims=True), (X**2).mean(axis=axes, keepdims=True)
    if kind is RMSNorm:
        x_hat = X / np.sqrt(square + 0.1)
    elif kind is BatchNorm and not training:
        x_hat = X / np.sqrt(1.1)
    else:
        x_hat = (X - mean) / np.sqrt(square - mean**2 + 0.1)
    gamma, beta = (
        trial.layer.parameters.get(name, np.zeros(1)).reshape(-1, *[1] * len(shape))
        for name in ("gamma", "beta")
    )

    assert np.allclose(trial.forward(), gamma * x_hat + beta, rtol=1e-10, atol=1e-10)
    assert worst(trial) < BOUND


@given(
    shape=st.one_of(st.tuples(st.integers(1, 5)), st.tuples(st.integers(1, 4), st.integers(1, 3))),
    units=st.integers(1, 4), hidden=st.integers(0, 3), m=st.integers(1, 4), residual=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_dense_layers_and_gated_ones_are_their_definitions_for_all_shapes(
    shape: tuple[int, ...], units: int, hidden: int, m: int, residual: bool, seed: int
) -> None:
    units = shape[0] if residual else units
    inner: Any = SwiGLU(hidden, units) if hidden else Dense(units)
    trial = Trial(Residual(inner) if residual else inner, shape, m, seed=seed)
    p, X = inner.parameters, trial.X

    def times(W: np.ndarray, A: np.ndarray) -> np.ndarray:
        return np.einsum("ij,j...->i...", W, A)

    if hidden:
        U = times(p["W"], X)
        expected = times(p["W2"], U / (1 + np.exp(-U)) * times(p["V"], X))
    else:
        expected = times(p["W"], X) + p["b"].reshape(-1, *[1] * len(shape))

    assert np.allclose(trial.forward(), expected + X if residual else expected, rtol=1e-12, atol=1e-12)
    assert worst(trial) < BOUND


@given(
    tokens=st.integers(1, 6),
    width=st.integers(1, 4),
    length=st.integers(1, 5),
    m=st.integers(1, 4),
    seed=st.integers(0, 9),
)
@settings(deadline=None, max_examples=25)
def test_an_embedding_is_a_dense_layer_on_one_hot_columns(
    tokens: int, width: int, length: int, m: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = Embedding(tokens, width)
    layer.build((length,), rng, np.float64)
    ids = rng.integers(0, tokens, (length, m))
    O = np.eye(tokens)[:, ids.ravel()]
    R = rng.normal(size=(width, length, m))

    A = layer.forward(ids)
    dX = layer.backward(R)

    assert np.array_equal(A, (layer.parameters["W"] @ O).reshape(A.shape))
    assert np.allclose(layer.gradients["W"], R.reshape(width, -1) @ O.T / m, rtol=0, atol=1e-13)
    assert dX.shape == ids.shape
    assert np.array_equal(layer.forward(ids.astype(float)), A)


def test_dropout_passes_the_gradient_through_the_mask_it_drew() -> None:
    layer = Dropout(0.3)
    layer.build((200,), np.random.default_rng(0), np.float64)
    X = np.full((200, 50), 2.0)

    A = layer.forward(X, training=True).copy()
    dX = layer.backward(np.ones_like(X))

    kept = A != 0
    assert np.allclose(A[kept], 2 / 0.7, rtol=1e-15)
    assert np.allclose(dX, kept / 0.7, rtol=1e-15)
    # 10,000 coins: the share of dropped entries has a standard deviation of 0.0046.
    assert abs((~kept).mean() - 0.3) < 0.02
    assert abs(A.mean() - 2.0) < 0.05
    assert np.array_equal(layer.forward(X), X)
    assert np.array_equal(layer.backward(X), X)
    assert not np.array_equal(layer.forward(X, training=True) != 0, kept)
