"""The cost as a function of the parameters, and its change for a move of every single entry.

When W[i, j] of layer l moves by h, only row i of Z[l] moves, by h A[l-1][j, :]; what follows is a move of all
later layers along one column of W[l+1]. So a forward pass for each entry shrinks to a few operations, done for
all j at once. Layout of the arrays here: (units, examples m, moves B), the moves of one unit i being
B = n_{l-1} + 1 entries: its row of W and its bias, which is the weight of a constant input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from numeric import _backprop
from numeric._changes import PIECEWISE_LINEAR, activation_change, corner_within, slope_of_piece
from numeric._errors import NumericError
from numeric._kernels import CORNERS
from numeric._layer import Array
from numeric._loss_changes import Moved, check_steps, loss_change, loss_change_along, penalty_change

if TYPE_CHECKING:
    from numeric._network import Network

__all__ = ["NetworkLoss"]

# Doubles in one array of the general path: 512 kB, so that a handful of them stay in the L2 cache.
_BLOCK = 65536


class NetworkLoss:
    """J as a function of the parameters, on fixed examples.

    Calling it never changes the network. It computes in the widest dtype among parameters and examples: a
    float32 network whose parameters are handed over in float64 is differenced in float64.

    Examples
    --------
    >>> import numeric, numpy as np
    >>> X, Y = numeric.make_moons(50, rng=0)
    >>> net = numeric.Network([2, 3, 1], activation="tanh", loss="bce", rng=0)
    >>> J = net.loss_at(X, Y)
    >>> J(net.parameters) == net.cost(X, Y)
    True
    >>> plus, minus, crossed = J.differences("W1", 1e-5)
    >>> slope = (plus - minus) / 2e-5
    >>> float(abs(slope - net.gradients(X, Y)["W1"]).max()) < 1e-10
    True
    """

    def __init__(self, network: Network, X: Array, Y: Array) -> None:
        self.network, self.X, self.Y = network, X, Y

    def __call__(self, parameters: Mapping[str, Array]) -> float:
        """Return J at these parameters."""
        return self.network.cost_at(parameters, self.X, self.Y)

    def many(self, points: Sequence[Mapping[str, Array]]) -> Array:
        """Return J at each of the points."""
        return np.array([self(point) for point in points])

    def cache(self, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """Return the forward pass at these parameters, ``{"A0": X, "Z1": ..., "A1": ..., ..., "AL": ..., "Y": Y}``.

        Whoever looks for the cause of a wrong gradient replays the backward pass from it.
        """
        cache = _backprop.forward(parameters, self.X, self.network.activations, self.network.loss)
        return cache | {"Y": self.Y}

    def differences(
        self, name: str, h: float | Array, parameters: Mapping[str, Array] | None = None
    ) -> tuple[Array, Array, Array]:
        """Return the changes of J when each entry of one parameter, alone, moves by +h and by -h.

        Parameters
        ----------
        name : str
            The parameter, as ``"W1"``.
        h : float or ndarray
            The step, one for all entries or one for each; positive.
        parameters : mapping of str to ndarray, optional
            Where to measure; by default at the network's current parameters.

        Returns
        -------
        plus, minus : ndarray of float64
            J(entry + h) - J and J(entry - h) - J, in the shape of the parameter. They are computed as changes:
            nothing cancels, so an error is relative to the change and not to J.
        crossed : ndarray of bool
            True where moving that entry by at most h puts some example on or across a corner of an activation
            or of the loss (a jump of the slope, or for elu and huber of the curvature).

        Raises
        ------
        NumericError
            When there is no such parameter, or h is not positive.
        ShapeError
            When h has neither one entry nor one for each entry of the parameter.

        Notes
        -----
        All in float64. A parameter of n entries costs about as much as n / n_in forward passes of one unit, for
        networks with one hidden layer or with piecewise linear units; otherwise the layers behind are computed
        for each entry.
        """
        values = self.network.parameters if parameters is None else parameters
        if name not in values:
            raise NumericError(f"There is no parameter {name!r}; the names are {', '.join(values)}.")
        shape = values[name].shape
        steps = check_steps(h, name, shape)
        sweep = _Sweep.of(self, values)
        layer = int(name[1:])
        steps = np.broadcast_to(steps, shape)
        with np.errstate(over="ignore", invalid="ignore"):
            results = [sweep.changes(layer, sign * steps, bias=name[0] == "b") for sign in (1, -1)]
        (plus, crossed), (minus, crossed_too) = results
        crossed = crossed | crossed_too
        if name[0] == "W":
            W, objective = values[name].astype(np.float64), self.network.objective
            plus += penalty_change(objective, W, steps) / sweep.m
            minus += penalty_change(objective, W, -steps) / sweep.m
            if objective.l1:
                crossed |= steps >= np.abs(W)
        return plus, minus, crossed


@dataclass(frozen=True)
class _Sweep:
    """A forward pass, kept, from which the moves start."""

    W: list[Array]  # W[l] of layer l; index 0 is not used
    Z: list[Array]
    A: list[Array]
    activations: tuple[str, ...]
    loss: str
    base: Moved
    m: int

    @staticmethod
    def of(loss: NetworkLoss, parameters: Mapping[str, Array]) -> _Sweep:
        network = loss.network
        wide = {name: np.asarray(values, dtype=np.float64) for name, values in parameters.items()}
        X, Y = loss.X.astype(np.float64), loss.Y.astype(np.float64)
        cache = _backprop.forward(wide, X, network.activations, network.loss)
        layers = range(1, len(network.sizes))
        return _Sweep(
            W=[np.empty(0), *(wide[f"W{l}"] for l in layers)],
            Z=[np.empty(0), *(cache[f"Z{l}"] for l in layers)],
            A=[X, *(cache[f"A{l}"] for l in layers)],
            activations=("", *network.activations),
            loss=network.loss,
            base=Moved.at(network.objective, cache[f"Z{layers[-1]}"], Y),
            m=X.shape[1],
        )

    def changes(self, layer: int, steps: Array, bias: bool) -> tuple[Array, Array]:
        """Return the change of J and the corners for every entry of W or b of a layer, moved by its step."""
        inputs = np.ones((self.m, 1)) if bias else np.ascontiguousarray(self.A[layer - 1].T)  # (m, B)
        change, crossed = np.empty(steps.shape), np.empty(steps.shape, np.bool_)
        for i in range(len(steps)):  # over the units of the layer
            change[i], crossed[i] = self._unit(layer, i, inputs * steps[i])
        return change / self.m, crossed

    def _unit(self, layer: int, i: int, d: Array) -> tuple[Array, Array]:
        """Return the summed change of the losses when row i of Z moves by d ``(m, B)``."""
        everyone = np.arange(self.m)
        if layer == len(self.W) - 1:
            return self._along(layer, _unit_vector(len(self.W[layer]), i, self.m), d, everyone)
        name = self.activations[layer]
        if name == "softmax":  # every output of the layer moves
            return self._in_blocks(layer, _unit_vector(len(self.W[layer]), i, self.m), d, everyone)
        Z, A = self.Z[layer][i][:, None], self.A[layer][i][:, None]
        near = corner_within(name, d, Z)
        x = activation_change(name, d, Z, A)
        v = np.repeat(self.W[layer + 1][:, i : i + 1], self.m, axis=1)
        change, crossed = self._along(layer + 1, v, x, everyone)
        return change, crossed if near is None else crossed | near.any(axis=0)

    def _along(self, layer: int, v: Array, x: Array, examples: Array) -> tuple[Array, Array]:
        """Go on from a move of Z along one direction for each example: Z[k, j] by v[k, j] x[j, b]."""
        if layer == len(self.W) - 1:
            base = self.base if len(examples) == self.m else self.base.only(examples)
            return loss_change_along(self.loss, base, v, x)
        name = self.activations[layer]
        if name not in PIECEWISE_LINEAR:
            return self._in_blocks(layer, v, x, examples)
        Z = self.Z[layer][:, examples]
        # Whoever stays on its piece moves on along one direction; the few that may not are followed in full.
        far = np.abs(x).max(axis=1)
        bent = (far * np.abs(v) >= np.abs(Z)).any(axis=0) & (far > 0) if name in CORNERS else far < 0
        stay = ~bent
        change, crossed = np.zeros(x.shape[1]), np.zeros(x.shape[1], np.bool_)
        if stay.any():
            chosen = slice(None) if stay.all() else stay
            onward = self.W[layer + 1] @ (slope_of_piece(name, Z[:, chosen]) * v[:, chosen])
            change, crossed = self._along(layer + 1, onward, x[chosen], examples[chosen])
        if bent.any():
            more, corners = self._in_blocks(layer, v[:, bent], x[bent], examples[bent])
            change, crossed = change + more, crossed | corners
        return change, crossed

    def _in_blocks(self, layer: int, v: Array, x: Array, examples: Array) -> tuple[Array, Array]:
        """Follow every move through all layers that are left, a few examples at a time.

        The moves stay together: they are the inner loop, along which Z and A are a single number.
        """
        widest = max(len(W) for W in self.W[layer:])
        n_moves = max(1, min(x.shape[1], _BLOCK // widest))
        n_examples = max(1, _BLOCK // (widest * n_moves))
        change, crossed = np.zeros(x.shape[1]), np.zeros(x.shape[1], np.bool_)
        for first in range(0, len(examples), n_examples):
            some = slice(first, first + n_examples)
            for start in range(0, x.shape[1], n_moves):
                moves = slice(start, start + n_moves)
                d = v[:, some, None] * x[some, moves]
                part, corners = self._onward(layer, d, examples[some])
                change[moves] += part
                crossed[moves] |= corners
        return change, crossed

    def _onward(self, layer: int, d: Array, examples: Array) -> tuple[Array, Array]:
        """Return the summed change of the losses when Z of a layer moves by d ``(n, m, B)``."""
        crossed = np.zeros(d.shape[-1], np.bool_)
        for l in range(layer, len(self.W) - 1):
            Z, A = self.Z[l][:, examples, None], self.A[l][:, examples, None]
            near = corner_within(self.activations[l], d, Z)
            if near is not None:
                crossed |= near.any(axis=(0, 1))
            dA = activation_change(self.activations[l], d, Z, A)
            d = (self.W[l + 1] @ dA.reshape(len(dA), -1)).reshape(-1, *dA.shape[1:])
        change, corners = loss_change(self.loss, self.base.only(examples), d)
        return change, crossed | corners


def _unit_vector(n: int, i: int, m: int) -> Array:
    v = np.zeros((n, m))
    v[i] = 1
    return v
