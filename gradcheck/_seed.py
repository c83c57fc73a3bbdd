"""What a seed is: a whole number of at least 0, or a stream that gives one."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck._errors import OptionError

__all__ = ["read_seed"]


def read_seed(rng: Any) -> int:
    """Return the seed that every report says; of a stream, the next number that it gives."""
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(2**32))
    if isinstance(rng, bool) or not isinstance(rng, (int, np.integer)) or rng < 0:
        raise OptionError(
            f"rng={rng!r}; expected a seed, a whole number of at least 0, or a numpy.random.Generator."
        )
    return int(rng)
