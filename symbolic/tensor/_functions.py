"""Functions applied entry by entry: the known ones with their derivatives, and the unknown ones.

A derivative is written with the same nodes, so that it shares the value it is made from: tanh' = 1 - tanh².
Where a function has no derivative (ReLU at 0) the slope on the left is used, and a proof says where that is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from symbolic.tensor._build import as_tensor, divide, multiply, power
from symbolic.tensor._errors import TensorTypeError, check_name
from symbolic.tensor._nodes import Map, Tensor, intern

if TYPE_CHECKING:
    from symbolic.tensor._operators import Operand


@dataclass(frozen=True)
class Elementwise:
    """A function applied to every entry of a tensor.

    Attributes
    ----------
    name : str
        Known names have a meaning; any other stands for an arbitrary differentiable function.
    """

    name: str

    def __call__(self, argument: Operand) -> Tensor:
        """Apply the function to every entry."""
        value = as_tensor(argument)
        return POWERS[self.name][0](value) if self.name in POWERS else apply(self.name, value)

    def derivative(self, argument: Operand, order: int = 1) -> Tensor:
        """Apply the derivative of the function to every entry.

        Parameters
        ----------
        argument : Tensor
        order : int, default 1
            How often to differentiate; more than once only for an unknown function.

        Returns
        -------
        Tensor
        """
        value = as_tensor(argument)
        known = self.name in POWERS or self.name in SLOPES
        if isinstance(order, bool) or not isinstance(order, int) or order < 1 or (known and order != 1):
            raise TensorTypeError(
                f"derivative of order {order!r} of {self.name}: expected a whole number of at least 1, and 1 for a known "
                f"function; for more, differentiate the sum of its derivative."
            )
        if self.name in POWERS:
            return POWERS[self.name][1](value)
        if self.name in SLOPES:
            return SLOPES[self.name](value)
        return apply(self.name, value, order)


def apply(name: str, argument: Tensor, order: int = 0) -> Tensor:
    """Make the node of a function applied to every entry, or of its derivative of some order."""
    return intern(Map, argument.axes, name, order, argument)


def slope(node: Map) -> Tensor:
    """Differentiate a function applied to every entry, with respect to its argument."""
    if node.function in SLOPES:
        return SLOPES[node.function](node.argument)
    return apply(node.function, node.argument, node.order + 1)


def elementwise(name: str) -> Elementwise:
    """Name a function to be applied entry by entry.

    Parameters
    ----------
    name : str
        `exp`, `log`, `tanh`, `sigmoid`, `relu`, `softplus`, `silu`, `gelu`, `abs`, `sign`, `step`, `normal_cdf`,
        `normal_pdf`, `identity`, `square` and `sqrt` have their meaning.
        Every other name stands for a differentiable function that is not known:
        what is proved of it holds for all.

    Returns
    -------
    Elementwise
        Call it, or call its `derivative`.

    Examples
    --------
    >>> from symbolic.tensor import axis, elementwise, tensor
    >>> g, Z = elementwise("g"), tensor("Z", axis("n"), axis("m"))
    >>> g.derivative(Z)
    g'(Z) with axes (n, m)
    """
    check_name("function", name)
    return Elementwise(name)


def _sigmoid_slope(z: Tensor) -> Tensor:
    a = apply("sigmoid", z)
    return multiply(a, 1 - a)


def _silu_slope(z: Tensor) -> Tensor:
    a = apply("sigmoid", z)
    return a + multiply(z, multiply(a, 1 - a))


SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "exp": lambda z: apply("exp", z),
    "log": lambda z: divide(1, z),
    "tanh": lambda z: 1 - power(apply("tanh", z), 2),
    "sigmoid": _sigmoid_slope,
    "softplus": lambda z: apply("sigmoid", z),
    "silu": _silu_slope,
    "relu": lambda z: apply("step", z),
    "step": lambda z: multiply(0, z),
    "sign": lambda z: multiply(0, z),
    "abs": lambda z: apply("sign", z),
    "normal_cdf": lambda z: apply("normal_pdf", z),
    "normal_pdf": lambda z: multiply(multiply(-1, z), apply("normal_pdf", z)),
    "gelu": lambda z: apply("normal_cdf", z) + multiply(z, apply("normal_pdf", z)),
}

# Functions that are powers: the value, and the slope.
POWERS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "identity": (lambda z: z, lambda z: power(z, 0)),
    "square": (lambda z: power(z, 2), lambda z: 2 * z),
    "sqrt": (lambda z: power(z, Fraction(1, 2)), lambda z: power(z, Fraction(-1, 2)) / 2),
}

exp = Elementwise("exp")
log = Elementwise("log")
tanh = Elementwise("tanh")
sigmoid = Elementwise("sigmoid")
relu = Elementwise("relu")
softplus = Elementwise("softplus")
silu = Elementwise("silu")
gelu = Elementwise("gelu")
step = Elementwise("step")
normal_cdf = Elementwise("normal_cdf")
normal_pdf = Elementwise("normal_pdf")


def sqrt(value: Operand) -> Tensor:
    """Take the square root of every entry.

    Parameters
    ----------
    value : Tensor, int or Fraction
        Entries of at least zero.

    Returns
    -------
    Tensor
    """
    return power(as_tensor(value), Fraction(1, 2))


def square(value: Operand) -> Tensor:
    """Square every entry.

    Parameters
    ----------
    value : Tensor, int or Fraction

    Returns
    -------
    Tensor
    """
    return power(as_tensor(value), 2)


def maximum(left: Operand, right: Operand) -> Tensor:
    """Take the larger of two entries, broadcasting as NumPy does.

    Parameters
    ----------
    left, right : Tensor, int or Fraction

    Returns
    -------
    Tensor
        Written as `right + relu(left - right)`, so its kink lies where the two are equal.
    """
    a, b = as_tensor(left), as_tensor(right)
    return b + apply("relu", a - b)
