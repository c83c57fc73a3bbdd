"""The unfinished file beside the one that it will replace, and what killed programs left of theirs.

Whoever writes such a part holds a lock on it, which the system takes back when the program ends, however it ends:
a part that nobody has locked is nobody's. Where there are no such locks (Windows), parts are left alone.
"""

from __future__ import annotations

import glob
import os
import secrets
from pathlib import Path

__all__ = ["open_part", "part_of", "remove_left_parts"]


def part_of(target: Path) -> Path:
    """The name of a part that nobody has yet, in the folder of the target: only there is the replacement one operation.

    The name comes first, so that whoever is interrupted while the file is being made knows what to remove.
    """
    return target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")


def open_part(part: Path) -> int:
    """Make an empty part, and return it open and locked."""
    while True:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        # Between the two lines above and below somebody may have taken it for one that was left.
        if _lock(handle) is not False and os.fstat(handle).st_nlink:
            return handle
        os.close(handle)


def remove_left_parts(target: Path) -> None:
    """Remove the parts of this target that nobody is writing any more."""
    for part in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        try:
            handle = os.open(part, os.O_RDWR)
        except OSError:  # finished in the meantime, or somebody else's
            continue
        try:
            if _lock(handle):
                part.unlink(missing_ok=True)
        finally:
            os.close(handle)


def _lock(handle: int) -> bool | None:
    """Lock an open file; False when somebody else has it, None when this system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network drives
        return None
    return True
