"""Work shared out among processes.

joblib enters gradcheck in this file only, when it is asked for.  Its back end is the caller's:
`joblib.parallel_config(backend="dask")` around a check or a sweep runs it on a cluster.
"""

from __future__ import annotations

import pickle
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck._errors import OptionError
from gradcheck._ladder import Moves
from gradcheck._point import Array

Measure = Callable[[NDArray[np.intp], Array], tuple[Array, Array, int, list[str]]]


def require_workers(n_jobs: int) -> None:
    """Raise unless `n_jobs` is a number of workers."""
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int | np.integer) or n_jobs == 0:
        raise OptionError(f"n_jobs is {n_jobs!r}; expected 1, a number of workers, or -1 for all cores.")


def unordered(function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], n_jobs: int) -> Iterable[Any]:
    """Give the results of many calls as each ends, so that what has ended is known whatever is still running."""
    from joblib import Parallel, delayed

    run = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    return _begun(run, (delayed(function)(*arguments) for arguments in calls))


def _begun(run: Callable[[Iterable[Any]], Any], calls: Iterable[Any]) -> Iterable[Any]:
    """Start joblib's processes and return its generator of results; a Ctrl-C meanwhile leaves none of them behind."""
    results: Any = None
    try:
        with _children_out_of_reach():
            results = run(calls)
    except KeyboardInterrupt:
        if results is not None:
            with warnings.catch_warnings(action="ignore"):  # joblib warns of every task that it drops
                results.close()
        raise
    began: Iterable[Any] = results
    return began


@contextmanager
def _children_out_of_reach() -> Iterator[None]:
    """Start processes inside that Ctrl-C does not reach: it ends the one that started them, which ends them.

    What is held back here stays held back in them; the trackers of resources would let it through when they start.
    """
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as tracker_of_loky

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
            run = Parallel(n_jobs=n_jobs, max_nbytes=None, return_as="generator")
            pieces = np.array_split(np.arange(which.size), workers)
            try:
                calls = (delayed(measure)(which[piece], steps[piece]) for piece in pieces)
                parts = list(_begun(run, calls))
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
