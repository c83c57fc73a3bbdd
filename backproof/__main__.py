"""The console script `backproof`, and `python -m backproof`."""

from __future__ import annotations

import os
import signal
import sys
import time
from _thread import start_new_thread
from pathlib import Path
from types import FrameType
from typing import NoReturn

from backproof._signals import ending

__all__ = ["main"]

# Seconds in which a process that was told to end may end its workers and remove half-written files.
PATIENCE = 3.0


def main() -> None:
    """Run the command line; ends the process with the command's exit code."""
    _open_what_is_closed()
    try:
        from backproof._cli import backproof
    except ModuleNotFoundError as error:  # click itself: there is no boundary of errors yet
        from backproof._house import missing_dependency

        told = missing_dependency(error)
        if not told:
            raise
        print(f"Error: {told}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:  # the boundary would have told it
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    signal.signal(signal.SIGTERM, _end)  # as `timeout` sends it
    try:
        backproof(prog_name="backproof")
    finally:  # the answer is told: Python only takes leave of its threads and workers now, and would complain
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _open_what_is_closed() -> None:
    """Give a process that was started without stdin, stdout or stderr (``>&-``) /dev/null in its place.

    Otherwise the next file that is opened would get its number, and be written over.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            null = Path(os.devnull).open(mode)  # noqa: SIM115 - it stays, under the lowest number that is free
            setattr(sys, name, null)


def _end(number: int, _: FrameType | None) -> NoReturn:
    """Leave as after Ctrl-C, workers ended and half-written files removed, with the code that shells expect.

    An exception that comes while Python finalises an object, or in code that catches everything, is lost; the end is not.
    """
    ending.append(128 + number)
    start_new_thread(_end_at_last, (128 + number,))  # threading's own locks may be held where this comes
    sys.exit(128 + number)


def _end_at_last(code: int) -> None:
    time.sleep(PATIENCE)
    os._exit(code)  # workers notice, and end themselves


if __name__ == "__main__":
    main()
