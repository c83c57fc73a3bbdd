"""Whole models of layers on real digits: differentiated as one for every size, coded by hand, every entry measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from backproof.triangle._check import Measured, Task
from backproof.triangle._models import compare_gradients
from backproof.triangle._slopes import slopes_agree

__all__ = ["DEEP", "deep_tasks"]

EXAMPLES = 16
EPSILON = 1e-5  # under the roots of the norms

# A function from the parameters by name, X and Y to the cost J and its gradients by name.
Derived = Callable[[dict[str, Any], Any, Any], dict[str, Any]]


def deep_tasks(name: str, seed: int) -> list[Task]:
    """Return the checks of one model: the gradients compared, and the gradients measured."""
    row = name.replace("_", " ")
    return [
        Task(
            f"{row}: derived = by hand",
            "network",
            "network",
            partial(_agree, name, seed),
            row,
            "symbolic=numeric",
        ),
        Task(
            f"{row}: by hand ~ measured",
            "network",
            "network",
            partial(_measured, name, seed),
            row,
            "numeric~gradcheck",
        ),
    ]


def _agree(name: str, seed: int) -> Measured:
    """Compare the cost and every entry of the gradients."""
    model, X, Y = _model(name, seed)
    by_hand = {"J": model.cost(X, Y), **model.gradients(X, Y)}
    derived = DEEP[name][1]()(dict(model.parameters), X, Y)
    return compare_gradients({"symbolic": derived, "numeric": by_hand})


def _measured(name: str, seed: int) -> Measured:
    model, X, Y = _model(name, seed)
    case = (f"{EXAMPLES} digits", model.loss_at(X, Y), model.gradients_at(X, Y), dict(model.parameters))
    return slopes_agree([case], f"numeric's gradient of {name}", seed, probes=False)


def _model(name: str, seed: int) -> tuple[Any, Any, Any]:
    """Build a model with random parameters in all places, and take the first digits.

    A little noise on the pixels: in a blank corner all pixels of a window tie, and a tie has no derivative.
    """
    import numeric

    X, Y = numeric.load_digits()
    model = DEEP[name][0](seed)
    rng = np.random.default_rng(seed)
    model.parameters = {
        key: array + rng.normal(scale=0.25, size=array.shape) for key, array in model.parameters.items()
    }
    X = X[:, :EXAMPLES].reshape(*model.input_shape, EXAMPLES)
    return model, X + rng.uniform(0.0, 0.1, X.shape), Y[:, :EXAMPLES]


def _convolutional(seed: int) -> Any:
    """No bias before the batch norm, which would take it out again."""
    import numeric as n

    layers: list[Any] = [
        n.Conv2d(4, 3, padding=1, bias=False),
        n.BatchNorm(),
        n.ReLU(),
        n.MaxPool2d(2),
        n.Flatten(),
        n.Dense(10),
    ]
    return n.Model(layers, input_shape=(1, 8, 8), loss="softmax_cross_entropy", rng=seed)


def _transformer(seed: int) -> Any:
    """Every row of pixels is a token."""
    import numeric as n

    layers: list[Any] = [
        n.Dense(6),
        n.Residual(n.LayerNorm(), n.MultiHeadAttention(2)),
        n.Residual(n.RMSNorm(), n.SwiGLU(5)),
        n.Flatten(),
        n.Dense(10),
    ]
    return n.Model(layers, input_shape=(8, 8), loss="softmax_cross_entropy", rng=seed)


def _derived_convolutional() -> Derived:
    from symbolic.tensor import axis, einsum, relu, sqrt, tensor, window

    m, c, o, k = axis("m"), axis("c"), axis("o"), axis("k")
    h, w, i, j, p, q, a, b, u, v = (axis(name) for name in "hwijpqabuv")
    X, Y, epsilon = tensor("X", c, h, w, m), tensor("Y", k, m), tensor("epsilon")
    W1, gamma, beta = tensor("W1", o, c, p, q), tensor("gamma", o), tensor("beta", o)
    W3, b3 = tensor("W3", k, o, a, b), tensor("b3", k)

    Z = einsum("chwm,ocpq,hip,wjq->oijm", X, W1, window(h, i, p, padding=1), window(w, j, q, padding=1))
    Z_c = Z - Z.mean(axis=(i, j, m), keepdims=True)
    sigma = sqrt((Z_c**2).mean(axis=(i, j, m), keepdims=True) + epsilon)
    A = relu(gamma[:, None, None, None] * Z_c / sigma + beta[:, None, None, None])
    windows = einsum("oijm,iau,jbv->oabmuv", A, window(i, a, u, stride=2), window(j, b, v, stride=2))
    logits = einsum("koab,oabm->km", W3, windows.max(axis=(u, v))) + b3[:, None]
    letters = {"W1": [W1], "gamma2": [gamma], "beta2": [beta], "W3": [W3], "b3": [b3]}
    sizes = {o: 4, c: 1, p: 3, q: 3, k: 10, a: 4, b: 4, i: 8, j: 8, u: 2, v: 2}
    return _cross_entropy(logits, letters, [X, Y, epsilon], sizes)


def _derived_transformer() -> Derived:
    from symbolic.tensor import axis, einsum, silu, softmax, sqrt, tensor

    m, d, t, h, e, k, f, n = (axis(name) for name in "mdthekfn")
    X, Y, epsilon = tensor("X", n, t, m), tensor("Y", k, m), tensor("epsilon")
    W1, b1, W4, b4 = tensor("W1", d, n), tensor("b1", d), tensor("W4", k, d, t), tensor("b4", k)
    gamma, beta, scale = tensor("gamma", d), tensor("beta", d), tensor("scale", d)
    W, b = [tensor(f"W_{of}", h, e, d) for of in "QKV"], [tensor(f"b_{of}", h, e) for of in "QKV"]
    W_out, b_out = tensor("W_out", d, h, e), tensor("b_out", d)
    U, V, W2 = tensor("U", f, d), tensor("V", f, d), tensor("W2", d, f)

    A = einsum("dn,ntm->dtm", W1, X) + b1[:, None, None]
    A_c = A - A.mean(axis=d, keepdims=True)
    sigma = sqrt((A_c**2).mean(axis=d, keepdims=True) + epsilon)
    B = gamma[:, None, None] * A_c / sigma + beta[:, None, None]
    queries, keys, values = (
        einsum("dtm,hed->mhte", B, W_of) + b_of[None, :, None, :] for W_of, b_of in zip(W, b, strict=True)
    )
    P = softmax(einsum("mhte,mhse->mhts", queries, keys) / sqrt(e.size), axis=3)
    A = A + einsum("dhe,mhts,mhse->dtm", W_out, P, values) + b_out[:, None, None]
    B = scale[:, None, None] * A / sqrt((A**2).mean(axis=d, keepdims=True) + epsilon)
    A = A + einsum("df,ftm->dtm", W2, silu(einsum("fd,dtm->ftm", U, B)) * einsum("fd,dtm->ftm", V, B))
    logits = einsum("kdt,dtm->km", W4, A) + b4[:, None]
    letters = {
        **{"W1": [W1], "b1": [b1], "2.0.gamma": [gamma], "2.0.beta": [beta], "2.1.W": W, "2.1.b": b},
        **{"2.1.W_out": [W_out], "2.1.b_out": [b_out], "3.0.gamma": [scale]},
        **{"3.1.W": [U], "3.1.V": [V], "3.1.W2": [W2], "W4": [W4], "b4": [b4]},
    }
    return _cross_entropy(logits, letters, [X, Y, epsilon], {d: 6, n: 8, h: 2, e: 3, f: 5, k: 10, t: 8})


def _cross_entropy(
    logits: Any, letters: dict[str, list[Any]], given: list[Any], sizes: dict[Any, int]
) -> Derived:
    """Differentiate the mean cross-entropy by all parameters; several letters are one array of numeric's, in rows."""
    from symbolic.tensor import gradients, lambdify, logsumexp

    _, Y, _ = given
    k = Y.axes[0]
    J = (logsumexp(logits, axis=k) - (Y * logits).sum(axis=k)).mean()
    parameters = [letter for several in letters.values() for letter in several]
    run = lambdify([J, *gradients(J, parameters)], [*parameters, *given], sizes=sizes)

    def function(at: dict[str, Any], X: Any, Y: Any) -> dict[str, Any]:
        arrays = []
        for name, several in letters.items():
            shape = [sizes[axis] for axis in several[0].axes]
            arrays += list(at[name].reshape(len(several), *shape))
        J, *slopes = run(*arrays, X, Y, EPSILON)
        derived = {"J": J}
        for name, several in letters.items():
            rows = [slopes.pop(0) for _ in several]
            derived[name] = np.stack(rows).reshape(at[name].shape)
        return derived

    return function


# name -> the model by hand, and the same one derived
DEEP: dict[str, tuple[Callable[[int], Any], Callable[[], Derived]]] = {
    "digits_convolutional": (_convolutional, _derived_convolutional),
    "digits_transformer": (_transformer, _derived_transformer),
}
