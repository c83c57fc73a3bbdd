"""What may enter the network: shapes, dtypes, finite numbers, labels; each mistake gets its own sentence.

X is ``(n_x, m)`` and Y is ``(n_y, m)``: columns are examples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_positive_int, real_array, shown
from numeric._errors import DtypeError, LabelError, NonFiniteError, NumericError, ShapeError
from numeric._layer import Array

__all__ = [
    "check_examples",
    "check_finite",
    "check_float_dtype",
    "check_labels",
    "check_pair",
    "check_rng",
    "check_room",
    "one_hot",
]


# Entries of a one-hot array of 16 GB: whoever comes with more has no class numbers.
_MOST = 2 * 10**9


def check_examples(X: Any, input_shape: tuple[int, ...], dtype: DTypeLike, name: str = "X") -> Array:
    """Return X as an array ``(*input_shape, m)`` of finite real numbers of this dtype, m >= 1.

    For images, X may also be flat: ``(n_x, m)`` with n_x the product of ``input_shape``.
    """
    array = real_array(X, name)
    n_x = int(np.prod(input_shape, dtype=np.int64))
    flat = (n_x,)
    if array.shape[:-1] not in (input_shape, flat) or array.ndim == 0:
        raise ShapeError(_shape_message(name, array.shape, input_shape))
    if array.shape[-1] == 0:
        raise ShapeError(f"{name} has shape {array.shape}: an empty batch; expected at least one column.")
    array = _finite(array, dtype, name)
    return array if array.shape[:-1] == input_shape else array.reshape(*input_shape, array.shape[-1])


def check_labels(Y: Any, n_y: int, m: int, loss: str, dtype: DTypeLike, name: str = "Y") -> Array:
    """Return Y as an array ``(n_y, m)`` of what this loss takes for a label."""
    array = real_array(Y, name)
    if array.shape != (n_y, m):
        raise ShapeError(_label_shape_message(name, array, n_y, m, loss))
    array = _finite(array, dtype, name)
    if loss == "softmax_cross_entropy":
        _distributions(array, name)
    elif loss == "bce":
        _within(array, 0.0, 1.0, name, "labels of the binary cross-entropy lie in [0, 1]")
    elif loss == "hinge" and not (np.abs(array) == 1.0).all():
        where = tuple(int(i) for i in np.argwhere(np.abs(array) != 1.0)[0])
        raise LabelError(
            f"{name}{list(where)} is {array[where]}; expected -1 or +1 for the hinge loss. Try 2 * Y - 1."
        )
    return array


def check_pair(
    X: Any,
    Y: Any,
    input_shape: tuple[int, ...],
    n_y: int,
    loss: str,
    dtype: DTypeLike,
    names: tuple[str, str] = ("X", "Y"),
) -> tuple[Array, Array]:
    """Return X and Y checked, with one column of Y for each example of X."""
    examples = check_examples(X, input_shape, dtype, names[0])
    return examples, check_labels(Y, n_y, examples.shape[-1], loss, dtype, names[1])


def check_float_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return float32 or float64."""
    try:
        checked = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError):  # NumPy reads texts in a language of its own
        raise DtypeError(f"dtype is {shown(dtype)}; expected float32 or float64.") from None
    if checked not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise DtypeError(f"dtype is {checked}; expected float32 or float64.")
    return checked


def check_rng(rng: Any, name: str = "rng") -> np.random.Generator:
    """Return a stream of random numbers from a seed or a stream."""
    seed = isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0
    if seed or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    # None, which NumPy takes, would give other numbers every time, and no report could say which.
    raise NumericError(
        f"{name} is {shown(rng)}; expected a seed, a whole number of at least 0, or a numpy.random.Generator."
    )


def check_room(numbers: int, itemsize: int, what: str) -> None:
    """Refuse arrays that this machine has no memory for, before anything is allocated."""
    import os

    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not every system tells
        memory = 2**40
    if numbers * itemsize > memory:
        raise NumericError(
            f"{what}: that takes {numbers * itemsize / 2**30:,.0f} GB and this machine has "
            f"{memory / 2**30:,.0f} GB; expected less. Try smaller sizes."
        )


def one_hot(labels: Any, n_classes: int | None = None) -> Array:
    """Turn class numbers into one-hot columns.

    Parameters
    ----------
    labels : (m,) array_like of int
        Class numbers 0, 1, ..., n_classes - 1.
    n_classes : int, optional
        The number of rows; by default one more than the largest label.

    Returns
    -------
    (n_classes, m) ndarray of float64
        ``Y[k, j]`` is 1 where example j is of class k, else 0.

    Raises
    ------
    LabelError
        When a label is not a class number.
    ShapeError
        When labels are not a vector, or there are none.

    Examples
    --------
    >>> one_hot([2, 0, 1])
    array([[0., 1., 0.],
           [0., 0., 1.],
           [1., 0., 0.]])
    """
    try:
        array = real_array(labels, "labels")
    except DtypeError as error:
        raise LabelError(f"labels holds {shown(labels)}; expected class numbers.") from error
    if array.ndim != 1 or array.size == 0:
        raise ShapeError(f"labels has shape {array.shape}; expected (m,) with m >= 1.")
    with np.errstate(invalid="ignore"):  # NaN and infinity become numbers that are not equal to them
        numbers = array.astype(np.int64) if array.dtype.kind in "iufb" else None
    if numbers is None or not (numbers == array).all():
        raise LabelError(
            f"labels has dtype {array.dtype} and values like {array[0]!r}; expected class numbers."
        )
    k = int(numbers.max()) + 1 if n_classes is None else check_positive_int(n_classes, "n_classes")
    if numbers.min() < 0 or numbers.max() >= k:
        bad = numbers[(numbers < 0) | (numbers >= k)][0]
        raise LabelError(f"labels holds {bad}; expected class numbers from 0 to {k - 1}.")
    if k * array.size > _MOST:
        raise LabelError(
            f"labels need {k} rows for {array.size} examples; expected {_MOST:,} entries at most."
        )
    Y = np.zeros((k, array.size))
    Y[numbers, np.arange(array.size)] = 1.0
    return Y


def _finite(given: Array, dtype: DTypeLike, name: str) -> Array:
    """Return the array in this dtype, in which every entry must be finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        array: Array = given.astype(dtype, copy=False)
        # A product with itself looks at every entry at the speed of BLAS; it can also overflow, so it only clears.
        flat = array.ravel(order="K")
        clear = np.isfinite(np.dot(flat, flat))
    if not clear:
        check_finite(array, name, given)
    return array


def check_finite(array: Array, name: str, given: Array | None = None) -> None:
    """Raise when an entry is not finite; ``given`` is the array before it was made one of this dtype."""
    if not np.isfinite(array).all():
        given = array if given is None else given
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        count = int((~np.isfinite(array)).sum())
        what = f"too large for {array.dtype}" if np.isfinite(given[where]) else "NaN or infinite"
        raise NonFiniteError(
            f"{name} has shape {array.shape} and holds {given[where]} at {list(where)}"
            f" ({count} entries are {what}); expected finite numbers."
        )


def _within(array: Array, low: float, high: float, name: str, why: str) -> None:
    if array.min() < low or array.max() > high:
        where = tuple(int(i) for i in np.argwhere((array < low) | (array > high))[0])
        raise LabelError(f"{name}{list(where)} is {array[where]}; {why}.")


def _distributions(Y: Array, name: str) -> None:
    """Each column sums to 1: one-hot, or soft labels (smoothed, mixed)."""
    _within(Y, 0.0, 1.0, name, "expected one-hot columns (or probabilities)")
    # Rounding of a sum of n_y numbers of at most 1 in this dtype.
    tolerance = 4 * Y.shape[0] * float(np.finfo(Y.dtype).eps)
    sums = Y.sum(axis=0)
    wrong = np.abs(sums - 1.0) > tolerance
    if wrong.any():
        j = int(np.argmax(wrong))
        raise LabelError(
            f"{name} is not one-hot: column {j} sums to {sums[j]:g}; expected 1. "
            f"Try numeric.one_hot(labels, {Y.shape[0]})."
        )


def _shape_message(name: str, shape: tuple[int, ...], input_shape: tuple[int, ...]) -> str:
    wanted = "(" + ", ".join([*map(str, input_shape), "m"]) + ")"
    hint = ""
    if len(shape) == 2 and len(input_shape) == 1 and shape[1] == input_shape[0]:
        hint = f" Columns are examples: try {name}.T."
    elif len(shape) == 1 and shape == input_shape:
        hint = f" For one example try {name}[:, None]."
    elif len(input_shape) > 1:
        if shape[1:] == input_shape:
            hint = f" Examples come last: try np.moveaxis({name}, 0, -1)."
        wanted += f" or ({int(np.prod(input_shape))}, m)"
    return f"{name} has shape {shape}; expected {wanted}.{hint}"


def _label_shape_message(name: str, Y: Array, n_y: int, m: int, loss: str) -> str:
    hint = ""
    if Y.ndim == 1 and Y.shape == (m,):
        hint = f" Try {name}[None, :]." if n_y == 1 else f" Try numeric.one_hot({name}, {n_y})."
    elif Y.shape == (1, m) and loss == "softmax_cross_entropy":
        hint = f" Try numeric.one_hot({name}[0], {n_y})."
    elif Y.shape == (m, n_y):
        hint = f" Columns are examples: try {name}.T."
    elif Y.ndim == 2 and Y.shape[0] == n_y:
        hint = f" X has {m} columns."
    return f"{name} has shape {Y.shape}; expected {(n_y, m)} for {loss}, because the output has {n_y} rows.{hint}"
