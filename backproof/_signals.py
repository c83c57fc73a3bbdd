"""Ctrl-C is this process's affair: a terminal sends it to all, and this one shall end those that it started."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["children_out_of_reach"]


@contextmanager
def children_out_of_reach(*start_first: Callable[[], object]) -> Iterator[None]:
    """Start processes inside that Ctrl-C does not reach: what is held back here stays held back in them.

    A Ctrl-C that comes meanwhile is not lost: it arrives when this is left.

    Parameters
    ----------
    *start_first : callable
        Start helper processes that would let it through again, as the resource trackers of multiprocessing and loky do.
    """
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
