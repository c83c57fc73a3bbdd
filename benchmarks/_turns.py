"""Contestants in processes of their own that take turns, so that nobody's spinning threads take another's processors.

A contestant is the name of a function in a module of this folder; it is called once, in its own process, and returns
what is to be timed. While one runs, the others wait without a thread awake.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import Any

# A turn is at least this long: short calls are bundled.
TURN = 5e-3
# A process is at rest when it uses less than a tenth of a processor for so long.
REST = 0.01
MOST_RESTS = 500

Contestant = tuple[str, str, tuple[Any, ...]]  # module, function, arguments


def _serve(link: Any, contestant: Contestant, wall: bool) -> None:
    module, function, arguments = contestant
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    clock = time.perf_counter if wall else time.process_time
    try:
        call = getattr(importlib.import_module(module), function)(*arguments)
        call()
        start = time.perf_counter()
        call()
        bundle = max(1, int(TURN / (time.perf_counter() - start + 1e-7)))
    except Exception as error:  # it does not run here: said in the table, and no reason to stop
        link.send(f"{type(error).__name__}: {error}")
        return
    _come_to_rest()
    link.send("")
    while link.recv():
        call()  # wakes the threads and fills the caches, as the step before does in a training
        start = clock()
        for _ in range(bundle):
            call()
        taken = clock() - start
        _come_to_rest()
        link.send(taken / bundle)


def _come_to_rest() -> None:
    """Wait until no thread of this process looks for work any more.

    OpenBLAS lets its threads look for 100 ms, and whoever comes next would share the processors with them.
    """
    for _ in range(MOST_RESTS):
        start = time.process_time()
        time.sleep(REST)
        if time.process_time() - start < REST / 10:
            return
    raise RuntimeError(
        f"Threads still look for work after {MOST_RESTS * REST:g} s: nobody could be timed beside them."
    )


def take_turns(
    contestants: dict[str, Contestant], turns: int, *, threads: int = 1
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Return the times of one call of each in every turn, and why some could not take part.

    With one thread the clock is the processor time of a process, which other programs do not lengthen; with more it is
    the clock on the wall.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    context = multiprocessing.get_context("spawn")
    links: dict[str, Any] = {}
    absent: dict[str, str] = {}
    processes = []
    for name, contestant in contestants.items():
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, contestant, threads > 1), daemon=True)
        process.start()
        processes.append(process)
        excuse = ours.recv()
        if excuse:
            absent[name] = excuse
        else:
            links[name] = ours
    times: dict[str, list[float]] = {name: [] for name in links}
    for _ in range(turns):
        for name, link in links.items():
            link.send(True)
            times[name].append(link.recv())
    for link in links.values():
        link.send(False)
    for process in processes:
        process.join()
    return times, absent
