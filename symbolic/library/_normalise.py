"""Batch, layer and RMS normalisation."""

from __future__ import annotations

from symbolic.library._board import Board
from symbolic.tensor import Axis, Tensor, axis, positive, sqrt, tensor

n, m = axis("n"), axis("m")
eps = tensor("epsilon")


def _centred(board: Board, X: Tensor, over: Axis) -> tuple[Tensor, Tensor]:
    """Write mean, standard deviation and the normalised input."""
    mu = board.define("mu", X.mean(axis=over, keepdims=True), f"mean over {over.name}")
    s = board.define("s", sqrt(((X - mu) ** 2).mean(axis=over, keepdims=True) + eps), "standard deviation")
    return board.define("X_hat", (X - mu) / s), s


def batch_norm() -> Board:
    """Normalise each unit over the batch, then scale and shift."""
    X, dZ, gamma, beta = tensor("X", n, m), tensor("dZ", n, m), tensor("gamma", n), tensor("beta", n)
    board = Board("batch_norm", "Batch normalisation over m examples", assuming=[positive(eps)])
    X_hat, s = _centred(board, X, m)
    Z = board.define("Z", gamma[:, None] * X_hat + beta[:, None])
    J = board.define("J", (dZ * Z).sum(), "the cost near this point, with dZ = dJ/dZ held still")
    board.gradient(J, beta, dZ.sum(axis=m), "beta is repeated over the batch", "dJ/dbeta")
    board.gradient(J, gamma, (dZ * X_hat).sum(axis=m), "product rule", "dJ/dgamma")
    dX_hat = board.define("dX_hat", gamma[:, None] * dZ)
    mean, along = dX_hat.mean(axis=m, keepdims=True), (dX_hat * X_hat).mean(axis=m, keepdims=True)
    board.gradient(
        J,
        X,
        (dX_hat - mean - X_hat * along) / s,
        "chain rule through mean and variance",
        "dJ/dX",
        "The batch's mean of dX_hat and its part along X_hat are taken out.",
    )
    return board


def batch_norm_in_use() -> Board:
    """Normalise with the running mean and variance: constants, so nothing flows through them."""
    X, dZ, gamma, beta = tensor("X", n, m), tensor("dZ", n, m), tensor("gamma", n), tensor("beta", n)
    mean, variance = tensor("mean", n), tensor("variance", n)
    board = Board(
        "batch_norm_in_use",
        "Batch normalisation in use, with running mean and variance",
        assuming=[positive(eps), positive(variance)],
    )
    s = board.define("s", sqrt(variance[:, None] + eps), "standard deviation")
    X_hat = board.define("X_hat", (X - mean[:, None]) / s)
    Z = board.define("Z", gamma[:, None] * X_hat + beta[:, None])
    J = board.define("J", (dZ * Z).sum(), "the cost near this point, with dZ = dJ/dZ held still")
    board.gradient(J, beta, dZ.sum(axis=m), "beta is repeated over the batch", "dJ/dbeta")
    board.gradient(J, gamma, (dZ * X_hat).sum(axis=m), "product rule", "dJ/dgamma")
    board.gradient(J, X, gamma[:, None] * dZ / s, "mean and variance do not depend on X", "dJ/dX")
    return board


def layer_norm() -> Board:
    """Normalise each example over its n units, then scale and shift."""
    X, dZ, gamma, beta = tensor("X", n, m), tensor("dZ", n, m), tensor("gamma", n), tensor("beta", n)
    board = Board("layer_norm", "Layer normalisation over n units", assuming=[positive(eps)])
    X_hat, s = _centred(board, X, n)
    Z = board.define("Z", gamma[:, None] * X_hat + beta[:, None])
    J = board.define("J", (dZ * Z).sum(), "the cost near this point, with dZ = dJ/dZ held still")
    board.gradient(J, beta, dZ.sum(axis=m), "beta is repeated over the examples", "dJ/dbeta")
    board.gradient(J, gamma, (dZ * X_hat).sum(axis=m), "product rule", "dJ/dgamma")
    dX_hat = board.define("dX_hat", gamma[:, None] * dZ)
    mean, along = dX_hat.mean(axis=n, keepdims=True), (dX_hat * X_hat).mean(axis=n, keepdims=True)
    board.gradient(J, X, (dX_hat - mean - X_hat * along) / s, "chain rule through mean and variance", "dJ/dX")
    return board


def rms_norm() -> Board:
    """Divide each example by its root mean square, then scale."""
    X, dZ, gamma = tensor("X", n, m), tensor("dZ", n, m), tensor("gamma", n)
    board = Board("rms_norm", "RMS normalisation over n units", assuming=[positive(eps)])
    r = board.define("r", sqrt((X**2).mean(axis=n, keepdims=True) + eps), "root mean square")
    Z = board.define("Z", gamma[:, None] * X / r)
    J = board.define("J", (dZ * Z).sum(), "the cost near this point, with dZ = dJ/dZ held still")
    board.gradient(J, gamma, (dZ * X / r).sum(axis=m), "product rule", "dJ/dgamma")
    dX_hat = board.define("dX_hat", gamma[:, None] * dZ)
    along = (dX_hat * X / r).mean(axis=n, keepdims=True)
    board.gradient(J, X, (dX_hat - X / r * along) / r, "quotient rule", "dJ/dX")
    return board
