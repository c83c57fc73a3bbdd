"""One training pass in buffers that are made once: the same equations as `_backprop.py`, at matrix speed.

Three things make it fast.

*The bias is the weight of a constant input.* ``Wb = [W b]`` is ``(n_l, n_{l-1} + 1)`` and ``A`` carries a row
of ones below, so one product adds the bias, and one product gives dW and db.

*Everything happens in place.* Z, A share a buffer; dA becomes dZ where it stands.

*Backprop is linear in the error.* The factor 1/m, and in gradient descent the learning rate too, is multiplied
once into dZ of the last layer, which is small, and comes out on every gradient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from numeric._kernels import KERNELS
from numeric._layer import Array, Workspace
from numeric._output import output_step
from numeric.functions import ACTIVATIONS

__all__ = ["Engine"]


class Engine:
    """The arrays of a training pass of one network, for whatever batch size comes.

    Parameters
    ----------
    sizes : sequence of int
        n_0, ..., n_L.
    activations : sequence of str
        Names for the hidden layers.
    loss : str
        The network's name of the loss.
    l2 : float
        Weight of the penalty.
    theta : 1-D ndarray
        All parameters, [W b] of each layer row by row.
    """

    def __init__(
        self, sizes: Sequence[int], activations: Sequence[str], loss: str, l2: float, theta: Array
    ) -> None:
        self.sizes, self.activations, self.l2, self.theta = tuple(sizes), tuple(activations), l2, theta
        self.gradient = np.zeros_like(theta)
        self.Wb, self.dWb = split(theta, sizes), split(self.gradient, sizes)
        self.weights = [Wb[:, :-1] for Wb in self.Wb]
        self.workspace = Workspace()
        self.finish = output_step(loss)
        self.m = 0

    def bind(self, m: int) -> Array:
        """Make ready for batches of m examples, and return the array ``(n_0, m)`` to put them into."""
        if m != self.m:
            at, n, dtype = self.workspace, self.sizes, self.theta.dtype
            self.A = [at(f"A{l}", (n_l + 1, m), dtype) for l, n_l in enumerate(n[:-1])]
            for A in self.A:
                A[-1] = 1  # the constant input of the biases
            self.inner = [A[:-1] for A in self.A]
            self.Z_last = at(f"A{len(n) - 1}", (n[-1], m), dtype)
            # Two blocks take turns: dA of a layer is made from dZ of the one above, and then that one is free.
            self.dA = [at(f"dA{l % 2}", (n_l + 1, m), dtype) for l, n_l in enumerate(n[:-1])]
            self.Z_kept = [
                None if name in KERNELS else at(f"Z{l}", (n[l], m), dtype)
                for l, name in enumerate(self.activations, start=1)
            ]
            self.m = m
        return self.inner[0]

    def run(self, Y: Array, scale: float) -> float:
        """Return the cost J of the examples put in, and fill ``gradient`` with scale * m * dJ/dtheta.

        ``scale`` is 1/m for the gradient itself. When J is not finite nothing is filled in.
        """
        scratch, A, inner, Wb, dWb = self.workspace, self.A, self.inner, self.Wb, self.dWb
        last = len(Wb) - 1
        for l in range(last):
            Z = inner[l + 1]
            np.dot(Wb[l], A[l], Z)
            self._activate(l, Z)
        dZ = self.Z_last
        np.dot(Wb[last], A[last], dZ)
        J = self.finish(dZ, Y, scratch)
        if self.l2:
            J += self.l2 / (2 * self.m) * self._squares()
        if not math.isfinite(J):
            return J
        np.multiply(dZ, scale, out=dZ)
        for l in range(last, -1, -1):
            np.dot(dZ, A[l].T, dWb[l])
            if l:
                np.dot(Wb[l].T, dZ, self.dA[l])
                dZ = self.dA[l][:-1]  # the last row is the gradient of the constant input
                self._through(l - 1, dZ, inner[l])
        if self.l2:
            for W, dW in zip(Wb, dWb, strict=True):
                # The bias, the last column, is not penalised.
                dW[:, :-1] += (self.l2 * scale) * W[:, :-1]
        return J

    def first_bad_layer(self) -> int | None:
        """Return the first layer whose values in the last pass are not finite."""
        for l, A in enumerate(self.inner[1:], start=1):
            if not np.isfinite(A).all():
                return l
        return len(self.Wb) if not np.isfinite(self.Wb[-1] @ self.A[-1]).all() else None

    def _squares(self) -> float:
        """Return the sum of the squared weights: all of theta less the biases."""
        biases = sum(float(np.dot(Wb[:, -1], Wb[:, -1])) for Wb in self.Wb)
        return float(np.dot(self.theta, self.theta)) - biases

    def _activate(self, l: int, Z: Array) -> None:
        kernel = KERNELS.get(self.activations[l])
        if kernel is not None:
            kernel.forward(Z, self.workspace)
        else:
            kept = self.Z_kept[l]
            assert kept is not None
            np.copyto(kept, Z)
            np.copyto(Z, ACTIVATIONS[self.activations[l]].function(kept))

    def _through(self, l: int, dA: Array, A: Array) -> None:
        kernel = KERNELS.get(self.activations[l])
        if kernel is not None:
            kernel.backward(dA, A, self.workspace)
        else:
            np.multiply(dA, ACTIVATIONS[self.activations[l]].derivative(self.Z_kept[l]), out=dA)


def split(block: Array, sizes: Sequence[int]) -> list[Array]:
    """Return the views [W b] ``(n_l, n_{l-1} + 1)`` of a block that holds them one after the other."""
    shapes = [(n_out, n_in + 1) for n_in, n_out in pairwise(sizes)]
    ends = np.cumsum([rows * columns for rows, columns in shapes])
    return [part.reshape(s) for part, s in zip(np.split(block, ends[:-1]), shapes, strict=True)]


def count(sizes: Sequence[int]) -> int:
    """Return the number of parameters."""
    return sum(n_out * (n_in + 1) for n_in, n_out in pairwise(sizes))
