"""How long the work on one formula may take, counted in the processor's time so that a busy machine changes no verdict."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ._errors import LimitError

# Of this thread alone; where a platform has no such clock (a browser), of the wall.
_clock = getattr(time, "thread_time", time.monotonic)


class Budget:
    """A deadline that the work asks about as it goes.

    Parameters
    ----------
    seconds : float
        Time from now.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = _clock() + seconds

    @property
    def left(self) -> float:
        """Seconds that remain, never negative."""
        return max(0.0, self.end - _clock())

    def check(self) -> None:
        """Raise when the time is up.

        Raises
        ------
        LimitError
            The deadline has passed.
        """
        if _clock() > self.end:
            raise LimitError(time_is_up(self.seconds))


class OutOfTimeError(BaseException):
    """The alarm rang. No exception of ours, so that no handler on the way takes it for an answer and goes on."""


def time_is_up(seconds: float) -> str:
    """What is said of a formula that took too long."""
    return f"the time limit of {seconds:g} s has passed"


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Interrupt work that forgets to ask its budget; it rings again, should something swallow it.

    It works in the main thread of a POSIX process, for everything but calls into C that do not come back;
    elsewhere only the budget counts.

    Raises
    ------
    OutOfTimeError
        The processor has worked for that long.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    active = True

    def ring(*_: object) -> None:
        if active:
            raise OutOfTimeError

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.05)
    try:
        yield
    finally:
        try:
            active = False  # it may ring right here, before this is done: then what follows still happens
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before if before is not None else signal.SIG_DFL)
