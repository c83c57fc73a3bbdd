"""Imported for what it does, in the process that forks the workers: what a verdict needs is loaded here once."""

import gc
import sys
from types import TracebackType

import symbolic.prover  # SymPy, for claims that need it: else every process would load it anew

from ._check import check

__all__ = ["symbolic"]

check(r"Let $y = e^{2x}$. $$\frac{dy}{dx} = 2y$$")

# What is loaded stays: the collector need not walk through SymPy again and again, nor touch pages that workers share.
gc.collect()
gc.freeze()
# A verdict makes thousands of objects, few of them in cycles; at 700 the collector runs six times a formula.
gc.set_threshold(10_000, 20, 20)


def _unless_left(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tell an error, unless it is the end of the pipe of a parent that has gone while a worker was starting."""
    if not issubclass(kind, EOFError):
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _unless_left
