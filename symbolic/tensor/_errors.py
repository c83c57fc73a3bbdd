"""What can be wrong with a tensor expression, said so that it can be put right."""

from __future__ import annotations

import re

from symbolic._errors import InvalidArgument, LimitReached, ShapeMismatch, SymbolicError

_NAME = re.compile(r"[A-Za-z\u0370-\u03ff][\w{}^\-+'.\[\]()]*\Z")


class TensorError(SymbolicError, ValueError):
    """Something is wrong with a tensor expression."""


class TensorShapeError(TensorError, ShapeMismatch):
    """The axes of the operands do not fit each other."""


class TensorAxisError(TensorError, InvalidArgument):
    """The axis asked for is not there, or there more than once."""


class TensorNameError(TensorError, InvalidArgument):
    """A name is empty, ill-formed, or used for two different things."""


class TensorTypeError(TensorError, TypeError):
    """An operand is neither a tensor nor an exact number."""


class TensorUndefinedError(TensorError):
    """The expression divides by something that is identically zero."""


class TensorLimitError(TensorError, LimitReached):
    """The work on one expression passed its time or size limit."""


def check_name(what: str, name: object) -> None:
    """Raise unless a name starts with a letter and has only letters, digits and index marks.

    Parameters
    ----------
    what : str
        The word for the thing named.
    name : object
    """
    if not isinstance(name, str) or not _NAME.match(name):
        raise TensorNameError(
            f"{name!r} cannot name {'an' if what == 'axis' else 'a'} {what}: expected a letter followed by letters, digits, "
            f"or any of _ ^ {{ }} [ ] ( ) + - . ' — try {what}('x_1')."
        )
