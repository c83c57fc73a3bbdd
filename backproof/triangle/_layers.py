"""The library for symbolic sizes: its edges, and its formulas run at small sizes and measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backproof.triangle._check import Measured, Task
from backproof.triangle._hand_layers import gradient_claims, hand_tasks
from backproof.triangle._slopes import Case, slopes_agree
from backproof.triangle._updates import update_tasks

__all__ = ["layer_tasks"]

# What stands for an unknown activation, with its first two derivatives: smooth, neither odd nor even.
UNKNOWN = {
    "g": (
        lambda z: np.sin(z) + 0.25 * z**2,
        lambda z: np.cos(z) + 0.5 * z,
        lambda z: 0.5 - np.sin(z),
    )
}
# Images as large as their windows of stride 2 reach; every other axis gets a size of its own.
WINDOWS = {"h_out": 2, "w_out": 3, "k_h": 3, "k_w": 2, "c_out": 3, "h": 5, "w": 6}


def layer_tasks(name: str, seed: int) -> list[Task]:
    """Return the edges of one derivation: those to numeric where it has the layer, and the slopes of its formulas.

    An optimiser claims no gradient, and has no slopes. No derivation is built here: another one without gradients
    is an error when its task runs.
    """
    if updates := update_tasks(name, seed):
        return updates
    return [
        *hand_tasks(name, seed),
        Task(name, "symbolic~gradcheck", "library", partial(_slopes, name, seed)),
    ]


def _slopes(name: str, seed: int) -> Measured:
    # The point obeys the hypotheses (one-hot, positive); points nearby would not, so no other is visited.
    return slopes_agree(_cases(name, seed), f"symbolic's {name}", seed, probes=False)


def _cases(name: str, seed: int) -> Iterator[Case]:
    from symbolic.tensor import lambdify
    from symbolic.tensor._nodes import Symbol, in_order

    rng = np.random.default_rng(seed)
    for claim in gradient_claims(name):
        symbols = [node for node in in_order([claim.cost, claim.rhs, claim.wrt]) if isinstance(node, Symbol)]
        sizes = _sizes([claim.cost, claim.lhs, claim.rhs])
        arrays = [_array(symbol, claim, sizes, rng) for symbol in symbols]
        cost = lambdify(claim.cost, symbols, UNKNOWN, sizes)
        formula = lambdify(claim.rhs, symbols, UNKNOWN, sizes)
        place = symbols.index(claim.wrt)
        shape = np.shape(cost(*arrays))
        C = rng.normal(size=shape)  # a cost of many numbers is measured along one direction
        yield _case(claim.label, cost, formula, arrays, place, C)


def _case(label: str, cost: Any, formula: Any, arrays: Sequence[Any], place: int, C: Any) -> Case:
    def at(f: Any, x: Any) -> Any:
        return f(*arrays[:place], x, *arrays[place + 1 :])

    def loss(x: Any) -> float:
        return float(np.sum(C * at(cost, x)))

    def gradient(x: Any) -> Any:
        return _pulled_back(C, at(formula, x), np.shape(x))

    return label, loss, gradient, arrays[place]


def _pulled_back(C: Any, jacobian: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    full = np.broadcast_to(jacobian, (*C.shape, *shape))
    return np.asarray(np.tensordot(C, full, axes=C.ndim), dtype=np.float64)


def _sizes(sides: Sequence[Any]) -> dict[Any, int]:
    from symbolic.tensor import ONE, axis
    from symbolic.tensor._nodes import in_order

    nodes = list(in_order(sides))
    names = {one.name for node in nodes for one in (*node.axes, *getattr(node, "labels", ()))} | {"m"}
    own = {name: 3 + place % 4 for place, name in enumerate(sorted(names - set(WINDOWS)))}
    known = own | (
        WINDOWS if "k_h" in names else {name: 2 + place for place, name in enumerate(sorted(WINDOWS))}
    )
    return {axis(name): known[name] for name in sorted(names) if name != ONE.name} | {ONE: 1}


def _array(symbol: Any, claim: Any, sizes: dict[Any, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw an array that obeys the hypotheses of the claim."""
    shape = tuple(sizes[axis] for axis in symbol.axes)
    kind, place = next(
        ((one.kind, one.place) for one in claim.assuming if one.symbol.name == symbol.name), ("", -1)
    )
    if kind == "positive":
        return rng.uniform(0.2, 0.9, shape)
    if kind == "binary":
        mask = rng.integers(0, 2, shape).astype(np.float64)
        mask[..., 0] = 1.0  # a row of a causal mask that hides everything has no softmax
        return mask
    drawn = rng.uniform(size=shape)
    if kind == "one_hot":
        return np.asarray(drawn == drawn.max(axis=place, keepdims=True), dtype=np.float64)
    if kind == "probability":
        return np.asarray(drawn / drawn.sum(axis=place, keepdims=True), dtype=np.float64)
    return rng.normal(size=shape)
