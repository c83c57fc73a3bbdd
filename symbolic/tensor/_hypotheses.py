"""What may be assumed of a tensor in a proof, and entries that satisfy it for a counterexample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from symbolic.tensor._axes import Axis, brief, show
from symbolic.tensor._build import place_of
from symbolic.tensor._errors import TensorTypeError
from symbolic.tensor._nodes import Symbol, Tensor
from symbolic.tensor._terms import Work

Kind = Literal["one_hot", "probability", "adds_up", "positive", "binary"]


@dataclass(frozen=True)
class Hypothesis:
    """Something assumed of the entries of a named tensor.

    Attributes
    ----------
    kind : {"one_hot", "probability", "adds_up", "positive", "binary"}
    symbol : Symbol
        The tensor it speaks of.
    place : int
        The place of the axis along which entries add up to 1; -1 where there is none.
    """

    kind: Kind
    symbol: Symbol
    place: int = -1

    def __str__(self) -> str:
        name = self.symbol.name
        if self.kind == "positive":
            return f"{name} > 0"
        if self.kind == "binary":
            return f"the entries of {name} are 0 or 1"
        along = self.symbol.axes[self.place].name
        if self.kind == "one_hot":
            return f"{name} is one-hot along {along}: entries 0 or 1, adding up to 1"
        signs = "are not negative and " if self.kind == "probability" else ""
        return f"the entries of {name} {signs}add up to 1 along {along}"


def one_hot(Y: Tensor, axis: Axis | int) -> Hypothesis:
    """Assume that one entry along an axis is 1 and the others are 0.

    Parameters
    ----------
    Y : Tensor
        A symbol.
    axis : Axis or int

    Returns
    -------
    Hypothesis
        For the `assuming` of `symbolic.prove`.

    Examples
    --------
    >>> from symbolic.tensor import axis, one_hot, prove_tensor, tensor
    >>> n, m = axis("n"), axis("m")
    >>> Y = tensor("Y", n, m)
    >>> prove_tensor(Y.sum(), m.size, assuming=[one_hot(Y, axis=n)]).status
    'proved'
    """
    symbol = _symbol("one_hot", Y)
    return Hypothesis("one_hot", symbol, place_of(symbol, axis))


def probability(Y: Tensor, axis: Axis | int) -> Hypothesis:
    """Assume that the entries along an axis are not negative and add up to 1.

    Parameters
    ----------
    Y : Tensor
        A symbol.
    axis : Axis or int

    Returns
    -------
    Hypothesis
    """
    symbol = _symbol("probability", Y)
    return Hypothesis("probability", symbol, place_of(symbol, axis))


def adds_up(Y: Tensor, axis: Axis | int) -> Hypothesis:
    """Assume that the entries along an axis add up to 1, whatever their signs.

    Parameters
    ----------
    Y : Tensor
        A symbol.
    axis : Axis or int

    Returns
    -------
    Hypothesis
    """
    symbol = _symbol("adds_up", Y)
    return Hypothesis("adds_up", symbol, place_of(symbol, axis))


def positive(x: Tensor) -> Hypothesis:
    """Assume that every entry is positive.

    Parameters
    ----------
    x : Tensor
        A symbol.

    Returns
    -------
    Hypothesis
    """
    return Hypothesis("positive", _symbol("positive", x))


def binary(x: Tensor) -> Hypothesis:
    """Assume that every entry is 0 or 1: labels, a mask.

    Parameters
    ----------
    x : Tensor
        A symbol.

    Returns
    -------
    Hypothesis
    """
    return Hypothesis("binary", _symbol("binary", x))


def _symbol(what: str, tensor: object) -> Symbol:
    if isinstance(tensor, Symbol):
        return tensor
    shown = f"{brief(tensor)} with axes {show(tensor.axes)}" if isinstance(tensor, Tensor) else repr(tensor)
    raise TensorTypeError(f"{what} of {shown}: expected a tensor made by tensor('Y', ...), not a formula.")


def assume(work: Work, hypotheses: tuple[Hypothesis, ...]) -> None:
    """Tell the normal form what it may use."""
    for one in hypotheses:
        if not isinstance(one, Hypothesis):
            raise TensorTypeError(
                f"{one!r} is not a hypothesis on a tensor; expected one_hot(Y, axis), probability(Y, axis), "
                f"adds_up(Y, axis), positive(x) or binary(x)."
            )
        name = one.symbol.name
        if one.kind == "positive":
            work.positive |= {name}
        if one.kind in ("binary", "one_hot"):
            work.binary |= {name}
        if one.kind in ("one_hot", "probability", "adds_up"):
            work.sums_to_one[name] = one.place
        if one.kind == "one_hot":
            work.one_hot[name] = one.place
