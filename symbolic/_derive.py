"""`derive`: from a name to its derivation."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from symbolic._errors import UnknownName
from symbolic.catalogue._registry import names, nearest, resolve

if TYPE_CHECKING:
    from symbolic._derivation import Derivation

__all__ = ["derive"]


def derive(name: str) -> Derivation:
    """Return the derivation of a formula, a model, or an entry of the library.

    Every step is proved while it is built; the result is kept.

    Parameters
    ----------
    name : str
        A name of `symbolic.names`, an alias, or a name of the library of derivations with symbolic sizes.

    Returns
    -------
    Derivation
        Prints as text; ``.latex()``, ``.markdown()``, and `_repr_latex_` for notebooks.

    Raises
    ------
    UnknownName
        With the nearest names.

    Examples
    --------
    >>> import symbolic
    >>> print(symbolic.derive("squared_error"))
    The derivative of the squared error ½(a - y)²
    =============================================
      d/da L(a) = d/da ((a - y)^2/2)           [definition of the squared error]
                = 2*(a - y)*(d/da (a - y))/2   [chain rule, power rule]
                = a - y                        [derivative of a - y by a is 1]
    """
    try:
        return _catalogue_derivation(resolve(name))
    except UnknownName:
        from symbolic import library

        if name in library.names():
            return library.derive(name)
        known = (*names(), *library.names())
        raise UnknownName(f"No derivation is called {name!r}; {nearest(name, known)}") from None


@functools.cache
def _catalogue_derivation(name: str) -> Derivation:
    from symbolic.catalogue._derive_activations import ACTIVATION_DERIVATIONS
    from symbolic.catalogue._derive_losses import LOSS_DERIVATIONS

    if name in names("model"):
        from symbolic.models import model_derivation

        return model_derivation(name)
    return {**ACTIVATION_DERIVATIONS, **LOSS_DERIVATIONS}[name]()
