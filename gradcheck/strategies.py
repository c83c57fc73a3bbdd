"""Hypothesis strategies for whoever tests a backward pass: shapes, arrays away from kinks or at them, networks, batches.

Hypothesis enters gradcheck in this file only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

__all__ = ["NetworkSpec", "arrays", "arrays_at_kinks", "arrays_away_from", "batches", "networks", "shapes"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class NetworkSpec:
    """Sizes, activation and loss of a fully connected network, in the words of the notes."""

    sizes: tuple[int, ...]
    activation: str
    loss: str
    seed: int

    def parameters(self, scale: float = 1.0) -> dict[str, Array]:
        """Draw ``W{l}`` of shape (n_l, n_{l-1}) and ``b{l}`` of shape (n_l, 1) from the seed."""
        rng = np.random.default_rng(self.seed)
        drawn: dict[str, Array] = {}
        for l, (n_in, n_out) in enumerate(zip(self.sizes[:-1], self.sizes[1:], strict=True), start=1):
            drawn[f"W{l}"] = scale * rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)
            drawn[f"b{l}"] = 0.3 * scale * rng.standard_normal((n_out, 1))
        return drawn


def shapes(min_dims: int = 1, max_dims: int = 3, max_side: int = 5) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of non-empty arrays.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(shapes(min_dims=2), lambda shape: True)
    (1, 1)
    """
    return st.lists(st.integers(1, max_side), min_size=min_dims, max_size=max_dims).map(tuple)


@st.composite
def arrays(
    draw: st.DrawFn,
    shape: st.SearchStrategy[tuple[int, ...]] | tuple[int, ...] | None = None,
    scale: float = 1.0,
) -> Array:
    """Gaussian arrays from a drawn seed: generic points, where only a real mistake makes two gradients differ."""
    size = draw(shape if isinstance(shape, st.SearchStrategy) else st.just(shape) if shape else shapes())
    return scale * np.random.default_rng(draw(st.integers(0, 2**32 - 1))).standard_normal(size)


@st.composite
def arrays_away_from(
    draw: st.DrawFn,
    kinks: Sequence[float] = (0.0,),
    gap: float = 1e-2,
    shape: st.SearchStrategy[tuple[int, ...]] | tuple[int, ...] | None = None,
) -> Array:
    """Arrays none of whose entries lies within `gap` of a kink; entries that did are moved just beyond it."""
    x = draw(arrays(shape))
    for kink in sorted(kinks):
        near = np.abs(x - kink) <= gap
        x = np.where(near, kink + np.where(x >= kink, 1, -1) * gap * (1 + 1e-6), x)
    return x


@st.composite
def arrays_at_kinks(
    draw: st.DrawFn,
    kinks: Sequence[float] = (0.0,),
    shape: st.SearchStrategy[tuple[int, ...]] | tuple[int, ...] | None = None,
) -> Array:
    """Arrays with at least one entry exactly at a kink, and others a hair beside one."""
    x = draw(arrays(shape))
    flat = x.ravel()
    hair = draw(st.sampled_from([0.0, 1e-12, -1e-9, 1e-6]))
    flat[draw(st.integers(0, flat.size - 1))] = draw(st.sampled_from(list(kinks))) + hair
    flat[draw(st.integers(0, flat.size - 1))] = draw(st.sampled_from(list(kinks)))
    return x


def networks(
    max_layers: int = 3,
    max_units: int = 5,
    activations: Sequence[str] = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "silu", "gelu"),
    losses: Sequence[str] = ("softmax_cross_entropy", "bce", "mse"),
) -> st.SearchStrategy[NetworkSpec]:
    """Small fully connected networks."""
    return st.builds(
        NetworkSpec,
        sizes=st.lists(st.integers(1, max_units), min_size=2, max_size=max_layers + 1).map(tuple),
        activation=st.sampled_from(list(activations)),
        loss=st.sampled_from(list(losses)),
        seed=st.integers(0, 2**32 - 1),
    )


@st.composite
def batches(draw: st.DrawFn, spec: NetworkSpec, max_m: int = 6) -> tuple[Array, Array]:
    """Inputs X (n_x, m) and labels Y (n_y, m) that suit the network's loss."""
    m = draw(st.integers(1, max_m))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X, n_y = rng.standard_normal((spec.sizes[0], m)), spec.sizes[-1]
    if spec.loss == "softmax_cross_entropy":
        return X, np.eye(n_y)[:, rng.integers(0, n_y, m)]
    if spec.loss == "bce":
        return X, rng.integers(0, 2, (n_y, m)).astype(float)
    return X, rng.standard_normal((n_y, m))
