"""The boundary of errors: what goes wrong becomes one paragraph on stderr and an exit code."""

from __future__ import annotations

import os
import sys
import traceback

import click

from backproof._errors import BackproofError
from backproof._house import missing_dependency
from backproof._terminal import is_plain, printable

__all__ = ["is_told", "tell"]

PRINTERS = ("click.utils", "rich.console", "backproof._cli")
LONGEST = 4000  # characters of an error: a screen full
READER_LEFT = 141  # 128 + SIGPIPE: neither "it holds" nor "it is refuted", since nobody read the verdict

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
        2, but 130 after Ctrl-C and 141 where the reader of a pipe went away, as in ``backproof list | head -1``.
    """
    stdout_fails = isinstance(error, OSError) and _is_of_stdout(error)
    if stdout_fails:  # Python would try once more at exit, and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return READER_LEFT
    if debug or os.environ.get("BACKPROOF_DEBUG", "") not in ("", "0"):
        traceback.print_exception(error)
    if isinstance(error, click.exceptions.Abort):
        click.echo("Interrupted.", err=True)
        return 130
    if isinstance(error, click.ClickException):
        error.show()
        return 2
    click.secho("Error: ", fg="red", bold=True, err=True, nl=False, color=False if is_plain() else None)
    click.echo(("stdout: " if stdout_fails else "") + printable(_cut(_paragraph(error))), err=True)
    return 2


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _is_of_stdout(error: OSError) -> bool:
    """Say whether an error without a file's name came from printing: from Click, Rich, or the last flush."""
    if isinstance(error, BrokenPipeError):
        return True
    printers = [sys.modules[name].__file__ for name in PRINTERS if name in sys.modules]
    frames = traceback.extract_tb(error.__traceback__)
    return error.filename is None and bool(frames) and frames[-1].filename in printers


def _paragraph(error: Exception) -> str:
    if is_told(error):
        return str(error).strip() or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        what = "" if error.filename is None else f"{error.filename}: "
        return f"{what}{error.strerror.lower()}."
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; try smaller sizes."
    missing = missing_dependency(error)
    if missing:
        return missing
    kind = type(error).__name__
    return (
        f"backproof itself stumbled: {kind}: {error}. This is a defect of backproof, not of your input; "
        "backproof --debug … shows where."
    )
