"""Text that is not written in UTF-8: found out where it is, and how its owner changes it."""

from __future__ import annotations

import codecs
from pathlib import Path

from backproof._errors import BackproofError

__all__ = ["check_encoding", "not_utf8"]

# That of UTF-32 begins like that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# Bytes that are looked at: no table in UTF-16 is free of zero bytes for so long.
BEGINNING = 2**16


def check_encoding(path: Path) -> None:
    """Refuse what begins as text in UTF-16 or UTF-32 does, or as what is no text at all."""
    with path.open("rb") as file:
        start = file.read(BEGINNING)
    for mark, name in MARKS:
        if start.startswith(mark):
            raise BackproofError(f"{path} is written in {name}; {_wanted(path, name)}")
    if b"\0" in start:
        raise BackproofError(
            f"{path} holds zero bytes, as text in UTF-16 does, and what is no text; {_wanted(path, 'UTF-16')}"
        )


def not_utf8(path: Path) -> BackproofError:
    """Return what to tell of a file that could not be decoded."""
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError as error:
                return BackproofError(
                    f"{path}, line {line}: the byte 0x{raw[error.start]:02x} is no text in UTF-8; "
                    f"{_wanted(path, 'LATIN1')}"
                )
    return BackproofError(f"{path} was changed while it was read; try again.")


def _wanted(path: Path, name: str) -> str:
    """Say what was expected, and what makes it of a file in the encoding ``name``."""
    return (
        f"expected UTF-8. Try `iconv -f {name} -t UTF-8 {path.name} > utf8{path.suffix}`, "
        "or save it as CSV UTF-8 where it was made."
    )
