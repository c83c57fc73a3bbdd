"""From paths to checked documents: a tree is walked, files are checked in parallel, a second run comes from the cache."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from backproof.notes import _cache
from backproof.notes.report import Checked

SUFFIXES = (".md", ".markdown", ".tex", ".ipynb", ".html", ".htm", ".rst", ".txt")
LARGEST = 50_000_000  # bytes; a larger file is no note
_SKIPPED_FOLDERS = {"node_modules", "__pycache__", "venv", "site-packages", "build", "dist"}


def note_files(paths: Sequence[Path]) -> list[Path]:
    """Notes under the paths, in order; a file that is named outright is taken whatever its suffix.

    Hidden folders, environments and build results are passed over; links to folders are not followed, so no tree is endless.
    """
    found: dict[Path, None] = {}
    for path in paths:
        for file in _walk(path) if path.is_dir() else [path]:
            found[file] = None
    return list(found)


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            if not entry.is_symlink() and entry.name[0] != "." and entry.name not in _SKIPPED_FOLDERS:
                yield from _walk(entry)
        elif entry.suffix.lower() in SUFFIXES:
            yield entry


def check_file(path: Path, options: dict[str, Any], use_cache: bool = True) -> Checked:
    """Check one file; what cannot be read becomes the document's error, and never an exception."""
    from backproof.notes import check

    start = time.perf_counter()
    name = path.as_posix()
    try:
        if path.stat().st_size > LARGEST:
            return Checked(
                name, "", (), 0.0, error=f"{path.stat().st_size:,} bytes; the limit is {LARGEST:,}."
            )
        text = decode(path.read_bytes())
    except OSError as error:
        return Checked(name, "", (), 0.0, error=f"{error.strerror or error}: {path}")
    key = _cache.key(name, text, options)
    kept = _cache.read(key) if use_cache else None
    if kept is not None:
        return Checked(name, text, tuple(kept), time.perf_counter() - start, cached=True)
    findings = [finding.to_dict() for finding in check(text, name=name, **options)]
    if use_cache:
        _cache.write(key, findings)
    return Checked(name, text, tuple(findings), time.perf_counter() - start)


def decode(data: bytes) -> str:
    """Decode by byte-order mark, as UTF-8, as CP949 if it is Korean, else as Latin-1, which reads any bytes."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError:
        return data.decode("latin-1")
    return text if any("가" <= letter <= "힣" for letter in text) else data.decode("latin-1")


def check_files(
    paths: Iterable[Path], options: dict[str, Any], n_jobs: int = 1, use_cache: bool = True
) -> Iterator[Checked]:
    """Check many files and yield each as it ends, in no fixed order; with joblib on `n_jobs` workers, else one by one."""
    files = list(paths)
    if n_jobs == 1 or len(files) < 2:
        yield from (check_file(path, options, use_cache) for path in files)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
        delayed(check_file)(path, options, use_cache) for path in files
    )
