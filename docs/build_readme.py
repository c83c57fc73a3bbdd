"""Write what the README's commands really print into its console blocks: `make readme`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def commands(block: str) -> Iterator[str]:
    """The commands of a console block, without what they printed."""
    yield from (line[2:] for line in block.splitlines() if line.startswith("$ "))


def run(command: str) -> str:
    """What a command prints to stdout, as a reader's shell would show it."""
    import os
    import shlex

    words = shlex.split(command)
    environment = {k: v for k, v in os.environ.items() if k != "FORCE_COLOR"} | {
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }
    answer = subprocess.run(
        [sys.executable, "-m", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
        timeout=120,
    )
    return "\n".join(line.rstrip() for line in answer.stdout.rstrip().splitlines())


def fill(text: str) -> str:
    """The README with every console block's output made anew."""

    def block(match: re.Match[str]) -> str:
        parts = [f"$ {command}\n{run(command)}\n" for command in commands(match[1])]
        return "```console\n" + "\n".join(parts) + "```"

    return BLOCK.sub(block, text)


if __name__ == "__main__":
    README.write_text(fill(README.read_text()))
