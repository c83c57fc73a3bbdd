"""Work shared out among processes.

joblib enters gradcheck in this file only, when it is asked for.  Its back end is the caller's:
`joblib.parallel_config(backend="dask")` around a check or a sweep runs it on a cluster.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck._errors import OptionError
from gradcheck._point import Array
from gradcheck._richardson import Moves

Measure = Callable[[NDArray[np.intp], Array], tuple[Array, Array, int, list[str]]]


def require_workers(n_jobs: int) -> None:
    """Raise unless `n_jobs` is a number of workers."""
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int | np.integer) or n_jobs == 0:
        raise OptionError(f"n_jobs is {n_jobs!r}; expected 1, a number of workers, or -1 for all cores.")


def unordered(function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], n_jobs: int) -> Iterable[Any]:
    """Give the results of many calls as each ends, so that what has ended is known whatever is still running."""
    from joblib import Parallel, delayed

    with _workers_end_with_this_process():
        run = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    return results_of(run, (delayed(function)(*arguments) for arguments in calls))


def results_of(run: Callable[[Iterable[Any]], Any], calls: Iterable[Any]) -> Iterator[Any]:
    """Start joblib's processes and give its results; what ends this early, as Ctrl-C, ends them without a word."""
    results: Any = None
    try:
        with _lost_tasks_unheard(), _children_out_of_reach():
            results = run(calls)
        while True:
            with _lost_tasks_unheard():  # while joblib is at work, not while the caller is
                try:
                    result = next(results)
                except StopIteration:
                    return
            yield result
    finally:
        if results is not None:
            # joblib warns of every task that it drops
            with _lost_tasks_unheard(), warnings.catch_warnings(action="ignore"):
                results.close()


@contextmanager
def _workers_end_with_this_process() -> Iterator[None]:
    """Give joblib's own workers a guard, unless the caller has chosen other ones."""
    from joblib import parallel_config
    from joblib.parallel import get_active_backend

    backend, _ = get_active_backend()
    if type(backend).__name__ != "LokyBackend" or getattr(backend, "backend_kwargs", None):
        yield
        return
    with parallel_config(backend="loky", initializer=end_with, initargs=(os.getpid(),)):
        yield


def end_with(parent: int) -> None:
    """End this worker where the process that started it was killed, and can end nobody any more."""

    def wait() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _lost_tasks_unheard() -> Iterator[None]:
    """Keep one traceback off stderr: that of loky's manager thread over a task that it itself has dropped.

    Told to kill its workers, it kills them and drops every task, but forgets the numbers of those that wait to be handed
    out: it looks one of them up, and dies of a KeyError.  Nothing is lost, its work is done by then, and joblib has waited
    for its end when this is left.  Every other exception of every thread is heard as before.
    """
    heard = threading.excepthook

    def hook(died: threading.ExceptHookArgs) -> None:
        place = died.exc_traceback
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = "" if place is None else place.tb_frame.f_code.co_name
        if died.exc_type is not KeyError or where != "add_call_item_to_queue":
            heard(died)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = heard


@contextmanager
def _children_out_of_reach() -> Iterator[None]:
    """Start processes inside that Ctrl-C does not reach: it ends the one that started them, which ends them.

    What is held back here stays held back in them; the trackers of resources would let it through when they start.
    """
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as tracker_of_loky

    with _ctrl_c_later():
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            yield
            return
        resource_tracker.ensure_running()
        tracker_of_loky.ensure_running()
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


def shared_moves(measure: Measure, n_jobs: int, account: Callable[[int, Sequence[str]], None]) -> Moves:
    """Share the entries of a sweep out among workers, and join what they measured in the entries' own order.

    Every entry is measured by itself, from the same numbers: who measures it makes no difference.
    `account` is told how often the loss was called, and where it had no value.
    """
    from joblib import Parallel, delayed, effective_n_jobs

    def moves(which: NDArray[np.intp], steps: Array) -> tuple[Array, Array]:
        workers = effective_n_jobs(n_jobs)
        if which.size < 2 * workers:
            parts = [measure(which, steps)]
        else:
            # max_nbytes=None: large arrays are handed over as copies, since the loss may want to write beside them
            with _workers_end_with_this_process():
                run = Parallel(n_jobs=n_jobs, max_nbytes=None, return_as="generator")
            pieces = np.array_split(np.arange(which.size), workers)
            try:
                calls = (delayed(measure)(which[piece], steps[piece]) for piece in pieces)
                parts = list(results_of(run, calls))
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                if "pickle" not in str(error).lower():
                    raise
                raise OptionError(
                    f"the loss cannot be sent to other processes ({error}); expected one that can be pickled. "
                    "Use n_jobs=1, or define the loss without open files, locks and generators."
                ) from error
        for _, _, n_evaluations, refusals in parts:
            account(n_evaluations, refusals)
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    return moves
