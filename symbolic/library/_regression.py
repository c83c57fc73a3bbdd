"""Linear and logistic regression, squared error and the L2 penalty."""

from __future__ import annotations

from symbolic.library._board import HALF, Board
from symbolic.tensor import axis, elementwise, log, sigmoid, tensor

n, m = axis("n_x"), axis("m")
n_y = axis("n_y")


def linear_regression() -> Board:
    """Least squares: gradient and Hessian."""
    w, b = tensor("w", n), tensor("b")
    X, y = tensor("X", n, m), tensor("y", m)
    board = Board("linear_regression_any_size", "Linear regression with n_x inputs and m examples")
    a = board.define("a", w @ X + b)
    J = board.define("J", HALF * ((a - y) ** 2).sum() / m.size)
    board.gradient(J, a, (a - y) / m.size, "chain rule", "dJ/da")
    dw = board.gradient(J, w, X @ (a - y) / m.size, "chain rule", "dJ/dw")
    board.gradient(J, b, (a - y).sum() / m.size, "chain rule", "dJ/db")
    board.gradient(
        dw, w, X @ X.T / m.size, "second derivative", "Hessian in w", "The same for every w: J is convex."
    )
    return board


def logistic_regression() -> Board:
    """Sigmoid and binary cross-entropy: gradient and Hessian."""
    w, b = tensor("w", n), tensor("b")
    X, y = tensor("X", n, m), tensor("y", m)
    board = Board("logistic_regression_any_size", "Logistic regression with n_x inputs and m examples")
    z = board.define("z", w @ X + b)
    a = board.define("a", sigmoid(z))
    J = board.define("J", -(y * log(a) + (1 - y) * log(1 - a)).sum() / m.size)
    board.gradient(J, z, (a - y) / m.size, "chain rule, and a' = a (1 - a)", "dJ/dz")
    dw = board.gradient(J, w, X @ (a - y) / m.size, "chain rule", "dJ/dw")
    board.gradient(J, b, (a - y).sum() / m.size, "chain rule", "dJ/db")
    board.gradient(dw, w, (X * (a * (1 - a))) @ X.T / m.size, "second derivative", "Hessian in w")
    return board


def mean_squared_error() -> Board:
    """Squared error behind an unknown activation."""
    W, b = tensor("W", n_y, n), tensor("b", n_y)
    X, Y = tensor("X", n, m), tensor("Y", n_y, m)
    g = elementwise("g")
    board = Board("mse_any_size", "Mean squared error of one layer with an unknown activation g")
    Z = board.define("Z", W @ X + b[:, None])
    A = board.define("A", g(Z))
    J = board.define("J", HALF * ((A - Y) ** 2).sum() / m.size)
    board.gradient(J, A, (A - Y) / m.size, "power rule", "dJ/dA")
    dZ = board.define("dZ", (A - Y) * g.derivative(Z), "per example: without the 1/m")
    board.gradient(J, Z, dZ / m.size, "chain rule", "dJ/dZ")
    board.gradient(J, W, dZ @ X.T / m.size, "chain rule", "dJ/dW")
    board.gradient(J, b, dZ.sum(axis=m) / m.size, "chain rule", "dJ/db")
    return board


def l2_penalty() -> Board:
    """Weight decay: what the penalty adds to a gradient."""
    W, X, Y = tensor("W", n_y, n), tensor("X", n, m), tensor("Y", n_y, m)
    lam = tensor("lambda")
    board = Board("l2_any_size", "The L2 penalty")
    penalty = board.define("R", lam * HALF * (W * W).sum() / m.size)
    board.gradient(
        penalty, W, lam / m.size * W, "power rule", "dR/dW", "The factor 1/2 is gone, the 1/m is not."
    )
    A = board.define("A", W @ X)
    J = board.define("J", HALF * ((A - Y) ** 2).sum() / m.size + penalty)
    board.gradient(J, W, (A - Y) @ X.T / m.size + lam / m.size * W, "linearity", "dJ/dW")
    return board
