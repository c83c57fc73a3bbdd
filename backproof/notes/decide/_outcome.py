"""What is said of one link."""

from __future__ import annotations

from dataclasses import dataclass

from .._finding import Verdict


@dataclass
class Outcome:
    """What one reading says of one link; a *gap* is a link with a side that is not understood."""

    verdict: Verdict
    reason: str = ""
    counterexample: dict[str, str] | None = None
    agrees: bool = False
    loose: bool = False
    factor: str = ""
    sized: str = ""
    gap: bool = False
