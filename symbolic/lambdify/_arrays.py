"""What a NumPy function takes and gives back: real numbers, at the precision of its arguments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from symbolic._errors import InvalidArgument


def real_array(name: str, argument: str, value: Any) -> npt.NDArray[np.float64]:
    """Read an argument as a float64 array; anything but real numbers raises `InvalidArgument`."""
    try:
        array = np.asarray(value)
        if array.dtype.kind in "biuf" or (array.dtype.kind == "O" and not _holds_no_numbers(array)):
            return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as problem:
        raise InvalidArgument(f"{name} got {argument} = {_brief(value)}, which is {problem}.") from problem
    raise InvalidArgument(
        f"{name} got {argument} = {_brief(value)} of dtype {array.dtype}; expected real numbers: a float or an array."
    )


def as_given(result: Any, arguments: Iterable[Any]) -> Any:
    """Give a result the precision of the arguments; plain numbers, which have none, give a float."""
    typed = [x.dtype for x in arguments if isinstance(x, np.ndarray | np.generic)]
    single = bool(typed) and all(dtype == np.float32 for dtype in typed)
    if single:
        with np.errstate(over="ignore", under="ignore"):
            result = result.astype(np.float32)
        return result if result.ndim else result[()]
    return result if result.ndim else float(result)


def _holds_no_numbers(array: Any) -> bool:
    return any(x is None or isinstance(x, str | bytes) for x in array.flat)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
