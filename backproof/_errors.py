"""What the front door raises: every error of the user's is a BackproofError, told in one paragraph and exit code 2."""

from __future__ import annotations

__all__ = ["BackproofError", "HouseError"]


class BackproofError(Exception):
    """The input or the call is at fault; the message names the thing, the value, what was expected, and what to try."""


class HouseError(BackproofError):
    """An import name of ours belongs to another distribution."""
