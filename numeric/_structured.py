"""The cost as a function of the parameters, and its change for a move of every single entry.

When W[i, b] of layer l moves by h, only row i of Z[l] moves, in example j by h A[l-1][b, j], and the loss of example j
changes by a function f_ij of that one number. There are n_l m such functions, however many columns W has. Each is
followed through all layers that are left at a few nodes, as a change, so that nothing cancels; the polynomial through
these nodes gives all the other moves as matrix products:

    change of m J = sum_j f_ij(h A[b, j]) = sum_p sum_j c_ijp (h A[b, j])^p

A further node says whether the polynomial is exact to rounding. Where it is not, or where a corner of relu, say, lies
within reach, the moves are followed one by one. Layout of the arrays here: (units, examples m, moves B).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from numeric import _backprop
from numeric._arguments import check_items, check_point, shown
from numeric._changes import activation_change, corner_within
from numeric._errors import NumericError
from numeric._layer import Array
from numeric._loss_changes import Moved, check_steps, loss_change, penalty_change

if TYPE_CHECKING:
    from numeric._network import Network

__all__ = ["NetworkLoss"]

# Doubles in one array: 512 kB, so that a handful of them stay in the L2 cache.
_BLOCK = 65536
# Nodes of the polynomials in the move t of one Z, as parts of its reach: f(t) / t has the first four for its values, and
# the last one says whether that is exact. Steps of a gradient check leave the fifth power far below rounding.
_NODES = np.array([1.0, -1.0, 0.5, -0.5, 0.75])
_POWERS = 4
_INVERSE = np.linalg.inv(np.vander(_NODES[:_POWERS], increasing=True))
_CHECK = _NODES[_POWERS] ** np.arange(_POWERS)
# A hundred roundings of the largest slope.
_EXACT = 2e-14


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
        try:
            return self.network.cost_at(parameters, self.X, self.Y)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            check_point(
                parameters, self.network.parameters
            )  # says what is wrong; looked at only when something is
            raise

    def many(self, points: Sequence[Mapping[str, Array]]) -> Array:
        """Return J at each of the points."""
        return np.array([self(point) for point in check_items(points, "points", "a list of parameters")])

    def cache(self, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """Return the forward pass at these parameters, ``{"A0": X, "Z1": ..., "A1": ..., ..., "AL": ..., "Y": Y}``.

        Whoever looks for the cause of a wrong gradient replays the backward pass from it.
        """
        check_point(parameters, self.network.parameters)
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
        All in float64. A parameter of layer l costs five passes of one example through the layers behind for each of
        its n_l units and m examples, and four products as large as W A; moves that meet a corner cost a pass each.
        """
        values = self.network.parameters if parameters is None else parameters
        check_point(values, self.network.parameters)
        if not isinstance(name, str) or name not in values:
            raise NumericError(f"There is no parameter {shown(name)}; expected one of {', '.join(values)}.")
        shape = values[name].shape
        steps = check_steps(h, name, shape)
        sweep = _Sweep.of(self, values)
        layer = int(name[1:])
        steps = np.broadcast_to(steps, shape)
        with np.errstate(over="ignore", invalid="ignore"):
            plus, minus, crossed = sweep.changes(layer, steps, bias=name[0] == "b")
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

    def changes(self, layer: int, steps: Array, bias: bool) -> tuple[Array, Array, Array]:
        """Return the changes of J for every entry of W or b of a layer, moved by its step up and down, and the corners."""
        A = (
            np.ones((1, self.m)) if bias else self.A[layer - 1]
        )  # (B, m): entry b of a row of W moves Z by its share of A[b]
        tallest, longest = np.abs(A).max(axis=0), steps.max(axis=1, keepdims=True)
        powers, smooth = self._as_powers(layer, longest * tallest)
        shares, strides = A / np.where(tallest > 0, tallest, 1.0), steps / longest
        plus, minus = np.zeros(steps.shape), np.zeros(steps.shape)
        crossed = np.zeros(steps.shape, np.bool_)
        share, stride = np.ones_like(shares), np.ones_like(strides)
        for p, power in enumerate(powers, start=1):
            share *= shares
            stride *= strides
            term = (power @ share.T) * stride
            plus += term
            minus += term if p % 2 == 0 else -term
        # The few examples that meet a corner are followed move by move.
        for i in np.flatnonzero(~smooth.all(axis=1)).tolist():
            some = np.flatnonzero(~smooth[i])
            d = A[:, some].T * steps[i]
            for sign, total in ((1, plus), (-1, minus)):
                change, near = self._in_blocks(layer, i, sign * d, some)
                total[i] += change
                crossed[i] |= near
        return plus / self.m, minus / self.m, crossed

    def _as_powers(self, layer: int, reach: Array) -> tuple[Array, Array]:
        """Return the change of each example's loss as a polynomial in the move of one Z, for every unit of a layer.

        For unit i and example j it is sum_p powers[p, i, j] t^(p+1) for a move of t reach[i, j], |t| <= 1. Where a corner
        is near, or a further node shows that the powers do not suffice, `smooth` is False and the powers are zero.
        """
        n, m = reach.shape
        powers, smooth = np.zeros((_POWERS, n, m)), np.empty((n, m), np.bool_)
        widest = max(len(W) for W in self.W[layer:])
        n_units = max(1, _BLOCK // (widest * m * len(_NODES)))
        for start in range(0, n, n_units):
            units = np.arange(start, min(start + n_units, n))
            d = reach[units].T[:, :, None] * _NODES  # (m, units, nodes)
            change, near = self._follow(layer, np.repeat(units, len(_NODES)), d.reshape(m, -1), np.arange(m))
            slopes = change.reshape(m, -1, len(_NODES)) / _NODES
            found = slopes[..., :_POWERS] @ _INVERSE.T
            off = np.abs(found @ _CHECK - slopes[..., _POWERS])
            # Relative to the unit's largest example: that is what the changes are added to.
            fits = off <= _EXACT * np.abs(slopes).max(axis=(0, 2), initial=0.0)
            good = fits & ~near.reshape(m, -1, len(_NODES)).any(axis=2)
            smooth[units] = good.T
            powers[:, units] = np.moveaxis(np.where(good[..., None], found, 0.0), (0, 1, 2), (2, 1, 0))
        return powers, smooth

    def _in_blocks(self, layer: int, unit: int, d: Array, examples: Array) -> tuple[Array, Array]:
        """Follow every move d ``(m, B)`` of one Z through all layers that are left, a few examples at a time."""
        widest = max(len(W) for W in self.W[layer:])
        n_moves = max(1, min(d.shape[1], _BLOCK // widest))
        n_examples = max(1, _BLOCK // (widest * n_moves))
        change, crossed = np.zeros(d.shape[1]), np.zeros(d.shape[1], np.bool_)
        for first in range(0, len(examples), n_examples):
            some = slice(first, first + n_examples)
            for start in range(0, d.shape[1], n_moves):
                moves = slice(start, start + n_moves)
                part = d[some, moves]
                units = np.full(part.shape[1], unit)
                more, near = self._follow(layer, units, part.copy(), examples[some])
                change[moves] += more.sum(axis=0)
                crossed[moves] |= near.any(axis=0)
        return change, crossed

    def _follow(self, layer: int, units: Array, d: Array, examples: Array) -> tuple[Array, Array]:
        """Return the change of each example's loss when Z of units[b] moves by d[:, b], and where a corner is near."""
        last = len(self.W) - 1
        name = self.activations[layer] if layer < last else ""
        near = np.zeros(d.shape, np.bool_)
        if layer == last or name == "softmax":  # every output of the layer moves
            whole = np.zeros((len(self.W[layer]), *d.shape))
            whole[units, :, np.arange(d.shape[1])] = d.T
            if layer == last:
                return loss_change(self.loss, self.base.only(examples), whole)
            dA = activation_change(
                name, whole, self.Z[layer][:, examples, None], self.A[layer][:, examples, None]
            )
            moved = (self.W[layer + 1] @ dA.reshape(len(dA), -1)).reshape(-1, *d.shape)
        else:
            Z, A = (values[units][:, examples].T for values in (self.Z[layer], self.A[layer]))
            corner = corner_within(name, d, Z)
            near = near if corner is None else corner
            moved = self.W[layer + 1][:, None, units] * activation_change(name, d, Z, A)
        for l in range(layer + 1, last):
            Z, A, name = self.Z[l][:, examples, None], self.A[l][:, examples, None], self.activations[l]
            corner = corner_within(name, moved, Z)
            if corner is not None:
                near |= corner.any(axis=0)
            dA = activation_change(name, moved, Z, A)
            moved = (self.W[l + 1] @ dA.reshape(len(dA), -1)).reshape(-1, *d.shape)
        change, corners = loss_change(self.loss, self.base.only(examples), moved)
        return change, near | corners
