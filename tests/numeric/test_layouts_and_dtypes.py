"""Examples count by their numbers: not by their dtype, nor by where they lie in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import numeric

Array = np.ndarray[Any, Any]


def with_gaps(A: Array) -> Array:
    wide = np.full((*A.shape[:-1], 2 * A.shape[-1]), 7, A.dtype)
    wide[..., ::2] = A
    return wide[..., ::2]


def at_an_odd_address(A: Array) -> Array:
    copy = np.zeros(A.nbytes + 1, np.uint8)[1:].view(A.dtype).reshape(A.shape)
    copy[...] = A
    return copy


def read_only(A: Array) -> Array:
    A = A.copy()
    A.setflags(write=False)
    return A


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "columns together": np.asfortranarray,
    "examples first": lambda A: np.moveaxis(np.ascontiguousarray(np.moveaxis(A, -1, 0)), 0, -1),
    "gaps": with_gaps,
    "backwards": lambda A: np.ascontiguousarray(A[..., ::-1])[..., ::-1],
    "rows backwards": lambda A: np.ascontiguousarray(A[::-1])[::-1],
    "odd address": at_an_odd_address,
    "read only": read_only,
    "other byte order": lambda A: A.astype(A.dtype.newbyteorder()),
    "one repeated": lambda A: np.broadcast_to(A[..., :1], A.shape),
}
DTYPES = ["bool", "int8", "uint8", "int64", "uint64", "float16", "float32", "float64"]


def network(kind: str, size: int, dtype: str) -> Any:
    if kind == "network":
        return numeric.Network([size * size, 6, 3], dtype=dtype, rng=0)
    between = {
        "convolution": [numeric.Conv2d(2, 2, stride=2, padding=1), numeric.ReLU(), numeric.MaxPool2d(2, 1)],
        "norm and dropout": [numeric.BatchNorm(), numeric.GELU(), numeric.Dropout(0.3)],
        "residual": [numeric.Residual(numeric.Conv2d(1, 3, padding=1), numeric.Tanh())],
    }[kind]
    layers = [*between, numeric.Flatten(), numeric.Dense(3)]
    return numeric.Model(layers, input_shape=(1, size, size), dtype=dtype, rng=0)


def trained(net: Any, X: Array, Y: Array) -> list[Array]:
    """Cost, a step, a training and an answer, all in one list of arrays."""
    costs = [net.cost(X, Y), net.step(X, Y, learning_rate=0.1)]
    net.fit(X, Y, epochs=1, batch_size=3, learning_rate=0.1)
    return [np.array(costs), net.logits(X), *net.parameters.values()]


@given(
    kind=st.sampled_from(["network", "convolution", "norm and dropout", "residual"]),
    size=st.integers(2, 5), m=st.integers(2, 7), layout=st.sampled_from(sorted(LAYOUTS)),
    of_examples=st.sampled_from(DTYPES), of_network=st.sampled_from(["float32", "float64"]), seed=st.integers(0, 99),
)  # fmt: skip
@settings(deadline=None, max_examples=80)
def test_a_training_gives_the_same_bits_for_every_dtype_and_layout_of_its_examples(
    kind: str, size: int, m: int, layout: str, of_examples: str, of_network: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (size * size, m) if kind == "network" else (1, size, size, m)
    numbers = 3 * rng.normal(size=shape)
    X = LAYOUTS[layout]((np.abs(numbers) if of_examples[0] == "u" else numbers).astype(of_examples))
    Y = LAYOUTS[layout](numeric.one_hot(rng.integers(0, 3, m), 3).astype(of_network))
    plain = np.array(X, of_network, order="C"), np.array(Y, of_network, order="C")
    before = X.copy()

    got = trained(network(kind, size, of_network), X, Y)

    for ours, expected in zip(got, trained(network(kind, size, of_network), *plain), strict=True):
        assert ours.dtype == expected.dtype
        assert np.array_equal(ours, expected)
    assert np.array_equal(X, before)


@given(
    kind=st.sampled_from(["network", "convolution", "norm and dropout", "residual"]),
    layout=st.sampled_from(sorted(LAYOUTS)), of_examples=st.sampled_from(DTYPES), seed=st.integers(0, 99),
)  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_gradients_differ_by_rounding_alone_between_dtypes_and_layouts(
    kind: str, layout: str, of_examples: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (16, 5) if kind == "network" else (1, 4, 4, 5)
    X = LAYOUTS[layout](np.abs(3 * rng.normal(size=shape)).astype(of_examples))
    Y = numeric.one_hot(rng.integers(0, 3, 5), 3).astype(float)

    got = network(kind, 4, "float64").gradients(X, LAYOUTS[layout](Y))

    plain = np.array(X, float, order="C")
    expected = network(kind, 4, "float64").gradients(plain, np.array(LAYOUTS[layout](Y), order="C"))
    # Products of matrices add in the order in which the numbers lie: sums of some tens of terms of order 10.
    assert got.keys() == expected.keys()
    for name, array in got.items():
        assert np.allclose(array, expected[name], rtol=0, atol=50 * 2.2e-16 * (1 + np.abs(array).max())), name
