"""Imported for what it does, in the process that forks the workers: what a verdict needs is loaded here once."""

import gc
import sys
from types import TracebackType

import symbolic.prover  # SymPy, for claims that need it: else every process would load it anew

from ._check import check

__all__ = ["symbolic"]

# Clauses, a layer, a loss and a mistake that is found out: what they make ready serves every worker.
check(
    r"""Let $a = \sigma(z)$ be the activation, with $z = w^T x + b$ and labels $y \in \{0, 1\}$, where
columns are examples. The loss of one example is $L = -y \log a - (1 - y) \log(1 - a)$.

$$\frac{\partial L}{\partial z} = a + y$$"""
)

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
