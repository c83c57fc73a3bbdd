"""SciPy's convention: `fun(x, *args)` and `jac(x, *args)`, as `scipy.optimize.minimize` takes them.

Nothing here imports SciPy: the convention is all there is to adapt to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck._check import check as _check
from gradcheck._errors import OptionError
from gradcheck._report import Report

__all__ = ["check"]


def check(
    fun: Callable[..., Any], jac: Any, x0: Any, args: tuple[Any, ...] = (), *, rng: int = 0, **options: Any
) -> Report:
    """Check `jac` against the measured slopes of `fun`, both as `scipy.optimize.minimize` calls them.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``, or ``-> (float, array)`` if `jac` is True.
    jac : callable or True
        ``jac(x, *args) -> array`` of the shape of `x0`; True if `fun` returns the gradient with the value.
    x0 : array of shape (n,)
        The point.
    args : tuple
        Further arguments of both.
    rng : int
        Seed of the probe points.
    **options
        Handed on to `gradcheck.check`.

    Returns
    -------
    Report

    Examples
    --------
    >>> import numpy as np
    >>> from gradcheck.scipy import check
    >>> check(lambda x: float(x @ x), lambda x: 2 * x, np.array([1.0, -2.0])).verdict
    'pass'
    >>> check(lambda x: float(x @ x), lambda x: x, np.array([1.0, -2.0])).verdict
    'fail'
    """
    x0 = np.asarray(x0)
    if x0.dtype.kind in "iu":
        x0 = x0.astype(np.float64)  # as scipy.optimize.minimize does
    if jac is not True and not callable(jac):
        raise OptionError(
            f"jac is {jac!r}; expected a function jac(x, *args), or True if fun returns the gradient too."
        )
    if jac is True:
        return _check(
            lambda x: fun(x, *args)[0],
            lambda x: np.array(fun(x, *args)[1]),
            x0,
            rng=rng,
            **options,
        )
    return _check(lambda x: fun(x, *args), lambda x: np.array(jac(x, *args)), x0, rng=rng, **options)
