"""Points: whatever structure holds the parameters, seen as a row of named arrays.

A point is an array, a scalar, or a dict, list or tuple of points, nested at will.
Names read like code: a bare array is `x`, `{"W1": ...}` is `W1`, the third array of a list is `x[2]`,
and `{"encoder": {"W": ...}}` is `encoder.W`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck._errors import DtypeError, NonFiniteError, ShapeError, StructureError

Array = NDArray[np.float64]
Point = Any  # what the user hands in and gets back: array, scalar, dict, list or tuple of them


@dataclass(frozen=True)
class Leaf:
    """One array of the point: its place in the row, and whether the user wrote it as a scalar."""

    place: int
    scalar: bool


@dataclass(frozen=True)
class Layout:
    """How a row of arrays is folded back into the user's structure."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[np.dtype[Any], ...]
    template: Any

    @property
    def size(self) -> int:
        """Number of entries over all parameters."""
        return int(sum(np.prod(shape, dtype=np.int64) for shape in self.shapes))

    def fold(self, arrays: Sequence[NDArray[Any]]) -> Point:
        """Give the arrays back in the structure of the user; containers are new, arrays are not copied."""
        return _fold(self.template, arrays)

    def gather(self, structure: Point, what: str) -> list[NDArray[Any]]:
        """Copy a structure shaped like the point into a row of float arrays, or say what is wrong with it."""
        found: list[Any] = [None] * len(self.names)
        _gather(self.template, structure, what, self.names, found)
        arrays = []
        for name, shape, value in zip(self.names, self.shapes, found, strict=True):
            arrays.append(_as_float(value, f"{what} of {name}", copy=True))
            if arrays[-1].shape != shape:
                raise ShapeError(_shape_message(name, what, arrays[-1].shape, shape))
        return arrays


def read_point(at: Point) -> tuple[Layout, list[NDArray[Any]]]:
    """Split a point into its layout and copies of its arrays, in their own precision."""
    names: list[str] = []
    arrays: list[NDArray[Any]] = []
    try:
        template = _read(at, "", names, arrays)
    except RecursionError:
        raise StructureError(
            "`at` contains itself; expected arrays in dicts and lists of finite depth."
        ) from None
    if not names:
        raise StructureError(f"`at` is {at!r}: there is no parameter in it. Give at least one array.")
    if not any(array.size for array in arrays):
        shapes = ", ".join(f"{n} {a.shape}" for n, a in zip(names, arrays, strict=True))
        raise StructureError(f"every parameter is empty ({shapes}): there is no entry to check.")
    for name, array in zip(names, arrays, strict=True):
        require_finite(array, f"parameter {name}")
    shapes_ = tuple(a.shape for a in arrays)
    return Layout(tuple(names), shapes_, tuple(a.dtype for a in arrays), template), arrays


def require_finite(array: NDArray[Any], what: str) -> None:
    """Raise an error that names the first entry that is NaN or infinite."""
    if np.isfinite(array).all():
        return
    place = tuple(int(i) for i in np.argwhere(~np.isfinite(np.atleast_1d(array)))[0])
    value = np.atleast_1d(array)[place]
    count = int((~np.isfinite(array)).sum())
    raise NonFiniteError(
        f"{what} is {value} at {list(place)} ({count} of {array.size} entries are not finite); "
        "expected finite numbers. Look for log(0), 0/0 or an overflow on the way there."
    )


def entry_name(name: str, index: tuple[int, ...]) -> str:
    """Write one entry the way code would: `W1[2, 0]`, or `x` for a scalar."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def _read(value: Any, path: str, names: list[str], arrays: list[NDArray[Any]]) -> Any:
    if isinstance(value, Mapping):
        return {k: _read(v, f"{path}.{k}" if path else str(k), names, arrays) for k, v in value.items()}
    if isinstance(value, list | tuple) and not _is_plain_numbers(value):
        items = [_read(v, f"{path or 'x'}[{i}]", names, arrays) for i, v in enumerate(value)]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    arrays.append(_as_float(value, f"parameter {path or 'x'}", copy=True))
    names.append(path or "x")
    return Leaf(len(arrays) - 1, scalar=isinstance(value, Number | np.generic))


def _is_plain_numbers(value: Any) -> bool:
    """Say whether nested lists hold bare numbers only: `[1.0, 2.0]` is meant as one array."""
    if isinstance(value, list | tuple):
        return bool(value) and not hasattr(value, "_fields") and all(map(_is_plain_numbers, value))
    return isinstance(value, Number | np.generic)


def _fold(template: Any, arrays: Sequence[NDArray[Any]]) -> Any:
    if isinstance(template, Leaf):
        array = arrays[template.place]
        return array[()] if template.scalar else array
    if isinstance(template, dict):
        return {key: _fold(item, arrays) for key, item in template.items()}
    items = [_fold(item, arrays) for item in template]
    return type(template)(*items) if hasattr(template, "_fields") else type(template)(items)


def _gather(template: Any, value: Any, what: str, names: tuple[str, ...], found: list[Any]) -> None:
    if isinstance(template, Leaf):
        if value is None:
            raise StructureError(f"the {what} of {names[template.place]} is None; expected an array.")
        found[template.place] = value
        return
    if isinstance(template, dict):
        if not isinstance(value, Mapping):
            raise StructureError(
                f"the {what} is of type {type(value).__name__}; expected a dict with the keys "
                f"{sorted(map(str, template))}, as in `at`."
            )
        missing = [key for key in template if key not in value]
        extra = [key for key in value if key not in template]
        if missing or extra:
            raise StructureError(_keys_message(what, missing, extra))
        for key, item in template.items():
            _gather(item, value[key], what, names, found)
        return
    if not isinstance(value, list | tuple) or len(value) != len(template):
        size = f" of {len(value)}" if isinstance(value, list | tuple) else ""
        raise StructureError(
            f"the {what} is a {type(value).__name__}{size}; expected a sequence of {len(template)} arrays, as in `at`."
        )
    for item, entry in zip(template, value, strict=True):
        _gather(item, entry, what, names, found)


def _keys_message(what: str, missing: list[Any], extra: list[Any]) -> str:
    text = f"the {what} has other keys than `at`:"
    if missing:
        text += f" it lacks {missing}"
    if extra:
        text += f"{' and' if missing else ''} it has {extra} besides"
    if missing and all(f"d{key}" in extra for key in missing):
        return f"{text}. Rename {missing[0]!r}: the gradient of {missing[0]!r} goes under the parameter's own name."
    return f"{text}. Every parameter needs exactly one gradient under its own name."


def _shape_message(name: str, what: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> str:
    text = f"the {what} of {name} has shape {shape}; expected {expected}, the shape of {name}"
    if shape == expected[::-1]:
        return f"{text}: it is the transpose. For Z = W A the gradient is dW = dZ Aᵀ."
    if np.prod(shape) == np.prod(expected):
        return f"{text}. Both hold {int(np.prod(shape))} entries: sum with keepdims=True, or reshape."
    if len(shape) == len(expected) and all(
        s in (e, 1) or e == 1 for s, e in zip(shape, expected, strict=True)
    ):
        return f"{text}. A broadcast axis must be summed in the gradient: is a sum over the wrong axis, or missing?"
    return f"{text}."


def _as_float(value: Any, what: str, *, copy: bool) -> NDArray[Any]:
    """Turn a value into a floating array, copied: gradients may be views of a buffer that the next call overwrites."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise DtypeError(
            f"{what} has masked entries; expected plain numbers: take its data, or leave these entries out."
        )
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise StructureError(f"{what} is not an array ({error}); expected numbers.") from error
    if array.dtype.kind != "f":
        hint = {
            "i": "convert it with .astype(float): an integer cannot be moved by a small step",
            "u": "convert it with .astype(float): an integer cannot be moved by a small step",
            "b": "convert it with .astype(float): a truth value cannot be moved by a small step",
            "c": "check its real and imaginary parts as two real parameters",
        }.get(array.dtype.kind, "expected an array of floats")
        if isinstance(value, int | list | tuple) and not isinstance(value, bool) and array.dtype.kind in "iu":
            return array.astype(np.float64)  # numbers typed by hand: 0 means 0.0
        raise DtypeError(f"{what} has dtype {array.dtype}; expected a floating dtype: {hint}.")
    if array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    return np.array(array, copy=copy, order="C")
