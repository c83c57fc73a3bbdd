"""The terminal: results to stdout, progress and errors to stderr; plain where it is no terminal or NO_COLOR is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

__all__ = ["console", "error_console", "progress_bar"]


def console() -> Console:
    """Give the console for results; where nobody says how wide a pipe is, it is 120 columns."""
    import os

    from rich.console import Console

    out = Console(highlight=False)
    return out if out.is_terminal or "COLUMNS" in os.environ else Console(highlight=False, width=120)


def error_console() -> Console:
    """Give the console for progress and messages about the run."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def progress_bar() -> Progress:
    """Give a progress bar on stderr that vanishes when it ends, and does nothing where stderr is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    err = error_console()
    return Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
