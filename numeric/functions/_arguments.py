"""Numbers that tune a function: a slope, a threshold, the strength of a penalty."""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric._errors import NumericError

__all__ = ["finite_number"]


def finite_number(value: Any, name: str, *, least: float = -np.inf, above: float = -np.inf) -> float:
    """Return value as a float: one finite number, at least ``least`` and greater than ``above``."""
    if isinstance(value, (int, float, np.integer, np.floating)):
        number = float(value)
        if np.isfinite(number) and number >= least and number > above:
            return number
    bound = f" of at least {least:g}" if least > -np.inf else f" above {above:g}" if above > -np.inf else ""
    raise NumericError(f"{name} is {value!r}; expected one finite number{bound}.")
