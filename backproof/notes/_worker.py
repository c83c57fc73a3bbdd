"""A process that checks documents for another one, and may be ended at any moment without loss.

It says which formula it is at before it touches it.
Its memory is limited, and so is its time on one formula, by the kernel: calls into C that forget everything are ended, too.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ._check import findings, guarded
from ._errors import NotesError
from ._job import Job, seconds_to_read
from ._limits import OutOfTimeError, alarm
from .find import Formula, find
from .report._checked import UNDERLINED
from .report._places import underlined

MEMORY = 1 << 30  # bytes for one formula, beyond what the checker itself needs
_FOR_A_CHARACTER = 60  # bytes: a text is kept as it is written, as it is read, and as words
# The alarm in Python rings at 1.2 times the limit; what has not come back by then is in C.
_KILL = 1.5


def work(connection: Connection, memory: int = MEMORY) -> None:
    """Check one document after the other until nobody asks any more.

    ``memory`` is in bytes, for one formula.
    A document may have more besides: what its text, its words and its tokens take.

    Messages are pairs: ``reading`` when it begins, ``formulas`` and their number, ``at`` and a number, or None where words
    are read, ``finding`` with its number and its data, ``error`` and a sentence, ``memory`` before the process leaves
    because it has grown, ``end``.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the asking process's affair
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what a library says while it aborts
    own = size_in_memory()
    with suppress(EOFError, OSError):
        while True:
            limit_memory(own + memory)
            job = connection.recv()
            limit_memory(own + memory + _FOR_A_CHARACTER * len(job.text))
            run(job, connection)


def run(job: Job, connection: Connection) -> None:
    """Check one document and say everything that is found."""
    timeout, limit = job.options["timeout"], seconds_to_read(job.text)

    def at(number: int | None) -> None:
        connection.send(("at", number))
        _kill_after(_KILL * (limit if number is None else timeout) + 0.5)

    try:
        connection.send(("reading", None))
        _kill_after(_KILL * limit)
        with alarm(limit):
            document = find(job.text, job.name)
        formulas = document.formulas
        connection.send(("formulas", len(formulas)))
        for number, finding in findings(document, **job.options, lost=job.lost, skipped=job.done, at=at):
            data = finding.to_dict()
            if finding.verdict in ("refuted", "mixed"):
                _kill_after(_KILL * timeout + 0.5)
                data[UNDERLINED] = None
                guarded(partial(_underline, data, formulas[number]), timeout)
            connection.send(("finding", (number, data)))
            if finding.reason.startswith("unknown (limit): there is not enough memory"):
                connection.send(("memory", None))
                os._exit(0)  # what one formula has grown shall not starve the next
    except OutOfTimeError:
        connection.send(("error", f"its structure could not be read within {limit:.0f} s."))
    except MemoryError:
        connection.send(("error", "there is not enough memory to read it."))
    except RecursionError:
        connection.send(("error", "it is nested too deep to be read."))
    except NotesError as error:
        connection.send(("error", str(error)))
    except (
        Exception
    ) as error:  # the boundary of a document: a crash outside of its formulas loses no other document
        connection.send(("error", f"the checker failed here: {type(error).__name__}: {error}"))
    finally:
        _kill_after(0)
    connection.send(("end", None))


def _underline(data: dict[str, Any], formula: Formula) -> None:
    data[UNDERLINED] = underlined(data, formula)


def _kill_after(seconds: float) -> None:
    """Let the kernel end this process when the processor has worked on it for so long; 0 takes that back."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def size_in_memory() -> int:
    """Bytes that this process has; 0 where the kernel does not tell."""
    try:
        import resource

        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError, ValueError):
        return 0


def limit_memory(limit: int) -> None:
    """Let the process grow to so many bytes and no further.

    There is no such limit on Windows, and macOS does not keep it.
    """
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
