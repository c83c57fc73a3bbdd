"""The console script `backproof`, and `python -m backproof`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; ends the process with the command's exit code."""
    try:
        from backproof._cli import backproof
    except ModuleNotFoundError as error:  # click itself: there is no boundary of errors yet
        from backproof._house import missing_dependency

        told = missing_dependency(error)
        if not told:
            raise
        print(f"Error: {told}", file=sys.stderr)
        sys.exit(2)
    backproof(prog_name="backproof")


if __name__ == "__main__":
    main()
