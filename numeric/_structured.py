"""The cost of a network as a function of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from numeric._layer import Array

if TYPE_CHECKING:
    from numeric._network import Network

__all__ = ["NetworkLoss"]


class NetworkLoss:
    """J as a function of the parameters, on fixed examples.

    Calling it never changes the network. It computes in the widest dtype among parameters and examples: a
    float32 network whose parameters are handed over in float64 is differenced in float64.
    """

    def __init__(self, network: Network, X: Array, Y: Array) -> None:
        self.network, self.X, self.Y = network, X, Y

    def __call__(self, parameters: Mapping[str, Array]) -> float:
        """Return J at these parameters."""
        return self.network.cost_at(parameters, self.X, self.Y)

    def many(self, points: Sequence[Mapping[str, Array]]) -> Array:
        """Return J at each of the points."""
        return np.array([self(point) for point in points])
