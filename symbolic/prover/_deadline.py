"""A limit of time that is asked, not enforced: it needs no thread and no signal, so it works in a browser too."""

from __future__ import annotations

import time

from symbolic.prover._errors import Exhausted


class Deadline:
    """Counts down from ``seconds``.

    Parameters
    ----------
    seconds : float
        Time from now on.
    """

    __slots__ = ("end", "start")

    def __init__(self, seconds: float) -> None:
        self.start = time.perf_counter()
        self.end = self.start + seconds

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.start

    def check(self) -> None:
        """Raise Exhausted when the time is over."""
        if time.perf_counter() > self.end:
            raise Exhausted(f"the time limit of {self.end - self.start:g} s")
