"""How a step is checked: the prover for scalars and tensors, entry by entry for matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from symbolic._printing import shortened

__all__ = ["Outcome", "decide", "decide_matrices"]


@dataclass(frozen=True)
class Outcome:
    """A verdict on several entries at once.

    Parameters
    ----------
    status : str
        ``"proved"`` only if every entry is.
    counterexample : object
        Of the first entry that is refuted.
    reason : str
        Names the entry at fault.
    verdicts : tuple
        One a compared entry.
    """

    status: str
    counterexample: Any = None
    reason: str = ""
    verdicts: tuple[Any, ...] = ()


def decide(lhs: Any, rhs: Any, assuming: Sequence[Any] = ()) -> Any:
    """Decide whether two sides are equal.

    Parameters
    ----------
    lhs, rhs : object
        Two SymPy expressions, two SymPy matrices, or two tensor expressions.
    assuming : sequence
        Hypotheses for the prover.

    Returns
    -------
    Verdict or Outcome
        With ``status`` "proved", "refuted" or "unknown".
    """
    import sympy as sp

    if isinstance(lhs, sp.MatrixBase) or isinstance(rhs, sp.MatrixBase):
        return decide_matrices(lhs, rhs, assuming, decide)
    from symbolic.prover import prove

    return prove(lhs, rhs, assuming=assuming)


def decide_matrices(lhs: Any, rhs: Any, assuming: Sequence[Any], entry: Callable[..., Any]) -> Outcome:
    """Decide whether two matrices are equal, entry by entry.

    Parameters
    ----------
    lhs, rhs : sympy matrices
    assuming : sequence
    entry : callable
        ``entry(left, right, assuming) -> verdict`` for one entry.

    Returns
    -------
    Outcome
        Not "proved" where the shapes differ; otherwise as the first entry that is not proved.
    """
    shapes = [getattr(side, "shape", ()) for side in (lhs, rhs)]
    if shapes[0] != shapes[1]:
        return Outcome("refuted", reason=f"The left side has shape {shapes[0]}, the right side {shapes[1]}.")
    verdicts = []
    for i in range(lhs.rows):
        for j in range(lhs.cols):
            if lhs[i, j] == rhs[i, j]:  # the same tree on both sides: nothing to decide
                continue
            verdict = entry(lhs[i, j], rhs[i, j], assuming)
            verdicts.append(verdict)
            if verdict.status != "proved":
                where = f"Entry ({i + 1}, {j + 1}) of {shapes[0]}: "
                what = f"{shortened(lhs[i, j])} against {shortened(rhs[i, j])}"
                reason = f"; {verdict.reason}" if verdict.reason else ""
                return Outcome(verdict.status, verdict.counterexample, where + what + reason, tuple(verdicts))
    return Outcome("proved", verdicts=tuple(verdicts))
