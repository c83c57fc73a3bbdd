"""The gradients of the losses and of the penalty, as a teacher writes them on the board."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symbolic._derivation import Derivation
from symbolic.catalogue._activations import SIGMOID
from symbolic.catalogue._chains import chain
from symbolic.catalogue._symbols import D, a, over, plus, times, vector, y, z

__all__ = ["LOSS_DERIVATIONS"]

HALF = sp.Rational(1, 2)


def _squared_error() -> Derivation:
    L = sp.Function("L")
    loss = times(HALF, (a - y) ** 2)
    steps = chain(
        D(L(a), a),
        (D(loss, a), "definition of the squared error"),
        (times(HALF, 2, a - y, D(a - y, a)), "chain rule, power rule"),
        (a - y, "derivative of a - y by a is 1"),
        where={L: sp.Lambda(a, loss)},
    )
    return Derivation("squared_error", "The derivative of the squared error ½(a - y)²", steps)


def _bce() -> Derivation:
    L = sp.Function("L")
    loss = -(y * sp.log(a) + (1 - y) * sp.log(1 - a))
    steps = chain(
        D(L(a), a),
        (D(loss, a), "definition of binary cross-entropy"),
        (-plus(times(y, D(sp.log(a), a)), times(1 - y, D(sp.log(1 - a), a))), "linearity"),
        (-plus(over(y, a), -over(1 - y, 1 - a)), "derivative of log, chain rule: d/da (1 - a) = -1"),
        (over(plus(-times(y, 1 - a), times(a, 1 - y)), times(a, 1 - a)), "common denominator a(1 - a)"),
        (over(a - y, times(a, 1 - a)), "multiply out: the terms a y cancel"),
        where={L: sp.Lambda(a, loss)},
    )
    return Derivation(
        "bce", "The derivative of binary cross-entropy by the prediction a", steps, hypotheses=("0 < a < 1",)
    )


def _bce_logit() -> Derivation:
    g = sp.Function("sigma")
    dLda = over(a - y, times(a, 1 - a))
    loss = -plus(times(y, sp.log(g(z))), times(1 - y, sp.log(1 - g(z))))
    plain = sp.log(1 + sp.exp(z)) - y * z
    by_chain = chain(
        D(loss, z),
        (times(dLda, D(g(z), z)), "chain rule: dL/da · da/dz, with dL/da = (a - y)/(a(1 - a))"),
        (times(dLda, a, 1 - a), "derivative of the sigmoid: da/dz = a(1 - a)"),
        (a - y, "cancel a(1 - a)"),
        where={g: sp.Lambda(z, SIGMOID), a: SIGMOID},
    )
    in_z = chain(
        loss,
        (
            plus(times(y, sp.log(1 + sp.exp(-z))), times(1 - y, sp.log(1 + sp.exp(z)))),
            "log(1/u) = -log(u), and 1 - sigma(z) = 1/(1 + exp(z))",
        ),
        (plain, "log(1 + exp(-z)) = log(1 + exp(z)) - z"),
        where={g: sp.Lambda(z, SIGMOID)},
    )
    again = chain(
        D(plain, z),
        (plus(over(sp.exp(z), 1 + sp.exp(z)), -y), "derivative of log and exp"),
        (a - y, "substitute a = sigma(z)"),
        where={a: SIGMOID},
    )
    return Derivation(
        "bce_logit",
        "Binary cross-entropy after the sigmoid: dL/dz = a - y",
        by_chain + in_z + again,
        hypotheses=("a = sigma(z)",),
    )


def _softmax_cross_entropy() -> Derivation:
    zs, ys, letters = vector("z", 3), vector("y", 3), vector("a", 3)
    exps = [sp.exp(v) for v in zs]
    total, labels = sp.Add(*exps), sp.Add(*ys)
    sum_name, loss_name = sp.Function("S"), sp.Function("L")
    S, L = sum_name(*zs), loss_name(*zs)
    loss = -sp.Add(*[label * sp.log(e / total) for label, e in zip(ys, exps, strict=True)])
    by_log = plus(times(labels, sp.log(S)), *[-label * v for label, v in zip(ys, zs, strict=True)])
    where = {
        loss_name: sp.Lambda(zs, loss),
        sum_name: sp.Lambda(zs, total),
        **{q: e / total for q, e in zip(letters, exps, strict=True)},
    }
    one_hot = {**where, ys[-1]: 1 - sp.Add(*ys[:-1])}

    written = chain(
        L,
        (
            -sp.Add(*[label * sp.log(q) for label, q in zip(ys, letters, strict=True)]),
            "definition of the loss",
        ),
        (
            -plus(*[times(label, sp.log(over(e, S))) for label, e in zip(ys, exps, strict=True)]),
            "definition of softmax: a_k = exp(z_k)/S",
        ),
        (by_log, "log of a quotient; collect log(S)"),
        where=where,
    )
    first = chain(
        D(L, zs[0]),
        (plus(times(labels, over(D(S, zs[0]), S)), -ys[0]), "derivative of log, chain rule"),
        (plus(times(labels, over(exps[0], S)), -ys[0]), "derivative of exp"),
        (plus(times(labels, letters[0]), -ys[0]), "substitute a_1 = exp(z_1)/S"),
        where=where,
    )
    hot = chain(
        plus(times(labels, letters[0]), -ys[0]),
        (letters[0] - ys[0], "one-hot: y_1 + y_2 + y_3 = 1"),
        where=one_hot,
    )
    gradient = chain(
        sp.ImmutableMatrix([D(L, v) for v in zs]),
        (
            sp.ImmutableMatrix([q - label for q, label in zip(letters, ys, strict=True)]),
            "the same for every entry, one-hot: dZ = A - Y",
        ),
        where=one_hot,
    )
    return Derivation(
        "softmax_cross_entropy",
        "Categorical cross-entropy after softmax: dZ = A - Y, for three classes",
        written + first + hot + gradient,
        hypotheses=(
            "S = exp(z_1) + exp(z_2) + exp(z_3), a_k = exp(z_k)/S",
            "one-hot: y_1 + y_2 + y_3 = 1, used only where it is named",
        ),
    )


def _hinge() -> Derivation:
    L = sp.Function("L")

    def cases(value: sp.Expr) -> sp.Expr:
        return sp.Piecewise((value, y * z < 1), (0, True), evaluate=False)

    steps = chain(
        D(L(z), z),
        (D(cases(1 - y * z), z), "definition of the hinge loss max(0, 1 - y z)"),
        (cases(D(1 - y * z, z)), "differentiate case by case, away from the kink y z = 1"),
        (cases(-y), "derivative of a linear function"),
        where={L: sp.Lambda(z, cases(1 - y * z))},
    )
    return Derivation(
        "hinge",
        "The derivative of the hinge loss",
        steps,
        notes=("Where y z = 1 there is no derivative and nothing is claimed; code takes 0.",),
    )


def _huber() -> Derivation:
    L = sp.Function("L")
    delta = sp.Symbol("delta", positive=True)
    r = a - y

    def cases(near: sp.Expr, far: sp.Expr) -> sp.Expr:
        return sp.Piecewise((near, sp.Abs(r) <= delta), (far, True), evaluate=False)

    loss = cases(r**2 / 2, delta * (sp.Abs(r) - delta / 2))
    steps = chain(
        D(L(a), a),
        (D(loss, a), "definition of the Huber loss"),
        (
            cases(D(r**2 / 2, a), times(delta, D(sp.Abs(r), a))),
            "differentiate case by case; delta is a constant",
        ),
        (cases(r, times(delta, sp.sign(r))), "power rule; derivative of |r| is sign(r)"),
        where={L: sp.Lambda(a, loss)},
    )
    return Derivation(
        "huber",
        "The derivative of the Huber loss",
        steps,
        notes=(
            "At |a - y| = delta the slopes of both cases are ±delta, so the derivative exists there too.",
        ),
    )


def _l2() -> Derivation:
    W = sp.ImmutableMatrix(2, 3, lambda i, j: sp.Symbol(f"W_{i + 1}{j + 1}", real=True))
    lam = sp.Symbol("lam", real=True)
    squares = sp.Add(*[w**2 for w in W])
    name = sp.Function("R")
    R = name(*W)
    where = {name: sp.Lambda(tuple(W), lam / 2 * squares)}
    one = chain(
        D(R, W[0, 1]),
        (D(times(lam / 2, squares), W[0, 1]), "definition of the penalty"),
        (times(lam / 2, D(W[0, 1] ** 2, W[0, 1])), "only the square of W_12 depends on W_12"),
        (times(lam / 2, 2, W[0, 1]), "power rule"),
        (lam * W[0, 1], "cancel the 2"),
        where=where,
    )
    every = chain(
        sp.ImmutableMatrix(2, 3, lambda i, j: D(R, W[i, j])),
        (sp.ImmutableMatrix(lam * W), "the same for every entry: dR/dW = lam W"),
        where=where,
    )
    return Derivation(
        "l2",
        "The gradient of the L2 penalty (lam/2)·sum(W²), for a 2 × 3 matrix",
        one + every,
        notes=("The cost divides the penalty by m, so its gradient adds (lam/m) W to dW.",),
    )


LOSS_DERIVATIONS: dict[str, Callable[[], Derivation]] = {
    "squared_error": _squared_error,
    "bce": _bce,
    "bce_logit": _bce_logit,
    "softmax_cross_entropy": _softmax_cross_entropy,
    "hinge": _hinge,
    "huber": _huber,
    "l2": _l2,
}
