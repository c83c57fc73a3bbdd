"""How a scalar formula is applied to an array: dtypes, shapes, blocks, and no warnings.

Every formula of this folder is a *kernel*: it takes contiguous float64 arrays of one axis and returns a new one.
float32 is computed through float64 and rounded once, so it is as good as correctly rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numeric._arguments import check_out
from numeric._errors import DtypeError, ShapeError

__all__ = ["Array", "Kernel", "apply", "as_floats", "as_pair"]

Array: TypeAlias = NDArray[Any]
Kernel: TypeAlias = Callable[..., NDArray[np.float64]]

# 64 kB of float64: a kernel's handful of temporaries stays in the L2 cache, which is worth a factor of two or more.
BLOCK = 8192


def as_floats(values: ArrayLike, name: str) -> Array:
    """Return values as a float32 or float64 array; whole numbers and booleans become float64."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ShapeError(
            f"{name} is not an array: its rows have unequal lengths; expected one length."
        ) from error
    if array.dtype.type in (np.float32, np.float64):
        return array
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    raise DtypeError(
        f"{name} has dtype {array.dtype}; expected float32 or float64. Try {name}.astype(numpy.float64)."
    )


def as_pair(prediction: ArrayLike, y: ArrayLike, names: tuple[str, str]) -> tuple[Array, Array]:
    """Return a prediction and its label as two arrays of one shape and one dtype.

    Labels in whole numbers take the dtype of the prediction. A single number on either side goes with every
    entry of the other; no other broadcasting: ``(m,)`` against ``(1, m)`` is a mistake, not a table.
    """
    a, b = as_floats(prediction, names[0]), as_floats(y, names[1])
    whole = [np.asarray(side).dtype.kind in "iub" for side in (prediction, y)]
    if whole[1] and not whole[0]:
        dtype = a.dtype.type
    elif whole[0] and not whole[1]:
        dtype = b.dtype.type
    else:
        dtype = np.result_type(a, b).type
    if a.shape != b.shape and a.ndim > 0 and b.ndim > 0:
        raise ShapeError(
            f"{names[1]} has shape {b.shape}; expected {a.shape}, the shape of {names[0]}: one label each."
        )
    shape = a.shape if a.ndim else b.shape
    a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
    return np.broadcast_to(a, shape), np.broadcast_to(b, shape)


def apply(kernel: Kernel, *arrays: Array, out: Array | None = None, single: Kernel | None = None) -> Any:
    """Apply a kernel entry by entry to arrays of one shape and dtype, block by block.

    ``single`` is a faster kernel for float32, of float64 arrays too, that is exact enough to be rounded once.
    Returns a new array, or ``out``, or a NumPy scalar for inputs without axes.
    Nothing warns: what overflows or underflows here has a value that does.
    """
    shape, dtype = arrays[0].shape, np.dtype(arrays[0].dtype.type)
    if single is not None and dtype == np.float32:
        kernel = single
    if out is not None:
        check_out(out, shape, dtype)
    flats = [np.ascontiguousarray(a).reshape(-1) for a in arrays]
    if out is not None and out.flags.c_contiguous and not _overlap_askew(out, flats):
        result = out.reshape(-1)
    else:
        result = np.empty(arrays[0].size, dtype)
    with np.errstate(all="ignore"):
        for start in range(0, result.size, BLOCK):
            block = slice(start, start + BLOCK)
            result[block] = kernel(*(flat[block].astype(np.float64, copy=False) for flat in flats))
    if out is None:
        return result.reshape(shape)[()]
    if not np.may_share_memory(result, out):
        np.copyto(out, result.reshape(shape))
    return out


def _overlap_askew(out: Array, flats: list[Array]) -> bool:
    """Whether writing a block of out would spoil a later block of an input."""
    return any(np.may_share_memory(out, flat) and out.ctypes.data != flat.ctypes.data for flat in flats)
