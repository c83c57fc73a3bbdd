"""The console script `backproof`, and `python -m backproof`."""

from __future__ import annotations

from backproof._cli import backproof

__all__ = ["main"]


def main() -> None:
    """Run the command line; ends the process with the command's exit code."""
    backproof(prog_name="backproof")


if __name__ == "__main__":
    main()
