"""Conventions for what a note leaves open, chosen by how well they fit its formulas."""

from __future__ import annotations

from .._errors import NotesError
from ._context import Context

PROFILES = ("deeplearning.ai", "row-major", "nielsen", "cs231n", "scalar")


def apply_profile(context: Context, profile: str | None) -> None:
    """Set what the profile says, where the document says nothing.

    Raises
    ------
    NotesError
        No profile has this name.
    """
    if profile is None:
        return
    if profile not in PROFILES:
        raise NotesError(f"the profile {profile!r} is unknown; expected one of {', '.join(PROFILES)}")
    context.note(f"profile {profile} (asked for)")
    if profile == "scalar":
        context.all_scalar = True
    elif not context.examples:
        context.examples = "rows" if profile in ("row-major", "cs231n") else "columns"
