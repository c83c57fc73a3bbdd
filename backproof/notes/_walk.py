"""From paths to checked documents: a tree is walked, files are checked in processes, a second run comes from the cache."""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from backproof.notes import _cache
from backproof.notes.report import Checked

SUFFIXES = (".md", ".markdown", ".tex", ".ipynb", ".html", ".htm", ".rst", ".txt")
LARGEST = 50_000_000  # bytes; a larger file is no note
_SKIPPED_FOLDERS = {"node_modules", "__pycache__", "venv", "site-packages", "build", "dist"}
STDIN = Path("-")

# What is said while documents are checked: the name of one that is being read, its name with how many formulas it has,
# one finding and its number, or the whole document when it is done.
Event: TypeAlias = tuple[str] | tuple[str, int] | tuple[str, int, dict[str, Any]] | Checked


@dataclass(frozen=True)
class Given:
    """A document as it was handed in, or why it could not be read."""

    name: str
    text: str = ""
    error: str | None = None
    encoding: str = "utf-8"


def note_files(paths: Sequence[Path]) -> list[Path]:
    """Notes under the paths, in order; a file that is named outright is taken whatever its suffix.

    Hidden folders, environments and build results are passed over; links to folders are not followed, so no tree is endless.
    A name that is no file is a pattern, for shells that leave patterns alone: ``notes/**/*.md``.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - of a path that may not be looked at, too
            found.update(dict.fromkeys(_walk(path)))
        elif path == STDIN or os.path.lexists(path) or not glob.has_magic(str(path)):
            found[path] = None
        else:
            names = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - a pattern may be absolute
            found.update(dict.fromkeys(p for p in map(Path, names) if p.is_file()))
    return list(found)


def _walk(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        yield folder  # reading it will say why
        return
    for entry in found:
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            if entry.name[0] != "." and entry.name not in _SKIPPED_FOLDERS:
                yield from _walk(path)
        elif path.suffix.lower() in SUFFIXES and not (entry.is_symlink() and os.path.isdir(path)):  # noqa: PTH112 - never raises
            yield path


def read_file(path: Path, stdin_name: str = "<stdin>.md") -> Given:
    """Read one file; what cannot be read becomes the document's error, and never an exception."""
    if path == STDIN:
        data = _stdin()
        return _too_large(stdin_name, len(data)) or _given(stdin_name, data)
    name = path.as_posix()
    try:
        if path.is_dir():
            os.listdir(path)  # noqa: PTH208 - only for what it raises
        if not path.is_file() and path.exists():
            return Given(name, error=f"{path} is no file; expected a note.")
        size = path.stat().st_size
        return _too_large(name, size) or _given(name, path.read_bytes())
    except OSError as error:
        return Given(name, error=f"{error.strerror or error}: {path}")


def _given(name: str, data: bytes) -> Given:
    if kind := kind_of_binary(data):
        return Given(name, error=f"this is {kind}; expected Markdown, LaTeX, HTML or a notebook.")
    text, encoding = decode(data)
    return Given(name, text, encoding=encoding)


def _stdin() -> bytes:
    import sys

    return sys.stdin.buffer.read(LARGEST + 1)


def _too_large(name: str, size: int) -> Given | None:
    return None if size <= LARGEST else Given(name, error=f"{size:,} bytes; the limit is {LARGEST:,}.")


_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


# What files begin with that are no text, whatever bytes follow.
_KINDS = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "an archive or an office document",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\x93NUMPY": "a NumPy array",
    b"\x7fELF": "a program",
    b"SQLite format 3\0": "a database",
}


def kind_of_binary(data: bytes) -> str:
    """What a file is that begins as no text does; empty for a text.

    Examples
    --------
    >>> kind_of_binary(b"%PDF-1.7"), kind_of_binary(b"a = b")
    ('a PDF', '')
    """
    return next((kind for start, kind in _KINDS.items() if data.startswith(start)), "")


def decode(data: bytes) -> tuple[str, str]:
    """Decode by byte-order mark, as UTF-8, as CP949 if it is Korean, else as Latin-1, which reads any bytes.

    Examples
    --------
    >>> decode("σ".encode("utf-16")), decode("시그모이드".encode("cp949"))
    (('σ', 'utf-16'), ('시그모이드', 'cp949'))
    """
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding
    zeros = data[:1000].count(0)
    if zeros * 4 > len(data[:1000]):  # every other byte of Latin letters in UTF-16
        encoding = "utf-16-le" if data[1::2][:500].count(0) * 2 > zeros else "utf-16-be"
        return data.decode(encoding, errors="replace"), encoding
    for encoding in ("utf-8", "cp949"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or any("가" <= letter <= "힣" for letter in text):
            return text, encoding
    return data.decode("latin-1"), "latin-1"


def workers_for(files: int, jobs: int) -> int:
    """How many processes: as many as asked, -1 for a core each, 0 for what fits: never more than there are files."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(files, cores if jobs <= 0 else jobs))


def check_documents(
    documents: Iterable[Given], options: dict[str, Any], jobs: int = 0, use_cache: bool = True
) -> Generator[Event, None, None]:
    """Check documents in processes of their own; say what is found as it is found, documents in no fixed order.

    What was decided is kept: when the caller stops early, the next run begins where this one ended.
    """
    given = list(documents)
    left: list[tuple[int, Given, dict[int, dict[str, Any]]]] = []
    for number, document in enumerate(given):
        if document.error is not None:
            yield Checked(document.name, "", (), 0.0, error=document.error)
            continue
        key = _cache.key(document.name, document.text, options) if use_cache else ""
        kept = _cache.read(key) if use_cache else None
        if kept is not None and kept.whole:
            findings = tuple(kept.findings[k] for k in sorted(kept.findings))
            yield Checked(document.name, document.text, findings, 0.0, cached=True)
            continue
        done = dict(kept.findings) if kept is not None else {}
        left.append((number, document, done))
    if not left:
        return
    from backproof.notes._job import Job
    from backproof.notes._pool import Pool

    waiting = [Job(number, document.text, document.name, options, done) for number, document, done in left]
    started: dict[int, float] = {}
    errors: dict[int, str] = {}
    counts: dict[int, int] = {}
    ended: set[int] = set()
    try:
        with Pool(workers_for(len(waiting), jobs)) as pool:
            for job, word, said in pool.run(waiting):
                started.setdefault(job.number, time.perf_counter())
                if word == "reading":
                    yield (job.name,)
                elif word == "formulas":
                    if job.number not in counts:
                        yield (job.name, said)
                        for number in sorted(job.done):
                            yield (job.name, number, job.done[number])
                    counts[job.number] = said
                elif word == "finding":
                    yield (job.name, *said)
                elif word == "error":
                    errors[job.number] = said
                elif word == "end":
                    ended.add(job.number)
                    if use_cache:
                        _keep(job, options, whole=job.number not in errors)
                    elapsed = time.perf_counter() - started[job.number]
                    yield _checked(job, elapsed, errors.get(job.number))
    finally:
        if use_cache:
            _keep_unfinished(waiting, ended, options)


def _keep(job: Any, options: dict[str, Any], *, whole: bool) -> None:
    """Keep what was decided; a formula that met a limit is tried again on the next run."""
    findings = {k: f for k, f in job.done.items() if not str(f["reason"]).startswith("unknown (limit)")}
    complete = whole and len(findings) == len(job.done)
    _cache.write(_cache.key(job.name, job.text, options), _cache.Kept(findings, complete))


def _keep_unfinished(jobs: Sequence[Any], ended: set[int], options: dict[str, Any]) -> None:
    """Keep what was decided of documents that did not end; copies of one document have one place to be kept in."""
    copies: dict[tuple[str, str], list[Any]] = {}
    for job in jobs:
        copies.setdefault((Path(job.name).suffix, job.text), []).append(job)
    for same in copies.values():
        if not ended & {job.number for job in same}:
            for job in same[1:]:
                same[0].done.update(job.done)
            if same[0].done:
                _keep(same[0], options, whole=False)


def _checked(job: Any, elapsed: float, error: str | None) -> Checked:
    findings = tuple(job.done[number] for number in sorted(job.done))
    return Checked(job.name, job.text, findings, elapsed, error=error)


def check_file(path: Path, options: dict[str, Any], use_cache: bool = True) -> Checked:
    """Check one file."""
    (document,) = check_files([path], options, use_cache=use_cache)
    return document


def check_files(
    paths: Iterable[Path], options: dict[str, Any], jobs: int = 0, use_cache: bool = True
) -> list[Checked]:
    """Check files and give them in their order."""
    full = {"profile": None, "timeout": 2.0, "loss": None, "activation": None, **options}
    given = [read_file(path) for path in paths]
    done = {e.name: e for e in check_documents(given, full, jobs, use_cache) if isinstance(e, Checked)}
    return [done[document.name] for document in given]
