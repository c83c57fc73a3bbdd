"""Vector-valued functions and second derivatives, reduced to losses: <v, f(x)> has the gradient vᵀ J."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck._check import check
from gradcheck._errors import ShapeError
from gradcheck._gradient import in_double
from gradcheck._merge import merge
from gradcheck._point import Array, Layout, Point, entry_name, read_point
from gradcheck._report import Report
from gradcheck._seed import read_seed

# Random cotangents: two independent ones leave a linear error nowhere to hide.
COTANGENTS = 2
# Up to so many entries every unit vector is used, and the report names the entry; beyond, random vectors.
MOST_UNITS = 24
RANDOM_VECTORS = 6


def check_vjp(
    f: Callable[[Point], Any],
    vjp: Callable[[Point, Any], Any],
    at: Point,
    *,
    rng: int = 0,
    coordinates: str | int = "all",
) -> Report:
    """Compare a vector-Jacobian product with the measured slopes of its function.

    Parameters
    ----------
    f : callable
        `f(at)`, an array or a structure of arrays.
    vjp : callable
        `vjp(at, v)`, v shaped like `f(at)`; gives vᵀ J in the structure of `at`.
    at : array, scalar, dict or sequence of arrays
        The point.
    rng : int
        Seed of the random cotangents v and of the check.
    coordinates : "all", "stratified" or int
        As for `check`.

    Returns
    -------
    Report
        The check of <v, f(at)> for two random v; rows are named after them.

    Examples
    --------
    >>> import numpy as np
    >>> W = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> check_vjp(lambda x: W @ x, lambda x, v: W.T @ v, np.ones(2)).verdict
    'pass'
    >>> check_vjp(lambda x: W @ x, lambda x, v: W @ v, np.ones(2)).verdict
    'fail'
    """
    generator = np.random.default_rng(read_seed(rng))
    out, _ = read_point(f(at))
    reports = []
    for _ in range(COTANGENTS):
        v = [generator.standard_normal(shape) for shape in out.shapes]

        def weighted(x: Point, v: list[Array] = v) -> float:
            return dot(v, out, f(x))

        def pulled_back(x: Point, v: list[Array] = v) -> Any:
            return vjp(x, out.fold([a.copy() for a in v]))

        reports.append(check(weighted, pulled_back, at, rng=rng, coordinates=coordinates))
    labels = [f"v{k + 1}·f by {{}}" for k in range(COTANGENTS)]
    return merge(reports, labels, [f"{COTANGENTS} random cotangents v; seed {rng}"])


def check_jvp(
    f: Callable[[Point], Any], jvp: Callable[[Point, Any], Any], at: Point, *, rng: int = 0
) -> Report:
    """Compare a Jacobian-vector product with the measured slopes of its function.

    Parameters
    ----------
    f : callable
        `f(at)`, an array or a structure of arrays.
    jvp : callable
        `jvp(at, u)`, u shaped like `at`; gives J u in the structure of `f(at)`.
    at : array, scalar, dict or sequence of arrays
        The point.
    rng : int
        Seed of everything random.

    Returns
    -------
    Report
        One row for each of two random cotangents v; entry k is v · J u_k for the k-th tangent: the unit vectors of `at`
        while there are at most 24 entries, else 6 random ones.

    Examples
    --------
    >>> import numpy as np
    >>> check_jvp(np.sin, lambda x, u: np.cos(x) * u, np.array([0.3, 2.0])).verdict
    'pass'
    """
    generator = np.random.default_rng(read_seed(rng))
    layout, own = read_point(at)
    base = in_double(own)
    tangents, said = vectors(layout, generator)
    out, _ = read_point(f(at))

    def moved(s: Array) -> Point:
        arrays = [a.copy() for a in base]
        for amount, tangent in zip(s.tolist(), tangents, strict=True):
            for array, t in zip(arrays, tangent, strict=True):
                array += amount * t
        return layout.fold(arrays)

    reports = []
    for _ in range(COTANGENTS):
        v = [generator.standard_normal(shape) for shape in out.shapes]

        def weighted(s: Array, v: list[Array] = v) -> float:
            return dot(v, out, f(moved(s)))

        def slopes(s: Array, v: list[Array] = v) -> Array:
            x = moved(s)
            return np.array([dot(v, out, jvp(x, layout.fold([t.copy() for t in u]))) for u in tangents])

        reports.append(check(weighted, slopes, np.zeros(len(tangents)), rng=rng))
    labels = [f"v{k + 1}·J u" for k in range(COTANGENTS)]
    return merge(reports, labels, [f"{COTANGENTS} random cotangents v, {said}; seed {rng}"])


def check_hessian(
    loss: Callable[[Point], Any],
    gradient: Callable[[Point], Any],
    hessian: Callable[[Point], Any],
    at: Point,
    *,
    rng: int = 0,
) -> Report:
    """Compare a Hessian with the measured slopes of the gradient, and the gradient with those of the loss.

    Parameters
    ----------
    loss, gradient : callable
        As for `check`.
    hessian : callable
        `hessian(at)`, an array of shape (N, N) for the N entries of `at` in order (or `x.shape + x.shape` where `at` is
        one array x).
    at : array, scalar, dict or sequence of arrays
        The point.
    rng : int
        Seed of everything random.

    Returns
    -------
    Report
        The rows of the gradient's own check, then a row for each vector v: slopes of <v, gradient> against vᵀ H. With at
        most 24 entries the v are the unit vectors, and the row names the entry of the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([1.0, 2.0])
    >>> bowl, slope = lambda x: x[0] ** 2 * x[1], lambda x: np.array([2 * x[0] * x[1], x[0] ** 2])
    >>> check_hessian(bowl, slope, lambda x: np.array([[2 * x[1], 2 * x[0]], [2 * x[0], 0.0]]), x).verdict
    'pass'
    >>> check_hessian(bowl, slope, lambda x: np.array([[2 * x[1], 2 * x[0]], [x[0], 0.0]]), x).worst.name
    'd(dJ/dx[1])/dx[0]'
    """
    generator = np.random.default_rng(read_seed(rng))
    layout, _ = read_point(at)
    chosen, said = vectors(layout, generator)
    reports, labels = [check(loss, gradient, at, rng=rng)], ["{}"]
    entries = [
        entry_name(name, tuple(int(i) for i in index))
        for name, shape in zip(layout.names, layout.shapes, strict=True)
        for index in np.ndindex(*shape)
    ]
    for k, v in enumerate(chosen):
        long = np.concatenate([a.reshape(-1) for a in v])

        def product(x: Point, long: Array = long) -> Point:
            return layout.fold(split(long @ _square(hessian(x), layout), layout))

        def weighted(x: Point, v: list[Array] = v) -> float:
            return dot(v, layout, gradient(x))

        reports.append(check(weighted, product, at, rng=rng))
        labels.append(f"d(dJ/d{entries[k]})/d{{}}" if len(chosen) == layout.size else f"v{k + 1}·H by {{}}")
    return merge(reports, labels, [f"Hessian along {said}; seed {rng}"])


def vectors(layout: Layout, rng: np.random.Generator) -> tuple[list[list[Array]], str]:
    """Give the unit vectors of a small space, or random vectors of a large one, and words for them."""
    if layout.size <= MOST_UNITS:
        return [split(row, layout) for row in np.eye(layout.size)], f"all {layout.size} unit vectors"
    rows = rng.standard_normal((RANDOM_VECTORS, layout.size))
    return [split(row, layout) for row in rows], f"{RANDOM_VECTORS} random vectors of {layout.size} entries"


def split(long: Array, layout: Layout) -> list[Array]:
    """Cut a long vector into arrays of the layout's shapes."""
    ends = np.cumsum([int(np.prod(shape, dtype=np.int64)) for shape in layout.shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(long, ends[:-1]), layout.shapes, strict=True)]


def dot(v: Sequence[Array], layout: Layout, value: Any) -> float:
    """<v, value> over all arrays of a structure."""
    return float(sum(float(np.sum(a * b)) for a, b in zip(v, layout.gather(value, "output"), strict=True)))


def _square(value: Any, layout: Layout) -> NDArray[Any]:
    matrix = np.asarray(value, dtype=np.float64)
    n = layout.size
    if matrix.shape == (n, n):
        return matrix
    if len(layout.shapes) == 1 and matrix.shape == layout.shapes[0] * 2:
        return matrix.reshape(n, n)
    raise ShapeError(
        f"the Hessian has shape {matrix.shape}; expected ({n}, {n}) for the {n} entries of `at`."
    )
