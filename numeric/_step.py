"""One training pass in buffers that are made once: the same equations as `_backprop.py`, at matrix speed.

Four things make it fast.

*A pass is a list.* What a batch of one size needs is worked out once: operations on arrays that are there already.
A step goes through the list, and creates nothing.

*Everything happens in place.* Z, A share a buffer; dA becomes dZ where it stands.

*Backprop is linear in the error.* The factor 1/m, and in gradient descent the learning rate too, is multiplied
once into dZ of the last layer, which is small, and comes out on every gradient.

*A small network folds its biases into its products.* ``Wb`` is W^T with b^T as one more row below; where A carries a
row of ones below, one product adds the bias, and one product gives dW and db: what costs there is the number of calls.
A large one keeps W and b apart, because a product of 785 rows takes longer than one of 784 and a sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from math import inf, isfinite, log, nan, sqrt
from typing import Any, NamedTuple

import numpy as np

from numeric._kernels import Operation, Pair, make_kernel, relu_with, where_positive
from numeric._layer import Array, Workspace, zeros
from numeric._long_sums import LONG, over_examples
from numeric._objective import Objective
from numeric._output import MANY

__all__ = ["Engine"]

# Plans kept: batches come in one size, and a smaller one at the end of an epoch.
_PLANS = 4
# Parameters up to which biases are folded in: there a call costs as much as its product.
_FOLDED = 2**13
# By size of a float: logarithms of numbers whose squares, and sums of millions of those, are far from infinity.
_FAR = {4: log(1e15), 8: log(1e150)}


class Plan:
    """What a pass over m examples does, as a list of operations on arrays that are made once.

    ``enter(X)`` and ``leave(X)`` are the two products that need the examples themselves, before the operations of
    ``forward`` and after those of ``backward``. ``run(X, Y, factor)`` is the whole.
    """

    def __init__(self, engine: Engine, m: int) -> None:
        n, at, dtype = engine.sizes, engine.workspace, engine.theta.dtype
        last, one = len(n) - 1, int(engine.folded)
        self.m, self.folded, self.at = m, engine.folded, at
        # One block: X where it must have a row of ones below (else it stays where it is), A_1, ..., A_{L-1}; and for
        # dA two places that take turns: a dA is made from the dZ of the layer above, which then is free.
        wide = max(n[1:-1], default=0)
        rows = [one * (n[0] + 1), *(n_l + one for n_l in n[1:-1]), wide, wide]
        places = np.split(at("pass", (sum(rows), m), dtype), np.cumsum(rows)[:-1])
        self.A = places[:last]
        self.Z_last, self._finish = engine.objective.finish((n[-1], m), dtype, at)
        hidden = at("pass", (sum(rows), m), dtype)[rows[0] : sum(rows[:last])]
        dA = [places[last + l % 2][:n_l] for l, n_l in enumerate(n[:-1])]
        self.ones = np.ones(m, dtype)
        self.enter: Callable[[Array], object] = partial(self.A[0][:-1].__setitem__, ...) if one else _nothing
        self.leave: Callable[[Array], object] = _nothing
        self.forward: list[Operation] = []
        self.backward: list[Operation] = []
        kernels = self._shared_relu(engine, hidden, dA)
        for l, (weights, slopes) in enumerate(zip(engine.layers, engine.slopes, strict=True), start=1):
            Z, dZ = (self.Z_last, self.Z_last) if l == last else (self.A[l][: n[l]], dA[l])
            name = "identity" if l == last else engine.activations[l - 1]
            bias = None if self.folded else _bias(weights.b, at)
            g, g_slope = kernels.get(l) or make_kernel(name, f"{l}", Z, dZ, at, bias)
            products = self._folded if self.folded else self._apart
            ahead, back = products(l, weights, slopes, Z, dZ)
            below = [partial(weights.W.T.dot, dZ, dA[l - 1])] if l > 1 else []
            self.forward += [*ahead, *g]
            self.backward[:0] = [*g_slope, *back, *below]
        self.run = self._compiled(engine)

    def _shared_relu(self, engine: Engine, hidden: Array, dA: list[Array]) -> dict[int, Pair]:
        """Return g and g' by layer for small networks of ReLU: where A > 0 is found for all layers in one call."""
        n, at, last = engine.sizes, engine.workspace, len(engine.sizes) - 1
        if not self.folded or set(engine.activations) != {"relu"}:
            return {}
        look, mask = where_positive(hidden, at)
        kernels: dict[int, Pair] = {last: ([], [look])}
        start = 0
        for l in range(1, last):
            kernels[l] = relu_with(self.A[l][: n[l]], dA[l], mask[start : start + n[l]], at)
            start += len(self.A[l])
        return kernels

    def _folded(self, l: int, weights: Layer, slopes: Layer, Z: Array, dZ: Array) -> Pair:
        """Z = [W b] [A; 1]  and  [dW db] = dZ [A; 1]^T: one product each."""
        A_prev = self.A[l - 1]
        back = [self._product(A_prev, dZ, slopes.Wb)]
        return [partial(weights.Wb.T.dot, A_prev, Z)], [
            *back,
            self._sums(dZ, slopes),
        ] if self.m >= MANY else back

    def _apart(self, l: int, weights: Layer, slopes: Layer, Z: Array, dZ: Array) -> Pair:
        """Z = W A, to which b is added ahead of g;  dW = dZ A^T,  db = sum of dZ."""
        W, dW = weights.W, slopes.W
        sums = self._sums(dZ, slopes)
        if l > 1:
            A_prev = self.A[l - 1]
            return [partial(W.dot, A_prev, Z)], [sums, self._product(dZ, A_prev, dW)]
        self.enter = lambda X: W.dot(X, Z)
        self.leave = lambda X: over_examples(dZ, X, self.m, dW, self.at)
        return [], [sums]

    def _product(self, dZ: Array, A: Array, dW: Array) -> Operation:
        """dW = dZ A^T: from very many examples on by halves."""
        if self.m >= LONG:
            return partial(over_examples, dZ, A, self.m, dW, self.at)
        return partial(dZ.dot, A.T, dW)

    def _sums(self, dZ: Array, slopes: Layer) -> Operation:
        """db = sum of dZ: by a product, which is fastest, or from many examples on by halves, which is exact."""
        db = slopes.b[:, 0]
        if self.m >= MANY:
            return partial(np.add.reduce, dZ, 1, None, db)
        return partial(dZ.dot, self.ones, db)

    def _compiled(self, engine: Engine) -> Callable[[Array, Array, float], float]:
        """Return the pass as one function, which looks nothing up."""
        enter, forward, backward, leave = self.enter, self.forward, self.backward, self.leave
        finish, m, at, objective = self._finish, self.m, engine.workspace, engine.objective
        penalised = bool(objective.l1 or objective.l2)
        copied = self.A[0].reshape(-1) if self.folded else self.ones[:0]
        squares = copied.dot

        def run(X: Array, Y: Array, factor: float) -> float:
            enter(X)
            # Nobody has looked at the examples of a small network before, and ReLU would hide an infinite one.
            if not isfinite(squares(copied)) and not np.isfinite(X).all():
                return nan
            for operation in forward:
                operation()
            J = finish(Y, factor / m)
            if penalised:
                J += objective.penalty(engine.weights, m, at)
            if engine.ceiling > J:  # not so for NaN and infinity
                for operation in backward:
                    operation()
                leave(X)
                if penalised:
                    objective.penalise(engine.weights, engine.weight_slopes, factor / m, at)
            return J

        return run

    def restore(self) -> None:
        """Write the constant input of the biases again, after another plan has used the memory."""
        if self.folded:
            for A in self.A:
                A[-1] = 1


def _bias(b: Array, at: Workspace) -> Callable[[slice, Array], list[Operation]]:
    """Return what adds b to a piece: a copy for every example, which NumPy would make in a buffer of its own."""

    def add(rows: slice, part: Array) -> list[Operation]:
        repeated = at("repeated", part.shape, part.dtype)
        return [partial(np.copyto, repeated, b[rows]), partial(np.add, part, repeated, part)]

    return add


def _nothing(_: Array) -> None:
    """The folded products of the first layer are among the operations."""


class Layer(NamedTuple):
    """The parameters of a layer, or their gradients: views of one block."""

    W: Array
    b: Array
    Wb: Array  # (n_{l-1} + 1, n_l), W^T above b^T; only where W is stored transposed


class Engine:
    """The training pass of one network, for whatever batch size comes.

    Parameters
    ----------
    sizes : sequence of int
        n_0, ..., n_L.
    activations : sequence of str
        Names for the hidden layers.
    objective : Objective
        Loss and penalties.
    dtype : dtype
        Of the parameters, which begin at 0, and of the arithmetic.

    Attributes
    ----------
    theta, gradient : 1-D ndarray
        All parameters, W and then b of each layer; and what `run` finds, entry by entry beside it.
    layers : list of Layer
        Views of theta.
    """

    def __init__(
        self, sizes: Sequence[int], activations: Sequence[str], objective: Objective, dtype: np.dtype[Any]
    ) -> None:
        self.sizes, self.activations, self.objective = tuple(sizes), tuple(activations), objective
        self.states: list[Array] = []
        self.ceiling = inf
        size = sum(n_out * (n_in + 1) for n_in, n_out in pairwise(sizes))
        self.folded = size <= _FOLDED
        # Side by side: NumPy asks for large pages from 4 MB on, and products read them faster.
        line = 64 // dtype.itemsize
        both = zeros(2 * (size + -size % line), dtype).reshape(2, -1)
        self.theta, self.gradient, self._both = both[0, :size], both[1, :size], both.reshape(-1)
        # Weights of classes and penalties may be of any size, and small networks have no time to lose by asking.
        self.provable = not (self.folded or objective.l1 or objective.l2 or objective.class_weights)
        self.layers = list(_split(self.theta, sizes, transposed=self.folded))
        self.slopes = list(_split(self.gradient, sizes, transposed=self.folded))
        self.weights = [layer.W for layer in self.layers]
        self.weight_slopes = [layer.W for layer in self.slopes]
        self.workspace = Workspace()
        self._plans: dict[int, Plan] = {}
        self._plan: Plan | None = None

    def buffer(self, m: int) -> Array:
        """Return an array ``(n_0, m)`` to gather a batch in, for `run`."""
        return self.workspace("X", (self.sizes[0], m), self.theta.dtype)

    def run(self, X: Array, Y: Array, factor: float) -> float:
        """Return the cost J of these examples, and fill ``gradient`` with factor * dJ/dtheta.

        When J is not good nothing is filled in. In a network whose biases
        are folded in, examples that are not finite give NaN; elsewhere they must be finite.
        """
        plan = self._plan
        if plan is None or plan.m != X.shape[-1]:
            plan = self._plan_for(X.shape[-1])
        return plan.run(X, Y, factor)

    def is_good(self, J: float) -> bool:
        """Answer whether a cost is finite and below the ceiling."""
        return self.ceiling > J  # not so for NaN

    def stays_finite(self, X: Array, J: float) -> bool:
        """Answer whether the parameters less the gradient certainly give these examples a finite cost, too.

        With r = |theta| + |gradient|, no product of layer l exceeds r (|A_{l-1}| + sqrt(m)) in size, and no activation
        makes its |z| more than 1 larger. So nothing exceeds (r + sqrt(n) + 1)^L (|X| + sqrt(m)), n the largest size.
        """
        if self.ceiling < inf:
            return False  # norms tell what stays finite, not what stays below a ceiling
        r = sqrt(2 * float(self._both.dot(self._both)))  # at least |theta| + |gradient|
        flat = X.ravel("K")
        examples = sqrt(flat.dot(flat)) + sqrt(X.shape[-1])
        # Logarithms, because the power itself may be too large for a float; that of infinity is infinite.
        bound = len(self.layers) * log(r + sqrt(max(self.sizes)) + 1) + log(examples)
        return max(bound, log(1 + abs(J))) < _FAR[self.theta.itemsize]

    def _plan_for(self, m: int) -> Plan:
        plan = self._plans.get(m)
        if plan is None:
            if len(self._plans) == _PLANS or any(m > known for known in self._plans):
                # Larger blocks replace the old ones, which the old plans would keep alive.
                self._plans.clear()
            plan = self._plans[m] = Plan(self, m)
        self._plan = plan
        plan.restore()
        return plan

    def first_bad_layer(self, X: Array) -> int | None:
        """Return the first layer whose values in the last pass, which was on X, are not finite."""
        plan, last = self._plan, len(self.layers)
        assert plan is not None
        for l, A in enumerate(plan.A[1:], start=1):
            if not np.isfinite(A).all():
                return l
        A_prev = X if last == 1 else plan.A[-1][: self.sizes[-2]]
        with np.errstate(all="ignore"):  # the last Z was overwritten by its dZ
            Z = self.layers[-1].W @ A_prev + self.layers[-1].b
        return None if np.isfinite(Z).all() else last


def _split(block: Array, sizes: Sequence[int], *, transposed: bool) -> Iterator[Layer]:
    """Yield the views of a block that holds W and b of the layers one after the other."""
    start = 0
    for n_in, n_out in pairwise(sizes):
        end = start + n_out * n_in
        Wb = block[start : end + n_out].reshape(n_in + 1, n_out) if transposed else block[:0]
        W = Wb[:-1].T if transposed else block[start:end].reshape(n_out, n_in)
        yield Layer(W, block[end : end + n_out, None], Wb)
        start = end + n_out
