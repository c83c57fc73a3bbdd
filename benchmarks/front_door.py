"""How long the front door lets people wait, each time in a fresh process: `python benchmarks/front_door.py`.

Bars: `backproof --help` at most 150 ms; `import numeric` and `import gradcheck` at most 1.3 times `import numpy`;
`backproof verify` under 20 s on two cores. The best of several runs is what the program needs; the median is what
this machine gave.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

BACKPROOF = (sys.executable, "-m", "backproof")
IMPORTS = ("numpy", "numeric", "gradcheck", "symbolic")


def seconds(*command: str) -> float:
    """Run a command and return how long it took; its failure is ours."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def interleaved(commands: dict[str, tuple[str, ...]], runs: int) -> dict[str, list[float]]:
    """Run commands in turn, so that what else this machine does meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(seconds(*command))
    return times


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=15)
    options.add_argument("--verify-runs", type=int, default=3)
    chosen = options.parse_args()

    bare = (sys.executable, "-c", "pass")
    quick = {"bare python": bare, "--help": (*BACKPROOF, "--help")}
    quick |= {f"import {name}": (sys.executable, "-c", f"import {name}") for name in IMPORTS}
    interleaved(quick, 1)  # the first run reads files that later ones find in memory
    times = interleaved(quick, chosen.runs)
    for name, taken in times.items():
        print(f"{name:24} best {1e3 * min(taken):6.0f} ms   median {1e3 * statistics.median(taken):6.0f} ms")
    numpy = min(times["import numpy"])
    for name in ("numeric", "gradcheck"):
        print(f"{f'import {name} / numpy':24} {min(times[f'import {name}']) / numpy:.2f}")

    print(f"verify, on {os.cpu_count()} cores")
    verify = {f"verify --jobs {jobs}": (*BACKPROOF, "verify", "--jobs", jobs) for jobs in ("-1", "1")}
    for name, taken in interleaved(verify, chosen.verify_runs).items():
        print(f"{name:24} best {min(taken):6.1f} s    median {statistics.median(taken):6.1f} s")


if __name__ == "__main__":
    main()
