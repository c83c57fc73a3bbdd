"""What linear and logistic regression add: the cost bowl, and the loop beside the vectorised form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from symbolic._derivation import Step
from symbolic.models._matrix import named

if TYPE_CHECKING:
    from symbolic.models._network import SymbolicNetwork

__all__ = ["bowl_steps", "loop_steps"]


def _columns(net: SymbolicNetwork) -> tuple[Any, Any]:
    """θ = [W b], a row, and X̃, which is X with a row of ones below."""
    theta = sp.ImmutableMatrix.hstack(net.parameters["W1"], net.parameters["b1"])
    return theta, sp.ImmutableMatrix.vstack(net.X, sp.ones(1, net.m))


def bowl_steps(net: SymbolicNetwork) -> list[Step]:
    """The cost of linear regression as a quadratic form in θ = [W b]: its gradient, Hessian, minimum.

    Parameters
    ----------
    net : SymbolicNetwork
        One layer, one output, squared error.
    """
    theta, Xt = _columns(net)
    m, Y = net.m, net.Y
    z = theta * Xt
    cost = sp.Rational(1, m) * sp.Add(*[(z[j] - Y[j]) ** 2 / 2 for j in range(m)])
    H, c, k = Xt * Xt.T / m, Xt * Y.T / m, (Y * Y.T)[0] / (2 * m)
    T = named("θ", r"\theta", theta)
    H_, c_, v_ = named("H", "H", H), named("c", "c", c), named("v", "v", _row("v", theta.cols))

    bowl = sp.ImmutableMatrix([[(theta * H * theta.T)[0] / 2 - (theta * c)[0] + k]])
    gradient = sp.ImmutableMatrix([[cost.diff(t) for t in theta]])
    hessian = sp.ImmutableMatrix(len(theta), len(theta), lambda i, j: cost.diff(theta[i], theta[j]))
    squares = sp.ImmutableMatrix([[sp.Add(*[w**2 for w in v_.value * Xt]) / m]])
    forms = [
        (
            sp.ImmutableMatrix([[cost]]),
            bowl,
            "the cost bowl: a quadratic form in θ = [W b], X̃ = X with a row of ones",
            (named("J", "J", bowl), _text("(1/2) θ H θᵀ - θ c + k", r"\tfrac{1}{2} \theta H \theta^{\top} - \theta c + k")),
        ),
        (
            hessian,
            H,
            "its Hessian does not depend on θ",
            (
                _text("∂²J/∂θ²", r"\frac{\partial^2 J}{\partial \theta^2}"),
                _text("H = (1/m) X̃ X̃ᵀ", r"H = \frac{1}{m} \tilde X \tilde X^{\top}"),
            ),
        ),
        (
            gradient,
            (T @ H_ - c_.T).value,
            "its gradient, 0 at the minimum: θ H = cᵀ, the normal equations, c = (1/m) X̃ Yᵀ",
            (_text("dJ/dθ", r"\frac{dJ}{d\theta}"), T @ H_ - c_.T),
        ),
        (
            (v_ @ H_ @ v_.T).value,
            squares,
            "a mean of squares, never negative: the bowl opens upwards in every direction v",
            (v_ @ H_ @ v_.T, _text("(1/m) Σ_j (v x̃_j)²", r"\frac{1}{m} \sum_j (v \tilde x_j)^2")),
        ),
    ]  # fmt: skip
    return [Step(sp.ImmutableMatrix(left), sp.ImmutableMatrix(right), rule, shown=shown)
            for left, right, rule, shown in forms]  # fmt: skip


def loop_steps(net: SymbolicNetwork) -> list[Step]:
    """Logistic regression with a loop over the examples and one over the features, then without.

    Parameters
    ----------
    net : SymbolicNetwork
        One layer, one output, binary cross-entropy.
    """
    W, b, X, Y, m = net.parameters["W1"], net.parameters["b1"], net.X, net.Y, net.m
    dW, db = [sp.Integer(0)] * X.rows, sp.Integer(0)
    a, dz = {}, {}
    for j in range(m):
        a[j] = 1 / (1 + sp.exp(-sp.Symbol(f"z1_1{j + 1}", real=True)))  # the z of this example, by name
        dz[j] = a[j] - Y[0, j]
        for i in range(X.rows):
            dW[i] += X[i, j] * dz[j]
        db += dz[j]
    looped = sp.ImmutableMatrix([[v / m for v in dW]])
    dZ = named("dZ", "dZ", sp.ImmutableMatrix([[dz[j] for j in range(m)]]))
    vectorised = (dZ @ named("X", "X", X).T).mean_of(m)
    summed = dZ.sum_over_examples().mean_of(m)
    assert W.shape == looped.shape
    assert b.shape == summed.value.shape
    loop_W = _text(
        "loop: for j in 1..m: dz = a_j - y_j; for i in 1..n: dW_i += x_ij dz; then dW/m",
        r"\frac{1}{m} \sum_{j=1}^{m} \sum_{i=1}^{n} e_i^{\top} x_{ij} (a_j - y_j)",
    )
    loop_b = _text("loop: db += dz; then db/m", r"\frac{1}{m} \sum_{j=1}^{m} (a_j - y_j)")
    dW_, db_ = (_text(t, t) for t in ("dW", "db"))
    return [
        Step(net.gradients["dW1"], looped, "one example after the other", shown=(dW_, loop_W)),
        Step(looped, vectorised.value, "the loops are a matrix product", shown=(loop_W, vectorised)),
        Step(
            net.gradients["db1"], sp.ImmutableMatrix([[db / m]]), "one after the other", shown=(db_, loop_b)
        ),
        Step(
            sp.ImmutableMatrix([[db / m]]),
            summed.value,
            "the loop is a sum of columns",
            shown=(loop_b, summed),
        ),
    ]


def _row(letter: str, n: int) -> Any:
    return sp.ImmutableMatrix([[sp.Symbol(f"{letter}_{i + 1}", real=True) for i in range(n)]])


def _text(text: str, tex: str) -> Any:
    return named(text, tex, sp.ImmutableMatrix(0, 0, []))
