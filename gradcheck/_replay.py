"""Replaying a dense network's backward pass from its cache, right and spoiled, to see which mistake gives these numbers.

The cache is the forward pass as the caller shows it: A0, Z1, A1, ..., ZL, AL, Y, columns are examples.
From it and the weights W1, ..., WL every backward pass follows:

    dZL = A - Y (times a factor),   dA_{l-1} = Wlᵀ dZl,   dZl = dAl * g'(Zl),   dWl = dZl A_{l-1}ᵀ / m,   dbl = mean of dZl.

Nothing is assumed that is not tested: a replay counts only if, unspoiled, it reproduces the measured slopes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import erf, pi, sqrt
from typing import Any

import numpy as np

from gradcheck._evidence import Evidence, Pair
from gradcheck._point import Array

Function = Callable[[Array], Any]
# Entries of dZ solved for at most.
MOST_UNKNOWNS = 400
# So many times more equations than unknowns are solved at most.
MOST_EQUATIONS = 16


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z) without overflow."""
    e = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1 / (1 + e), e / (1 + e)), dtype=np.float64)


def _phi(z: Array) -> Array:
    values: Array = np.array([0.5 * (1 + erf(v / sqrt(2))) for v in z.reshape(-1).tolist()])
    return values.reshape(z.shape)


def _gelu_tanh_slope(z: Array) -> Array:
    t = np.tanh(sqrt(2 / pi) * (z + 0.044715 * z**3))
    slope: Array = 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * sqrt(2 / pi) * (1 + 3 * 0.044715 * z * z)
    return slope


#: name: (g, g')
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "identity": (lambda z: z, np.ones_like),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "softplus": (lambda z: np.logaddexp(0, z), sigmoid),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
    "gelu": (lambda z: z * _phi(z), lambda z: _phi(z) + z * np.exp(-z * z / 2) / sqrt(2 * pi)),
    "gelu_tanh": (
        lambda z: 0.5 * z * (1 + np.tanh(sqrt(2 / pi) * (z + 0.044715 * z**3))),
        _gelu_tanh_slope,
    ),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))), lambda z: np.exp(np.minimum(z, 0))),
}


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer as the cache shows it: Z = W A_below + b, A = g(Z), slope = g'(Z)."""

    W: Array
    Z: Array
    A: Array
    slope: Function | None  # None for an output whose g is not entry by entry


@dataclass(frozen=True, eq=False)
class Edits:
    """What is spoiled in a backward pass: at layer `at`, the named functions replace the right step."""

    at: int = 0
    dZ: Function | None = None  # from the right dZ
    slope: Array | None = None  # in the place of g'(Z)
    below: Array | None = None  # in the place of A_{l-1} in dW
    back: Array | None = None  # in the place of Wᵀ
    bias: Function | None = None  # from dZ, in the place of its sum over the examples


@dataclass(frozen=True, eq=False)
class Tape:
    """A dense network read from a cache, with what its loss turned out to be."""

    layers: tuple[Layer, ...]  # layers[0] is layer 1
    A0: Array
    Y: Array
    dZ: Array  # of the last layer, unspoiled
    scale: float = 1.0
    penalties: Mapping[str, float] = field(default_factory=dict)

    @property
    def m(self) -> int:
        """Number of examples."""
        return int(self.A0.shape[1])

    def below(self, layer: int) -> Array:
        """A of the layer below."""
        return self.A0 if layer == 1 else self.layers[layer - 2].A

    def backward(self, edits: Edits | None = None, weights: Array | None = None) -> dict[str, Array]:
        """Run the backward pass, spoiled by `edits`, the examples weighted by `weights`."""
        edit = edits or Edits()
        dZ = self.dZ if weights is None else self.dZ * weights
        slopes: dict[str, Array] = {}
        for number in range(len(self.layers), 0, -1):
            layer = self.layers[number - 1]
            here = edit.at == number
            if here and edit.dZ is not None:
                dZ = edit.dZ(dZ)
            below = edit.below if here and edit.below is not None else self.below(number)
            penalty = self.penalties.get(f"W{number}", 0.0)
            slopes[f"W{number}"] = self.scale * dZ @ below.T / self.m + penalty * layer.W
            total = (
                edit.bias(dZ).reshape(-1, 1)
                if here and edit.bias is not None
                else dZ.sum(axis=1, keepdims=True)
            )
            slopes[f"b{number}"] = self.scale * total / self.m
            if number > 1:
                back = edit.back if here and edit.back is not None else layer.W.T
                under = self.layers[number - 2]
                assert under.slope is not None
                slope = (
                    edit.slope if edit.at == number - 1 and edit.slope is not None else under.slope(under.Z)
                )
                dZ = back @ dZ * slope
        return slopes


def read_tape(e: Evidence) -> Tape | None:
    """Read the network from the cache, or None where it is not a dense network whose slopes the replay reproduces."""
    cache, values = e.cache, {pair.name: pair for pair in e.pairs}
    if cache is None or "A0" not in cache or "Y" not in cache:
        return None
    arrays = {k: np.asarray(v, dtype=np.float64) for k, v in cache.items() if _is_numbers(v)}
    count = 0
    while f"W{count + 1}" in values:
        count += 1
    layers = []
    below = arrays.get("A0")
    for number in range(1, count + 1):
        Z, A, W = arrays.get(f"Z{number}"), arrays.get(f"A{number}"), values[f"W{number}"].value
        if Z is None or A is None or below is None or below.ndim != 2:
            return None
        if (
            Z.ndim != 2
            or W.ndim != 2
            or W.shape[1] != below.shape[0]
            or Z.shape != (W.shape[0], below.shape[1])
        ):
            return None
        layers.append(Layer(W, Z, A, slope_of(Z, A)))
        below = A
    if not layers or any(layer.slope is None for layer in layers[:-1]):
        return None
    Y = arrays.get("Y")
    if Y is None or Y.shape != layers[-1].A.shape:
        return None
    for dZ in output_slopes(layers[-1], Y):
        tape = fitted(Tape(tuple(layers), arrays["A0"], Y, dZ), e)
        if tape is not None:
            return tape
    blank = Tape(tuple(layers), arrays["A0"], Y, np.zeros_like(layers[-1].Z))
    measured = solved_dZ(blank, e, [pair.numeric for pair in e.pairs])
    return None if measured is None else fitted(replace(blank, dZ=measured), e)


def solved_dZ(tape: Tape, e: Evidence, slopes: list[Array]) -> Array | None:
    """Solve for the dZ of the output layer that gives these slopes, whatever the loss: backward is linear in it.

    None where the parameters do not determine it, or where the penalty's share is not known.
    """
    shape = tape.dZ.shape
    count = int(np.prod(shape))
    known = np.concatenate([s.reshape(-1) for s in slopes])
    # Of very many equations a sample determines as much; whoever asks replays the answer on all of them.
    rows = np.arange(known.size)
    if known.size > MOST_EQUATIONS * count:
        rows = np.random.default_rng(0).choice(known.size, size=MOST_EQUATIONS * count, replace=False)
    if count > min(known.size, MOST_UNKNOWNS) or not np.isfinite(known).all():
        return None
    columns = []
    for k in range(count):
        unit = np.zeros(count)
        unit[k] = 1.0
        replay = replace(tape, dZ=unit.reshape(shape), penalties={}).backward()
        if any(pair.name not in replay for pair in e.pairs):
            return None
        columns.append(np.concatenate([replay[pair.name].reshape(-1) for pair in e.pairs])[rows])
    matrix = np.stack(columns, axis=1)
    scale = np.linalg.norm(matrix, ord=2)
    if not scale or np.linalg.matrix_rank(matrix, tol=1e-6 * scale) < count:
        return None
    penalty = np.concatenate([(tape.penalties.get(p.name, 0.0) * p.value).reshape(-1) for p in e.pairs])
    solved: Array = np.linalg.lstsq(matrix, (known - penalty)[rows], rcond=None)[0]
    return solved.reshape(shape)


def _is_numbers(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiub"


def slope_of(Z: Array, A: Array) -> Function | None:
    """Find g' from Z and A = g(Z): which activation is it?"""
    for g, slope in ACTIVATIONS.values():
        with np.errstate(all="ignore"):
            if np.allclose(g(Z), A, rtol=1e-6, atol=1e-9):
                return slope
    negative = Z < 0
    if negative.any() and np.allclose(A[~negative], Z[~negative], rtol=1e-6, atol=1e-12):
        leak = float(np.median(A[negative] / Z[negative]))
        if np.allclose(A[negative], leak * Z[negative], rtol=1e-6, atol=1e-12):
            return lambda z: np.where(z > 0, 1.0, leak)
    return None


def output_slopes(last: Layer, Y: Array) -> Iterator[Array]:
    """Give candidates for dZ of the output layer; the measured slopes choose."""
    yield last.A - Y  # cross-entropy after softmax or sigmoid; squared error after the identity
    if last.slope is not None:
        yield (last.A - Y) * last.slope(last.Z)  # squared error after another activation
    yield sigmoid(last.Z) - Y  # the network shows logits
    e = np.exp(last.Z - last.Z.max(axis=0))
    yield e / e.sum(axis=0) - Y
    yield last.A * Y.sum(axis=0) - Y
    with np.errstate(all="ignore"):
        hinge = np.where(Y * last.Z < 1, -Y, 0.0)
        yield hinge
        yield np.clip(last.A - Y, -1.0, 1.0)  # Huber with delta 1


def fitted(tape: Tape, e: Evidence) -> Tape | None:
    """Fit the scale of the loss and the coefficient of an L2 penalty; None where the slopes are not reproduced."""
    plain = tape.backward()
    pairs = [pair for pair in e.pairs if pair.name in plain]
    if len(pairs) < len(e.pairs):
        return None
    biases = [pair for pair in pairs if pair.name.startswith("b")] or pairs
    top = sum(float(np.sum((plain[p.name] * p.numeric)[p.known])) for p in biases)
    bottom = sum(float(np.sum(plain[p.name][p.known] ** 2)) for p in biases)
    if not bottom:
        return None
    scale = top / bottom
    penalties = {}
    for pair in pairs:
        if pair.name.startswith("W"):
            rest, w = (pair.numeric - scale * plain[pair.name])[pair.known], pair.value[pair.known]
            square = float(np.sum(w * w))
            penalty = float(np.sum(rest * w)) / square if square else 0.0
            penalties[pair.name] = (
                penalty if abs(penalty) * float(np.sqrt(square)) > 1e-6 * pair.size else 0.0
            )
    if abs(scale - 1) < 1e-6:
        scale = 1.0  # the usual loss; its measured scale differs by the slopes' own errors
    best = replace(tape, scale=scale, penalties=penalties)
    replayed = best.backward()
    return best if all(reproduces(pair, replayed[pair.name]) for pair in pairs) else None


def reproduces(pair: Pair, predicted: Array) -> bool:
    """Whether a replay meets the measured slopes."""
    if predicted.shape != pair.numeric.shape:
        return False
    off = float(np.max(np.abs(predicted - pair.numeric)[pair.known], initial=0.0))
    return off <= max(1e-5 * pair.size, 4 * pair.noise)


def meets(e: Evidence, predicted: dict[str, Array], top: int = 0) -> bool:
    """Whether a replay gives the gradient under test, in every parameter (of layer `top` and above)."""
    return all(p.explains(predicted[p.name]) for p in e.pairs if p.layer is None or p.layer >= top)
