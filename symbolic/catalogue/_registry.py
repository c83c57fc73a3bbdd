"""Names to formulas: `names` lists them, `formula` derives one at first use and keeps it."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable
from numbers import Integral
from typing import Any

from symbolic._errors import InvalidArgument, LimitReached, UnknownName
from symbolic.catalogue._formula import Formula

__all__ = ["formula", "is_whole", "names", "nearest", "resolve"]

# The names are a table of their own, so that listing them imports no SymPy.
_NAMES: dict[str, tuple[str, ...]] = {
    "activation": (
        "identity", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "silu", "gelu", "gelu_tanh", "elu",
        "softmax",
    ),
    "loss": ("squared_error", "bce", "bce_logit", "softmax_cross_entropy", "hinge", "huber"),
    "penalty": ("l2",),
    "model": ("linear_regression", "logistic_regression", "shallow_network", "deep_network"),
}  # fmt: skip
# More classes give a Jacobian whose entries outgrow the prover's limit of terms.
_MOST_CLASSES = 12
_ALIASES = {
    "swish": "silu",
    "logistic": "sigmoid",
    "mse": "squared_error",
    "binary_cross_entropy": "bce",
    "categorical_cross_entropy": "softmax_cross_entropy",
}


def names(kind: str | None = None) -> tuple[str, ...]:
    """List the names of the catalogue.

    Parameters
    ----------
    kind : {"activation", "loss", "penalty", "model"}, optional
        Only those of one kind; all by default.

    Returns
    -------
    tuple of str
        In the order in which a course meets them.

    Raises
    ------
    InvalidArgument
        For another kind.

    Examples
    --------
    >>> import symbolic
    >>> symbolic.names("loss")
    ('squared_error', 'bce', 'bce_logit', 'softmax_cross_entropy', 'hinge', 'huber')
    """
    if kind is None:
        return tuple(name for group in _NAMES.values() for name in group)
    if not isinstance(kind, str) or kind not in _NAMES:
        raise InvalidArgument(f"The kind is {kind!r}; expected one of {', '.join(_NAMES)}.")
    return _NAMES[kind]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a half-sentence that suggests known names close to a wrong one."""
    known = list(known)
    close = difflib.get_close_matches(str(name).lower(), known, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(repr(c) for c in close) + "?"
    return "the names are " + ", ".join(known) + "."


def resolve(name: str) -> str:
    """Return the catalogue's own name for a name or alias.

    Raises
    ------
    UnknownName
        With the nearest names.
    """
    own = _ALIASES.get(name, name) if isinstance(name, str) else name
    if own not in names():
        raise UnknownName(f"No formula is called {name!r}; {nearest(name, (*names(), *_ALIASES))}")
    return own


def formula(name: str, *, n: int | None = None) -> Formula:
    """Return a formula of the catalogue, derived by SymPy at first use.

    Parameters
    ----------
    name : str
        A name of `names`, or an alias (``swish``, ``mse``, ``categorical_cross_entropy``).
    n : int, optional
        Number of classes of softmax and of softmax_cross_entropy, 3 by default; at least 2.

    Returns
    -------
    Formula

    Raises
    ------
    UnknownName
        If the catalogue has no such name; the message suggests the nearest ones.
    InvalidArgument
        If `n` is given to a formula that has no classes, or is no whole number of at least 2.
    LimitReached
        If `n` is above 12: the Jacobian is proved entry by entry.

    Examples
    --------
    >>> import symbolic
    >>> f = symbolic.formula("tanh")
    >>> f.derivative, f.closed_form, f.kinks
    (1 - tanh(z)**2, 1 - a**2, ())
    >>> symbolic.formula("softmax", n=2).closed_form
    Matrix([
    [a_1*(1 - a_1),      -a_1*a_2],
    [     -a_1*a_2, a_2*(1 - a_2)]])
    >>> symbolic.formula("sigmiod")
    Traceback (most recent call last):
    ...
    symbolic._errors.UnknownName: No formula is called 'sigmiod'; did you mean 'sigmoid'?
    """
    own = resolve(name)
    if n is not None:
        if own not in ("softmax", "softmax_cross_entropy"):
            raise InvalidArgument(f"{own} has no classes, so n={n} means nothing to it; leave n out.")
        if not is_whole(n) or n < 2:
            raise InvalidArgument(f"n is {n!r}; {own} needs a whole number of classes, at least 2.")
        if n > _MOST_CLASSES:
            raise LimitReached(
                f"n is {n}; entry by entry at most {_MOST_CLASSES} classes are derived. symbolic.to_numpy({own!r}) "
                "takes any number of them, and symbolic.tensor proves the formula for all."
            )
    return _built(own, n)


def is_whole(value: Any) -> bool:
    """Say whether a value is a whole number, Python's or NumPy's; True is none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


@functools.cache
def _built(name: str, n: int | None) -> Formula:
    from symbolic.catalogue import _activations, _losses

    builders: dict[str, Any] = {**_activations.ACTIVATIONS, **_losses.LOSSES, **_losses.PENALTIES}
    if name in builders:
        built: Formula = builders[name]() if n is None else builders[name](n)
        return built
    from symbolic.models import model_formula

    model: Formula = model_formula(name)
    return model
