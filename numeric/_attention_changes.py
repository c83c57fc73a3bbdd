"""How the output of multi-head attention changes when its input or one of its parameters moves.

With S = Q K^T / sqrt(k), P = softmax(S), O = P V, each product of two moving factors is written out::

    dS = (dQ (K + dK)^T + Q dK^T) / sqrt(k)        dO = dP (V + dV) + P dV

and dP is the change of softmax of `_changes.py`; places that the mask forbids have P = 0 and stay there.
Layout inside: (B, m, heads, T, k); outside ``(d, T, B, m)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric._changes import activation_change
from numeric._layer import Array
from numeric.layers import attention_mask

__all__ = ["AttentionNode"]


class AttentionNode:
    """Multi-head attention after its forward pass; see `_layer_changes.Node`."""

    def __init__(self, layer: Any, A_prev: Array) -> None:
        self.layer, self.X = layer, A_prev.copy()
        self.A: Array = layer.forward(self.X, training=True).copy()
        p = layer.parameters
        joined = np.tensordot(p["W"], self.X, axes=1) + p["b"][:, :, None]
        self.Q, self.K, self.V = self._heads(joined[:, :, None, :])
        self.scale = 1 / np.sqrt(self.Q.shape[-1])
        S = self.scale * (self.Q @ self.K.swapaxes(-1, -2))
        mask = attention_mask(self.X.shape[1], causal=layer.causal, padding=layer.padding)
        allowed = np.broadcast_to(True if mask is None else mask, S.shape)
        # A row without a place to look at gives 0, however its scores move.
        self.looks = allowed.any(axis=-1, keepdims=True)
        self.S = np.where(allowed | ~self.looks, S, -np.inf)
        weights = np.exp(self.S - self.S.max(axis=-1, keepdims=True))
        self.P = self.looks * weights / weights.sum(axis=-1, keepdims=True)
        self.O = self._joined(self.P @ self.V)

    def through(self, d: Array) -> tuple[Array, Array | None]:
        """Return the change of the output for moves of the input."""
        return self._from(np.tensordot(self.layer.parameters["W"], d, axes=1)), None

    def own(self, name: str, index: tuple[int, ...], h: float) -> tuple[Array, Array | None]:
        """Return the change of the output when one entry of a parameter moves."""
        row, column = index
        if name in ("W_out", "b_out"):
            change = np.zeros_like(self.A)
            change[row] = h * self.O[column, :, 0] if name == "W_out" else h
            return change, None
        d, T, m = self.X.shape
        move = np.zeros((3 * d, T, 1, m))
        move[row, :, 0] = h * self.X[column] if name == "W" else h
        return self._from(move)[..., 0, :], None

    def _from(self, joined: Array) -> Array:
        """Return the change of the output from that of queries, keys and values ``(3 d, T, B, m)``."""
        dQ, dK, dV = self._heads(joined)
        dS = self.scale * (dQ @ (self.K + dK).swapaxes(-1, -2) + self.Q @ dK.swapaxes(-1, -2))
        first = (np.moveaxis(x, -1, 0) for x in (dS, self.S, self.P))
        dP = self.looks * np.moveaxis(activation_change("softmax", *first), 0, -1)
        dO = self._joined(dP @ (self.V + dV) + self.P @ dV)
        change: Array = np.tensordot(self.layer.parameters["W_out"], dO, axes=1)
        return change

    def _heads(self, joined: Array) -> tuple[Array, Array, Array]:
        three, T, B, m = joined.shape
        split = joined.reshape(3, self.layer.heads, three // (3 * self.layer.heads), T, B, m)
        Q, K, V = split.transpose(0, 4, 5, 1, 3, 2)
        return Q, K, V

    def _joined(self, heads: Array) -> Array:
        """Return ``(d, T, B, m)`` from ``(B, m, heads, T, k)``."""
        B, m, H, T, k = heads.shape
        return heads.transpose(2, 4, 3, 0, 1).reshape(H * k, T, B, m)
