"""Ctrl-C is this process's affair: a terminal sends it to all, and this one shall end those that it started."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["children_out_of_reach", "ending"]

# The exit code of a process that was told to end; what fails while it leaves is no news of what was asked.
ending: list[int] = []


@contextmanager
def children_out_of_reach(*start_first: Callable[[], object]) -> Iterator[None]:
    """Start processes inside that Ctrl-C does not reach: what is held back here stays held back in them.

    A Ctrl-C that comes meanwhile is not lost, and leaves nothing half started: it arrives when this is left.

    Parameters
    ----------
    *start_first : callable
        Start helper processes that would let it through again, as the resource trackers of multiprocessing and loky do.
    """
    with _ctrl_c_later():
        for start in start_first:
            start()
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            yield
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Remember Ctrl-C until this is left. The mask of one thread is not enough: others, as those of BLAS, receive it too."""
    before = signal.getsignal(signal.SIGINT)
    if before is None or threading.current_thread() is not threading.main_thread():
        yield  # Python hears it nowhere else
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)
