"""The four models of the catalogue: their formula, derivation and NumPy function."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from symbolic._derivation import Derivation
from symbolic._errors import InvalidArgument, ShapeMismatch
from symbolic._printing import to_latex
from symbolic.catalogue._formula import Formula
from symbolic.models._network import SymbolicNetwork, network
from symbolic.models._regression import bowl_steps, loop_steps

__all__ = ["model_derivation", "model_formula", "model_to_numpy"]

# Sizes and m are all different, so that no transposed matrix fits. (sizes, activation, loss, m, title)
_MODELS: dict[str, tuple[tuple[int, ...], str, str, int, str]] = {
    "linear_regression": ((3, 1), "identity", "squared_error", 4, "Linear regression"),
    "logistic_regression": ((3, 1), "identity", "bce", 4, "Logistic regression"),
    "shallow_network": ((3, 4, 1), "tanh", "bce", 2, "A network with one hidden layer"),
    "deep_network": ((2, 4, 3, 1), "relu", "bce", 5, "A network with three layers"),
}


@functools.cache
def _model(name: str) -> SymbolicNetwork:
    sizes, activation, loss, m, _ = _MODELS[name]
    return network(sizes, activation, loss, m=m, name=name)


def model_derivation(name: str) -> Derivation:
    """Return the derivation of a model of the catalogue."""
    net = _model(name)
    extra = {"linear_regression": bowl_steps, "logistic_regression": loop_steps}.get(name)
    steps = net.derivation.steps + (tuple(extra(net)) if extra else ())
    title = f"{_MODELS[name][-1]}, sizes {'-'.join(map(str, net.sizes))}, m = {net.m}"
    notes = (
        "Derived by differentiating the cost by every entry; n and m are concrete and all different, "
        "so that a transposed matrix does not fit.",
    )
    return Derivation(name, title, steps, net.derivation.hypotheses, notes)


def model_formula(name: str) -> Formula:
    """Return a model as a record: its cost by all its parameters.

    The derivative is a column over the entries of W1, b1, W2, …, row by row, as SymPy gives them; the closed
    form is the column of the matrix equations, proved equal when the model was derived. z, a and s = g'(z) of
    the hidden units are letters; `notation` says what each stands for.
    """
    net = _model(name)
    keys = list(net.parameters)
    variables = tuple(entry for key in keys for entry in net.parameters[key])
    derivative = sp.ImmutableMatrix([entry for key in keys for entry in net.gradients[f"d{key}"]])
    closed = sp.ImmutableMatrix([entry for key in keys for entry in net.equations[f"d{key}"].value])
    return Formula(
        name=name,
        kind="model",
        title=f"{_MODELS[name][-1]}: the cost",
        symbols=(*variables, *net.X, *net.Y),
        variables=variables,
        expression=net.cost,
        derivative=derivative,
        closed_form=closed,
        notation=net.notation,
        latex=f"J = {to_latex(net.cost)}",
        domain=sp.S.Reals ** len(variables),
    )


def model_to_numpy(name: str, order: int) -> Callable[..., Any]:
    """Return the cost (order 0) or the gradients (order 1) of a model, for whatever sizes the arrays have."""
    from symbolic.models._gradients import network_cost, network_gradients

    _, activation, loss, _, title = _MODELS[name]

    def function(parameters: dict[str, Any], X: Any, Y: Any) -> Any:
        sizes = _sizes_of(name, parameters)
        if order == 0:
            return network_cost(sizes, activation, loss)(parameters, X, Y)
        return network_gradients(sizes, activation, loss)(parameters, X, Y)[1]

    function.__name__ = name if order == 0 else f"{name}_gradients"
    function.__doc__ = f"{title}: {'cost' if order == 0 else 'gradients'}, of (parameters, X, Y)."
    return function


def _sizes_of(name: str, parameters: Any) -> tuple[int, ...]:
    """Read n_0, …, n_L off the shapes of W1, W2, …."""
    from symbolic.lambdify._arrays import real_array

    if not isinstance(parameters, Mapping) or "W1" not in parameters:
        raise InvalidArgument(
            f'{name} got parameters = {str(parameters)[:60]}; expected a dict {{"W1": (n_1, n_x), "b1": (n_1, 1), …}}.'
        )
    sizes: list[int] = []
    for key in itertools.takewhile(parameters.__contains__, (f"W{k}" for k in itertools.count(1))):
        W = real_array(name, key, parameters[key])
        if W.ndim != 2:
            raise ShapeMismatch(f"{key} has shape {W.shape}; expected (n_out, n_in).")
        sizes += [W.shape[0]] if sizes else [W.shape[1], W.shape[0]]
    return tuple(sizes)
