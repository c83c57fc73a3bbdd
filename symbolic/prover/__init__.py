"""Decides scalar claims: proved by normal forms, refuted by ball arithmetic, or unknown."""

from symbolic.prover._correct import Correction, equivalent_up_to
from symbolic.prover._lower import WRITTEN
from symbolic.prover._program import Program
from symbolic.prover._prove import prove, prove_program
from symbolic.prover._verdict import Counterexample, Enclosure, Status, Verdict

__all__ = [
    "WRITTEN",
    "Correction",
    "Counterexample",
    "Enclosure",
    "Program",
    "Status",
    "Verdict",
    "equivalent_up_to",
    "prove",
    "prove_program",
]
