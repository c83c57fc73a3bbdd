"""One training pass in buffers that are made once: the same equations as `_backprop.py`, at matrix speed.

Three things make it fast.

*The bias is the weight of a constant input.* ``Wb`` is W^T with b^T as one more row below, and ``A`` carries a
row of ones below, so one product adds the bias, and one product gives dW and db. (Transposed, so that W and b
are each one piece of memory: NumPy copies what is not before it multiplies.)

*Everything happens in place.* Z, A share a buffer; dA becomes dZ where it stands.

*Backprop is linear in the error.* The factor 1/m, and in gradient descent the learning rate too, is multiplied
once into dZ of the last layer, which is small, and comes out on every gradient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from numeric._kernels import Operation, make_kernel
from numeric._layer import Array, Workspace
from numeric._objective import Objective

__all__ = ["Engine", "count", "split"]

# Plans kept: batches come in one size, and a smaller one at the end of an epoch.
_PLANS = 4


class Plan:
    """What a pass over m examples does, as a list of operations on arrays that are made once."""

    def __init__(self, engine: Engine, m: int) -> None:
        n, at, dtype = engine.sizes, engine.workspace, engine.theta.dtype
        self.m = m
        self.A = [at(f"A{l}", (n_l + 1, m), dtype) for l, n_l in enumerate(n[:-1])]
        self.X = self.A[0][:-1]
        self.Z_last = at(f"A{len(n) - 1}", (n[-1], m), dtype)
        # Two blocks take turns: dA of a layer is made from dZ of the one above, and then that one is free.
        dA = [at(f"dA{l % 2}", (n_l, m), dtype) for l, n_l in enumerate(n[:-1])]
        last = len(n) - 2
        self.forward: list[Operation] = []
        self.backward: list[Operation] = []
        for l, (Wb, dWb) in enumerate(zip(engine.Wb, engine.dWb, strict=True)):
            A_prev = self.A[l]
            Z, dZ = (self.Z_last, self.Z_last) if l == last else (self.A[l + 1][:-1], dA[l + 1])
            g, g_slope = ([], []) if l == last else make_kernel(engine.activations[l], l + 1, Z, dZ, at)
            self.forward += [partial(np.dot, Wb.T, A_prev, Z), *g]
            # dZ, then [dW db] in one product, then dA of the layer below, for which the bias does not count.
            below = [partial(np.dot, Wb[:-1], dZ, dA[l])] if l else []
            self.backward[:0] = [*g_slope, partial(np.dot, A_prev, dZ.T, dWb), *below]
        self.finish = engine.objective.finish(self.Z_last, at)

    def restore(self) -> None:
        """Write the constant input of the biases again, after another plan has used the memory."""
        for A in self.A:
            A[-1] = 1


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
    theta : 1-D ndarray
        All parameters: W^T and then b of each layer, row by row.
    """

    def __init__(
        self, sizes: Sequence[int], activations: Sequence[str], objective: Objective, theta: Array
    ) -> None:
        self.sizes, self.activations, self.objective = tuple(sizes), tuple(activations), objective
        self.states: list[Array] = []
        self.theta, self.gradient = theta, np.zeros_like(theta)
        self.Wb, self.dWb = split(theta, sizes), split(self.gradient, sizes)
        self.weights = [Wb[:-1].T for Wb in self.Wb]
        self._penalised = bool(objective.l1 or objective.l2)
        if self._penalised:
            self._decay = np.zeros_like(theta)
            self._decay_of_biases = [part[-1] for part in split(self._decay, sizes)]
        self.workspace = Workspace()
        self._plans: dict[int, Plan] = {}
        self._plan: Plan | None = None

    def bind(self, m: int) -> Array:
        """Make ready for batches of m examples, and return the array ``(n_0, m)`` to put them into."""
        plan = self._plan
        if plan is None or plan.m != m:
            plan = self._plans.get(m)
            if plan is None:
                if len(self._plans) == _PLANS or any(m > known for known in self._plans):
                    # Larger blocks replace the old ones, which the old plans would keep alive.
                    self._plans.clear()
                plan = self._plans[m] = Plan(self, m)
            self._plan = plan
            plan.restore()
        return plan.X

    def run(self, Y: Array, scale: float) -> float:
        """Return the cost J of the examples put in, and fill ``gradient`` with scale * m * dJ/dtheta.

        ``scale`` is 1/m for the gradient itself. When J is not finite nothing is filled in.
        """
        plan = self._plan
        assert plan is not None, "bind comes before run"
        for operation in plan.forward:
            operation()
        J = plan.finish(Y, scale)
        if self._penalised:
            J += self._penalty() / plan.m
        if not math.isfinite(J):
            return J
        for operation in plan.backward:
            operation()
        if self._penalised:
            self._penalise(scale)
        return J

    def first_bad_layer(self) -> int | None:
        """Return the first layer whose values in the last pass are not finite."""
        plan = self._plan
        assert plan is not None
        for l, A in enumerate(plan.A[1:], start=1):
            if not np.isfinite(A).all():
                return l
        return len(self.Wb) if not np.isfinite(self.Wb[-1].T @ plan.A[-1]).all() else None

    def _penalise(self, scale: float) -> None:
        """Add scale * (l2 W + l1 sign(W)) to dW; the biases, the last rows, are not penalised."""
        l1, l2 = self.objective.l1, self.objective.l2
        for factor, function in ((l2, np.positive), (l1, np.sign)):
            if factor:
                function(self.theta, out=self._decay)
                np.multiply(self._decay, factor * scale, out=self._decay)
                for biases in self._decay_of_biases:
                    biases[...] = 0
                np.add(self.gradient, self._decay, out=self.gradient)

    def _penalty(self) -> float:
        """Return m times the penalty."""
        np.copyto(self._decay, self.theta)
        for biases in self._decay_of_biases:
            biases[...] = 0
        total = self.objective.l2 / 2 * float(np.dot(self._decay, self._decay))
        if self.objective.l1:
            np.abs(self._decay, out=self._decay)
            total += self.objective.l1 * float(np.add.reduce(self._decay))
        return total


def split(block: Array, sizes: Sequence[int]) -> list[Array]:
    """Return the views Wb ``(n_{l-1} + 1, n_l)`` of a block that holds them one after the other."""
    shapes = [(n_in + 1, n_out) for n_in, n_out in pairwise(sizes)]
    ends = np.cumsum([rows * columns for rows, columns in shapes])
    return [part.reshape(s) for part, s in zip(np.split(block, ends[:-1]), shapes, strict=True)]


def count(sizes: Sequence[int]) -> int:
    """Return the number of parameters."""
    return sum(n_out * (n_in + 1) for n_in, n_out in pairwise(sizes))
