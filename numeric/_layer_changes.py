"""How much a layer's output changes when its input moves, or one of its parameters, with nothing cancelling.

The moves of a block are B arrays at once: d is ``(*shape, B, m)``. Each class below takes a layer of its own (a
twin's, which nobody else uses) after its forward pass on A_prev, and answers two questions:

    through(d)        the change of the output for moves d of the input, and for each move whether a corner is near
    own(name, i, h)   the change of the output ``(*shape, m)`` when entry i of a parameter moves by h

A linear layer answers with its own forward pass, without bias. The others use the addition theorems of
`_changes.py`, and these: with c the centred input, e the centred move and v the variance plus eps,

    dv = mean(2 c e + e^2),    d(1/sigma) = -dv / (sigma sigma' (sigma + sigma')),    dx_hat = e / sigma' + c d(1/sigma)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from numeric._activation_layers import ActivationLayer
from numeric._attention_changes import AttentionNode
from numeric._changes import activation_change, corner_within
from numeric._dense import Dense
from numeric._layer import Array, Layer
from numeric._streams import rng_state, set_rng_state
from numeric.functions import silu
from numeric.layers import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    MaxPool2d,
    MultiHeadAttention,
    Residual,
    RMSNorm,
    SwiGLU,
)

__all__ = ["Node", "is_supported", "make_node"]

Answer = tuple[Array, "Array | None"]


class Node(Protocol):
    """A layer after its forward pass, with the output A."""

    A: Array

    def through(self, d: Array) -> Answer: ...

    def own(self, name: str, index: tuple[int, ...], h: float) -> Answer: ...


def make_node(layer: Layer, A_prev: Array) -> Node:
    """Run the forward pass of a training step and keep what the changes start from."""
    return _NODES[type(layer)](layer, A_prev)


def is_supported(layer: Layer) -> bool:
    """Answer whether this layer's changes are known, those of the layers inside it included."""
    return type(layer) in _NODES and all(is_supported(inner) for inner in getattr(layer, "layers", ()))


class _Base:
    def __init__(self, layer: Any, A_prev: Array) -> None:
        self.layer = layer
        self.A_prev = A_prev.copy()
        self.A: Array = layer.forward(self.A_prev, training=True).copy()

    def own(self, name: str, index: tuple[int, ...], h: float) -> Answer:
        """Every layer here with parameters of its own is linear in them: run it on the move alone."""
        parameters = self.layer.parameters
        kept = {key: values.copy() for key, values in parameters.items()}
        try:
            for values in parameters.values():
                values[...] = 0
            parameters[name][index] = h
            return self.layer.forward(self.A_prev, training=True).copy(), None
        finally:
            for key, values in kept.items():
                parameters[key][...] = values


class _Linear(_Base):
    """Dense, convolution, mean pooling, flatten: A(X + d) - A(X) = A(d) without the bias."""

    def through(self, d: Array) -> Answer:
        B, m = d.shape[-2:]
        bias = self.layer.parameters.get("b")
        kept = None if bias is None else bias.copy()
        try:
            if bias is not None:
                bias[...] = 0
            moved = self.layer.forward(d.reshape(*d.shape[:-2], B * m), training=True).copy()
        finally:
            if bias is not None:
                bias[...] = kept
        return moved.reshape(*moved.shape[:-1], B, m), None


class _Embedding(_Base):
    """Token ids do not move."""

    def through(self, d: Array) -> Answer:
        return np.zeros((*self.A.shape[:-1], *d.shape[-2:])), None


class _Activation(_Base):
    def through(self, d: Array) -> Answer:
        name: str = self.layer.name
        Z, A = self.A_prev[..., None, :], self.A[..., None, :]
        near = corner_within(name, d, Z)
        return activation_change(name, d.copy(), Z, A), None if near is None else _of_moves(near)


class _Dropout(_Base):
    """Linear, with the mask of this pass; the backward pass of ones is the mask."""

    def __init__(self, layer: Any, A_prev: Array) -> None:
        super().__init__(layer, A_prev)
        self.mask = layer.backward(np.ones_like(self.A)).copy()

    def through(self, d: Array) -> Answer:
        return d * self.mask[..., None, :], None


class _MaxPool(_Base):
    """With gaps g_i = a_i - max a, which are 0 or below, the change is max(g_i + d_i)."""

    def __init__(self, layer: Any, A_prev: Array) -> None:
        super().__init__(layer, A_prev)
        windows = self._windows(self.A_prev[..., None, :], -np.inf)
        self.winner = np.argmax(windows, axis=-1)[..., None]
        self.gaps = windows - np.take_along_axis(windows, self.winner, axis=-1)

    def through(self, d: Array) -> Answer:
        moves = self._windows(d, 0.0)
        change = (self.gaps + moves).max(axis=-1)
        of_winner = np.take_along_axis(moves, self.winner, axis=-1)
        # Another place may win when the two moves together can close its gap.
        reach = np.abs(moves) + np.abs(of_winner)
        np.put_along_axis(reach, np.broadcast_to(self.winner, of_winner.shape), 0, axis=-1)
        near = ((reach >= -self.gaps) & (reach > 0)).any(axis=-1)
        return change, _of_moves(near)

    def _windows(self, X: Array, fill: float) -> Array:
        """Return ``(C, H_out, W_out, B, m, places)``."""
        (kh, kw), (sh, sw), (ph, pw) = self.layer.size, self.layer.stride, self.layer.padding
        edges = ((0, 0), (ph, ph), (pw, pw), (0, 0), (0, 0))
        padded = np.pad(X, edges, constant_values=fill)
        view = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(1, 2))[:, ::sh, ::sw]
        return view.reshape(*view.shape[:-2], kh * kw)


class _Norm(_Base):
    """Batch norm over all axes but the first, layer norm and RMS norm over the first."""

    def __init__(self, layer: Any, A_prev: Array) -> None:
        super().__init__(layer, A_prev)
        last = A_prev.ndim  # axis of the examples once B stands before it
        self.axes: tuple[int, ...] = (0,)
        if isinstance(layer, BatchNorm):
            self.axes = (*range(1, A_prev.ndim - 1), last)
        X = self.A_prev[..., None, :]
        self.c = X if isinstance(layer, RMSNorm) else X - X.mean(axis=self.axes, keepdims=True)
        self.v = (self.c * self.c).mean(axis=self.axes, keepdims=True) + layer.eps

    def through(self, d: Array) -> Answer:
        e = d if isinstance(self.layer, RMSNorm) else d - d.mean(axis=self.axes, keepdims=True)
        dv = ((2 * self.c + e) * e).mean(axis=self.axes, keepdims=True)
        sigma, moved = np.sqrt(self.v), np.sqrt(self.v + dv)
        d_hat = e / moved - self.c * (dv / (sigma * moved * (sigma + moved)))
        gamma = self.layer.parameters["gamma"]
        return gamma.reshape(-1, *(1,) * (d.ndim - 1)) * d_hat, None


class _SwiGLU(_Base):
    """A = W2 (swish(W X) * V X): the product of two factors that both move."""

    def __init__(self, layer: Any, A_prev: Array) -> None:
        super().__init__(layer, A_prev)
        p = layer.parameters
        self.U, self.G = (np.tensordot(p[name], self.A_prev, axes=1)[..., None, :] for name in ("W", "V"))
        self.swish = silu(self.U)

    def through(self, d: Array) -> Answer:
        W, V = (np.tensordot(self.layer.parameters[name], d, axes=1) for name in ("W", "V"))
        return self._from(W, V), None

    def own(self, name: str, index: tuple[int, ...], h: float) -> Answer:
        row, column = index
        if name == "W2":
            change = np.zeros_like(self.A)
            change[row] = h * (self.swish * self.G)[column, ..., 0, :]
            return change, None
        move = np.zeros_like(self.U)
        move[row] = h * self.A_prev[column][..., None, :]
        still = np.zeros_like(move)
        return (self._from(move, still) if name == "W" else self._from(still, move))[..., 0, :], None

    def _from(self, dU: Array, dG: Array) -> Array:
        dS = activation_change("silu", dU.copy(), self.U, self.swish)
        dH = dS * (self.G + dG) + self.swish * dG
        change: Array = np.tensordot(self.layer.parameters["W2"], dH, axes=1)
        return change


class _Residual(_Base):
    """A = X + F(X), with the layers of F one after the other."""

    def __init__(self, layer: Any, A_prev: Array) -> None:
        self.layer, self.A_prev = layer, A_prev.copy()
        # A forward pass hands its parameters to the layers inside; what it draws is to be drawn again.
        drawing = [(rng, rng_state(rng)) for rng in _streams(layer)]
        layer.forward(self.A_prev, training=True)
        for rng, state in drawing:
            set_rng_state(rng, state)
        self.inner: list[Node] = []
        F = self.A_prev
        for inside in layer.layers:
            self.inner.append(make_node(inside, F))
            F = self.inner[-1].A
        self.A = self.A_prev + F

    def through(self, d: Array) -> Answer:
        moved, near = _follow(self.inner, d)
        return d + moved, near

    def own(self, name: str, index: tuple[int, ...], h: float) -> Answer:
        place, inside = name.split(".", 1)
        d, near = self.inner[int(place)].own(inside, index, h)
        moved, more = _follow(self.inner[int(place) + 1 :], d[..., None, :])
        return moved[..., 0, :], _either(near, more)


def _streams(layer: Any) -> list[np.random.Generator]:
    """Return the random streams of a layer and of the layers inside it."""
    own = [] if layer.rng is None else [layer.rng]
    return own + [rng for inside in getattr(layer, "layers", ()) for rng in _streams(inside)]


def _follow(nodes: list[Node], d: Array) -> Answer:
    near: Array | None = None
    for node in nodes:
        d, more = node.through(d)
        near = _either(near, more)
    return d, near


def _either(a: Array | None, b: Array | None) -> Array | None:
    if a is None or b is None:
        return b if a is None else a
    return np.asarray(a | b)


def _of_moves(near: Array) -> Array:
    """Return for each of the B moves whether a corner is near anywhere."""
    return np.asarray(near.any(axis=(*range(near.ndim - 2), near.ndim - 1)))


_NODES: dict[type, Callable[[Any, Array], Node]] = {
    ActivationLayer: _Activation,
    AvgPool2d: _Linear,
    BatchNorm: _Norm,
    Conv2d: _Linear,
    Dense: _Linear,
    Dropout: _Dropout,
    Embedding: _Embedding,
    Flatten: _Linear,
    LayerNorm: _Norm,
    MaxPool2d: _MaxPool,
    MultiHeadAttention: AttentionNode,
    RMSNorm: _Norm,
    Residual: _Residual,
    SwiGLU: _SwiGLU,
}
