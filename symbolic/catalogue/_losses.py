"""The losses of one example, and the penalty: what each is, and the derivative claimed for it in class."""

from __future__ import annotations

import sympy as sp

from symbolic.catalogue._activations import SIGMOID
from symbolic.catalogue._formula import Formula, derived
from symbolic.catalogue._symbols import a, matrix, vector, y, z

__all__ = ["LOSSES", "PENALTIES"]


def _squared_error() -> Formula:
    return derived(
        "squared_error",
        "loss",
        "Squared error, halved",
        (a - y) ** 2 / 2,
        (a,),
        a - y,
        others=(y,),
        aliases=("mse",),
        left="L",
    )


def _bce() -> Formula:
    # The label is a probability; for hard labels y is 0 or 1.
    return derived(
        "bce",
        "loss",
        "Binary cross-entropy of the prediction a",
        -(y * sp.log(a) + (1 - y) * sp.log(1 - a)),
        (a,),
        (a - y) / (a * (1 - a)),
        others=(y,),
        domain=sp.Interval.open(0, 1),
        aliases=("binary_cross_entropy",),
        left="L",
    )


def _bce_logit() -> Formula:
    return derived(
        "bce_logit",
        "loss",
        "Binary cross-entropy of the logit z",
        sp.log(1 + sp.exp(z)) - y * z,
        (z,),
        a - y,
        others=(y,),
        notation={a: SIGMOID},
        left="L",
    )


def _softmax_cross_entropy(n: int = 3) -> Formula:
    zs, ys, letters = vector("z", n), vector("y", n), vector("a", n)
    total = sp.Add(*map(sp.exp, zs))
    softmax = [sp.exp(v) / total for v in zs]
    loss = -sp.Add(*[label * sp.log(p) for label, p in zip(ys, softmax, strict=True)])
    return derived(
        "softmax_cross_entropy",
        "loss",
        "Categorical cross-entropy of the logits z, after softmax",
        loss,
        zs,
        sp.ImmutableMatrix([p - label for p, label in zip(letters, ys, strict=True)]),
        others=ys,
        notation=dict(zip(letters, softmax, strict=True)),
        hypotheses={ys[-1]: 1 - sp.Add(*ys[:-1])},
        domain=sp.S.Reals**n,
        aliases=("categorical_cross_entropy",),
        left="L",
    )


def _hinge() -> Formula:
    return derived(
        "hinge",
        "loss",
        "Hinge loss of the score z, labels -1 and +1",
        sp.Piecewise((1 - y * z, y * z < 1), (0, True)),
        (z,),
        sp.Piecewise((-y, y * z < 1), (0, True)),
        others=(y,),
        kinks=(1 / y,),
        left="L",
    )


def _huber() -> Formula:
    delta = sp.Symbol("delta", positive=True)
    near = sp.Abs(a - y) <= delta
    return derived(
        "huber",
        "loss",
        "Huber loss: squared near, linear far",
        sp.Piecewise(((a - y) ** 2 / 2, near), (delta * (sp.Abs(a - y) - delta / 2), True)),
        (a,),
        sp.Piecewise((a - y, near), (delta * sp.sign(a - y), True)),
        others=(y,),
        parameters={delta: sp.Integer(1)},
        left="L",
    )


def _l2(rows: int = 2, cols: int = 3) -> Formula:
    W = matrix("W", rows, cols)
    lam = sp.Symbol("lam", real=True)
    return derived(
        "l2",
        "penalty",
        "L2 penalty of one weight matrix; the cost divides it by m",
        lam / 2 * sp.Add(*[w**2 for w in W]),
        tuple(W),
        lam * W,
        others=(lam,),
        shape=(rows, cols),
        left="R",
        domain=sp.S.Reals ** (rows * cols),
    )


LOSSES = {
    "squared_error": _squared_error,
    "bce": _bce,
    "bce_logit": _bce_logit,
    "softmax_cross_entropy": _softmax_cross_entropy,
    "hinge": _hinge,
    "huber": _huber,
}
PENALTIES = {"l2": _l2}
