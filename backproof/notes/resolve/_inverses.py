r"""``\tanh^{-1}(x)``: the inverse function, which a power of minus one behind the name of a function means."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .._errors import NotUnderstoodError
from ._terms import Add, Call, Div, Mul, Number, Ref, Term

_ONE = Number(Fraction(1))
_NAMED = {"exp": "log", "log": "exp", "tan": "arctan", "arctan": "tan"}


def inverse(function: Ref, args: Sequence[Term]) -> Term:
    """The inverse of a function of one argument, for those whose inverse has a name or a formula.

    Raises
    ------
    NotUnderstoodError
        The inverse has neither.
    """
    if len(args) == 1 and function == Ref(function.name):
        (x,) = args
        if function.name in _NAMED:
            return Call(Ref(_NAMED[function.name]), (x,))
        if function.name == "sigmoid":
            return Call(Ref("log"), (Div(x, Add(((1, _ONE), (-1, x)))),))
        if function.name == "tanh":
            ratio = Div(Add(((1, _ONE), (1, x))), Add(((1, _ONE), (-1, x))))
            return Mul((("", Div(_ONE, Number(Fraction(2)))), ("", Call(Ref("log"), (ratio,)))))
    raise NotUnderstoodError(f"the inverse of {function}")
