"""Findings kept by content, so that a second run over the same notes is instant.

The key holds everything that a verdict depends on: the text, the options, and the code that decides.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
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
    return max(
        path.stat().st_mtime_ns
        for room in _ROOMS
        for path in (root / room).rglob("*")
        if path.suffix != ".pyc"
    )


def read(key: str) -> list[dict[str, Any]] | None:
    """Findings under a key, or None; an entry that cannot be read counts as none."""
    try:
        entry = json.loads((folder() / key[:2] / f"{key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return entry if isinstance(entry, list) else None


def write(key: str, findings: list[dict[str, Any]]) -> bool:
    """Keep findings, atomically; False where the folder cannot be written: a cache is a convenience.

    A run that met a time limit is not kept: on a quieter machine it may do better.
    """
    if any("limit" in str(f["reason"]) for f in findings):
        return False
    target = folder() / key[:2] / f"{key}.json"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, suffix=".part", delete=False, encoding="utf-8", errors="surrogatepass"
        ) as file:
            json.dump(findings, file)
        Path(file.name).replace(target)
    except OSError:
        return False
    return True
