"""Imported for what it does: what a verdict needs is loaded here once, before processes are forked."""

import symbolic.prover  # SymPy, for claims that need it: else every process would load it anew

from ._check import check

__all__ = ["symbolic"]

check(r"Let $y = e^{2x}$. $$\frac{dy}{dx} = 2y$$")
