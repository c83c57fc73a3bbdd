"""Decides scalar claims: proved by normal forms, refuted by ball arithmetic, or unknown."""

from symbolic.prover._prove import prove
from symbolic.prover._verdict import Counterexample, Enclosure, Status, Verdict

__all__ = ["Counterexample", "Enclosure", "Status", "Verdict", "prove"]
