"""Files are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from backproof._errors import BackproofError

__all__ = ["write_atomically"]


def write_atomically(path: str | Path, content: str | bytes) -> None:
    """Write a file so that a crash at any moment leaves the old one or the new one, never a part.

    Raises
    ------
    BackproofError
        If the folder does not exist or cannot be written.
    """
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
    part = None
    try:
        descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(part).chmod(0o666 & ~mask)  # mkstemp makes private files; a report is an ordinary one
        Path(part).replace(target)
    except OSError as error:
        raise BackproofError(
            f"{target} cannot be written: {error.strerror}; expected an existing, writable folder."
        ) from error
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)
