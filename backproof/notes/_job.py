"""What is handed to a process that checks documents, and what its end means; all of it light, for the process that asks."""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any


@dataclass
class Job:
    """A document to be checked: what is known of it already, and the formulas that ended a process."""

    number: int
    text: str
    name: str
    options: dict[str, Any]
    done: dict[int, dict[str, Any]] = field(default_factory=dict)
    lost: dict[int, str] = field(default_factory=dict)


def seconds_to_read(text: str) -> float:
    """How long the structure of a document and its words may take: several times what they take."""
    return 20.0 + len(text) / 100_000


def serve(connection: Connection) -> None:
    """What the process does."""
    from ._worker import work

    work(connection)


def loss_of(exit_code: int | None, timeout: float) -> str:
    """What is said of the formula at which a process ended."""
    name = f"exit code {exit_code}"
    if exit_code is not None and exit_code < 0:
        with suppress(ValueError):
            name = signal.Signals(-exit_code).name
    if name in ("SIGPROF", "SIGKILL"):
        return f"the time limit of {timeout:g} s has passed"
    if name == "SIGABRT":  # python-flint's way to say that there is no more memory
        return "there is not enough memory for it"
    return f"the process that checked it ended ({name})"
