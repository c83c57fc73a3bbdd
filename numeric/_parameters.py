"""Parameters as a dict whose arrays lie side by side in one block of memory.

One block makes an update one operation on a vector, however many layers there are, and a copy of everything
one `memcpy`. The dict shows the block's parts under the names of the notes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn
from weakref import WeakMethod

import numpy as np

from numeric._arguments import check_point, real_array, shown
from numeric._checks import check_finite
from numeric._errors import NonFiniteError, NumericError, ShapeError
from numeric._layer import Array

__all__ = ["Parameters"]


class Parameters(dict[str, Array]):
    """A dict with fixed names and shapes: assigning copies the values in, after checking them.

    The arrays are live views: ``parameters["W1"][0, 0] += h`` moves the network. ``copy`` returns an ordinary
    dict with copies.

    Examples
    --------
    >>> import numpy as np
    >>> p = Parameters({"W1": np.zeros((2, 3)), "b1": np.zeros((2, 1))})
    >>> ours = np.ones((2, 3))
    >>> p["W1"] = ours
    >>> ours[0, 0] = 99.0
    >>> float(p["W1"][0, 0])
    1.0
    >>> p["W1"] = np.ones((3, 2))
    Traceback (most recent call last):
    ...
    numeric._errors.ShapeError: W1 has shape (3, 2); expected (2, 3). Try its transpose.
    """

    __slots__ = ("_listener",)

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        if not isinstance(arrays, Mapping):
            raise NumericError(f"arrays is {shown(arrays)}; expected a dict of arrays by name.")
        super().__init__({name: real_array(values, shown(name)) for name, values in arrays.items()})
        self._listener: Callable[[], Callable[[], object] | None] = _nobody

    def tell(self, listener: Callable[[], object]) -> None:
        """Have a method called whenever values were assigned; what is written into the arrays nobody sees."""
        self._listener = WeakMethod(listener)  # a network that nobody needs any more is gone at once

    def _assigned(self) -> None:
        listener = self._listener()
        if listener is not None:
            listener()

    def __setitem__(self, name: str, values: Any) -> None:
        if not isinstance(name, str) or name not in self:
            raise NumericError(f"There is no parameter {shown(name)}; expected one of {', '.join(self)}.")
        target = self[name]
        target[...] = as_parameter(name, values, target.shape)
        self._assigned()

    def assign(self, values: Mapping[str, Any]) -> None:
        """Copy all values in: every name must be there, and nothing changes when one of them does not fit."""
        check_point(values, self)
        # Copies first: the new values may be views of the old ones.
        checked = {
            name: np.array(as_parameter(name, values[name], target.shape), target.dtype)
            for name, target in self.items()
        }
        for name, array in checked.items():
            self[name][...] = array
        self._assigned()

    def check_finite(self) -> None:
        """Raise NonFiniteError, naming the first entry that is NaN or infinite: the arrays are live, so one may be."""
        for name, array in self.items():
            check_finite(array, name)

    def copy(self) -> dict[str, Array]:
        """Return an ordinary dict with copies of the arrays."""
        return {name: array.copy() for name, array in self.items()}

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Assign several parameters, each as by item assignment."""
        try:
            pairs = dict(*args, **kwargs)
        except (TypeError, ValueError):
            raise NumericError(f"parameters got {shown(args)}; expected a dict of arrays by name.") from None
        for name, values in pairs.items():
            self[name] = values

    def __ior__(self, other: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Parameters:  # type: ignore[override,misc]
        self.update(other)
        return self

    def _fixed(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NumericError("The names of the parameters are fixed; assign new values instead.")

    __delitem__ = clear = pop = popitem = setdefault = _fixed

    def __reduce__(self) -> tuple[type, tuple[dict[str, Array]]]:
        # Elsewhere (another process) there is no block to view: the copy is an ordinary dict.
        return dict, (self.copy(),)

    def __deepcopy__(self, _memo: dict[int, Any]) -> dict[str, Array]:
        return self.copy()

    def __copy__(self) -> dict[str, Array]:
        return self.copy()


def _nobody() -> None:
    """Whoever listens when nobody does."""


def as_parameter(name: str, values: Any, shape: tuple[int, ...]) -> Array:
    """Return values as a finite real array of this shape, or raise naming the parameter."""
    array: Array = real_array(values, name)
    if array.shape != shape:
        hint = " Try its transpose." if array.shape == shape[::-1] else ""
        raise ShapeError(f"{name} has shape {array.shape}; expected {shape}.{hint}")
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise NonFiniteError(f"{name} holds {array[where]} at {list(where)}; expected finite numbers.")
    return array
