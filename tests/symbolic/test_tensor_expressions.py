"""Building tensor expressions: NumPy's rules, and errors that name what does not fit."""

from __future__ import annotations

from fractions import Fraction

import pytest

import symbolic
from symbolic.tensor import (
    TensorAxisError,
    TensorError,
    TensorNameError,
    TensorShapeError,
    TensorTypeError,
    axis,
    delta,
    einsum,
    elementwise,
    exp,
    lambdify,
    logsumexp,
    norm,
    one_hot,
    prove_tensor,
    softmax,
    tensor,
    window,
)

n, k, m = axis("n"), axis("k"), axis("m")
W, A, b, G = tensor("W", n, k), tensor("A", k, m), tensor("b", n), tensor("G", n, m)


def test_axes_of_one_name_are_the_same_axis() -> None:
    assert axis("m") == m
    assert tensor("W", axis("n"), axis("k")) is W


def test_equal_expressions_are_one_object() -> None:
    assert W @ A is W @ A
    assert {W @ A: 1}[W @ A] == 1


def test_matrix_notation_gives_the_axes_numpy_would() -> None:
    cases = {
        "product": (W @ A, (n, m)),
        "matrix times vector": (W.T @ b, (k,)),
        "vector times vector": (b @ b, ()),
        "transpose": (W.T, (k, n)),
        "column added": (W @ A + b[:, None], (n, m)),
        "sum": (G.sum(axis=m), (n,)),
        "sum with the axis kept": (G.sum(axis=0, keepdims=True).sum(axis=0), (m,)),
        "all summed": (G.mean(), ()),
        "softmax": (softmax(G, axis=n), (n, m)),
        "log-sum-exp": (logsumexp(G, axis=n), (m,)),
        "norm": (norm(G), ()),
        "scalar and matrix": (2 * G / m.size - Fraction(1, 3), (n, m)),
    }

    assert {name: value.axes for name, (value, _) in cases.items()} == {
        name: axes for name, (_, axes) in cases.items()
    }


def test_batched_products_broadcast_the_leading_axes() -> None:
    h, t, s, d = axis("h"), axis("t"), axis("s"), axis("d")

    scores = tensor("Q", h, t, d) @ tensor("K", h, s, d).transpose(0, 2, 1)

    assert scores.axes == (h, t, s)


def test_a_product_that_does_not_fit_names_both_operands_and_their_axes() -> None:
    with pytest.raises(
        TensorShapeError, match=r"W @ G: the last axis of \(n, k\) is k and meets n of \(n, m\)"
    ):
        W @ G


def test_a_sum_that_does_not_fit_names_both_operands_and_their_axes() -> None:
    with pytest.raises(
        TensorShapeError, match=r"sum of G with axes \(n, m\) and b with axes \(n,\): axis m meets axis n"
    ):
        G + b


def test_a_shape_error_belongs_to_both_trees() -> None:
    with pytest.raises(symbolic.ShapeMismatch):
        G * A
    with pytest.raises(ValueError, match="axis"):
        G * A


@pytest.mark.parametrize(
    ("act", "error", "says"),
    [
        (lambda: axis(""), TensorNameError, "cannot name an axis"),
        (lambda: tensor("2x", n), TensorNameError, "expected a letter"),
        (lambda: tensor("x", "n"), TensorTypeError, "expected an Axis"),
        (lambda: G * 0.5, TensorTypeError, "write Fraction"),
        (lambda: G + "x", TensorTypeError, "not a tensor expression"),
        (lambda: G**0.5, TensorTypeError, "sqrt"),
        (lambda: G**5000, TensorError, "past the limit"),
        (lambda: G / 0, TensorError, "divided by zero"),
        (lambda: (G - G) ** -1, TensorError, "zero is raised"),
        (lambda: G.sum(axis=k), TensorAxisError, "no such axis"),
        (lambda: G.sum(axis=2), TensorAxisError, "expected one of the axes"),
        (lambda: G.sum(axis=(n, n)), TensorAxisError, "twice"),
        (lambda: tensor("S", n, n).sum(axis=n), TensorAxisError, "more than once"),
        (lambda: G[0], TensorAxisError, "one-hot"),
        (lambda: G[:, :, :], TensorAxisError, "no room"),
        (lambda: G.transpose(0, 0), TensorAxisError, "every axis once"),
        (lambda: b @ tensor("s"), TensorShapeError, "scalar has no axis"),
        (lambda: bool(G), TensorTypeError, "symbolic.prove"),
        (lambda: einsum("ij,jk", G, A), TensorAxisError, "then ->"),
        (lambda: einsum("ij->i", b), TensorAxisError, "2 letters"),
        (lambda: einsum("ij,ij->i", G, W), TensorShapeError, "letter j"),
        (lambda: einsum("ij->ii", G), TensorAxisError, "different letters"),
        (lambda: window(n, k, m, stride=0), TensorAxisError, "at least 1"),
        (lambda: one_hot(G + G, axis=n), TensorTypeError, "not a formula"),
        (lambda: prove_tensor(G, G, assuming=["G > 0"]), TensorTypeError, "not a hypothesis"),
        (lambda: prove_tensor(tensor("x", n), tensor("x", m).sum()), TensorNameError, "two tensors"),
        (lambda: elementwise("tanh").derivative(G, 2), TensorTypeError, "1 for a known"),
        (lambda: elementwise("g").derivative(G, 0), TensorTypeError, "at least 1"),
        (lambda: lambdify(G + W @ A, [G, W]), TensorTypeError, "add it"),
        (lambda: lambdify(G + 1, [G + 1]), TensorTypeError, "not a symbol"),
        (lambda: lambdify(elementwise("g")(G), [G]), TensorTypeError, "hand over its code"),
        (lambda: lambdify(b.sum() / m.size, [b]), TensorTypeError, "no argument has the axis m"),
    ],
)
def test_what_makes_no_sense_is_refused_with_advice(act: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        act()  # type: ignore[operator]

    assert isinstance(caught.value, symbolic.SymbolicError)


def test_the_identity_matrix_disappears_where_it_is_summed() -> None:
    assert delta(n) @ W is W
    assert W @ delta(k) is W


def test_expressions_do_not_take_part_in_numpy_arithmetic() -> None:
    np = pytest.importorskip("numpy")

    with pytest.raises(TypeError):
        np.ones(3) * exp(b)
