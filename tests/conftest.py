"""What every test may rely on: that Ctrl-C is heard, and times on a machine that others use, too."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell starts what runs in the background deaf to Ctrl-C, and its children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def fastest() -> Callable[..., tuple[float, ...]]:
    """Time functions in turn and give the best time of each: other work on the machine only adds time.

    They run seven times and more, until the best times satisfy ``enough``, but at most sixty times: a busy machine is given
    more chances, a slow function has none.
    """

    def measure(
        *functions: Callable[[], Any],
        enough: Callable[..., bool],
        clock: Callable[[], float] = perf_counter,
        least: int = 7,
        most: int = 60,
    ) -> tuple[float, ...]:
        best = [math.inf] * len(functions)
        for turn in range(1, most + 1):
            for place, function in enumerate(functions):
                began = clock()
                function()
                best[place] = min(best[place], clock() - began)
            if turn >= least and enough(*best):
                break
        return tuple(best)

    return measure
