"""Make the README's pictures from real runs of the commands: `make pictures`."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
WIDTH = 100

# picture -> the command as a reader would type it
COMMANDS = {
    "verify": "backproof verify",
    "check": "backproof check docs/example.md",
}

# rich's own frame without its web fonts: a picture must open without network
FRAME = """<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
<rect fill="#16181d" width="{terminal_width}" height="{terminal_height}" rx="8"/>
<g transform="translate(9, 14)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    for name, command in COMMANDS.items():
        words = [sys.executable, "-m", *command.split()]
        environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
        output = subprocess.run(
            words, capture_output=True, text=True, cwd=ROOT, env=environment, check=False
        ).stdout
        console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor")
        console.print(Text(f"$ {command}", style="bold"))
        console.print(Text.from_ansi(output.rstrip()))
        console.print("\n")  # room below the last line, inside the frame
        svg = console.export_svg(code_format=FRAME, unique_id=name, title="")
        (IMAGES / f"{name}.svg").write_text(svg)
        print(IMAGES / f"{name}.svg")


if __name__ == "__main__":
    main()
