"""Dropout with a fixed mask, the residual connection, and the GELU and SwiGLU blocks of a transformer."""

from __future__ import annotations

from symbolic.library._board import Board
from symbolic.tensor import (
    axis,
    binary,
    elementwise,
    gelu,
    normal_cdf,
    normal_pdf,
    positive,
    sigmoid,
    silu,
    tensor,
)

n, k, m, h = axis("n"), axis("k"), axis("m"), axis("h")


def dropout() -> Board:
    """Inverted dropout: a mask of zeros and ones over the rate that is kept."""
    A, M, keep, dD = tensor("A", n, m), tensor("M", n, m), tensor("keep"), tensor("dD", n, m)
    board = Board("dropout", "Inverted dropout with a fixed mask", assuming=[binary(M), positive(keep)])
    D = board.define("D", M * A / keep)
    J = board.define("J", (dD * D).sum(), "the cost near this point, with dD = dJ/dD held still")
    dA = board.gradient(J, A, M * dD / keep, "the same mask, the same scale", "dJ/dA")
    board.identity(M * dA, dA, "M ∘ M = M", "M ∘ dJ/dA", "Units that were dropped get no gradient.")
    return board


def residual() -> Board:
    """What a few layers compute, added to what they got: X + V g(W X + b), with an unknown activation g."""
    X, W, b, V, dA = (
        tensor("X", n, m),
        tensor("W", h, n),
        tensor("b", h),
        tensor("V", n, h),
        tensor("dA", n, m),
    )
    g = elementwise("g")
    board = Board("residual", "A residual connection around two layers with an unknown activation g")
    Z = board.define("Z", W @ X + b[:, None])
    A = board.define("A", X + V @ g(Z))
    J = board.define("J", (dA * A).sum(), "the cost near this point, with dA = dJ/dA held still")
    dZ = board.define("dZ", (V.T @ dA) * g.derivative(Z))
    board.gradient(J, V, dA @ g(Z).T, "product rule", "dJ/dV")
    board.gradient(J, Z, dZ, "chain rule", "dJ/dZ")
    board.gradient(J, W, dZ @ X.T, "product rule", "dJ/dW")
    board.gradient(J, b, dZ.sum(axis=m), "b is repeated over the examples", "dJ/db")
    board.gradient(J, X, dA + W.T @ dZ, "X goes two ways: straight on, and through the layers", "dJ/dX")
    return board


def gelu_block() -> Board:
    """Two layers with GELU between them."""
    W, b, V, X, dO = (
        tensor("W", h, k),
        tensor("b", h),
        tensor("V", n, h),
        tensor("X", k, m),
        tensor("dO", n, m),
    )
    board = Board("gelu_block", "A GELU block")
    Z = board.define("Z", W @ X + b[:, None])
    A = board.define("A", gelu(Z), "Z times the normal distribution function of Z")
    J = board.define("J", (dO * (V @ A)).sum(), "the cost near this point, with dO held still")
    board.identity(gelu.derivative(Z), normal_cdf(Z) + Z * normal_pdf(Z), "product rule", "dA/dZ")
    dZ = board.define("dZ", (V.T @ dO) * (normal_cdf(Z) + Z * normal_pdf(Z)))
    board.gradient(J, V, dO @ A.T, "product rule", "dJ/dV")
    board.gradient(J, Z, dZ, "chain rule", "dJ/dZ")
    board.gradient(J, W, dZ @ X.T, "product rule", "dJ/dW")
    board.gradient(J, b, dZ.sum(axis=m), "b is repeated over the examples", "dJ/db")
    board.gradient(J, X, W.T @ dZ, "product rule", "dJ/dX")
    return board


def swiglu_block() -> Board:
    """silu(W X) ∘ (V X), then a projection."""
    W, V, U = tensor("W", h, k), tensor("V", h, k), tensor("U", n, h)
    X, dO = tensor("X", k, m), tensor("dO", n, m)
    board = Board("swiglu_block", "A SwiGLU block")
    Z = board.define("Z", W @ X, "gate")
    B = board.define("B", V @ X, "value")
    A = board.define("A", silu(Z) * B)
    J = board.define("J", (dO * (U @ A)).sum(), "the cost near this point, with dO held still")
    dA = board.define("dA", U.T @ dO)
    slope = sigmoid(Z) * (1 + Z * (1 - sigmoid(Z)))
    board.identity(silu.derivative(Z), slope, "product rule", "silu'(Z)")
    dZ = board.define("dZ", dA * B * slope)
    dB = board.define("dB", dA * silu(Z))
    board.gradient(J, U, dO @ A.T, "product rule", "dJ/dU")
    board.gradient(J, Z, dZ, "chain rule", "dJ/dZ")
    board.gradient(J, B, dB, "product rule", "dJ/dB")
    board.gradient(J, W, dZ @ X.T, "product rule", "dJ/dW")
    board.gradient(J, V, dB @ X.T, "product rule", "dJ/dV")
    board.gradient(J, X, W.T @ dZ + V.T @ dB, "X feeds gate and value: the two add up", "dJ/dX")
    return board
