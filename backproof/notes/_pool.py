"""Documents checked in processes of their own: one that ends costs the formula it was at, and nothing else.

The executors of the standard library and of joblib give up a whole pool when one process dies, and cannot tell how far
it had come; so the processes are theirs, and the book-keeping is here.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from .._signals import children_out_of_reach
from ._job import Job, loss_of, seconds_to_read, serve

# The kernel ends a process that computes for too long; patience of the wall clock is for one that does not compute.
_PATIENCE = 20.0
MOST_LOSSES = 50  # processes that one document may end


@dataclass
class _Worker:
    """A process, its end of the line, and what it is busy with."""

    process: Any
    line: Connection
    job: Job | None = None
    at: int | None = None
    waited: float = 0.0
    limit: float = 0.0
    leaves: bool = False


@dataclass
class Pool:
    """Up to ``size`` processes; leaving the context ends them all."""

    size: int
    serve: Callable[[Connection], None] = serve
    workers: list[_Worker] = field(default_factory=list)
    queue: deque[Job] = field(default_factory=deque)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.join()
            worker.line.close()
        self.workers.clear()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, str, Any]]:
        """Check documents and yield what is said of them as it is said.

        Yields
        ------
        (Job, str, object)
            ``reading``, ``formulas`` and their number, ``finding`` and (number, data), ``error`` and a sentence;
            last ``end``.
        """
        self.queue.extend(jobs)
        before = time.monotonic()
        while self.queue or any(worker.job for worker in self.workers):
            self.employ()
            lines = {worker.line: worker for worker in self.workers}
            ready = wait(list(lines), timeout=1.0)
            now = time.monotonic()
            # Bounded, so that a machine that slept, or a process that was stopped, ends no work.
            passed, before = min(now - before, 1.5), now
            for line in ready:
                yield from self.hear(lines[line])  # type: ignore[index]
            for worker in [w for w in self.workers if w.job and w.line not in ready]:
                worker.waited += passed
                if worker.waited > worker.limit:
                    worker.process.kill()

    def employ(self) -> None:
        """Give work to who has none, and take on as many as there is work for."""
        for worker in self.workers:
            if worker.job is None and self.queue:
                self.start(worker, self.queue.popleft())
        while self.queue and len(self.workers) < self.size:
            worker = _hired(self.serve)
            self.workers.append(worker)
            self.start(worker, self.queue.popleft())

    def start(self, worker: _Worker, job: Job) -> None:
        worker.job, worker.at, worker.waited, worker.leaves = job, None, 0.0, False
        worker.limit = _PATIENCE + 4 * seconds_to_read(job.text)
        with suppress(OSError):  # it has ended already: that is heard next
            worker.line.send(job)

    def hear(self, worker: _Worker) -> Iterator[tuple[Job, str, Any]]:
        """Take one message, or the silence of a process that has ended."""
        job = worker.job
        try:
            word, said = worker.line.recv()
        except (EOFError, OSError):
            yield from self.bury(worker)
            return
        assert job is not None
        worker.waited = 0.0
        if word == "at":
            worker.at = said
            seconds = seconds_to_read(job.text) if said is None else job.options["timeout"]
            worker.limit = _PATIENCE + 4 * seconds
        elif word == "memory":
            worker.leaves = True
        else:
            if word == "finding":
                job.done[said[0]] = said[1]
            elif word == "end":
                worker.job = None
            yield job, word, said

    def bury(self, worker: _Worker) -> Iterator[tuple[Job, str, Any]]:
        """A process has ended: its document goes to another one, without the formula that it was at."""
        worker.process.join()
        worker.line.close()
        self.workers.remove(worker)
        job = worker.job
        if job is None:
            return
        why = loss_of(worker.process.exitcode, job.options["timeout"])
        if not worker.leaves and (worker.at is None or len(job.lost) >= MOST_LOSSES):
            yield (
                job,
                "error",
                why if worker.at is None else f"more than {MOST_LOSSES} of its formulas pass every limit.",
            )
            yield job, "end", None
            return
        if not worker.leaves:
            assert worker.at is not None
            if worker.at in job.lost:
                yield job, "error", why
                yield job, "end", None
                return
            job.lost[worker.at] = why
        self.queue.appendleft(job)


def _hired(serve: Callable[[Connection], None]) -> _Worker:
    """A new process, forked from a server that has imported everything: ready in some milliseconds."""
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["backproof.notes._worker", "backproof.notes._warm"])
        from multiprocessing import forkserver, resource_tracker

        with children_out_of_reach(resource_tracker.ensure_running):
            forkserver.ensure_running()
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)
