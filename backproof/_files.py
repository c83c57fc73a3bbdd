"""Files are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from backproof._errors import BackproofError

__all__ = ["check_writable", "write_atomically"]


def check_writable(*paths: Path | None) -> None:
    """Make sure that files can be written, before the work whose result they shall hold; None is skipped.

    Raises
    ------
    BackproofError
        If one is a folder, or its folder does not exist or cannot be written.
    """
    for path in paths:
        if path is None or _is_device(path):
            continue
        if path.is_dir():
            raise BackproofError(f"{path} is a folder; expected the name of a file.")
        try:
            # Only writing tells: permissions say nothing of a file system that is read-only or full.
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part"):
                pass
        except OSError as error:
            raise _refused(path, error) from error


def write_atomically(path: str | Path, content: str | bytes) -> None:
    """Write a file so that a crash at any moment leaves the old one or the new one, never a part.

    Raises
    ------
    BackproofError
        If the folder does not exist or cannot be written.
    """
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
    if _is_device(target):
        target.write_bytes(data)
        return
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
        raise _refused(target, error) from error
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)


def _is_device(path: Path) -> bool:
    """Say whether a path is a terminal, a pipe or /dev/null: those are written to, never replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _refused(path: Path, error: OSError) -> BackproofError:
    why = (error.strerror or str(error)).lower()
    return BackproofError(f"{path} cannot be written: {why}; expected an existing, writable folder.")
