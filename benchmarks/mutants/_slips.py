"""Models as people write them, each with the slips that people make in its backward pass.

A model is a function `model(rng, S)` that returns `(loss, gradient, at)`.
Where the backward pass could go wrong it says `S("what went wrong", right, wrong)`, or asks `S.on("what went wrong")`:
one slip at a time is active, and with none the gradient is right.

A *dress* hands the same question over in another way: the loss in another unit, the parameters in another unit, in
single precision, nested, in Fortran order, as one vector...
Neither a right gradient nor a wrong one changes its nature by it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from _case import Array, Case

Parts = tuple[Callable[[Any], Any], Callable[[Any], Any], dict[str, Array]]


class Slip:
    """The one slip that is active, or none."""

    def __init__(self, active: str | None = None) -> None:
        self.active, self.offered = active, set[str]()

    def on(self, name: str) -> bool:
        self.offered.add(name)
        return name == self.active

    def __call__(self, name: str, right: Any, wrong: Any) -> Any:
        """Give `right`, or what the slip makes of it; a function as `wrong` is called only then."""
        if not self.on(name):
            return right
        return wrong() if callable(wrong) else wrong


@dataclass(frozen=True)
class Model:
    """A model, and for each slip the true cause followed by the causes that say the same of the numbers."""

    name: str
    build: Callable[[np.random.Generator, Slip], Parts]
    slips: Mapping[str, str]


def unit(name: str, loss_unit: float = 1.0, parameter_unit: float = 1.0) -> Any:
    """Measure the loss, or every parameter, in another unit."""

    def dress(loss: Any, gradient: Any, at: Any) -> Parts:
        def inner(p: Any) -> Any:
            return {k: v / parameter_unit for k, v in p.items()}

        return (
            lambda p: loss_unit * loss(inner(p)),
            lambda p: {k: loss_unit / parameter_unit * g for k, g in gradient(inner(p)).items()},
            {k: v * parameter_unit for k, v in at.items()},
        )

    dress.__name__ = name
    return dress


def plain(loss: Any, gradient: Any, at: Any) -> Parts:
    return loss, gradient, at


def single(loss: Any, gradient: Any, at: Any) -> Parts:
    """The parameters come in float32; the functions compute in whatever precision they get."""
    return loss, gradient, {k: v.astype(np.float32) for k, v in at.items()}


def fortran(loss: Any, gradient: Any, at: Any) -> Parts:
    """Columns first, both the parameters and the answers."""
    return (
        loss,
        lambda p: {k: np.array(g, order="F") for k, g in gradient(p).items()},
        {k: np.array(v, order="F") for k, v in at.items()},
    )


def nested(loss: Any, gradient: Any, at: Any) -> Parts:
    """Parameters in a list of dicts, as frameworks keep their layers."""
    names = list(at)

    def inner(p: Any) -> Any:
        return {k: layer["value"] for k, layer in zip(names, p["layers"], strict=True)}

    def outer(p: Any) -> Any:
        return {"layers": [{"value": p[k]} for k in names]}

    return lambda p: loss(inner(p)), lambda p: outer(gradient(inner(p))), outer(at)


def vector(loss: Any, gradient: Any, at: Any) -> Parts:
    """Everything in one vector, as optimisers want it."""
    ends = np.cumsum([v.size for v in at.values()])[:-1]

    def inner(x: Array) -> Any:
        return {k: part.reshape(v.shape) for (k, v), part in zip(at.items(), np.split(x, ends), strict=True)}

    def flat(p: Any) -> Array:
        return np.concatenate([np.ravel(v) for v in p.values()])

    return lambda x: loss(inner(x)), lambda x: flat(gradient(inner(x))), flat(at)


def views(loss: Any, gradient: Any, at: Any) -> Parts:
    """Read-only views with strides, and answers that are views of one reused buffer."""
    buffers: dict[str, Array] = {}

    def reused(p: Any) -> Any:
        for k, g in gradient(p).items():
            buffers.setdefault(k, np.empty(np.shape(g), dtype=np.result_type(g)))[...] = g
        return buffers

    def strided(v: Array) -> Array:
        wide = np.repeat(np.atleast_1d(v), 2, axis=-1)[..., ::2].reshape(np.shape(v))
        wide.flags.writeable = False
        return wide

    return loss, reused, {k: strided(v) for k, v in at.items()}


def offset(loss: Any, gradient: Any, at: Any) -> Parts:
    """A large constant besides, so that digits are lost."""
    return lambda p: loss(p) + 1e6 * size(loss, at), gradient, at


def jitter(loss: Any, gradient: Any, at: Any) -> Parts:
    """Rounding of another order at every call: noise of 1e-11 of the loss, the same at the same point."""

    def noisy(p: Any) -> Any:
        seed = zlib.crc32(b"".join(np.ascontiguousarray(v).tobytes() for v in p.values()))
        return loss(p) * (1 + 1e-11 * np.random.default_rng(seed).standard_normal())

    return noisy, gradient, at


def size(loss: Any, at: Any) -> float:
    return abs(float(loss(at))) or 1.0


#: The dress of seed k is number k, around and around.
DRESSES = (
    plain,
    unit("loss in millionths", loss_unit=1e6),
    single,
    unit("parameters in mega-units", parameter_unit=1e-6),
    nested,
    unit("loss in mega-units", loss_unit=1e-6),
    vector,
    unit("parameters in micro-units", parameter_unit=1e6),
    views,
    fortran,
)
#: What costs digits is asked of right gradients only: what it hides cannot be killed.
HARD_DRESSES = (*DRESSES, offset, jitter)


def make(model: Model, seed: int, slip: str | None, dress: Any) -> Case:
    """Build a case; the gradient is built twice, with the slip and without."""

    def build(active: str | None) -> Parts:
        return dress(*model.build(np.random.default_rng([seed, len(model.name)]), Slip(active)))

    loss, gradient, at = build(slip)
    name = f"{model.name}: {slip or 'right'}, {dress.__name__}, seed {seed}"
    return Case(name, loss, gradient, at, build(None)[1] if slip else None)
