"""The gradient under test: a callable or arrays, always copied, always compared before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck._objective import require_unchanged
from gradcheck._point import Array, Layout, Point, require_finite

EPS = float(np.finfo(np.float64).eps)
# Draws of rounding errors in the parameters, to see what they do to a gradient in low precision.
SHAKEN = 5


class Gradient:
    """A gradient bound to a layout; `callable` says whether it can be asked at other points."""

    def __init__(self, gradient: Any, layout: Layout) -> None:
        self.gradient = gradient
        self.layout = layout
        self.callable = callable(gradient)
        self.n_evaluations = 0
        self.twin = True  # ask in float64 even where the user's parameters are float32
        self.eps = EPS  # precision of the answers

    def at(self, arrays: Sequence[Array]) -> list[Array]:
        """Give the gradient at a point in float64, asked in the precision that it understands."""
        if self.twin:
            return in_double(self(arrays))
        return in_double(self([a.astype(t) for a, t in zip(arrays, self.layout.dtypes, strict=True)]))

    def allowances(
        self, arrays: Sequence[Array], answers: Sequence[Array], sizes: Sequence[float], value: float
    ) -> list[float]:
        """Give the rounding that the answers are entitled to, for each parameter, from the precision they came in."""
        rounding = []
        unsure = (
            self.sensitivity(arrays, answers) if self.eps > EPS and self.callable else [0.0] * len(answers)
        )
        for g, size, change in zip(answers, sizes, unsure, strict=True):
            largest = float(np.max(np.abs(g), initial=0.0))
            allowance = 32 * EPS * largest
            if self.eps > EPS:
                # A sum of terms of size |J| / size loses about eps of each.
                allowance += self.eps * (64 * largest + 8 * abs(value) / size) + 4 * change
            rounding.append(allowance)
        return rounding

    def sensitivity(self, arrays: Sequence[Array], answers: Sequence[Array]) -> list[float]:
        """Measure how much the answers change when every number changes by its rounding.

        A backward-stable computation in single precision is off by about as much: logits of 1e6 are known to 0.1 only.
        The median of a few draws, since a kink within rounding of the point is another matter.
        """
        rng = np.random.default_rng(3)
        changes = []
        for _ in range(SHAKEN):
            shaken = [
                np.asarray(a * (1 + 2 * self.eps * rng.choice([-1.0, 1.0], size=a.shape))) for a in arrays
            ]
            try:
                found = self.at(shaken)
            except Exception:
                found = list(answers)  # the point is ours: where the gradient has no value it teaches nothing
            pairs = zip(found, answers, strict=True)
            changes.append([float(np.max(np.abs(a - b), initial=0.0)) for a, b in pairs])
        return [float(v) for v in np.median(changes, axis=0)]

    def __call__(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Give copies of the gradient's arrays at a point, in the precision in which they came."""
        if not self.callable:
            return self._read(self.gradient)
        given = [a.copy() for a in arrays]
        structure: Point = self.layout.fold(given)
        self.n_evaluations += 1
        result = self._read(self.gradient(structure))
        require_unchanged(given, arrays, self.layout.names, "the gradient")
        return result

    def _read(self, structure: Point) -> list[NDArray[Any]]:
        arrays = self.layout.gather(structure, "gradient")
        for name, array in zip(self.layout.names, arrays, strict=True):
            require_finite(array, f"the gradient of {name}")
        return arrays


def in_double(arrays: Sequence[NDArray[Any]]) -> list[Array]:
    """Widen a row of arrays to float64."""
    return [np.asarray(a, dtype=np.float64) for a in arrays]
