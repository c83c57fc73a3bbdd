"""The boundary of errors: what goes wrong becomes one paragraph on stderr and an exit code."""

from __future__ import annotations

import os
import sys
import traceback

import click

from backproof._errors import BackproofError

__all__ = ["is_told", "tell"]

# The root of each witness's tree of exceptions. A witness that was never imported cannot have raised.
ROOTS = {"symbolic": "SymbolicError", "numeric": "NumericError", "gradcheck": "GradcheckError"}


def is_told(error: BaseException) -> bool:
    """Say whether an error was raised on purpose, for the user to read."""
    roots = tuple(
        getattr(sys.modules[module], root) for module, root in ROOTS.items() if module in sys.modules
    )
    notes = sys.modules.get("backproof.notes._errors")
    if notes is not None:
        roots += (notes.NotesError,)
    return isinstance(error, (BackproofError, *roots))


def tell(error: Exception, *, debug: bool = False) -> int:
    """Write an error to stderr and return the exit code.

    Parameters
    ----------
    error : Exception
        What ended the command.
    debug : bool
        Show the traceback besides; also when BACKPROOF_DEBUG is set.

    Returns
    -------
    int
        2, but 130 after Ctrl-C and 0 where the reader of a pipe went away.
    """
    if isinstance(error, BrokenPipeError):
        # `backproof list | head`: the reader has seen enough. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if debug or os.environ.get("BACKPROOF_DEBUG", "") not in ("", "0"):
        traceback.print_exception(error)
    if isinstance(error, click.exceptions.Abort):
        click.echo("Interrupted.", err=True)
        return 130
    if isinstance(error, click.ClickException):
        error.show()
        return 2
    click.secho("Error: ", fg="red", bold=True, err=True, nl=False)
    click.echo(_paragraph(error), err=True)
    return 2


def _paragraph(error: Exception) -> str:
    if is_told(error):
        return str(error).strip() or type(error).__name__
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {(error.strerror or str(error)).lower()}."
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; try smaller sizes."
    kind = type(error).__name__
    return (
        f"backproof itself stumbled: {kind}: {error}. This is a defect of backproof, not of your input; "
        "backproof --debug … shows where."
    )
