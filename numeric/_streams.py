"""The state of a random stream as text, to be put back later."""

from __future__ import annotations

import numpy as np

from numeric._errors import NumericError

__all__ = ["check_rng_state", "rng_state", "set_rng_state"]


def rng_state(rng: np.random.Generator) -> str:
    """Return the state of a random stream as JSON."""
    import json  # here, because numeric itself does without it

    return json.dumps(rng.bit_generator.state, default=lambda array: array.tolist())


def set_rng_state(rng: np.random.Generator, text: str) -> None:
    """Put a random stream back where it was."""
    import json

    rng.bit_generator.state = json.loads(text)


def check_rng_state(rng: np.random.Generator, text: str, path: object) -> None:
    """Refuse a text from a file that is no state of a stream of the same kind, and leave this one as it is."""
    import copy

    try:
        set_rng_state(copy.deepcopy(rng), text)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        kind = type(rng.bit_generator).__name__
        raise NumericError(
            f"{path} holds no state of a {kind}, which this training draws from ({error}). "
            "Try another path, or remove the file."
        ) from error
