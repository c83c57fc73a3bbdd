"""Decides scalar claims: proved by normal forms, refuted by ball arithmetic, or unknown."""

from symbolic.prover._correct import Correction, equivalent_up_to
from symbolic.prover._prove import prove
from symbolic.prover._verdict import Counterexample, Enclosure, Status, Verdict

__all__ = ["Correction", "Counterexample", "Enclosure", "Status", "Verdict", "equivalent_up_to", "prove"]
