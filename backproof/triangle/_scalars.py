"""The three edges for activations, losses and the penalty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from backproof.triangle._check import Measured, Task, largest
from backproof.triangle._counterparts import Counterpart
from backproof.triangle._floats import pairs, stratified, ulp_distance
from backproof.triangle._hand_layers import hand_case
from backproof.triangle._slopes import Case, slopes_agree

__all__ = ["scalar_tasks"]

# numeric promises 4 ulp of the truth. A derived function is some dozen operations, each rounded by at most one ulp,
# and promises no figure: 4 + 12. A wrong formula is off by 1e10 and more.
MOST_ULP = 16.0

Function = Callable[..., Any]


def scalar_tasks(name: str, kind: str, seed: int) -> list[Task]:
    """Return the three edges of one activation, loss or penalty."""
    return [
        Task(name, "symbolic=numeric", kind, partial(_same_numbers, name, kind, seed)),
        Task(name, "numeric~gradcheck", kind, partial(_slopes, name, kind, seed, "numeric")),
        Task(name, "symbolic~gradcheck", kind, partial(_slopes, name, kind, seed, "symbolic")),
    ]


def _functions(name: str, witness: str) -> tuple[Function, Function]:
    """Return f and f' as a witness has them; looked up at each run, so that a changed witness is heard."""
    import numeric
    import symbolic

    if witness == "numeric":
        return getattr(numeric, name), getattr(numeric, f"{name}_derivative")
    return symbolic.to_numpy(name), symbolic.to_numpy(name, order=1)


def _same_numbers(name: str, kind: str, seed: int) -> Measured:
    """Compare symbolic's functions with numeric's over the whole range: the worst distance in ulp."""
    rng = np.random.default_rng(seed)
    points = _points(name, kind, rng)
    hand, derived = _functions(name, "numeric"), _functions(name, "symbolic")
    worst, told = [], ""
    for order, title in enumerate((name, f"{name}_derivative")):
        a, b = hand[order](*points), derived[order](*points)
        if np.shape(a) != np.shape(b):
            shapes = f"numeric gives shape {np.shape(a)}, symbolic {np.shape(b)}"
            return Measured(np.inf, "ulp", "fail", f"{title}: {shapes}")
        distance = ulp_distance(a, b)
        worst.append(distance)
        if not told and np.any(distance > MOST_ULP):
            told = _where(title, points, np.asarray(a), np.asarray(b), distance)
    figure = largest(worst, f"values of {name}")
    return Measured(figure, "ulp", "fail" if figure > MOST_ULP else "pass", told)


def _points(name: str, kind: str, rng: np.random.Generator) -> tuple[Any, ...]:
    if name == "softmax":
        return (_columns(rng),)
    if name == "softmax_cross_entropy":
        Z = _columns(rng)
        return Z, np.eye(Z.shape[0])[:, rng.integers(0, Z.shape[0], Z.shape[1])]
    if name == "l2":
        return rng.normal(size=(7, 5)), 0.37
    return (stratified(rng),) if kind == "activation" else pairs(name, rng)


def _columns(rng: np.random.Generator) -> Any:
    """Return logits (5, m) from tiny to enormous, no two columns of one scale."""
    scales = 10.0 ** rng.uniform(-8, 4, 400)
    return rng.normal(size=(5, 400)) * scales


def _where(title: str, points: tuple[Any, ...], a: Any, b: Any, distance: Any) -> str:
    at = np.unravel_index(int(np.argmax(distance)), np.shape(distance))
    point = ", ".join(f"{p[at]:.17g}" for p in points if np.shape(p) == np.shape(a))
    place = f"({point})" if point else f"entry {tuple(int(i) for i in at)}"
    return (
        f"{title}{place}: numeric says {a[at]:.17g}, symbolic {b[at]:.17g}, "
        f"{distance[at]:.3g} ulp apart; at most {MOST_ULP:g} are allowed"
    )


def _slopes(name: str, kind: str, seed: int, witness: str) -> Measured:
    f, slope = _functions(name, witness)
    rng = np.random.default_rng(seed)
    stated = f"{witness}'s {name} derivative"
    cases = list(_cases(name, kind, f, slope, rng))
    if witness == "numeric" and kind == "activation":
        cases.append(hand_case(_layer(name), seed))
    return slopes_agree(cases, stated, seed)


def _layer(name: str) -> Counterpart:
    """Return the activation as a layer: it has a forward and a backward pass of its own, in buffers."""
    import numeric

    return Counterpart(lambda: [numeric.ActivationLayer(name)], (5,), 3, {})


def _cases(name: str, kind: str, f: Function, slope: Function, rng: np.random.Generator) -> Iterator[Case]:
    """Yield what is differenced: sums of f over points, since each point is an argument of its own."""
    if name == "softmax":
        Z, C = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
        yield (
            "random logits",
            lambda z: float(np.sum(C * f(z))),
            lambda z: np.einsum("ij,ikj->kj", C, slope(z)),  # entry (i, k) of the Jacobian is da_i/dz_k
            Z,
        )
    elif name == "softmax_cross_entropy":
        Z, Y = rng.normal(size=(4, 6)), np.eye(4)[:, rng.integers(0, 4, 6)]
        soft = rng.dirichlet(np.ones(4), 6).T
        yield "one-hot labels", lambda z: float(np.sum(f(z, Y))), lambda z: slope(z, Y), Z
        yield "soft labels", lambda z: float(np.sum(f(z, soft))), lambda z: slope(z, soft), Z
    elif name == "l2":
        yield (
            "a random matrix",
            lambda W: float(f(W, 0.37)),
            lambda W: slope(W, 0.37),
            rng.normal(size=(3, 4)),
        )
    elif kind == "activation":
        centre = np.arange(-6.0, 6.0, 0.5) + rng.uniform(0.05, 0.45, 24)
        yield "|z| < 6", lambda z: float(np.sum(f(z))), slope, centre
        # Each alone: beside others its slope would drown.
        for tail in (-30.0, -12.0, 12.0, 30.0):
            yield f"z = {tail:g}", lambda z: float(f(z)), slope, np.array(tail + rng.uniform(-1, 1))
    else:
        a, y = _labelled(name, rng)
        yield "random labels", lambda p: float(np.sum(f(p, y))), lambda p: slope(p, y), a


def _labelled(name: str, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return predictions and labels on which a loss is defined, a moderate number away from its kinks and edges."""
    if name == "bce":
        return np.linspace(0.05, 0.95, 20) + rng.uniform(-0.01, 0.01, 20), np.tile([0.0, 1.0, 0.3, 0.9], 5)
    z = np.arange(-5.0, 5.0, 0.5) + rng.uniform(0.05, 0.45, 20)
    if name == "bce_logit":
        return z, np.tile([0.0, 1.0, 0.3, 0.9], 5)
    if name == "hinge":
        return z, np.tile([-1.0, 1.0], 10)
    return z, rng.normal(size=20)
