"""How a step is checked: the prover for scalars and tensors, entry by entry for matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Outcome", "decide"]


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
        return _decide_matrices(lhs, rhs, assuming)
    try:
        from symbolic.prover import prove
    except ImportError:  # until the prover is here
        return _sympy_only(lhs, rhs)
    return prove(lhs, rhs, assuming=assuming)


def _sympy_only(lhs: Any, rhs: Any) -> Outcome:
    """An exact SymPy check, and high precision at rational points."""
    import sympy as sp

    gap = sp.sympify(lhs).doit() - sp.sympify(rhs).doit()
    free = sorted(gap.free_symbols, key=str)
    for k in range(4):
        point = {
            v: sp.Rational(2 + 3 * i + 5 * k, 17 + 2 * k) * (-1) ** (i * k if not v.is_positive else 0)
            for i, v in enumerate(free)
        }
        value = gap.subs(point).evalf(40)
        if value.is_number and value.is_finite and abs(value) > 1e-25:
            return Outcome("refuted", counterexample=point, reason=str(value))
    gap = sp.piecewise_fold(gap) if gap.has(sp.Piecewise) else gap
    ok = sp.simplify(sp.expand_log(sp.expand(gap), force=True)) == 0 or sp.simplify(sp.expand(sp.expand(gap.rewrite(sp.exp)).rewrite(sp.exp))) == 0 or sp.simplify(gap) == 0
    return Outcome("proved" if ok else "unknown", reason=str(gap))


def _decide_matrices(lhs: Any, rhs: Any, assuming: Sequence[Any]) -> Outcome:
    shapes = [getattr(side, "shape", ()) for side in (lhs, rhs)]
    if shapes[0] != shapes[1]:
        return Outcome("refuted", reason=f"The left side has shape {shapes[0]}, the right side {shapes[1]}.")
    verdicts = []
    for i in range(lhs.rows):
        for j in range(lhs.cols):
            if lhs[i, j] == rhs[i, j]:  # the same tree on both sides: nothing to decide
                continue
            verdict = decide(lhs[i, j], rhs[i, j], assuming)
            verdicts.append(verdict)
            if verdict.status != "proved":
                entry = f"Entry ({i + 1}, {j + 1}) of {shapes[0]}: {lhs[i, j]} against {rhs[i, j]}."
                return Outcome(verdict.status, verdict.counterexample, entry, tuple(verdicts))
    return Outcome("proved", verdicts=tuple(verdicts))
