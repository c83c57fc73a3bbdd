r"""From the entry-by-entry chain rule to a NumPy function: cost and gradients of a network on real data.

Every unit is one SymPy expression, ``z_i = Σ_k W_ik a_k + b_i``; each of its partial derivatives is what
SymPy's ``diff`` gives; the chain rule multiplies them by the ``dz_i`` from above. The expressions of one
example become a `Tape` that runs on all examples at once; the mean over the examples comes last. Activations
and losses enter through `symbolic.to_numpy`, stable and checked against ``diff`` when built.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp

from symbolic._errors import InvalidArgument, LimitReached, ShapeMismatch
from symbolic.models._network import checked_architecture

__all__ = ["network_cost", "network_gradients"]

_MOST_PARAMETERS = (
    20_000  # about ten seconds of derivation; larger networks are the tensor calculus' business
)


def network_gradients(
    sizes: Sequence[int], activation: str, loss: str, *, l2: float = 0.0
) -> Callable[[dict[str, Any], Any, Any], tuple[float, dict[str, Any]]]:
    """Return cost and gradients of a network as a NumPy function, generated from SymPy's derivatives.

    Parameters
    ----------
    sizes : sequence of int
        ``[n_x, n_1, …, n_y]``.
    activation : str
        Of the hidden layers: any activation but softmax.
    loss : {"squared_error", "bce", "softmax_cross_entropy"}
        Also "mse", "bce_logit", "categorical_cross_entropy"; it decides the output activation.
    l2 : float
        Weight of the penalty (l2/(2m)) Σ_l ‖W[l]‖².

    Returns
    -------
    callable
        ``f(parameters, X, Y) -> (cost, gradients)`` with ``parameters`` a dict ``{"W1": (n_1, n_x), "b1":
        (n_1, 1), …}``, X (n_x, m), Y (n_y, m), and gradients a dict like it. float64.

    Raises
    ------
    InvalidArgument, UnknownName
        For an architecture that is none. The function raises it for numbers that are not finite, labels outside the
        loss's domain, and where sums and products leave the float64 range on the way to a gradient.
    LimitReached
        Beyond 20,000 parameters: every entry is derived on its own.

    Examples
    --------
    >>> import numpy as np, symbolic
    >>> f = symbolic.network_gradients([2, 1], "identity", "mse")
    >>> p = {"W1": np.array([[1.0, 2.0]]), "b1": np.array([[0.5]])}
    >>> cost, gradients = f(p, np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 2.0]]))
    >>> cost, gradients["W1"], gradients["b1"]
    (0.125, array([[0.25, 0.25]]), array([[0.5]]))
    """
    both: Callable[[dict[str, Any], Any, Any], tuple[float, dict[str, Any]]]
    _, both = _functions(sizes, activation, loss, l2)
    return both


def network_cost(
    sizes: Sequence[int], activation: str, loss: str
) -> Callable[[dict[str, Any], Any, Any], float]:
    """Return the cost alone, as `network_gradients` has it; it takes no time for the gradients."""
    cost: Callable[[dict[str, Any], Any, Any], float] = _functions(sizes, activation, loss, 0.0)[0]
    return cost


def _functions(sizes: Sequence[int], activation: str, loss: str, l2: float) -> tuple[Any, Any]:
    whole, g, ell = checked_architecture(sizes, activation, loss)
    n_parameters = sum((a + 1) * b for a, b in itertools.pairwise(whole))
    if n_parameters > _MOST_PARAMETERS:
        raise LimitReached(
            f"sizes {list(whole)} have {n_parameters} parameters; entry by entry at most {_MOST_PARAMETERS} are "
            "derived. Take a smaller network, or symbolic.tensor for symbolic sizes."
        )
    return _generated(whole, g, ell, _penalty_weight(l2))


def _penalty_weight(l2: Any) -> float:
    from symbolic.lambdify._domains import finite_number

    return finite_number("the network", "l2", l2)


@functools.lru_cache(maxsize=32)
def _layer(n_in: int, n_out: int) -> tuple[Any, Any]:
    """The forward and backward tape of one layer.

    Forward: (a_1 … a_in, W row by row, b) to z. Backward: (dz, a, W) to (da, dW row by row, db), per example.
    """
    from symbolic.lambdify._tape import Tape

    a = [sp.Symbol(f"a_{k}", real=True) for k in range(n_in)]
    W = [[sp.Symbol(f"W_{i}_{k}", real=True) for k in range(n_in)] for i in range(n_out)]
    b = [sp.Symbol(f"b_{i}", real=True) for i in range(n_out)]
    dz = [sp.Symbol(f"dz_{i}", real=True) for i in range(n_out)]
    z = [sp.Add(*[w * x for w, x in zip(row, a, strict=True)], b[i]) for i, row in enumerate(W)]
    flat = [w for row in W for w in row]
    slope = [_partials(row) for row in z]
    da = [sp.Add(*[dz[i] * slope[i][x] for i in range(n_out)]) for x in a]
    dW = [dz[i] * slope[i][w] for i, row in enumerate(W) for w in row]
    db = [dz[i] * slope[i][b[i]] for i in range(n_out)]
    return Tape(z, [*a, *flat, *b]), Tape([*da, *dW, *db], [*dz, *a, *flat])


def _partials(z: Any) -> dict[Any, Any]:
    """All partial derivatives of a sum: SymPy's ``diff`` of the terms that hold the symbol, added up."""
    out: dict[Any, Any] = {}
    for term in sp.Add.make_args(z):
        for symbol in term.free_symbols:
            out[symbol] = out.get(symbol, 0) + term.diff(symbol)
    return out


@functools.lru_cache(maxsize=32)
def _generated(sizes: tuple[int, ...], activation: str, loss: str, l2: float) -> tuple[Any, Any]:
    """The cost, and the cost with its gradients."""
    import numpy as np

    from symbolic.lambdify import to_numpy

    layers = [_layer(n_in, n_out) for n_in, n_out in itertools.pairwise(sizes)]
    L = len(layers)
    g, slope = to_numpy(activation), to_numpy(activation, order=1)
    ell = "bce_logit" if loss == "bce" else loss
    losses, dloss, penalties = to_numpy(ell), to_numpy(ell, order=1), to_numpy("l2")

    def forward(weights: dict[str, Any], X: Any, Y: Any) -> tuple[float, list[Any], list[Any]]:
        Z: list[Any] = [None]
        A = [X]
        for k in range(1, L + 1):
            W, b = weights[f"W{k}"], weights[f"b{k}"]
            with np.errstate(over="ignore", invalid="ignore"):
                Z.append(_in_range(f"Z{k}", np.array(layers[k - 1][0](*A[k - 1], *W.ravel(), *b.ravel()))))
            A.append(g(Z[k]) if k < L else Z[k])
        m = X.shape[1]
        penalty = sum(float(penalties(weights[f"W{k}"], l2 / m)) for k in range(1, L + 1)) if l2 else 0.0
        with np.errstate(over="ignore"):  # a cost beyond the range is infinite
            return float(np.sum(losses(Z[L], Y) / m)) + penalty, Z, A

    def cost(parameters: dict[str, Any], X: Any, Y: Any) -> float:
        return forward(*_checked(parameters, X, Y, sizes))[0]

    def function(parameters: dict[str, Any], X: Any, Y: Any) -> tuple[float, dict[str, Any]]:
        weights, X, Y = _checked(parameters, X, Y, sizes)
        J, Z, A = forward(weights, X, Y)
        m = X.shape[1]
        dZ = dloss(Z[L], Y)
        gradients: dict[str, Any] = {}
        for k in range(L, 0, -1):
            n_out, n_in = sizes[k], sizes[k - 1]
            W = weights[f"W{k}"]
            with np.errstate(over="ignore", invalid="ignore"):
                out = layers[k - 1][1](*dZ, *A[k - 1], *W.ravel())
                dA, dW, db = out[:n_in], out[n_in : n_in + n_in * n_out], out[n_in + n_in * n_out :]
                by_entry = np.mean(dW, axis=1).reshape(n_out, n_in) + (l2 / m) * W
                gradients[f"W{k}"] = _in_range(f"dW{k}", by_entry)
                gradients[f"b{k}"] = _in_range(f"db{k}", np.mean(db, axis=1).reshape(n_out, 1))
                if k > 1:
                    dZ = _in_range(f"dZ{k - 1}", np.array(dA) * slope(Z[k - 1]))
        return J, {f"{letter}{k}": gradients[f"{letter}{k}"] for k in range(1, L + 1) for letter in "Wb"}

    function.__doc__ = f"Cost and gradients of a {'-'.join(map(str, sizes))} network ({activation}, {loss})."
    return cost, function


def _checked(
    parameters: dict[str, Any], X: Any, Y: Any, sizes: tuple[int, ...]
) -> tuple[dict[str, Any], Any, Any]:
    """The parameters, X and Y as float64, or a message that names the array with the wrong shape."""
    X, Y = (_finite(name, value) for name, value in (("X", X), ("Y", Y)))
    expected = {f"W{k}": (sizes[k], sizes[k - 1]) for k in range(1, len(sizes))}
    expected |= {f"b{k}": (sizes[k], 1) for k in range(1, len(sizes))}
    if not isinstance(parameters, Mapping):
        raise InvalidArgument(f"parameters is a {type(parameters).__name__}; expected {sorted(expected)}.")
    if set(parameters) != set(expected):
        raise ShapeMismatch(f"parameters has the keys {list(parameters)}; expected {sorted(expected)}.")
    out = {key: _finite(key, value) for key, value in parameters.items()}
    for key, shape in expected.items():
        if out[key].shape != shape:
            raise ShapeMismatch(
                f"{key} has shape {out[key].shape}; expected {shape} for sizes {list(sizes)}."
            )
    if X.ndim != 2 or X.shape[0] != sizes[0] or X.shape[1] == 0:
        raise ShapeMismatch(
            f"X has shape {X.shape}; expected ({sizes[0]}, m) with m ≥ 1: columns are examples."
        )
    if Y.shape != (sizes[-1], X.shape[1]):
        raise ShapeMismatch(f"Y has shape {Y.shape}; expected ({sizes[-1]}, {X.shape[1]}).")
    return out, X, Y


def _finite(name: str, value: Any) -> Any:
    import numpy as np

    from symbolic.lambdify._arrays import real_array

    array = real_array("the network", name, value)
    if not np.isfinite(array).all():
        where = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        raise InvalidArgument(f"{name}{where} is {array[tuple(where)]}; expected finite numbers.")
    return array


def _in_range(name: str, array: Any) -> Any:
    """Hand an array on, unless sums and products have left the floats on the way to it."""
    import numpy as np

    if not np.isfinite(array).all():
        raise InvalidArgument(
            f"{name} leaves the range of float64 on the way; expected finite products. Try smaller weights, X or Y."
        )
    return array
