"""Descent, momentum, Nesterov, RMSProp, Adam and AdamW: what their averages are, and bias correction as an identity.

A power β^t with symbolic t is a scalar of its own here: p stands for β^t, and β p for β^(t+1). The step from t to
t + 1 is proved for every p, and with the start, p = 1 at t = 0, that is induction over t.
"""

from __future__ import annotations

from symbolic.library._board import Board
from symbolic.tensor import axis, positive, sqrt, tensor

n = axis("n")
beta, p, alpha, eps = tensor("beta"), tensor("p"), tensor("alpha"), tensor("epsilon")
g, v, theta, s = tensor("g", n), tensor("v", n), tensor("theta", n), tensor("s", n)
decay = tensor("lambda")


def descent() -> Board:
    """theta - alpha g, where a decay of the weights is the same as an L2 penalty."""
    g_1, g_2 = tensor("g_1", n), tensor("g_2", n)
    board = Board("sgd", "Gradient descent")
    theta_1 = board.define("theta_1", theta - alpha * g_1)
    board.identity(theta_1 - alpha * g_2, theta - alpha * (g_1 + g_2), "two updates", "theta_2")
    board.identity(
        (1 - alpha * decay) * theta - alpha * g,
        theta - alpha * (g + decay * theta),
        "distribute",
        "theta_{t+1}",
        "λ θ is the gradient of (λ/2) θ²: to decay is to penalise. For Adam it is not.",
    )
    return board


def nesterov() -> Board:
    """Momentum that goes where the next average would lead, were the gradient to stay."""
    board = Board("nesterov", "Nesterov's momentum")
    after = board.define("v_{t+1}", beta * v + (1 - beta) * g)
    board.identity(after - v, (1 - beta) * (g - v), "rearranged", "change of v")
    board.identity(
        theta - alpha * (beta * after + (1 - beta) * g),
        theta - alpha * (beta**2 * v + (1 - beta**2) * g),
        "put v_{t+1} in",
        "theta_{t+1}",
        "The gradient weighs 1 - β² instead of 1 - β.",
    )
    return board


def momentum() -> Board:
    """v ← β v + (1 - β) g: a weighted mean of gradients whose weights add up to 1 - β^t."""
    board = Board("momentum", "Momentum: an exponential average of gradients")
    v_0, g_1, g_2, g_3 = tensor("v_0", n), tensor("g_1", n), tensor("g_2", n), tensor("g_3", n)
    v_1 = board.define("v_1", beta * v_0 + (1 - beta) * g_1)
    v_2 = board.define("v_2", beta * v_1 + (1 - beta) * g_2)
    v_3 = beta * v_2 + (1 - beta) * g_3
    unrolled = (1 - beta) * (g_3 + beta * g_2 + beta**2 * g_1) + beta**3 * v_0
    board.identity(v_3, unrolled, "three steps unrolled", "v_3")
    after = beta * v + (1 - beta) * g
    board.identity(after - v, (1 - beta) * (g - v), "rearranged", "change of v")
    board.identity(
        theta - alpha * after, theta - alpha * (v + (1 - beta) * (g - v)), "the update", "theta_{t+1}"
    )
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
    after, scale = tensor("s_{t+1}", n), tensor("c")
    board = Board(
        "rmsprop", "RMSProp: gradients over their root mean square", assuming=[positive(s), positive(after)]
    )
    root = sqrt(after) + eps
    board.identity(
        theta - alpha * g / root, (theta * root - alpha * g) / root, "common denominator", "theta_{t+1}"
    )
    board.identity(beta * s + (1 - beta) * g**2 - s, (1 - beta) * (g**2 - s), "rearranged", "change of s")
    board.given.append("p stands for β^t, so β p for β^{t+1}")
    board.identity(
        beta * ((1 - p) * g**2) + (1 - beta) * g**2,
        (1 - beta * p) * g**2,
        "from t to t + 1, equal gradients g",
        "s at t + 1",
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
    c_1, c_2, v_1, s_1 = tensor("c_1"), tensor("c_2"), tensor("v_{t+1}", n), tensor("s_{t+1}", n)
    beta_1, beta_2 = tensor("beta_1"), tensor("beta_2")
    positives = [positive(c_1), positive(c_2), positive(s_1)]
    board = Board("adam", "Adam and its bias correction", assuming=positives)
    board.given.append("c_1 = 1 - β_1^{t+1} and c_2 = 1 - β_2^{t+1}, both positive; p stands for β^t")
    board.identity(beta_1 * v + (1 - beta_1) * g - v, (1 - beta_1) * (g - v), "rearranged", "change of v")
    board.identity(
        beta_2 * s + (1 - beta_2) * g**2 - s, (1 - beta_2) * (g**2 - s), "rearranged", "change of s"
    )
    board.identity(
        (beta * ((1 - p) * g) + (1 - beta) * g) / (1 - beta * p),
        g,
        "the corrected average of equal gradients",
        "v̂_{t+1}",
    )
    plain = theta - alpha * (v_1 / c_1) / (sqrt(s_1 / c_2) + eps)
    folded = theta - (alpha * sqrt(c_2) / c_1) * v_1 / (sqrt(s_1) + eps * sqrt(c_2))
    board.identity(
        plain,
        folded,
        "multiply above and below by √c_2",
        "theta_{t+1}",
        "Bias correction is a change of step size and of epsilon.",
    )
    board.identity((g / c_1 * c_1) / sqrt(g**2 / c_2 * c_2) * sqrt(g**2), g, "corrections cancel", "ĝ")
    return board


def adamw() -> Board:
    """Adam whose decay of the weights does not pass through its averages."""
    c_1, c_2, v_1, s_1 = tensor("c_1"), tensor("c_2"), tensor("v_{t+1}", n), tensor("s_{t+1}", n)
    beta_1, beta_2 = tensor("beta_1"), tensor("beta_2")
    positives = [positive(c_1), positive(c_2), positive(s_1)]
    board = Board("adamw", "AdamW: Adam, and a decay of the weights beside it", assuming=positives)
    board.given.append("c_1 = 1 - β_1^{t+1} and c_2 = 1 - β_2^{t+1}, both positive; λ = 0 is Adam")
    board.identity(beta_1 * v + (1 - beta_1) * g - v, (1 - beta_1) * (g - v), "rearranged", "change of v")
    board.identity(
        beta_2 * s + (1 - beta_2) * g**2 - s, (1 - beta_2) * (g**2 - s), "rearranged", "change of s"
    )
    u = board.define("u", (v_1 / c_1) / (sqrt(s_1 / c_2) + eps), "the corrected direction")
    board.identity(
        (1 - alpha * decay) * theta - alpha * u,
        theta - alpha * (u + decay * theta),
        "distribute",
        "theta_{t+1}",
        "The decay λ θ is not divided by √s, as the gradient of a penalty would be.",
    )
    return board
