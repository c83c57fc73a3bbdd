"""Correct backward passes under every condition that makes a gradient checker cry wolf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from _blocks import attention, batch_norm, convolution, recurrence
from _case import Case
from _dense import make

SMOOTH = ("tanh", "sigmoid", "softplus", "silu", "gelu")
KINKED = ("relu", "leaky_relu", "elu")


def _dense(condition: str, seeds: int, **options: Any) -> Iterator[tuple[str, Case]]:
    for seed in range(seeds):
        yield condition, make(1000 + seed, name=f"{condition} {options} seed {seed}", **options)


def correct() -> Iterator[tuple[str, Case]]:
    """Yield (condition, case): at least 400 of them."""
    for activation in SMOOTH + KINKED:
        for loss in ("softmax_cross_entropy", "bce", "mse"):
            yield from _dense("plain", 3, activation=activation, loss=loss)
    for gap in (1e-3, 1e-5, 1e-7, 1e-9, -1e-4, -1e-6, -1e-8, 1e-12):
        for activation in ("relu", "leaky_relu"):
            yield from _dense("near a kink", 3, activation=activation, kink_gap=gap, m=6)
    for activation in ("relu", "leaky_relu"):
        yield from _dense("on a kink", 8, activation=activation, kink_gap=0.0)
    yield from _dense("on a kink", 4, activation="relu", biases=0.0, sizes=(5, 30, 3), m=20)
    yield from _dense("wide relu", 6, activation="relu", sizes=(8, 24, 16, 4), m=24)
    for scale in (6.0, 15.0, 40.0):
        for activation in ("tanh", "sigmoid", "gelu", "silu"):
            yield from _dense("saturated", 3, activation=activation, weight_scale=scale)
    for activation in ("tanh", "relu", "gelu", "sigmoid"):
        for m in (1, 7, 40):
            yield from _dense("float32", 3, activation=activation, dtype=np.float32, m=m)
    yield from _dense("float32", 6, activation="tanh", dtype=np.float32, weight_scale=6.0)
    for scale in (1e-6, 1e-3, 1e3, 1e6):
        for activation in ("tanh", "relu"):
            yield from _dense("loss scale", 4, activation=activation, loss_scale=scale)
            yield from _dense("input units", 4, activation=activation, input_scale=scale)
    for activation in ("tanh", "relu"):
        yield from _dense("one example", 4, activation=activation, m=1)
        yield from _dense("one unit", 4, activation=activation, sizes=(4, 1, 1), loss="bce")
        yield from _dense("tied weights", 4, activation=activation, sizes=(4, 3, 4), tied=True, loss="mse")
        yield from _dense("skip connection", 4, activation=activation, sizes=(4, 5, 5, 3), skip=True)
        yield from _dense("label smoothing", 4, activation=activation, smoothing=0.1)
        yield from _dense("class weights", 4, activation=activation, class_weights=True)
        yield from _dense("fixed dropout", 4, activation=activation, dropout=True, m=12)
        yield from _dense("L2", 4, activation=activation, l2=0.7)
        yield from _dense("deep", 4, activation=activation, sizes=(5, 6, 6, 6, 6, 3))
    yield from _dense("hinge", 8, activation="tanh", loss="hinge", sizes=(5, 4, 1), m=12)
    yield from _dense("huber", 8, activation="tanh", loss="huber", m=12)
    for seed in range(8):
        yield "batch norm", batch_norm(seed)
        yield "batch norm", batch_norm(seed, eps=1e-12, m=3)
        yield "layer norm", batch_norm(seed, axis=0)
        yield "attention", attention(seed)
        yield "attention", attention(seed, causal=False, length=6, width=4)
        yield "recurrence", recurrence(seed)
    for seed in range(5):
        yield "max pooling", convolution(seed)
        yield "average pooling", convolution(seed, pool="mean")
        yield "strided convolution", convolution(seed, stride=2, padding=0)
