"""Two small problems that no straight line solves, made from a seed."""

from __future__ import annotations

import numpy as np

from numeric._arguments import check_not_negative, check_positive_int
from numeric._checks import check_rng, check_room
from numeric._layer import Array

__all__ = ["make_moons", "make_spirals"]


def make_moons(
    m: int = 400, *, noise: float = 0.1, rng: int | np.random.Generator = 0
) -> tuple[Array, Array]:
    """Make two interleaved half circles.

    Parameters
    ----------
    m : int, default 400
        Number of examples.
    noise : float, default 0.1
        Standard deviation of what is added to both coordinates; the circles have radius 1.
    rng : int or numpy.random.Generator, default 0
        Seed or stream.

    Returns
    -------
    X : (2, m) ndarray
        Points, in random order.
    Y : (1, m) ndarray
        0 for the upper moon, 1 for the lower one.

    Examples
    --------
    >>> X, Y = make_moons(100, rng=0)
    >>> X.shape, Y.shape, float(Y.mean())
    ((2, 100), (1, 100), 0.5)
    """
    m, noise, stream = (
        check_positive_int(m, "m"),
        check_not_negative(noise, "noise"),
        check_rng(rng),
    )
    check_room(6 * m, 8, f"m is {m}")
    Y = (np.arange(m) % 2).astype(np.float64)
    angle = np.pi * stream.random(m)
    # The lower moon is the upper one turned by half a circle about (1/2, 1/4).
    X = np.where(Y == 0, [np.cos(angle), np.sin(angle)], [1 - np.cos(angle), 0.5 - np.sin(angle)])
    return _shuffled(X + noise * stream.standard_normal((2, m)), Y[None, :], stream)


def make_spirals(
    m: int = 600,
    *,
    arms: int = 3,
    turns: float = 0.75,
    noise: float = 0.02,
    rng: int | np.random.Generator = 0,
) -> tuple[Array, Array]:
    """Make spirals around the origin, one arm for each class.

    Parameters
    ----------
    m : int, default 600
        Number of examples.
    arms : int, default 3
        Number of classes, at least 2.
    turns : float, default 0.75
        How often an arm goes around.
    noise : float, default 0.02
        Standard deviation of what is added to both coordinates; the arms have length 1.
    rng : int or numpy.random.Generator, default 0
        Seed or stream.

    Returns
    -------
    X : (2, m) ndarray
        Points, in random order.
    Y : (arms, m) ndarray
        One-hot labels.

    Examples
    --------
    >>> X, Y = make_spirals(90, rng=0)
    >>> X.shape, Y.sum(axis=1)
    ((2, 90), array([30., 30., 30.]))
    """
    m, arms, stream = check_positive_int(m, "m"), check_positive_int(arms, "arms"), check_rng(rng)
    turns, noise = check_not_negative(turns, "turns"), check_not_negative(noise, "noise")
    check_room((6 + arms) * m + arms**2, 8, f"m is {m} and arms is {arms}")
    arm = np.arange(m) % arms
    radius = np.sqrt(stream.random(m))  # the root makes points as frequent outside as inside
    angle = 2 * np.pi * (turns * radius + arm / arms)
    X = radius * np.array([np.cos(angle), np.sin(angle)]) + noise * stream.standard_normal((2, m))
    return _shuffled(X, np.eye(arms)[:, arm], stream)


def _shuffled(X: Array, Y: Array, stream: np.random.Generator) -> tuple[Array, Array]:
    order = stream.permutation(X.shape[1])
    return np.ascontiguousarray(X[:, order]), np.ascontiguousarray(Y[:, order])
