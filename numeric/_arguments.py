"""What may be handed over besides examples and labels: numbers, names, lists, points; each mistake gets its own sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric._errors import DtypeError, NonFiniteError, NumericError, ShapeError

__all__ = [
    "check_choice",
    "check_flag",
    "check_items",
    "check_mask",
    "check_not_negative",
    "check_out",
    "check_point",
    "check_positive",
    "check_positive_int",
    "finite_number",
    "real_array",
    "shown",
]

# More than any memory holds, and few enough for the integers of NumPy.
_MOST = 2**48


def finite_number(value: Any, name: str, *, least: float = -np.inf, above: float = -np.inf) -> float:
    """Return value as a float: one finite number, at least ``least`` and greater than ``above``."""
    if isinstance(value, (int, float, np.integer, np.floating)):
        try:
            number = float(value)
        except OverflowError:  # a whole number beyond all floats
            number = np.inf
        if np.isfinite(number) and number >= least and number > above:
            return number
    bound = f" of at least {least:g}" if least > -np.inf else f" above {above:g}" if above > -np.inf else ""
    raise NumericError(f"{name} is {shown(value)}; expected a finite number{bound}.")


def check_not_negative(value: Any, name: str) -> float:
    """Return value as a finite float of at least 0."""
    return finite_number(value, name, least=0.0)


def check_positive(value: Any, name: str) -> float:
    """Return value as a finite float above 0."""
    return finite_number(value, name, above=0.0)


def check_positive_int(value: Any, name: str) -> int:
    """Return value as an int of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= _MOST:
        most = f", and {_MOST:,} at most" if isinstance(value, int) and value > _MOST else ""
        raise NumericError(f"{name} is {shown(value)}; expected a whole number of at least 1{most}.")
    return int(value)


def check_choice(value: Any, name: str, choices: Iterable[str]) -> str:
    """Return value, which must be one of these names."""
    known = tuple(choices)
    if not isinstance(value, str) or value not in known:
        raise NumericError(f"{name} is {shown(value)}; expected one of {', '.join(known)}.")
    return value


def check_flag(value: Any, name: str) -> bool:
    """Return value, which must be True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise NumericError(f"{name} is {shown(value)}; expected True or False.")
    return bool(value)


def check_items(value: Any, name: str, wanted: str) -> tuple[Any, ...]:
    """Return the items of a list or the like; ``wanted`` says in words what was expected."""
    try:
        if isinstance(value, Mapping):  # whose keys are not what was meant
            raise TypeError
        return tuple(value)
    except TypeError:
        raise NumericError(f"{name} is {shown(value)}; expected {wanted}.") from None


def real_array(values: Any, name: str) -> NDArray[Any]:
    """Return values as an array of real numbers."""
    try:
        array = np.asarray(values)
    except ValueError as error:  # ragged lists
        raise ShapeError(
            f"{name} is not an array: its rows have unequal lengths; expected one length."
        ) from error
    if (
        type(values).__module__.startswith("numpy.ma") and values.mask.any()
    ):  # NumPy would go on without the mask
        raise NonFiniteError(
            f"{name} has masked entries; expected all of them. Try {name}.filled(...), or leave them out."
        )
    if array.dtype.kind not in "fiub":
        raise DtypeError(f"{name} has dtype {array.dtype}; expected real numbers, like float32 or float64.")
    return array


def check_mask(values: Any, name: str) -> NDArray[np.bool_]:
    """Return a mask of bool or of the integers 0 and 1 as one of bool.

    Floats are refused whatever they are: in a mask that is added to scores 0 allows, and here it would forbid.
    """
    array = real_array(values, name)
    if array.dtype == np.bool_:
        return array
    if array.dtype.kind == "f":
        raise DtypeError(
            f"{name} has dtype {array.dtype}; expected True or False, or the integers 1 and 0. "
            f"Try {name} == 0 where it is added to scores, or {name} > 0 where 1 stands for True."
        )
    odd = array[(array != 0) & (array != 1)]
    if odd.size:
        raise DtypeError(f"{name} holds {odd[0]}; expected True or False, or the integers 1 and 0.")
    return array.astype(np.bool_)


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Raise when ``out`` is no array into which a result of this shape and dtype can be written."""
    if not isinstance(out, np.ndarray):
        raise DtypeError(
            f"out is a {type(out).__name__}; expected an array of shape {shape} and dtype {dtype}."
        )
    if out.shape != shape or out.dtype != dtype:
        raise ShapeError(f"out has shape {out.shape} and dtype {out.dtype}; expected {shape} and {dtype}.")
    if not out.flags.writeable:
        raise NumericError("out is read-only; expected an array to write into. Try numpy.empty_like(out).")


def check_point(parameters: Any, like: Mapping[str, Any], name: str = "parameters") -> None:
    """Raise when ``parameters`` is no dict of real arrays with the names and shapes of ``like``."""
    if not isinstance(parameters, Mapping):
        raise NumericError(f"{name} is a {type(parameters).__name__}; expected a dict of arrays by name.")
    if set(parameters) != set(like):
        missing, unknown = sorted(set(like) - set(parameters)), sorted(map(str, set(parameters) - set(like)))
        raise NumericError(
            f"{name} has the names {', '.join(map(str, parameters))}; expected {', '.join(like)}"
            + (f" (missing {', '.join(missing)})" if missing else "")
            + (f" (unknown {', '.join(unknown)})" if unknown else "")
            + "."
        )
    for key, target in like.items():
        array = real_array(parameters[key], key)
        if array.shape != target.shape:
            hint = " Try its transpose." if array.shape == target.shape[::-1] else ""
            raise ShapeError(f"{key} has shape {array.shape}; expected {target.shape}.{hint}")


def shown(value: Any) -> str:
    """Return a value as it is written, cut where that is long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes out no whole number of more than 4300 digits
        text = "a whole number of thousands of digits"
    return text if len(text) <= 200 else f"{text[:200]}..."
