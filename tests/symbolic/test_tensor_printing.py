"""A gradient reads as the matrix formula a person writes."""

from __future__ import annotations

import pytest

from symbolic.tensor import (
    axis,
    differentiate,
    einsum,
    elementwise,
    log,
    named,
    relu,
    sigmoid,
    softmax,
    sqrt,
    tensor,
    to_latex,
    to_text,
)

n, k, m = axis("n"), axis("k"), axis("m")
W, A, b, G, Y = tensor("W", n, k), tensor("A", k, m), tensor("b", n), tensor("G", n, m), tensor("Y", n, m)
g = elementwise("g")
Z = named("Z", W @ A + b[:, None])
dZ = named("dZ", G * g.derivative(Z))
J = (G * g(Z)).sum() / m.size


@pytest.mark.parametrize(
    ("expression", "columns", "rows"),
    [
        (dZ @ A.T / m.size, "(1/m) dZ Aᵀ", "(1/m) Aᵀ dZ"),
        (dZ.sum(axis=m) / m.size, "(1/m) Σ_m dZ", "(1/m) Σ_m dZ"),
        (W.T @ dZ, "Wᵀ dZ", "dZ Wᵀ"),
        (W @ A + b[:, None], "W A + b", "A W + b"),
        (G * g.derivative(Z), "G ∘ g'(Z)", "G ∘ g'(Z)"),
        ((W.T @ G) * A, "(Wᵀ G) ∘ A", "(G Wᵀ) ∘ A"),
        (G - Y, "G - Y", "G - Y"),
        (-(Y / G), "-(Y / G)", "-(Y / G)"),
        (Y / (G * (1 - G)), "Y / (G ∘ (1 - G))", "Y / (G ∘ (1 - G))"),
        (W * W, "W ∘ W", "W ∘ W"),
        (W**2, "W^∘2", "W^∘2"),
        (b[:, None] * G, "b ∘ G", "b ∘ G"),
        (b[:, None] * b[None, :], "b bᵀ", "b bᵀ"),
        (W @ W.T @ G, "W Wᵀ G", "G Wᵀ W"),
        (G.T @ G, "Gᵀ G", "G Gᵀ"),
        (softmax(G, axis=n), "softmax(G, n)", "softmax(G, n)"),
        (log(1 - sigmoid(G)), "log(1 - sigmoid(G))", "log(1 - sigmoid(G))"),
        (G / sqrt(k.size), "(1/sqrt(k)) G", "(1/sqrt(k)) G"),
        ((G * Y).sum(), "Σ_{m,n} G ∘ Y", "Σ_{m,n} G ∘ Y"),
        (b @ b, "Σ_n b ∘ b", "Σ_n b ∘ b"),
        (3 * G / 2, "(3/2) G", "(3/2) G"),
        (relu(G) / m.size - G, "(1/m) relu(G) - G", "(1/m) relu(G) - G"),
        (G * 0, "0", "0"),
    ],
)
def test_a_formula_is_written_as_people_write_it(expression: object, columns: str, rows: str) -> None:
    assert to_text(expression) == columns  # type: ignore[arg-type]
    assert to_text(expression, convention="rows") == rows  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expression", "latex"),
    [
        (dZ @ A.T / m.size, r"\frac{1}{m} dZ A^{T}"),
        (dZ.sum(axis=m), r"\sum_{m} dZ"),
        (G * g.derivative(Z), r"G \circ g'\left(Z\right)"),
        (Y / G, r"\frac{Y}{G}"),
        (tensor("W^{[l]}", n, k).T @ G, r"W^{[l]T} G"),
        (tensor("gamma", n)[:, None] * tensor("A_prev", n, m), r"\gamma \circ A_{prev}"),
        (tensor("W1", n, k).T @ G, r"W_{1}^{T} G"),
        (sigmoid(G), r"\sigma\left(G\right)"),
        (softmax(G, axis=n), r"\mathrm{softmax}_{n}\left(G\right)"),
        (G - Y / 2, r"G - \frac{1}{2} Y"),
    ],
)
def test_latex_says_the_same(expression: object, latex: str) -> None:
    assert to_latex(expression) == latex  # type: ignore[arg-type]


def test_a_gradient_uses_the_names_that_were_given() -> None:
    dW = differentiate(J, W)

    assert str(dW) == "(1/m) (G ∘ g'(Z)) Aᵀ"
    assert to_text(dW, names={"dZ": G * g.derivative(Z)}) == "(1/m) dZ Aᵀ"


def test_what_has_no_matrix_form_is_written_with_indices() -> None:
    third = einsum("ij,jk,jm->ikm", W, tensor("B", k, n), A)

    assert str(third) == "Σ_l (W[i,l] B[l,j] A[l,k])"
    assert third.latex() == r"\sum_{l} \left(W_{i,l} B_{l,j} A_{l,k}\right)"


def test_an_astronomical_formula_is_not_written_out() -> None:
    z = G
    for _ in range(60):
        z = g(z) + z

    assert "operations>" in str(z)


def test_a_very_deep_formula_is_not_written_out() -> None:
    z = G
    for _ in range(3000):
        z = g(z)

    assert "operations>" in str(z)
