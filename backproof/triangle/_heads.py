"""numeric's attention beside three derivations: the way in, the heads one by one, the way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from backproof.triangle._counterparts import Array, Counterpart, Letters, Passed

__all__ = ["attention_counterparts", "derived_heads", "head_counterparts"]


class Attend:
    """`numeric.scaled_dot_product_attention` as a layer: X holds the queries of one example, K and V are parameters."""

    rng = None

    def __init__(self, keys: int, width: int, mask: Array | None) -> None:
        self.keys, self.width, self.mask = keys, width, mask
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        self.state: dict[str, Array] = {}

    def build(self, shape: tuple[int, ...], _rng: Any, dtype: DTypeLike) -> tuple[int, ...]:
        """Queries are (t, d); keys (s, d); values (s, e)."""
        t, d = shape
        self.parameters = {
            "K": np.zeros((self.keys, d), dtype),
            "V": np.zeros((self.keys, self.width), dtype),
        }
        return t, self.width

    def forward(self, A_prev: Array, *, training: bool = False) -> Array:
        """Attend."""
        import numeric

        K, V = self.parameters.values()
        self.attended = numeric.scaled_dot_product_attention(A_prev[..., 0], K, V, self.mask)
        return self.attended.A[..., None]

    def backward(self, dA: Array) -> Array:
        """The same way back."""
        import numeric

        dQ, dK, dV = numeric.scaled_dot_product_attention_backward(dA[..., 0], self.attended)
        self.gradients = {"K": dK, "V": dV}
        return dQ[..., None]


def attention_counterparts(*, causal: bool) -> list[Counterpart]:
    """Return attention without a mask, or with a causal one that a place filled up has a hole in."""

    def only(array: Array) -> Array:
        return array[..., 0]

    def same(array: Array) -> Array:
        return array

    letters: Letters = {"Q": ("X", only), "K": ("0.K", same), "V": ("0.V", same), "dO": ("dA", only)}

    def of(t: int, s: int, d: int, e: int) -> Counterpart:
        mask = np.tri(t, s, dtype=bool) if causal else None
        if mask is not None:
            mask[:, s // 2] = False
        given = (lambda _: {"C": mask.astype(float)}) if mask is not None else (lambda _: {})
        return Counterpart(lambda: [Attend(s, e, mask)], (t, d), 1, letters, "dO", given)

    return [of(5, 5 if causal else 7, 3, 2), of(129, 129 if causal else 65, 32, 33)]


def head_counterparts() -> list[Counterpart]:
    """Return heads with a causal mask and sequences of unequal lengths; `derived_heads` knows their letters."""
    import numeric

    def of(heads: int, d: int, T: int, m: int) -> Counterpart:
        def padded() -> list[Any]:
            layer = numeric.MultiHeadAttention(heads, causal=True)
            layer.padding = np.arange(T)[:, None] < T - np.arange(m)  # example j lacks the last j tokens
            return [layer]

        return Counterpart(padded, (d, T), m, {})

    return [of(2, 6, 3, 2), of(4, 64, 33, 3)]


Run = Callable[[dict[str, Any]], dict[str, Any]]


def derived_heads(part: Counterpart, done: Passed, formulas: Callable[[str], Run]) -> dict[str, Any]:
    """Return what the derivations say of A, dW, db, dW_out, db_out and dX, chained as the layer is.

    ``formulas(name)`` runs one derivation: letters in; its gradients by letter, and its outputs, out.
    """
    (layer,) = done.layers
    heads, (d, T), m = layer.heads, part.shape, part.m
    e = d // heads
    at = {key.removeprefix("0."): array for key, array in done.at.items()}
    known = {"X": at["X"], "W": at["W"], "b": at["b"][:, 0], "W_out": at["W_out"], "b_out": at["b_out"][:, 0]}
    ways, attend = formulas("multi_head_attention"), formulas("causal_attention")
    nothing = {"dA": at["dA"], "H": np.zeros((d, T, m)), "dR": np.zeros((3 * d, T, m))}
    R = ways(known | nothing)["R"].reshape(3, heads, e, T, m)
    O, dR = np.empty((heads, e, T, m)), np.empty_like(R)
    dO = ways(known | nothing)["H"].reshape(heads, e, T, m)
    for h in range(heads):
        for j in range(m):
            C = np.tri(T) * layer.padding[:, j]
            Q, K, V = R[:, h, :, :, j].swapaxes(1, 2)
            found = attend({"Q": Q, "K": K, "V": V, "C": C, "dO": dO[h, :, :, j].T})
            O[h, :, :, j] = found["O"].T
            for k, letter in enumerate("QKV"):
                dR[k, h, :, :, j] = found[letter].T
    out = ways(known | {"dA": at["dA"], "H": O.reshape(d, T, m), "dR": dR.reshape(3 * d, T, m)})
    columns = {letter: out[letter][:, None] for letter in ("b", "b_out")}
    return {letter: out[letter] for letter in ("A", "X", "W", "W_out")} | columns
