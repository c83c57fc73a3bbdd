"""Checks shared out among processes: each is independent of the others, so who runs it makes no difference.

joblib enters backproof in this file only, when more than one worker is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec

from backproof._errors import BackproofError
from backproof.triangle._check import Check, Task, run_task

__all__ = ["Group", "could_share", "one_thread_a_process", "run_groups", "workers_for"]

Group = Sequence[Task]  # the checks of one name: they share what is derived for the first of them

# A third of all work: it starts first, and nobody waits for it at the end. The others come as they are listed, so that
# the progress bar moves, but the networks before the library, whose entries are the shortest.
LONGEST = "deep_network"
LAST = "library"
# A worker takes about a second of its core to start, as long as the checks of four names.
NAMES_PER_WORKER = 4
FEW = 2 * NAMES_PER_WORKER
# Every BLAS reads one of these once, when it is loaded.
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread_a_process() -> None:
    """Let BLAS use one thread, unless the user chose: sums then come out the same however many workers there are.

    To be called before NumPy is imported. The arrays here are small: threads would only wait for each other.
    """
    for variable in BLAS_THREADS:
        os.environ.setdefault(variable, "1")


def could_share(n_groups: int, n_jobs: int) -> bool:
    """Say whether installing joblib would save time: many checks, several cores, and joblib absent."""
    return n_groups >= FEW and n_jobs != 1 and not _has_joblib() and (os.cpu_count() or 1) > 1


def _has_joblib() -> bool:
    return find_spec("joblib") is not None


def _cores() -> int:
    """Count the cores that this process may use: joblib knows of containers and affinities."""
    from joblib import cpu_count

    return int(cpu_count())


def workers_for(n_groups: int, n_jobs: int) -> int:
    """Give the number of workers that pays: -1 asks for one a core, and without joblib there is one.

    Raises
    ------
    BackproofError
        If `n_jobs` is neither -1 nor positive.
    """
    if n_jobs < 1 and n_jobs != -1:
        raise BackproofError(f"n_jobs is {n_jobs}; expected a number of workers, or -1 for one a core.")
    if n_jobs == 1 or n_groups < FEW or not _has_joblib():
        return 1
    return min(_cores() if n_jobs == -1 else n_jobs, n_groups // NAMES_PER_WORKER)


def run_groups(
    groups: Sequence[Group],
    n_jobs: int,
    on_start: Callable[[Task], object],
    on_done: Callable[[Check], object],
) -> list[Check]:
    """Run every check and return what came of each, in the order of the groups.

    Parameters
    ----------
    groups : sequence of sequences of Task
    n_jobs : int
        Workers. One is this process itself.
    on_start : callable
        Told of each task before it runs; of none when other processes run them.
    on_done : callable
        Told of each check in the order in which they end.

    Raises
    ------
    BackproofError
        If a worker was killed.
    """
    if n_jobs == 1:
        checks = []
        for task in (task for group in groups for task in group):
            on_start(task)
            checks.append(run_task(task))
            on_done(checks[-1])
        return checks
    order = sorted(
        range(len(groups)), key=lambda k: (groups[k][0].name != LONGEST, groups[k][0].kind == LAST, k)
    )
    ended: dict[int, list[Check]] = {}
    for place, found in _shared(groups, order, n_jobs):
        ended[place] = found
        for check in found:
            on_done(check)
    return [check for place in range(len(groups)) for check in ended[place]]


def _shared(groups: Sequence[Group], order: Sequence[int], n_jobs: int) -> Iterator[tuple[int, list[Check]]]:
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    from gradcheck._parallel import end_with, results_of

    guarded = {"initializer": end_with, "initargs": (os.getpid(),)}
    with parallel_config(backend="loky", n_jobs=n_jobs, inner_max_num_threads=1, **guarded):
        run = Parallel(return_as="generator_unordered", batch_size=1, max_nbytes=None)
        try:
            yield from results_of(run, (delayed(_run_group)(place, groups[place]) for place in order))
        except TerminatedWorkerError as error:
            raise BackproofError(
                "A worker was ended from outside, perhaps for want of memory: try with fewer, as --jobs 1."
            ) from error


def _run_group(place: int, group: Group) -> tuple[int, list[Check]]:
    return place, [run_task(task) for task in group]
