"""Which of numeric's layers stands beside which derivation: what is W here is K there, and examples come first there.

Each entry says how a layer is built, which of its arrays each letter stands for, and how that array is turned.
The sizes are small, odd and all different, so that no transposed array fits; the last of each entry is at size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.triangle._counterparts import Array, Counterpart, Letters, Passed, View
from backproof.triangle._heads import attention_counterparts, head_counterparts

__all__ = ["counterparts"]

# What stands for an unknown activation, with its derivative.
TANH = {"g": (np.tanh, lambda z: 1 - np.tanh(z) ** 2)}


def counterparts(name: str) -> list[Counterpart]:
    """Return the counterparts of a derivation; none where numeric has no such layer."""
    return _TABLE[name]() if name in _TABLE else []


def same(array: Array) -> Array:
    """As it is."""
    return array


def flat(array: Array) -> Array:
    """Without the one column: a derivation's b has one axis."""
    return array[:, 0]


def rows(array: Array) -> Array:
    """With all that comes behind the features in one axis: the derivation's examples."""
    return array.reshape(len(array), -1)


def images(array: Array) -> Array:
    """With the examples first."""
    return np.moveaxis(array, -1, 0)


def _dense() -> list[Counterpart]:
    import numeric as n

    letters = {"W": ("0.W", same), "b": ("0.b", flat), "A_prev": ("X", same), "dA": ("dA", same)}

    def of(units: int, inputs: int, m: int) -> Counterpart:
        return Counterpart(
            lambda: [n.Dense(units), n.Tanh()], (inputs,), m, letters, "dA", mean=True, functions=TANH
        )

    return [of(5, 3, 7), of(128, 784, 64)]


def _residual() -> list[Counterpart]:
    import numeric as n

    letters = {
        "X": ("X", same),
        "W": ("0.0.W", same),
        "b": ("0.0.b", flat),
        "V": ("0.2.W", same),
        "dA": ("dA", same),
    }

    def of(hidden: int, units: int, m: int) -> Counterpart:
        return Counterpart(
            lambda: [n.Residual(n.Dense(hidden), n.Tanh(), n.Dense(units))],
            (units,),
            m,
            letters,
            "dA",
            fixed=("0.2.b",),
            functions=TANH,
        )

    return [of(5, 3, 7), of(129, 65, 33)]


def _gelu_block() -> list[Counterpart]:
    import numeric as n

    letters = {
        "X": ("X", same),
        "W": ("0.W", same),
        "b": ("0.b", flat),
        "V": ("2.W", same),
        "dO": ("dA", same),
    }

    def of(hidden: int, units: int, inputs: int, m: int) -> Counterpart:
        return Counterpart(
            lambda: [n.Dense(hidden), n.GELU(), n.Dense(units)], (inputs,), m, letters, "dO", fixed=("2.b",)
        )

    return [of(5, 3, 2, 4), of(129, 65, 33, 17)]


def _swiglu_block() -> list[Counterpart]:
    import numeric as n

    letters = {
        "X": ("X", rows),
        "W": ("0.W", same),
        "V": ("0.V", same),
        "U": ("0.W2", same),
        "dO": ("dA", rows),
    }
    return [
        Counterpart(lambda: [n.SwiGLU(5, 3)], (2,), 4, letters, "dO"),
        Counterpart(lambda: [n.SwiGLU(172, 64)], (64, 33), 3, letters, "dO"),
    ]


def _conv2d() -> list[Counterpart]:
    import numeric as n

    letters = {"X": ("X", images), "K": ("0.W", same), "b": ("0.b", flat), "dZ": ("dA", images)}
    spread, taps = _apart(6, 4, (3, 2), (1, 2), 2)
    return [
        Counterpart(lambda: [n.Conv2d(3, (3, 2), 2, 1)], (2, 3, 5), 3, letters),
        Counterpart(
            lambda: [n.Conv2d(6, (3, 2), 2, 1, dilation=(1, 2), groups=2)],
            (4, 3, 5),
            2,
            {**letters, "K": ("0.W", spread)},
            read={"K": taps},
        ),
        Counterpart(lambda: [n.Conv2d(16, 3, 2, 1)], (8, 28, 28), 3, letters),
    ]


def _apart(
    filters: int, channels: int, kernel: tuple[int, int], dilation: tuple[int, int], groups: int
) -> tuple[View, View]:
    """Return how a dilated filter in groups is a large one with zeros, and where its taps are in there."""
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    own, c = filters // groups, channels // groups
    f = np.arange(filters)[:, None, None, None]
    place = (
        f,
        f // own * c + np.arange(c)[:, None, None],
        dilation[0] * np.arange(kernel[0])[:, None],
        dilation[1] * np.arange(kernel[1]),
    )

    def spread(W: Array) -> Array:
        large = np.zeros((filters, channels, *reach))
        large[place] = W
        return large

    return spread, lambda dK: dK[place]


def _pool(kind: str) -> list[Counterpart]:
    import numeric as n

    letters = {"X": ("X", images), "dA": ("dA", images)}

    def of(window: tuple[int, int], shape: tuple[int, int, int], m: int) -> Counterpart:
        sizes = dict(zip(("k_h", "k_w"), window, strict=True))
        return Counterpart(lambda: [getattr(n, kind)(window, 2)], shape, m, letters, "dA", sizes=sizes)

    return [of((3, 2), (2, 5, 4), 3), of((2, 2), (16, 28, 28), 3)]


def _dropout() -> list[Counterpart]:
    import numeric as n

    letters = {"A": ("X", same), "dD": ("dA", same)}

    def mask(done: Passed) -> dict[str, Any]:
        return {"M": (done.at["A"] != 0).astype(float), "keep": 0.75}

    return [
        Counterpart(lambda: [n.Dropout(0.25)], shape, m, letters, "dD", mask, training=True)
        for shape, m in (((5,), 7), ((513,), 65))
    ]


def _normalised(kind: str, large: tuple[int, ...], *, training: bool = False) -> list[Counterpart]:
    import numeric as n

    letters = {"X": ("X", rows), "gamma": ("0.gamma", flat), "beta": ("0.beta", flat), "dZ": ("dA", rows)}
    if kind == "RMSNorm":
        del letters["beta"]

    def given(done: Passed) -> dict[str, Any]:
        (layer,) = done.layers
        return {"epsilon": layer.eps, **{key: flat(array) for key, array in layer.state.items()}}

    return [
        Counterpart(lambda: [getattr(n, kind)()], shape, m, letters, given=given, training=training)
        for shape, m in (((5,), 7), (large, 3))
    ]


def _embedding() -> list[Counterpart]:
    import numeric as n

    letters: Letters = {"E": ("0.W", lambda W: W.T), "dX": ("dA", lambda dA: rows(dA).T)}

    def of(tokens: int, width: int, length: int, m: int) -> Counterpart:
        def one_hot(done: Passed) -> dict[str, Any]:
            return {"T": np.eye(tokens)[done.at["X"].ravel().astype(int)]}

        return Counterpart(lambda: [n.Embedding(tokens, width)], (length,), m, letters, "dX", one_hot)

    return [of(5, 3, 7, 2), of(129, 65, 33, 3)]


_TABLE: dict[str, Callable[[], list[Counterpart]]] = {
    "backprop_layer": _dense,
    "residual": _residual,
    "gelu_block": _gelu_block,
    "swiglu_block": _swiglu_block,
    "conv2d": _conv2d,
    "max_pool": lambda: _pool("MaxPool2d"),
    "avg_pool": lambda: _pool("AvgPool2d"),
    "dropout": _dropout,
    "batch_norm": lambda: _normalised("BatchNorm", (16, 14, 14), training=True),
    "batch_norm_in_use": lambda: _normalised("BatchNorm", (16, 14, 14)),
    "layer_norm": lambda: _normalised("LayerNorm", (64, 33)),
    "rms_norm": lambda: _normalised("RMSNorm", (64, 33)),
    "embedding": _embedding,
    "attention": lambda: attention_counterparts(causal=False),
    "causal_attention": lambda: attention_counterparts(causal=True),
    "multi_head_attention": head_counterparts,
}
