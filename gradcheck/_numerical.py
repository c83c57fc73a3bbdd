"""The numerical gradient alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck._examine import root_mean_square
from gradcheck._objective import Loss, Objective
from gradcheck._point import Point, read_point

# eps**(1/3): balances the truncation h² against the rounding eps/h of a centred difference.
STEP = float(np.finfo(np.float64).eps) ** (1 / 3)


def numerical_gradient(f: Loss, x: Point) -> Any:
    """Measure the gradient of a function by centred differences.

    Each entry moves by h = eps**(1/3) · max(|entry|, root mean square of its array), rounded to a power of two so that
    x + h is exact.
    Errors are of the order h² f''' / 6 + eps |f| / h, about ten digits for a smooth function of moderate size; there is
    no error bound here (use `check` for one), and no protection against kinks.

    Parameters
    ----------
    f : callable
        `f(x) -> float`, called with the structure and shapes of `x`, in float64.
    x : array, scalar, dict or sequence of them
        The point. It is never written to: `f` receives copies, also when `f` raises.

    Returns
    -------
    array, scalar, dict or sequence
        The slopes, in the structure of `x`, as float64 arrays.

    Raises
    ------
    DtypeError
        If `x` holds integers, truth values, complex numbers or objects.
    ShapeError
        If `f` returns anything but one number.
    NonFiniteError
        If `x` or `f(x)` is not finite.
    NonDeterministicError, InputChangedError
        If `f` gives two values at one point, or writes into its argument.

    Notes
    -----
    Costs 2 evaluations an entry, and 3 at the point itself.

    Examples
    --------
    >>> import numpy as np
    >>> numerical_gradient(lambda x: np.sum(x**3), np.array([1.0, 2.0])).round(8)
    array([ 3., 12.])

    The error grows with the third derivative; here the truth is cos(1e3) · 1e3:

    >>> slope = numerical_gradient(lambda x: np.sin(1e3 * x), 1.0)
    >>> bool(abs(slope - 1e3 * np.cos(1e3)) < 1e-2)
    True
    """
    layout, own = read_point(x)
    arrays = [np.asarray(a, dtype=np.float64) for a in own]
    objective = Objective(f, layout)
    objective.first_value(arrays)
    slopes = []
    for array in arrays:
        slope = np.zeros(array.shape)
        out, flat = slope.reshape(-1), array.reshape(-1)
        size = root_mean_square(array)
        for i in range(flat.size):
            held = float(flat[i])
            reach = STEP * (max(abs(held), size) or 1.0)
            h = 2.0 ** np.floor(np.log2(reach))
            flat[i] = held + h
            up = objective(arrays)
            flat[i] = held - h
            down = objective(arrays)
            flat[i] = held
            out[i] = (up - down) / (2 * h)
        slopes.append(slope)
    return layout.fold(slopes)
