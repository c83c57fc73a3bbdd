"""A false claim about tensors comes back with what was forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from symbolic.tensor import (
    axis,
    correction,
    differentiate,
    elementwise,
    log,
    named,
    one_hot,
    sigmoid,
    softmax,
    tensor,
)

n, k, m = axis("n"), axis("k"), axis("m")
W, A, b, G, Y = tensor("W", n, k), tensor("A", k, m), tensor("b", n), tensor("G", n, m), tensor("Y", n, m)
S, x = tensor("S", n, n), tensor("x", n)
g = elementwise("g")
Z = named("Z", W @ A + b[:, None])
J = (G * g(Z)).sum() / m.size
dW, db, dZ = differentiate(J, W), differentiate(J, b), G * g.derivative(Z)
right = dZ @ A.T / m.size


@pytest.mark.parametrize(
    ("lhs", "rhs", "kind", "text"),
    [
        (dW, dZ @ A.T, "factor", "off by a factor 1/m"),
        (dW, right / m.size, "factor", "off by a factor m"),
        (dW, -right, "factor", "off by a factor -1"),
        (dW, 2 * right, "factor", "off by a factor 1/2"),
        (dW, -dZ @ A.T, "factor", "off by a factor -1/m"),
        (dW, right.T, "transpose", "transposed"),
        (dW, (dZ @ A.T).T, "transpose", "transposed, and off by a factor 1/m"),
        (differentiate(x @ S @ S @ x, x), (S @ S + (S @ S).T).T @ x, None, None),
        (
            differentiate((S @ S.T * S).sum(), S).T,
            differentiate((S @ S.T * S).sum(), S),
            "transpose",
            "transposed",
        ),
        (differentiate(J, Z), G / m.size, "factor", "the factor g'(Z) is missing"),
        (dW, (G * g.derivative(g(Z))) @ A.T / m.size, "place", "g'(g(Z)) should be g'(Z)"),
        (W + 3 * S @ W, W, "term", "the term 3 S W is missing"),
        (sigmoid.derivative(Z), sigmoid(Z), "factor", "the factor 1 - sigmoid(Z) is missing"),
        (A.T @ A, tensor("C", k, m).T @ tensor("C", k, m), None, None),  # C is of the right side only
        (W @ A - G, G - W @ A, "factor", "off by a factor -1"),
        (log(G) - Y, log(Y) - G, "exchange", "Y and G are exchanged"),
        (W @ A - G + Y, W @ A + G + Y, "part", "G should be -G"),
        ((A * A).sum(), (A * A).sum() - k.size, "term", "the term k is missing"),
        (((A - 1) * A).sum(axis=m), (A - 1).sum(axis=m), "factor", "the factor A is missing in the sum"),
        (tensor("lambda") * W, W, "factor", "off by a factor lambda"),
        (dW, right, None, None),
        (dW, W, None, None),
    ],
)
def test_the_simplest_correction_is_found_and_proved(
    lhs: Any, rhs: Any, kind: str | None, text: str | None
) -> None:
    found = correction(lhs, rhs)

    if kind is None:
        assert found is None
        return
    assert found is not None
    assert (found.kind, found.text) == (kind, text)
    assert found.verdict.status == "proved"
    assert str(found) == text


def test_a_correction_uses_the_hypotheses() -> None:
    P = softmax(Z, axis=n)
    cost = -(Y * log(P)).sum() / m.size

    found = correction(differentiate(cost, Z), P - Y, assuming=[one_hot(Y, axis=n)])

    assert found is not None
    assert found.text == "off by a factor 1/m"
