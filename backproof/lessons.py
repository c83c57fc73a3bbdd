"""Grades the exercises of the notebooks: a formula by proof, a gradient by its slopes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Grade", "grade", "grade_gradient"]


@dataclass(frozen=True)
class Grade:
    """What an answer came to.

    `status` is ``"right"``, ``"wrong"``, ``"open"`` (nothing answered yet) or ``"undecided"``; `message` says why.
    """

    status: str
    message: str

    def __str__(self) -> str:
        sign = {"right": "✓", "wrong": "✗", "open": "…", "undecided": "?"}[self.status]
        return f"{sign} {self.message}"

    __repr__ = __str__


def grade(answer: str | None, truth: str, *, assuming: Sequence[str] = ()) -> Grade:
    """Grade a formula typed as text by proving or refuting that it equals the truth.

    Parameters
    ----------
    answer : str or None
        A formula in backproof's plain grammar; None while the exercise is open.
    truth : str
        The formula it must equal wherever both are defined.
    assuming : sequence of str
        Hypotheses such as ``"z > 0"``.

    Returns
    -------
    Grade
        ``"right"`` only if proved, ``"wrong"`` only if a certified counterexample exists, the text is no formula,
        or it leaves a derivative undone: the question is no answer. Of an unknown function, as in ``g'(z)``, a
        derivative may stand.

    Examples
    --------
    >>> grade(None, "diff(tanh(z), z)")
    … Not answered yet.
    >>> grade("1 - tanh(z)**2", "diff(tanh(z), z)")
    ✓ Right, and proved.
    >>> grade("1 - tanh(z)", "diff(tanh(z), z)").status
    'wrong'
    >>> grade("diff(tanh(z), z)", "diff(tanh(z), z)")
    ✗ That is the question: carry the derivative out.
    """
    import symbolic

    if answer is None:
        return Grade("open", "Not answered yet.")
    question = Grade("wrong", "That is the question: carry the derivative out.")
    if re.search(r"\bDerivative\s*\(", answer):  # SymPy's word, which the grammar does not read
        return question
    try:
        symbolic.parse(answer)
        written, _ = symbolic.parse_claim(f"{answer} = 0")  # as it stands, with no derivative carried out
    except symbolic.SymbolicError as error:
        return Grade("wrong", f"This is not a formula I can read: {error}")
    if _leaves_a_derivative(written):
        return question
    verdict = symbolic.prove(answer, truth, assuming=tuple(assuming))
    if verdict.status == "proved":
        return Grade("right", "Right, and proved.")
    if verdict.status == "refuted":
        correction = symbolic.equivalent_up_to(answer, truth, assuming=tuple(assuming))
        hint = f"\nHint: {correction}." if correction is not None else ""
        return Grade("wrong", f"Not yet. {verdict}{hint}")
    return Grade("undecided", f"I cannot tell: {verdict}")


def _leaves_a_derivative(written: Any) -> bool:
    """Say whether a derivative stands that can be carried out: of anything but an unknown function of a letter."""
    import sympy as sp
    from sympy.core.function import AppliedUndef

    return any(
        not isinstance(slope.expr, AppliedUndef) or not all(x.is_Symbol for x in slope.expr.args)
        for slope in written.atoms(sp.Derivative)
    )


def grade_gradient(gradient: Callable[[Any], Any], loss: Callable[[Any], float], at: Any) -> Grade:
    """Grade a gradient written in code by comparing it with measured slopes.

    Parameters
    ----------
    gradient : callable
        ``gradient(at)``, with the structure of `at`; None from it means that the exercise is open.
    loss : callable
        ``loss(at) -> float``.
    at : array or dict of arrays
        The point.

    Returns
    -------
    Grade
        ``"right"`` only if every entry lies within the bound of its measured slope.

    Examples
    --------
    >>> import numpy as np
    >>> grade_gradient(lambda x: 2 * x, lambda x: float(x @ x), np.array([1.0, 2.0]))
    ✓ Right: all 2 entries agree with the measured slopes.
    >>> grade_gradient(lambda x: x, lambda x: float(x @ x), np.array([1.0, 2.0])).status
    'wrong'
    """
    import numpy as np

    import gradcheck

    if gradient(at) is None:
        return Grade("open", "Not answered yet.")
    try:
        report = gradcheck.check(loss, gradient, at)
    except gradcheck.GradcheckError as error:
        return Grade("wrong", f"Not yet. {error}")
    if report.verdict == "pass":
        size = sum(np.size(v) for v in at.values()) if isinstance(at, dict) else np.size(at)
        return Grade("right", f"Right: all {size} entries agree with the measured slopes.")
    if report.verdict == "fail":
        return Grade("wrong", f"Not yet.\n{report}")
    return Grade("undecided", f"I cannot tell.\n{report}")
