"""Where the formulas live: which arguments a NumPy function takes, and what it says of the others.

NaN is let through and comes out as NaN: it says of itself that something went wrong before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symbolic._errors import InvalidArgument
from symbolic.lambdify._arrays import real_array

__all__ = ["check_domain", "finite_number", "undefined"]

Array = npt.NDArray[np.float64]


def _probability(x: Array) -> Any:
    return (x >= 0) & (x <= 1)


def _sign(x: Array) -> Any:
    return np.abs(x) == 1


_Rule = tuple[Callable[[Array], Any], str]
_PREDICTION: _Rule = (
    _probability,
    "a probability in [0, 1]; try bce_logit if it is a logit",
)
_LABEL: _Rule = (_probability, "a label in [0, 1]; try (y > 0).astype(float) for -1 and +1")
_ONE_HOT: _Rule = (
    _probability,
    "labels in [0, 1], one-hot or soft, a row for each class",
)
_HINGE: _Rule = (_sign, "a label -1 or +1; try 2 * y - 1 for 0 and 1")

# By formula, the arguments that are not any number: those of all others are.
_RULES: Mapping[str, Mapping[str, _Rule]] = {
    "bce": {"a": _PREDICTION, "y": _LABEL},
    "bce_logit": {"y": _LABEL},
    "hinge": {"y": _HINGE},
    "softmax_cross_entropy": {"Y": _ONE_HOT},
}


def check_domain(name: str, arguments: Sequence[str], arrays: Sequence[Array]) -> None:
    """Raise `InvalidArgument`, naming the first entry that the formula is not defined for."""
    rules = _RULES.get(name, {})
    for argument, array in zip(arguments, arrays, strict=True):
        if argument not in rules:
            continue
        inside, expected = rules[argument]
        wrong = ~(inside(array) | np.isnan(array))
        if wrong.any():
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            place = f"[{', '.join(map(str, where))}]" if where else ""
            raise InvalidArgument(
                f"{name} got {argument}{place} = {float(array[where])!r}; expected {expected}."
            )


def undefined(arrays: Sequence[Array]) -> Any:
    """Say where a formula has neither a value nor a limit: at NaN, and at the difference of two equal infinities."""
    nan = np.logical_or.reduce([np.isnan(x) for x in arrays])
    return nan | (np.isinf(arrays[0]) & (arrays[0] == arrays[1])) if len(arrays) == 2 else nan


def finite_number(name: str, argument: str, value: Any) -> float:
    """Return one finite number, or raise `InvalidArgument`."""
    array = real_array(name, argument, value)
    if array.size != 1 or not np.isfinite(array).all():
        raise InvalidArgument(f"{name} got {argument} = {value!r}; expected one finite number.")
    number = float(array.ravel()[0])
    if argument == "delta" and number <= 0:
        raise InvalidArgument(f"{name} got delta = {number!r}; expected a number above 0.")
    return number
