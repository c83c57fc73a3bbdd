"""The cost bowl of a linear regression with one weight and one bias, and the path of gradient descent in it."""

from __future__ import annotations

from typing import Any

from backproof.plots._canvas import BLUE, GREY, ORANGE, figure


def plot_bowl(learning_rate: float = 0.35, steps: int = 30, seed: int = 0) -> Any:
    """Draw the data with the fitted line, and the contours of J(w, b) with the descent and the true minimum."""
    import numpy as np

    import numeric

    rng = np.random.default_rng(seed)
    m = 40
    X = rng.uniform(-1.5, 2.0, (1, m))
    Y = 1.4 * X - 0.5 + 0.35 * rng.standard_normal((1, m))
    net = numeric.Network([1, 1], activation="identity", loss="mse", init="zeros", rng=seed)
    net.parameters = {"W1": np.array([[-1.2]]), "b1": np.array([[1.6]])}
    path = [(net.parameters["W1"].item(), net.parameters["b1"].item())]
    for _ in range(steps):
        net.step(X, Y, learning_rate=learning_rate)
        path.append((net.parameters["W1"].item(), net.parameters["b1"].item()))
    w_path, b_path = np.array(path).T
    design = np.vstack([X, np.ones_like(X)])
    w_best, b_best = np.linalg.solve(design @ design.T, design @ Y.T).ravel()

    w, b = np.meshgrid(np.linspace(-1.8, 3.6, 181), np.linspace(-2.6, 2.2, 181))
    residual = w[..., None] * X[0] + b[..., None] - Y[0]
    J = 0.5 * (residual**2).mean(axis=-1)
    fig, (left, right) = figure(1, 2, size=(9.6, 4.2))
    left.plot(X[0], Y[0], "o", ms=4, color=GREY, alpha=0.7)
    line = np.array([-1.6, 2.1])
    left.plot(line, path[0][0] * line + path[0][1], color=ORANGE, lw=1.2, ls="--", label="start")
    left.plot(line, w_path[-1] * line + b_path[-1], color=BLUE, lw=2.2, label=f"after {steps} steps")
    left.set_xlabel("x", color=GREY)
    left.set_ylabel("y", color=GREY)
    left.legend(frameon=False, fontsize=9)
    left.set_title("the line", loc="left", fontsize=11, weight="bold")
    right.contourf(w, b, J, levels=np.geomspace(J.min() * 1.02, J.max(), 18), cmap="Blues", alpha=0.7)
    right.plot(
        w_path, b_path, "o-", color=ORANGE, ms=3.5, lw=1.4, label=f"gradient descent, rate {learning_rate:g}"
    )
    right.plot(w_best, b_best, "+", color="black", ms=12, mew=1.8, label="minimum: dJ/dw = dJ/db = 0")
    right.set_xlabel("w", color=GREY)
    right.set_ylabel("b", color=GREY)
    right.legend(fontsize=8.5, loc="upper right", framealpha=0.9, edgecolor="none")
    right.set_title("the bowl J(w, b)", loc="left", fontsize=11, weight="bold")
    return fig
