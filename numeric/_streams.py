"""The state of a random stream as text, to be put back later."""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric._errors import NumericError

__all__ = ["rng_state", "set_rng_state"]


def rng_state(rng: np.random.Generator) -> str:
    """Return the state of a random stream as JSON."""
    import json  # here, because numeric itself does without it

    return json.dumps(rng.bit_generator.state, default=lambda array: array.tolist())


def set_rng_state(rng: np.random.Generator, text: str) -> None:
    """Put a random stream back where it was; it must be of the same kind."""
    import json

    state: dict[str, Any] = json.loads(text)
    kind = type(rng.bit_generator).__name__
    if state.get("bit_generator") != kind:
        raise NumericError(
            f"The checkpoint's rng is a {state.get('bit_generator')}; this training has a {kind}."
        )
    rng.bit_generator.state = state
