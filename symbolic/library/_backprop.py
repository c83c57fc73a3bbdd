"""One layer, the recursion from layer to layer, and the induction over all of them.

The cost depends on the values of a layer only through the layer above. So the gradient below is the gradient of
the sum of dZ ∘ Z with dZ held still: that is the chain rule, and it is what each line differentiates.
"""

from __future__ import annotations

from symbolic.library._board import HALF, Board
from symbolic.tensor import Tensor, axis, elementwise, tensor

n, k, m = axis("n_l"), axis("n_{l-1}"), axis("m")
g = elementwise("g")


def layer() -> Board:
    """Z = W A_prev + b, A = g(Z), for sizes and activation unknown."""
    W, b, below = tensor("W", n, k), tensor("b", n), tensor("A_prev", k, m)
    dA = tensor("dA", n, m)
    board = Board("backprop_layer", "One layer with an unknown activation g")
    Z = board.define("Z", W @ below + b[:, None])
    A = board.define("A", g(Z))
    J = board.define(
        "J", (dA * A).sum() / m.size, "the cost near this point, with its gradient dA held still"
    )
    dZ = board.define("dZ", dA * g.derivative(Z), "gradient of the per-example losses: without the 1/m")
    board.gradient(J, Z, dZ / m.size, "chain rule: g' at Z, not at A", "dJ/dZ")
    board.gradient(J, W, dZ @ below.T / m.size, "product rule, summed over examples", "dJ/dW")
    board.gradient(
        J, b, dZ.sum(axis=m) / m.size, "b is repeated over the examples, so its gradient sums", "dJ/db"
    )
    board.gradient(J, below, W.T @ dZ / m.size, "product rule, summed over the units", "dJ/dA_prev")
    return board


def recursion() -> Board:
    """The four equations of backpropagation, for layer l of any network."""
    h = axis("n_{l+1}")
    W, b, below = tensor("W_l", n, k), tensor("b_l", n), tensor("A_{l-1}", k, m)
    W_up, b_up, dZ_up = tensor("W_{l+1}", h, n), tensor("b_{l+1}", h), tensor("dZ_{l+1}", h, m)
    dA_L = tensor("dA_L", n, m)
    board = Board("backprop_recursion", "Backpropagation: the four equations for layer l")
    Z = board.define("Z_l", W @ below + b[:, None])
    A = board.define("A_l", g(Z))
    top = (dA_L * A).sum() / m.size
    board.gradient(top, Z, dA_L * g.derivative(Z) / m.size, "BP1: the last layer, l = L", "dJ/dZ_L")
    Z_up = board.define("Z_{l+1}", W_up @ A + b_up[:, None])
    J = board.define(
        "J", (dZ_up * Z_up).sum() / m.size, "J depends on layer l only through Z_{l+1}; dZ_{l+1} held still"
    )
    dZ = board.define("dZ_l", (W_up.T @ dZ_up) * g.derivative(Z))
    board.gradient(J, Z, dZ / m.size, "BP2: from layer l+1 to layer l", "dJ/dZ_l")
    board.gradient(J, b, dZ.sum(axis=m) / m.size, "BP3", "dJ/db_l")
    board.gradient(J, W, dZ @ below.T / m.size, "BP4", "dJ/dW_l")
    return board


def induction() -> Board:
    """From one layer to the next, hence for L layers; and three layers at once, as a witness."""
    X, Y = tensor("X", axis("n_0"), m), tensor("Y", axis("n_3"), m)
    board = Board("backprop_induction", "Backpropagation through L layers, by induction")
    board.given.append("induction hypothesis: dJ/dZ_{l+1} = (1/m) dZ_{l+1}")
    Z_l, W_up, b_up = (
        tensor("Z_l", n, m),
        tensor("W_{l+1}", axis("n_{l+1}"), n),
        tensor("b_{l+1}", axis("n_{l+1}")),
    )
    dZ_up = tensor("dZ_{l+1}", axis("n_{l+1}"), m)
    J = (dZ_up * (W_up @ g(Z_l) + b_up[:, None])).sum() / m.size
    board.gradient(
        J,
        Z_l,
        (W_up.T @ dZ_up) * g.derivative(Z_l) / m.size,
        "induction step, for every l and every size",
        "dJ/dZ_l",
    )
    A: Tensor = X
    Zs: list[Tensor] = []
    inputs: list[Tensor] = []
    weights: list[Tensor] = []
    biases: list[Tensor] = []
    for layer_number in (1, 2, 3):
        rows, columns = axis(f"n_{layer_number}"), axis(f"n_{layer_number - 1}")
        W, b = tensor(f"W_{layer_number}", rows, columns), tensor(f"b_{layer_number}", rows)
        inputs.append(A)
        Z = board.define(f"Z_{layer_number}", W @ A + b[:, None])
        A = board.define(f"A_{layer_number}", g(Z))
        Zs.append(Z)
        weights.append(W)
        biases.append(b)
    cost = board.define("J", HALF * ((A - Y) ** 2).sum() / m.size)
    dZ = (A - Y) * g.derivative(Zs[2])
    for place in (2, 1, 0):
        number = place + 1
        if place < 2:
            dZ = (weights[place + 1].T @ dZ) * g.derivative(Zs[place])
        board.define(f"dZ_{number}", dZ, "by the recursion")
        board.gradient(
            cost, Zs[place], dZ / m.size, "three layers differentiated at once agree", f"dJ/dZ_{number}"
        )
        board.gradient(cost, weights[place], dZ @ inputs[place].T / m.size, "BP4", f"dJ/dW_{number}")
        board.gradient(cost, biases[place], dZ.sum(axis=m) / m.size, "BP3", f"dJ/db_{number}")
    return board
