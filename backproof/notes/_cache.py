"""Findings kept by content, so that a second run over the same notes is instant.

The key holds everything that a verdict depends on: the text, the options, and the code that decides.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from backproof._version import __version__

_ROOMS = ("backproof/notes", "symbolic")  # what a verdict is made by


def folder() -> Path:
    """Where findings are kept: the user's cache folder, or ``$BACKPROOF_CACHE``."""
    if own := os.environ.get("BACKPROOF_CACHE"):
        return Path(own)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home()))
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "backproof" / "notes"


def key(name: str, text: str, options: dict[str, Any]) -> str:
    """Hash of the text, the options, and the version and date of the code."""
    parts = json.dumps([__version__, _code_stamp(), Path(name).suffix, options, text], sort_keys=True)
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _code_stamp() -> int:
    """Newest change of the code that decides: an edited checkout never answers from an older one's cache."""
    root = Path(__file__).parents[2]
    files = (path for room in _ROOMS for path in (root / room).rglob("*") if path.suffix != ".pyc")
    return max((path.stat().st_mtime_ns for path in files), default=0)


@dataclass(frozen=True)
class Kept:
    """Findings under their numbers; ``whole`` when they are all that the document has."""

    findings: dict[int, dict[str, Any]]
    whole: bool


def read(key: str) -> Kept | None:
    """What is kept under a key, or None; an entry that cannot be read counts as none."""
    try:
        entry = json.loads((folder() / key[:2] / f"{key}.json").read_text(encoding="utf-8"))
        return Kept({int(k): dict(f) for k, f in entry["findings"].items()}, bool(entry["whole"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write(key: str, kept: Kept) -> bool:
    """Keep findings, atomically; False where the folder cannot be written: a cache is a convenience."""
    target = folder() / key[:2] / f"{key}.json"
    part = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, suffix=".part", delete=False, encoding="utf-8"
        ) as file:
            part = Path(file.name)
            json.dump({"whole": kept.whole, "findings": kept.findings}, file)
        part.replace(target)
    except OSError:
        return False
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return True
