"""Axes with symbolic sizes, and NumPy's broadcasting over them.

An axis is known by its name: two axes of the same name are the same axis and have the same size.
Axes of different names never have to agree in size, so only the axis `ONE` stretches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbolic.tensor._errors import TensorShapeError

if TYPE_CHECKING:
    from symbolic.tensor._nodes import Tensor

Axes = tuple["Axis", ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """A direction of a tensor, with a name and a symbolic size of at least one."""

    name: str

    @property
    def size(self) -> Tensor:
        """The number of entries along the axis, as a scalar expression."""
        from symbolic.tensor._nodes import size_of

        return size_of(self)

    def __repr__(self) -> str:
        return self.name


ONE = Axis("1")  # the axis that `b[:, None]` makes: its size is 1, and it stretches


def axis(name: str) -> Axis:
    """Name an axis of symbolic size.

    Parameters
    ----------
    name : str
        Letters, digits, underscores, braces, `^`, `-` and `'`, starting with a letter: `"m"`, `"n_{l-1}"`.
        Axes are equal when their names are.

    Returns
    -------
    Axis
        Its `size` is a scalar expression: a whole number of at least one, otherwise unknown.

    Raises
    ------
    TensorNameError
        The name is empty or does not start with a letter.

    Examples
    --------
    >>> from symbolic.tensor import axis
    >>> m = axis("m")
    >>> m, m == axis("m")
    (m, True)
    """
    from symbolic.tensor._errors import check_name

    check_name("axis", name)
    return Axis(name)


def show(axes: Axes) -> str:
    """Write axes as a shape: `(n, m)`.

    Parameters
    ----------
    axes : tuple of Axis

    Returns
    -------
    str
    """
    inside = ", ".join(one.name for one in axes)
    return f"({inside},)" if len(axes) == 1 else f"({inside})"


def broadcast(operation: str, *operands: Tensor) -> Axes:
    """Line operands up from the right, as NumPy does.

    Parameters
    ----------
    operation : str
        The word used in the error message.
    *operands : Tensor

    Returns
    -------
    tuple of Axis
        The axes of the result. A missing axis and the axis `1` stretch, and nothing else does.

    Raises
    ------
    TensorShapeError
        Two operands have different axes in the same place.
    """
    rank = max(len(operand.axes) for operand in operands)
    result: list[Axis] = []
    for place in range(-rank, 0):
        chosen = ONE
        for operand in operands:
            if -place > len(operand.axes):
                continue
            here = operand.axes[place]
            if here is ONE or here == chosen:
                continue
            if chosen != ONE:
                shapes = " and ".join(f"{brief(one)} with axes {show(one.axes)}" for one in operands)
                raise TensorShapeError(
                    f"{operation} of {shapes}: axis {chosen.name} meets axis {here.name}, counted from the right. "
                    f"Transpose one of them, or give it an axis of size 1 with [:, None]."
                )
            chosen = here
        result.append(chosen)
    return tuple(result)


def brief(tensor: Tensor) -> str:
    """Name a tensor in an error message: its formula, cut short.

    Parameters
    ----------
    tensor : Tensor

    Returns
    -------
    str
    """
    text = str(tensor)
    return text if len(text) <= 40 else text[:37] + "..."
