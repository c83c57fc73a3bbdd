"""What is said of one link."""

from __future__ import annotations

from dataclasses import dataclass

from .._finding import Verdict


@dataclass
class Outcome:
    """What one reading says of one link.

    A *gap* is a link with a side that is not understood; a *clash* one whose shapes do not fit, and a *misfit* a clash of
    which every quantity is known.
    """

    verdict: Verdict
    reason: str = ""
    counterexample: dict[str, str] | None = None
    agrees: bool = False
    loose: bool = False
    factor: str = ""
    sized: str = ""
    gap: bool = False
    clash: bool = False
    misfit: bool = False


def merge(outcomes: list[Outcome]) -> Outcome:
    """Proved or refuted only where all readings agree; a reading that makes no sense refutes nothing, and is none else."""
    gaps = [o for o in outcomes if o.gap]
    if gaps and len(gaps) < len(outcomes):
        found = merge([o for o in outcomes if not o.gap])
        return gaps[0] if found.verdict == "refuted" else found
    verdicts = {o.verdict for o in outcomes}
    if len(verdicts) == 1:
        return next((o for o in outcomes if not o.misfit), outcomes[0])
    if verdicts == {"proved", "refuted"}:
        return Outcome("mixed", "holds under one reading and fails under another")
    undecided: Verdict = "unknown"
    reason = next((o.reason for o in outcomes if o.verdict == "unknown"), "the readings differ")
    return Outcome(undecided, reason)
