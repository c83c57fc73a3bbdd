"""The terminal: results to stdout, progress and errors to stderr; plain where it is no terminal or NO_COLOR is set."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

__all__ = ["console", "error_console", "is_plain", "printable", "progress_bar", "width_of_paper"]


def is_plain() -> bool:
    """Say whether NO_COLOR forbids every escape code; it wins over FORCE_COLOR."""
    return os.environ.get("NO_COLOR", "") != ""


def console() -> Console:
    """Give the console for results; where nobody says how wide a pipe is, it is 120 columns."""
    out = _console()
    return out if out.is_terminal or "COLUMNS" in os.environ else _console(width=120)


def width_of_paper() -> int | None:
    """Give how many columns a reader sees; None where nobody reads: a pipe that was given no width."""
    out = _console()
    return out.width if out.is_terminal or "COLUMNS" in os.environ else None


def printable(text: str) -> str:
    """Return a text that cannot command the terminal, as one that quotes a stranger's file could."""
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)


def error_console() -> Console:
    """Give the console for progress and messages about the run."""
    return _console(stderr=True)


def progress_bar() -> Progress:
    """Give a progress bar on stderr that vanishes when it ends; nothing where stderr is plain or no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    err = error_console()
    return Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=is_plain() or not err.is_terminal,  # it moves by escape codes
    )


def _console(**options: Any) -> Console:
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> NoReturn:
            """Leave a reader that went away to the boundary of errors: Rich would exit with 1, as if a check failed."""
            raise BrokenPipeError

    return Ours(highlight=False, color_system=None if is_plain() else "auto", **options)
