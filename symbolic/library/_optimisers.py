"""Momentum, RMSProp and Adam: what their averages are, and bias correction as an identity.

A power β^t with symbolic t is a scalar of its own here: p stands for β^t, and β p for β^(t+1). The step from t to
t + 1 is proved for every p, and with the start, p = 1 at t = 0, that is induction over t.
"""

from __future__ import annotations

from symbolic.library._board import Board
from symbolic.tensor import axis, positive, sqrt, tensor

n = axis("n")
beta, p, alpha, eps = tensor("beta"), tensor("p"), tensor("alpha"), tensor("epsilon")
g, v, theta = tensor("g", n), tensor("v", n), tensor("theta", n)


def momentum() -> Board:
    """v ← β v + (1 - β) g: a weighted mean of gradients whose weights add up to 1 - β^t."""
    board = Board("momentum", "Momentum: an exponential average of gradients")
    v_0, g_1, g_2, g_3 = tensor("v_0", n), tensor("g_1", n), tensor("g_2", n), tensor("g_3", n)
    v_1 = board.define("v_1", beta * v_0 + (1 - beta) * g_1)
    v_2 = board.define("v_2", beta * v_1 + (1 - beta) * g_2)
    v_3 = beta * v_2 + (1 - beta) * g_3
    unrolled = (1 - beta) * (g_3 + beta * g_2 + beta**2 * g_1) + beta**3 * v_0
    board.identity(v_3, unrolled, "three steps unrolled", "v_3")
    board.given.append("p stands for β^t, so β p for β^{t+1}")
    start = beta * 0 + (1 - beta) * 1
    board.identity(start, 1 - beta, "start: after one step the weights add up to 1 - β", "weights at 1")
    board.identity(beta * (1 - p) + (1 - beta), 1 - beta * p, "from t to t + 1", "weights at t + 1")
    board.identity(
        beta * ((1 - p) * g) + (1 - beta) * g,
        (1 - beta * p) * g,
        "from t to t + 1, equal gradients g",
        "v_{t+1}",
        "So v / (1 - β^t) is unbiased: for equal gradients it is g itself.",
    )
    return board


def rmsprop() -> Board:
    """s ← β s + (1 - β) g²: the step is the gradient over its own root mean square."""
    board = Board(
        "rmsprop", "RMSProp: gradients over their root mean square", assuming=[positive(tensor("s", n))]
    )
    s, scale = tensor("s", n), tensor("c")
    board.identity(beta * s + (1 - beta) * g**2 - s, (1 - beta) * (g**2 - s), "rearranged", "change of s")
    board.given.append("p stands for β^t, so β p for β^{t+1}")
    board.identity(
        beta * ((1 - p) * g**2) + (1 - beta) * g**2,
        (1 - beta * p) * g**2,
        "from t to t + 1, equal gradients g",
        "s_{t+1}",
    )
    board.assuming = [*board.assuming, positive(scale)]
    board.identity(
        (scale * g) / sqrt(scale**2 * s),
        g / sqrt(s),
        "a positive scale cancels",
        "scaled step",
        "RMSProp without epsilon does not see the units of the cost.",
    )
    return board


def adam() -> Board:
    """Adam with bias correction, and the form that corrects the step size instead."""
    c_1, c_2, s = tensor("c_1"), tensor("c_2"), tensor("s", n)
    m_t = tensor("m", n)
    board = Board(
        "adam", "Adam and its bias correction", assuming=[positive(c_1), positive(c_2), positive(s)]
    )
    board.given.append("c_1 = 1 - β_1^t and c_2 = 1 - β_2^t, both positive; p stands for β^t")
    board.identity(
        (beta * ((1 - p) * g) + (1 - beta) * g) / (1 - beta * p),
        g,
        "the corrected average of equal gradients",
        "m̂_{t+1}",
    )
    plain = theta - alpha * (m_t / c_1) / (sqrt(s / c_2) + eps)
    folded = theta - (alpha * sqrt(c_2) / c_1) * m_t / (sqrt(s) + eps * sqrt(c_2))
    board.identity(
        plain,
        folded,
        "multiply above and below by √c_2",
        "θ_{t+1}",
        "Bias correction is a change of step size and of epsilon.",
    )
    board.identity((g / c_1 * c_1) / sqrt(g**2 / c_2 * c_2) * sqrt(g**2), g, "corrections cancel", "ĝ")
    return board
