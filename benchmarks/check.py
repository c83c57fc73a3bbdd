"""How soon `backproof check` says its first verdict, how fast it goes on, and how instant a second run is.

    python benchmarks/check.py [FOLDER]

A folder of notes is copied several times, so that there is work for all cores; by default the notes of the tests.
The first verdict is the first line that the command prints on a note with one mistake, from the start of its process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIES = 12


def first_verdict() -> float:
    """Seconds from the start of the command to its first line, without a cache."""
    command = [sys.executable, "-m", "backproof", "check", str(ROOT / "docs" / "example.md"), "--no-cache"]
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - start
        process.stdout.read()
    assert "refuted" in line, line
    return seconds


def run(folder: Path, cache: Path, jobs: int) -> tuple[float, dict[str, float]]:
    """Seconds for a folder, and the summary."""
    out = cache.with_suffix(".json")
    command = [
        sys.executable,
        "-m",
        "backproof",
        "check",
        str(folder),
        "--jobs",
        str(jobs),
        "--json",
        str(out),
    ]
    start = time.perf_counter()
    subprocess.run(
        command, env={**os.environ, "BACKPROOF_CACHE": str(cache)}, stdout=subprocess.DEVNULL, check=False
    )
    return time.perf_counter() - start, json.loads(out.read_text())["summary"]


def main() -> int:
    """Print the three figures."""
    notes = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "backproof" / "notes"
    print(
        f"first verdict: {min(first_verdict() for _ in range(3)):.2f} s after the command (at most 2 asked)"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "notes")
        for copy in range(COPIES):
            for path in notes.iterdir():
                target = folder / str(copy) / path.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(
                    path.read_bytes() + b"\n" * copy
                )  # another content: nothing comes from the cache
        for jobs in (1, 2):
            seconds, counts = run(folder, Path(name, f"cache{jobs}"), jobs)
            print(
                f"{jobs} process{'es' * (jobs > 1)}: {counts['formulas']} formulas, {counts['claims']} claims in"
                f" {counts['files']} files in {seconds:.1f} s: {counts['formulas'] / seconds:.0f} formulas a second"
            )
        again, _ = run(folder, Path(name, "cache2"), 2)
        print(f"second run, from the cache: {again:.2f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
