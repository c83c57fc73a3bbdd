"""Losses whose gradient simplifies: sigmoid with binary cross-entropy, softmax with cross-entropy."""

from __future__ import annotations

from symbolic.library._board import Board
from symbolic.tensor import (
    axis,
    differentiate,
    einsum,
    log,
    log_softmax,
    one_hot,
    prove_tensor,
    sigmoid,
    softmax,
    softplus,
    tensor,
)

n, m = axis("n_y"), axis("m")


def sigmoid_bce() -> Board:
    """Binary cross-entropy behind a sigmoid, in a and in z."""
    Z, Y = tensor("Z", n, m), tensor("Y", n, m)
    board = Board("sigmoid_bce", "Sigmoid and binary cross-entropy")
    A = board.define("A", sigmoid(Z))
    J = board.define("J", -(Y * log(A) + (1 - Y) * log(1 - A)).sum() / m.size)
    board.gradient(J, A, (A - Y) / (A * (1 - A)) / m.size, "derivative of log", "dJ/dA")
    board.identity(sigmoid.derivative(Z), A * (1 - A), "derivative of the sigmoid", "dA/dZ")
    board.gradient(J, Z, (A - Y) / m.size, "A (1 - A) cancels", "dJ/dZ", "For every real Y, labels or not.")
    board.identity(J, (softplus(Z) - Y * Z).sum() / m.size, "log of the sigmoid, in the stable form", "J")
    return board


def softmax_cross_entropy() -> Board:
    """Cross-entropy behind a softmax, with one-hot labels; and without, to show that they are needed."""
    Z, Y = tensor("Z", n, m), tensor("Y", n, m)
    hot = one_hot(Y, axis=n)
    board = Board("softmax_cross_entropy_any_size", "Softmax and cross-entropy with one-hot labels")
    P = board.define("P", softmax(Z, axis=n))
    J = board.define("J", -(Y * log(P)).sum() / m.size)
    board.gradient(J, P, -(Y / P) / m.size, "derivative of log", "dJ/dP")
    board.gradient(J, Z, (P * Y.sum(axis=n) - Y) / m.size, "chain rule, for every Y", "dJ/dZ")
    board.identity(
        J, -(Y * log_softmax(Z, axis=n)).sum() / m.size, "log of the softmax, in the stable form", "J"
    )
    bare = prove_tensor(differentiate(J, Z), (P - Y) / m.size)
    board.assuming = [hot]
    board.gradient(J, Z, (P - Y) / m.size, "the labels of an example add up to 1", "dJ/dZ")
    board.notes.append(f"Without the hypothesis on Y the last line is {bare.status}: {bare.counterexample}.")
    return board


def softmax_jacobian() -> Board:
    """The product of the softmax's Jacobian with a vector, from the right and from the left."""
    z, v, u = tensor("z", n), tensor("v", n), tensor("u", n)
    board = Board("softmax_jvp", "Softmax: its Jacobian and the product with a vector")
    p = board.define("p", softmax(z, axis=n))
    jacobian = differentiate(p, z)
    from symbolic.tensor import delta

    board.gradient(p, z, p[:, None] * delta(n) - p[:, None] * p[None, :], "quotient rule", "dp/dz")
    board.identity(jacobian @ v, p * (v - (p * v).sum()), "sum over one index", "Jacobian times v")
    board.identity(u @ jacobian, p * (u - (p * u).sum()), "the Jacobian is symmetric", "u times Jacobian")
    board.identity(einsum("ij->j", jacobian), p * 0, "the entries of p add up to 1", "sum of a column")
    return board
