"""Paths of the chain rule that are missing, seen in the shape of the error: through a mean, a variance, a norm."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from gradcheck._evidence import Evidence, Pair, holds_elsewhere
from gradcheck._point import Array
from gradcheck._report import Diagnosis

# An error has a shape if what is left of it is this part of it.
SHAPED = 1e-4


def lost_paths(e: Evidence) -> Iterator[Diagnosis]:
    """The error of a matrix is constant along its lines, affine in the values there, or along them."""
    for pair in e.wrong:
        found = path(pair)
        if found is None:
            continue
        kind, axis = found
        if kind == "own" and multiple_of_own(pair) is not None:
            continue  # one multiple for all: a penalty, or the norm of the whole
        line, across = (("column", "row"), ("row", "column"))[axis]
        if kind == "own" and (c := penalty_of_lines(e, pair, axis)) is not None:
            yield Diagnosis(
                "l2_scale",
                pair.name,
                f"In each {line} of d{pair.name} the error is the {line} of {pair.name} times a number of its own, from "
                f"{c.min():.4g} to {c.max():.4g}, the same at every point: the penalty has another coefficient in each "
                f"{line}.",
                {"coefficients": c.reshape(-1)[:12].tolist()},
                0.93,
            )
            continue
        yield Diagnosis(
            "lost_path",
            pair.name,
            f"In each {line} of d{pair.name} the error is "
            + {
                "mean": f"one number, the same in every {across}: the path through the mean of the {line} is missing, or a "
                "mean is subtracted that the loss does not take.",
                "normalisation": f"a + b · {pair.name}, with a and b of the {line}: the paths through its mean and its "
                "variance are missing or mistaken, as in the backward pass of a normalisation.",
                "own": f"a multiple of the {line} of {pair.name} itself: its norm was taken for a constant, or "
                "its projection is missing.",
            }[kind],
            {"kind": kind, "axis": axis},
            0.93,
        )


def path(pair: Pair) -> tuple[str, int] | None:
    """Say which shape the error of a matrix has, and the axis along which its lines run."""
    if pair.value.ndim != 2 or min(pair.value.shape) < 2 or not pair.known.all():
        return None
    error = pair.analytic - pair.numeric
    for axis in (0, 1):
        if error.shape[axis] < 3:
            continue
        if left(error, axis, [np.ones_like(error)], pair) and not left(
            error, 1 - axis, [np.ones_like(error)], pair
        ):
            return "mean", axis
    for axis in (0, 1):
        n_lines, length = error.shape[1 - axis], error.shape[axis]
        if n_lines * (length - 1) >= 4 and left(error, axis, [pair.value], pair):
            return "own", axis
    for axis in (0, 1):
        if error.shape[axis] >= 4 and left(error, axis, [np.ones_like(error), pair.value], pair):
            return "normalisation", axis
    return None


def left(error: Array, axis: int, basis: list[Array], pair: Pair) -> bool:
    """Whether the basis explains the error, with coefficients for each line along `axis`."""
    lines = np.moveaxis(error, axis, -1)
    columns = np.stack([np.moveaxis(b, axis, -1) for b in basis], axis=-1)
    size = float(np.max(np.abs(error)))
    most = max(SHAPED * size, min(4 * pair.noise, 1e-2 * size))
    for line, matrix in zip(lines, columns, strict=True):
        fit = np.linalg.lstsq(matrix, line, rcond=None)[0]
        if not np.max(np.abs(matrix @ fit - line)) <= most:
            return False
    return True


def penalty_of_lines(e: Evidence, pair: Pair, axis: int) -> Array | None:
    """The multiples, if they are the same at every point: then they are coefficients of a penalty, not of a norm."""
    error, v = pair.analytic - pair.numeric, pair.value
    square = np.sum(v * v, axis=axis, keepdims=True)
    c: Array = np.sum(error * v, axis=axis, keepdims=True) / np.where(square > 0, square, 1.0)
    return c if holds_elsewhere(e, pair, lambda p: p.numeric + c * p.value) else None


def lost_norm(e: Evidence) -> Iterator[Diagnosis]:
    """The error is a multiple of the parameter itself, another at every point: its norm was taken for a constant."""
    for pair in e.wrong:
        multiple = multiple_of_own(pair)
        if multiple is None or pair.value.size < 3:
            continue
        if holds_elsewhere(e, pair, partial(with_multiple, multiple)) is not False:
            continue
        place = e.pairs.index(pair)
        others = [s.pairs[place] for s in e.sights if s.pairs[place].known.all()]
        if others and all(multiple_of_own(p) is not None for p in others):
            yield Diagnosis(
                "lost_path",
                pair.name,
                f"The error of d{pair.name} is a multiple of {pair.name} itself, another at every point: the norm of "
                f"{pair.name} was taken for a constant, or the projection along it is missing.",
                {"kind": "norm"},
                0.94,
            )


def with_multiple(d: float, pair: Pair) -> Array:
    """What a gradient with d times the parameter in it would be."""
    return pair.numeric + d * pair.value


def multiple_of_own(pair: Pair) -> float | None:
    """The number d with analytic - numeric = d · value in every entry."""
    if not pair.known.any():
        return None
    error, v = (pair.analytic - pair.numeric)[pair.known], pair.value[pair.known]
    square = float(np.sum(v * v))
    if not square:
        return None
    d = float(np.sum(error * v)) / square
    size = float(np.max(np.abs(error)))
    if not size:
        return None
    return (
        d if np.max(np.abs(error - d * v)) <= max(SHAPED * size, min(4 * pair.noise, 1e-2 * size)) else None
    )


def constant_error(e: Evidence) -> Iterator[Diagnosis]:
    """The error is the same at every point, although the slopes are not: the derivative of a linear term."""
    for pair in [p for p in e.wrong if error_is_constant(e, p)]:
        error = pair.analytic - pair.numeric
        shown = f"{float(error.reshape(-1)[0]):.6g}" if error.size == 1 else "the same"
        said = f"The error of d{pair.name} is {shown} at every point, although the slopes change: "
        evidence = {"offset": error.reshape(-1)[:12].tolist()}
        if len(e.wrong) == 1:
            yield Diagnosis(
                "offset",
                pair.name,
                f"{said}the derivative of a term that is linear in {pair.name} is missing or too many.",
                evidence,
                0.94,
            )
        else:
            yield Diagnosis(
                "output",
                pair.name,
                f"{said}what goes wrong does not depend on the parameters there. Are the labels, or targets, the same in "
                "the loss and in its derivative (their coding, smoothing, order)?",
                evidence,
                0.75,
            )


def error_is_constant(e: Evidence, pair: Pair) -> bool:
    """Whether analytic - numeric is the same array at every point, while the slopes vary."""
    if not pair.known.all():
        return False
    error, place = pair.analytic - pair.numeric, e.pairs.index(pair)
    others = [s.pairs[place] for s in e.sights if s.pairs[place].known.all()]
    if any(not p.size for p in others):
        return False  # where the slope and the answer are zero there is no such error
    # Slopes that are the same everywhere have the same error whatever it is: it is the wrong ones that must vary.
    vary = any(
        np.max(np.abs(p.numeric - pair.numeric)[pair.wrong], initial=0.0) > 1e-2 * pair.size for p in others
    )
    return len(others) > 1 and vary and holds_elsewhere(e, pair, lambda p: p.numeric + error) is True
