"""The unfinished file beside the one that it will replace, and what killed programs left of theirs.

Whoever writes such a part holds a lock on it, which the system takes back when the program ends, however it ends:
a part that nobody has locked is nobody's. Where there are no such locks (Windows), parts are left alone.
"""

from __future__ import annotations

import glob
import os
import tempfile
from pathlib import Path

__all__ = ["open_part", "remove_left_parts"]


def open_part(target: Path) -> tuple[int, Path]:
    """Make an empty file in the folder of the target, and return it open and locked.

    In the same folder: only there is the replacement one operation of the file system.
    """
    while True:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        # Between the two lines above and below somebody may have taken it for one that was left.
        if _lock(handle) is not False and os.fstat(handle).st_nlink:
            return handle, Path(name)
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
