"""How long the work on one formula may take."""

from __future__ import annotations

import time

from ._errors import LimitError


class Budget:
    """A deadline that the work asks about as it goes.

    Parameters
    ----------
    seconds : float
        Time from now.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that remain, never negative."""
        return max(0.0, self.end - time.monotonic())

    def check(self) -> None:
        """Raise when the time is up.

        Raises
        ------
        LimitError
            The deadline has passed.
        """
        if time.monotonic() > self.end:
            raise LimitError(f"the time limit of {self.seconds:g} s has passed")
